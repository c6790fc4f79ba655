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

#include "fs/asker.h"
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

/** A directory that is asked for itself: is it still there, and the same one? The kernel may not
 * have looked its name up for dir_timeout, so the server is asked when what is known is older than
 * attr_timeout. Nothing is asked about the root or a file.  @return 0; -ESTALE: nothing or another
 * object has the name, which the kernel looks up again; else as kx_refresh. */
int kx_fuse_still(struct kx_fuse_call *c, struct kx_inode *directory);

/** The result of asking for an inode: a directory that is gone is -ESTALE, or the kernel would take
 * its name for a directory's until dir_timeout. (The mount's root has none.) */
int kx_fuse_gone(const struct kx_inode *inode, int result);

/** The call changes something: it is in the audit when it is answered, with the result. @name in
 * the directory `inode`; NULL: the inode itself. kx_fuse_changes_to: where a rename leads. */
void kx_fuse_changes(struct kx_fuse_call *c, const char *what, struct kx_inode *inode,
                     const char *name);
/** The same of what is not done yet.  @return 0; -EROFS: changes are refused now. */
int kx_fuse_begin_change(struct kx_fuse_call *c, const char *what, struct kx_inode *inode,
                         const char *name) G_GNUC_WARN_UNUSED_RESULT;
void kx_fuse_changes_to(struct kx_fuse_call *c, struct kx_inode *directory, const char *name);
/** The same of virtual files; consumes both texts. */
void kx_fuse_changes_virtual(struct kx_fuse_call *c, const char *what, char *path, char *to);
/** Whose request it is. */
struct kx_asker kx_fuse_asker(const struct kx_fuse_call *c);
/** Put the change into the audit now, with its result; who answers does that otherwise. */
void kx_fuse_tell(struct kx_fuse_call *c, int result);

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
