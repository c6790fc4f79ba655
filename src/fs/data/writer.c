#include "fs/data/writer.h"

#include <errno.h>
#include <string.h>

#include "base/gate.h"
#include "fs/data/writer_private.h"
#include "fs/errors.h"
#include "fs/mount.h"
#include "fs/names/inode.h"
#include "fs/names/replace.h"
#include "rest/webhdfs.h"

static int64_t wall_ms(const struct kx_writer *writer)
{
    return writer->mount->clock->wall_ms(writer->mount->clock);
}

static struct kx_writer *writer_new(struct kx_mount *mount, struct kx_inode *inode,
                                    const struct kx_write_opts *opts)
{
    struct kx_writer *writer = g_new0(struct kx_writer, 1);
    g_atomic_ref_count_init(&writer->refs);
    writer->mount = mount;
    writer->inode = kx_inode_ref(inode);
    kx_gate_init(&writer->gate);
    g_mutex_init(&writer->mutex);
    writer->mtime_ms = writer->atime_ms = -1;
    writer->base = opts->base;
    writer->exclusive = opts->exclusive;
    writer->create_mode = opts->mode;
    writer->length = opts->base == KX_WRITE_SERVER ? opts->length : 0;
    writer->dirty = opts->base != KX_WRITE_SERVER;
    writer->changed_ms = wall_ms(writer);
    return writer;
}

struct kx_writer *kx_writer_ref(struct kx_writer *writer)
{
    g_atomic_ref_count_inc(&writer->refs);
    return writer;
}

void kx_writer_unref(struct kx_writer *writer)
{
    if (!writer || !g_atomic_ref_count_dec(&writer->refs)) return;
    kx_upload_close(writer->upload);
    kx_stage_free(writer->stage);
    kx_error_clear(&writer->failure);
    g_free(writer->hidden);
    kx_inode_unref(writer->inode);
    kx_gate_clear(&writer->gate);
    g_mutex_clear(&writer->mutex);
    g_free(writer);
}

int kx_writer_enter(struct kx_writer *writer, const struct kx_call *call, struct kx_error *err)
{
    int64_t patience = kx_client_stall_ms(writer->mount->client);
    int result = kx_gate_enter(&writer->gate, call ? call->cancel : NULL, patience);
    if (result == -EINTR) return kx_error_set(err, EINTR, "interrupted");
    if (result < 0) return kx_error_set(err, ETIMEDOUT, "another writer of the file is stuck");
    return 0;
}

int kx_writer_open(struct kx_mount *mount, struct kx_inode *inode, const struct kx_write_opts *opts,
                   const struct kx_call *call, struct kx_writer **out, struct kx_error *err)
{
    struct kx_writers *all = mount->writers;
    g_mutex_lock(&all->mutex);
    struct kx_writer *writer = kx_inode_writer(inode);
    bool fresh = !writer;
    if (fresh) {
        writer = writer_new(mount, inode, opts);
        kx_inode_set_writer(inode, kx_writer_ref(writer));
        g_ptr_array_add(all->list, writer);
    }
    writer->opens++;
    g_mutex_unlock(&all->mutex);
    int result = !fresh && opts->base == KX_WRITE_EMPTIED ? kx_writer_empty(writer, call, err) : 0;
    if (result < 0)
        kx_writer_close(writer);
    else
        *out = writer;
    return result;
}

void kx_writer_close(struct kx_writer *writer)
{
    KX_ERROR_AUTO(err);
    struct kx_writers *all = writer->mount->writers;
    if (kx_writer_publish(writer, NULL, &err) < 0 && !writer->abandoned)
        kx_errors_add(writer->mount->errors, &err);
    g_mutex_lock(&all->mutex);
    bool last = --writer->opens == 0;
    if (last) {
        g_ptr_array_remove_fast(all->list, writer);
        kx_inode_set_writer(writer->inode, NULL);
    }
    g_mutex_unlock(&all->mutex);
    if (last &&
        writer->abandoned) { /* what was streamed on under its hidden name is nobody's now */
        g_clear_pointer(&writer->upload, kx_upload_close);
        kx_writer_drop_hidden(writer);
    }
    kx_writer_unref(writer);
}

/* Keep the first failure for all who ask later; the bytes are lost. */
int kx_writer_fail(struct kx_writer *writer, struct kx_error *err)
{
    int result = -err->code;
    if (result == -EINTR) return result;
    g_clear_pointer(&writer->upload, kx_upload_close);
    char *path = kx_inode_path(writer->inode); /* the user knows nothing of the hidden sibling's */
    if (path) {
        g_free(err->path);
        err->path = path;
    }
    kx_error_copy(&writer->failure, err);
    kx_writer_drop_hidden(writer);
    return result;
}

int kx_writer_open_hidden(struct kx_writer *writer, const char *path, const struct kx_call *call,
                          struct kx_upload **out, struct kx_error *err)
{
    const struct kx_options *options = writer->mount->options;
    const struct kx_create how = {.overwrite = true,
                                  .mode = writer->create_mode,
                                  .replication = (unsigned)options->replication,
                                  .block_bytes = options->block_bytes};
    g_free(writer->hidden);
    writer->hidden = kx_hidden_path(writer->mount, path);
    int result = kx_upload_open(writer->mount->client, writer->hidden, &how, call, out, err);
    if (result < 0) g_clear_pointer(&writer->hidden, g_free);
    return result;
}

