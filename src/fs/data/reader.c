#include "fs/data/reader.h"

#include <errno.h>

#include "fs/data/reads_private.h"
#include "rest/client.h"

#define SILENT_MS      1000 /* how long a server that has timed out counts as still silent */
#define RUN_LEFT_JUMPS 2    /* a run is over when so many others have begun since */

/* One read on its way. */
struct wish {
    struct kx_reader *reader;
    const struct kx_read_target *target;
    int64_t from, at, to; /* the bytes before `at` are in out */
    const struct kx_call *call;
    struct kx_slices *out;
    struct kx_error *err;
    struct kx_cancel_watch watch;
    bool watching, waited;
    gint64 waiting_us; /* since when it waits for others without anything moving; 0: it does not */
    uint64_t moved;
    GPtrArray *dropped; /* cursors to be freed without the lock */
    GList link;         /* in the reader's list */
};

static struct kx_cancel *cancel_of(const struct wish *wish)
{
    return wish->call ? wish->call->cancel : NULL;
}

static void moved(struct kx_reader *reader)
{
    reader->moved++;
    g_cond_broadcast(&reader->changed);
}

static void cursor_free(gpointer cursor)
{
    kx_cursor_free(cursor);
}

static void unlocked_free(struct wish *wish)
{
    g_ptr_array_set_size(wish->dropped, 0);
}

/* --- what version of the file it is --- */

static bool is_target(const struct kx_reader *reader, const struct kx_read_target *target)
{
    return reader->known && reader->generation == target->generation &&
           reader->version.file_id == target->version.file_id &&
           reader->version.mtime_ms == target->version.mtime_ms;
}

static void notice_target(struct wish *wish)
{
    struct kx_reader *reader = wish->reader;
    if (is_target(reader, wish->target)) return;
    while (reader->cursors->len > 0)
        kx_reads_drop(reader->reads, g_ptr_array_index(reader->cursors, 0), wish->dropped);
    reader->pattern = (struct kx_pattern){0};
    reader->known = true;
    reader->version = wish->target->version;
    reader->generation = wish->target->generation;
    moved(reader);
}

/* --- which cursor --- */

/* Take what is there, from wish->at on.  @return whether it is all. */
static bool collect(struct wish *wish)
{
    struct kx_reader *reader = wish->reader;
    for (guint i = 0; i < reader->cursors->len && wish->at < wish->to; i++) {
        struct kx_cursor *cursor = g_ptr_array_index(reader->cursors, i);
        int64_t got = kx_cursor_take(cursor, wish->at, wish->to, wish->out);
        if (got == 0) continue;
        wish->at += got;
        kx_reads_touch(reader->reads, cursor);
        i = (guint)-1; /* another one may go on where this one ends */
    }
    return wish->at >= wish->to;
}

/* Will this cursor come to the byte soon? */
static bool leads_to(const struct kx_cursor *cursor, const struct wish *wish)
{
    bool open = cursor->busy || cursor->download; /* a busy one has it for itself */
    bool comes = open && wish->at < cursor->stop;
    if (wish->at < cursor->end) return false;
    int64_t reach = kx_run_reach(&wish->reader->pattern,
                                 comes  ? KX_RUN_COMES
                                 : open ? KX_RUN_GOES
                                        : KX_RUN_RESTS,
                                 wish->to - wish->from);
    return wish->at <= (open ? MAX(cursor->end, cursor->wanted) : cursor->end) + reach;
}

/* The nearest that leads there. */
static struct kx_cursor *find(const struct wish *wish)
{
    struct kx_cursor *best = NULL;
    for (guint i = 0; i < wish->reader->cursors->len; i++) {
        struct kx_cursor *cursor = g_ptr_array_index(wish->reader->cursors, i);
        if (leads_to(cursor, wish) && (!best || cursor->end > best->end)) best = cursor;
    }
    return best;
}

/* Learn from the runs that nobody goes on with, and keep the last of them only. */
static void count_ended(struct wish *wish)
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

static struct kx_cursor *begin(struct wish *wish)
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

/* --- moving a cursor --- */

/* Where the next stream of a cursor is to end: not in what another one near it has or will have. */
static int64_t stream_stop(const struct wish *wish, const struct kx_cursor *cursor)
{
    const struct kx_reader *reader = wish->reader;
    const struct kx_run run = {.begin = cursor->run_begin, .from = cursor->end, .to = wish->to};
    int64_t stop = cursor->end + kx_run_ask(&reader->pattern, &run, wish->target->length);
    for (guint i = 0; i < reader->cursors->len; i++) {
        const struct kx_cursor *other = g_ptr_array_index(reader->cursors, i);
        bool has = other->busy || other->download || other->blocks.length > 0;
        if (has && other->begin > cursor->end && other->begin <= wish->to + KX_READ_JUMP_BYTES)
            stop = MIN(stop, other->begin);
    }
    return stop;
}

