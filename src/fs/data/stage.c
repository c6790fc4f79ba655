#include "fs/data/stage.h"

#include <errno.h>
#include <string.h>

#include "fs/data/stage_private.h"
#include "rest/download.h"

#define PIECE_BYTES ((int64_t)1024 * 1024)     /* carried at a time between file and wire */
#define LOAD_BYTES  ((int64_t)4 * 1024 * 1024) /* around a missing byte: fewer requests */

/* A cut inside a block costs the DataNodes a recovery of seconds; less than this is sent again
 * instead, from the block's start. */
#define RESEND_BYTES ((int64_t)32 * 1024 * 1024)

struct kx_stage *kx_stage_on(struct kx_local_file *file, const struct kx_stage_place *place,
                             const char *base_path, int64_t base_length)
{
    struct kx_stage *stage = g_new0(struct kx_stage, 1);
    stage->file = file;
    stage->room = place->room;
    stage->base_path = g_strdup(base_path);
    stage->base_length = stage->base_total = stage->length = base_path ? base_length : 0;
    kx_ranges_init(&stage->here);
    kx_ranges_init(&stage->changed);
    return stage;
}

int kx_stage_new(const struct kx_stage_place *place, const char *base_path, int64_t base_length,
                 struct kx_stage **out, struct kx_error *err)
{
    struct kx_local_file *file = NULL;
    int result = kx_local_file_new(place->folder, place->name, &file, err);
    if (result == 0) *out = kx_stage_on(file, place, base_path, base_length);
    return result;
}

void kx_stage_free(struct kx_stage *stage)
{
    if (!stage) return;
    kx_local_file_free(stage->file);
    if (stage->room) kx_room_give(stage->room, stage->taken);
    kx_ranges_clear(&stage->here);
    kx_ranges_clear(&stage->changed);
    g_free(stage->base_path);
    g_free(stage);
}

int64_t kx_stage_length(const struct kx_stage *stage)
{
    return stage->length;
}

bool kx_stage_changed(const struct kx_stage *stage)
{
    return !kx_ranges_empty(&stage->changed) || stage->length != stage->base_total ||
           stage->base_length != stage->base_total;
}

/* How many bytes of [from, to) are not here. */
static int64_t missing_bytes(const struct kx_stage *stage, int64_t from, int64_t to)
{
    int64_t bytes = 0;
    struct kx_range gap = {from, from};
    while (kx_ranges_gap(&stage->here, gap.to, to, &gap))
        bytes += gap.to - gap.from;
    return bytes;
}

/* Write all of it into the local file; [offset, offset + length) is here then. */
static int store(struct kx_stage *stage, int64_t offset, const void *data, size_t length,
                 struct kx_error *err)
{
    int64_t more = missing_bytes(stage, offset, offset + (int64_t)length);
    if (stage->room && !kx_room_take(stage->room, more))
        return kx_error_set(err, ENOSPC,
                            "local copies have all the room that they may have (-o stage_max=)");
    int result = kx_local_file_write(stage->file, offset, data, length, err);
    if (result == 0) {
        kx_ranges_add(&stage->here, offset, offset + (int64_t)length);
        stage->taken += more;
    } else if (stage->room) {
        kx_room_give(stage->room, more);
    }
    return result;
}

int kx_stage_write(struct kx_stage *stage, int64_t offset, const void *data, size_t length,
                   struct kx_error *err)
{
    int result = store(stage, offset, data, length, err);
    if (result < 0) return result;
    int64_t to = offset + (int64_t)length;
    kx_ranges_add(&stage->changed, offset, to);
    stage->length = MAX(stage->length, to);
    return 0;
}

int kx_stage_resize(struct kx_stage *stage, int64_t length, struct kx_error *err)
{
    /* Cut and grown again, the old bytes must not come back: the base counts only up to the
     * shortest length. */
    int result = kx_local_file_resize(stage->file, length, err);
    if (result < 0) return result;
    kx_ranges_cut(&stage->here, length);
    if (stage->room) kx_room_give(stage->room, stage->taken - stage->here.bytes);
    stage->taken = stage->here.bytes;
    kx_ranges_cut(&stage->changed, length);
    stage->base_length = MIN(stage->base_length, length);
    stage->length = length;
    return 0;
}

