/* Whether a failed operation may be tried again, and how long to wait first.
 * Threads: pure functions over the clock's chance. */
#pragma once
#include <stdbool.h>

#include "base/clock.h"
#include "base/error.h"
#include "rest/ops.h"

enum kx_verdict {
    KX_GIVE_UP,   /* the answer is final */
    KX_TRY_AGAIN, /* nothing was done, or doing it twice is doing it once */
    KX_LOOK_FIRST /* it may have been done: the caller must look before it says anything */
};

/** @err the failure. An interrupted or timed-out call is never tried again: its time is over. */
enum kx_verdict kx_retry_judge(enum kx_op op, const struct kx_error *err);

/** May another server of the same list do better? One that is no active NameNode, that cannot be
 * reached, is silent or has lost its own server (a gateway's 500). Not one that refuses, nor one
 * whose certificate is wrong. */
bool kx_retry_elsewhere(const struct kx_error *err);

/** The pause before the attempt number `attempt` (the first repetition is 1): 100 ms doubled each
 * time up to 5 s, of which a random half is taken off, so that many clients of one server do not
 * come back at the same moment.  @retry_after_s from the server, 0: none; obeyed up to 10 s. */
int kx_retry_pause_ms(const struct kx_clock *clock, int attempt, long retry_after_s);
