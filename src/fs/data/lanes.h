/* Several streams for one reader in order: pieces of the file before it, each fetched by a thread.
 *
 * When streams.h finds that one stream keeps its reader waiting and several would not, the reader's
 * stream ends after a piece, and the next pieces have a cursor (a lane) each, as many as there are
 * streams, from where the reader is; what it has passed is let go of. A lane that is nearly done
 * begins the next one, so that what it takes to open a stream (the NameNode's answer, a connection,
 * the DataNode's answer) is no pause. When it turns out that they bring nothing, the last lane goes
 * on to the end of the file as the one stream.
 *
 * Threads: kx_reads.mutex is held, unless said otherwise. */
#pragma once
#include <glib.h>

#include "fs/data/streams.h"

struct kx_reads;
struct kx_reader;
struct kx_wish;
struct kx_cancel;

#define KX_LANES_MOST 32 /* threads of a mount that fetch pieces */

/* Of one reader. Zeroed: nothing was read. */
struct kx_lanes {
    struct kx_streams streams;
    int64_t at;        /* up to where the run that is measured was read */
    int64_t run_begin; /* of the cursors of the run */
    int64_t came;      /* bytes that have come in the present round, for whichever place */
    int64_t all;       /* reads->came at its begin */
    gint64 begun_us;
    gint64 waited_us;         /* of the round, by reads that are done */
    gint64 since_us;          /* since when somebody waits; of use while `waiting` */
    unsigned waiting;         /* reads of programs on their way */
    int64_t claim;            /* bytes that its pieces may take */
    int64_t next;             /* where the next lane begins; 0: there are none */
    int64_t open_us;          /* what its streams take to open: the longest, and less with time */
    unsigned helpers;         /* threads that hold a reference of the reader */
    unsigned ending;          /* of them: their pieces are nearly there, and others have begun */
    struct kx_cancel *cancel; /* of these; NULL: there were none */
};

/** A read of a program begins / is done. */
void kx_lanes_begin(struct kx_reader *reader);
void kx_lanes_end(struct kx_wish *wish, bool good);

/** A stream of the reader was opened, in so many microseconds. */
void kx_lanes_opened(struct kx_reader *reader, gint64 us);

/** The last reference of the reader goes. */
void kx_lanes_clear(struct kx_reader *reader);

/** Wait for all helpers. Without the lock. */
void kx_lanes_stop(struct kx_reads *reads);
