/* A page of a directory, in both forms. */
#include <string.h>

#include "fuzz.h"
#include "rest/json.h"
#include "rest/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GBytes) body = g_bytes_new(data, size);
    struct kx_json_listing listing = {0};
    KX_ERROR_AUTO(err);
    int result = kx_json_read_listing(body, &listing, &err);
    FUZZ_CHECK(result == 0 || (result < 0 && err.code == -result));
    for (guint i = 0; result == 0 && i < listing.page.entries->len; i++) {
        const struct kx_status *entry = &g_array_index(listing.page.entries, struct kx_status, i);
        FUZZ_CHECK(entry->name && strlen(entry->name) <= KX_NAME_MAX);
        FUZZ_CHECK(!strchr(entry->name, '/') && strcmp(entry->name, "..") != 0);
        FUZZ_CHECK(entry->mode <= 07777 && entry->length >= 0);
    }
    kx_page_clear(&listing.page);
    return 0;
}
