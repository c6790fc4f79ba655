#include "server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct server {
    int listener, port;
    server_handler handler;
    void *context;
    GThread *acceptor;
    GMutex mutex;       /* guards what is below */
    GPtrArray *threads; /* of the connections */
    GArray *open;       /* file descriptors that a handler uses now */
    unsigned accepted;
    bool ending;
};

struct job {
    struct server *server;
    struct connection connection;
};

static void forget(struct server *server, int fd)
{
    g_mutex_lock(&server->mutex);
    for (guint i = 0; i < server->open->len; i++)
        if (g_array_index(server->open, int, i) == fd) {
            g_array_remove_index_fast(server->open, i);
            break;
        }
    close(fd);
    g_mutex_unlock(&server->mutex);
}

static gpointer serve(gpointer data)
{
    struct job *job = data;
    job->server->handler(&job->connection, job->server->context);
    forget(job->server, job->connection.fd);
    g_byte_array_unref(job->connection.pending);
    g_free(job);
    return NULL;
}

static bool take_connection(struct server *server, int fd)
{
    g_mutex_lock(&server->mutex);
    bool wanted = !server->ending;
    if (wanted) {
        struct job *job = g_new0(struct job, 1);
        job->server = server;
        job->connection = (struct connection){
            .fd = fd, .number = ++server->accepted, .pending = g_byte_array_new()};
        g_array_append_val(server->open, fd);
        g_ptr_array_add(server->threads, g_thread_new("connection", serve, job));
    }
    g_mutex_unlock(&server->mutex);
    if (!wanted) close(fd);
    return wanted;
}

/* As Hadoop's servers do: a short answer behind a 100 Continue does not wait for that one's
 * acknowledgement, in which time a reset would throw it away. */
static void send_at_once(int fd)
{
    int on = 1;
    if (fd >= 0) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static gpointer accept_all(gpointer data)
{
    struct server *server = data;
    for (;;) {
        int fd = accept(server->listener, NULL, NULL);
        send_at_once(fd);
        if (fd < 0 || !take_connection(server, fd)) return NULL;
    }
}

struct server *server_new(server_handler handler, void *context)
{
    struct server *server = g_new0(struct server, 1);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof at;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(server->listener, (struct sockaddr *)&at, sizeof at) < 0 ||
        listen(server->listener, 64) < 0 ||
        getsockname(server->listener, (struct sockaddr *)&at, &length) < 0)
        g_error("no loopback port can be had");
    server->port = ntohs(at.sin_port);
    server->handler = handler;
    server->context = context;
    g_mutex_init(&server->mutex);
    server->threads = g_ptr_array_new();
    server->open = g_array_new(FALSE, FALSE, sizeof(int));
    server->acceptor = g_thread_new("acceptor", accept_all, server);
    return server;
}

int server_port(const struct server *server)
{
    return server->port;
}

unsigned server_connections(struct server *server)
{
    g_mutex_lock(&server->mutex);
    unsigned accepted = server->accepted;
    g_mutex_unlock(&server->mutex);
    return accepted;
}

void server_free(struct server *server)
{
    g_mutex_lock(&server->mutex);
    server->ending = true;
    shutdown(server->listener, SHUT_RDWR);
    for (guint i = 0; i < server->open->len; i++)
        shutdown(g_array_index(server->open, int, i), SHUT_RDWR);
    g_mutex_unlock(&server->mutex);
    g_thread_join(server->acceptor);
    for (guint i = 0; i < server->threads->len; i++)
        g_thread_join(server->threads->pdata[i]);
    close(server->listener);
    g_ptr_array_unref(server->threads);
    g_array_unref(server->open);
    g_mutex_clear(&server->mutex);
    g_free(server);
}

void request_clear(struct request *request)
{
    g_free(request->method);
    g_free(request->target);
    g_free(request->head);
    if (request->body) g_byte_array_unref(request->body);
    *request = (struct request){0};
}

static bool read_more(struct connection *connection)
{
    char buffer[16384];
    ssize_t got = recv(connection->fd, buffer, sizeof buffer, 0);
    if (got <= 0) return false;
    g_byte_array_append(connection->pending, (guint8 *)buffer, (guint)got);
    return true;
}

