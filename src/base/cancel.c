#include "base/cancel.h"

#include <errno.h>

struct kx_cancel {
    gatomicrefcount refs;
    gint fired;   /* atomic: read without the mutex, so that a waiter may look under its own lock */
    GMutex mutex; /* guards the watches; held while wakers run */
    GPtrArray *watches; /* borrowed struct kx_cancel_watch; nearly always none or one */
};

struct kx_cancel *kx_cancel_new(void)
{
    struct kx_cancel *cancel = g_new0(struct kx_cancel, 1);
    g_atomic_ref_count_init(&cancel->refs);
    g_mutex_init(&cancel->mutex);
    cancel->watches = g_ptr_array_new();
    return cancel;
}

struct kx_cancel *kx_cancel_ref(struct kx_cancel *cancel)
{
    if (cancel) g_atomic_ref_count_inc(&cancel->refs);
    return cancel;
}

void kx_cancel_unref(struct kx_cancel *cancel)
{
    if (!cancel || !g_atomic_ref_count_dec(&cancel->refs)) return;
    g_ptr_array_free(cancel->watches, TRUE);
    g_mutex_clear(&cancel->mutex);
    g_free(cancel);
}

void kx_cancel_fire(struct kx_cancel *cancel)
{
    g_mutex_lock(&cancel->mutex);
    if (g_atomic_int_compare_and_exchange(&cancel->fired, 0, 1)) {
        for (guint i = 0; i < cancel->watches->len; i++) {
            struct kx_cancel_watch *watch = g_ptr_array_index(cancel->watches, i);
            watch->wake(watch->context);
        }
    }
    g_mutex_unlock(&cancel->mutex);
}

bool kx_cancel_fired(struct kx_cancel *cancel)
{
    return cancel && g_atomic_int_get(&cancel->fired);
}

void kx_cancel_watch(struct kx_cancel *cancel, struct kx_cancel_watch *watch)
{
    if (!cancel) return;
    g_mutex_lock(&cancel->mutex);
    g_ptr_array_add(cancel->watches, watch);
    g_mutex_unlock(&cancel->mutex);
}

void kx_cancel_unwatch(struct kx_cancel *cancel, struct kx_cancel_watch *watch)
{
    if (!cancel) return;
    g_mutex_lock(&cancel->mutex);
    g_ptr_array_remove_fast(cancel->watches, watch);
    g_mutex_unlock(&cancel->mutex);
}

struct sleeper {
    GMutex mutex;
    GCond woken;
};

static void wake_sleeper(void *context)
{
    struct sleeper *sleeper = context;
    g_mutex_lock(&sleeper->mutex);
    g_cond_broadcast(&sleeper->woken);
    g_mutex_unlock(&sleeper->mutex);
}

int kx_cancel_sleep(struct kx_cancel *cancel, int64_t ms)
{
    struct sleeper sleeper;
    g_mutex_init(&sleeper.mutex);
    g_cond_init(&sleeper.woken);
    struct kx_cancel_watch watch = {.wake = wake_sleeper, .context = &sleeper};
    gint64 until = g_get_monotonic_time() + ms * 1000;
    kx_cancel_watch(cancel, &watch);
    g_mutex_lock(&sleeper.mutex);
    while (!kx_cancel_fired(cancel) && g_cond_wait_until(&sleeper.woken, &sleeper.mutex, until))
        ;
    g_mutex_unlock(&sleeper.mutex);
    kx_cancel_unwatch(cancel, &watch);
    g_mutex_clear(&sleeper.mutex);
    g_cond_clear(&sleeper.woken);
    return kx_cancel_fired(cancel) ? -EINTR : 0;
}
