/* The reasons behind the errnos: the last ones of this mount, to be read by `getfattr -n
 * user.hdfs.error PATH`.
 *
 * Threads: any.  Memory: at most KX_ERRORS_MAX errors, and KX_ERRORS_BYTES for who follows. */
#pragma once
#include <glib.h>
#include <stdbool.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/lines.h"
#include "base/log.h"
#include "fs/asker.h"

#define KX_ERRORS_MAX   1000
#define KX_ERRORS_BYTES ((size_t)256 * 1024)

struct kx_errors;

/** @log and @clock borrowed; the log may be NULL. */
struct kx_errors *kx_errors_new(struct kx_log *log, const struct kx_clock *clock);
void kx_errors_free(struct kx_errors *errors);

/** Keep an error under its path (HDFS path) and write it to the log: "no such file" at debug level,
 * all else as a warning.  @by whose request it was; NULL: knoxfs' own (an upload that was queued).
 */
void kx_errors_add(struct kx_errors *errors, const struct kx_asker *by, const struct kx_error *err);

/** Keep it under one more path: a name that could not be made is asked for at its directory. */
void kx_errors_note(struct kx_errors *errors, const struct kx_asker *by, const char *path,
                    const struct kx_error *err);

/** The last error of a path as one line.  @return owned, or NULL when there is none. */
char *kx_errors_last(struct kx_errors *errors, const char *path);

/* One that is kept. */
struct kx_errors_item {
    int64_t at_ms; /* since the epoch */
    int code;      /* errno */
    const char *path, *line;
    const char *asked; /* user id, process, program and HTTP status, with tabs between; "-" where
                          there is none */
};

/** Is it worth a line for a person? That something is not there is not. */
bool kx_errors_shows(int code);

/** The lines of those, as they come: time, user id, process, program, HTTP status, and the reason,
 * with tabs between.  @return borrowed. */
struct kx_lines *kx_errors_lines(struct kx_errors *errors);

/** Append one as such a line, without its end. */
void kx_errors_format(const struct kx_errors_item *item, GString *out);

/** Look at all that are kept, the oldest first, each once. The function must not call back here,
 * nor block. */
void kx_errors_each(struct kx_errors *errors,
                    void (*look)(const struct kx_errors_item *item, void *context), void *context);

KX_DEFINE_AUTOPTR(kx_errors, kx_errors_free)