/* The bytes up to a line end, which is taken off.  @return owned; NULL: closed. */
static char *read_line(struct connection *connection)
{
    for (;;) {
        const GByteArray *pending = connection->pending;
        const char *start = (const char *)pending->data;
        const char *end = pending->len ? memmem(start, pending->len, "\r\n", 2) : NULL;
        if (end) {
            char *line = g_strndup(start, (gsize)(end - start));
            g_byte_array_remove_range(connection->pending, 0, (guint)(end - start + 2));
            return line;
        }
        if (!read_more(connection)) return NULL;
    }
}

bool connection_read_head(struct connection *connection, struct request *out)
{
    g_autofree char *first = read_line(connection);
    g_auto(GStrv) words = first ? g_strsplit(first, " ", 3) : NULL;
    *out = (struct request){0};
    if (!words || g_strv_length(words) != 3) return false;
    g_autoptr(GString) head = g_string_new(NULL);
    for (;;) {
        g_autofree char *line = read_line(connection);
        if (!line) return false;
        if (!*line) break;
        g_string_append_printf(head, "%s\r\n", line);
    }
    out->method = g_strdup(words[0]);
    out->target = g_strdup(words[1]);
    out->head = g_strdup(head->str);
    out->body = g_byte_array_new();
    return true;
}

char *request_header(const struct request *request, const char *name)
{
    g_auto(GStrv) lines = g_strsplit(request->head, "\r\n", -1);
    for (char **line = lines; *line; line++) {
        size_t length = strlen(name);
        if (g_ascii_strncasecmp(*line, name, length) == 0 && (*line)[length] == ':')
            return g_strstrip(g_strdup(*line + length + 1));
    }
    return NULL;
}

static bool read_bytes(struct connection *connection, guint64 length, GByteArray *out)
{
    while (length > 0) {
        if (connection->pending->len == 0 && !read_more(connection)) return false;
        guint part = (guint)MIN(length, connection->pending->len);
        g_byte_array_append(out, connection->pending->data, part);
        g_byte_array_remove_range(connection->pending, 0, part);
        length -= part;
    }
    return true;
}

static bool read_chunks(struct connection *connection, GByteArray *out)
{
    for (;;) {
        g_autofree char *size = read_line(connection);
        if (!size) return false;
        guint64 length = g_ascii_strtoull(size, NULL, 16);
        if (!read_bytes(connection, length, out)) return false;
        g_autofree char *end = read_line(connection);
        if (!end || length == 0) return end != NULL;
    }
}

void connection_read_body(struct connection *connection, struct request *request)
{
    g_autofree char *coding = request_header(request, "Transfer-Encoding");
    g_autofree char *length = request_header(request, "Content-Length");
    if (coding)
        request->whole = read_chunks(connection, request->body);
    else
        request->whole =
            read_bytes(connection, length ? g_ascii_strtoull(length, NULL, 10) : 0, request->body);
}

bool connection_write(struct connection *connection, const void *data, size_t length)
{
    for (const char *at = data; length > 0;) {
        ssize_t sent = send(connection->fd, at, length, MSG_NOSIGNAL);
        if (sent <= 0) return false;
        at += sent;
        length -= (size_t)sent;
    }
    return true;
}

bool connection_print(struct connection *connection, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    g_autofree char *text = g_strdup_vprintf(fmt, args);
    va_end(args);
    return connection_write(connection, text, strlen(text));
}

void connection_answer(struct connection *connection, const char *status, const char *headers,
                       const char *body)
{
    connection_print(connection, "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n%s", status, headers,
                     strlen(body), body);
}

unsigned char pattern_byte(gint64 offset)
{
    return (unsigned char)(offset ^ offset >> 8 ^ offset >> 16 ^ offset >> 24);
}

bool connection_write_pattern(struct connection *connection, gint64 offset, gint64 length)
{
    unsigned char buffer[16384];
    while (length > 0) {
        size_t part = (size_t)MIN(length, (gint64)sizeof buffer);
        for (size_t i = 0; i < part; i++)
            buffer[i] = pattern_byte(offset + (gint64)i);
        if (!connection_write(connection, buffer, part)) return false;
        offset += (gint64)part;
        length -= (gint64)part;
    }
    return true;
}

bool connection_wait_closed(struct connection *connection, int timeout_ms)
{
    char buffer[4096];
    struct pollfd poller = {.fd = connection->fd, .events = POLLIN};
    while (poll(&poller, 1, timeout_ms) > 0)
        if (recv(connection->fd, buffer, sizeof buffer, 0) <= 0) return true;
    return false;
}

void connection_reset(struct connection *connection)
{
    const struct linger now = {.l_onoff = 1, .l_linger = 0};
    setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}
