#include "rest/latency.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

struct kx_latency {
    GMutex mutex; /* guards the rest */
    int64_t last_us[KX_LATENCY_KEPT];
    unsigned seen; /* of all times */
    unsigned saved;
};

struct kx_latency *kx_latency_new(void)
{
    struct kx_latency *latency = g_new0(struct kx_latency, 1);
    g_mutex_init(&latency->mutex);
    return latency;
}

void kx_latency_free(struct kx_latency *latency)
{
    if (!latency) return;
    g_mutex_clear(&latency->mutex);
    g_free(latency);
}

void kx_latency_note(struct kx_latency *latency, int64_t us)
{
    g_mutex_lock(&latency->mutex);
    latency->last_us[latency->seen++ % KX_LATENCY_KEPT] = us;
    latency->saved = MIN(latency->saved + 1, KX_LATENCY_SAVED);
    g_mutex_unlock(&latency->mutex);
}

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

int64_t kx_latency_usual(struct kx_latency *latency)
{
    int64_t sorted[KX_LATENCY_KEPT];
    g_mutex_lock(&latency->mutex);
    unsigned count = MIN(latency->seen, KX_LATENCY_KEPT);
    memcpy(sorted, latency->last_us, count * sizeof *sorted);
    g_mutex_unlock(&latency->mutex);
    if (count < KX_LATENCY_LEAST) return 0;
    qsort(sorted, count, sizeof *sorted, compare);
    return MAX(sorted[count * 95 / 100], 1);
}

bool kx_latency_spend(struct kx_latency *latency)
{
    g_mutex_lock(&latency->mutex);
    bool enough = latency->saved >= KX_LATENCY_PRICE;
    if (enough) latency->saved -= KX_LATENCY_PRICE;
    g_mutex_unlock(&latency->mutex);
    return enough;
}
