/* A redirect's Location: whatever is followed is http(s), never less than it was, of our path, and
 * not on this machine. */
#include <string.h>

#include "fuzz.h"
#include "rest/near.h"
#include "rest/redirect.h"

#define PATH "/a b/\xc3\xa9?#%"

static void judge(const char *address, const char *map, const char *location)
{
    struct kx_endpoint endpoint;
    g_autofree char *url = NULL;
    g_autoptr(GString) path = g_string_new(NULL);
    if (kx_endpoint_parse(address, &endpoint, NULL) < 0) return;
    endpoint.datanode_map = g_strdup(map);
    kx_url_append_path(path, PATH);
    if (kx_redirect_judge(&endpoint, NULL, location, PATH, &url, NULL) == 0) {
        bool tls = g_str_has_prefix(url, "https://");
        FUZZ_CHECK(tls ||
                   (g_str_has_prefix(url, "http://") && strcmp(endpoint.scheme, "http") == 0));
        FUZZ_CHECK(strstr(url, path->str) && strstr(url, "/webhdfs/v1"));
        for (const char *at = url; *at; at++)
            FUZZ_CHECK((unsigned char)*at > 0x20 && (unsigned char)*at < 0x7f);
        struct kx_url_parts parts = {0};
        FUZZ_CHECK(kx_url_split(url, true, &parts) && !parts.userinfo && !parts.fragment);
        FUZZ_CHECK(map || kx_near_of(parts.host) == KX_NEAR_NOT);
        kx_url_parts_clear(&parts);
    }
    kx_endpoint_clear(&endpoint);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *location = fuzz_text(data, size);
    judge("http://nn:9870", NULL, location);
    judge("https://gw:8443/gateway/t", NULL, location);
    judge("http://nn:9870", "localhost=127.0.0.1:1;*=[::1]:2", location);
    return 0;
}
