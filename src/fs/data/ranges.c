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
    ranges->bytes = 0;
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
        ranges->bytes -= at(ranges, last)->to - at(ranges, last)->from;
    }
    if (last > first) g_array_remove_range(ranges->list, first, last - first);
    g_array_insert_val(ranges->list, first, whole);
    ranges->bytes += whole.to - whole.from;
}

void kx_ranges_cut(struct kx_ranges *ranges, int64_t length)
{
    guint first = find(ranges, length, false);
    for (guint i = first; i < ranges->list->len; i++)
        ranges->bytes -= at(ranges, i)->to - MAX(at(ranges, i)->from, length);
    if (first < ranges->list->len && at(ranges, first)->from < length) {
        at(ranges, first)->to = length;
        first++;
    }
    g_array_set_size(ranges->list, first);
}

void kx_ranges_forget(struct kx_ranges *ranges)
{
    g_array_set_size(ranges->list, 0);
    ranges->bytes = 0;
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

char *kx_ranges_format(const struct kx_ranges *ranges)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < ranges->list->len; i++)
        g_string_append_printf(text, "%s%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT, i ? "," : "",
                               at(ranges, i)->from, at(ranges, i)->to);
    return g_string_free(text, FALSE);
}

static bool parse_range(const char *text, struct kx_range *out)
{
    g_auto(GStrv) ends = g_strsplit(text, "-", 3);
    guint64 from, to;
    if (g_strv_length(ends) != 2 ||
        !g_ascii_string_to_unsigned(ends[0], 10, 0, INT64_MAX, &from, NULL) ||
        !g_ascii_string_to_unsigned(ends[1], 10, from + 1, INT64_MAX, &to, NULL))
        return false;
    *out = (struct kx_range){(int64_t)from, (int64_t)to};
    return true;
}

bool kx_ranges_parse(struct kx_ranges *ranges, const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(struct kx_range));
    struct kx_range range;
    for (char **part = parts; *part; part++) {
        if (!parse_range(*part, &range)) return false;
        g_array_append_val(found, range);
    }
    for (guint i = 0; i < found->len; i++) {
        range = g_array_index(found, struct kx_range, i);
        kx_ranges_add(ranges, range.from, range.to);
    }
    return true;
}
