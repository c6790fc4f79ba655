/* How many streams one reader is worth: arithmetic on how fast its file came so far.
 *
 * A stream is slowed down by a limit of its connection or by the length of the way; then several of
 * them, each of a piece of the file, bring more. Whether they do is tried: while a reader waits
 * most of its time, there are twice as many for a round, and as many again while each time brings
 * KX_STREAMS_GAIN_PERCENT or more. The first round of a try does not count: its streams begin. A
 * try that brings less is taken back, and the next one comes KX_STREAMS_REST rounds later, then
 * after twice as many.
 *
 * Where nobody has said how many there may be, the first try needs a reason: a long way, or a slow
 * stream whose rate is the same round after round, as a limit makes it and a busy machine does not.
 * What all readers together get is looked at: where that is much, it is not the connection.
 *
 * Threads: none of its own; whoever has the struct. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define KX_STREAMS_MOST         8  /* of one reader */
#define KX_STREAMS_GAIN_PERCENT 15 /* so much faster, or it was not worth it */
#define KX_STREAMS_REST         4
#define KX_STREAMS_ROUND_US     250000 /* a round takes at least so long, and a piece comes in it */
#define KX_STREAMS_PIECE_LEAST  ((int64_t)8 * 1024 * 1024)
#define KX_STREAMS_PIECE_MOST   ((int64_t)16 * 1024 * 1024)

/* Reasons for a first try; rates in bytes a second. */
#define KX_STREAMS_FAR_US    15000 /* an answer that takes so long has come a long way ... */
#define KX_STREAMS_FAR_RATE  ((int64_t)96 * 1000 * 1000) /* ... and so much is fast enough */
#define KX_STREAMS_SLOW      2 /* rounds on a long way without it: a new stream is slow at first */
#define KX_STREAMS_NEAR_RATE ((int64_t)64 * 1000 * 1000) /* on a short way */
#define KX_STREAMS_STEADY    4 /* rounds on a short way whose rates differ by an eighth at most */

/* Zeroed: nothing was measured. */
struct kx_streams {
    unsigned count;  /* at present; 0 is 1 */
    unsigned before; /* of them while it is tried whether `count` is better; 0: nothing is tried */
    bool begins;     /* the present round is the first of a try */
    int64_t rate;    /* bytes a second of the last round that was not a try; 0: not known */
    unsigned rest;   /* rounds until the next try */
    unsigned failed; /* tries that were taken back */
    unsigned steady; /* rounds of one stream in a row, each about as fast as the one before */
    unsigned slow;   /* ... each slower than what is fast enough on a long way */
    int64_t room;    /* of the last round */
};

/* A round. */
struct kx_streams_round {
    int64_t bytes;     /* that came from servers: what waits for the reader, too */
    int64_t took_us;   /* > 0 */
    int64_t waited_us; /* of it, while it waited for them */
    unsigned most;     /* streams that there may be; at least 1 */
    int64_t room;      /* bytes for two pieces of each stream; 0: no limit */
    bool wanted;       /* somebody has said that there may be several: the rest is no matter */
    int64_t all_bytes; /* that came to all readers meanwhile */
    int64_t answer_us; /* how long an answer of the server takes at least; 0: not known */
};

/** What follows from a round.  @return how many streams there are to be from now on. */
unsigned kx_streams_judge(struct kx_streams *streams, const struct kx_streams_round *round);

/** How long a piece of one stream is: what it brings in some 0.4 s, in whole MiB; less where the
 * room is short, for a stream more brings more than a longer piece. */
int64_t kx_streams_piece(const struct kx_streams *streams);

/** So many bytes before a piece ends the next one is begun: what a stream brings in `open_us`,
 * which the first byte of a new one takes; half a piece at most. */
int64_t kx_streams_lead(const struct kx_streams *streams, int64_t open_us);