static int start_stream(struct kx_writer *writer, const struct kx_call *call, struct kx_error *err)
{
    g_autofree char *path = kx_inode_path(writer->inode);
    if (!path)
        return kx_error_set(err, ESTALE, "the file was removed or replaced by another client");
    if (writer->length > 0)
        return kx_upload_open(writer->mount->client, path, NULL, call, &writer->upload, err);
    return kx_writer_open_hidden(writer, path, call, &writer->upload, err);
}

void kx_writer_note_change(struct kx_writer *writer, int64_t length)
{
    g_mutex_lock(&writer->mutex);
    writer->length = length;
    writer->dirty = true;
    writer->changed_ms = wall_ms(writer);
    g_mutex_unlock(&writer->mutex);
}

static int write_locked(struct kx_writer *writer, int64_t offset, bool append, GBytes *data,
                        const struct kx_call *call, struct kx_error *err)
{
    if (writer->failure.code) {
        kx_error_copy(err, &writer->failure);
        return -err->code;
    }
    if (append) offset = writer->length;
    int result = 0;
    bool jump = offset != writer->length || (writer->abandoned && !writer->upload);
    if (!writer->stage && jump) result = kx_writer_to_stage(writer, call, err);
    if (result < 0) return result;
    if (writer->stage) return kx_writer_stage_write(writer, offset, data, err);
    result = writer->upload ? 0 : start_stream(writer, call, err);
    gsize length = 0;
    gconstpointer bytes = g_bytes_get_data(data, &length);
    if (result == 0) result = kx_upload_write(writer->upload, bytes, length, call, err);
    if (result < 0) return kx_writer_fail(writer, err);
    kx_writer_note_change(writer, writer->length + (int64_t)length);
    return 0;
}

int kx_writer_write(struct kx_writer *writer, int64_t offset, bool append, const void *data,
                    size_t length, const struct kx_call *call, struct kx_error *err)
{
    KX_ERROR_AUTO(own);
    struct kx_error *to = err ? err : &own;
    int result = kx_writer_enter(writer, call, to);
    if (result < 0) return result;
    g_autoptr(GBytes) bytes = g_bytes_new_static(data, length);
    result = write_locked(writer, offset, append, bytes, call, to);
    kx_gate_leave(&writer->gate);
    return result;
}

int kx_writer_empty(struct kx_writer *writer, const struct kx_call *call, struct kx_error *err)
{
    int result = kx_writer_enter(writer, call, err);
    if (result < 0) return result;
    g_clear_pointer(&writer->upload, kx_upload_close);
    g_clear_pointer(&writer->stage, kx_stage_free);
    kx_writer_drop_hidden(writer);
    kx_error_clear(&writer->failure);
    g_mutex_lock(&writer->mutex);
    if (writer->base == KX_WRITE_SERVER) writer->base = KX_WRITE_EMPTIED;
    g_mutex_unlock(&writer->mutex);
    kx_writer_note_change(writer, 0);
    kx_gate_leave(&writer->gate);
    return 0;
}

void kx_writer_cut(struct kx_writer *writer, int64_t length)
{
    g_mutex_lock(&writer->mutex);
    writer->length = length;
    g_mutex_unlock(&writer->mutex);
}

void kx_writer_abandon(struct kx_writer *writer)
{
    if (kx_gate_enter(&writer->gate, NULL, kx_client_stall_ms(writer->mount->client)) < 0) return;
    g_mutex_lock(&writer->mutex);
    writer->abandoned = true;
    g_mutex_unlock(&writer->mutex);
    kx_gate_leave(&writer->gate);
}

void kx_writer_overlay(struct kx_writer *writer, struct kx_overlay *out)
{
    g_mutex_lock(&writer->mutex);
    *out = (struct kx_overlay){
        .dirty = writer->dirty,
        .fresh = writer->dirty && writer->base == KX_WRITE_NEW,
        .length = writer->length,
        .mtime_ms = writer->mtime_ms >= 0 ? writer->mtime_ms : writer->changed_ms,
        .mode = writer->later_mode ? writer->later_mode : writer->create_mode};
    g_mutex_unlock(&writer->mutex);
}

bool kx_writer_defer_mode(struct kx_writer *writer, uint32_t mode)
{
    g_mutex_lock(&writer->mutex);
    bool deferred = writer->dirty;
    if (deferred) writer->later_mode = mode;
    g_mutex_unlock(&writer->mutex);
    return deferred;
}

bool kx_writer_defer_times(struct kx_writer *writer, int64_t mtime_ms, int64_t atime_ms)
{
    g_mutex_lock(&writer->mutex);
    bool deferred = writer->dirty;
    if (deferred && mtime_ms >= 0) writer->mtime_ms = mtime_ms;
    if (deferred && atime_ms >= 0) writer->atime_ms = atime_ms;
    g_mutex_unlock(&writer->mutex);
    return deferred;
}
