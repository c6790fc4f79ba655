/* One position in a file that is read: a stream, and the blocks that came from it.
 *
 * The blocks cover [begin, end) without gaps; the stream gives the byte at `end` next and is done
 * with at `stop`. A cursor without stream is a position that was read up to, with what is kept.
 *
 * Threads: whoever holds the lock of its reader's `struct kx_reads`, except that the thread that
 * has set `busy` alone uses `download`, without the lock. */
#pragma once
#include "base/budget.h"
#include "base/pool.h"
#include "fs/data/window.h"
#include "rest/download.h"

struct kx_reader;
struct kx_slices;

/* What an open stream costs beside its window: libcurl's buffer. */
#define KX_STREAM_BYTES ((int64_t)256 * 1024)

struct kx_cursor {
    struct kx_reader *reader;
    struct kx_download *download; /* NULL: no stream is open */
    int64_t begin, end, stop;
    int64_t limit;     /* what follows it is another one's (lanes.h); 0: it goes on */
    int64_t wanted;    /* up to where somebody has asked for bytes of it */
    int64_t run_begin; /* where its run began */
    int64_t window;    /* of its stream; 0: never had one */
    int64_t taken;     /* of the stream, since the window is as it is */
    int64_t used_ms;   /* when it was last of use */
    unsigned jumps;    /* how many runs the file had then */
    bool ended;        /* its run was counted as over */
    bool busy;         /* a thread opens its stream or waits for bytes */
    bool dropped;      /* nobody's any more: the busy thread frees it */
    /* its own */
    struct kx_budget *budget;
    int64_t charged; /* what it has taken of it */
    GQueue blocks;   /* of struct placed, in order */
    GList link;      /* in the list of all cursors, by their last use */
};

/** @return owned; begin = end = stop = run_begin = `at`. @budget borrowed. */
struct kx_cursor *kx_cursor_new(struct kx_reader *reader, struct kx_budget *budget, int64_t at);

/** Frees the stream, too: waits for the engine's thread, so not under the lock. */
void kx_cursor_free(struct kx_cursor *cursor);

/** Add references to the bytes from `from` to `to` that are there to @out.  @return how many. */
int64_t kx_cursor_take(const struct kx_cursor *cursor, int64_t from, int64_t to,
                       struct kx_slices *out);

/** Append what came next (consumed), and let go of what ends before `keep`. */
void kx_cursor_append(struct kx_cursor *cursor, struct kx_block *block, int64_t keep);

/** Let go of the blocks: the next byte is still that at `end`. */
void kx_cursor_forget(struct kx_cursor *cursor);

/** Count `window` bytes, and what a stream costs, against the budget; `window` 0: the stream is
 * gone.
 *  @must in any case.  @return false: there is no room, nothing is changed. */
bool kx_cursor_charge(struct kx_cursor *cursor, int64_t window, bool must);
