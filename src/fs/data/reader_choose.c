/* Which cursor a read goes on with, where a new one begins, and how far its stream goes. */
#include "fs/data/reader_private.h"

#define RUN_LEFT_JUMPS 2 /* a run is over when so many others have begun since */

/* A busy one has its stream for itself. */
static bool is_open(const struct kx_cursor *cursor)
{
    return cursor->busy || cursor->download;
}

/* Will this cursor come to the byte soon? */
static bool leads_to(const struct kx_cursor *cursor, const struct kx_wish *wish)
{
    bool open = is_open(cursor);
    bool comes = open && wish->at < cursor->stop;
    if (wish->at < cursor->end || (cursor->limit && wish->at >= cursor->limit)) return false;
    int64_t reach = kx_run_reach(&wish->reader->pattern,
                                 comes  ? KX_RUN_COMES
                                 : open ? KX_RUN_GOES
                                        : KX_RUN_RESTS,
                                 wish->to - wish->from);
    return wish->at <= (open ? MAX(cursor->end, cursor->wanted) : cursor->end) + reach;
}

/* One with a stream goes before one without, then the nearer. */
static bool is_better(const struct kx_cursor *cursor, const struct kx_cursor *than)
{
    if (is_open(cursor) != is_open(than)) return is_open(cursor);
    return cursor->end > than->end;
}

/* The best that leads there. */
struct kx_cursor *kx_wish_find(const struct kx_wish *wish)
{
    struct kx_cursor *best = NULL;
    for (guint i = 0; i < wish->reader->cursors->len; i++) {
        struct kx_cursor *cursor = g_ptr_array_index(wish->reader->cursors, i);
        if (leads_to(cursor, wish) && (!best || is_better(cursor, best))) best = cursor;
    }
    return best;
}

/* Learn from the runs that nobody goes on with, and keep the last of them only. */
static void count_ended(struct kx_wish *wish)
{
    struct kx_reader *reader = wish->reader;
    struct kx_cursor *oldest = NULL;
    unsigned idle = 0;
    for (guint i = 0; i < reader->cursors->len; i++) {
        struct kx_cursor *cursor = g_ptr_array_index(reader->cursors, i);
        if (cursor->busy) continue;
        idle++;
        if (!oldest || (int)(oldest->jumps - cursor->jumps) > 0) oldest = cursor;
        if (cursor->ended || reader->pattern.jumps - cursor->jumps < RUN_LEFT_JUMPS) continue;
        cursor->ended = true;
        kx_pattern_ended(&reader->pattern, cursor->end - cursor->run_begin);
    }
    if (idle > KX_CURSORS_KEPT) kx_reads_drop(reader->reads, oldest, wish->dropped);
}

struct kx_cursor *kx_wish_begin(struct kx_wish *wish)
{
    struct kx_reader *reader = wish->reader;
    count_ended(wish);
    int64_t at =
        kx_run_begin(&reader->pattern, wish->at, wish->to - wish->from, wish->target->length);
    struct kx_cursor *cursor = kx_cursor_new(reader, reader->reads->budget, at);
    g_ptr_array_add(reader->cursors, cursor);
    kx_pattern_begun(&reader->pattern);
    return cursor;
}

/* Where the next stream of a cursor is to end: not in what another one near it has or will have. */
int64_t kx_wish_stop(const struct kx_wish *wish, const struct kx_cursor *cursor)
{
    const struct kx_reader *reader = wish->reader;
    const struct kx_run run = {.begin = cursor->run_begin, .from = cursor->end, .to = wish->to};
    if (cursor->limit) return cursor->limit;
    int64_t stop = cursor->end + kx_run_ask(&reader->pattern, &run, wish->target->length);
    for (guint i = 0; i < reader->cursors->len; i++) {
        const struct kx_cursor *other = g_ptr_array_index(reader->cursors, i);
        bool has = is_open(other) || other->blocks.length > 0;
        if (has && other->begin > cursor->end && other->begin <= wish->to + KX_READ_JUMP_BYTES)
            stop = MIN(stop, other->begin);
    }
    return stop;
}
