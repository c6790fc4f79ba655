/* How many streams one reader is worth: arithmetic on how fast its file came so far.
 *
 * A stream is slowed down by a limit of its connection or by the length of the way; then several of
 * them, each of a piece of the file, bring more. Whether they do is tried: while a reader waits
 * most of its time, there are twice as many for a round, and as many again while each time brings
 * KX_STREAMS_GAIN_PERCENT or more. The first round of a try does not count: its streams begin. A
 * try that brings less is taken back, and the next one comes KX_STREAMS_REST rounds later, then
 * after twice as many.
 *
 * Threads: none of its own; whoever has the struct. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define KX_STREAMS_MOST         8  /* of one reader */
#define KX_STREAMS_GAIN_PERCENT 15 /* so much faster, or it was not worth it */
#define KX_STREAMS_REST         16
#define KX_STREAMS_ROUND_US     250000 /* a round takes at least so long, and a piece comes in it */
#define KX_STREAMS_PIECE_LEAST  ((int64_t)8 * 1024 * 1024)
#define KX_STREAMS_PIECE_MOST   ((int64_t)16 * 1024 * 1024)

/* Zeroed: nothing was measured. */
struct kx_streams {
    unsigned count;  /* at present; 0 is 1 */
    unsigned before; /* of them while it is tried whether `count` is better; 0: nothing is tried */
    bool begins;     /* the present round is the first of a try */
    int64_t rate;    /* bytes a second of the last round that was not a try; 0: not known */
    unsigned rest;   /* rounds until the next try */
    unsigned failed; /* tries that were taken back */
};

/* A round. */
struct kx_streams_round {
    int64_t bytes;     /* that came from servers: what waits for the reader, too */
    int64_t took_us;   /* > 0 */
    int64_t waited_us; /* of it, while it waited for them */
    unsigned most;     /* streams that there is memory for; at least 1 */
};

/** What follows from a round.  @return how many streams there are to be from now on. */
unsigned kx_streams_judge(struct kx_streams *streams, const struct kx_streams_round *round);

/** How long a piece of one stream is: what it brings in some 0.4 s, in whole MiB. */
int64_t kx_streams_piece(const struct kx_streams *streams);