/* Busy, without the lock. */
static int open_stream(struct wish *wish, struct kx_cursor *cursor)
{
    const struct kx_read_target *target = wish->target;
    if (!target->path) return kx_error_set(wish->err, ESTALE, "the file was removed or replaced");
    const struct kx_version *version = target->version.file_id ? &target->version : NULL;
    int result = kx_download_open(wish->reader->reads->client, target->path, cursor->end,
                                  cursor->stop - cursor->end, version, wish->call,
                                  &cursor->download, wish->err);
    if (result == 0) kx_download_set_window(cursor->download, (size_t)cursor->window);
    return result;
}

/* Busy, without the lock: the next bytes of a cursor; an ended stream is closed.  @want bytes. */
static int pull(struct wish *wish, struct kx_cursor *cursor, int64_t want, struct kx_block **block)
{
    int result = cursor->download ? 0 : open_stream(wish, cursor);
    if (result == 0)
        result = kx_download_pull(cursor->download, (size_t)CLAMP(want, 1, (int64_t)KX_BLOCK_BYTES),
                                  wish->call, block, wish->err);
    bool over = result > 0 && kx_download_position(cursor->download) >= cursor->stop;
    /* an interrupted reader leaves the stream to the others */
    if (over || (result <= 0 && result != -EINTR))
        g_clear_pointer(&cursor->download, kx_download_close);
    return result;
}

/* Before the stream is used: its memory, as there is. */
static void adapt_window(struct wish *wish, struct kx_cursor *cursor, bool waited)
{
    struct kx_reads *reads = wish->reader->reads;
    int64_t before = cursor->window, window = kx_window_next(before, cursor->taken, waited);
    if (kx_reads_is_short(reads)) window = MAX(before / 2, KX_WINDOW_LEAST);
    if (window == before || !kx_cursor_charge(cursor, window, false)) return;
    cursor->taken = 0;
    kx_download_set_window(cursor->download, (size_t)window);
}

static void prepare(struct wish *wish, struct kx_cursor *cursor)
{
    struct kx_reads *reads = wish->reader->reads;
    cursor->busy = true;
    if (cursor->download) return;
    cursor->stop = stream_stop(wish, cursor);
    cursor->taken = 0;
    int64_t most = cursor->window ? cursor->window : KX_WINDOW_FIRST;
    kx_reads_grant(reads, cursor, MIN(most, cursor->stop - cursor->end), wish->dropped);
}

/* Where the first byte lies that somebody waits for and that this cursor has or will have. */
static int64_t first_needed(const struct wish *wish, const struct kx_cursor *cursor)
{
    int64_t needed = wish->from;
    for (const GList *at = wish->reader->wishes.head; at; at = at->next) {
        const struct wish *other = at->data;
        if (other->at >= cursor->begin) needed = MIN(needed, other->at);
    }
    return needed;
}

/* Lock held again: what has become of it.  @was: had it a stream before? */
static void settle(struct wish *wish, struct kx_cursor *cursor, bool was, struct kx_block *block)
{
    struct kx_reads *reads = wish->reader->reads;
    bool is = cursor->download != NULL;
    cursor->busy = false;
    if (is != was) reads->streams += is ? 1 : (unsigned)-1;
    if (cursor->dropped) {
        if (is) reads->streams--;
        kx_block_unref(block);
        g_ptr_array_add(wish->dropped, cursor);
        return;
    }
    if (!is) kx_cursor_charge(cursor, 0, true);
    int64_t behind = kx_run_behind(wish->to - wish->from);
    if (block) kx_cursor_append(cursor, block, first_needed(wish, cursor) - behind);
}

/* Bring a cursor one block further. */
static int advance(struct wish *wish, struct kx_cursor *cursor)
{
    struct kx_reader *reader = wish->reader;
    struct kx_reads *reads = reader->reads;
    struct kx_block *block = NULL;
    bool was = cursor->download != NULL;
    prepare(wish, cursor);
    kx_reads_touch(reads, cursor);
    int64_t want = MIN(wish->to, cursor->stop) - cursor->end;
    g_mutex_unlock(&reads->mutex);
    unlocked_free(wish);
    gint64 begun = g_get_monotonic_time();
    int result = pull(wish, cursor, want, &block);
    bool waited = g_get_monotonic_time() - begun > 1000;
    g_mutex_lock(&reads->mutex);
    wish->waited = true;
    if (result > 0 && cursor->download && !cursor->dropped) adapt_window(wish, cursor, waited);
    settle(wish, cursor, was, block);
    moved(reader);
    return MIN(result, 0);
}

/* --- waiting for others --- */

static void wake(void *context)
{
    struct kx_reader *reader = context;
    g_mutex_lock(&reader->reads->mutex);
    g_cond_broadcast(&reader->changed);
    g_mutex_unlock(&reader->reads->mutex);
}

