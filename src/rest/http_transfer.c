/* One exchange as its caller sees it: start, write, head, pull, free. */
#include <errno.h>
#include <string.h>

#include "rest/http_private.h"

#define CURL_BUFFER_BYTES                                                                          \
    262144L /* one read of the socket; curl's default of 16 KiB costs a system call each */
#define SEND_BUFFER_BYTES     ((int64_t)512 * 1024)
#define SEND_BUFFER_BYTES_MIN ((int64_t)16 * 1024) /* curl's least */
#define CONNECTION_AGE_S                                                                           \
    50L /* NameNode and HttpFS close idle connections after 60 s (measured, 3.4.2) */

static void header_clear(gpointer data)
{
    struct kx_header *header = data;
    g_free(header->name);
    g_free(header->value);
}

static struct kx_transfer *transfer_new(struct kx_http *http, size_t window_bytes)
{
    struct kx_transfer *transfer = g_new0(struct kx_transfer, 1);
    transfer->http = http;
    transfer->second_fd = transfer->spare_fd = transfer->socket_wake = -1;
    transfer->window_bytes = window_bytes ? window_bytes : KX_WINDOW_BYTES;
    g_mutex_init(&transfer->mutex);
    g_cond_init(&transfer->changed);
    transfer->headers_in = g_array_new(FALSE, FALSE, sizeof(struct kx_header));
    g_array_set_clear_func(transfer->headers_in, header_clear);
    return transfer;
}

static void transfer_destroy(struct kx_transfer *transfer)
{
    kx_caller_end(transfer);
    kx_socket_drop(transfer);
    if (transfer->easy) curl_easy_cleanup(transfer->easy);
    kx_salvage_drop(transfer);
    for (struct curl_slist *at = transfer->headers_out; at; at = at->next)
        kx_wipe(at->data, strlen(at->data)); /* one of them may be a login */
    curl_slist_free_all(transfer->headers_out);
    g_free(transfer->server);
    g_free(transfer->url);
    g_array_free(transfer->headers_in, TRUE);
    kx_block_queue_clear(&transfer->in);
    kx_send_clear(transfer);
    kx_budget_give(transfer->http->config.budget, (int64_t)transfer->charged);
    g_mutex_clear(&transfer->mutex);
    g_cond_clear(&transfer->changed);
    g_free(transfer);
}

static void set_headers(struct kx_transfer *transfer, const struct kx_http_request *request)
{
    struct curl_slist *list = NULL;
    for (const char *const *h = request->headers; h && *h; h++)
        list = curl_slist_append(list, *h);
    if (request->upload) {
        /* No wait for 100 Continue: a DataNode sends it unasked, before it has looked (recorded).
         */
        list = curl_slist_append(list, request->expect ? "Expect: 100-continue" : "Expect:");
        if (!request->sized) list = curl_slist_append(list, "Transfer-Encoding: chunked");
    } else if (strcmp(request->method, "PUT") == 0 || strcmp(request->method, "POST") == 0) {
        list = curl_slist_append(list, "Content-Length: 0");
    }
    transfer->headers_out = list;
    curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, list);
}

/* One send of the socket is as long as curl's buffer at most. */
static void set_send_buffer(struct kx_transfer *transfer, const struct kx_http_request *request)
{
    int64_t most = request->sized ? MIN(request->body_bytes, SEND_BUFFER_BYTES) : SEND_BUFFER_BYTES;
    transfer->charged = (size_t)MAX(most, SEND_BUFFER_BYTES_MIN);
    kx_budget_take(transfer->http->config.budget, (int64_t)transfer->charged);
    curl_easy_setopt(transfer->easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)transfer->charged);
}

