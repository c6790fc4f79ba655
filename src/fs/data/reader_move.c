/* Moving a cursor: its stream is opened, its bytes are pulled, its window is fitted. */
#include <errno.h>

#include "fs/data/reader_private.h"
#include "rest/client.h"

static void unlocked_free(struct kx_wish *wish)
{
    g_ptr_array_set_size(wish->dropped, 0);
}

/* Busy, without the lock. */
static int open_stream(struct kx_wish *wish, struct kx_cursor *cursor)
{
    const struct kx_read_target *target = wish->target;
    if (!target->path) return kx_error_set(wish->err, ESTALE, "the file was removed or replaced");
    const struct kx_download_range range = {.path = target->path,
                                            .offset = cursor->end,
                                            .length = cursor->stop - cursor->end,
                                            .version =
                                                target->version.file_id ? &target->version : NULL,
                                            .window_bytes = (size_t)cursor->window};
    gint64 begun = g_get_monotonic_time();
    int result = kx_download_open(wish->reader->reads->client, &range, wish->call,
                                  &cursor->download, wish->err);
    if (result == 0) wish->opened_us = MAX(g_get_monotonic_time() - begun, 1);
    return result;
}

/* Busy, without the lock: the next bytes of a cursor; an ended stream is closed.  @want bytes. */
static int pull(struct kx_wish *wish, struct kx_cursor *cursor, int64_t want,
                struct kx_block **block)
{
    int result = cursor->download ? 0 : open_stream(wish, cursor);
    if (result == 0)
        result =
            kx_download_pull(cursor->download, (size_t)MAX(want, 1), wish->call, block, wish->err);
    bool over = result > 0 && kx_download_position(cursor->download) >= cursor->stop;
    /* an interrupted reader leaves the stream to the others */
    if (over || (result <= 0 && result != -EINTR))
        g_clear_pointer(&cursor->download, kx_download_close);
    return result;
}

/* Before the stream is used: its memory, as there is. */
static void adapt_window(struct kx_wish *wish, struct kx_cursor *cursor, bool waited)
{
    struct kx_reads *reads = wish->reader->reads;
    int64_t before = cursor->window, window = kx_window_next(before, cursor->taken, waited);
    if (kx_reads_is_short(reads)) window = MAX(before / 2, KX_WINDOW_LEAST);
    if (window == before || !kx_cursor_charge(cursor, window, false)) return;
    cursor->taken = 0;
    kx_download_set_window(cursor->download, (size_t)window);
}

static void prepare(struct kx_wish *wish, struct kx_cursor *cursor)
{
    struct kx_reads *reads = wish->reader->reads;
    cursor->busy = true;
    if (cursor->download) return;
    cursor->stop = kx_wish_stop(wish, cursor);
    cursor->taken = 0;
    int64_t most = cursor->window ? cursor->window : KX_WINDOW_FIRST;
    kx_reads_grant(reads, cursor, MIN(most, cursor->stop - cursor->end), wish->dropped);
}

/* Where the first byte lies that somebody waits for and that this cursor has or will have. */
static int64_t first_needed(const struct kx_wish *wish, const struct kx_cursor *cursor)
{
    /* what is fetched ahead of a program (lanes.h, ahead.h) is not needed where that is now */
    int64_t needed = wish->target->ahead ? MIN(wish->from, wish->reader->lanes.at) : wish->from;
    for (const GList *at = wish->reader->wishes.head; at; at = at->next) {
        const struct kx_wish *other = at->data;
        if (other->at >= cursor->begin) needed = MIN(needed, other->at);
    }
    return needed;
}

/* Lock held again: what has become of it.  @was: had it a stream before? */
static void settle(struct kx_wish *wish, struct kx_cursor *cursor, bool was, struct kx_block *block)
{
    struct kx_reads *reads = wish->reader->reads;
    bool is = cursor->download != NULL;
    cursor->busy = false;
    if (wish->opened_us) kx_lanes_opened(cursor->reader, wish->opened_us);
    wish->opened_us = 0;
    if (is != was) reads->streams += is ? 1 : (unsigned)-1;
    if (cursor->dropped) {
        if (is) reads->streams--;
        kx_block_unref(block);
        g_ptr_array_add(wish->dropped, cursor);
        return;
    }
    if (!is) kx_cursor_charge(cursor, 0, true);
    if (block) cursor->reader->lanes.came += (int64_t)block->length;
    if (block) reads->came += (int64_t)block->length;
    int64_t behind = kx_run_behind(wish->to - wish->from);
    if (block) kx_cursor_append(cursor, block, first_needed(wish, cursor) - behind);
}

/* Bring a cursor one block further. */
int kx_wish_advance(struct kx_wish *wish, struct kx_cursor *cursor)
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
    reader->moved++;
    kx_wishes_served(reader, cursor);
    return MIN(result, 0);
}
