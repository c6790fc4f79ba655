/* getattr, setattr, access, statfs. */
#include <errno.h>
#include <unistd.h>

#include "fs/data/growth.h"
#include "fs/data/space.h"
#include "fs/fuse/fuse_ops.h"
#include "fs/names/identity.h"
#include "fs/names/lookup.h"
#include "rest/webhdfs.h"

#define ROOT_TIMEOUT_MS 5000 /* for the root's attributes; then what is known is shown */

/* The server cannot be reached: what was known of the mount's root is still true enough for df,
 * shells and umount. */
static bool is_away(int result)
{
    return result == -EHOSTDOWN || result == -EHOSTUNREACH || result == -ETIMEDOUT;
}

void kx_op_getattr(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
    (void)fi;
    struct kx_fuse_call c;
    kx_fuse_begin(&c, req);
    g_autoptr(kx_inode) inode = kx_fuse_inode(&c, node);
    if (!inode) return;
    bool root = node == FUSE_ROOT_ID;
    if (root) c.call.timeout_ms = (int)MIN(ROOT_TIMEOUT_MS, c.mount->options->timeout_ms);
    int result = kx_fuse_gone(inode, kx_growth_asked(c.mount, inode, &c.call, &c.err));
    if (result < 0 && !(root && is_away(result)))
        kx_fuse_reply_result(&c, result, inode);
    else
        kx_fuse_reply_attr(&c, inode);
}

static void amend_mode(struct kx_status *status, const void *with)
{
    status->mode = *(const uint32_t *)with;
}

static int set_mode(struct kx_fuse_call *c, struct kx_inode *inode, mode_t mode)
{
    uint32_t bits = mode & 07777;
    g_autoptr(kx_writer) writer = kx_inode_writer(inode);
    if (writer && kx_writer_defer_mode(writer, bits)) return 0;
    g_autofree char *path = NULL;
    int result = kx_path_of(inode, &path, &c->err);
    if (result == 0)
        result = kx_webhdfs_set_permission(c->mount->client, path, bits, &c->call, &c->err);
    if (result == 0 && writer) kx_writer_note_mode(writer, bits);
    if (result == 0) kx_inode_amend(inode, amend_mode, &bits);
    return result;
}

/* cp -p and rsync set the owner that a file has already: no request for that. */
static void drop_unchanged(struct kx_inode *inode, char **owner, char **group)
{
    struct kx_status now = {0};
    kx_inode_status(inode, &now, 0);
    if (now.owner && g_strcmp0(*owner, now.owner) == 0) g_clear_pointer(owner, g_free);
    if (now.group && g_strcmp0(*group, now.group) == 0) g_clear_pointer(group, g_free);
    kx_status_clear(&now);
}

/* Like chown(2), the names must exist on this side of the mapping. */
static int names_of_ids(struct kx_fuse_call *c, const struct stat *attr, int to_set, char **owner,
                        char **group)
{
    struct kx_identity *identity = c->mount->identity;
    if (to_set & FUSE_SET_ATTR_UID) *owner = kx_identity_owner(identity, attr->st_uid);
    if (to_set & FUSE_SET_ATTR_GID) *group = kx_identity_group(identity, attr->st_gid);
    if ((to_set & FUSE_SET_ATTR_UID) && !*owner)
        return kx_error_set(&c->err, EINVAL, "no user has the number %u here", attr->st_uid);
    if ((to_set & FUSE_SET_ATTR_GID) && !*group)
        return kx_error_set(&c->err, EINVAL, "no group has the number %u here", attr->st_gid);
    return 0;
}

static int set_owner(struct kx_fuse_call *c, struct kx_inode *inode, const struct stat *attr,
                     int to_set)
{
    g_autofree char *owner = NULL, *group = NULL, *path = NULL;
    int result = names_of_ids(c, attr, to_set, &owner, &group);
    if (result == 0) drop_unchanged(inode, &owner, &group);
    if (result == 0 && !owner && !group) return 0;
    g_autoptr(kx_writer) writer = kx_inode_writer(inode);
    if (result == 0 && writer) result = kx_writer_publish(writer, &c->call, &c->err);
    if (result == 0) result = kx_path_of(inode, &path, &c->err);
    if (result == 0)
        result = kx_webhdfs_set_owner(c->mount->client, path, owner, group, &c->call, &c->err);
    if (result == 0) kx_inode_expire(inode);
    return result == -EACCES ? -EPERM
                             : result; /* chown(2)'s word for "you are not the superuser" */
}

