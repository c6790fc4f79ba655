#include "fs/notices.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "oozie/notice.h"
#include "rest/url.h"

#define TOKEN_BYTES 16 /* as twice as many digits */
#define FIXED       2  /* places in the poll before the connections: the end, the listener */
#define GOOD        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
#define NOT_FOUND   "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
#define BAD         "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

struct caller {
    int socket; /* -1: the place is free */
    size_t used;
    gint64 until_us;
    char bytes[KX_NOTICE_BYTES_MAX];
};

struct kx_notices {
    struct kx_notices_config config; /* constant, as is all up to the callers */
    char *token, *url;
    gint off; /* atomic: calls are refused */
    int socket, end;
    GThread *thread;
    struct caller callers[KX_NOTICES_MAX]; /* the thread's own, as is `rings` */
    bool rings;                            /* there was a notice in this round */
};

static void hang_up(struct caller *caller, const char *answer)
{
    if (answer) (void)send(caller->socket, answer, strlen(answer), MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)close(caller->socket);
    caller->socket = -1;
}

static void take_notice(struct kx_notices *notices, const char *job)
{
    kx_log_write(notices->config.log, KX_LOG_DEBUG, "Oozie tells that %s has changed", job);
    kx_oozie_forget(notices->config.oozie, job);
    kx_stats_add(notices->config.stats, KX_STAT_NOTICES, 1);
    notices->rings = true;
}

static void read_more(struct kx_notices *notices, struct caller *caller)
{
    g_autofree char *job = NULL;
    ssize_t got = recv(caller->socket, caller->bytes + caller->used,
                       sizeof(caller->bytes) - caller->used, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
        hang_up(caller, NULL);
        return;
    }
    caller->used += (size_t)got;
    int result = kx_notice_read(caller->bytes, caller->used, notices->token, &job);
    if (result == -EAGAIN) return;
    if (result == 0 && g_atomic_int_get(&notices->off)) result = -ENOENT;
    if (result == 0) take_notice(notices, job);
    hang_up(caller, result == 0 ? GOOD : result == -ENOENT ? NOT_FOUND : BAD);
}

static struct caller *free_place(struct kx_notices *notices)
{
    for (size_t i = 0; i < KX_NOTICES_MAX; i++)
        if (notices->callers[i].socket < 0) return &notices->callers[i];
    return NULL;
}

static void let_in(struct kx_notices *notices)
{
    struct caller *caller = free_place(notices);
    int taken = caller ? accept4(notices->socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK) : -1;
    if (taken < 0) return;
    caller->socket = taken;
    caller->used = 0;
    caller->until_us = g_get_monotonic_time() + KX_NOTICES_MS * G_TIME_SPAN_MILLISECOND;
}

/* @return milliseconds until the first one has been too slow; -1: there is none. */
static int end_slow_ones(struct kx_notices *notices)
{
    const gint64 now_us = g_get_monotonic_time();
    gint64 first_us = INT64_MAX;
    for (size_t i = 0; i < KX_NOTICES_MAX; i++) {
        struct caller *caller = &notices->callers[i];
        if (caller->socket >= 0 && caller->until_us <= now_us) hang_up(caller, NULL);
        if (caller->socket >= 0) first_us = MIN(first_us, caller->until_us);
    }
    return first_us == INT64_MAX ? -1 : (int)((first_us - now_us) / G_TIME_SPAN_MILLISECOND) + 1;
}

static gpointer listen_on(gpointer data)
{
    struct kx_notices *notices = data;
    for (;;) {
        struct pollfd wanted[FIXED + KX_NOTICES_MAX] = {{.fd = notices->end, .events = POLLIN}};
        int wait_ms = end_slow_ones(notices);
        wanted[1] =
            (struct pollfd){.fd = free_place(notices) ? notices->socket : -1, .events = POLLIN};
        for (size_t i = 0; i < KX_NOTICES_MAX; i++)
            wanted[FIXED + i] = (struct pollfd){.fd = notices->callers[i].socket, .events = POLLIN};
        if (poll(wanted, G_N_ELEMENTS(wanted), wait_ms) < 0) continue;
        if (wanted[0].revents) return NULL;
        for (size_t i = 0; i < KX_NOTICES_MAX; i++)
            if (wanted[FIXED + i].revents) read_more(notices, &notices->callers[i]);
        if (wanted[1].revents) let_in(notices);
        if (notices->rings) kx_bell_ring(notices->config.bell);
        notices->rings = false;
    }
}

