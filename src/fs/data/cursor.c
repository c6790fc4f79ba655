#include "fs/data/cursor.h"

#include "fs/data/reader.h"

/* A block and where in the file it lies. */
struct placed {
    int64_t offset;
    struct kx_block *block;
};

void kx_slices_init(struct kx_slices *slices)
{
    slices->blocks = g_ptr_array_new_with_free_func((GDestroyNotify)kx_block_unref);
    slices->pieces = g_array_new(FALSE, FALSE, sizeof(struct iovec));
    slices->length = 0;
}

void kx_slices_clear(struct kx_slices *slices)
{
    g_ptr_array_free(slices->blocks, TRUE);
    g_array_free(slices->pieces, TRUE);
}

struct kx_cursor *kx_cursor_new(struct kx_reader *reader, struct kx_budget *budget, int64_t at)
{
    struct kx_cursor *cursor = g_new0(struct kx_cursor, 1);
    cursor->reader = reader;
    cursor->budget = budget;
    cursor->begin = cursor->end = cursor->stop = cursor->run_begin = at;
    cursor->link.data = cursor;
    g_queue_init(&cursor->blocks);
    return cursor;
}

static void drop_first(struct kx_cursor *cursor)
{
    struct placed *placed = g_queue_pop_head(&cursor->blocks);
    cursor->begin = placed->offset + (int64_t)placed->block->length;
    cursor->charged -= (int64_t)KX_BLOCK_BYTES;
    kx_budget_give(cursor->budget, (int64_t)KX_BLOCK_BYTES);
    kx_block_unref(placed->block);
    g_free(placed);
}

void kx_cursor_forget(struct kx_cursor *cursor)
{
    while (cursor->blocks.length > 0)
        drop_first(cursor);
}

void kx_cursor_free(struct kx_cursor *cursor)
{
    kx_download_close(cursor->download);
    kx_cursor_forget(cursor);
    kx_budget_give(cursor->budget, cursor->charged);
    g_free(cursor);
}

int64_t kx_cursor_take(const struct kx_cursor *cursor, int64_t from, int64_t to,
                       struct kx_slices *out)
{
    if (from < cursor->begin || from >= cursor->end) return 0;
    int64_t before = (int64_t)out->length;
    for (GList *at = cursor->blocks.head; at; at = at->next) {
        struct placed *placed = at->data;
        int64_t begin = MAX(from, placed->offset);
        int64_t end = MIN(to, placed->offset + (int64_t)placed->block->length);
        if (begin >= end) continue;
        struct iovec piece = {.iov_base = placed->block->data + (begin - placed->offset),
                              .iov_len = (size_t)(end - begin)};
        g_ptr_array_add(out->blocks, kx_block_ref(placed->block));
        g_array_append_val(out->pieces, piece);
        out->length += piece.iov_len;
    }
    return (int64_t)out->length - before;
}

void kx_cursor_append(struct kx_cursor *cursor, struct kx_block *block, int64_t keep)
{
    struct placed *fresh = g_new0(struct placed, 1);
    *fresh = (struct placed){.offset = cursor->end, .block = block};
    g_queue_push_tail(&cursor->blocks, fresh);
    cursor->end += (int64_t)block->length;
    cursor->taken += (int64_t)block->length;
    cursor->charged += (int64_t)KX_BLOCK_BYTES;
    kx_budget_take(cursor->budget, (int64_t)KX_BLOCK_BYTES);
    for (;;) {
        struct placed *first = cursor->blocks.head->data;
        int64_t first_end = first->offset + (int64_t)first->block->length;
        if (first == fresh || first_end > keep) break;
        drop_first(cursor);
    }
}

bool kx_cursor_charge(struct kx_cursor *cursor, int64_t window, bool must)
{
    int64_t held = (int64_t)cursor->blocks.length * (int64_t)KX_BLOCK_BYTES;
    int64_t now = cursor->charged - held;
    int64_t then = window > 0 ? window + KX_STREAM_BYTES : 0;
    if (then > now && must)
        kx_budget_take(cursor->budget, then - now);
    else if (then > now && !kx_budget_try(cursor->budget, then - now))
        return false;
    if (then < now) kx_budget_give(cursor->budget, now - then);
    cursor->charged = held + then;
    cursor->window = window ? window : cursor->window;
    return true;
}
