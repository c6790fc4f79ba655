/* What is open in the kernel: files and directories whose release may never come.
 *
 * At the end of a mount the kernel drops the connection, and releases that were still queued with
 * it: what is left here is closed by hand then. Threads: any. */
#pragma once
#include <glib.h>
#include <sys/types.h>

#include "base/cleanup.h"

struct kx_opens;

/* What can be done with one kind of open thing. */
struct kx_open_kind {
    void (*close)(void *open);
    /** Its path, as a user sees it. @return owned; NULL: it has none any more. Called under the
     * lock of the table: it may take an inode table's. */
    char *(*path)(void *open);
    /** How many bytes of it may be asked for ahead of who reads it; called as `path`: it may take
     * the readers' lock. NULL: none ever. */
    int64_t (*window)(void *open);
};

struct kx_opens *kx_opens_new(void);
void kx_opens_free(struct kx_opens *opens); /* must be empty */

/** Remember an open thing (borrowed, as is the kind); who opened it, and how (open(2)'s flags). */
void kx_opens_add(struct kx_opens *opens, void *open, const struct kx_open_kind *kind, pid_t pid,
                  int flags);

/** Its release has come: close it. */
void kx_opens_release(struct kx_opens *opens, void *open);

/* One of them. */
struct kx_opens_item {
    pid_t pid;
    int flags;
    char *path;     /* owned; NULL: it has none any more */
    int64_t window; /* bytes */
};

/** All that is open now. @return owned array of owned items, in no order. */
GPtrArray *kx_opens_list(struct kx_opens *opens);

/** Close all that is left. No request may be running. */
void kx_opens_release_all(struct kx_opens *opens);
