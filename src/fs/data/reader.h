/* Reading a file: one reader an inode, shared by all that have it open.
 *
 * Every place where somebody reads is a cursor (cursor.h): a stream and what came from it. Readers
 * of the same bytes share it: whoever comes first fetches, the others wait, and each is answered as
 * soon as its bytes are there. Readers in different places have streams of their own and do not
 * wait for each other. How much a stream asks for is decided by window.h.
 *
 * Memory: kept bytes and windows of all readers count against one budget (reads.h).
 *
 * Threads: any number of reads at once; no lock is held across the network. */
#pragma once
#include <stdint.h>
#include <sys/uio.h>

#include "base/cleanup.h"
#include "fs/data/window.h"
#include "rest/download.h"

struct kx_reader;

/* Pieces of blocks, in order. */
struct kx_slices {
    GPtrArray *blocks; /* references */
    GArray *pieces;    /* of struct iovec, into the blocks */
    size_t length;
};
void kx_slices_init(struct kx_slices *slices);
void kx_slices_clear(struct kx_slices *slices);

/** Give it back; with the last one all that was fetched is let go of. Made by kx_reads_open. NULL
 * is fine. */
void kx_reader_free(struct kx_reader *reader);

/** Forget what was fetched: it is of another version than the file's. Reads on their way go on. */
void kx_reader_forget(struct kx_reader *reader);

/** How many bytes its streams may ask for ahead, all together, at this moment; 0: none is open. */
int64_t kx_reader_window(struct kx_reader *reader);

/* What is read, as it is now. */
struct kx_read_target {
    const char *path; /* NULL: it has none any more: a stream that is open goes on, else -ESTALE;
                         borrowed during the call */
    int64_t length;   /* of the file */
    struct kx_version version;
    unsigned generation; /* of our own changes */
    bool ahead;          /* no program waits for it: it is not counted as a read */
};

/** Read [offset, offset + size), cut at the file's length. When the target's version or generation
 * is not that of the reads before, what they fetched is forgotten.
 *  @out filled on 0 (appended to), empty at or past the end.
 *  @return 0, -ESTALE, -EINTR, -ETIMEDOUT, ...; -EAGAIN: another read has come with another version
 *  meanwhile: look at the target again, and repeat. */
int kx_reader_read(struct kx_reader *reader, const struct kx_read_target *target, int64_t offset,
                   size_t size, const struct kx_call *call, struct kx_slices *out,
                   struct kx_error *err);

KX_DEFINE_AUTOPTR(kx_reader, kx_reader_free)