static void set_options(struct kx_transfer *transfer, const struct kx_http_request *request)
{
    CURL *easy = transfer->easy;
    const struct kx_http *http = transfer->http;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->curl_words);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L); /* the path is ours, byte for byte */
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, http->config.connect_timeout_ms);
    if (!request->upload) curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, CURL_BUFFER_BYTES);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, CONNECTION_AGE_S);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, http->user_agent);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
    if (request->upload) {
        curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        set_send_buffer(transfer, request);
        if (request->expect) curl_easy_setopt(easy, CURLOPT_EXPECT_100_TIMEOUT_MS, KX_EXPECT_MS);
        if (request->sized)
            curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)request->body_bytes);
    }
}

int kx_transfer_start(struct kx_http *http, const struct kx_http_request *request,
                      struct kx_transfer **out, struct kx_error *err)
{
    struct kx_transfer *transfer = transfer_new(http, request->window_bytes);
    transfer->easy = curl_easy_init();
    if (!transfer->easy) {
        transfer_destroy(transfer);
        return kx_error_set(err, ENOMEM, "libcurl has no memory for a transfer");
    }
    transfer->once = request->once;
    transfer->url = g_strdup(request->url);
    set_options(transfer, request);
    set_headers(transfer, request);
    kx_callbacks_install(transfer);
    kx_salvage_install(transfer, request);
    kx_setup_install(transfer, request);
    kx_spare_install(transfer, request);
    kx_socket_install(transfer, request);
    if (curl_easy_setopt(transfer->easy, CURLOPT_URL, request->url) != CURLE_OK) {
        transfer_destroy(transfer);
        return kx_error_set(err, EINVAL, "not a URL: %s", request->url);
    }
    kx_log_write(http->config.log, KX_LOG_TRACE, "%s %s", request->method, request->url);
    kx_record_begin(transfer, request);
    int result = 0;
    if (request->by_caller)
        result = kx_caller_begin(transfer, err);
    else
        kx_http_wish(http, transfer, KX_WISH_ADD);
    if (result < 0)
        transfer_destroy(transfer);
    else
        *out = transfer;
    return result;
}

static void wake_transfer(void *context)
{
    struct kx_transfer *transfer = context;
    if (transfer->multi) {
        kx_caller_wake(transfer);
        return;
    }
    g_mutex_lock(&transfer->mutex);
    g_cond_broadcast(&transfer->changed);
    g_mutex_unlock(&transfer->mutex);
}

/* How long one may still wait: the measure of one wait. */
struct patience {
    const struct kx_limits *limits;
    int64_t since_ms,
        moved_bytes; /* when the present stall period began, and what had moved then */
};

/* @return milliseconds to wait before looking again, or -errno. */
static int64_t patience_left(struct patience *p, const struct kx_transfer *transfer,
                             struct kx_error *err)
{
    const struct kx_clock *clock = transfer->http->config.clock;
    int64_t now = clock->now_ms(clock), left = 60000;
    if (kx_cancel_fired(p->limits->cancel)) return kx_error_set(err, EINTR, "interrupted");
    if (p->limits->deadline_ms) {
        left = MIN(left, p->limits->deadline_ms - now);
        if (left <= 0) return kx_error_set(err, ETIMEDOUT, "the server did not answer in time");
    }
    if (!p->limits->stall_ms) return left;
    int64_t elapsed = now - p->since_ms;
    if (elapsed >= p->limits->stall_ms) {
        int64_t moved = transfer->moved_bytes - p->moved_bytes;
        if (moved < KX_LOW_SPEED_BYTES_PER_S * elapsed / 1000)
            return kx_error_set(err, ETIMEDOUT,
                                "only %" G_GINT64_FORMAT " bytes in %" G_GINT64_FORMAT
                                " s: the server is too slow or silent",
                                moved, elapsed / 1000);
        p->since_ms = now;
        p->moved_bytes = transfer->moved_bytes;
        elapsed = 0;
    }
    return MIN(left, p->limits->stall_ms - elapsed);
}

