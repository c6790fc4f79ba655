/* Connections that are made before they are needed.
 *
 * A DataNode closes its connection after each answer, so every range begins with a round trip for
 * the next one. Where a request says that others like it will follow, KX_SPARES_EACH connections
 * more are begun, without waiting for them, when its own stands; the next request takes one that is
 * ready. An idle one works for 30 s and more (measured, Hadoop 3.4.2), and is closed after
 * KX_SPARE_MS. One that the server has closed is seen before it is used, or costs a repetition on a
 * fresh connection, never an error.
 *
 * Plain http without a proxy only. Threads: those that move bytes; the list has its own lock. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rest/http_private.h"

#define SWEEP_MS 1000

struct spare {
    char *server; /* "dn1:9864" */
    struct sockaddr_storage address;
    socklen_t length;
    int fd;
    int64_t since_ms;
};

static void spare_free(gpointer data)
{
    struct spare *spare = data;
    if (spare->fd >= 0) close(spare->fd);
    g_free(spare->server);
    g_free(spare);
}

static int64_t now_ms(const struct kx_http *http)
{
    return http->config.clock->now_ms(http->config.clock);
}

/* Its connection stands, and nothing came over it. */
static bool is_ready(const struct spare *spare)
{
    struct pollfd at = {.fd = spare->fd, .events = POLLIN | POLLOUT | POLLRDHUP};
    int error = 0;
    socklen_t length = sizeof error;
    if (poll(&at, 1, 0) != 1 || at.revents != POLLOUT) return false;
    return getsockopt(spare->fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error == 0;
}

static bool is_lost(const struct spare *spare)
{
    struct pollfd at = {.fd = spare->fd, .events = POLLIN | POLLRDHUP};
    return poll(&at, 1, 0) != 0;
}

/* Its lock is held. */
static void sweep(struct kx_http *http)
{
    int64_t old_ms = now_ms(http) - KX_SPARE_MS;
    for (GList *at = http->spares.head, *next; at; at = next) {
        struct spare *spare = at->data;
        next = at->next;
        if (spare->since_ms > old_ms && !is_lost(spare)) continue;
        g_queue_delete_link(&http->spares, at);
        spare_free(spare);
    }
}

void kx_spares_sweep(struct kx_http *http)
{
    int64_t now = now_ms(http);
    g_mutex_lock(&http->spares_mutex);
    if (http->spares.length > 0 && now - http->swept_ms >= SWEEP_MS) {
        http->swept_ms = now;
        sweep(http);
    }
    g_mutex_unlock(&http->spares_mutex);
}

void kx_spares_clear(struct kx_http *http)
{
    g_queue_clear_full(&http->spares, spare_free);
}

/* @return owned; NULL: none is ready. */
static struct spare *take(struct kx_http *http, const char *server)
{
    struct spare *found = NULL;
    g_mutex_lock(&http->spares_mutex);
    sweep(http);
    for (GList *at = http->spares.head; at; at = at->next) {
        struct spare *spare = at->data;
        if (!g_str_equal(spare->server, server) || !is_ready(spare)) continue;
        g_queue_delete_link(&http->spares, at);
        found = spare;
        break;
    }
    g_mutex_unlock(&http->spares_mutex);
    return found;
}

static curl_socket_t on_open(void *context, curlsocktype purpose, struct curl_sockaddr *wanted)
{
    struct kx_transfer *transfer = context;
    struct kx_http *http = transfer->http;
    bool first = purpose == CURLSOCKTYPE_IPCXN && !transfer->spare_tried;
    struct spare *spare = first ? take(http, transfer->server) : NULL;
    transfer->spare_tried = TRUE;
    if (!spare) return socket(wanted->family, wanted->socktype | SOCK_CLOEXEC, wanted->protocol);
    int fd = transfer->spare_fd = spare->fd;
    transfer->peer = spare->address;
    transfer->peer_length = spare->length;
    spare->fd = -1;
    spare_free(spare);
    kx_stats_add(http->config.stats, KX_STAT_PRECONNECTED, 1);
    return fd;
}

static int on_option(void *context, curl_socket_t fd, curlsocktype purpose)
{
    const struct kx_transfer *transfer = context;
    (void)purpose;
    return fd == transfer->spare_fd ? CURL_SOCKOPT_ALREADY_CONNECTED : CURL_SOCKOPT_OK;
}

void kx_spare_install(struct kx_transfer *transfer, const struct kx_http_request *request)
{
    static const char HTTP[] = "http://";
    transfer->spare_fd = -1;
    if (!request->spare || request->upload || !g_str_has_prefix(request->url, HTTP)) return;
    if (kx_http_is_proxied(transfer->http)) return;
    const char *server = request->url + strlen(HTTP);
    transfer->server = g_strndup(server, strcspn(server, "/?"));
    curl_easy_setopt(transfer->easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(transfer->easy, CURLOPT_OPENSOCKETDATA, transfer);
    curl_easy_setopt(transfer->easy, CURLOPT_SOCKOPTFUNCTION, on_option);
    curl_easy_setopt(transfer->easy, CURLOPT_SOCKOPTDATA, transfer);
}

/* Begin one more connection; whether it comes to stand is seen when it is wanted. */
static void begin_one(struct kx_http *http, const struct kx_transfer *like)
{
    int fd = socket(like->peer.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return;
    struct spare *spare = g_new0(struct spare, 1);
    *spare = (struct spare){.server = g_strdup(like->server),
                            .address = like->peer,
                            .length = like->peer_length,
                            .fd = fd,
                            .since_ms = now_ms(http)};
    /* A connection that something between has forgotten is found out soon. */
    unsigned patience_ms = (unsigned)http->config.connect_timeout_ms;
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience_ms, sizeof patience_ms);
    int result = connect(fd, (const struct sockaddr *)&spare->address, spare->length);
    if (result == 0 || errno == EINPROGRESS)
        g_queue_push_tail(&http->spares, spare);
    else
        spare_free(spare);
}

static void note_peer(struct kx_transfer *transfer, const char *address, int port)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)&transfer->peer;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&transfer->peer;
    if (transfer->peer_length) return; /* a spare's own */
    if (inet_pton(AF_INET, address, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
        transfer->peer_length = sizeof *v4;
    } else if (inet_pton(AF_INET6, address, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)port);
        transfer->peer_length = sizeof *v6;
    }
}

void kx_spare_connected(struct kx_transfer *transfer, const char *address, int port)
{
    struct kx_http *http = transfer->http;
    if (!transfer->server) return;
    note_peer(transfer, address, port);
    if (!transfer->peer_length) return;
    int have = 0;
    g_mutex_lock(&http->spares_mutex);
    for (const GList *at = http->spares.head; at; at = at->next)
        have += g_str_equal(((const struct spare *)at->data)->server, transfer->server);
    for (; have < KX_SPARES_EACH && http->spares.length < KX_SPARES_MAX; have++)
        begin_one(http, transfer);
    g_mutex_unlock(&http->spares_mutex);
}

bool kx_spare_failed(struct kx_transfer *transfer, CURLcode result)
{
    if (result == CURLE_OK || transfer->spare_fd < 0) return false;
    transfer->spare_fd = -1;
    transfer->peer_length = 0;
    return transfer->status == 0 && transfer->in.bytes == 0;
}