static int make_token(struct kx_notices *notices, struct kx_error *err)
{
    unsigned char bytes[TOKEN_BYTES];
    GString *token = g_string_new(NULL);
    ssize_t got = getrandom(bytes, sizeof bytes, 0);
    for (size_t i = 0; i < sizeof bytes; i++)
        g_string_append_printf(token, "%02x", bytes[i]);
    notices->token = g_string_free(token, FALSE);
    return got == (ssize_t)sizeof bytes ? 0 : kx_error_set(err, EIO, "no random bytes");
}

/* @return -1 with errno. */
static int listen_at(const struct addrinfo *address)
{
    const int on = 1;
    int made = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (made < 0) return -1;
    (void)setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(made, address->ai_addr, address->ai_addrlen) == 0 && listen(made, KX_NOTICES_MAX) == 0)
        return made;
    int code = errno;
    (void)close(made);
    errno = code;
    return -1;
}

static int port_of(int listener)
{
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    } own = {.any = {0}};
    socklen_t size = sizeof own;
    if (getsockname(listener, &own.any, &size) < 0) return 0;
    return ntohs(own.any.sa_family == AF_INET6 ? own.six.sin6_port : own.four.sin_port);
}

static int bind_to(struct kx_notices *notices, const struct kx_url_parts *parts,
                   struct kx_error *err)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    g_autofree char *service = g_strdup_printf("%d", parts->port);
    int unknown = getaddrinfo(parts->host, service, &hints, &found);
    if (unknown) return kx_error_set(err, EHOSTUNREACH, "%s", gai_strerror(unknown));
    notices->socket = listen_at(found);
    int code = errno;
    freeaddrinfo(found);
    if (notices->socket < 0) return kx_error_set(err, code, "%s", g_strerror(code));
    GString *url = g_string_new(NULL);
    kx_url_append_origin(url, "http", parts->host, port_of(notices->socket));
    g_string_append_printf(url, "/%s/", notices->token);
    notices->url = g_string_free(url, FALSE);
    return 0;
}

static int open_listener(struct kx_notices *notices, struct kx_error *err)
{
    const char *url = notices->config.url;
    struct kx_url_parts parts = {0};
    bool valid = kx_url_split(url, false, &parts) && g_strcmp0(parts.scheme, "http") == 0 &&
                 parts.host && *parts.host && parts.port >= 0 && !parts.userinfo && !parts.query &&
                 !parts.fragment && (!parts.path || !*parts.path || strcmp(parts.path, "/") == 0);
    int result = valid ? bind_to(notices, &parts, err)
                       : kx_error_set(err, EINVAL, "http://HOST:PORT of this machine is expected");
    kx_url_parts_clear(&parts);
    if (result < 0) kx_error_prefix(err, "-o callback=%s", url);
    return result;
}

int kx_notices_new(const struct kx_notices_config *config, struct kx_notices **out,
                   struct kx_error *err)
{
    g_autoptr(kx_notices) notices = g_new0(struct kx_notices, 1);
    notices->config = *config;
    notices->socket = -1;
    for (size_t i = 0; i < KX_NOTICES_MAX; i++)
        notices->callers[i].socket = -1;
    notices->end = eventfd(0, EFD_CLOEXEC);
    int result = make_token(notices, err);
    if (result == 0) result = open_listener(notices, err);
    if (result < 0) return result;
    notices->config.url = NULL;
    notices->thread = g_thread_new("notices", listen_on, notices);
    *out = g_steal_pointer(&notices);
    return 0;
}

void kx_notices_free(struct kx_notices *notices)
{
    const uint64_t one = 1;
    if (!notices) return;
    if (notices->thread) {
        while (write(notices->end, &one, sizeof one) < 0 && errno == EINTR)
            ;
        g_thread_join(notices->thread);
    }
    for (size_t i = 0; i < KX_NOTICES_MAX; i++)
        if (notices->callers[i].socket >= 0) hang_up(&notices->callers[i], NULL);
    if (notices->socket >= 0) (void)close(notices->socket);
    if (notices->end >= 0) (void)close(notices->end);
    g_free(notices->token);
    g_free(notices->url);
    g_free(notices);
}

const char *kx_notices_url(const struct kx_notices *notices)
{
    return notices && !g_atomic_int_get(&notices->off) ? notices->url : NULL;
}

void kx_notices_switch(struct kx_notices *notices, bool on)
{
    g_atomic_int_set(&notices->off, !on);
}
