/* Changing a file's length by name or descriptor. */
#include <errno.h>

#include "fs/data/cut.h"
#include "fs/data/handle.h"
#include "fs/mount.h"
#include "fs/names/lookup.h"
#include "rest/webhdfs.h"

/* @return the length of the server's file, in bytes; -ESTALE: it is not the inode's any more. */
static int64_t server_length(struct kx_mount *mount, struct kx_inode *inode, const char *path,
                             const struct kx_call *call, struct kx_error *err)
{
    struct kx_status known = {0}, status = {0};
    kx_inode_status(inode, &known, 0);
    int result = kx_webhdfs_stat(mount->client, path, call, &status, err);
    int64_t length = status.length;
    bool other = result == 0 && known.file_id && known.file_id != status.file_id;
    if (other || result == -ENOENT)
        result = kx_error_set(err, ESTALE, "another client has removed or replaced the file");
    kx_status_clear(&status);
    kx_status_clear(&known);
    return result < 0 ? result : length;
}

static int truncate_on_server(struct kx_mount *mount, struct kx_inode *inode, int64_t length,
                              const struct kx_call *call, struct kx_error *err)
{
    g_autofree char *path = NULL;
    int result = kx_path_of(inode, &path, err);
    if (result < 0) return result;
    int64_t now = server_length(mount, inode, path, call, err);
    if (now < 0) return (int)now;
    if (length == now) return 0;
    result = kx_cut_file(mount, path, length, call, err);
    if (result == 0) kx_inode_changed(inode, false, length, mount->clock->wall_ms(mount->clock));
    return result;
}

/* Longer than the server has it, and nobody is writing it: by a writer of our own. */
static int grow(struct kx_mount *mount, struct kx_inode *inode, int64_t length,
                const struct kx_call *call, struct kx_error *err)
{
    struct kx_status status = {0};
    bool said = kx_inode_status(inode, &status, mount->clock->now_ms(mount->clock)) >= 0;
    struct kx_write_opts opts = {
        .base = KX_WRITE_SERVER, .length = status.length, .mode = status.mode};
    if (said) opts.seen = (struct kx_version){status.file_id, status.mtime_ms};
    kx_status_clear(&status);
    struct kx_writer *writer = NULL;
    int result = kx_writer_open(mount, inode, &opts, call, &writer, err);
    if (result < 0) return result;
    result = kx_writer_resize(writer, length, call, err);
    if (result > 0) result = kx_writer_publish(writer, call, err);
    kx_writer_close(writer);
    return result;
}

static int truncate_written(struct kx_mount *mount, struct kx_writer *writer,
                            struct kx_inode *inode, int64_t length, const struct kx_call *call,
                            struct kx_error *err)
{
    if (length == 0) return kx_writer_empty(writer, call, err);
    int result = kx_writer_resize(writer, length, call, err);
    if (result != 0) return MIN(result, 0);
    result = kx_writer_publish(writer, call, err);
    if (result == 0) result = truncate_on_server(mount, inode, length, call, err);
    if (result == 0) kx_writer_cut(writer, length);
    return result;
}

/* By the path: nobody's close may come in between, and perhaps none comes afterwards. */
static int truncate_path_written(struct kx_mount *mount, struct kx_writer *writer,
                                 struct kx_inode *inode, int64_t length, const struct kx_call *call,
                                 struct kx_error *err)
{
    KX_ERROR_AUTO(later);
    int result = truncate_written(mount, writer, inode, length, call, err);
    int closed = kx_writer_close_path(writer, call, result < 0 ? &later : err);
    return result < 0 ? result : closed;
}

int kx_truncate(struct kx_mount *mount, struct kx_inode *inode, int64_t length, bool by_path,
                const struct kx_call *call, struct kx_error *err)
{
    if (inode->directory) return kx_error_set(err, EISDIR, "it is a directory");
    g_autoptr(kx_writer) writer = kx_inode_writer(inode);
    if (writer && !by_path) return truncate_written(mount, writer, inode, length, call, err);
    if (writer && kx_writer_open_path(writer))
        return truncate_path_written(mount, writer, inode, length, call, err);
    int result = kx_refresh(mount, inode, call, err);
    struct kx_status status = {0};
    kx_inode_status(inode, &status, 0);
    bool longer = length > status.length;
    kx_status_clear(&status);
    if (result < 0) return result;
    return longer ? grow(mount, inode, length, call, err)
                  : truncate_on_server(mount, inode, length, call, err);
}
