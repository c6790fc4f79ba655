/* A lock that may be held across the network: waiting for it can be interrupted and has an end.
 *
 * Threads: any.  Not recursive. Do not hold a mutex while entering. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cancel.h"

struct kx_gate {
    GMutex mutex;
    GCond opened;
    bool held;
};

void kx_gate_init(struct kx_gate *gate);
void kx_gate_clear(struct kx_gate *gate);

/** @cancel may be NULL; @patience_ms 0: no end.  @return 0, -EINTR or -ETIMEDOUT. */
int kx_gate_enter(struct kx_gate *gate, struct kx_cancel *cancel, int64_t patience_ms);

/** Enter when nobody is inside. */
bool kx_gate_try(struct kx_gate *gate);
void kx_gate_leave(struct kx_gate *gate);
