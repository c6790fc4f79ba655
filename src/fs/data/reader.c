#include "fs/data/reader.h"

#include <errno.h>

#include "base/gate.h"

#define SILENT_MS 1000 /* how long a server that has timed out counts as still silent */

/* A block and where in the file it lies. */
struct placed {
    int64_t offset;
    struct kx_block *block;
};

struct kx_reader {
    struct kx_client *client;
    struct kx_gate gate;          /* who moves the stream; guards the next six */
    struct kx_download *download; /* NULL: none open */
    int64_t span; /* how much the next stream asks for after a jump; 0: the rest of the file */
    unsigned generation;
    int64_t silent_ms;       /* when the server last was silent for too long; 0: never */
    struct kx_error silence; /* what was said of it then */
    bool used;               /* something was read */
    GMutex mutex;            /* guards the window: written with the gate held too */
    GQueue window;           /* of struct placed, in order and without gaps */
    int64_t begin, end;      /* what the window covers */
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

struct kx_reader *kx_reader_new(struct kx_client *client)
{
    struct kx_reader *reader = g_new0(struct kx_reader, 1);
    reader->client = client;
    kx_gate_init(&reader->gate);
    g_mutex_init(&reader->mutex);
    g_queue_init(&reader->window);
    return reader;
}

static void placed_free(gpointer data)
{
    struct placed *placed = data;
    kx_block_unref(placed->block);
    g_free(placed);
}

void kx_reader_free(struct kx_reader *reader)
{
    if (!reader) return;
    kx_download_close(reader->download);
    kx_error_clear(&reader->silence);
    g_queue_clear_full(&reader->window, placed_free);
    kx_gate_clear(&reader->gate);
    g_mutex_clear(&reader->mutex);
    g_free(reader);
}

/* Take [from, to) out of the window if it is all there. */
static bool take_slices(struct kx_reader *reader, int64_t from, int64_t to, struct kx_slices *out)
{
    g_mutex_lock(&reader->mutex);
    bool there = from >= reader->begin && to <= reader->end;
    for (GList *at = reader->window.head; there && at; at = at->next) {
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
    g_mutex_unlock(&reader->mutex);
    return there;
}

static void window_reset(struct kx_reader *reader, int64_t at)
{
    g_mutex_lock(&reader->mutex);
    g_queue_clear_full(&reader->window, placed_free);
    reader->begin = reader->end = at;
    g_mutex_unlock(&reader->mutex);
}

/* Append a block (consumed) and let go of what lies far behind `needed`. */
static void window_append(struct kx_reader *reader, struct kx_block *block, int64_t needed)
{
    struct placed *fresh = g_new0(struct placed, 1);
    g_mutex_lock(&reader->mutex);
    *fresh = (struct placed){.offset = reader->end, .block = block};
    g_queue_push_tail(&reader->window, fresh);
    reader->end += (int64_t)block->length;
    for (;;) {
        struct placed *first = reader->window.head->data;
        int64_t first_end = first->offset + (int64_t)first->block->length;
        if (first_end > needed - KX_READ_BEHIND_BYTES || first == fresh) break;
        reader->begin = first_end;
        placed_free(g_queue_pop_head(&reader->window));
    }
    g_mutex_unlock(&reader->mutex);
}

/* How much a stream that begins at `from` asks for, when the reader needs the bytes up to `to`. */
static int64_t stream_length(struct kx_reader *reader, int64_t from, int64_t to,
                             int64_t file_length)
{
    int64_t rest = file_length - from;
    if (reader->span == 0 || reader->span >= KX_READ_STREAM_BYTES) return rest;
    return MIN(rest, MAX(reader->span, to - from));
}

static int stream_open(struct kx_reader *reader, const struct kx_read_target *target, int64_t to,
                       const struct kx_call *call, struct kx_error *err)
{
    if (!target->path) return kx_error_set(err, ESTALE, "the file was removed or replaced");
    int64_t from = reader->end;
    int64_t length = stream_length(reader, from, to, target->length);
    const struct kx_version *version = target->version.file_id ? &target->version : NULL;
    return kx_download_open(reader->client, target->path, from, length, version, call,
                            &reader->download, err);
}

/* Make the window end where the next needed byte is near: go on, or jump. */
static void aim(struct kx_reader *reader, int64_t from)
{
    bool near = from >= reader->begin && from <= reader->end + KX_READ_AHEAD_BYTES;
    if (reader->used && near) {
        /* The stream that was asked for is used up and the reader goes on: ask for more next time.
         */
        if (!reader->download && reader->span) reader->span *= 4;
        return;
    }
    g_clear_pointer(&reader->download, kx_download_close);
    if (reader->used) reader->span = KX_READ_JUMP_BYTES;
    /* The first read-ahead requests of a file may overtake each other. */
    bool beginning = !reader->used && from <= KX_READ_AHEAD_BYTES;
    window_reset(reader, beginning ? 0 : from);
    reader->used = true;
}

/* Bring the window one block further. Gate held. */
static int advance(struct kx_reader *reader, const struct kx_read_target *target, int64_t from,
                   int64_t to, const struct kx_call *call, struct kx_error *err)
{
    aim(reader, from);
    if (!reader->download) {
        int result = stream_open(reader, target, to, call, err);
        if (result < 0) return result;
    }
    size_t want = (size_t)CLAMP(to - reader->end, 1, (int64_t)KX_BLOCK_BYTES);
    struct kx_block *block = NULL;
    int result = kx_download_pull(reader->download, want, call, &block, err);
    if (result > 0)
        window_append(reader, block, from);
    else if (result != -EINTR) /* an interrupted reader leaves the stream to the others */
        g_clear_pointer(&reader->download, kx_download_close);
    return MIN(result, 0);
}

static void notice_change(struct kx_reader *reader, unsigned generation)
{
    if (reader->generation == generation) return;
    reader->generation = generation;
    g_clear_pointer(&reader->download, kx_download_close);
    window_reset(reader, 0);
    reader->used = false;
    reader->span = 0;
}

static int64_t now_ms(const struct kx_reader *reader)
{
    const struct kx_clock *clock = kx_client_clock(reader->client);
    return clock->now_ms(clock);
}

static int say_again(struct kx_error *err, const struct kx_error *before)
{
    if (err) kx_error_copy(err, before);
    return -before->code;
}

/* The kernel repeats a read-ahead that has failed as a read of its own, and others wait behind it:
 * they need not wait for a silent server all over again. */
static bool is_silent(const struct kx_reader *reader)
{
    return reader->silent_ms && now_ms(reader) - reader->silent_ms < SILENT_MS;
}

int kx_reader_read(struct kx_reader *reader, const struct kx_read_target *target, int64_t offset,
                   size_t size, const struct kx_call *call, struct kx_slices *out,
                   struct kx_error *err)
{
    int64_t to = MIN(offset + (int64_t)size, target->length);
    if (offset >= to) return 0;
    int64_t patience = kx_client_stall_ms(reader->client);
    int result = kx_gate_enter(&reader->gate, call ? call->cancel : NULL, patience);
    if (result < 0)
        return kx_error_set(err, -result,
                            result == -EINTR ? "interrupted" : "the stream of this file is stuck");
    notice_change(reader, target->generation);
    bool there = take_slices(reader, offset, to, out), silent = !there && is_silent(reader);
    if (silent) result = say_again(err, &reader->silence);
    /* The gate is kept until all of it is there: readers in different places would rob each other
     * of the stream before either has what it wants. */
    while (result == 0 && !there) {
        result = advance(reader, target, offset, to, call, err);
        there = result == 0 && take_slices(reader, offset, to, out);
    }
    if (result == -ETIMEDOUT && !silent) {
        reader->silent_ms = now_ms(reader);
        if (err) kx_error_copy(&reader->silence, err);
    }
    kx_gate_leave(&reader->gate);
    return result;
}
