#include "fs/data/handle.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "fs/data/ahead.h"
#include "fs/data/checked.h"
#include "fs/data/growth.h"
#include "fs/data/placeholder.h"
#include "fs/data/reads.h"
#include "fs/data/seen.h"
#include "fs/mount.h"
#include "fs/names/attr.h"
#include "fs/names/lookup.h"
#include "rest/webhdfs.h"

#define READ_TRIES 8 /* of a read that meets a new version of the file each time */

struct kx_handle {
    struct kx_mount *mount;
    struct kx_inode *inode;   /* a reference */
    struct kx_writer *writer; /* NULL: opened for reading only */
    struct kx_reader *reader;
    struct kx_checked *checked; /* NULL: what is read is not verified */
    bool append;
    bool reads; /* counted by the inode */
};

static struct kx_handle *handle_new(struct kx_mount *mount, struct kx_inode *inode, int flags)
{
    struct kx_handle *handle = g_new0(struct kx_handle, 1);
    handle->mount = mount;
    handle->inode = kx_inode_ref(inode);
    handle->reader = kx_reads_open(mount->reads, inode->node);
    handle->append = (flags & O_APPEND) != 0;
    handle->reads = (flags & O_ACCMODE) != O_WRONLY;
    if (handle->reads) kx_inode_note_reader(inode, true);
    if (handle->reads && mount->options->verify) handle->checked = kx_checked_new(mount);
    return handle;
}

static struct kx_read_target target_of(struct kx_inode *inode, const char *path,
                                       const struct kx_status *status)
{
    return (struct kx_read_target){
        .path = path,
        .length = status->length,
        .version = {.file_id = status->file_id, .mtime_ms = status->mtime_ms},
        .generation = kx_inode_generation(inode)};
}

/* Has another client cut the file, and then appended to it, since it was read here? Who reads it is
 * told so, and who opens it opens another inode. What is written here is not judged.
 *  @return 0; -ESTALE; -errno of looking. */
static int check_seen(struct kx_handle *handle, const struct kx_read_target *target,
                      const struct kx_call *call, struct kx_error *err)
{
    int result = kx_seen_check(handle->reader, target, call, err);
    if (result <= 0 || !kx_inode_lose_name(handle->inode, target->generation))
        return MIN(result, 0);
    return kx_error_set(err, ESTALE, "another client has cut the file and appended to it");
}

static int check_opened(struct kx_handle *handle, const struct kx_call *call, struct kx_error *err)
{
    KX_ERROR_AUTO(unread); /* who reads it finds it out, too */
    struct kx_status status = {0};
    g_autofree char *path = kx_inode_path(handle->inode);
    kx_inode_status(handle->inode, &status, 0);
    const struct kx_read_target target = target_of(handle->inode, path, &status);
    int result = check_seen(handle, &target, call, &unread);
    kx_status_clear(&status);
    if (result == -ESTALE && err) kx_error_copy(err, &unread);
    return result == -ESTALE ? result : 0;
}

/* What the server has, as far as it was asked; what was changed here since is not that. */
static void fill_opts(struct kx_mount *mount, struct kx_inode *inode, struct kx_write_opts *opts)
{
    struct kx_status status = {0};
    kx_attr_known_status(mount, inode, &status);
    opts->length = status.length;
    opts->mode = status.mode;
    kx_status_clear(&status);
    int64_t now = mount->clock->now_ms(mount->clock), age = kx_inode_status(inode, &status, now);
    if (age >= 0) {
        opts->seen = (struct kx_version){status.file_id, status.mtime_ms};
        opts->seen_ms = now - age;
    }
    kx_status_clear(&status);
}

/* May this existing file be written? Emptied files are replaced, so their directory must be
 * writable too. */
static int check_write(struct kx_mount *mount, struct kx_inode *inode, bool truncate,
                       const struct kx_call *call, struct kx_error *err)
{
    g_autoptr(kx_writer) writer = kx_inode_writer(inode);
    if (writer) return 0; /* it is being written already */
    g_autofree char *path = NULL;
    int result = kx_path_of(inode, &path, err);
    if (result == 0) result = kx_webhdfs_check_access(mount->client, path, W_OK, call, err);
    if (result == -ENOTSUP) result = 0;
    g_autoptr(kx_inode) parent = NULL;
    g_autofree char *name = NULL;
    if (result == 0 && truncate && kx_inode_place(inode, &parent, &name))
        result = kx_check_writable(mount, parent, call, err);
    return result;
}

