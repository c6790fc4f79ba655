/* Streams that wait for something of a server, which has to be asked again and again: each open one
 * has a thread that asks, so that a reader, poll(2) and nobody at all are served alike.
 *
 * Threads: the stream's own asks; the others as in tree_table.h.  Ownership: `what` is the
 * stream's. */
#pragma once
#include "base/bell.h"
#include "fs/tree/tree_table.h"

#define KX_WAITING_STEP_MS  1000         /* between two questions */
#define KX_WAITING_SOON_MS  2500         /* at most, to the next two questions after a ring */
#define KX_WAITING_ROOM_MAX (256 * 1024) /* bytes that nobody has read yet */

struct kx_waiting;

struct kx_waiting_for {
    void *what; /* owned */
    void (*free)(void *what);
    /** Ask once; append what there is to say.  @return 1: that is all, and the stream ends after
     * it; 0: ask again; -errno: readers get it, unless it is one that passes (a server that is
     * away). */
    int (*ask)(void *what, const struct kx_call *call, GString *out, struct kx_error *err);
    /** How long to the next question; NULL: KX_WAITING_STEP_MS. */
    int64_t (*pause_ms)(void *what);
    struct kx_bell *bell; /* it rings when there may be something to say; borrowed; NULL: none. What
                             rings may be ahead of what is shared of an older answer */
};

/** `open` of a stream.  @out owned. */
void kx_waiting_open(const struct kx_waiting_for *wanted, void **out);

/** The rest of a stream: open.close, .read, .ready, .watch. */
void kx_waiting_close(void *state);
ssize_t kx_waiting_read(void *state, char *buffer, size_t size, struct kx_cancel *cancel,
                        int64_t wait_ms);
bool kx_waiting_ready(void *state);
void kx_waiting_watch(void *state, struct kx_waker waker);

#define KX_WAITING_STREAM(opener)                                                                  \
    {                                                                                              \
        .open = opener, .close = kx_waiting_close, .read = kx_waiting_read,                        \
        .ready = kx_waiting_ready, .watch = kx_waiting_watch                                       \
    }
