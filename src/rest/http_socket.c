/* Bodies that are taken from the socket itself.
 *
 * A long body that its caller moves (http_caller.c) passes through libcurl's buffer, and is copied
 * from there to blocks. When the head has been read and it is known how the body ends, nothing is
 * left for libcurl to do on a connection that ends with its answer: the rest is received into the
 * blocks, at most what the caller waits for at once, so that a call of the system brings up to a
 * MiB; where there is TLS, OpenSSL is asked for it (http_tls.c). libcurl keeps the connection, and
 * closes it when its handle is taken from the multi handle. (It is not asked to wait, either: a
 * timer of its own that has run out, and that nobody lets it look at, would end each wait at once.)
 *
 * Where the body comes in chunks, what is not it is received beside the blocks (chunked.h). Its
 * length is not known then, so libcurl receives the first of it.
 *
 * No proxy, a length or chunks, no other encoding; else libcurl goes on.
 * Threads: the caller's. */
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "rest/http_private.h"
#include "rest/http_tls.h"

#define BODY_LEAST   ((int64_t)256 * 1024) /* below, libcurl's buffer has had most of it */
#define BLOCKS_ONCE  9 /* the kernel's largest read, and a block that was begun */
#define AT_ONCE_MOST ((size_t)(BLOCKS_ONCE - 1) * KX_BLOCK_BYTES)

/* --- whether --- */

void kx_socket_install(struct kx_transfer *transfer, const struct kx_http_request *request)
{
    transfer->socket_may =
        request->by_caller && !request->upload && !kx_http_is_proxied(transfer->http);
    if (transfer->socket_may) kx_chunks_install(transfer);
}

static bool is_encoded(const struct kx_transfer *transfer)
{
    return kx_transfer_header(transfer, "Content-Encoding") ||
           (!transfer->chunked && kx_transfer_header(transfer, "Transfer-Encoding"));
}

/* What libcurl waits on: the multi handle has this transfer only. (CURLINFO_ACTIVESOCKET is of a
 * connection whose transfer is over, in libcurl 7.88.)  @return -1: it is not to be known. */
static int socket_of(struct kx_transfer *transfer)
{
    fd_set in, out, other;
    int most = -1;
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_ZERO(&other);
    if (curl_multi_fdset(transfer->multi, &in, &out, &other, &most) != CURLM_OK) return -1;
    return most >= 0 && FD_ISSET(most, &in) && !FD_ISSET(most, &out) ? most : -1;
}

void kx_socket_drop(struct kx_transfer *transfer)
{
    if (transfer->socket_wake >= 0) close(transfer->socket_wake);
    transfer->socket_wake = -1;
}

void kx_socket_wake(struct kx_transfer *transfer)
{
    g_mutex_lock(&transfer->mutex);
    if (transfer->socket_wake >= 0) eventfd_write(transfer->socket_wake, 1);
    g_mutex_unlock(&transfer->mutex);
}

/* From now on the caller receives.  @return false: it cannot. */
static bool take_socket(struct kx_transfer *transfer)
{
    int fd = socket_of(transfer);
    int wake = fd < 0 ? -1 : eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake < 0) return false;
    if (!g_str_has_prefix(transfer->url, "http://") &&
        !(transfer->socket_tls = kx_tls_take(transfer->easy, fd))) {
        close(wake);
        return false;
    }
    g_mutex_lock(&transfer->mutex);
    transfer->socket_wake = wake;
    g_mutex_unlock(&transfer->mutex);
    transfer->socket_fd = fd;
    return true;
}

/* How a body goes on. */
enum way { LATER, BY_LIBCURL, BY_US };

static enum way way_of_chunks(const struct kx_transfer *transfer)
{
    if (kx_chunked_is_over(&transfer->chunks)) return BY_LIBCURL;
    return transfer->body_bytes < BODY_LEAST ? LATER : BY_US;
}

static enum way way_of(struct kx_transfer *transfer)
{
    curl_off_t length = -1;
    if (transfer->status < 200 || transfer->status > 299 || is_encoded(transfer)) return BY_LIBCURL;
    if (transfer->chunked) return way_of_chunks(transfer);
    curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    transfer->socket_left = length - transfer->body_bytes;
    return transfer->socket_left < BODY_LEAST ? BY_LIBCURL : BY_US;
}

bool kx_socket_begin(struct kx_transfer *transfer)
{
    if (transfer->socket_taken) return true;
    if (!transfer->socket_may || !transfer->attached || !transfer->head_complete) return false;
    if (transfer->in_paused || transfer->kicked) return false; /* libcurl has bytes of it */
    enum way way = way_of(transfer);
    if (way == LATER) return false;
    transfer->socket_may = FALSE;
    transfer->socket_taken = way == BY_US && take_socket(transfer);
    return transfer->socket_taken;
}

/* --- the bytes --- */

/* Where bytes of the body go to. */
struct room {
    struct kx_block *blocks[BLOCKS_ONCE];
    struct iovec pieces[BLOCKS_ONCE]; /* of each: what is free of it */
    int count;
};

