#include "base/histogram.h"

#define MS ((int64_t)1000)

static const int64_t BOUNDS_US[KX_HISTOGRAM_BUCKETS] = {
    1 * MS,   2 * MS,    5 * MS,    10 * MS,   20 * MS,    50 * MS,    100 * MS,  200 * MS,
    500 * MS, 1000 * MS, 2000 * MS, 5000 * MS, 10000 * MS, 20000 * MS, 30000 * MS};

int64_t kx_histogram_bound_us(unsigned bucket)
{
    return BOUNDS_US[bucket];
}

void kx_histogram_add(struct kx_histogram *histogram, int64_t us)
{
    unsigned bucket = 0;
    us = us > 0 ? us : 0;
    while (bucket < KX_HISTOGRAM_BUCKETS && us > BOUNDS_US[bucket])
        bucket++;
    atomic_fetch_add_explicit(&histogram->counts[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&histogram->sum_us, (uint64_t)us, memory_order_relaxed);
}

/* The count is made of the buckets, so that they never say more than it does. */
void kx_histogram_read(struct kx_histogram *histogram, struct kx_histogram_view *out)
{
    uint64_t count = 0;
    out->sum_us = atomic_load_explicit(&histogram->sum_us, memory_order_relaxed);
    for (unsigned i = 0; i <= KX_HISTOGRAM_BUCKETS; i++) {
        count += atomic_load_explicit(&histogram->counts[i], memory_order_relaxed);
        if (i < KX_HISTOGRAM_BUCKETS) out->upto[i] = count;
    }
    out->count = count;
}

int64_t kx_histogram_quantile_us(const struct kx_histogram_view *view, unsigned percent)
{
    if (!view->count) return 0;
    for (unsigned i = 0; i < KX_HISTOGRAM_BUCKETS; i++)
        if (view->upto[i] * 100 >= view->count * percent) return BOUNDS_US[i];
    return INT64_MAX;
}
