/* How much to ask a server for, when programs read here and there: arithmetic on what was read so
 * far.
 *
 * A run is a piece of a file that was read in order. A run that begins at the file's beginning is
 * taken for the whole file; one that begins elsewhere gets little at first and more while it goes
 * on. What the last runs came to tells how much the next one will: after KX_MISSES short ones a run
 * is asked for exactly, and what is asked for in addition stays below an eighth of it, until it has
 * become longer than those before.
 *
 * Threads: none of its own; whoever has the struct. Sizes and offsets in bytes. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KX_READ_BEHIND_BYTES                                                                       \
    ((int64_t)1024 * 1024) /* kept behind a reader, at least: what the kernel's read-ahead with    \
                              its own window of 128 KiB is back at most is 256 KiB */
#define KX_READ_AHEAD_BYTES                                                                        \
    ((int64_t)1024 *                                                                               \
     1024) /* a read that begins so far before a stream waits for it rather than jumping */
#define KX_READ_JUMP_BYTES   ((int64_t)256 * 1024) /* asked for after a jump, at first */
#define KX_READ_GAP_BYTES    ((int64_t)32 * 1024)  /* left out by a run that goes on: read, too */
#define KX_READ_STREAM_BYTES ((int64_t)8 * 1024 * 1024) /* so long a run gets the rest */
#define KX_WINDOW_FIRST      ((int64_t)512 * 1024)      /* of a stream, before anybody has waited */
#define KX_WINDOW_LEAST      ((int64_t)128 * 1024)      /* what no stream is refused */
#define KX_WINDOW_MOST       ((int64_t)4 * 1024 * 1024)
#define KX_MISSES            3

/* What is known of the ways a file is read. Zeroed: nothing was read yet. */
struct kx_pattern {
    int64_t runs[KX_MISSES]; /* the lengths of the last runs, in turn */
    unsigned ended;          /* how many have ended */
    unsigned jumps;          /* how many have begun */
};

/* A run as it is now. */
struct kx_run {
    int64_t begin;    /* where it began */
    int64_t from, to; /* what is needed next, and not there */
};

/** Where a run begins that needs `size` bytes from `from`. The first reads of a file overtake each
 * other, and a small file is read as a whole.  @return <= from. */
int64_t kx_run_begin(const struct kx_pattern *pattern, int64_t from, int64_t size,
                     int64_t file_length);

/** How many bytes to ask for, from run->from on.  @return at least up to run->to, at most to the
 * end of the file. */
int64_t kx_run_ask(const struct kx_pattern *pattern, const struct kx_run *run, int64_t file_length);

/* What there is of a run for a read that may go it on. */
enum kx_run_state {
    KX_RUN_RESTS, /* no stream is open */
    KX_RUN_GOES,  /* one is, and ends before the read begins */
    KX_RUN_COMES  /* one is, and will give its bytes */
};

/** How far behind what was asked for so far a read of `size` bytes may begin to be of the run:
 * reads of the kernel overtake each other, up to two at once. */
int64_t kx_run_reach(const struct kx_pattern *pattern, enum kx_run_state state, int64_t size);

/** How far behind a read of `size` bytes what came is kept: a program that has said that it reads
 * in order (md5sum, cat: POSIX_FADV_SEQUENTIAL) has windows of two of the kernel's requests, and
 * two windows on their way, of which the last request may be the first to come. */
int64_t kx_run_behind(int64_t size);

/** A run of `length` has begun / ended. */
void kx_pattern_begun(struct kx_pattern *pattern);
void kx_pattern_ended(struct kx_pattern *pattern, int64_t length);

/** The window of a stream whose reader has taken `taken` bytes of it: twice as much when it had to
 * wait and has taken as much as the window is. */
int64_t kx_window_next(int64_t window, int64_t taken, bool waited);
