/* Bodies in chunks that libcurl hands on as they are.
 *
 * Who takes the socket from libcurl (http_socket.c) must know where in a chunk the body is. So
 * libcurl is told not to decode the chunks of such transfers: it gives the bytes of the connection
 * to our callback first and then goes over them itself, so that it knows their end, and a
 * connection that ends before it, as ever (7.88 to 8.22: Curl_httpchunk_read). Whoever reads the
 * body gets payload only.
 *
 * Threads: as its callers. */
#include <string.h>

#include "rest/http_private.h"

void kx_chunks_install(struct kx_transfer *transfer)
{
    curl_easy_setopt(transfer->easy, CURLOPT_HTTP_TRANSFER_DECODING, 0L);
    transfer->chunks_may = TRUE;
}

/* Of the codings of one header: is "chunked" among them, and is another one? */
static void look_at(const char *value, bool *chunked, bool *other)
{
    g_auto(GStrv) codings = g_strsplit(value, ",", -1);
    for (char **coding = codings; *coding; coding++) {
        const char *name = g_strstrip(*coding);
        if (g_ascii_strcasecmp(name, "chunked") == 0)
            *chunked = true;
        else if (*name && g_ascii_strcasecmp(name, "identity") != 0)
            *other = true;
    }
}

void kx_chunks_head(struct kx_transfer *transfer)
{
    bool chunked = false, other = false;
    const char *value;
    if (!transfer->chunks_may) return;
    for (unsigned i = 0; (value = kx_transfer_header_at(transfer, "Transfer-Encoding", i)); i++)
        look_at(value, &chunked, &other);
    transfer->chunked = chunked;
    kx_chunked_init(&transfer->chunks);
    if (other) kx_chunked_refuse(&transfer->chunks, "it is encoded in a way that nobody asked for");
}

size_t kx_chunks_append(struct kx_transfer *transfer, const char *data, size_t length)
{
    size_t before = transfer->in.bytes, here;
    const char *payload;
    while ((here = kx_chunked_next(&transfer->chunks, &data, &length, &payload)))
        kx_block_queue_append(&transfer->in, transfer->http->config.pool, payload, here);
    return transfer->in.bytes - before;
}

CURLcode kx_chunks_end(struct kx_transfer *transfer, CURLcode result)
{
    const struct kx_chunked *chunks = &transfer->chunks;
    if (!transfer->chunked || !kx_chunked_has_begun(chunks)) return result;
    if (kx_chunked_wrong(chunks)) {
        g_strlcpy(transfer->curl_words, kx_chunked_wrong(chunks), sizeof transfer->curl_words);
        return CURLE_BAD_CONTENT_ENCODING;
    }
    return result == CURLE_OK && !kx_chunked_is_over(chunks) ? CURLE_PARTIAL_FILE : result;
}
