/* curl's callbacks: bytes between curl and a transfer's queues. All run on the engine's thread. */
#include <string.h>

#include "rest/http_private.h"

void kx_block_queue_append(struct kx_block_queue *queue, struct kx_pool *pool, const char *data,
                           size_t length)
{
    queue->bytes += length;
    while (length > 0) {
        struct kx_block *tail = queue->tail;
        if (!tail || tail->length == KX_BLOCK_BYTES) {
            struct kx_block *fresh = kx_pool_take(pool);
            if (tail)
                tail->next = fresh;
            else
                queue->head = fresh;
            queue->tail = tail = fresh;
        }
        size_t n = MIN(length, KX_BLOCK_BYTES - tail->length);
        memcpy(tail->data + tail->length, data, n);
        tail->length += n;
        data += n;
        length -= n;
    }
}

struct kx_block *kx_block_queue_take(struct kx_block_queue *queue)
{
    struct kx_block *block = queue->head;
    if (!block) return NULL;
    queue->head = block->next;
    if (!queue->head) queue->tail = NULL;
    queue->bytes -= block->length;
    block->next = NULL;
    return block;
}

void kx_block_queue_clear(struct kx_block_queue *queue)
{
    struct kx_block *block;
    while ((block = kx_block_queue_take(queue)))
        kx_block_unref(block);
}

static void headers_forget(struct kx_transfer *transfer)
{
    g_array_set_size(transfer->headers_in, 0);
    transfer->status = 0;
}

/* "HTTP/1.1 307 Temporary Redirect": a new head begins, the one before it was informational. */
static void status_line(struct kx_transfer *transfer, const char *line)
{
    headers_forget(transfer);
    const char *space = strchr(line, ' ');
    if (space) transfer->status = (long)g_ascii_strtoll(space + 1, NULL, 10);
}

static void header_line(struct kx_transfer *transfer, const char *line)
{
    const char *colon = strchr(line, ':');
    if (!colon || colon == line) return;
    if (transfer->headers_in->len >= KX_HEADERS_MAX) {
        transfer->head_bad = TRUE;
        return;
    }
    struct kx_header header = {.name = g_strndup(line, (gsize)(colon - line)),
                               .value = g_strstrip(g_strdup(colon + 1))};
    g_array_append_val(transfer->headers_in, header);
}

/* A refusal has come while the sender rests for want of bytes: libcurl sends no more after it, but
 * does not end the exchange while the sender is paused.  Mutex held.  @return whether to kick. */
static gboolean sender_must_end(struct kx_transfer *transfer)
{
    if (!transfer->head_complete || transfer->status < 300) return FALSE;
    if (!transfer->out_paused || transfer->kicked) return FALSE;
    transfer->kicked = TRUE;
    transfer->in_paused = transfer->out_paused = FALSE;
    return TRUE;
}

size_t kx_callback_header(const char *data, size_t length, struct kx_transfer *transfer)
{
    g_mutex_lock(&transfer->mutex);
    if (length > KX_HEADER_BYTES_MAX || memchr(data, '\0', length)) transfer->head_bad = TRUE;
    if (!transfer->head_bad && !transfer->head_complete) {
        g_autofree char *line = g_strchomp(g_strndup(data, length));
        if (g_str_has_prefix(line, "HTTP/"))
            status_line(transfer, line);
        else if (*line)
            header_line(transfer, line);
        else if (transfer->status >= 200)
            transfer->head_complete = TRUE;
        if (transfer->head_complete) kx_chunks_head(transfer);
        if (transfer->head_complete) g_cond_broadcast(&transfer->changed);
    }
    transfer->moved_bytes += (int64_t)length;
    gboolean bad = transfer->head_bad, kick = sender_must_end(transfer);
    g_mutex_unlock(&transfer->mutex);
    if (kick) kx_http_wish(transfer->http, transfer, KX_WISH_KICK);
    return bad ? 0 : length;
}

static size_t on_header(char *data, size_t size, size_t count, void *context)
{
    return kx_callback_header(data, size * count, context);
}

/* @return how many bytes of the body that is. */
static size_t queue_body(struct kx_transfer *transfer, const char *data, size_t length)
{
    if (transfer->chunked) return kx_chunks_append(transfer, data, length);
    kx_block_queue_append(&transfer->in, transfer->http->config.pool, data, length);
    return length;
}

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
    struct kx_transfer *transfer = context;
    size_t length = size * count;
    g_mutex_lock(&transfer->mutex);
    /* A piece larger than the window still passes when the queue is empty, and what a caller waits
     * for goes before the window. */
    size_t most = transfer->window_bytes;
    if (transfer->multi) most = MAX(most, transfer->want);
    if (transfer->in.bytes > 0 && transfer->in.bytes + length > most) {
        transfer->in_paused = TRUE;
        g_cond_broadcast(&transfer->changed);
        g_mutex_unlock(&transfer->mutex);
        return CURL_WRITEFUNC_PAUSE;
    }
    size_t came = queue_body(transfer, data, length);
    bool well = !transfer->chunked || !kx_chunked_wrong(&transfer->chunks);
    transfer->body_bytes += (int64_t)came;
    transfer->moved_bytes += (int64_t)length;
    kx_stats_add(transfer->http->config.stats, KX_STAT_WIRE_READ, came);
    if (transfer->want && transfer->in.bytes >= transfer->want)
        g_cond_broadcast(&transfer->changed);
    g_mutex_unlock(&transfer->mutex);
    return well ? length : CURL_WRITEFUNC_ERROR;
}

/* Called when the connection stands and the request is about to go out; a second time when libcurl
 * wants to repeat it on another connection. */
static int on_connected(void *context, char *primary, char *local, int primary_port, int local_port)
{
    struct kx_transfer *transfer = context;
    (void)local, (void)local_port;
    kx_spare_connected(transfer, primary, primary_port);
    g_mutex_lock(&transfer->mutex);
    gboolean again = transfer->sent;
    if (primary) g_strlcpy(transfer->address, primary, sizeof transfer->address);
    transfer->sent = TRUE;
    g_cond_broadcast(&transfer->changed);
    g_mutex_unlock(&transfer->mutex);
    return again && transfer->once ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

void kx_callbacks_install(struct kx_transfer *transfer)
{
    CURL *easy = transfer->easy;
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, kx_callback_send);
    curl_easy_setopt(easy, CURLOPT_READDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
}
