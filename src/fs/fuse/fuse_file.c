/* open, create, read, write, flush, fsync, fallocate, release. */
#include <errno.h>
#include <fcntl.h>

#include "fs/data/descriptors.h"
#include "fs/fuse/fuse_ops.h"
#include "fs/names/attr.h"
#include "fs/names/lookup.h"
#include "fs/opens.h"
#include "fs/tree/tree.h"

#define JUST_LOOKED_MS                                                                             \
    200 /* the kernel looks a name up right before it creates it: no need to ask again */

static struct kx_handle *handle_of(const struct fuse_file_info *fi)
{
    return (struct kx_handle *)(uintptr_t)fi->fh;
}

static void close_handle(void *handle)
{
    kx_handle_close(handle);
}

static char *path_of_handle(void *handle)
{
    return kx_inode_path(kx_handle_inode(handle));
}

static int64_t window_of_handle(void *handle)
{
    return kx_handle_window(handle);
}

static void remember(struct kx_fuse_call *c, struct kx_handle *handle, int flags)
{
    static const struct kx_open_kind kind = {
        .close = close_handle, .path = path_of_handle, .window = window_of_handle};
    kx_opens_add(c->mount->opens, handle, &kind, fuse_req_ctx(c->req)->pid, flags);
}

/* The kernel must not show the attributes that it has. -1: they only, so no lock of the inode is
 * taken; an inode that the kernel does not have is fine. */
static void attributes_have_changed(struct kx_mount *mount, struct kx_inode *inode)
{
    (void)fuse_lowlevel_notify_inval_inode(mount->kernel, inode->node, -1, 0);
}

/* What can only be written is neither read back from the kernel's pages nor mapped: its bytes come
 * straight from the program, which spares a copy (1.09 CPU s/GiB instead of 1.39, tests/bench). */
static void set_handle(struct fuse_file_info *fi, struct kx_handle *handle)
{
    fi->fh = (uintptr_t)handle;
    fi->direct_io = (fi->flags & O_ACCMODE) == O_WRONLY;
}

static void reply_open(struct kx_fuse_call *c, struct kx_handle *handle, struct fuse_file_info *fi)
{
    set_handle(fi, handle);
    fi->keep_cache = kx_inode_keep_pages(kx_handle_inode(handle));
    remember(c, handle, fi->flags);
    kx_fuse_settle(c);
    if (fuse_reply_open(c->req, fi) != 0) kx_opens_release(c->mount->opens, handle);
    kx_fuse_finish(c);
}

void kx_op_open(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
    struct kx_fuse_call c;
    kx_fuse_begin(&c, req);
    g_autoptr(kx_inode) inode = kx_fuse_inode(&c, node);
    if (!inode) return;
    struct kx_handle *handle = NULL;
    int64_t before = kx_inode_visible(inode);
    bool changes = (fi->flags & O_ACCMODE) != O_RDONLY || fi->flags & O_TRUNC;
    int result = changes ? kx_fuse_begin_change(&c, "write", inode, NULL) : 0;
    if (result == 0) result = kx_handle_open(c.mount, inode, fi->flags, &c.call, &handle, &c.err);
    if (kx_inode_visible(inode) != before) attributes_have_changed(c.mount, inode);
    if (result < 0)
        kx_fuse_reply_result(&c, result, inode);
    else
        reply_open(&c, handle, fi);
}

static void reply_create(struct kx_fuse_call *c, struct kx_handle *handle,
                         struct fuse_file_info *fi)
{
    struct fuse_entry_param entry;
    g_autoptr(kx_inode) inode = kx_inode_ref(kx_handle_inode(handle));
    kx_fuse_fill_entry(c->mount, inode, &entry);
    set_handle(fi, handle);
    kx_inode_looked_up(inode);
    remember(c, handle, fi->flags);
    kx_fuse_settle(c);
    if (fuse_reply_create(c->req, &entry, fi) != 0) {
        kx_opens_release(c->mount->opens, handle);
        kx_inodes_forget(c->mount->inodes, inode->node, 1);
    }
    kx_fuse_finish(c);
}

/* Is the name still free? The kernel's own look may be negative_timeout old.  @out a reference when
 * it is not. */
