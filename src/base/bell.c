#include "base/bell.h"

#include <errno.h>

struct kx_bell {
    GMutex mutex; /* guards what follows */
    GCond rung;
    guint rings;
};

struct kx_bell *kx_bell_new(void)
{
    struct kx_bell *bell = g_new0(struct kx_bell, 1);
    g_mutex_init(&bell->mutex);
    g_cond_init(&bell->rung);
    return bell;
}

void kx_bell_free(struct kx_bell *bell)
{
    if (!bell) return;
    g_mutex_clear(&bell->mutex);
    g_cond_clear(&bell->rung);
    g_free(bell);
}

void kx_bell_ring(struct kx_bell *bell)
{
    if (!bell) return;
    g_mutex_lock(&bell->mutex);
    bell->rings++;
    g_cond_broadcast(&bell->rung);
    g_mutex_unlock(&bell->mutex);
}

guint kx_bell_rings(struct kx_bell *bell)
{
    if (!bell) return 0;
    g_mutex_lock(&bell->mutex);
    guint rings = bell->rings;
    g_mutex_unlock(&bell->mutex);
    return rings;
}

static void wake_all(void *context)
{
    struct kx_bell *bell = context;
    g_mutex_lock(&bell->mutex);
    g_cond_broadcast(&bell->rung);
    g_mutex_unlock(&bell->mutex);
}

int kx_bell_wait(struct kx_bell *bell, guint *heard, int64_t ms, struct kx_cancel *cancel)
{
    if (!bell) return kx_cancel_sleep(cancel, ms);
    struct kx_cancel_watch watch = {.wake = wake_all, .context = bell};
    gint64 until = g_get_monotonic_time() + ms * G_TIME_SPAN_MILLISECOND;
    kx_cancel_watch(cancel, &watch);
    g_mutex_lock(&bell->mutex);
    while (bell->rings == *heard && !kx_cancel_fired(cancel) &&
           g_cond_wait_until(&bell->rung, &bell->mutex, until))
        ;
    bool rang = bell->rings != *heard;
    *heard = bell->rings;
    g_mutex_unlock(&bell->mutex);
    kx_cancel_unwatch(cancel, &watch);
    return kx_cancel_fired(cancel) ? -EINTR : rang;
}
