#include "rest/auth_source.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NETRC_WORDS " \t\r\n"

void kx_source_init(struct kx_source *source, enum kx_source_kind kind, const char *where,
                    const char *host)
{
    *source = (struct kx_source){.kind = kind, .host = g_strdup(host)};
    const char *folder = g_getenv("CREDENTIALS_DIRECTORY");
    if (kind == KX_SOURCE_CREDENTIAL)
        source->where = g_build_filename(folder ? folder : "/run/credentials", where, NULL);
    else if (kind == KX_SOURCE_FILE || kind == KX_SOURCE_NETRC)
        source->where = g_canonicalize_filename(where, NULL); /* we leave the folder later */
    else
        source->where = g_strdup(where);
}

void kx_source_clear(struct kx_source *source)
{
    g_free(source->where);
    g_free(source->host);
    *source = (struct kx_source){0};
}

/* Until the end, the limit or the time. */
static ssize_t read_output(int fd, char *buffer, size_t size)
{
    gint64 end = g_get_monotonic_time() / 1000 + KX_COMMAND_MS;
    size_t length = 0;
    while (length < size) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        gint64 left = end - g_get_monotonic_time() / 1000;
        int count = left > 0 ? poll(&ready, 1, (int)left) : 0;
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return -1;
        ssize_t got = read(fd, buffer + length, size - length);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        length += (size_t)got;
    }
    return (ssize_t)length;
}

static int command_run(const char *command, struct kx_secret **out, struct kx_error *err)
{
    static const char *const WHERE = "what auth_command prints";
    char shell[] = "/bin/sh", option[] = "-c";
    g_autofree char *copy = g_strdup(command);
    char *argv[] = {shell, option, copy, NULL};
    GPid child = 0;
    int output = -1, status = 0;
    if (!g_spawn_async_with_pipes("/", argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &child,
                                  NULL, &output, NULL, NULL))
        return kx_error_set(err, EIO, "auth_command cannot be started");
    char buffer[KX_SECRET_BYTES_MAX];
    ssize_t length = read_output(output, buffer, sizeof buffer);
    close(output);
    if (length < 0) kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    int rc;
    if (length < 0)
        rc = kx_error_set(err, ETIMEDOUT, "auth_command did not end within %d s",
                          KX_COMMAND_MS / 1000);
    else if (!WIFEXITED(status) || WEXITSTATUS(status))
        rc = kx_error_set(err, EACCES, "auth_command has failed");
    else
        rc = kx_secret_take_line(buffer, (size_t)length, WHERE, out, err);
    kx_wipe(buffer, sizeof buffer);
    return rc;
}

/* One word of a netrc; *at moves behind it.  @return its length; 0: the end. */
static size_t netrc_word(const char **at, const char **word)
{
    *word = *at + strspn(*at, NETRC_WORDS);
    size_t length = strcspn(*word, NETRC_WORDS);
    *at = *word + length;
    return length;
}

static bool is_word(const char *word, size_t length, const char *expected)
{
    return strlen(expected) == length && strncmp(word, expected, length) == 0;
}

/* The words of one entry of a netrc, borrowed from its text. */
struct netrc_entry {
    const char *login, *password;
    size_t login_length, password_length;
};

/* The entry of the host, or the default one.  A macro ends at an empty line. */
static void netrc_find(const char *text, const char *host, struct netrc_entry *out)
{
    bool ours = false;
    const char *at = text, *word, *value;
    for (size_t n; (n = netrc_word(&at, &word)) > 0;) {
        if (is_word(word, n, "default")) {
            if (out->password) return;
            ours = true;
        } else if (is_word(word, n, "macdef")) {
            const char *end = strstr(at, "\n\n");
            at = end ? end : at + strlen(at);
        } else {
            size_t length = netrc_word(&at, &value);
            if (is_word(word, n, "machine") && out->password) return;
            if (is_word(word, n, "machine"))
                ours = strlen(host) == length && g_ascii_strncasecmp(value, host, length) == 0;
            if (ours && is_word(word, n, "login")) out->login = value, out->login_length = length;
            if (ours && is_word(word, n, "password"))
                out->password = value, out->password_length = length;
        }
    }
}

static int netrc_read(struct kx_source *source, struct kx_secret **out, struct kx_error *err)
{
    g_autoptr(kx_secret) all = NULL;
    struct netrc_entry entry = {0};
    int rc = kx_secret_read_lines(source->where, &all, &source->seen, err);
    if (rc < 0) return rc;
    netrc_find(kx_secret_text(all), source->host, &entry);
    if (!entry.login || !entry.password)
        return kx_error_set(err, ENOENT, "%s has no login and password for %s", source->where,
                            source->host);
    char line[2048];
    if (entry.login_length + entry.password_length + 1 > sizeof line)
        return kx_error_set(err, EFBIG, "%s: a password of this length", source->where);
    memcpy(line, entry.login, entry.login_length);
    line[entry.login_length] = ':';
    memcpy(line + entry.login_length + 1, entry.password, entry.password_length);
    rc = kx_secret_take_line(line, entry.login_length + 1 + entry.password_length, source->where,
                             out, err);
    kx_wipe(line, sizeof line);
    return rc;
}

int kx_source_read(struct kx_source *source, struct kx_secret **out, struct kx_error *err)
{
    switch (source->kind) {
    case KX_SOURCE_FILE:
    case KX_SOURCE_CREDENTIAL:
        return kx_secret_read_file(source->where, out, &source->seen, err);
    case KX_SOURCE_COMMAND:
        return command_run(source->where, out, err);
    case KX_SOURCE_NETRC:
        return netrc_read(source, out, err);
    case KX_SOURCE_TYPED:
        *out = kx_secret_new(kx_secret_text(source->typed), kx_secret_length(source->typed));
        return 0;
    default:
        return kx_error_set(err, EINVAL, "there is no login");
    }
}

static bool has_file(const struct kx_source *source)
{
    return source->kind == KX_SOURCE_FILE || source->kind == KX_SOURCE_NETRC ||
           source->kind == KX_SOURCE_CREDENTIAL;
}

bool kx_source_changed(const struct kx_source *source)
{
    struct stat now;
    if (!has_file(source) || lstat(source->where, &now) != 0) return false;
    const struct stat *seen = &source->seen;
    return now.st_ino != seen->st_ino || now.st_dev != seen->st_dev ||
           now.st_size != seen->st_size || now.st_mtim.tv_sec != seen->st_mtim.tv_sec ||
           now.st_mtim.tv_nsec != seen->st_mtim.tv_nsec ||
           now.st_ctim.tv_sec != seen->st_ctim.tv_sec ||
           now.st_ctim.tv_nsec != seen->st_ctim.tv_nsec;
}

bool kx_source_asks(const struct kx_source *source)
{
    return source->kind == KX_SOURCE_COMMAND;
}

char *kx_source_name(const struct kx_source *source)
{
    switch (source->kind) {
    case KX_SOURCE_NONE:
        return g_strdup("nothing");
    case KX_SOURCE_COMMAND:
        return g_strdup("a command");
    case KX_SOURCE_TYPED:
        return g_strdup("the terminal");
    default:
        return g_strdup(source->where);
    }
}
