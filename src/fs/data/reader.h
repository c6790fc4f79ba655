/* The reading side of one open file: a window of blocks that slides over one long stream.
 *
 * In order, everything is one stream to the end of the file; the kernel's read-ahead comes slightly
 * out of order, so bytes just behind the stream are kept and a read a little ahead of it waits. A
 * jump opens a new stream that asks for little at first, and for more each time the reader goes on
 * where it ended.
 *
 * Threads: any number of reads at once; they take turns at the stream (interruptibly). Memory: at
 * most KX_READ_BEHIND_BYTES + one transfer window + what readers hold. */
#pragma once
#include <stdint.h>
#include <sys/uio.h>

#include "base/cleanup.h"
#include "rest/download.h"

struct kx_reader;

#define KX_READ_BEHIND_BYTES                                                                       \
    ((int64_t)1024 *                                                                               \
     1024) /* kept behind the stream: out-of-order read-ahead is at most 256 KiB back */
#define KX_READ_AHEAD_BYTES                                                                        \
    ((int64_t)1024 *                                                                               \
     1024) /* a read starting this far ahead waits for the stream rather than jumping */
#define KX_READ_JUMP_BYTES ((int64_t)256 * 1024) /* asked for after a jump, at least */
#define KX_READ_STREAM_BYTES                                                                       \
    ((int64_t)8 * 1024 * 1024) /* from here on a reader that goes on gets the rest of the file */

/* Pieces of blocks, in order. */
struct kx_slices {
    GPtrArray *blocks; /* references */
    GArray *pieces;    /* of struct iovec, into the blocks */
    size_t length;
};
void kx_slices_init(struct kx_slices *slices);
void kx_slices_clear(struct kx_slices *slices);

/** @client borrowed for the reader's life. */
struct kx_reader *kx_reader_new(struct kx_client *client);
void kx_reader_free(struct kx_reader *reader);

/* What is read, as it is now. */
struct kx_read_target {
    const char *path; /* NULL: it has none any more: a stream that is open goes on, else -ESTALE;
                         borrowed during the call */
    int64_t length;   /* of the file */
    struct kx_version version;
    unsigned
        generation; /* when it differs from the last call's, what was read before is forgotten */
};

/** Read [offset, offset + size), cut at the file's length.  @out filled on 0 (appended to), empty
 * at or past the end.
 *  @return 0, -ESTALE, -EINTR, -ETIMEDOUT, ... */
int kx_reader_read(struct kx_reader *reader, const struct kx_read_target *target, int64_t offset,
                   size_t size, const struct kx_call *call, struct kx_slices *out,
                   struct kx_error *err);

KX_DEFINE_AUTOPTR(kx_reader, kx_reader_free)
