#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#define LINE_BYTES_MAX 4096

struct kx_log {
    gint level; /* atomic */
    kx_log_sink sink;
    void *context;
    kx_log_sink tap; /* guarded by the mutex, as is its context */
    void *tap_context;
    kx_event_sink events; /* guarded as well, and its context */
    void *events_context;
    GMutex mutex; /* one line at a time through the sink */
};

static const struct {
    const char *name;
    int syslog_priority;
} LEVELS[] = {
    [KX_LOG_ERROR] = {"error", LOG_ERR},   [KX_LOG_WARNING] = {"warning", LOG_WARNING},
    [KX_LOG_INFO] = {"info", LOG_INFO},    [KX_LOG_DEBUG] = {"debug", LOG_DEBUG},
    [KX_LOG_TRACE] = {"trace", LOG_DEBUG},
};

struct kx_log *kx_log_new(enum kx_log_level level, kx_log_sink sink, void *context)
{
    struct kx_log *log = g_new0(struct kx_log, 1);
    log->level = (gint)level;
    log->sink = sink;
    log->context = context;
    g_mutex_init(&log->mutex);
    return log;
}

void kx_log_free(struct kx_log *log)
{
    if (!log) return;
    g_mutex_clear(&log->mutex);
    g_free(log);
}

void kx_log_to_stderr(void *context, enum kx_log_level level, const char *line)
{
    (void)context;
    fprintf(stderr, "knoxfs: %s: %s\n", LEVELS[level].name, line);
}

void kx_log_to_syslog(void *context, enum kx_log_level level, const char *line)
{
    (void)context;
    syslog(LEVELS[level].syslog_priority, "%s", line);
}

void kx_log_set_level(struct kx_log *log, enum kx_log_level level)
{
    g_atomic_int_set(&log->level, (gint)level);
}

enum kx_log_level kx_log_get_level(const struct kx_log *log)
{
    return (enum kx_log_level)g_atomic_int_get(&log->level);
}

void kx_log_tap(struct kx_log *log, kx_log_sink sink, void *context)
{
    if (!log) return;
    g_mutex_lock(&log->mutex);
    log->tap = sink;
    log->tap_context = context;
    g_mutex_unlock(&log->mutex);
}

void kx_log_tap_events(struct kx_log *log, kx_event_sink sink, void *context)
{
    if (!log) return;
    g_mutex_lock(&log->mutex);
    log->events = sink;
    log->events_context = context;
    g_mutex_unlock(&log->mutex);
}

gboolean kx_log_enabled(const struct kx_log *log, enum kx_log_level level)
{
    return log && level <= kx_log_get_level(log);
}

/* @what of an event; NULL: it is none. */
static void write_line(struct kx_log *log, enum kx_log_level level, const char *what,
                       const char *raw)
{
    g_autofree char *line = kx_redact(raw);
    if (strlen(line) > LINE_BYTES_MAX) line[LINE_BYTES_MAX] = '\0';
    for (char *at = line; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f) *at = '?';
    bool wanted = kx_log_enabled(log, level);
    g_mutex_lock(&log->mutex);
    if (wanted) log->sink(log->context, level, line);
    if (wanted && log->tap) log->tap(log->tap_context, level, line);
    if (what && log->events) log->events(log->events_context, what, line);
    g_mutex_unlock(&log->mutex);
}

void kx_log_write(struct kx_log *log, enum kx_log_level level, const char *fmt, ...)
{
    if (!kx_log_enabled(log, level)) return;
    va_list args;
    va_start(args, fmt);
    g_autofree char *raw = g_strdup_vprintf(fmt, args);
    va_end(args);
    write_line(log, level, NULL, raw);
}

void kx_log_event(struct kx_log *log, enum kx_log_level level, const char *what, const char *fmt,
                  ...)
{
    if (!log) return;
    va_list args;
    va_start(args, fmt);
    g_autofree char *raw = g_strdup_vprintf(fmt, args);
    va_end(args);
    write_line(log, level, what, raw);
}

const char *kx_log_level_name(enum kx_log_level level)
{
    return LEVELS[level].name;
}

int kx_log_level_parse(const char *name, enum kx_log_level *level)
{
    for (size_t i = 0; i < G_N_ELEMENTS(LEVELS); i++)
        if (g_ascii_strcasecmp(name, LEVELS[i].name) == 0) {
            *level = (enum kx_log_level)i;
            return 0;
        }
    return -EINVAL;
}