/* Mutex held, but in between. */
static void rest(struct kx_transfer *transfer, int64_t ms)
{
    if (transfer->multi) {
        g_mutex_unlock(&transfer->mutex);
        kx_caller_move(transfer, ms);
        g_mutex_lock(&transfer->mutex);
        return;
    }
    g_cond_wait_until(&transfer->changed, &transfer->mutex, g_get_monotonic_time() + ms * 1000);
}

int kx_transfer_wait(struct kx_transfer *transfer, kx_ready_function ready,
                     const struct kx_limits *limits, struct kx_error *err)
{
    if (ready(transfer)) return 0;
    const struct kx_clock *clock = transfer->http->config.clock;
    struct patience patience = {
        .limits = limits, .since_ms = clock->now_ms(clock), .moved_bytes = transfer->moved_bytes};
    struct kx_cancel_watch watch = {.wake = wake_transfer, .context = transfer};
    g_mutex_unlock(
        &transfer->mutex); /* a canceller holds its own lock when it wakes us: never both */
    kx_cancel_watch(limits->cancel, &watch);
    g_mutex_lock(&transfer->mutex);
    int64_t left = 0;
    while (!ready(transfer)) {
        left = patience_left(&patience, transfer, err);
        if (left < 0) break;
        rest(transfer, left);
    }
    g_mutex_unlock(&transfer->mutex);
    kx_cancel_unwatch(limits->cancel, &watch);
    g_mutex_lock(&transfer->mutex);
    return left < 0 ? (int)left : 0;
}

void kx_transfer_kick(struct kx_transfer *transfer)
{
    if (transfer->kicked) return;
    transfer->kicked = TRUE;
    transfer->in_paused = transfer->out_paused = FALSE;
    if (transfer->multi) return;
    g_mutex_unlock(&transfer->mutex);
    kx_http_wish(transfer->http, transfer, KX_WISH_KICK);
    g_mutex_lock(&transfer->mutex);
}

void kx_transfer_end_body(struct kx_transfer *transfer)
{
    g_mutex_lock(&transfer->mutex);
    transfer->out_complete = TRUE;
    if (transfer->out_paused) kx_transfer_kick(transfer);
    g_mutex_unlock(&transfer->mutex);
}

static gboolean request_on_its_way(const struct kx_transfer *transfer)
{
    return transfer->ended || transfer->sent;
}

int kx_transfer_wait_sent(struct kx_transfer *transfer, const struct kx_limits *limits,
                          struct kx_error *err)
{
    g_mutex_lock(&transfer->mutex);
    int result = kx_transfer_wait(transfer, request_on_its_way, limits, err);
    if (result == 0 && !transfer->sent) result = kx_transfer_failure(transfer, err);
    if (result < 0 && err) err->unsent = TRUE;
    g_mutex_unlock(&transfer->mutex);
    return result;
}

static gboolean body_wanted(const struct kx_transfer *transfer)
{
    return transfer->ended || transfer->wanted || transfer->head_complete;
}

int kx_transfer_wait_wanted(struct kx_transfer *transfer, const struct kx_limits *limits,
                            struct kx_error *err)
{
    g_mutex_lock(&transfer->mutex);
    int result = kx_transfer_wait(transfer, body_wanted, limits, err);
    bool unknown = !transfer->wanted && !transfer->head_complete;
    if (result == 0 && unknown) result = kx_transfer_failure(transfer, err);
    if (result < 0 && err) err->unsent = TRUE; /* no byte of the body has left */
    g_mutex_unlock(&transfer->mutex);
    return result;
}

bool kx_transfer_answered(struct kx_transfer *transfer)
{
    g_mutex_lock(&transfer->mutex);
    bool answered = transfer->head_complete;
    g_mutex_unlock(&transfer->mutex);
    return answered;
}

static gboolean head_known(const struct kx_transfer *transfer)
{
    return transfer->ended || transfer->head_complete;
}

