#include "fs/fuse/fuse_route.h"

#include <errno.h>
#include <poll.h>

#include "fs/fuse/fuse_ops.h"
#include "fs/fuse/fuse_tree.h"

static struct kx_tree *tree_of(fuse_req_t req)
{
    const struct kx_mount *mount = fuse_req_userdata(req);
    return mount->tree;
}

/* Is a name in a directory one of the trees', or below them? */
static bool is_virtual(fuse_req_t req, fuse_ino_t parent, const char *name)
{
    return kx_tree_owns(parent) || (parent == FUSE_ROOT_ID && kx_tree_has_name(tree_of(req), name));
}

/* Is it a directory of the trees where programs make names? */
static bool takes_documents(fuse_req_t req, fuse_ino_t parent)
{
    return kx_tree_owns(parent) && kx_tree_takes_documents(tree_of(req), parent);
}

static void on_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
    if (is_virtual(req, parent, name))
        kx_tree_op_lookup(req, parent, name);
    else
        kx_op_lookup(req, parent, name);
}

static void forget_one(struct kx_mount *mount, fuse_ino_t node, uint64_t nlookup)
{
    if (!kx_tree_owns(node))
        kx_inodes_forget(mount->inodes, node, nlookup);
    else if (mount->tree)
        kx_tree_forget(mount->tree, node, nlookup);
}

static void on_forget(fuse_req_t req, fuse_ino_t node, uint64_t nlookup)
{
    forget_one(fuse_req_userdata(req), node, nlookup);
    fuse_reply_none(req);
}

static void on_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *forgets)
{
    for (size_t i = 0; i < count; i++)
        forget_one(fuse_req_userdata(req), forgets[i].ino, forgets[i].nlookup);
    fuse_reply_none(req);
}

static void on_getattr(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
    if (kx_tree_owns(node))
        kx_tree_op_getattr(req, node);
    else
        kx_op_getattr(req, node, fi);
}

static void on_setattr(fuse_req_t req, fuse_ino_t node, struct stat *attr, int to_set,
                       struct fuse_file_info *fi)
{
    if (kx_tree_owns(node))
        kx_tree_op_setattr(req, node, attr, to_set, fi);
    else
        kx_op_setattr(req, node, attr, to_set, fi);
}

static void on_access(fuse_req_t req, fuse_ino_t node, int mask)
{
    if (kx_tree_owns(node))
        kx_tree_op_access(req, node, mask);
    else
        kx_op_access(req, node, mask);
}

static void on_statfs(fuse_req_t req, fuse_ino_t node)
{
    if (kx_tree_owns(node))
        kx_tree_op_statfs(req);
    else
        kx_op_statfs(req, node);
}

static void on_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
    if (takes_documents(req, parent))
        kx_tree_op_mkdir(req, parent, name);
    else if (is_virtual(req, parent, name))
        kx_tree_op_refuse(req, parent, name, kx_tree_owns(parent) ? EPERM : EEXIST);
    else
        kx_op_mkdir(req, parent, name, mode);
}

static void on_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
    if (takes_documents(req, parent))
        kx_tree_op_remove(req, parent, name, false);
    else if (is_virtual(req, parent, name))
        kx_tree_op_refuse(req, parent, name, EPERM);
    else
        kx_op_unlink(req, parent, name);
}

static void on_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
    if (takes_documents(req, parent))
        kx_tree_op_remove(req, parent, name, true);
    else if (is_virtual(req, parent, name))
        kx_tree_op_refuse(req, parent, name, EPERM);
    else
        kx_op_rmdir(req, parent, name);
}

/* Between HDFS and the trees as between two file systems. */
static void on_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t to_parent,
                      const char *to_name, unsigned flags)
{
    bool from = is_virtual(req, parent, name), to = is_virtual(req, to_parent, to_name);
    if (parent == to_parent && takes_documents(req, parent))
        kx_tree_op_rename(req, parent, name, to_name, flags);
    else if (!from && !to)
        kx_op_rename(req, parent, name, to_parent, to_name, flags);
    else
        kx_tree_op_refuse(req, from ? parent : to_parent, from ? name : to_name,
                          from && to ? EPERM : EXDEV);
}

static void on_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
    if (is_virtual(req, parent, name))
        kx_tree_op_refuse(req, parent, name, EPERM);
    else
        kx_op_symlink(req, target, parent, name);
}

static void on_link(fuse_req_t req, fuse_ino_t node, fuse_ino_t to_parent, const char *to_name)
{
    bool from = kx_tree_owns(node), to = is_virtual(req, to_parent, to_name);
    if (from || to)
        kx_tree_op_refuse(req, to ? to_parent : node, to ? to_name : NULL,
                          from && to ? EPERM : EXDEV);
    else
        kx_op_link(req, node, to_parent, to_name);
}

static void on_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t device)
{
    if (is_virtual(req, parent, name))
        kx_tree_op_refuse(req, parent, name, EPERM);
    else
        kx_op_mknod(req, parent, name, mode, device);
}

static void on_readlink(fuse_req_t req, fuse_ino_t node)
{
    if (kx_tree_owns(node))
        kx_tree_op_readlink(req, node);
    else
        kx_op_readlink(req, node);
}

static void on_opendir(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
    if (kx_tree_owns(node))
        kx_tree_op_opendir(req, node, fi);
    else
        kx_op_opendir(req, node, fi);
}

