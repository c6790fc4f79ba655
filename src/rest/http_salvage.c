/* The answer that libcurl did not read.
 *
 * A server that refuses an upload answers and closes at once, while bytes are still on their way to
 * it. Its kernel then resets the connection; libcurl's next send fails, and libcurl closes the
 * socket with the answer unread in it (measured with DataNodes: one refusal in fifteen, and the
 * reason, denied or over quota, is lost). So a second descriptor of the socket of a plain http
 * upload is kept, and what is left in it is read when sending has failed.
 *
 * By TLS it is more than one in two, as libcurl's one send is 32 records. There only the session
 * can read what is left, and libcurl ends that with the socket; before, it says in words for the
 * person that debugs it that SSL_write has failed (7.88 to 8.22: ossl_send), and that is when we
 * read. A libcurl that finds other words loses a reason again, no more. */
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rest/http_private.h"
#include "rest/http_tls.h"

#define LEFT_BYTES_MAX ((size_t)64 * 1024)

/* Called for each socket that libcurl makes; the last one is the one that it uses, but for a race
 * of addresses, in which nothing is salvaged. */
static int on_socket(void *context, curl_socket_t fd, curlsocktype purpose)
{
    struct kx_transfer *transfer = context;
    (void)purpose;
    kx_salvage_drop(transfer);
    transfer->second_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    return CURL_SOCKOPT_OK;
}

static ssize_t receive(int fd, void *session, struct iovec room)
{
    return session ? kx_tls_receive(session, &room, 1)
                   : recv(fd, room.iov_base, room.iov_len, MSG_DONTWAIT);
}

/* From the session, or from the socket if there is none. */
static GByteArray *read_left(int fd, void *session)
{
    GByteArray *left = g_byte_array_new();
    char buffer[8192];
    while (left->len < LEFT_BYTES_MAX) {
        ssize_t got = receive(fd, session, (struct iovec){buffer, sizeof buffer});
        if (got <= 0) break;
        g_byte_array_append(left, (guint8 *)buffer, (guint)got);
    }
    return left;
}

static int on_words(CURL *easy, curl_infotype kind, char *words, size_t length, void *context)
{
    static const char FAILED[] = "SSL_write";
    struct kx_transfer *transfer = context;
    bool failed = kind == CURLINFO_TEXT && memmem(words, length, FAILED, sizeof FAILED - 1) != NULL;
    void *session = failed && !transfer->left ? kx_tls_session(easy) : NULL;
    if (session) transfer->left = read_left(-1, session);
    return 0;
}

void kx_salvage_install(struct kx_transfer *transfer, const struct kx_http_request *request)
{
    transfer->second_fd = -1;
    if (!request->upload) return;
    if (g_str_has_prefix(request->url, "http:")) {
        curl_easy_setopt(transfer->easy, CURLOPT_SOCKOPTFUNCTION, on_socket);
        curl_easy_setopt(transfer->easy, CURLOPT_SOCKOPTDATA, transfer);
    } else {
        curl_easy_setopt(transfer->easy, CURLOPT_VERBOSE, 1L); /* to us, and nobody else */
        curl_easy_setopt(transfer->easy, CURLOPT_DEBUGFUNCTION, on_words);
        curl_easy_setopt(transfer->easy, CURLOPT_DEBUGDATA, transfer);
    }
}

void kx_salvage_drop(struct kx_transfer *transfer)
{
    if (transfer->second_fd >= 0) close(transfer->second_fd);
    transfer->second_fd = -1;
    if (transfer->left) g_byte_array_unref(transfer->left);
    transfer->left = NULL;
}

/* Hand heads on, line by line, as libcurl would.  @return how many bytes they are. */
static size_t give_heads(struct kx_transfer *transfer, const char *data, size_t length)
{
    size_t at = 0;
    while (at < length && !transfer->head_complete) {
        const char *end = memchr(data + at, '\n', length - at);
        size_t line = end ? (size_t)(end - (data + at)) + 1 : 0;
        if (!line || kx_callback_header(data + at, line, transfer) != line) return 0;
        at += line;
    }
    return at;
}

CURLcode kx_salvage_try(struct kx_transfer *transfer, CURLcode result)
{
    bool unread = transfer->status == 0 || transfer->status / 100 == 1; /* 100 Continue */
    if (result != CURLE_SEND_ERROR || !unread) return result;
    if (transfer->second_fd >= 0) transfer->left = read_left(transfer->second_fd, NULL);
    const GByteArray *left = transfer->left;
    if (!left) return result;
    const char *data = (const char *)left->data;
    if (left->len < 5 || memcmp(data, "HTTP/", 5) != 0) return result;
    size_t head = give_heads(transfer, data, left->len);
    if (!transfer->head_complete) return result;
    const char *announced = kx_transfer_header(transfer, "Content-Length");
    size_t body = left->len - head;
    bool whole = announced && g_ascii_strtoull(announced, NULL, 10) <= body;
    g_mutex_lock(&transfer->mutex);
    kx_block_queue_append(&transfer->in, transfer->http->config.pool, data + head, body);
    g_mutex_unlock(&transfer->mutex);
    return whole ? CURLE_OK : CURLE_PARTIAL_FILE;
}
