/* The body of a request on its way out: from the caller's bytes to curl's buffer.
 *
 * What the window and the budget of memory have room for is copied into blocks, and the caller goes
 * on. Without a budget's room, and when nothing of the transfer waits any more, the bytes are lent:
 * curl takes them where they are, and the caller waits. So each transfer gets on by itself, however
 * many there are, and nobody waits for the memory of another one. */
#include <errno.h>
#include <string.h>

#include "rest/http_private.h"

/* --- the engine's side --- */

static size_t send_queued(struct kx_transfer *transfer, char *room, size_t length)
{
    size_t copied = 0;
    while (copied < length && transfer->out.head) {
        struct kx_block *head = transfer->out.head;
        size_t n = MIN(length - copied, head->length - transfer->out_offset);
        memcpy(room + copied, head->data + transfer->out_offset, n);
        copied += n;
        transfer->out_offset += n;
        if (transfer->out_offset < head->length) break;
        kx_budget_give(transfer->http->config.budget, (int64_t)head->length);
        kx_block_unref(kx_block_queue_take(&transfer->out));
        transfer->out_offset = 0;
    }
    return copied;
}

static size_t send_lent(struct kx_transfer *transfer, char *room, size_t length)
{
    size_t n = MIN(length, transfer->lent_bytes);
    if (n == 0) return 0;
    memcpy(room, transfer->lent, n);
    transfer->lent += n;
    transfer->lent_bytes -= n;
    return n;
}

static gboolean has_room(const struct kx_transfer *transfer)
{
    if (transfer->out.bytes == 0) return TRUE;
    return transfer->out.bytes + transfer->offered <= transfer->window_bytes &&
           kx_budget_has(transfer->http->config.budget, (int64_t)transfer->offered);
}

/* Has what the writer waits for come to pass? Waking him for less costs two changes of context. */
static gboolean writer_can_go_on(const struct kx_transfer *transfer)
{
    if (transfer->lent) return transfer->lent_bytes == 0;
    return transfer->offered > 0 && has_room(transfer);
}

size_t kx_callback_send(char *room, size_t size, size_t count, void *context)
{
    struct kx_transfer *transfer = context;
    g_mutex_lock(&transfer->mutex);
    bool first = !transfer->wanted;
    transfer->wanted = TRUE;
    size_t n = send_queued(transfer, room, size * count);
    n += send_lent(transfer, room + n, size * count - n);
    transfer->moved_bytes += (int64_t)n;
    kx_stats_add(transfer->http->config.stats, KX_STAT_WIRE_SENT, n);
    if (n == 0 && !transfer->out_complete) {
        transfer->out_paused = TRUE;
        n = CURL_READFUNC_PAUSE;
    }
    if (first || writer_can_go_on(transfer)) g_cond_broadcast(&transfer->changed);
    g_mutex_unlock(&transfer->mutex);
    return n;
}

void kx_send_clear(struct kx_transfer *transfer)
{
    kx_budget_give(transfer->http->config.budget, (int64_t)transfer->out.bytes);
    kx_block_queue_clear(&transfer->out);
}

/* --- the caller's side; mutex held --- */

static gboolean room_to_write(const struct kx_transfer *transfer)
{
    return transfer->ended || transfer->head_complete || has_room(transfer);
}

static gboolean lent_is_taken(const struct kx_transfer *transfer)
{
    return transfer->ended || transfer->head_complete || transfer->lent_bytes == 0;
}

/* What became of the exchange meanwhile. */
static int check_open(const struct kx_transfer *transfer, struct kx_error *err)
{
    if (transfer->head_complete)
        return kx_error_set(err, EPIPE, "the server answered before it had the whole body");
    return transfer->ended ? kx_transfer_failure(transfer, err) : 0;
}

static void queue_copy(struct kx_transfer *transfer, const char *data, size_t length)
{
    kx_block_queue_append(&transfer->out, transfer->http->config.pool, data, length);
    if (transfer->out_paused) kx_transfer_kick(transfer);
}

/* Interrupted in the middle the rest is queued all the same: a piece is sent whole or not at all.
 */
static int lend(struct kx_transfer *transfer, const char *data, size_t length,
                const struct kx_limits *limits, struct kx_error *err)
{
    transfer->lent = data;
    transfer->lent_bytes = length;
    if (transfer->out_paused) kx_transfer_kick(transfer);
    int result = kx_transfer_wait(transfer, lent_is_taken, limits, err);
    size_t rest = transfer->lent_bytes;
    transfer->lent = NULL;
    transfer->lent_bytes = 0;
    if (result == 0 && rest > 0) result = check_open(transfer, err);
    if (result != -EINTR || rest == length) return result;
    kx_error_clear(err);
    kx_budget_take(transfer->http->config.budget, (int64_t)rest);
    queue_copy(transfer, data + (length - rest), rest);
    return 0;
}

/* At most a window full, all of it or (when interrupted) nothing.  @return how much; -errno. */
static ssize_t write_piece(struct kx_transfer *transfer, const char *data, size_t length,
                           const struct kx_limits *limits, struct kx_error *err)
{
    size_t n = transfer->offered = MIN(length, transfer->window_bytes);
    int result = kx_transfer_wait(transfer, room_to_write, limits, err);
    transfer->offered = 0;
    if (result == 0) result = check_open(transfer, err);
    if (result < 0) return result;
    if (kx_budget_try(transfer->http->config.budget, (int64_t)n)) {
        queue_copy(transfer, data, n);
        return (ssize_t)n;
    }
    if (transfer->out.bytes > 0) return 0; /* somebody else has just got it */
    result = lend(transfer, data, n, limits, err);
    return result < 0 ? result : (ssize_t)n;
}

int kx_transfer_write(struct kx_transfer *transfer, const void *data, size_t length,
                      const struct kx_limits *limits, struct kx_error *err)
{
    const char *at = data;
    ssize_t n = 0;
    g_mutex_lock(&transfer->mutex);
    while (n >= 0 && length > 0) {
        n = write_piece(transfer, at, length, limits, err);
        if (n < 0) break;
        at += n;
        length -= (size_t)n;
    }
    g_mutex_unlock(&transfer->mutex);
    return (int)MIN(n, 0);
}
