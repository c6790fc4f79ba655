/* The local copy that outlives the process, and its description in a record. */
#include <errno.h>
#include <string.h>

#include "fs/data/stage_private.h"
#include "rest/download.h"

int kx_stage_restore(const struct kx_stage_place *place, const struct kx_record *record,
                     struct kx_stage **out, struct kx_error *err)
{
    struct kx_local_file *file = NULL;
    int result = kx_local_file_reopen(place->folder, place->name, &file, err);
    if (result < 0) return result;
    g_autoptr(kx_stage) stage = kx_stage_on(file, place, record->base, record->base_length);
    stage->length = record->length;
    if (record->base) stage->base_total = -1;
    if (record->length < 0 || record->base_length < 0 ||
        (record->here && *record->here && !kx_ranges_parse(&stage->here, record->here)))
        return kx_error_set(err, EINVAL, "the record of the local copy %s makes no sense",
                            place->name);
    result = kx_local_file_resize(file, record->length, err);
    if (result < 0) return result;
    kx_ranges_cut(&stage->here, record->length);
    stage->taken = stage->here.bytes;
    if (stage->room) stage->room->used_bytes += stage->taken; /* they are there, allowed or not */
    *out = g_steal_pointer(&stage);
    return 0;
}

/* Are the bytes of a block those of the local file? What only the base has is not looked at.
 * @return 0; 1: they are not; -errno. */
static int compare_block(void *context, int64_t at, const struct kx_block *block,
                         struct kx_error *err)
{
    struct kx_stage *stage = context;
    int64_t from = at, to = at + (int64_t)block->length;
    g_autofree char *room = g_malloc(block->length);
    int result = kx_local_file_read(stage->file, at, room, block->length, err);
    struct kx_range gap;
    while (result == 0 && from < to) {
        bool missing = kx_ranges_gap(&stage->here, from, MIN(to, stage->base_length), &gap);
        int64_t until = missing ? gap.from : to;
        result = memcmp(room + (from - at), block->data + (from - at), (size_t)(until - from)) != 0;
        from = missing ? gap.to : to;
    }
    return result;
}

int kx_stage_compare(struct kx_stage *stage, struct kx_client *client, const char *path,
                     const struct kx_version *version, const struct kx_call *call, bool *equal,
                     struct kx_error *err)
{
    struct kx_download *download = NULL;
    *equal = true;
    if (stage->length == 0) return 0;
    const struct kx_download_range range = {
        .path = path, .length = stage->length, .version = version};
    int result = kx_download_open(client, &range, call, &download, err);
    if (result == 0) result = kx_stage_each(download, call, compare_block, stage, err);
    *equal = result == 0;
    return MIN(result, 0);
}

int kx_stage_keep(struct kx_stage *stage, struct kx_error *err)
{
    return kx_local_file_keep(stage->file, err);
}

void kx_stage_leave(struct kx_stage *stage, bool leave)
{
    kx_local_file_leave(stage->file, leave);
}

bool kx_stage_is_file(const struct kx_stage *stage, const char *name)
{
    return g_strcmp0(kx_local_file_name(stage->file), name) == 0;
}

static void set(char **text, char *value)
{
    g_free(*text);
    *text = value;
}

void kx_stage_describe(const struct kx_stage *stage, struct kx_record *record)
{
    bool needed = stage->base_path && !kx_stage_is_whole(stage);
    set(&record->file, g_strdup(kx_local_file_name(stage->file)));
    set(&record->here, kx_ranges_format(&stage->here));
    set(&record->base, needed ? g_strdup(stage->base_path) : NULL);
    record->base_length = needed ? stage->base_length : 0;
    record->length = stage->length;
}

int kx_stage_fork(struct kx_stage *stage, const char *name, struct kx_error *err)
{
    struct kx_local_file *copy = NULL;
    int result = kx_local_file_resize(stage->file, stage->length, err);
    if (result == 0)
        result = kx_local_file_copy(stage->file, &stage->here, stage->length, name, &copy, err);
    if (result < 0) return result;
    kx_local_file_free(stage->file);
    stage->file = copy;
    return 0;
}
