#include "fs/data/ranges.h"

static struct kx_range *at(const struct kx_ranges *ranges, guint i)
{
    return &g_array_index(ranges->list, struct kx_range, i);
}

/* The first range that ends behind `offset` (touching counts when `touching`); the list's length
 * when there is none. */
static guint find(const struct kx_ranges *ranges, int64_t offset, bool touching)
{
    guint low = 0, high = ranges->list->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        int64_t to = at(ranges, middle)->to;
        if (touching ? to >= offset : to > offset)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

void kx_ranges_init(struct kx_ranges *ranges)
{
    ranges->list = g_array_new(FALSE, FALSE, sizeof(struct kx_range));
}

void kx_ranges_clear(struct kx_ranges *ranges)
{
    g_array_free(ranges->list, TRUE);
    ranges->list = NULL;
}

void kx_ranges_add(struct kx_ranges *ranges, int64_t from, int64_t to)
{
    if (from >= to) return;
    guint first = find(ranges, from, true), last = first;
    struct kx_range whole = {from, to};
    for (; last < ranges->list->len && at(ranges, last)->from <= to; last++) {
        whole.from = MIN(whole.from, at(ranges, last)->from);
        whole.to = MAX(whole.to, at(ranges, last)->to);
    }
    if (last > first) g_array_remove_range(ranges->list, first, last - first);
    g_array_insert_val(ranges->list, first, whole);
}

void kx_ranges_cut(struct kx_ranges *ranges, int64_t length)
{
    guint first = find(ranges, length, false);
    if (first < ranges->list->len && at(ranges, first)->from < length) {
        at(ranges, first)->to = length;
        first++;
    }
    g_array_set_size(ranges->list, first);
}

void kx_ranges_forget(struct kx_ranges *ranges)
{
    g_array_set_size(ranges->list, 0);
}

bool kx_ranges_empty(const struct kx_ranges *ranges)
{
    return ranges->list->len == 0;
}

bool kx_ranges_cover(const struct kx_ranges *ranges, int64_t from, int64_t to)
{
    struct kx_range gap;
    return !kx_ranges_gap(ranges, from, to, &gap);
}

bool kx_ranges_gap(const struct kx_ranges *ranges, int64_t from, int64_t to, struct kx_range *gap)
{
    for (guint i = find(ranges, from, false); from < to; i++) {
        bool more = i < ranges->list->len;
        if (!more || at(ranges, i)->from > from) {
            *gap = (struct kx_range){from, more ? MIN(to, at(ranges, i)->from) : to};
            return true;
        }
        from = at(ranges, i)->to;
    }
    return false;
}

int64_t kx_ranges_first(const struct kx_ranges *ranges)
{
    return ranges->list->len ? at(ranges, 0)->from : -1;
}

int64_t kx_ranges_bytes(const struct kx_ranges *ranges)
{
    int64_t bytes = 0;
    for (guint i = 0; i < ranges->list->len; i++)
        bytes += at(ranges, i)->to - at(ranges, i)->from;
    return bytes;
}
