/* A bell that wakes whoever waits for news: any number may wait, and who comes too late hears of a
 * ring that it has not heard yet.
 *
 * Threads: all functions from any thread.  Ownership: the maker's. */
#pragma once
#include "base/cancel.h"

struct kx_bell;

struct kx_bell *kx_bell_new(void);       /* owned */
void kx_bell_free(struct kx_bell *bell); /* nobody waits any more; NULL is fine */
void kx_bell_ring(struct kx_bell *bell); /* NULL is fine */

/** How often it has rung; what a waiter begins with. */
guint kx_bell_rings(struct kx_bell *bell);

/** Wait until it has rung more often than *heard, which is then set anew. With a NULL bell it is a
 * sleep.  @return 1: it rang; 0: the time is over; -EINTR: the cancel (may be NULL) fired. */
int kx_bell_wait(struct kx_bell *bell, guint *heard, int64_t ms, struct kx_cancel *cancel);

KX_DEFINE_AUTOPTR(kx_bell, kx_bell_free)
