/* What servers give for a ticket: the value of a Set-Cookie a line. What is kept goes into a header
 * and into the texts of the mount. */
#include <string.h>

#include "base/secret.h"
#include "fuzz.h"
#include "rest/auth_pass.h"
#include "rest/auth_session.h"

static void check_text(const char *text)
{
    for (const char *at = text; *at; at++)
        FUZZ_CHECK((unsigned char)*at >= 0x20 && *at != 0x7f);
}

static void check_session(const struct kx_session *session)
{
    FUZZ_CHECK(session->ends_ms >= 0);
    if (session->user) {
        FUZZ_CHECK(*session->user && g_utf8_validate(session->user, -1, NULL));
        check_text(session->user);
    }
    if (!session->cookies || !session->cookies->len) {
        FUZZ_CHECK(!session->user && !session->ends_ms);
        return;
    }
    FUZZ_CHECK(session->cookies->len < KX_SESSION_BYTES_MAX);
    FUZZ_CHECK(strlen(session->cookies->str) == session->cookies->len);
    check_text(session->cookies->str);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = fuzz_text(data, size);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    struct kx_session session = {0};
    for (char **line = lines; *line; line++)
        kx_session_take(&session, *line);
    check_session(&session);
    if (session.cookies && session.cookies->len) {
        g_autoptr(kx_secret) secret = kx_secret_new(session.cookies->str, session.cookies->len);
        struct kx_pass *pass = NULL;
        FUZZ_CHECK(kx_pass_new(KX_LOGIN_NEGOTIATE, secret, session.user, &pass, NULL) == 0);
        pass->expires_ms = session.ends_ms;
        FUZZ_CHECK(g_str_has_prefix(kx_secret_text(pass->header), "Cookie: "));
        FUZZ_CHECK(kx_pass_due_ms(pass, 1) > 0);
        kx_pass_unref(pass);
    }
    kx_session_clear(&session);
    return 0;
}
