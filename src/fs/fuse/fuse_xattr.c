/* getxattr, listxattr, setxattr, removexattr. */
#include <errno.h>

#include "fs/fuse/fuse_ops.h"
#include "fs/names/xattr.h"

/* The kernel asks for the length (size 0) or for the bytes. */
static void reply_value(struct kx_fuse_call *c, GBytes *value, size_t size)
{
    gsize length = 0;
    const void *bytes = g_bytes_get_data(value, &length);
    kx_fuse_settle(c);
    if (size == 0)
        fuse_reply_xattr(c->req, length);
    else if (length > size)
        fuse_reply_err(c->req, ERANGE);
    else
        fuse_reply_buf(c->req, bytes, length);
    kx_fuse_finish(c);
}

void kx_op_getxattr(fuse_req_t req, fuse_ino_t node, const char *name, size_t size)
{
    struct kx_fuse_call c;
    kx_fuse_begin(&c, req);
    g_autoptr(kx_inode) inode = kx_fuse_inode(&c, node);
    if (!inode) return;
    g_autoptr(GBytes) value = NULL;
    int result = kx_xattr_get(c.mount, inode, name, &c.call, &value, &c.err);
    if (result == 0) {
        reply_value(&c, value, size);
    } else if (result ==
               -ENODATA) { /* no error to remember: user.hdfs.error must not overwrite itself */
        kx_fuse_settle(&c);
        fuse_reply_err(req, ENODATA);
        kx_fuse_finish(&c);
    } else {
        kx_fuse_reply_result(&c, result, inode);
    }
}

void kx_op_listxattr(fuse_req_t req, fuse_ino_t node, size_t size)
{
    struct kx_fuse_call c;
    kx_fuse_begin(&c, req);
    g_autoptr(kx_inode) inode = kx_fuse_inode(&c, node);
    if (!inode) return;
    g_autoptr(GBytes) names = NULL;
    int result = kx_xattr_list(c.mount, inode, &c.call, &names, &c.err);
    if (result < 0)
        kx_fuse_reply_result(&c, result, inode);
    else
        reply_value(&c, names, size);
}

void kx_op_setxattr(fuse_req_t req, fuse_ino_t node, const char *name, const char *value,
                    size_t size, int flags)
{
    struct kx_fuse_call c;
    kx_fuse_begin(&c, req);
    g_autoptr(kx_inode) inode = kx_fuse_inode(&c, node);
    if (!inode) return;
    g_autoptr(GBytes) bytes = g_bytes_new(value, size);
    int result = kx_fuse_begin_change(&c, "setxattr", inode, NULL);
    if (result == 0) result = kx_xattr_set(c.mount, inode, name, bytes, flags, &c.call, &c.err);
    kx_fuse_reply_result(&c, result, inode);
}

void kx_op_removexattr(fuse_req_t req, fuse_ino_t node, const char *name)
{
    struct kx_fuse_call c;
    kx_fuse_begin(&c, req);
    g_autoptr(kx_inode) inode = kx_fuse_inode(&c, node);
    if (!inode) return;
    int result = kx_fuse_begin_change(&c, "removexattr", inode, NULL);
    if (result == 0) result = kx_xattr_remove(c.mount, inode, name, &c.call, &c.err);
    kx_fuse_reply_result(&c, result, inode);
}