int kx_stage_each(struct kx_download *download, const struct kx_call *call, kx_stage_take take,
                  void *context, struct kx_error *err)
{
    g_autoptr(kx_download) own = download;
    for (;;) {
        g_autoptr(kx_block) block = NULL;
        int64_t at = kx_download_position(own);
        int result = kx_download_pull(own, KX_BLOCK_BYTES, call, &block, err);
        if (result <= 0) return result;
        result = take(context, at, block, err);
        if (result != 0) return result;
    }
}

/* Give a part of the base to `take`. */
static int each_of_base(struct kx_stage *stage, struct kx_client *client, struct kx_range part,
                        const struct kx_call *call, kx_stage_take take, void *context,
                        struct kx_error *err)
{
    struct kx_download *download = NULL;
    if (!stage->base_path)
        return kx_error_set(err, ESTALE, "the file was removed; only the server had it");
    const struct kx_download_range range = {
        .path = stage->base_path,
        .offset = part.from,
        .length = part.to - part.from,
        .version = stage->base_version.file_id ? &stage->base_version : NULL};
    int result = kx_download_open(client, &range, call, &download, err);
    return result < 0 ? result : kx_stage_each(download, call, take, context, err);
}

static int take_in(void *context, int64_t at, const struct kx_block *block, struct kx_error *err)
{
    return store(context, at, block->data, block->length, err);
}

/* Bring [from, to) of the base into the local file. */
static int load(struct kx_stage *stage, struct kx_client *client, struct kx_range part,
                const struct kx_call *call, struct kx_error *err)
{
    return each_of_base(stage, client, part, call, take_in, stage, err);
}

/* Make [from, to) readable in the local file. */
static int make_here(struct kx_stage *stage, struct kx_client *client, int64_t from, int64_t to,
                     const struct kx_call *call, struct kx_error *err)
{
    struct kx_range gap;
    int result = 0;
    /* Behind the base's valid part the local file is right as it is: a hole reads as zeros. */
    int64_t last = MIN(to, stage->base_length);
    while (result == 0 && kx_ranges_gap(&stage->here, from, last, &gap)) {
        struct kx_range more;
        int64_t until = MIN(MAX(gap.to, gap.from + LOAD_BYTES), stage->base_length);
        kx_ranges_gap(&stage->here, gap.from, until, &more);
        result = load(stage, client, more, call, err);
    }
    return result == 0 ? kx_local_file_resize(stage->file, stage->length, err) : result;
}

/* Where the bytes from `from` on go. */
struct reader {
    char *room;
    int64_t from;
};

static int take_out(void *context, int64_t at, const struct kx_block *block, struct kx_error *err)
{
    const struct reader *reader = context;
    (void)err;
    memcpy(reader->room + (at - reader->from), block->data, block->length);
    return 0;
}

/* A part that only the server has, straight to who reads it. */
static int read_base(struct kx_stage *stage, struct kx_client *client, struct kx_range part,
                     const struct kx_call *call, char *room, struct kx_error *err)
{
    struct reader reader = {room, part.from};
    return each_of_base(stage, client, part, call, take_out, &reader, err);
}

/* The folder is full: what is not here is not kept. */
static int read_without_room(struct kx_stage *stage, struct kx_client *client, struct kx_range all,
                             const struct kx_call *call, char *room, struct kx_error *err)
{
    int64_t last = MIN(all.to, stage->base_length);
    int result = kx_local_file_resize(stage->file, stage->length, err);
    for (int64_t at = all.from; result == 0 && at < all.to;) {
        struct kx_range gap;
        bool missing = kx_ranges_gap(&stage->here, at, last, &gap);
        int64_t to = missing ? gap.from : all.to;
        if (at < to)
            result =
                kx_local_file_read(stage->file, at, room + (at - all.from), (size_t)(to - at), err);
        if (result == 0 && missing)
            result = read_base(stage, client, gap, call, room + (gap.from - all.from), err);
        at = missing ? gap.to : to;
    }
    return result;
}

int kx_stage_read(struct kx_stage *stage, struct kx_client *client, int64_t offset, size_t size,
                  const struct kx_call *call, void *room, struct kx_error *err)
{
    int result = make_here(stage, client, offset, offset + (int64_t)size, call, err);
    if (result == -ENOSPC || result == -EDQUOT) {
        kx_error_clear(err);
        return read_without_room(stage, client, (struct kx_range){offset, offset + (int64_t)size},
                                 call, room, err);
    }
    return result < 0 ? result : kx_local_file_read(stage->file, offset, room, size, err);
}