static int look_again(struct kx_fuse_call *c, struct kx_inode *directory, const char *name,
                      struct kx_inode **out)
{
    int64_t now = c->mount->clock->now_ms(c->mount->clock);
    if (kx_inode_is_absent(directory, name, now, JUST_LOOKED_MS)) return 0;
    int result = kx_lookup(c->mount, directory, name, &c->call, out, &c->err);
    if (result == -ENOENT) kx_error_clear(&c->err);
    return result == -ENOENT ? 0 : result;
}

/* Who opens a new file for reading only (a lock's file) has nothing to say at close: it is made
 * now, and its times do not change when it is closed. */
static int create(struct kx_fuse_call *c, struct kx_inode *directory, const char *name, mode_t mode,
                  int flags, struct kx_handle **handle)
{
    int result =
        kx_handle_create(c->mount, directory, name, flags, mode & 07777, &c->call, handle, &c->err);
    if (result < 0 || (flags & O_ACCMODE) != O_RDONLY) return result;
    result = kx_handle_publish(*handle, &c->call, &c->err);
    if (result == 0) result = kx_refresh(c->mount, kx_handle_inode(*handle), &c->call, &c->err);
    if (result < 0) {
        kx_inodes_remove(c->mount->inodes, directory, name);
        kx_handle_close(*handle);
    }
    return result;
}

static int create_or_open(struct kx_fuse_call *c, struct kx_inode *directory, const char *name,
                          mode_t mode, int flags, struct kx_handle **handle)
{
    g_autoptr(kx_inode) inode = NULL;
    int result = look_again(c, directory, name, &inode);
    if (result < 0) return result;
    if (!inode) return create(c, directory, name, mode, flags, handle);
    if (flags & O_EXCL)
        return kx_error_set(&c->err, EEXIST, "another client has made it meanwhile");
    return kx_handle_open(c->mount, inode, flags, &c->call, handle, &c->err);
}

void kx_op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
                  struct fuse_file_info *fi)
{
    struct kx_fuse_call c;
    kx_fuse_begin(&c, req);
    g_autoptr(kx_inode) directory = kx_fuse_inode(&c, parent);
    if (!directory) return;
    struct kx_handle *handle = NULL;
    int result = kx_fuse_begin_change(&c, "create", directory, name);
    if (result == 0) result = create_or_open(&c, directory, name, mode, fi->flags, &handle);
    if (result < 0)
        kx_fuse_reply_result(&c, result, directory);
    else
        reply_create(&c, handle, fi);
}

void kx_op_read(fuse_req_t req, fuse_ino_t node, size_t size, off_t offset,
                struct fuse_file_info *fi)
{
    (void)node;
    struct kx_fuse_call c;
    kx_fuse_begin(&c, req);
    struct kx_slices slices;
    kx_slices_init(&slices);
    struct kx_inode *inode = kx_handle_inode(handle_of(fi));
    int64_t before = kx_inode_visible(inode);
    int result = kx_handle_read(handle_of(fi), offset, size, &c.call, &slices, &c.err);
    if (kx_inode_visible(inode) != before) attributes_have_changed(c.mount, inode);
    if (result < 0) {
        kx_fuse_reply_result(&c, result, inode);
    } else {
        kx_stats_add(&c.mount->stats, KX_STAT_READ, slices.length);
        kx_fuse_settle(&c);
        fuse_reply_iov(req, (const struct iovec *)(void *)slices.pieces->data,
                       (int)slices.pieces->len);
        kx_fuse_finish(&c);
    }
    kx_slices_clear(&slices);
}

void kx_op_write(fuse_req_t req, fuse_ino_t node, const char *data, size_t size, off_t offset,
                 struct fuse_file_info *fi)
{
    (void)node;
    struct kx_fuse_call c;
    kx_fuse_begin(&c, req);
    struct kx_handle *handle = handle_of(fi);
    int result = kx_mount_may_change(c.mount, &c.err);
    if (result == 0) result = kx_handle_write(handle, offset, data, size, &c.call, &c.err);
    if (result < 0) {
        kx_fuse_reply_result(&c, result, kx_handle_inode(handle));
        return;
    }
    kx_stats_add(&c.mount->stats, KX_STAT_WRITTEN, size);
    kx_fuse_settle(&c);
    fuse_reply_write(req, size);
    kx_fuse_finish(&c);
}

/* The file's folder has other times since the file came to its name: the kernel must not show the
 * old ones (tar: "file changed as we read it"). */
