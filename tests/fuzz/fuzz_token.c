/* What files and commands say as passwords and tokens, and JWTs. The first byte is the login. */
#include <string.h>

#include "fuzz.h"
#include "rest/auth_pass.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum kx_login LOGINS[] = {KX_LOGIN_BASIC, KX_LOGIN_BEARER, KX_LOGIN_DELEGATION};
    g_autoptr(kx_secret) line = NULL;
    struct kx_pass *pass = NULL;
    KX_ERROR_AUTO(err);
    if (size == 0) return 0;
    enum kx_login login = LOGINS[*data % G_N_ELEMENTS(LOGINS)];
    if (kx_secret_take_line((const char *)data + 1, size - 1, "it", &line, &err) < 0) return 0;
    for (const char *at = kx_secret_text(line); *at; at++)
        FUZZ_CHECK((unsigned char)*at >= 0x20 && *at != 0x7f);
    if (kx_pass_new(login, line, NULL, &pass, &err) < 0) return 0;
    if (pass->header) FUZZ_CHECK(g_str_has_prefix(kx_secret_text(pass->header), "Authorization: "));
    FUZZ_CHECK(pass->expires_ms >= 0);
    kx_pass_unref(pass);
    return 0;
}
