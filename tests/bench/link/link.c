/* A link between clients and servers of this machine: a delay, a rate for each connection, and
   counts.

   link [--delay-us N] [--rate BYTES] [--inside PID] ROLE=PORT...

   For each server (its port on loopback) it listens on a port of its own, which it prints: "ROLE
   PORT OWN". Each way of a connection takes N microseconds, and so does the handshake: nothing sets
   out before the answer to a SYN could have come. In what a role "namenode" or "httpfs" answers,
   the ports of the other servers become ours. With --inside the listening sockets are in that
   process's network, at the servers' own ports, and nothing is rewritten. Every line of stdin is a
   command: "stats" prints the counts, "reset" sets them to 0; its end ends the link. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "count.h"
#include "way.h"

#define FRONTS_MAX 16
#define EVENTS_MAX 64

struct front {
    const char *role; /* borrowed from argv */
    bool rewritten;
    int upstream, port; /* of the server, and ours */
    int fd;
};

struct connection {
    struct connection *next;
    const struct front *front;
    int client, server; /* sockets, owned */
    int64_t due;        /* when it has its next turn */
    struct kx_way up, down;
    struct kx_heads heads;
    bool broken;
};

struct link {
    struct kx_way_rules rules;
    struct front fronts[FRONTS_MAX];
    int front_count;
    int inside; /* a namespace, or -1 */
    int epoll;
    struct connection *connections;
    struct kx_count count;
    char buffer[KX_PIECE_MAX + 1];
};

static int64_t now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static void die(const char *what)
{
    fprintf(stderr, "link: %s: %s\n", what, strerror(errno));
    exit(1);
}

static struct sockaddr_in loopback(int port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void watch(const struct link *link, int fd, uint32_t events, void *what)
{
    struct epoll_event event = {.events = events, .data.ptr = what};
    if (epoll_ctl(link->epoll, EPOLL_CTL_ADD, fd, &event)) die("epoll_ctl");
}

static void front_open(struct link *link, struct front *front)
{
    front->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (front->fd < 0) die("socket");
    const int on = 1;
    setsockopt(front->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    struct sockaddr_in address = loopback(link->inside >= 0 ? front->upstream : 0);
    if (bind(front->fd, (struct sockaddr *)&address, sizeof(address))) die("bind");
    if (listen(front->fd, 1024)) die("listen");
    socklen_t length = sizeof(address);
    getsockname(front->fd, (struct sockaddr *)&address, &length);
    front->port = ntohs(address.sin_port);
    watch(link, front->fd, EPOLLIN, front);
    printf("%s %d %d\n", front->role, front->upstream, front->port);
}

static void open_fronts(struct link *link)
{
    const int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (link->inside >= 0 && setns(link->inside, CLONE_NEWNET)) die("setns");
    for (int i = 0; i < link->front_count; i++)
        front_open(link, &link->fronts[i]);
    if (link->inside >= 0 && setns(home, CLONE_NEWNET)) die("setns");
    close(home);
    puts(".");
    fflush(stdout);
}

/* "localhost:10123/webhdfs" and "infoPort":10123 -> our port, which must have as many digits: no
 * length changes. */
static void rewrite(const struct link *link, char *bytes, size_t length)
{
    for (int i = 0; i < link->front_count; i++) {
        char from[2][48], to[2][48];
        const struct front *front = &link->fronts[i];
        snprintf(from[0], sizeof(from[0]), ":%d/webhdfs/", front->upstream);
        snprintf(to[0], sizeof(to[0]), ":%d/webhdfs/", front->port);
        snprintf(from[1], sizeof(from[1]), "\"infoPort\":%d,", front->upstream);
        snprintf(to[1], sizeof(to[1]), "\"infoPort\":%d,", front->port);
        for (int k = 0; k < 2; k++) {
            const size_t size = strlen(from[k]);
            char *at = bytes;
            while ((at = memmem(at, length - (size_t)(at - bytes), from[k], size)))
                memcpy(at, to[k], size);
        }
    }
}

struct look {
    struct link *link;
    struct connection *connection;
};

static void look_up(void *data, char *bytes, size_t length)
{
    const struct look *look = data;
    struct connection *c = look->connection;
    kx_count_requests(&look->link->count, &c->heads, c->front->role, bytes, length);
    kx_count_role(&look->link->count, c->front->role)->up += length;
}

static void look_down(void *data, char *bytes, size_t length)
{
    const struct look *look = data;
    if (look->connection->front->rewritten) rewrite(look->link, bytes, length);
}

static int connect_to(int port)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct sockaddr_in address = loopback(port);
    if (fd < 0) die("socket");
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address))) {
        close(fd);
        return -1;
    }
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static void connection_open(struct link *link, const struct front *front)
{
    const int client = accept4(front->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0) return;
    const int server = connect_to(front->upstream);
    struct connection *c = server < 0 ? NULL : calloc(1, sizeof(*c));
    if (!c) {
        close(client);
        return;
    }
    const int on = 1;
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    c->front = front;
    c->client = client;
    c->server = server;
    c->up = (struct kx_way){.rules = &link->rules, .from = client, .to = server};
    c->down = (struct kx_way){.rules = &link->rules, .from = server, .to = client};
    c->up.not_before = now_ns() + 2 * link->rules.delay_ns;
    c->next = link->connections;
    link->connections = c;
    kx_count_role(&link->count, front->role)->connections++;
    watch(link, client, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, c);
    watch(link, server, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, c);
}

