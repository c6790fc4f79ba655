#include "fs/data/reads.h"

#include "fs/data/reads_private.h"
#include "rest/client.h"

#define TIDY_US G_USEC_PER_SEC

int64_t kx_reads_now_ms(const struct kx_reads *reads)
{
    const struct kx_clock *clock = kx_client_clock(reads->client);
    return clock->now_ms(clock);
}

static void cursor_free(gpointer cursor)
{
    kx_cursor_free(cursor);
}

static gpointer run_tidy(gpointer data)
{
    struct kx_reads *reads = data;
    g_mutex_lock(&reads->mutex);
    while (!reads->ending) {
        if (reads->in_use.length == 0) {
            g_cond_wait(&reads->wake, &reads->mutex);
            continue;
        }
        g_cond_wait_until(&reads->wake, &reads->mutex, g_get_monotonic_time() + TIDY_US);
        g_mutex_unlock(&reads->mutex);
        kx_reads_tidy(reads);
        g_mutex_lock(&reads->mutex);
    }
    g_mutex_unlock(&reads->mutex);
    return NULL;
}

struct kx_reads *kx_reads_new(struct kx_client *client, struct kx_budget *budget,
                              struct kx_stats *stats)
{
    struct kx_reads *reads = g_new0(struct kx_reads, 1);
    reads->client = client;
    reads->budget = budget;
    reads->stats = stats;
    g_mutex_init(&reads->mutex);
    g_cond_init(&reads->wake);
    g_queue_init(&reads->in_use);
    reads->readers = g_hash_table_new(g_int64_hash, g_int64_equal);
    reads->thread = g_thread_new("reads", run_tidy, reads);
    return reads;
}

void kx_reads_free(struct kx_reads *reads)
{
    if (!reads) return;
    g_mutex_lock(&reads->mutex);
    reads->ending = true;
    g_cond_signal(&reads->wake);
    g_mutex_unlock(&reads->mutex);
    g_thread_join(reads->thread);
    kx_lanes_stop(reads);
    g_assert(g_hash_table_size(reads->readers) == 0);
    g_hash_table_destroy(reads->readers);
    g_cond_clear(&reads->wake);
    g_mutex_clear(&reads->mutex);
    g_free(reads);
}

static struct kx_reader *reader_new(struct kx_reads *reads, uint64_t node)
{
    struct kx_reader *reader = g_new0(struct kx_reader, 1);
    reader->reads = reads;
    reader->node = node;
    reader->cursors = g_ptr_array_new();
    g_hash_table_insert(reads->readers, &reader->node, reader);
    return reader;
}

struct kx_reader *kx_reads_open(struct kx_reads *reads, uint64_t node)
{
    g_mutex_lock(&reads->mutex);
    struct kx_reader *reader = g_hash_table_lookup(reads->readers, &node);
    if (!reader) reader = reader_new(reads, node);
    reader->refs++;
    g_mutex_unlock(&reads->mutex);
    return reader;
}

void kx_reader_free(struct kx_reader *reader)
{
    if (!reader) return;
    struct kx_reads *reads = reader->reads;
    g_autoptr(GPtrArray) dropped = g_ptr_array_new_with_free_func(cursor_free);
    g_mutex_lock(&reads->mutex);
    bool last = --reader->refs == 0, left = !last && reader->refs == reader->lanes.helpers;
    struct kx_cancel *cancel = left ? g_steal_pointer(&reader->lanes.cancel) : NULL;
    while (last && reader->cursors->len > 0)
        kx_reads_drop(reads, g_ptr_array_index(reader->cursors, 0), dropped);
    if (last) {
        g_hash_table_remove(reads->readers, &reader->node);
        kx_lanes_clear(reader);
    }
    g_mutex_unlock(&reads->mutex);
    if (cancel) kx_cancel_fire(cancel); /* nobody waits for what its helpers fetch */
    kx_cancel_unref(cancel);
    if (!last) return;
    g_ptr_array_free(reader->cursors, TRUE);
    kx_error_clear(&reader->silence);
    g_free(reader);
}

static bool is_listed(const struct kx_reads *reads, const struct kx_cursor *cursor)
{
    return cursor->link.prev || cursor->link.next || reads->in_use.head == &cursor->link;
}

