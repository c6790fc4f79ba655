/* Who changed what through this mount: the last changes of names, attributes and contents, one line
 * each, as /.cluster/mount/audit shows them.
 *
 * Time, user id, process, its program, the change, its path, a second path or "", and the result
 * ("ok", or what the program got: "EACCES"), with tabs between; paths are escaped as in C.
 *
 * Threads: any.  Memory: KX_AUDIT_LINES, KX_AUDIT_BYTES. */
#pragma once
#include <sys/types.h>

#include "base/clock.h"
#include "base/lines.h"

#define KX_AUDIT_LINES 1000
#define KX_AUDIT_BYTES ((size_t)256 * 1024)

struct kx_audit_entry {
    uid_t user;
    pid_t process;
    const char *what;      /* "mkdir" */
    const char *path, *to; /* `to` NULL: there is no second one */
    int result;            /* 0 or -errno */
};

/** @clock borrowed during the call. Reads the program's name from /proc. */
void kx_audit_add(struct kx_lines *lines, const struct kx_clock *clock,
                  const struct kx_audit_entry *entry);
