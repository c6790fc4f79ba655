/* Bytes at an offset, whatever lies below: a range of a file in HDFS, what a compressed range
 * becomes, what the chunks of a TFile's value become.
 *
 * Threads: a stream is one caller's at a time.  Blocking: whatever reads the network does. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"

struct kx_call;

struct kx_stream {
    /** Up to `want` bytes from `offset` on; fewer are the end.  @got may be 0 on success. */
    int (*read)(struct kx_stream *stream, int64_t offset, void *to, size_t want, size_t *got,
                const struct kx_call *call, struct kx_error *err);
    void (*free)(struct kx_stream *stream);
    bool in_order; /* a place far away costs all that lies before it */
};

static inline void kx_stream_free(struct kx_stream *stream) /* NULL is fine */
{
    if (stream) stream->free(stream);
}

/** All of them: less is -EIO. */
int kx_stream_read_all(struct kx_stream *stream, int64_t offset, void *to, size_t want,
                       const struct kx_call *call, struct kx_error *err);

/** Bytes in memory.  @bytes borrowed. @return owned. */
struct kx_stream *kx_stream_memory(const void *bytes, size_t length);

/** A part of another one.  @below borrowed.  @return owned. */
struct kx_stream *kx_stream_part(struct kx_stream *below, int64_t offset, int64_t length);

/** What was compressed with deflate (zlib's form or gzip's).  Going on is cheap; going back begins
 * at a mark, of which at most KX_STREAM_MARKS are kept, or at the start.  Of all that have the same
 * `awake` only the one that was read last keeps them, and memory.  @below and @awake borrowed.
 *  @return owned. */
struct kx_stream *kx_stream_inflated(struct kx_stream *below, struct kx_stream **awake);
#define KX_STREAM_MARKS      16
#define KX_STREAM_MARK_BYTES ((int64_t)4 * 1024 * 1024) /* between two marks at first */

KX_DEFINE_AUTOPTR(kx_stream, kx_stream_free)