bool kx_stage_only_grown(const struct kx_stage *stage, int64_t *from)
{
    int64_t first = kx_ranges_first(&stage->changed);
    *from = stage->base_total;
    return stage->base_total > 0 && stage->base_length == stage->base_total &&
           stage->length > stage->base_total && (first < 0 || first >= stage->base_total);
}

bool kx_stage_only_tail(const struct kx_stage *stage, int64_t block_bytes, int64_t *cut)
{
    if (stage->base_total <= 0 || block_bytes <= 0) return false;
    int64_t from = MIN(stage->base_length, stage->length), first = kx_ranges_first(&stage->changed);
    if (first >= 0) from = MIN(from, first);
    int64_t block = from / block_bytes * block_bytes;
    *cut = from == stage->length || from - block > RESEND_BYTES ? from : block;
    return *cut > 0 && *cut >= stage->length - *cut;
}

int kx_stage_load(struct kx_stage *stage, struct kx_client *client, int64_t from,
                  const struct kx_call *call, struct kx_error *err)
{
    return make_here(stage, client, from, stage->length, call, err);
}

bool kx_stage_has(const struct kx_stage *stage, int64_t from, int64_t to)
{
    return kx_ranges_cover(&stage->here, from, MIN(to, MIN(stage->base_length, stage->length)));
}

bool kx_stage_is_whole(const struct kx_stage *stage)
{
    return kx_ranges_cover(&stage->here, 0, MIN(stage->base_length, stage->length));
}

/* Send what is in the local file. */
static int send_local(struct kx_stage *stage, struct kx_range part, struct kx_upload *upload,
                      const struct kx_call *call, struct kx_error *err)
{
    g_autofree char *room = g_malloc((gsize)MIN(PIECE_BYTES, part.to - part.from));
    int result = 0;
    while (result == 0 && part.from < part.to) {
        size_t n = (size_t)MIN(PIECE_BYTES, part.to - part.from);
        result = kx_local_file_read(stage->file, part.from, room, n, err);
        if (result == 0) result = kx_upload_write(upload, room, n, call, err);
        part.from += (int64_t)n;
    }
    return result;
}

struct sender {
    struct kx_upload *upload;
    const struct kx_call *call;
};

static int take_on(void *context, int64_t at, const struct kx_block *block, struct kx_error *err)
{
    const struct sender *sender = context;
    (void)at;
    return kx_upload_write(sender->upload, block->data, block->length, sender->call, err);
}

/* Send what only the server has, without keeping it. */
static int send_base(struct kx_stage *stage, struct kx_client *client, struct kx_range part,
                     struct kx_upload *upload, const struct kx_call *call, struct kx_error *err)
{
    struct sender sender = {upload, call};
    return each_of_base(stage, client, part, call, take_on, &sender, err);
}

int kx_stage_send(struct kx_stage *stage, struct kx_client *client, struct kx_range part,
                  struct kx_upload *upload, const struct kx_call *call, struct kx_error *err)
{
    /* What the file system has not yet is a hole behind the last byte that was written. */
    int result = kx_local_file_resize(stage->file, stage->length, err);
    int64_t from = part.from, base_to = MIN(part.to, stage->base_length);
    while (result == 0 && from < part.to) {
        struct kx_range gap;
        bool missing = kx_ranges_gap(&stage->here, from, base_to, &gap);
        struct kx_range local = {from, missing ? gap.from : part.to};
        if (local.from < local.to) result = send_local(stage, local, upload, call, err);
        if (result == 0 && missing) result = send_base(stage, client, gap, upload, call, err);
        from = missing ? gap.to : part.to;
    }
    return result;
}

void kx_stage_follow(struct kx_stage *stage, const char *path, const struct kx_version *version)
{
    stage->base_version = version ? *version : (struct kx_version){0};
    if (g_strcmp0(path, stage->base_path) == 0) return;
    g_free(stage->base_path);
    stage->base_path = g_strdup(path);
}

void kx_stage_base_unsure(struct kx_stage *stage)
{
    stage->base_total = -1;
}

void kx_stage_base_cut(struct kx_stage *stage, int64_t length)
{
    stage->base_length = MIN(stage->base_length, length);
    stage->base_total = -1;
}

void kx_stage_published(struct kx_stage *stage, const char *path)
{
    g_free(stage->base_path);
    stage->base_path = g_strdup(path);
    stage->base_version = (struct kx_version){0};
    stage->base_length = stage->base_total = stage->length;
    kx_ranges_forget(&stage->changed);
}
