/* The parent's side of an exchange: start the child, read its lines, end it. */
#include "rest/kerberos.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define SELF      "/proc/self/exe"
#define SLICE_MS  100 /* between two looks at the canceller */
#define LINES_MAX KX_SECRET_BYTES_MAX

struct kx_kerberos {
    pid_t child;
    int fd;
    char *said; /* KX_SECRET_BYTES_MAX + 1 bytes: of what it said last, wiped at the end */
    size_t length;
    struct kx_secret *token;
    char *principal;
    int64_t until_ms;
};

static int start(struct kx_kerberos *x, const struct kx_kerberos_config *config, const char *host,
                 struct kx_error *err)
{
    const char *program = config->program ? config->program : SELF;
    const char *argv[] = {program,
                          KX_KERBEROS_NAME,
                          host,
                          config->keytab ? config->keytab : "",
                          config->principal ? config->principal : "",
                          NULL};
    int pair[2];
    GPid child = 0;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return kx_error_set(err, errno, "no socket for the Kerberos process");
    gboolean started = g_spawn_async_with_fds(
        "/", (char **)(guintptr)argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_FILE_AND_ARGV_ZERO,
        NULL, NULL, &child, pair[1], pair[1], -1, NULL);
    close(pair[1]);
    x->fd = pair[0];
    if (!started) return kx_error_set(err, EACCES, "the Kerberos process cannot be started");
    x->child = child;
    return 0;
}

/* How it ended, when it has said nothing that ends. */
static int ended(struct kx_kerberos *x, struct kx_error *err)
{
    int status = 0;
    kill(x->child, SIGKILL);
    while (waitpid(x->child, &status, 0) < 0 && errno == EINTR)
        ;
    x->child = 0;
    if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
        return kx_error_set(err, EACCES, "the Kerberos library has crashed (signal %d)",
                            WTERMSIG(status));
    return kx_error_set(err, EACCES, "the Kerberos process has ended without an answer");
}

/* Wait for more.  @return bytes; 0: it has ended; -EINTR, -ETIMEDOUT. */
static ssize_t receive(struct kx_kerberos *x, gint64 end, struct kx_cancel *cancel)
{
    for (;;) {
        struct pollfd ready = {.fd = x->fd, .events = POLLIN};
        gint64 left = end - g_get_monotonic_time() / 1000;
        if (kx_cancel_fired(cancel)) return -EINTR;
        if (left <= 0) return -ETIMEDOUT;
        int count = poll(&ready, 1, (int)MIN(left, SLICE_MS));
        if (count <= 0) continue;
        ssize_t got = read(x->fd, x->said + x->length, LINES_MAX - x->length);
        if (got >= 0) return got;
        if (errno != EINTR) return 0;
    }
}

/* Read until the line that ends an answer: "token ...", "ok" or "error ...".  @out borrowed. */
static int read_answer(struct kx_kerberos *x, struct kx_cancel *cancel, char **out,
                       struct kx_error *err)
{
    gint64 end = g_get_monotonic_time() / 1000 + KX_KERBEROS_MS;
    x->length = 0;
    for (;;) {
        ssize_t got = x->length < LINES_MAX ? receive(x, end, cancel) : 0;
        if (got == -EINTR) return kx_error_set(err, EINTR, "interrupted");
        if (got == -ETIMEDOUT)
            return kx_error_set(err, EACCES, "Kerberos (the KDC) did not answer within %d s",
                                KX_KERBEROS_MS / 1000);
        if (got == 0) return ended(x, err);
        x->length += (size_t)got;
        x->said[x->length] = '\0';
        if (x->said[x->length - 1] != '\n') continue;
        x->said[x->length - 1] = '\0';
        char *last = strrchr(x->said, '\n');
        *out = last ? last + 1 : x->said;
        if (g_str_has_prefix(*out, "error ")) return kx_error_set(err, EACCES, "%s", *out + 6);
        if (g_str_has_prefix(*out, "token ") || strcmp(*out, "ok") == 0) return 0;
        x->said[x->length - 1] = '\n';
    }
}

/* "principal NAME\nuntil SECONDS\ntoken BASE64" */
static void take_token(struct kx_kerberos *x, const char *last)
{
    const char *token = last + strlen("token ");
    x->token = kx_secret_new(token, strlen(token));
    g_auto(GStrv) lines = g_strsplit(x->said, "\n", 3);
    for (int i = 0; lines[i]; i++) {
        if (g_str_has_prefix(lines[i], "principal ")) {
            g_free(x->principal);
            x->principal = g_strdup(lines[i] + strlen("principal "));
        }
        if (g_str_has_prefix(lines[i], "until "))
            x->until_ms = g_ascii_strtoll(lines[i] + strlen("until "), NULL, 10) * 1000;
        kx_wipe(lines[i], strlen(lines[i]));
    }
}

int kx_kerberos_begin(const struct kx_kerberos_config *config, const char *host,
                      struct kx_cancel *cancel, struct kx_kerberos **out, struct kx_error *err)
{
    g_autoptr(kx_kerberos) x = g_new0(struct kx_kerberos, 1);
    x->fd = -1;
    x->said = g_malloc0(LINES_MAX + 1);
    char *last = NULL;
    int rc = start(x, config, host, err);
    if (rc == 0) rc = read_answer(x, cancel, &last, err);
    if (rc < 0) return rc;
    if (!g_str_has_prefix(last, "token ")) return ended(x, err);
    take_token(x, last);
    *out = g_steal_pointer(&x);
    return 0;
}

const struct kx_secret *kx_kerberos_token(const struct kx_kerberos *exchange)
{
    return exchange->token;
}

const char *kx_kerberos_principal(const struct kx_kerberos *exchange)
{
    return exchange->principal ? exchange->principal : "somebody";
}

int64_t kx_kerberos_until_ms(const struct kx_kerberos *exchange)
{
    return exchange->until_ms;
}

int kx_kerberos_check(struct kx_kerberos *x, const char *answer, struct kx_cancel *cancel,
                      struct kx_error *err)
{
    g_autofree char *line = g_strconcat(answer, "\n", NULL);
    char *last = NULL;
    ssize_t sent = send(x->fd, line, strlen(line), MSG_NOSIGNAL);
    if (sent != (ssize_t)strlen(line)) return ended(x, err);
    return read_answer(x, cancel, &last, err);
}

void kx_kerberos_free(struct kx_kerberos *exchange)
{
    if (!exchange) return;
    if (exchange->fd >= 0) close(exchange->fd);
    if (exchange->child > 0) ended(exchange, NULL);
    kx_secret_free(exchange->token);
    kx_wipe(exchange->said, LINES_MAX);
    g_free(exchange->said);
    g_free(exchange->principal);
    g_free(exchange);
}
