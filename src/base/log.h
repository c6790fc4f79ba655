/* The log: levels, one line a message, secrets taken out in one place.
 *
 * The program decides where lines go (stderr, syslog, a file) by a sink; libraries get a `struct
 * kx_log *` and never print otherwise.  Threads: all functions from any thread; the sink is called
 * under the log's own lock, one line at a time. */
#pragma once
#include <glib.h>

#include "base/cleanup.h"

enum kx_log_level { KX_LOG_ERROR, KX_LOG_WARNING, KX_LOG_INFO, KX_LOG_DEBUG, KX_LOG_TRACE };

struct kx_log;

typedef void (*kx_log_sink)(void *context, enum kx_log_level level, const char *line);

/** @return owned; lines above `level` are dropped before they are formatted. */
struct kx_log *kx_log_new(enum kx_log_level level, kx_log_sink sink, void *context);
void kx_log_free(struct kx_log *log);

/** Sinks for kx_log_new: "knoxfs: warning: line" on stderr; syslog(3) (the program has called
 * openlog). */
void kx_log_to_stderr(void *context, enum kx_log_level level, const char *line);
void kx_log_to_syslog(void *context, enum kx_log_level level, const char *line);

/** Which lines are dropped from now on, and which are now. */
void kx_log_set_level(struct kx_log *log, enum kx_log_level level);
enum kx_log_level kx_log_get_level(const struct kx_log *log);

/** Give every line to a second sink too, from now on; NULL: to none any more, and none is running
 * in it. One at a time. log may be NULL. */
void kx_log_tap(struct kx_log *log, kx_log_sink sink, void *context);

/** Write one line: redacted (kx_redact), control characters replaced by '?', cut at 4 KiB.  log may
 * be NULL: dropped. */
void kx_log_write(struct kx_log *log, enum kx_log_level level, const char *fmt, ...)
    G_GNUC_PRINTF(3, 4);

/* What has happened, in a word ("server"), and a line about it. */
typedef void (*kx_event_sink)(void *context, const char *what, const char *line);

/** Something has happened that people look out for: a line of the log, and an event for the sink of
 * events whatever the level is. log may be NULL. */
void kx_log_event(struct kx_log *log, enum kx_log_level level, const char *what, const char *fmt,
                  ...) G_GNUC_PRINTF(4, 5);

/** Give every event to this sink from now on; as kx_log_tap. */
void kx_log_tap_events(struct kx_log *log, kx_event_sink sink, void *context);

gboolean kx_log_enabled(const struct kx_log *log, enum kx_log_level level);

/** The name of a level ("debug") and back; kx_log_level_parse gives -EINVAL for a name it does not
 * know. */
const char *kx_log_level_name(enum kx_log_level level);
int kx_log_level_parse(const char *name, enum kx_log_level *level);

/** Replace every secret in a text by "***": the values of delegation=, token=, _= in URLs,
 * Authorization and Cookie headers, and userinfo in URLs.  @return owned. */
char *kx_redact(const char *text);

KX_DEFINE_AUTOPTR(kx_log, kx_log_free)
