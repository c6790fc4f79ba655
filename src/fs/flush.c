#include "fs/flush.h"

#include <errno.h>
#include <string.h>

#include "fs/data/writer.h"
#include "fs/mount.h"
#include "fs/names/inode.h"
#include "fs/names/pages.h"

/* What is known here of a path: all of it, or the last folder of it and the name that is not known
 * there. */
struct found {
    struct kx_inode *inode; /* a reference */
    char *unknown;          /* owned; NULL: the inode is what the path leads to */
};

static int find(struct kx_mount *mount, const char *path, struct found *out, struct kx_error *err)
{
    g_auto(GStrv) names = g_strsplit(path, "/", -1);
    g_autoptr(kx_inode) inode = kx_inodes_find(mount->inodes, KX_ROOT_NODE);
    for (char **name = names; *name; name++) {
        if (!**name || strcmp(*name, ".") == 0) continue;
        if (strcmp(*name, "..") == 0)
            return kx_error_set(err, EINVAL, "%s: a path from the mount's root is expected", path);
        struct kx_inode *child = kx_inodes_child(mount->inodes, inode, *name);
        if (!child) {
            out->unknown = g_strdup(*name);
            break;
        }
        kx_inode_unref(inode);
        inode = child;
    }
    out->inode = g_steal_pointer(&inode);
    return 0;
}

static void forget(struct kx_mount *mount, struct kx_inode *inode)
{
    g_autoptr(kx_inode) parent = NULL;
    g_autofree char *name = NULL;
    bool placed = kx_inode_place(inode, &parent, &name);
    kx_inode_expire(inode);
    kx_inode_forget_pages(inode);
    if (mount->tell_stale)
        mount->tell_stale(mount, placed ? parent->node : 0, inode->node, placed ? name : NULL);
}

static int forget_all(struct kx_mount *mount, const struct found *found, const struct kx_call *call,
                      struct kx_error *err)
{
    kx_pages_drop(mount->pages);
    if (found->unknown) {
        kx_inode_expire(found->inode);
        if (mount->tell_stale) mount->tell_stale(mount, found->inode->node, 0, found->unknown);
        return 0;
    }
    g_autoptr(GPtrArray) below = kx_inodes_below(mount->inodes, found->inode);
    for (guint i = 0; i < below->len; i++) {
        if (kx_cancel_fired(call->cancel)) return kx_error_set(err, EINTR, "interrupted");
        forget(mount, g_ptr_array_index(below, i));
    }
    return 0;
}

int kx_flush(struct kx_mount *mount, const char *path, const struct kx_call *call,
             struct kx_error *err)
{
    struct found found = {0};
    int result = find(mount, path ? path : "", &found, err);
    if (result < 0) return result;
    unsigned failed =
        found.unknown ? 0 : kx_writers_publish_below(mount->writers, found.inode, call);
    result = forget_all(mount, &found, call, err);
    kx_inode_unref(found.inode);
    g_free(found.unknown);
    if (result < 0 || !failed) return result;
    return kx_error_set(err, EIO, "%u files could not be uploaded; /.cluster/mount/errors says why",
                        failed);
}