static int64_t to_ms(struct timespec t)
{
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct times {
    int64_t mtime_ms, atime_ms;
};

static void amend_times(struct kx_status *status, const void *with)
{
    const struct times *times = with;
    if (times->mtime_ms >= 0) status->mtime_ms = times->mtime_ms;
    if (times->atime_ms >= 0) status->atime_ms = times->atime_ms;
}

static int set_times(struct kx_fuse_call *c, struct kx_inode *inode, const struct stat *attr,
                     int to_set)
{
    int64_t now = c->mount->clock->wall_ms(c->mount->clock);
    struct times times = {-1, -1};
    if (to_set & FUSE_SET_ATTR_MTIME) times.mtime_ms = to_ms(attr->st_mtim);
    if (to_set & FUSE_SET_ATTR_ATIME) times.atime_ms = to_ms(attr->st_atim);
    if (to_set & FUSE_SET_ATTR_MTIME_NOW) times.mtime_ms = now;
    if (to_set & FUSE_SET_ATTR_ATIME_NOW) times.atime_ms = now;
    const int given = FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_ATIME;
    bool now_only = !(to_set & given) ||
                    ((to_set & FUSE_SET_ATTR_MTIME_NOW) && (to_set & FUSE_SET_ATTR_ATIME_NOW));
    struct times later =
        now_only ? (struct times){-1, -1} : times; /* publishing sets them to now anyway */
    g_autoptr(kx_writer) writer = kx_inode_writer(inode);
    if (writer && kx_writer_defer_times(writer, later.mtime_ms, later.atime_ms)) return 0;
    if (inode->directory) times.atime_ms = -1; /* HDFS keeps none for directories and refuses it */
    if (times.mtime_ms < 0 && times.atime_ms < 0) return 0;
    g_autofree char *path = NULL;
    int result = kx_path_of(inode, &path, &c->err);
    if (result == 0)
        result = kx_webhdfs_set_times(c->mount->client, path, times.mtime_ms, times.atime_ms,
                                      &c->call, &c->err);
    if (result == 0) kx_inode_amend(inode, amend_times, &times);
    if (result == 0 && writer && times.mtime_ms >= 0) kx_writer_note_mtime(writer, times.mtime_ms);
    return result;
}

static const char *change_of(int to_set)
{
    if (to_set & FUSE_SET_ATTR_SIZE) return "truncate";
    if (to_set & (FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID)) return "chown";
    return to_set & FUSE_SET_ATTR_MODE ? "chmod" : "utimes";
}

void kx_op_setattr(fuse_req_t req, fuse_ino_t node, struct stat *attr, int to_set,
                   struct fuse_file_info *fi)
{
    const int times = FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_MTIME_NOW |
                      FUSE_SET_ATTR_ATIME_NOW;
    struct kx_fuse_call c;
    kx_fuse_begin(&c, req);
    g_autoptr(kx_inode) inode = kx_fuse_inode(&c, node);
    if (!inode) return;
    int result = kx_fuse_begin_change(&c, change_of(to_set), inode, NULL);
    if (result == 0 && to_set & FUSE_SET_ATTR_SIZE)
        result = kx_truncate(c.mount, inode, attr->st_size, fi == NULL, &c.call, &c.err);
    if (result == 0 && (to_set & (FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID)))
        result = set_owner(&c, inode, attr, to_set);
    if (result == 0 && (to_set & FUSE_SET_ATTR_MODE)) result = set_mode(&c, inode, attr->st_mode);
    if (result == 0 && (to_set & times)) result = set_times(&c, inode, attr, to_set);
    if (result == 0) kx_inode_note_ctime(inode, c.mount->clock->wall_ms(c.mount->clock));
    if (result == 0) result = kx_refresh(c.mount, inode, &c.call, &c.err);
    if (result < 0)
        kx_fuse_reply_result(&c, result, inode);
    else
        kx_fuse_reply_attr(&c, inode);
}

void kx_op_access(fuse_req_t req, fuse_ino_t node, int mask)
{
    struct kx_fuse_call c;
    kx_fuse_begin(&c, req);
    g_autoptr(kx_inode) inode = kx_fuse_inode(&c, node);
    if (!inode) return;
    g_autoptr(kx_writer) writer = kx_inode_writer(inode);
    g_autofree char *path = NULL;
    int result = mask & W_OK ? kx_mount_may_change(c.mount, &c.err) : 0;
    /* A file that is being written here may not be on the server yet; who writes it may use it. */
    bool asks = !writer && mask != 0;
    if (result == 0 && asks) result = kx_fuse_still(&c, inode);
    if (result == 0 && asks) result = kx_path_of(inode, &path, &c.err);
    if (path) result = kx_webhdfs_check_access(c.mount->client, path, mask, &c.call, &c.err);
    kx_fuse_reply_result(&c, result == -ENOTSUP ? 0 : result, inode);
}

void kx_op_statfs(fuse_req_t req, fuse_ino_t node)
{
    (void)node;
    struct kx_fuse_call c;
    struct statvfs space;
    kx_fuse_begin(&c, req);
    kx_space_get(c.mount, &c.call, &space);
    kx_fuse_settle(&c);
    fuse_reply_statfs(req, &space);
    kx_fuse_finish(&c);
}