static void unlist(struct kx_reads *reads, struct kx_cursor *cursor)
{
    if (is_listed(reads, cursor)) g_queue_unlink(&reads->in_use, &cursor->link);
}

void kx_reads_touch(struct kx_reads *reads, struct kx_cursor *cursor)
{
    cursor->used_ms = kx_reads_now_ms(reads);
    cursor->jumps = cursor->reader->pattern.jumps;
    if (reads->in_use.tail == &cursor->link) return;
    unlist(reads, cursor);
    if (reads->in_use.length == 0) g_cond_signal(&reads->wake);
    g_queue_push_tail_link(&reads->in_use, &cursor->link);
}

void kx_reads_drop(struct kx_reads *reads, struct kx_cursor *cursor, GPtrArray *dropped)
{
    unlist(reads, cursor);
    g_ptr_array_remove_fast(cursor->reader->cursors, cursor);
    cursor->dropped = true;
    if (cursor->busy) return;
    if (cursor->download) reads->streams--;
    kx_cursor_forget(cursor);
    kx_cursor_charge(cursor, 0, true);
    g_ptr_array_add(dropped, cursor);
}

/* Let a cursor that nobody waits at keep its place only. */
static void strip(struct kx_reads *reads, struct kx_cursor *cursor, GPtrArray *dropped)
{
    unlist(reads, cursor);
    kx_cursor_forget(cursor);
    kx_cursor_charge(cursor, 0, true);
    cursor->stop = cursor->end;
    if (!cursor->download) return;
    struct kx_cursor *shell = kx_cursor_new(NULL, NULL, cursor->end);
    shell->download = g_steal_pointer(&cursor->download);
    g_ptr_array_add(dropped, shell);
    reads->streams--;
}

/* Does a program wait for bytes before it, of a server that is slow? */
static bool is_next(const struct kx_cursor *cursor)
{
    const struct kx_lanes *lanes = &cursor->reader->lanes;
    return lanes->waiting > 0 && cursor->end > lanes->at;
}

/* The one that was not used for the longest time, at or before `until_ms`.  @all: also those that
 * will be of use soon. */
static struct kx_cursor *oldest_idle(struct kx_reads *reads, int64_t until_ms, bool all)
{
    for (GList *at = reads->in_use.head; at; at = at->next) {
        struct kx_cursor *cursor = at->data;
        if (cursor->used_ms > until_ms) return NULL;
        if (!cursor->busy && (all || !is_next(cursor))) return cursor;
    }
    return NULL;
}

void kx_reads_tidy(struct kx_reads *reads)
{
    g_autoptr(GPtrArray) dropped = g_ptr_array_new_with_free_func(cursor_free);
    struct kx_cursor *cursor;
    g_mutex_lock(&reads->mutex);
    int64_t until_ms = kx_reads_now_ms(reads) - KX_READ_IDLE_MS;
    while ((cursor = oldest_idle(reads, until_ms, false)))
        strip(reads, cursor, dropped);
    g_mutex_unlock(&reads->mutex);
}

bool kx_reads_is_short(struct kx_reads *reads)
{
    int64_t limit = kx_budget_limit(reads->budget);
    return limit && kx_budget_used(reads->budget) > limit / 8 * 7;
}

/* Have the one that was idle for the longest time let go of its memory. */
static bool make_room(struct kx_reads *reads, GPtrArray *dropped)
{
    struct kx_cursor *idle = oldest_idle(reads, INT64_MAX, true);
    if (idle) strip(reads, idle, dropped);
    return idle != NULL;
}

void kx_reads_grant(struct kx_reads *reads, struct kx_cursor *cursor, int64_t window,
                    GPtrArray *dropped)
{
    window = MAX(window, KX_WINDOW_LEAST);
    while (!kx_cursor_charge(cursor, window, false))
        if (!make_room(reads, dropped)) {
            if (window == KX_WINDOW_LEAST) break;
            window = MAX(window / 2, KX_WINDOW_LEAST);
        }
    kx_cursor_charge(cursor, window, true);
}

unsigned kx_reads_streams(struct kx_reads *reads)
{
    g_mutex_lock(&reads->mutex);
    unsigned streams = reads->streams;
    g_mutex_unlock(&reads->mutex);
    return streams;
}
