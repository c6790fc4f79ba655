#include "base/stats.h"

#include <stddef.h>

void kx_stats_add(struct kx_stats *stats, enum kx_stat stat, uint64_t more)
{
    if (stats) atomic_fetch_add_explicit(&stats->values[stat], more, memory_order_relaxed);
}

uint64_t kx_stats_get(struct kx_stats *stats, enum kx_stat stat)
{
    return atomic_load_explicit(&stats->values[stat], memory_order_relaxed);
}

const struct kx_stat_row *kx_stat_row(enum kx_stat stat)
{
    static const struct kx_stat_row ROWS[KX_STAT_COUNT] = {
        [KX_STAT_WIRE_READ] = {"wire-read-bytes", "bytes of answers, taken from the network"},
        [KX_STAT_WIRE_SENT] = {"wire-sent-bytes", "bytes of files, given to the network"},
        [KX_STAT_READ] = {"read-bytes", "bytes of files handed to programs by the kernel"},
        [KX_STAT_READS] = {"reads", "reads of files that the kernel did not answer itself"},
        [KX_STAT_READ_HITS] = {"read-hits", "reads whose bytes were here already"},
        [KX_STAT_WRITTEN] = {"written-bytes", "bytes of files taken from programs"},
        [KX_STAT_UPLOADS] = {"uploads", "uploads and appends that the server confirmed"},
        [KX_STAT_UPLOADS_FAILED] = {"uploads-failed", "uploads and appends that failed"},
        [KX_STAT_OPENS_DIRECT] = {"opens-direct", "ranges asked of a known DataNode"},
        [KX_STAT_OPENS_REDIRECTED] = {"opens-redirected", "ranges that a redirect led to"},
        [KX_STAT_AHEAD] = {"ahead-files", "small files fetched before they were opened"},
        [KX_STAT_AHEAD_USED] = {"ahead-used", "small files that were here when they were opened"},
        [KX_STAT_HEDGES] = {"hedges", "ranges asked for once more, as the first byte was late"},
        [KX_STAT_HEDGES_WON] = {"hedges-won", "ranges asked for once more that came so"},
        [KX_STAT_PRECONNECTED] = {"preconnected", "requests on a connection made in advance"},
        [KX_STAT_NOTICES] = {"oozie-notices", "changes of jobs that Oozie has told by itself"},
        [KX_STAT_DIRECT_FAILED] = {"direct-failed",
                                   "requests to a known DataNode that the NameNode was asked for"},
    };
    return &ROWS[stat];
}
