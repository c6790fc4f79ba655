/* A range whose first byte comes late is asked for once more, of another DataNode (-o hedge): who
 * answers first counts, the other one is cut.
 *
 * The NameNode leads to the other one: it is told to leave out the one that is late, by its
 * transfer name. Where that is not known (one replica; a proxy in between) it leads wherever it
 * likes, also to the same one over a connection of its own. */
#include <errno.h>

#include "rest/client_private.h"

#define LATE     2 /* so often what 95 of 100 need: more than a few of a hundred are never late */
#define SLICE_MS 5 /* each of the two is moved for so long, in turn */

static int64_t now_ms(const struct kx_operation *o)
{
    const struct kx_clock *clock = o->client->config.clock;
    return clock->now_ms(clock);
}

/* When it counts as late, on the clock; 0: never. */
static int64_t late_at(const struct kx_operation *o, const char *url)
{
    if (!o->client->config.hedge || o->op != KX_OPEN || o->second) return 0;
    int64_t usual_us = kx_latency_usual(o->client->latency);
    if (!usual_us || !kx_client_can_suspect(o->client, url)) return 0;
    return now_ms(o) + LATE * usual_us / 1000 + 1;
}

static struct kx_limits until(const struct kx_limits *limits, int64_t ms)
{
    struct kx_limits shorter = *limits;
    shorter.deadline_ms = limits->deadline_ms ? MIN(limits->deadline_ms, ms) : ms;
    return shorter;
}

/* Has the wait ended because of our own deadline? */
static bool is_early(const struct kx_operation *o, const struct kx_limits *limits, int result)
{
    return result == -ETIMEDOUT && (!limits->deadline_ms || now_ms(o) < limits->deadline_ms);
}

/* @return owned; NULL: there is none. */
static struct kx_transfer *begin_second(const struct kx_operation *o, const char *url,
                                        const struct kx_limits *limits)
{
    KX_ERROR_AUTO(err);
    const struct kx_broken_step step = {
        .path = o->path, .offset = o->range->offset, .url = url, .cancel = limits->cancel};
    g_autofree char *name = kx_client_datanode_name(o->client, &step);
    struct kx_operation second = {.client = o->client,
                                  .op = o->op,
                                  .path = o->path,
                                  .params = o->params,
                                  .range = o->range,
                                  .window_bytes = o->window_bytes,
                                  .limits = *limits,
                                  .half_ms = o->half_ms,
                                  .home = kx_homes_live(o->client->homes),
                                  .second = true,
                                  .avoided = name};
    struct kx_transfer *transfer = NULL;
    if (kx_operation_attempt(&second, &transfer, &err) == 0) return transfer;
    g_autofree char *line = kx_error_format(&err);
    kx_log_write(o->client->config.log, KX_LOG_DEBUG, "no second request: %s", line);
    return NULL;
}

static bool is_good(const struct kx_transfer *transfer)
{
    return kx_transfer_status(transfer) == 200;
}

/* Until one of two has answered.  @first replaced when the other one wins.
 *  @return what came of the one that is left. */
static int race(const struct kx_operation *o, struct kx_transfer **first,
                struct kx_transfer *second, const struct kx_limits *limits, struct kx_error *err)
{
    g_autoptr(kx_transfer) other = second; /* consumed */
    for (;;) {
        struct kx_limits slice = until(limits, now_ms(o) + SLICE_MS);
        kx_error_clear(err);
        int result = kx_transfer_wait_head(*first, &slice, err);
        if (!is_early(o, limits, result)) return result;
        KX_ERROR_AUTO(lost);
        slice = until(limits, now_ms(o) + SLICE_MS);
        result = kx_transfer_wait_head(other, &slice, &lost);
        if (is_early(o, limits, result)) continue;
        kx_error_clear(err);
        if (result < 0 || !is_good(other)) return kx_transfer_wait_head(*first, limits, err);
        kx_transfer_free(*first);
        *first = g_steal_pointer(&other);
        return 0;
    }
}

/* It may still be on its way when the second one begins, and is asked first then. */
static int wait_late(struct kx_operation *o, const char *url, const struct kx_limits *limits,
                     struct kx_transfer **transfer, struct kx_error *err)
{
    struct kx_stats *stats = o->client->config.stats;
    struct kx_transfer *late = *transfer, *second = begin_second(o, url, limits);
    if (!second) return kx_transfer_wait_head(late, limits, err);
    kx_stats_add(stats, KX_STAT_HEDGES, 1);
    int result = race(o, transfer, second, limits, err);
    if (result < 0 || *transfer == late) return result;
    kx_stats_add(stats, KX_STAT_HEDGES_WON, 1);
    kx_operation_remember(o, kx_transfer_url(*transfer));
    return result;
}

int kx_operation_wait_head(struct kx_operation *o, const char *url, const struct kx_limits *limits,
                           struct kx_transfer **transfer, struct kx_error *err)
{
    gint64 begun = g_get_monotonic_time();
    int64_t late_ms = late_at(o, url);
    const struct kx_limits usual = late_ms ? until(limits, late_ms) : *limits;
    int result = kx_transfer_wait_head(*transfer, &usual, err);
    if (late_ms && is_early(o, limits, result)) {
        kx_error_clear(err);
        result = kx_latency_spend(o->client->latency)
                     ? wait_late(o, url, limits, transfer, err)
                     : kx_transfer_wait_head(*transfer, limits, err);
    }
    if (result == 0 && o->client->config.hedge)
        kx_latency_note(o->client->latency, g_get_monotonic_time() - begun);
    return result;
}
