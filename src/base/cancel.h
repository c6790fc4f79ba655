/* A way to tell a blocked call to come back: fired once, from any thread, seen by every call that
 * was given it.
 *
 * A call that blocks registers a waker; firing runs all wakers. Wakers run with the canceller's
 * mutex held, so they may only take a leaf lock and signal a condition: after kx_cancel_unwatch
 * returns, the waker is not running and never will be.
 *
 * Threads: all functions from any thread.  Ownership: reference counted. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"

struct kx_cancel;

struct kx_cancel *kx_cancel_new(void);                     /* owned, not fired */
struct kx_cancel *kx_cancel_ref(struct kx_cancel *cancel); /* NULL gives NULL */
void kx_cancel_unref(struct kx_cancel *cancel);            /* NULL is fine */

/** Fire: from now on kx_cancel_fired is true; all wakers run once. */
void kx_cancel_fire(struct kx_cancel *cancel);

/** @return whether it was fired; false for NULL. Takes no lock. */
bool kx_cancel_fired(struct kx_cancel *cancel);

struct kx_cancel_watch {
    void (*wake)(void *context);
    void *context;
};

/** Register a waker (borrowed until unwatch).  cancel may be NULL: nothing happens.  When it was
 * fired already the waker is not run: look at kx_cancel_fired before waiting. */
void kx_cancel_watch(struct kx_cancel *cancel, struct kx_cancel_watch *watch);
void kx_cancel_unwatch(struct kx_cancel *cancel, struct kx_cancel_watch *watch);

/** Sleep, at most until the cancel (may be NULL) fires.  @return 0 or -EINTR. */
int kx_cancel_sleep(struct kx_cancel *cancel, int64_t ms);

KX_DEFINE_AUTOPTR(kx_cancel, kx_cancel_unref)