static int open_writer(struct kx_handle *handle, bool truncate, const struct kx_call *call,
                       struct kx_error *err)
{
    struct kx_mount *mount = handle->mount;
    int result = check_write(mount, handle->inode, truncate, call, err);
    if (result == 0) result = kx_refresh(mount, handle->inode, call, err);
    if (result == 0 && !truncate) result = check_opened(handle, call, err);
    if (result < 0) return result;
    struct kx_write_opts opts = {.base = truncate ? KX_WRITE_EMPTIED : KX_WRITE_SERVER};
    fill_opts(mount, handle->inode, &opts);
    return kx_writer_open(mount, handle->inode, &opts, call, &handle->writer, err);
}

int kx_handle_open(struct kx_mount *mount, struct kx_inode *inode, int flags,
                   const struct kx_call *call, struct kx_handle **out, struct kx_error *err)
{
    if (inode->directory) return kx_error_set(err, EISDIR, "it is a directory");
    if (kx_inode_detached(inode))
        return kx_error_set(err, ESTALE, "the file was removed or replaced");
    struct kx_handle *handle = handle_new(mount, inode, flags);
    bool writes = (flags & O_ACCMODE) != O_RDONLY;
    int result = writes ? open_writer(handle, (flags & O_TRUNC) != 0, call, err)
                        : kx_refresh_opening(mount, inode, call, err);
    if (result == 0 && !writes) result = check_opened(handle, call, err);
    if (result == 0 && !writes) {
        kx_growth_opened(mount, inode, call);
        kx_ahead_opened(mount->ahead, inode);
    }
    if (result < 0)
        kx_handle_close(handle);
    else
        *out = handle;
    return result;
}

int kx_handle_create(struct kx_mount *mount, struct kx_inode *parent, const char *name, int flags,
                     uint32_t mode, const struct kx_call *call, struct kx_handle **out,
                     struct kx_error *err)
{
    g_autofree char *path = NULL;
    bool held = (flags & O_EXCL) && mount->options->excl == KX_EXCL_OPEN;
    int result = kx_path_in(parent, name, &path, err);
    if (result == 0) result = kx_check_writable(mount, parent, call, err);
    if (result == 0 && held) result = kx_placeholder_make(mount, path, mode, call, err);
    if (result < 0) return result;
    struct kx_status status;
    kx_attr_of_made(mount, parent, KX_TYPE_FILE, mode, &status);
    kx_inodes_remove(mount->inodes, parent, name); /* what had the name before is another file */
    g_autoptr(kx_inode) made =
        kx_inodes_adopt(mount->inodes, parent, name, &status, kx_inodes_epoch(mount->inodes), 0);
    kx_status_clear(&status);
    const struct kx_write_opts opts = {.base = held ? KX_WRITE_EMPTIED : KX_WRITE_NEW,
                                       .exclusive = (flags & O_EXCL) && !held,
                                       .placeholder = held,
                                       .mode = mode};
    struct kx_handle *handle = handle_new(mount, made, flags);
    result = kx_writer_open(mount, made, &opts, call, &handle->writer, err);
    if (result < 0) {
        kx_handle_close(handle);
        kx_inodes_remove(mount->inodes, parent, name);
        return result;
    }
    *out = handle;
    return 0;
}

void kx_handle_close(struct kx_handle *handle)
{
    if (!handle) return;
    if (handle->writer) kx_writer_close(handle->writer);
    kx_reader_free(handle->reader);
    kx_checked_free(handle->checked);
    if (handle->reads) kx_inode_note_reader(handle->inode, false);
    kx_inode_unref(handle->inode);
    g_free(handle);
}

int64_t kx_handle_window(struct kx_handle *handle)
{
    return handle->reads ? kx_reader_window(handle->reader) : 0;
}

struct kx_inode *kx_handle_inode(struct kx_handle *handle)
{
    return handle->inode;
}

/* Which file it is: by what the server has said since our own last change of it. It is asked once,
 * so that bytes of a file that takes the name later are not taken for this one's. */
static int know_file(struct kx_handle *handle, struct kx_status *out, const struct kx_call *call,
                     struct kx_error *err)
{
    int64_t age = kx_inode_status(handle->inode, out, 0);
    if (out->file_id || age >= 0 || kx_inode_detached(handle->inode)) return 0;
    kx_status_clear(out);
    int result = kx_refresh(handle->mount, handle->inode, call, err);
    kx_inode_status(handle->inode, out, 0);
    return result;
}

