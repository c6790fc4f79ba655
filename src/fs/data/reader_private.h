/* What the files reader*.c share: one read on its way. Nobody else includes it.
 * Threads: the lock of the reader's kx_reads is held, unless said otherwise. */
#pragma once
#include "fs/data/reads_private.h"

/* One read on its way. */
struct kx_wish {
    struct kx_reader *reader;
    const struct kx_read_target *target;
    int64_t from, at, to; /* the bytes before `at` are in out */
    const struct kx_call *call;
    struct kx_slices *out;
    struct kx_error *err;
    struct kx_cancel_watch watch;
    bool watching, waited;
    GCond changed; /* there is reason to look again */
    const struct kx_cursor
        *asleep;       /* it waits for this one, which may be gone; NULL: it is awake */
    gint64 waiting_us; /* since when it waits for others without anything moving; 0: it does not */
    uint64_t moved;
    gint64 opened_us;        /* how long the stream took that was just opened; 0: none was */
    GPtrArray *dropped;      /* cursors to be freed without the lock */
    GList link;              /* in the reader's list */
    struct kx_cancel *stale; /* to be fired without the lock, owned; or NULL */
};

/** Is what is read, and kept, of this version? */
bool kx_reader_is_at(const struct kx_reader *reader, const struct kx_read_target *target);

/** The cursor that will come to wish->at soon; NULL: there is none (reader_choose.c). */
struct kx_cursor *kx_wish_find(const struct kx_wish *wish);

/** Another cursor, of a run that begins with this wish. */
struct kx_cursor *kx_wish_begin(struct kx_wish *wish);

/** Up to where the next stream of a cursor is asked for: not what another one near it has or will
 * have. */
int64_t kx_wish_stop(const struct kx_wish *wish, const struct kx_cursor *cursor);

/** Bring a cursor that is not busy further (reader_move.c), without the lock in between.
 *  @return 0 or -errno. */
int kx_wish_advance(struct kx_wish *wish, struct kx_cursor *cursor);

/** Bytes have come to a cursor: those wake up who wait for no more of it (reader.c). */
void kx_wishes_served(struct kx_reader *reader, const struct kx_cursor *cursor);