/* The canceller has a lock of its own when it wakes us. */
static void watch(struct wish *wish)
{
    wish->watching = true;
    wish->watch = (struct kx_cancel_watch){.wake = wake, .context = wish->reader};
    g_mutex_unlock(&wish->reader->reads->mutex);
    kx_cancel_watch(cancel_of(wish), &wish->watch);
    g_mutex_lock(&wish->reader->reads->mutex);
}

/* Another one is at it. */
static int wait_for_others(struct wish *wish)
{
    struct kx_reader *reader = wish->reader;
    gint64 now = g_get_monotonic_time();
    wish->waited = true;
    if (!wish->watching) {
        watch(wish);
        return 0; /* look again: much may have happened meanwhile */
    }
    if (kx_cancel_fired(cancel_of(wish))) return kx_error_set(wish->err, EINTR, "interrupted");
    if (wish->waiting_us == 0 || wish->moved != reader->moved) wish->waiting_us = now;
    wish->moved = reader->moved;
    gint64 until = wish->waiting_us + kx_client_stall_ms(reader->reads->client) * 1000;
    if (now >= until) return kx_error_set(wish->err, ETIMEDOUT, "the stream of this file is stuck");
    g_cond_wait_until(&reader->changed, &reader->reads->mutex, until);
    return 0;
}

/* --- a server that says nothing --- */

/* The kernel repeats a read-ahead that has failed as a read of its own, and others wait behind it:
 * they need not wait for a silent server all over again. */
static bool is_silent(const struct kx_reader *reader)
{
    return reader->silent_ms && kx_reads_now_ms(reader->reads) - reader->silent_ms < SILENT_MS;
}

static int say_again(struct kx_error *err, const struct kx_error *before)
{
    if (err) kx_error_copy(err, before);
    return -before->code;
}

static void note_silence(struct wish *wish)
{
    struct kx_reader *reader = wish->reader;
    reader->silent_ms = kx_reads_now_ms(reader->reads);
    if (wish->err) kx_error_copy(&reader->silence, wish->err);
}

/* --- all of it --- */

/* One step towards the byte at wish->at. */
static int step(struct wish *wish)
{
    struct kx_reader *reader = wish->reader;
    if (is_silent(reader)) return say_again(wish->err, &reader->silence);
    struct kx_cursor *cursor = find(wish);
    if (!cursor) cursor = begin(wish);
    cursor->wanted = MAX(cursor->wanted, wish->to);
    if (cursor->busy) return wait_for_others(wish);
    int result = advance(wish, cursor);
    if (result == -ETIMEDOUT) note_silence(wish);
    return result;
}

/* Step by step, until all of it is there; on an error nothing is. */
static int fulfil(struct wish *wish)
{
    struct kx_reader *reader = wish->reader;
    struct kx_slices *out = wish->out;
    guint blocks = out->blocks->len, pieces = out->pieces->len;
    size_t length = out->length;
    int result = 0;
    g_mutex_lock(&reader->reads->mutex);
    notice_target(wish);
    g_queue_push_tail_link(&reader->wishes, &wish->link);
    while (result == 0) {
        if (!is_target(reader, wish->target))
            result = kx_error_set(wish->err, EAGAIN, "the file has changed meanwhile");
        else if (collect(wish))
            break;
        else
            result = step(wish);
    }
    g_queue_unlink(&reader->wishes, &wish->link);
    g_mutex_unlock(&reader->reads->mutex);
    if (result == 0) return 0;
    g_ptr_array_set_size(out->blocks, (gint)blocks);
    g_array_set_size(out->pieces, pieces);
    out->length = length;
    return result;
}

int kx_reader_read(struct kx_reader *reader, const struct kx_read_target *target, int64_t offset,
                   size_t size, const struct kx_call *call, struct kx_slices *out,
                   struct kx_error *err)
{
    int64_t to = MIN(offset + (int64_t)size, target->length);
    if (offset >= to) return 0;
    struct wish wish = {.reader = reader,
                        .target = target,
                        .from = offset,
                        .at = offset,
                        .to = to,
                        .call = call,
                        .out = out,
                        .err = err,
                        .dropped = g_ptr_array_new_with_free_func(cursor_free)};
    wish.link.data = &wish;
    int result = fulfil(&wish);
    if (wish.watching) kx_cancel_unwatch(cancel_of(&wish), &wish.watch);
    g_ptr_array_free(wish.dropped, TRUE);
    struct kx_stats *stats = target->ahead ? NULL : reader->reads->stats;
    kx_stats_add(stats, KX_STAT_READS, 1);
    if (result == 0 && !wish.waited) kx_stats_add(stats, KX_STAT_READ_HITS, 1);
    return result;
}