/* The name has gone from under an open file. */
static int say_stale(int result, struct kx_error *err)
{
    if (result != -ENOENT) return result;
    kx_error_prefix(err, "another client has removed or replaced the file");
    if (err) err->code = ESTALE;
    return -ESTALE;
}

/* What does not pass is not kept by the kernel, so that who opens the file again reads it again. */
static int check(struct kx_handle *handle, const char *path, const struct kx_status *status,
                 int64_t from, const struct kx_slices *slices, const struct kx_call *call,
                 struct kx_error *err)
{
    const struct kx_checked_part part = {.path = path,
                                         .status = status,
                                         .generation = kx_inode_generation(handle->inode),
                                         .offset = from};
    int result = kx_checked_pass(handle->checked, &part, slices, call, err);
    if (result == -EIO) kx_inode_forget_pages(handle->inode);
    return result;
}

/* [from, to) of what the server has, which is `status` as far as its NameNode knows. */
static int read_known(struct kx_handle *handle, const struct kx_status *status, int64_t from,
                      int64_t to, const struct kx_call *call, struct kx_slices *out,
                      struct kx_error *err)
{
    struct kx_inode *inode = handle->inode;
    g_autofree char *path = kx_inode_path(inode); /* NULL: removed; an open stream goes on */
    const struct kx_read_target target = target_of(inode, path, status);
    int64_t begin = from;
    int result = check_seen(handle, &target, call, err);
    if (result == 0 && from < status->length)
        result = kx_reader_read(handle->reader, &target, from, (size_t)(to - from), call, out, err);
    if (result == 0 && handle->checked && out->length > 0)
        result = check(handle, path, status, from, out, call, err);
    if (result == 0 && to >= status->length) kx_growth_met_end(handle->mount, inode, status, call);
    to = MIN(to, kx_inode_visible(inode));
    from = MAX(from, status->length);
    if (result == 0 && path && from < to)
        result = kx_growth_read(handle->mount, path, status, (struct kx_range){from, to}, call, out,
                                err);
    if (result == 0) kx_seen_note(handle->reader, &target, begin, out);
    return result;
}

/* What the server has, as it is known now. */
static int read_server(struct kx_handle *handle, int64_t offset, size_t size,
                       const struct kx_call *call, struct kx_slices *out, struct kx_error *err)
{
    struct kx_status status = {0};
    int result = know_file(handle, &status, call, err);
    if (result == 0)
        result = read_known(handle, &status, offset, offset + (int64_t)size, call, out, err);
    kx_status_clear(&status);
    return say_stale(result, err);
}

int kx_handle_read(struct kx_handle *handle, int64_t offset, size_t size,
                   const struct kx_call *call, struct kx_slices *out, struct kx_error *err)
{
    g_autoptr(kx_writer) writer = kx_inode_writer(handle->inode);
    int result = writer ? kx_writer_read(writer, offset, size, call, out, err) : 0;
    if (result != 0) return MIN(result, 0);
    if (writer) result = kx_writer_publish(writer, call, err);
    if (result < 0) return result;
    for (int i = 0; i < READ_TRIES; i++) {
        result = read_server(handle, offset, size, call, out, err);
        if (result != -EAGAIN) return result;
        kx_error_clear(err);
    }
    return kx_error_set(err, ESTALE, "the file changes faster than it can be read");
}

int kx_handle_write(struct kx_handle *handle, int64_t offset, const void *data, size_t length,
                    const struct kx_call *call, struct kx_error *err)
{
    return kx_writer_write(handle->writer, offset, handle->append, data, length, call, err);
}

int kx_handle_flush(struct kx_handle *handle, const struct kx_call *call, struct kx_error *err)
{
    return handle->writer ? kx_writer_acknowledge(handle->writer, call, err) : 0;
}

int kx_handle_publish(struct kx_handle *handle, const struct kx_call *call, struct kx_error *err)
{
    return handle->writer ? kx_writer_publish(handle->writer, call, err) : 0;
}

bool kx_handle_unwritten(struct kx_handle *handle)
{
    struct kx_overlay overlay = {0};
    if (handle->writer) kx_writer_overlay(handle->writer, &overlay);
    return overlay.dirty && overlay.length == 0;
}
