/* What readers (reader.c) and their common memory (reads.c) share. Nobody else includes it.
 * Threads: reads->mutex guards everything but what is constant. */
#pragma once
#include "fs/data/cursor.h"
#include "fs/data/lanes.h"
#include "fs/data/reads.h"
#include "fs/data/seen.h"

struct kx_reads {
    struct kx_client *client; /* constant, as are the next two */
    struct kx_budget *budget;
    struct kx_stats *stats;
    GMutex mutex;
    GHashTable *readers; /* &node -> struct kx_reader */
    GQueue in_use;       /* of struct kx_cursor with memory, the least recently used first */
    unsigned streams;
    GThread *thread;
    GCond wake; /* of the thread */
    bool ending;
    unsigned lanes_most;   /* streams of one reader; 0 and 1: one. Constant, as are the next two */
    bool lanes_wanted;     /* somebody has said so */
    GThreadPool *helpers;  /* NULL: there are none */
    int64_t came;          /* bytes that have come from servers, for all readers */
    int64_t lanes_claimed; /* bytes that the pieces of all readers may take */
};

/* The last bytes that came (seen.h): [begin, end), none when they are equal. */
struct kx_seen {
    struct kx_version version;
    unsigned generation;
    int64_t begin, end;
    char bytes[KX_SEEN_BYTES];
};

struct kx_reader {
    struct kx_reads *reads; /* constant, as is the node */
    uint64_t node;
    unsigned refs;
    uint64_t moved;     /* grows with each piece that comes */
    GPtrArray *cursors; /* of struct kx_cursor */
    GQueue wishes;      /* the reads on their way (reader.c) */
    struct kx_pattern pattern;
    struct kx_lanes lanes;
    bool known; /* the next two are those of a read */
    struct kx_version version;
    unsigned generation;
    int64_t silent_ms;       /* when the server last was silent for too long; 0: never */
    struct kx_error silence; /* what was said of it then */
    struct kx_seen seen;
};

/** All below: mutex held.  @dropped collects what is to be freed without it. */

/** A cursor was of use. */
void kx_reads_touch(struct kx_reads *reads, struct kx_cursor *cursor);

/** Take a cursor off its reader. A busy one is freed by its thread. */
void kx_reads_drop(struct kx_reads *reads, struct kx_cursor *cursor, GPtrArray *dropped);

/** Memory for a stream's window: as much as there is, KX_WINDOW_LEAST at least; others that are
 * idle let go of theirs. */
void kx_reads_grant(struct kx_reads *reads, struct kx_cursor *cursor, int64_t window,
                    GPtrArray *dropped);

/** Is it time for windows to become smaller? */
bool kx_reads_is_short(struct kx_reads *reads);

int64_t kx_reads_now_ms(const struct kx_reads *reads);
