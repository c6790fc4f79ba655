/* How long things took: counts by size, as Prometheus wants them.
 *
 * Threads: all functions from any thread; the numbers are atomic, each by itself. */
#pragma once
#include <stdatomic.h>
#include <stdint.h>

#define KX_HISTOGRAM_BUCKETS 15 /* and one for what is above all bounds */

/* Zeroed: nothing was counted yet. */
struct kx_histogram {
    atomic_uint_least64_t counts[KX_HISTOGRAM_BUCKETS + 1], sum_us;
};

/** Count one of so many microseconds. */
void kx_histogram_add(struct kx_histogram *histogram, int64_t us);

/** What a bucket counts: up to so many microseconds; 1, 2 and 5 ms and so on up to 30 s.
 *  @bucket less than KX_HISTOGRAM_BUCKETS. */
int64_t kx_histogram_bound_us(unsigned bucket);

/* What was counted, at one moment. */
struct kx_histogram_view {
    uint64_t upto[KX_HISTOGRAM_BUCKETS]; /* of each bucket and those before it */
    uint64_t count, sum_us;
};
void kx_histogram_read(struct kx_histogram *histogram, struct kx_histogram_view *out);

/** The bound of the bucket that `percent` of what was counted is in or below.  @return INT64_MAX:
 * above all bounds; 0: nothing was counted. */
int64_t kx_histogram_quantile_us(const struct kx_histogram_view *view, unsigned percent);
