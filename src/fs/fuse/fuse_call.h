/* One request of the kernel on its way through the driver: its interruption, its error, its answer.
 * Only fuse_*.c include it.
 *
 * Every handler is: kx_fuse_begin, work with &c.call and &c.err, then exactly one of the
 * kx_fuse_reply_* (which end the call).
 * Threads: a call belongs to the one that handles the request; on_interrupt only fires its cancel.
 */
#pragma once
#define FUSE_USE_VERSION 314
#include <fuse_lowlevel.h>

#include "fs/data/handle.h"
#include "fs/errors.h"
#include "fs/mount.h"
#include "fs/names/inode.h"
#include "rest/client.h"

struct kx_fuse_call {
    fuse_req_t req;
    struct kx_mount *mount;
    struct kx_cancel *cancel; /* fired when the kernel interrupts the request */
    struct kx_call call;      /* for everything that talks to the server */
    struct kx_error err;
    /* What it changes, for the audit; NULL: nothing, or it was told already. Paths are owned. */
    const char *change;
    char *path, *to;
};

void kx_fuse_begin(struct kx_fuse_call *c, fuse_req_t req);

/** The inode of a node number: a reference, or NULL after the call was answered with ESTALE. */
struct kx_inode *kx_fuse_inode(struct kx_fuse_call *c, fuse_ino_t node);

/** The call changes something: it is in the audit when it is answered, with the result. @name in
 * the directory `inode`; NULL: the inode itself. kx_fuse_changes_to: where a rename leads. */
void kx_fuse_changes(struct kx_fuse_call *c, const char *what, struct kx_inode *inode,
                     const char *name);
void kx_fuse_changes_to(struct kx_fuse_call *c, struct kx_inode *directory, const char *name);

/** Answer with a result (0 or -errno); an error is kept for user.hdfs.error. `inode` (may be NULL)
 * names the path when the error does not. */
void kx_fuse_reply_result(struct kx_fuse_call *c, int result, struct kx_inode *inode);

/** No interruption comes from here on; the request may be answered by any fuse_reply_*. Then
 * kx_fuse_finish frees the rest. */
void kx_fuse_settle(struct kx_fuse_call *c);
void kx_fuse_finish(struct kx_fuse_call *c);

void kx_fuse_reply_attr(struct kx_fuse_call *c, struct kx_inode *inode);
void kx_fuse_reply_entry(struct kx_fuse_call *c,
                         struct kx_inode *inode); /* one lookup more for the kernel */

/** Fill what the kernel is told of an inode behind a name; no lookup is counted. */
void kx_fuse_fill_entry(struct kx_mount *mount, struct kx_inode *inode,
                        struct fuse_entry_param *out);

/** Seconds that an attribute of this age may still be kept. */
double kx_fuse_valid_s(const struct kx_mount *mount, double timeout_s, int64_t age_ms);