static void parent_has_changed(struct kx_mount *mount, struct kx_inode *inode)
{
    g_autoptr(kx_inode) parent = NULL;
    g_autofree char *name = NULL;
    if (!kx_inode_place(inode, &parent, &name)) return;
    attributes_have_changed(mount, parent);
}

typedef int (*publish_step)(struct kx_handle *handle, const struct kx_call *call,
                            struct kx_error *err);

static void publish(fuse_req_t req, struct fuse_file_info *fi, publish_step step)
{
    struct kx_fuse_call c;
    kx_fuse_begin(&c, req);
    struct kx_handle *handle = handle_of(fi);
    struct kx_inode *inode = kx_handle_inode(handle);
    unsigned before = kx_inode_generation(inode);
    int result = step(handle, &c.call, &c.err);
    if (kx_inode_generation(inode) != before) parent_has_changed(c.mount, inode);
    if (result < 0) kx_fuse_changes(&c, "close", inode, NULL);
    kx_fuse_reply_result(&c, result, inode);
}

void kx_op_flush(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
    (void)node;
    struct kx_handle *handle = handle_of(fi);
    const struct fuse_ctx *context = fuse_req_ctx(req);
    const struct kx_mount *mount = fuse_req_userdata(req);
    if (kx_handle_unwritten(handle) &&
        kx_descriptors_left(context->pid, mount->device, kx_handle_inode(handle)->ino))
        fuse_reply_err(req, 0); /* the file is still to be written: another close will come */
    else
        publish(req, fi, kx_handle_flush);
}

void kx_op_fsync(fuse_req_t req, fuse_ino_t node, int datasync, struct fuse_file_info *fi)
{
    (void)node, (void)datasync;
    publish(req, fi, kx_handle_publish);
}

/* Space cannot be reserved on a cluster; a file can be made as long as it will be. */
static int allocate(struct kx_fuse_call *c, struct kx_inode *inode, int mode, int64_t end)
{
    if (mode & ~FALLOC_FL_KEEP_SIZE)
        return kx_error_set(&c->err, EOPNOTSUPP, "HDFS files have no holes to make or to move");
    struct kx_status status = {0};
    kx_attr_known_status(c->mount, inode, &status);
    bool longer = !(mode & FALLOC_FL_KEEP_SIZE) && end > status.length;
    kx_status_clear(&status);
    return longer ? kx_truncate(c->mount, inode, end, false, &c->call, &c->err) : 0;
}

void kx_op_fallocate(fuse_req_t req, fuse_ino_t node, int mode, off_t offset, off_t length,
                     struct fuse_file_info *fi)
{
    (void)node;
    struct kx_fuse_call c;
    kx_fuse_begin(&c, req);
    struct kx_inode *inode = kx_handle_inode(handle_of(fi));
    int result = kx_fuse_begin_change(&c, "fallocate", inode, NULL);
    if (result == 0) result = allocate(&c, inode, mode, (int64_t)offset + length);
    kx_fuse_reply_result(&c, result, inode);
}

void kx_op_copy_file_range(fuse_req_t req, fuse_ino_t from, off_t from_offset,
                           struct fuse_file_info *from_fi, fuse_ino_t to, off_t to_offset,
                           struct fuse_file_info *to_fi, size_t length, int flags)
{
    (void)flags; /* the kernel knows none */
    if (kx_tree_owns(from) || kx_tree_owns(to)) {
        fuse_reply_err(req, EXDEV); /* the kernel then reads the one and writes the other */
        return;
    }
    struct kx_fuse_call c;
    kx_fuse_begin(&c, req);
    struct kx_handle *out = handle_of(to_fi);
    int64_t done = kx_mount_may_change(c.mount, &c.err);
    if (done == 0)
        done = kx_handle_copy(handle_of(from_fi), from_offset, out, to_offset,
                              (int64_t)MIN(length, (size_t)INT64_MAX), &c.call, &c.err);
    if (done < 0) {
        kx_fuse_reply_result(&c, (int)done, kx_handle_inode(out));
        return;
    }
    kx_fuse_settle(&c);
    fuse_reply_write(req, (size_t)done);
    kx_fuse_finish(&c);
}

void kx_op_release(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
    (void)node;
    struct kx_mount *mount = fuse_req_userdata(req);
    kx_opens_release(mount->opens, handle_of(fi));
    fuse_reply_err(req, 0);
}
