/* Who changed what through this mount: the last changes of names, attributes and contents, verbs
 * and submissions, one line each, as /.cluster/mount/audit shows them; with -o audit all of them in
 * a file, too.
 *
 * Time, user id, process, its program, the change, its path, a second path (of a verb what was
 * written, of a submission the job) or "", and the result ("ok", or what the program got:
 * "EACCES"), with tabs between; texts are escaped as in C. The same lines go to the file.
 *
 * Threads: any.  Memory: KX_AUDIT_LINES, KX_AUDIT_BYTES. */
#pragma once
#include "base/clock.h"
#include "base/error.h"
#include "base/lines.h"
#include "base/log.h"
#include "fs/asker.h"

#define KX_AUDIT_LINES 1000
#define KX_AUDIT_BYTES ((size_t)256 * 1024)

struct kx_audit;

struct kx_audit_config {
    const struct kx_clock *clock; /* borrowed for its life, as is the log */
    struct kx_log *log;           /* told when the file cannot be written */
    const char *file;             /* appender.h; NULL: none */
};

/** @return 0; as kx_appender_open. */
int kx_audit_new(const struct kx_audit_config *config, struct kx_audit **out, struct kx_error *err);
void kx_audit_free(struct kx_audit *audit); /* NULL is fine */

struct kx_lines *kx_audit_lines(struct kx_audit *audit); /* borrowed: the last ones */

struct kx_audit_entry {
    struct kx_asker by;
    const char *what;      /* "mkdir" */
    const char *path, *to; /* `to` NULL: there is no second one */
    int result;            /* 0 or -errno */
};

/** Reads the program's name from /proc; in the file when it returns. What the file does not take is
 * lost there, and the log says so. */
void kx_audit_add(struct kx_audit *audit, const struct kx_audit_entry *entry);

KX_DEFINE_AUTOPTR(kx_audit, kx_audit_free)
