/* The head of an answer, line by line as libcurl hands it on. */
#include <string.h>

#include "fuzz.h"
#include "rest/http_private.h"

static void clear_header(gpointer data)
{
    struct kx_header *header = data;
    g_free(header->name);
    g_free(header->value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kx_http http = {0};
    struct kx_transfer transfer = {.http = &http};
    g_mutex_init(&transfer.mutex);
    g_cond_init(&transfer.changed);
    transfer.headers_in = g_array_new(FALSE, TRUE, sizeof(struct kx_header));
    g_array_set_clear_func(transfer.headers_in, clear_header);
    const char *at = (const char *)data, *end = at + size;
    while (at < end) {
        const char *line = memchr(at, '\n', (size_t)(end - at));
        size_t length = line ? (size_t)(line - at) + 1 : (size_t)(end - at);
        g_autofree char *exact = g_memdup2(at, length);
        if (kx_callback_header(exact, length, &transfer) == 0) break;
        at += length;
    }
    FUZZ_CHECK(transfer.headers_in->len <= KX_HEADERS_MAX);
    if (transfer.head_complete) {
        kx_transfer_header(&transfer, "Location");
        kx_transfer_header(&transfer, "Retry-After");
        kx_transfer_status(&transfer);
    }
    g_array_free(transfer.headers_in, TRUE);
    g_mutex_clear(&transfer.mutex);
    g_cond_clear(&transfer.changed);
    return 0;
}
