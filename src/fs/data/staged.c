/* The part of a writer whose content is in a local file. */
#include <errno.h>

#include "fs/data/parallel.h"
#include "fs/data/writer_private.h"
#include "fs/mount.h"
#include "fs/names/inode.h"

/* What was sent in order so far becomes a whole file, hidden or at its name: the stage's base. */
static int finish_stream(struct kx_writer *writer, const struct kx_call *call, struct kx_error *err)
{
    if (!writer->upload) return 0;
    kx_writer_follow_hidden(writer);
    int result = kx_upload_finish(writer->upload, call, err);
    if (result < 0) return kx_writer_fail(writer, err);
    g_clear_pointer(&writer->upload, kx_upload_close);
    return 0;
}

int kx_writer_to_stage(struct kx_writer *writer, const struct kx_call *call, struct kx_error *err)
{
    if (writer->stage) return 0;
    g_autofree char *path = kx_inode_path(writer->inode);
    if (!path && !writer->abandoned)
        return kx_error_set(err, ESTALE, "the file was removed or replaced by another client");
    bool gone = writer->abandoned && !writer->hidden.name && !writer->upload &&
                writer->base == KX_WRITE_SERVER;
    if (gone && writer->length > 0)
        return kx_error_set(err, ESTALE, "the file was removed; only the server had it");
    bool appended = writer->upload && !writer->hidden.name;
    int result = finish_stream(writer, call, err);
    if (result < 0) return result;
    if (appended && path)
        kx_writer_see(writer, path, call); /* its times are of our own bytes now */
    g_autofree char *hidden = kx_hidden_where(&writer->hidden);
    if (writer->hidden.name && !hidden)
        return kx_error_set(err, ESTALE, "the directory of the file is gone");
    const char *base = hidden;
    if (!base && writer->base == KX_WRITE_SERVER) base = path;
    g_autofree char *name = NULL;
    struct kx_stage_place place;
    kx_writer_stage_place(writer, &place, &name);
    return kx_stage_new(&place, base, writer->length, &writer->stage, err);
}

void kx_writer_follow_base(struct kx_writer *writer)
{
    g_autofree char *path =
        writer->hidden.name ? kx_hidden_where(&writer->hidden) : kx_inode_path(writer->inode);
    bool theirs = !writer->hidden.name && writer->base == KX_WRITE_SERVER && !writer->unsure &&
                  writer->seen.mtime_ms != KX_TIME_OURS;
    kx_stage_follow(writer->stage, path, theirs ? &writer->seen : NULL);
}

/* A change of the name's own file needs to know which file that is: its record says so to the next
 * mount. After an upload that nobody waited for it is not known. */
static void look_at_base(struct kx_writer *writer, const struct kx_call *call)
{
    bool known = writer->seen.file_id || writer->seen.mtime_ms || writer->unsure;
    bool needed = writer->base == KX_WRITE_SERVER && !writer->hidden.name && writer->known_path &&
                  !kx_stage_is_whole(writer->stage);
    if (needed && !known) kx_writer_see(writer, writer->known_path, call);
}

int kx_writer_stage_write(struct kx_writer *writer, int64_t offset, GBytes *data,
                          const struct kx_call *call, struct kx_error *err)
{
    gsize length = 0;
    gconstpointer bytes = g_bytes_get_data(data, &length);
    look_at_base(writer, call);
    int result = kx_writer_spare_record(writer, err);
    if (result == 0) result = kx_stage_write(writer->stage, offset, bytes, length, err);
    if (result == 0) kx_writer_note_change(writer, kx_stage_length(writer->stage));
    return result;
}

static int resize_locked(struct kx_writer *writer, int64_t length, const struct kx_call *call,
                         struct kx_error *err)
{
    if (writer->failure.code) {
        kx_error_copy(err, &writer->failure);
        return -writer->failure.code;
    }
    if (!writer->stage && length < writer->length) return 0;
    if (!writer->stage && length == writer->length) return 1;
    int result = kx_writer_to_stage(writer, call, err);
    if (result == 0) look_at_base(writer, call);
    if (result == 0) result = kx_writer_spare_record(writer, err);
    if (result == 0) result = kx_stage_resize(writer->stage, length, err);
    if (result < 0) return result;
    kx_writer_note_change(writer, length);
    return 1;
}

int kx_writer_resize(struct kx_writer *writer, int64_t length, const struct kx_call *call,
                     struct kx_error *err)
{
    int result = kx_writer_enter_first(writer, call, err);
    if (result < 0) return result;
    result = resize_locked(writer, length, call, err);
    if (result > 0) kx_writer_keep_again(writer);
    kx_gate_leave(&writer->gate);
    return result;
}

