/* lookup, mkdir, unlink, rmdir, rename, and what HDFS has not. */
#include <errno.h>
#include <linux/fs.h>

#include "fs/data/recovery.h"
#include "fs/fuse/fuse_ops.h"
#include "fs/journal/journal.h"
#include "fs/names/attr.h"
#include "fs/names/lookup.h"
#include "fs/names/replace.h"
#include "rest/webhdfs.h"

static void reply_absent(struct kx_fuse_call *c)
{
    const struct fuse_entry_param none = {.entry_timeout = c->mount->options->negative_timeout_s};
    kx_fuse_settle(c);
    fuse_reply_entry(c->req, &none);
    kx_fuse_finish(c);
}

void kx_op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
    struct kx_fuse_call c;
    kx_fuse_begin(&c, req);
    g_autoptr(kx_inode) directory = kx_fuse_inode(&c, parent);
    if (!directory) return;
    g_autoptr(kx_inode) child = NULL;
    int result = kx_lookup(c.mount, directory, name, &c.call, &child, &c.err);
    if (result == 0)
        kx_fuse_reply_entry(&c, child);
    else if (result == -ENOENT && c.mount->options->negative_timeout_s > 0)
        reply_absent(&c);
    else
        kx_fuse_reply_result(&c, result, directory);
}

void kx_op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
    struct kx_fuse_call c;
    kx_fuse_begin(&c, req);
    g_autoptr(kx_inode) directory = kx_fuse_inode(&c, parent);
    if (!directory) return;
    g_autofree char *path = NULL;
    int result = kx_fuse_begin_change(&c, "mkdir", directory, name);
    if (result == 0) result = kx_fuse_still(&c, directory); /* MKDIRS would make it again */
    if (result == 0) result = kx_path_in(directory, name, &path, &c.err);
    if (result == 0)
        result = kx_webhdfs_mkdirs(c.mount->client, path, mode & 07777, &c.call, &c.err);
    if (result < 0) {
        kx_fuse_reply_result(&c, result, directory);
        return;
    }
    struct kx_status status;
    kx_attr_of_made(c.mount, directory, KX_TYPE_DIRECTORY, mode & 07777, &status);
    kx_inodes_remove(c.mount->inodes, directory, name);
    g_autoptr(kx_inode) made = kx_inodes_adopt(c.mount->inodes, directory, name, &status,
                                               kx_inodes_epoch(c.mount->inodes), 0);
    kx_status_clear(&status);
    kx_inode_expire(directory);
    kx_fuse_reply_entry(&c, made);
}

/* The writer of a file whose name is about to go, paused; NULL: nobody writes it. */
struct taken {
    struct kx_writer *writer; /* a reference */
    bool fresh;               /* the name is not on the server at all */
};

static int take(struct kx_fuse_call *c, struct kx_inode *inode, struct taken *out)
{
    *out = (struct taken){.writer = inode ? kx_inode_writer(inode) : NULL};
    if (!out->writer) return 0;
    int result = kx_writer_pause(out->writer, &c->call, &c->err);
    if (result < 0) {
        g_clear_pointer(&out->writer, kx_writer_unref);
        return result;
    }
    struct kx_overlay overlay;
    kx_writer_overlay(out->writer, &overlay);
    out->fresh = overlay.fresh && !overlay.unsure;
    return 0;
}

static void let_go(struct taken *taken, bool gone)
{
    if (!taken->writer) return;
    kx_writer_resume(taken->writer, gone);
    kx_writer_unref(taken->writer);
}

static void remove_name(fuse_req_t req, fuse_ino_t parent, const char *name, const char *what)
{
    struct kx_fuse_call c;
    kx_fuse_begin(&c, req);
    g_autoptr(kx_inode) directory = kx_fuse_inode(&c, parent);
    if (!directory) return;
    g_autofree char *path = NULL;
    g_autoptr(kx_inode) child = kx_inodes_child(c.mount->inodes, directory, name);
    struct taken taken = {0};
    int result = kx_fuse_begin_change(&c, what, directory, name);
    if (result == 0 && child) result = kx_fuse_still(&c, child);
    if (result == 0) result = kx_path_in(directory, name, &path, &c.err);
    if (result == 0) result = take(&c, child, &taken);
    bool asked = result == 0 && !taken.fresh;
    bool noted = asked && taken.writer && kx_recovery_note_move(c.mount, path, "", &c.call);
    if (asked) result = kx_webhdfs_delete(c.mount->client, path, false, &c.call, &c.err);
    if (noted && result < 0 && c.err.http_status) kx_journal_unmoved(c.mount->journal, path, "");
    bool gone = result == 0 || result == -ENOENT;
    if (result == -ENOENT &&
        taken.writer) { /* it was here only: a step to the name was cut short */
        kx_error_clear(&c.err);
        result = 0;
    }
    if (gone) kx_inodes_remove(c.mount->inodes, directory, name);
    let_go(&taken, gone);
    if (noted && gone) kx_journal_unmoved(c.mount->journal, path, "");
    kx_inode_expire(directory);
    kx_fuse_reply_result(&c, result, directory);
}

