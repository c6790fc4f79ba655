/* A file that lines are appended to for as long as a mount lives: the audit, what is recorded.
 *
 * It may be in a folder where others can make names, so it is opened with care: no symbolic link is
 * followed at its end, it is a regular file with one name, ours, and nobody else may write to it.
 * A new one has mode 0600. When it has been moved away (logrotate), a new one is begun at its name,
 * in the folder as it was when it was opened: a mount over that does not matter.
 *
 * Threads: any; lines do not mix. Blocking: as long as the disk. */
#pragma once
#include <stddef.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"

struct kx_appender;

/** @elsewhere the device of a file system where it must not be; 0: anywhere.
 *  @return 0; -EPERM: not such a file; -EINVAL: it is there; -errno of open(2). */
int kx_appender_open(const char *path, dev_t elsewhere, struct kx_appender **out,
                     struct kx_error *err);
void kx_appender_free(struct kx_appender *appender); /* NULL is fine */

/** Append a text that ends with a line's end. What went in only partly is ended by a line's end
 * before the next text.  @return 0; -errno of write(2). */
int kx_appender_add(struct kx_appender *appender, const char *text, size_t length);

/** The same for who cannot do anything about it: what the file does not take is lost, and the log
 * says so, once until it takes something again.  @log borrowed.  @what has the file: "the audit".
 */
void kx_appender_note(struct kx_appender *appender, struct kx_log *log, const char *what,
                      const char *text, size_t length);

KX_DEFINE_AUTOPTR(kx_appender, kx_appender_free)
