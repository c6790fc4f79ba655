/* The way of a written file to its name. */
#include <errno.h>

#include "fs/data/writer_private.h"
#include "fs/mount.h"
#include "fs/names/inode.h"
#include "fs/names/replace.h"
#include "rest/webhdfs.h"

#define DROP_TIMEOUT_MS 5000 /* for removing a hidden file: not worth a longer wait */
#define DROP_TRIES      3
#define DROP_PAUSE_MS   150

void kx_writer_drop_hidden(struct kx_writer *writer)
{
    if (!writer->hidden) return;
    KX_ERROR_AUTO(err);
    const struct kx_call call = {.timeout_ms = DROP_TIMEOUT_MS};
    int result = -ENOENT;
    /* "Not there" may mean "not yet": a CREATE that was cut a moment ago can still be on its way
     * through the DataNode. */
    for (int i = 0; i < DROP_TRIES && result == -ENOENT; i++) {
        if (i > 0) kx_cancel_sleep(NULL, DROP_PAUSE_MS);
        result = kx_webhdfs_delete(writer->mount->client, writer->hidden, false, &call, &err);
    }
    if (result < 0 && result != -ENOENT) {
        g_autofree char *line = kx_error_format(&err);
        kx_log_write(writer->mount->log, KX_LOG_WARNING, "left behind: %s: %s", writer->hidden,
                     line);
    }
    g_clear_pointer(&writer->hidden, g_free);
}

/* Nothing was written: an empty file, made or emptied at its own name in one atomic step. */
static int publish_empty(struct kx_writer *writer, const char *path, const struct kx_call *call,
                         struct kx_error *err)
{
    struct kx_client *client = writer->mount->client;
    if (writer->base == KX_WRITE_EMPTIED) {
        bool done;
        int result = kx_webhdfs_truncate(client, path, 0, call, &done, err);
        if (result != -ENOENT && result != -ENOTSUP) return result;
    }
    const struct kx_options *options = writer->mount->options;
    /* Never over somebody else's file: it may have content. */
    const struct kx_create how = {.overwrite = writer->base == KX_WRITE_EMPTIED,
                                  .mode = writer->create_mode,
                                  .replication = (unsigned)options->replication,
                                  .block_bytes = options->block_bytes};
    int result = kx_upload_small(client, path, &how, NULL, 0, call, err);
    if (result != -EEXIST || writer->exclusive) return result;
    kx_error_clear(err); /* another client has made it meanwhile: it is there, as was asked */
    return 0;
}

static int publish_stream(struct kx_writer *writer, const char *path, const struct kx_call *call,
                          struct kx_error *err)
{
    struct kx_client *client = writer->mount->client;
    if (writer->upload) {
        int result = kx_upload_finish(writer->upload, call, err);
        if (result < 0) return result;
        g_clear_pointer(&writer->upload, kx_upload_close);
    }
    if (!writer->hidden) return 0;
    bool replace = !(writer->base == KX_WRITE_NEW && writer->exclusive);
    int result = replace ? kx_replace(writer->mount, writer->hidden, path, call, err)
                         : kx_webhdfs_rename(client, writer->hidden, path, call, err);
    if (result == 0) g_clear_pointer(&writer->hidden, g_free);
    return result;
}

/* What could not be said with CREATE: the mode that was changed while the stream ran, and the
 * times. */
static int publish_attributes(struct kx_writer *writer, const char *path,
                              const struct kx_call *call, struct kx_error *err)
{
    g_mutex_lock(&writer->mutex);
    uint32_t mode = writer->later_mode;
    int64_t mtime_ms = writer->mtime_ms, atime_ms = writer->atime_ms;
    writer->later_mode = 0;
    writer->mtime_ms = writer->atime_ms = -1;
    g_mutex_unlock(&writer->mutex);
    struct kx_client *client = writer->mount->client;
    int result = 0;
    if (mode && mode != writer->create_mode)
        result = kx_webhdfs_set_permission(client, path, mode, call, err);
    if (result == 0 && (mtime_ms >= 0 || atime_ms >= 0))
        result = kx_webhdfs_set_times(client, path, mtime_ms, atime_ms, call, err);
    return result;
}

static void publish_done(struct kx_writer *writer)
{
    g_mutex_lock(&writer->mutex);
    bool replaced = writer->base != KX_WRITE_SERVER || writer->stage;
    int64_t length = writer->length, mtime_ms = writer->changed_ms;
    writer->base = KX_WRITE_SERVER;
    writer->dirty = false;
    writer->exclusive = false;
    g_mutex_unlock(&writer->mutex);
    kx_inode_changed(writer->inode, replaced, length, mtime_ms);
}

static int publish_content(struct kx_writer *writer, const char *path, const struct kx_call *call,
                           struct kx_error *err)
{
    if (writer->stage) return kx_writer_publish_stage(writer, path, call, err);
    bool stream = writer->upload || writer->hidden;
    int result =
        stream ? publish_stream(writer, path, call, err) : publish_empty(writer, path, call, err);
    return result < 0 ? kx_writer_fail(writer, err) : 0;
}

static int publish_locked(struct kx_writer *writer, const struct kx_call *call,
                          struct kx_error *err)
{
    if (writer->failure.code) {
        kx_error_copy(err, &writer->failure);
        return -err->code;
    }
    if (writer->abandoned || !writer->dirty) return 0;
    g_autofree char *path = kx_inode_path(writer->inode);
    if (!path) {
        kx_error_set(err, ESTALE, "the file was removed or replaced by another client");
        return kx_writer_fail(writer, err);
    }
    int result = publish_content(writer, path, call, err);
    if (result < 0) return result;
    result = publish_attributes(writer, path, call, err);
    publish_done(writer);
    return result;
}

int kx_writer_publish(struct kx_writer *writer, const struct kx_call *call, struct kx_error *err)
{
    KX_ERROR_AUTO(own);
    struct kx_error *to = err ? err : &own;
    int result = kx_writer_enter(writer, call, to);
    if (result < 0) return result;
    result = publish_locked(writer, call, to);
    kx_gate_leave(&writer->gate);
    return result;
}