void kx_op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
    remove_name(req, parent, name, "unlink");
}

void kx_op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
    remove_name(req, parent, name, "rmdir");
}

struct move {
    struct kx_inode *from, *to;
    const char *name, *to_name;
    unsigned flags;
};

static int ask_server(struct kx_fuse_call *c, const struct move *m, const char *path,
                      const char *to_path)
{
    struct kx_mount *mount = c->mount;
    bool noted = kx_recovery_note_move(mount, path, to_path, &c->call);
    int result = m->flags & RENAME_NOREPLACE
                     ? kx_webhdfs_rename(mount->client, path, to_path, &c->call, &c->err)
                     : kx_replace(mount, path, to_path, &c->call, &c->err);
    if (result < 0 && noted && c->err.http_status)
        kx_journal_unmoved(mount->journal, path, to_path);
    return result;
}

/* Both files stand still, so that neither is brought to a name that is not its own any more. */
static int move_still(struct kx_fuse_call *c, const struct move *m, struct kx_inode *source)
{
    g_autofree char *path = NULL, *to_path = NULL;
    g_autoptr(kx_inode) target = kx_inodes_child(c->mount->inodes, m->to, m->to_name);
    struct taken taken = {0};
    int result = kx_path_in(m->from, m->name, &path, &c->err);
    if (result == 0) result = kx_path_in(m->to, m->to_name, &to_path, &c->err);
    if (result == 0 && target != source) result = take(c, target, &taken);
    if (result == 0 && taken.fresh && (m->flags & RENAME_NOREPLACE))
        result = kx_error_set(&c->err, EEXIST, "a file of that name is being written");
    if (result == 0) result = ask_server(c, m, path, to_path);
    if (result == 0) {
        kx_inodes_move(c->mount->inodes, m->from, m->name, m->to, m->to_name);
        kx_journal_moved(c->mount->journal, path, to_path, false); /* new records say so already */
    }
    let_go(&taken, result == 0);
    return result;
}

static int move(struct kx_fuse_call *c, const struct move *m)
{
    if (m->flags & ~(unsigned)RENAME_NOREPLACE)
        return kx_error_set(&c->err, EINVAL, "HDFS cannot exchange two names in one step");
    g_autoptr(kx_inode) source = kx_inodes_child(c->mount->inodes, m->from, m->name);
    g_autoptr(kx_writer) writer = source ? kx_inode_writer(source) : NULL;
    int result = writer ? kx_writer_settle(writer, &c->call, &c->err) : 0;
    if (result < 0) return result;
    result = move_still(c, m, source);
    if (writer) kx_writer_resume(writer, false);
    if (result < 0) return result;
    kx_inode_expire(m->from);
    kx_inode_expire(m->to);
    return 0;
}

void kx_op_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t to_parent,
                  const char *to_name, unsigned flags)
{
    struct kx_fuse_call c;
    kx_fuse_begin(&c, req);
    g_autoptr(kx_inode) from = kx_fuse_inode(&c, parent);
    if (!from) return;
    g_autoptr(kx_inode) to = kx_fuse_inode(&c, to_parent);
    if (!to) return;
    const struct move m = {from, to, name, to_name, flags};
    int result = kx_fuse_begin_change(&c, "rename", from, name);
    kx_fuse_changes_to(&c, to, to_name);
    if (result == 0) result = move(&c, &m);
    kx_fuse_reply_result(&c, result, from);
}

static void refuse(fuse_req_t req, fuse_ino_t node, int code, const char *reason)
{
    struct kx_fuse_call c;
    kx_fuse_begin(&c, req);
    g_autoptr(kx_inode) inode = kx_fuse_inode(&c, node);
    if (!inode) return;
    kx_fuse_reply_result(&c, kx_error_set(&c.err, code, "%s", reason), inode);
}

void kx_op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
    (void)target, (void)name;
    refuse(req, parent, EOPNOTSUPP, "HDFS has no symbolic links");
}

void kx_op_link(fuse_req_t req, fuse_ino_t node, fuse_ino_t to_parent, const char *to_name)
{
    (void)node, (void)to_name;
    refuse(req, to_parent, EPERM, "HDFS has no hard links");
}

void kx_op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t device)
{
    (void)name, (void)mode, (void)device;
    refuse(req, parent, EPERM, "HDFS has no devices, pipes or sockets");
}

void kx_op_readlink(fuse_req_t req, fuse_ino_t node)
{
    refuse(req, node, EINVAL, "symbolic links of HDFS are not followed");
}
