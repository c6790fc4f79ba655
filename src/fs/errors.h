/* The reasons behind the errnos: the last ones of this mount, to be read by `getfattr -n
 * user.hdfs.error PATH`.
 *
 * Threads: any.  Memory: at most KX_ERRORS_MAX errors. */
#pragma once
#include <glib.h>

#include "base/error.h"
#include "base/log.h"

#define KX_ERRORS_MAX 1000

struct kx_errors;

struct kx_errors *kx_errors_new(struct kx_log *log);
void kx_errors_free(struct kx_errors *errors);

/** Keep an error under its path (HDFS path) and write it to the log: "no such file" at debug level,
 * all else as a warning. */
void kx_errors_add(struct kx_errors *errors, const struct kx_error *err);

/** Keep it under one more path: a name that could not be made is asked for at its directory. */
void kx_errors_note(struct kx_errors *errors, const char *path, const struct kx_error *err);

/** The last error of a path as one line.  @return owned, or NULL when there is none. */
char *kx_errors_last(struct kx_errors *errors, const char *path);

KX_DEFINE_AUTOPTR(kx_errors, kx_errors_free)
