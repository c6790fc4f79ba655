#include "base/gate.h"

#include <errno.h>

#define FOREVER_US (G_GINT64_CONSTANT(3600) * 1000 * 1000) /* waits are repeated: only a slice */

void kx_gate_init(struct kx_gate *gate)
{
    g_mutex_init(&gate->mutex);
    g_cond_init(&gate->opened);
    gate->held = false;
}

void kx_gate_clear(struct kx_gate *gate)
{
    g_mutex_clear(&gate->mutex);
    g_cond_clear(&gate->opened);
}

static void wake_gate(void *context)
{
    struct kx_gate *gate = context;
    g_mutex_lock(&gate->mutex);
    g_cond_broadcast(&gate->opened);
    g_mutex_unlock(&gate->mutex);
}

static int wait_for_gate(struct kx_gate *gate, struct kx_cancel *cancel, gint64 until)
{
    while (gate->held) {
        if (kx_cancel_fired(cancel)) return -EINTR;
        gint64 slice = until ? until : g_get_monotonic_time() + FOREVER_US;
        if (!g_cond_wait_until(&gate->opened, &gate->mutex, slice) && until && gate->held)
            return -ETIMEDOUT;
    }
    gate->held = true;
    return 0;
}

int kx_gate_enter(struct kx_gate *gate, struct kx_cancel *cancel, int64_t patience_ms)
{
    if (kx_gate_try(gate)) return 0;
    struct kx_cancel_watch watch = {.wake = wake_gate, .context = gate};
    kx_cancel_watch(cancel, &watch);
    g_mutex_lock(&gate->mutex);
    gint64 until = patience_ms ? g_get_monotonic_time() + patience_ms * 1000 : 0;
    int result = wait_for_gate(gate, cancel, until);
    g_mutex_unlock(&gate->mutex);
    kx_cancel_unwatch(cancel, &watch);
    return result;
}

bool kx_gate_try(struct kx_gate *gate)
{
    g_mutex_lock(&gate->mutex);
    bool entered = !gate->held;
    gate->held = true;
    g_mutex_unlock(&gate->mutex);
    return entered;
}

void kx_gate_leave(struct kx_gate *gate)
{
    g_mutex_lock(&gate->mutex);
    gate->held = false;
    g_cond_broadcast(&gate->opened);
    g_mutex_unlock(&gate->mutex);
}