int kx_transfer_wait_head(struct kx_transfer *transfer, const struct kx_limits *limits,
                          struct kx_error *err)
{
    g_mutex_lock(&transfer->mutex);
    int result = kx_transfer_wait(transfer, head_known, limits, err);
    if (result == 0 && !transfer->head_complete) result = kx_transfer_failure(transfer, err);
    if (result < 0 && err) err->unsent = !transfer->sent;
    g_mutex_unlock(&transfer->mutex);
    return result;
}

const char *kx_transfer_address(const struct kx_transfer *transfer)
{
    bool known = *transfer->address && !kx_http_is_proxied(transfer->http);
    return known ? transfer->address : NULL;
}

const char *kx_transfer_url(const struct kx_transfer *transfer)
{
    return transfer->url;
}

long kx_transfer_status(const struct kx_transfer *transfer)
{
    return transfer->status;
}

const char *kx_transfer_header_at(const struct kx_transfer *transfer, const char *name,
                                  unsigned number)
{
    for (guint i = 0; i < transfer->headers_in->len; i++) {
        const struct kx_header *header = &g_array_index(transfer->headers_in, struct kx_header, i);
        if (g_ascii_strcasecmp(header->name, name) == 0 && number-- == 0) return header->value;
    }
    return NULL;
}

const char *kx_transfer_header(const struct kx_transfer *transfer, const char *name)
{
    return kx_transfer_header_at(transfer, name, 0);
}

static gboolean bytes_to_pull(const struct kx_transfer *transfer)
{
    return transfer->ended || transfer->in_paused || transfer->in.bytes >= transfer->want;
}

/* Mutex held. */
static struct kx_block *take_block(struct kx_transfer *transfer)
{
    struct kx_block *block = kx_block_queue_take(&transfer->in);
    if (transfer->in_paused && transfer->in.bytes <= transfer->window_bytes / 2)
        kx_transfer_kick(transfer);
    return block;
}

int kx_transfer_pull(struct kx_transfer *transfer, size_t want, const struct kx_limits *limits,
                     struct kx_block **out, struct kx_error *err)
{
    g_mutex_lock(&transfer->mutex);
    transfer->want = MAX(want, 1);
    int result = kx_transfer_wait(transfer, bytes_to_pull, limits, err);
    transfer->want = 0;
    if (result == 0 && transfer->in.head) {
        *out = take_block(transfer);
        result = 1;
    } else if (result == 0 && transfer->result != CURLE_OK) {
        result = kx_transfer_failure(transfer, err);
    }
    g_mutex_unlock(&transfer->mutex);
    return result;
}

struct kx_block *kx_transfer_take(struct kx_transfer *transfer)
{
    g_mutex_lock(&transfer->mutex);
    struct kx_block *block = transfer->in.head ? take_block(transfer) : NULL;
    g_mutex_unlock(&transfer->mutex);
    return block;
}

void kx_transfer_set_window(struct kx_transfer *transfer, size_t bytes)
{
    g_mutex_lock(&transfer->mutex);
    transfer->window_bytes = bytes;
    if (transfer->in_paused && transfer->in.bytes <= bytes / 2) kx_transfer_kick(transfer);
    g_mutex_unlock(&transfer->mutex);
}

int kx_transfer_collect(struct kx_transfer *transfer, size_t cap, const struct kx_limits *limits,
                        GByteArray *out, struct kx_error *err)
{
    for (;;) {
        g_autoptr(kx_block) block = NULL;
        int result = kx_transfer_pull(transfer, KX_BLOCK_BYTES, limits, &block, err);
        if (result <= 0) return result;
        if (out->len + block->length > cap)
            return kx_error_set(err, EMSGSIZE, "the answer is longer than %zu bytes", cap);
        g_byte_array_append(out, (const guint8 *)block->data, (guint)block->length);
        kx_record_body(transfer, block->data, block->length);
    }
}

void kx_transfer_free(struct kx_transfer *transfer)
{
    if (!transfer) return;
    if (!transfer->multi) kx_http_leave(transfer);
    kx_record_end(transfer);
    transfer_destroy(transfer);
}
