/* What people and files say: addresses, maps, paths; and the redaction of a text. */
#include <string.h>

#include "base/log.h"
#include "fuzz.h"
#include "rest/redirect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = fuzz_text(data, size), *tidy = NULL;
    struct kx_endpoint endpoint, other;
    KX_ERROR_AUTO(err);
    if (kx_endpoint_parse(text, &endpoint, &err) == 0) {
        FUZZ_CHECK(endpoint.root[0] == '/' && kx_path_check(endpoint.root, NULL) == 0);
        if (kx_endpoint_other(&endpoint, &other)) kx_endpoint_clear(&other);
        kx_endpoint_clear(&endpoint);
    }
    kx_redirect_map_check(text, NULL);
    if (kx_path_tidy(text, &tidy, NULL) == 0) FUZZ_CHECK(kx_path_check(tidy, NULL) == 0);
    g_autofree char *redacted = kx_redact(text);
    FUZZ_CHECK(redacted);
    g_autofree char *secret = g_strconcat("delegation=canary&", text, NULL);
    g_autofree char *hidden = kx_redact(secret);
    FUZZ_CHECK(strstr(text, "canary") || !strstr(hidden, "canary"));
    return 0;
}
