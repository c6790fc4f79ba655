#include "fs/data/reader.h"

#include <errno.h>

#include "fs/data/reader_private.h"
#include "rest/client.h"

#define LOOK_AGAIN_US                                                                              \
    G_USEC_PER_SEC     /* of who waits for others: they wake it when there is reason */
#define SILENT_MS 1000 /* how long a server that has timed out counts as still silent */

static struct kx_cancel *cancel_of(const struct kx_wish *wish)
{
    return wish->call ? wish->call->cancel : NULL;
}

static void cursor_free(gpointer cursor)
{
    kx_cursor_free(cursor);
}

/* --- who is to look again --- */

static void rouse(struct kx_wish *wish)
{
    wish->asleep = NULL;
    g_cond_signal(&wish->changed);
}

static void rouse_all(struct kx_reader *reader)
{
    for (GList *at = reader->wishes.head; at; at = at->next)
        rouse(at->data);
}

/* Is what a sleeping wish waits for over: is all there that this cursor will have of it? */
static bool is_served(const struct kx_wish *wish, const struct kx_cursor *cursor)
{
    return cursor->end >= MIN(wish->to, cursor->stop);
}

/* Bytes have come to a cursor: who waits for more of it sleeps on. */
void kx_wishes_served(struct kx_reader *reader, const struct kx_cursor *cursor)
{
    for (GList *at = reader->wishes.head; at; at = at->next) {
        struct kx_wish *wish = at->data;
        if (wish->asleep == cursor && is_served(wish, cursor)) rouse(wish);
    }
}

/* The first of those that wait for a cursor which nobody moves takes it over. */
static void rouse_first(struct kx_reader *reader, const struct kx_cursor *cursor)
{
    struct kx_wish *first = NULL;
    for (GList *at = reader->wishes.head; at; at = at->next) {
        struct kx_wish *wish = at->data;
        if (wish->asleep == cursor && (!first || wish->at < first->at)) first = wish;
    }
    if (first) rouse(first);
}

/* A thread leaves its cursor. */
static void hand_over(struct kx_reader *reader)
{
    for (guint i = 0; i < reader->cursors->len; i++) {
        const struct kx_cursor *cursor = g_ptr_array_index(reader->cursors, i);
        if (!cursor->busy) rouse_first(reader, cursor);
    }
    for (GList *at = reader->wishes.head; at; at = at->next) {
        struct kx_wish *wish = at->data;
        bool gone = wish->asleep && !g_ptr_array_find(reader->cursors, wish->asleep, NULL);
        if (gone) rouse(wish);
    }
}

/* --- what version of the file it is --- */

bool kx_reader_is_at(const struct kx_reader *reader, const struct kx_read_target *target)
{
    return reader->known && reader->generation == target->generation &&
           reader->version.file_id == target->version.file_id &&
           reader->version.mtime_ms == target->version.mtime_ms;
}

static void notice_target(struct kx_wish *wish)
{
    struct kx_reader *reader = wish->reader;
    if (kx_reader_is_at(reader, wish->target)) return;
    while (reader->cursors->len > 0)
        kx_reads_drop(reader->reads, g_ptr_array_index(reader->cursors, 0), wish->dropped);
    reader->pattern = (struct kx_pattern){0};
    reader->known = true;
    reader->version = wish->target->version;
    reader->generation = wish->target->generation;
    rouse_all(reader);
}

/* --- what is there --- */

/* Take what is there, from wish->at on.  @return whether it is all. */
static bool collect(struct kx_wish *wish)
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

/* --- waiting for others --- */

static void wake(void *context)
{
    struct kx_wish *wish = context;
    g_mutex_lock(&wish->reader->reads->mutex);
    rouse(wish);
    g_mutex_unlock(&wish->reader->reads->mutex);
}

/* The canceller has a lock of its own when it wakes us. */
static void watch(struct kx_wish *wish)
{
    wish->watching = true;
    wish->watch = (struct kx_cancel_watch){.wake = wake, .context = wish};
    g_mutex_unlock(&wish->reader->reads->mutex);
    kx_cancel_watch(cancel_of(wish), &wish->watch);
    g_mutex_lock(&wish->reader->reads->mutex);
}

