/* How long DataNodes take to begin an answer, and whether another one may be asked as well when one
 * takes longer than usual: arithmetic on the last KX_LATENCY_KEPT answers.
 *
 * A second request is paid for: each answer is worth one, and a second request costs
 * KX_LATENCY_PRICE, of which KX_LATENCY_SAVED may be saved up. So they are at most one in
 * KX_LATENCY_PRICE, however slow a cluster becomes.
 *
 * Threads: any; a lock of its own, held for memory work only. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"

#define KX_LATENCY_KEPT  128
#define KX_LATENCY_LEAST 20 /* before so many nothing is usual */
#define KX_LATENCY_PRICE 32
#define KX_LATENCY_SAVED (4 * KX_LATENCY_PRICE)

struct kx_latency;

/** @return owned; nothing was seen. */
struct kx_latency *kx_latency_new(void);
void kx_latency_free(struct kx_latency *latency); /* NULL is fine */

/** An answer began after so many microseconds. */
void kx_latency_note(struct kx_latency *latency, int64_t us);

/** What 95 of 100 answers need at most, in microseconds; 0: too few were seen. */
int64_t kx_latency_usual(struct kx_latency *latency);

/** Pay for a second request.  @return false: it is not to be made. */
bool kx_latency_spend(struct kx_latency *latency);

KX_DEFINE_AUTOPTR(kx_latency, kx_latency_free)
