/* With -o verify: a file that is read from its first to its last byte through one handle is
 * compared with the server's checksum (rest/verify.h), before the read that completes it is
 * answered.
 *
 * The kernel reads ahead a little out of order: what comes too early waits, as references of its
 * blocks. Whoever jumps is not checked, nor is a file that changes or is being written.
 *
 * Threads: any; calls on one wait for each other (interruptibly). Memory: references to at most
 * KX_CHECKED_AHEAD_BYTES of blocks. Ownership: one a handle. */
#pragma once
#include "fs/data/reader.h"
#include "rest/status.h"

struct kx_mount;
struct kx_checked;

#define KX_CHECKED_AHEAD_BYTES ((int64_t)4 * 1024 * 1024)

struct kx_checked *kx_checked_new(struct kx_mount *mount);
void kx_checked_free(struct kx_checked *checked); /* NULL is fine */

/* What was read, of what. */
struct kx_checked_part {
    const char *path; /* NULL: it has none any more; borrowed, as is all of it */
    const struct kx_status *status;
    unsigned generation; /* of our own changes */
    int64_t offset;      /* of the first byte of the slices */
};

/** Bytes are about to be handed to a program.  @return 0; -EIO: it was the last part, and what was
 * read is not what the server has, with both sums in the reason: so again for every part of this
 * handle; another -errno: the server could not be asked, and is asked again with the next part. */
int kx_checked_pass(struct kx_checked *checked, const struct kx_checked_part *part,
                    const struct kx_slices *slices, const struct kx_call *call,
                    struct kx_error *err);