static void on_readdir(fuse_req_t req, fuse_ino_t node, size_t size, off_t offset,
                       struct fuse_file_info *fi)
{
    if (kx_tree_owns(node))
        kx_tree_op_readdir(req, size, offset, fi, false);
    else
        kx_op_readdir(req, node, size, offset, fi);
}

static void on_readdirplus(fuse_req_t req, fuse_ino_t node, size_t size, off_t offset,
                           struct fuse_file_info *fi)
{
    if (kx_tree_owns(node))
        kx_tree_op_readdir(req, size, offset, fi, true);
    else
        kx_op_readdirplus(req, node, size, offset, fi);
}

static void on_releasedir(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
    if (kx_tree_owns(node))
        kx_tree_op_releasedir(req, fi);
    else
        kx_op_releasedir(req, node, fi);
}

static void on_open(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
    if (kx_tree_owns(node))
        kx_tree_op_open(req, node, fi);
    else
        kx_op_open(req, node, fi);
}

static void on_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
                      struct fuse_file_info *fi)
{
    if (takes_documents(req, parent))
        kx_tree_op_create(req, parent, name, fi);
    else if (is_virtual(req, parent, name))
        kx_tree_op_refuse(req, parent, name, kx_tree_owns(parent) ? EPERM : EEXIST);
    else
        kx_op_create(req, parent, name, mode, fi);
}

static void on_read(fuse_req_t req, fuse_ino_t node, size_t size, off_t offset,
                    struct fuse_file_info *fi)
{
    if (kx_tree_owns(node))
        kx_tree_op_read(req, size, offset, fi);
    else
        kx_op_read(req, node, size, offset, fi);
}

static void on_write(fuse_req_t req, fuse_ino_t node, const char *data, size_t size, off_t offset,
                     struct fuse_file_info *fi)
{
    if (kx_tree_owns(node))
        kx_tree_op_write(req, data, size, offset, fi);
    else
        kx_op_write(req, node, data, size, offset, fi);
}

static void on_flush(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
    if (kx_tree_owns(node))
        kx_tree_op_flush(req, node, fi);
    else
        kx_op_flush(req, node, fi);
}

static void on_fsync(fuse_req_t req, fuse_ino_t node, int datasync, struct fuse_file_info *fi)
{
    if (kx_tree_owns(node))
        fuse_reply_err(req, 0);
    else
        kx_op_fsync(req, node, datasync, fi);
}

static void on_fallocate(fuse_req_t req, fuse_ino_t node, int mode, off_t offset, off_t length,
                         struct fuse_file_info *fi)
{
    if (kx_tree_owns(node))
        kx_tree_op_refuse(req, node, NULL, EOPNOTSUPP);
    else
        kx_op_fallocate(req, node, mode, offset, length, fi);
}

static void on_release(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
    if (kx_tree_owns(node))
        kx_tree_op_release(req, fi);
    else
        kx_op_release(req, node, fi);
}

static void on_poll(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi,
                    struct fuse_pollhandle *handle)
{
    if (kx_tree_owns(node)) {
        kx_tree_op_poll(req, fi, handle);
        return;
    }
    if (handle) fuse_pollhandle_destroy(handle);
    fuse_reply_poll(req, POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM); /* as every regular file */
}

static void on_setxattr(fuse_req_t req, fuse_ino_t node, const char *name, const char *value,
                        size_t size, int flags)
{
    if (kx_tree_owns(node))
        kx_tree_op_refuse(req, node, NULL, g_str_has_prefix(name, "system.") ? EOPNOTSUPP : EPERM);
    else
        kx_op_setxattr(req, node, name, value, size, flags);
}

static void on_getxattr(fuse_req_t req, fuse_ino_t node, const char *name, size_t size)
{
    if (kx_tree_owns(node))
        kx_tree_op_getxattr(req, node, name, size);
    else
        kx_op_getxattr(req, node, name, size);
}

static void on_listxattr(fuse_req_t req, fuse_ino_t node, size_t size)
{
    if (kx_tree_owns(node))
        kx_tree_op_listxattr(req, size);
    else
        kx_op_listxattr(req, node, size);
}

static void on_removexattr(fuse_req_t req, fuse_ino_t node, const char *name)
{
    if (kx_tree_owns(node))
        kx_tree_op_refuse(req, node, NULL, EPERM);
    else
        kx_op_removexattr(req, node, name);
}

struct fuse_lowlevel_ops kx_fuse_operations(void)
{
    return (struct fuse_lowlevel_ops){
        .lookup = on_lookup,
        .forget = on_forget,
        .forget_multi = on_forget_multi,
        .getattr = on_getattr,
        .setattr = on_setattr,
        .access = on_access,
        .statfs = on_statfs,
        .mkdir = on_mkdir,
        .unlink = on_unlink,
        .rmdir = on_rmdir,
        .rename = on_rename,
        .symlink = on_symlink,
        .link = on_link,
        .mknod = on_mknod,
        .readlink = on_readlink,
        .opendir = on_opendir,
        .readdir = on_readdir,
        .readdirplus = on_readdirplus,
        .releasedir = on_releasedir,
        .fsyncdir = kx_op_fsyncdir,
        .open = on_open,
        .create = on_create,
        .read = on_read,
        .write = on_write,
        .flush = on_flush,
        .fsync = on_fsync,
        .fallocate = on_fallocate,
        .copy_file_range = kx_op_copy_file_range, /* asks itself: it has two nodes */
        .release = on_release,
        .poll = on_poll,
        .setxattr = on_setxattr,
        .getxattr = on_getxattr,
        .listxattr = on_listxattr,
        .removexattr = on_removexattr,
    };
}