/* Another one is at it. */
static int wait_for_others(struct kx_wish *wish, const struct kx_cursor *cursor)
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
    hand_over(reader);
    wish->asleep = cursor;
    g_cond_wait_until(&wish->changed, &reader->reads->mutex, MIN(until, now + LOOK_AGAIN_US));
    wish->asleep = NULL;
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

static void note_silence(struct kx_wish *wish)
{
    struct kx_reader *reader = wish->reader;
    reader->silent_ms = kx_reads_now_ms(reader->reads);
    if (wish->err) kx_error_copy(&reader->silence, wish->err);
}

/* --- all of it --- */

/* One step towards the byte at wish->at. */
static int step(struct kx_wish *wish)
{
    struct kx_reader *reader = wish->reader;
    if (is_silent(reader)) return say_again(wish->err, &reader->silence);
    struct kx_cursor *cursor = kx_wish_find(wish);
    if (!cursor) cursor = kx_wish_begin(wish);
    cursor->wanted = MAX(cursor->wanted, wish->to);
    if (cursor->busy) return wait_for_others(wish, cursor);
    int result = kx_wish_advance(wish, cursor);
    if (result == -ETIMEDOUT) note_silence(wish);
    return result;
}

/* Step by step, until all of it is there; on an error nothing is. */
static int fulfil(struct kx_wish *wish)
{
    struct kx_reader *reader = wish->reader;
    struct kx_slices *out = wish->out;
    guint blocks = out->blocks->len, pieces = out->pieces->len;
    size_t length = out->length;
    int result = 0;
    g_mutex_lock(&reader->reads->mutex);
    notice_target(wish);
    g_queue_push_tail_link(&reader->wishes, &wish->link);
    if (!wish->target->ahead) kx_lanes_begin(reader);
    while (result == 0) {
        if (!kx_reader_is_at(reader, wish->target))
            result = kx_error_set(wish->err, EAGAIN, "the file has changed meanwhile");
        else if (collect(wish))
            break;
        else
            result = step(wish);
    }
    g_queue_unlink(&reader->wishes, &wish->link);
    if (!wish->target->ahead) kx_lanes_end(wish, result == 0);
    hand_over(reader);
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
    struct kx_wish wish = {.reader = reader,
                           .target = target,
                           .from = offset,
                           .at = offset,
                           .to = to,
                           .call = call,
                           .out = out,
                           .err = err,
                           .dropped = g_ptr_array_new_with_free_func(cursor_free)};
    wish.link.data = &wish;
    g_cond_init(&wish.changed);
    int result = fulfil(&wish);
    if (wish.watching) kx_cancel_unwatch(cancel_of(&wish), &wish.watch);
    if (wish.stale) kx_cancel_fire(wish.stale);
    kx_cancel_unref(wish.stale);
    g_cond_clear(&wish.changed);
    g_ptr_array_free(wish.dropped, TRUE);
    struct kx_stats *stats = target->ahead ? NULL : reader->reads->stats;
    kx_stats_add(stats, KX_STAT_READS, 1);
    if (result == 0 && !wish.waited) kx_stats_add(stats, KX_STAT_READ_HITS, 1);
    return result;
}

void kx_reader_forget(struct kx_reader *reader)
{
    struct kx_reads *reads = reader->reads;
    g_autoptr(GPtrArray) dropped = g_ptr_array_new_with_free_func(cursor_free);
    g_mutex_lock(&reads->mutex);
    while (reader->cursors->len > 0)
        kx_reads_drop(reads, g_ptr_array_index(reader->cursors, 0), dropped);
    reader->moved++;
    rouse_all(reader);
    g_mutex_unlock(&reads->mutex);
}

int64_t kx_reader_window(struct kx_reader *reader)
{
    int64_t bytes = 0;
    g_mutex_lock(&reader->reads->mutex);
    for (guint i = 0; i < reader->cursors->len; i++) {
        const struct kx_cursor *cursor = g_ptr_array_index(reader->cursors, i);
        /* Of a busy one only its thread may look whether the stream is open. */
        if (cursor->busy || cursor->download) bytes += cursor->window;
    }
    g_mutex_unlock(&reader->reads->mutex);
    return bytes;
}