/* Moves what can be moved. */
static void connection_step(struct link *link, struct connection *c, int64_t now)
{
    struct look look = {.link = link, .connection = c};
    const uint64_t before = c->down.passed;
    c->broken =
        kx_way_write(&c->up, now) || kx_way_read(&c->up, now, link->buffer, look_up, &look) ||
        kx_way_write(&c->down, now) || kx_way_read(&c->down, now, link->buffer, look_down, &look);
    kx_count_role(&link->count, c->front->role)->down += c->down.passed - before;
    const int64_t up = kx_way_next(&c->up, now), down = kx_way_next(&c->down, now);
    c->due = up < down ? up : down;
}

static void connection_close(struct connection *c)
{
    const struct linger reset = {.l_onoff = 1};
    if (c->broken) setsockopt(c->client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    if (c->broken) setsockopt(c->server, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    close(c->client);
    close(c->server);
    kx_way_clear(&c->up);
    kx_way_clear(&c->down);
    free(c);
}

/* A socket has something to say: which one and what is found out by trying. */
static void connection_wake(struct connection *c)
{
    c->up.readable = c->down.readable = true;
    c->up.full = c->down.full = false;
    c->due = 0;
}

static bool is_front(const struct link *link, const void *what)
{
    return (const char *)what >= (const char *)link->fronts &&
           (const char *)what < (const char *)(link->fronts + FRONTS_MAX);
}

/* Those that are due have their turn; when the next one is. */
static int64_t step(struct link *link, int64_t now)
{
    int64_t next = KX_NEVER;
    for (struct connection **at = &link->connections; *at;) {
        struct connection *c = *at;
        if (c->due <= now) connection_step(link, c, now);
        if (c->broken || (c->up.done && c->down.done)) {
            *at = c->next;
            connection_close(c);
            continue;
        }
        next = c->due < next ? c->due : next;
        at = &c->next;
    }
    return next;
}

/* False: stdin has ended. */
static bool command(struct link *link)
{
    char line[256];
    const ssize_t n = read(STDIN_FILENO, line, sizeof(line) - 1);
    if (n <= 0) return false;
    line[n] = '\0';
    if (strstr(line, "reset")) link->count = (struct kx_count){0};
    if (strstr(line, "stats")) kx_count_print(&link->count, stdout);
    return true;
}

static void run(struct link *link)
{
    struct epoll_event events[EVENTS_MAX];
    bool stays = true;
    while (stays) {
        const int64_t now = now_ns(), next = step(link, now);
        const int64_t wait = next == KX_NEVER ? 0 : next > now ? next - now : 1;
        const struct timespec timeout = {wait / 1000000000, wait % 1000000000};
        const int n =
            epoll_pwait2(link->epoll, events, EVENTS_MAX, next == KX_NEVER ? NULL : &timeout, NULL);
        for (int i = 0; i < n; i++) {
            void *what = events[i].data.ptr;
            if (what == link) {
                stays = command(link);
            } else if (is_front(link, what)) {
                connection_open(link, what);
            } else {
                connection_wake(what);
            }
        }
    }
}

static void parse(struct link *link, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        char *equals = strchr(argv[i], '=');
        if (i + 1 < argc && strcmp(argv[i], "--delay-us") == 0) {
            link->rules.delay_ns = strtoll(argv[++i], NULL, 10) * 1000;
        } else if (i + 1 < argc && strcmp(argv[i], "--rate") == 0) {
            link->rules.rate = strtoull(argv[++i], NULL, 10);
        } else if (i + 1 < argc && strcmp(argv[i], "--inside") == 0) {
            char path[64];
            snprintf(path, sizeof(path), "/proc/%s/ns/net", argv[++i]);
            link->inside = open(path, O_RDONLY | O_CLOEXEC);
            if (link->inside < 0) die(path);
        } else if (equals && link->front_count < FRONTS_MAX) {
            *equals = '\0';
            const bool names = strcmp(argv[i], "namenode") == 0 || strcmp(argv[i], "httpfs") == 0;
            link->fronts[link->front_count++] = (struct front){
                .role = argv[i], .rewritten = names, .upstream = (int)strtol(equals + 1, NULL, 10)};
        } else {
            errno = EINVAL;
            die(argv[i]);
        }
    }
}

int main(int argc, char **argv)
{
    struct link *link = calloc(1, sizeof(*link));
    if (!link) die("memory");
    link->inside = -1;
    parse(link, argc, argv);
    link->epoll = epoll_create1(EPOLL_CLOEXEC);
    watch(link, STDIN_FILENO, EPOLLIN, link);
    open_fronts(link);
    run(link);
    return 0;
}