/* Room for so many bytes: what is free of the last block that waits, and fresh blocks. */
static void make_room(struct kx_transfer *transfer, size_t bytes, struct room *room)
{
    struct kx_block *tail = transfer->in.tail;
    int count = 0;
    for (size_t have = 0; have < bytes && count < BLOCKS_ONCE; count++) {
        bool begun = count == 0 && tail && tail->length < KX_BLOCK_BYTES;
        struct kx_block *block = begun ? tail : kx_pool_take(transfer->http->config.pool);
        size_t used = block->length, most = MIN(KX_BLOCK_BYTES - used, bytes - have);
        room->blocks[count] = block;
        room->pieces[count] = (struct iovec){.iov_base = block->data + used, .iov_len = most};
        have += most;
    }
    room->count = count;
}

/* What came joins the others; blocks that got nothing go back. */
static void take_in(struct kx_transfer *transfer, const struct room *room, size_t got)
{
    struct kx_block_queue *in = &transfer->in;
    in->bytes += got;
    for (int i = 0; i < room->count; i++) {
        struct kx_block *block = room->blocks[i];
        size_t here = MIN(got, room->pieces[i].iov_len);
        got -= here;
        block->length += here;
        if (block == in->tail) continue;
        if (here == 0) {
            kx_block_unref(block);
            continue;
        }
        if (in->tail)
            in->tail->next = block;
        else
            in->head = block;
        in->tail = block;
    }
}

static void end(struct kx_transfer *transfer, CURLcode result)
{
    curl_multi_remove_handle(transfer->multi, transfer->easy);
    transfer->socket_taken = FALSE;
    transfer->attached = FALSE;
    transfer->ended = TRUE;
    transfer->result = kx_chunks_end(transfer, result);
}

static bool is_over(const struct kx_transfer *transfer)
{
    return transfer->chunked ? kx_chunked_is_over(&transfer->chunks) : transfer->socket_left == 0;
}

/* How many to receive now; what nobody waits for stays where it is. */
static size_t at_once(const struct kx_transfer *transfer)
{
    size_t have = transfer->in.bytes, missing = transfer->want > have ? transfer->want - have : 1;
    size_t piece = MIN(MAX(missing, KX_BLOCK_BYTES), AT_ONCE_MOST);
    return transfer->chunked ? piece : (size_t)MIN((int64_t)piece, transfer->socket_left);
}

/* @return bytes; 0: the connection has ended; -errno. */
static ssize_t receive(struct kx_transfer *transfer, struct iovec *pieces, int count)
{
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = (size_t)count};
    ssize_t got = transfer->socket_tls ? kx_tls_receive(transfer->socket_tls, pieces, count)
                                       : recvmsg(transfer->socket_fd, &message, MSG_DONTWAIT);
    return got < 0 ? -errno : got;
}

/* Mutex held. */
static void count_body(struct kx_transfer *transfer, size_t bytes)
{
    transfer->body_bytes += (int64_t)bytes;
    kx_stats_add(transfer->http->config.stats, KX_STAT_WIRE_READ, bytes);
}

static ssize_t receive_body(struct kx_transfer *transfer, struct room *room)
{
    ssize_t got = receive(transfer, room->pieces, room->count);
    size_t came = (size_t)MAX(got, 0);
    g_mutex_lock(&transfer->mutex);
    take_in(transfer, room, came);
    transfer->socket_left -= (int64_t)came;
    count_body(transfer, came);
    g_mutex_unlock(&transfer->mutex);
    return got;
}

static ssize_t receive_chunks(struct kx_transfer *transfer, const struct room *room)
{
    struct kx_chunked_plan plan;
    struct kx_chunked_rest rest;
    kx_chunked_plan(&plan, &transfer->chunks, room->pieces, room->count);
    ssize_t got = receive(transfer, plan.pieces, plan.count);
    size_t came = kx_chunked_landed(&plan, &transfer->chunks, (size_t)MAX(got, 0), &rest);
    g_mutex_lock(&transfer->mutex);
    take_in(transfer, room, came);
    count_body(transfer, came + kx_chunks_append(transfer, rest.data, rest.length));
    g_mutex_unlock(&transfer->mutex);
    g_free(rest.copy);
    return got;
}

bool kx_socket_move(struct kx_transfer *transfer)
{
    struct room room;
    g_mutex_lock(&transfer->mutex);
    make_room(transfer, at_once(transfer), &room);
    g_mutex_unlock(&transfer->mutex);
    ssize_t got =
        transfer->chunked ? receive_chunks(transfer, &room) : receive_body(transfer, &room);
    if (got == -EAGAIN || got == -EINTR) return false;
    g_mutex_lock(&transfer->mutex);
    transfer->moved_bytes += MAX(got, 0);
    g_mutex_unlock(&transfer->mutex);
    if (got > 0 && !is_over(transfer)) return true;
    if (got < 0)
        end(transfer, CURLE_RECV_ERROR);
    else
        end(transfer, got == 0 ? CURLE_PARTIAL_FILE : CURLE_OK);
    return true;
}

void kx_socket_wait(struct kx_transfer *transfer, int64_t ms)
{
    struct pollfd both[] = {{.fd = transfer->socket_fd, .events = POLLIN},
                            {.fd = transfer->socket_wake, .events = POLLIN}};
    eventfd_t count;
    poll(both, G_N_ELEMENTS(both), (int)MIN(ms, G_MAXINT));
    if (both[1].revents) eventfd_read(transfer->socket_wake, &count);
}
