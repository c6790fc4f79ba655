/* What is counted: one row a number, added to from any thread, read as a table.
 *
 * Threads: all functions from any thread; the numbers are atomic, each by itself. */
#pragma once
#include <stdatomic.h>
#include <stdint.h>

enum kx_stat {
    KX_STAT_WIRE_READ, /* bytes of answers' bodies, taken from sockets */
    KX_STAT_WIRE_SENT, /* bytes of requests' bodies, given to sockets */
    KX_STAT_READ,      /* bytes of files handed to the kernel */
    KX_STAT_READS,     /* how many times it asked for some */
    KX_STAT_READ_HITS, /* how many of these found all bytes here */
    KX_STAT_WRITTEN,   /* bytes of files taken from the kernel */
    KX_STAT_UPLOADS,   /* CREATE and APPEND that the server confirmed */
    KX_STAT_UPLOADS_FAILED,
    KX_STAT_OPENS_DIRECT, /* ranges that a known DataNode gave, without a redirect */
    KX_STAT_OPENS_REDIRECTED,
    KX_STAT_DIRECT_FAILED, /* requests without a redirect that the NameNode was asked for then */
    KX_STAT_AHEAD,         /* small files that were fetched before they were opened */
    KX_STAT_AHEAD_USED,    /* how many of these were opened then */
    KX_STAT_HEDGES,        /* ranges that were asked for once more, as their first byte was late */
    KX_STAT_HEDGES_WON,    /* how many of these answered first */
    KX_STAT_PRECONNECTED,  /* requests on a connection that was made in advance */
    KX_STAT_NOTICES,       /* changes of jobs that Oozie has told (-o callback) */
    KX_STAT_COUNT
};

struct kx_stat_row {
    const char *name; /* "wire-read-bytes" */
    const char *help;
};

/* Zeroed: nothing was counted yet. */
struct kx_stats {
    atomic_uint_least64_t values[KX_STAT_COUNT];
};

/** Add to a number; NULL stats: nothing happens. */
void kx_stats_add(struct kx_stats *stats, enum kx_stat stat, uint64_t more);
uint64_t kx_stats_get(struct kx_stats *stats, enum kx_stat stat);

const struct kx_stat_row *kx_stat_row(enum kx_stat stat); /* never NULL */