/* Only more at the end: the server's file, or the hidden one, is appended to. */
static int append_grown(struct kx_writer *writer, int64_t from, const char *path,
                        const struct kx_call *call, struct kx_error *err)
{
    struct kx_client *client = writer->mount->client;
    g_autofree char *hidden = kx_hidden_where(&writer->hidden);
    const char *target = hidden ? hidden : path;
    g_autoptr(kx_upload) upload = NULL;
    if (!hidden) kx_writer_begin_in_place(writer);
    int result = kx_upload_open(client, target, NULL, call, &upload, err);
    if (result < 0) return result;
    const struct kx_range grown = {from, kx_stage_length(writer->stage)};
    struct kx_sending sending;
    kx_writer_begin_sending(writer, call, &sending);
    result = kx_stage_send(writer->stage, client, grown, upload, &sending.call, err);
    if (result == 0) result = kx_upload_finish(upload, &sending.call, err);
    result = kx_writer_end_sending(writer, &sending, result, err);
    if (result < 0)
        kx_stage_base_unsure(writer->stage);
    else
        kx_stage_published(writer->stage, target); /* should the rename fail, not once more */
    return result;
}

static int upload_stream(struct kx_writer *writer, const struct kx_call *call,
                         struct kx_hidden *fresh, struct kx_error *err)
{
    const struct kx_range all = {0, kx_stage_length(writer->stage)};
    g_autoptr(kx_upload) upload = NULL;
    int result = kx_writer_create_hidden(writer, fresh, call, &upload, err);
    if (result == 0)
        result = kx_stage_send(writer->stage, writer->mount->client, all, upload, call, err);
    if (result == 0) result = kx_upload_finish(upload, call, err);
    if (result < 0) kx_writer_cut_upload(writer, &upload, fresh);
    return result;
}

/* All of it into a new hidden file; the one before, if any, is a source of this one and goes
 * afterwards. */
static int upload_whole(struct kx_writer *writer, const struct kx_call *call, struct kx_error *err)
{
    struct kx_hidden fresh = {0};
    struct kx_sending sending;
    kx_writer_begin_sending(writer, call, &sending);
    int result = kx_parallel_upload(writer, &sending.call, &fresh, err);
    if (result == 0) result = upload_stream(writer, &sending.call, &fresh, err);
    result = kx_writer_end_sending(writer, &sending, result, err);
    kx_writer_discard(writer, result >= 0 ? &writer->hidden : &fresh);
    if (result < 0) return result;
    writer->hidden = fresh;
    g_autofree char *path = kx_hidden_where(&writer->hidden);
    kx_stage_published(writer->stage, path); /* the base from now on, whatever the rename does */
    return 0;
}

/* The base is the name's own file: what of it is not here must still be what it was. @block_bytes
 * of that file; 0: not asked. @same: is it that file? */
static int check_base(struct kx_writer *writer, const char *path, const struct kx_call *call,
                      int64_t *block_bytes, bool *same, struct kx_error *err)
{
    *block_bytes = 0;
    *same = true;
    bool ours = writer->hidden.name || writer->base != KX_WRITE_SERVER;
    if (ours) return 0;
    struct kx_status status = {0};
    int result = kx_writer_check_theirs(writer, path, call, &status, err);
    *block_bytes = status.block_bytes;
    kx_status_clear(&status);
    bool needed =
        !kx_stage_is_whole(writer->stage) || writer->mount->options->write == KX_WRITE_EXCLUSIVE;
    if (result < 0 && !needed) {
        *block_bytes = 0; /* all of it is here: the last whole file wins */
        *same = false;
        kx_error_clear(err);
        result = 0;
    }
    return result;
}

/* @return 1: its end can be exchanged from *cut on; 0: it cannot; -EINTR. */
static int can_exchange(struct kx_writer *writer, int64_t block_bytes, int64_t *cut,
                        const struct kx_call *call, struct kx_error *err)
{
    if (block_bytes <= 0 || !kx_stage_only_tail(writer->stage, block_bytes, cut)) return 0;
    int result = kx_writer_prepare_exchange(writer, *cut, call, err);
    if (result == -EINTR) return result;
    if (result < 0) kx_error_clear(err); /* no room: all of it, which needs none */
    return result == 0;
}

static int send_stage(struct kx_writer *writer, const char *path, const struct kx_call *call,
                      struct kx_error *err)
{
    int64_t from = 0, block_bytes = 0;
    bool same, whole = kx_stage_changed(writer->stage) ||
                       (!writer->hidden.name && writer->base != KX_WRITE_SERVER);
    int result = check_base(writer, path, call, &block_bytes, &same, err);
    if (result < 0) return result;
    if (same && kx_stage_only_grown(writer->stage, &from))
        return append_grown(writer, from, path, call, err);
    whole = whole || !same;
    result = can_exchange(writer, block_bytes, &from, call, err);
    if (result > 0) return kx_writer_exchange_tail(writer, path, from, call, err);
    return result == 0 && whole ? upload_whole(writer, call, err) : result;
}

int kx_writer_publish_stage(struct kx_writer *writer, const char *path, const struct kx_call *call,
                            struct kx_error *err)
{
    kx_writer_follow_base(writer);
    int result = send_stage(writer, path, call, err);
    if (result == 0 && writer->hidden.name)
        result = kx_writer_rename_hidden(writer, path, call, err);
    if (result == 0) kx_stage_published(writer->stage, path);
    return result;
}
