/* Documents of the virtual trees that programs write: they take effect when they are closed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "fs/data/descriptors.h"
#include "fs/fuse/fuse_tree.h"

/* A name of a directory is to change.  @to NULL: there is no second one. */
struct change {
    const char *what, *name, *to;
};

static void note_name(struct kx_fuse_call *c, const struct kx_tree_node *directory,
                      const struct change *change)
{
    g_autofree char *above = kx_tree_shown_path(directory);
    kx_fuse_changes_virtual(c, change->what, g_build_filename(above, change->name, NULL),
                            change->to ? g_build_filename(above, change->to, NULL) : NULL);
}

/* May who asks change the names of a directory? Answered when not; in the audit either way.
 * @return a reference; NULL. */
static struct kx_tree_node *directory_for(struct kx_fuse_call *c, fuse_ino_t parent,
                                          const struct change *change)
{
    g_autoptr(kx_tree_node) directory = kx_fuse_tree_node(c, parent);
    if (!directory) return NULL;
    note_name(c, directory, change);
    int result = kx_fuse_tree_may_change(c, directory);
    if (result == 0) result = kx_tree_access(directory, fuse_req_ctx(c->req)->uid, 0, &c->err);
    if (result == 0) return g_steal_pointer(&directory);
    kx_fuse_tree_reply(c, result, directory);
    return NULL;
}

static int make_and_open(struct kx_fuse_call *c, struct kx_tree_node *directory, const char *name,
                         int flags, struct fuse_entry_param *entry, struct kx_tree_file **file)
{
    g_autoptr(kx_tree_node) node = NULL;
    const struct kx_tree_who who = {.uid = fuse_req_ctx(c->req)->uid,
                                    .thread = fuse_req_ctx(c->req)->pid};
    int result = kx_tree_access(directory, who.uid, W_OK, &c->err);
    if (result == 0) result = kx_tree_make(directory, name, false, &c->call, &c->err);
    if (result == 0)
        result =
            kx_tree_lookup(c->mount->tree, directory, name, &c->call, &node, &entry->attr, &c->err);
    if (result == 0) result = kx_tree_open(node, flags & ~O_TRUNC, &who, &c->call, file, &c->err);
    if (result < 0) return result;
    entry->ino = kx_tree_node_number(node);
    kx_tree_looked_up(node);
    return 0;
}

void kx_tree_op_create(fuse_req_t req, fuse_ino_t parent, const char *name,
                       struct fuse_file_info *fi)
{
    struct kx_fuse_call c;
    struct fuse_entry_param entry = {0};
    struct kx_tree_file *file = NULL;
    kx_fuse_begin(&c, req);
    g_autoptr(kx_tree_node) directory =
        directory_for(&c, parent, &(struct change){"create", name, NULL});
    if (!directory) return;
    int result = make_and_open(&c, directory, name, fi->flags, &entry, &file);
    if (result < 0)
        kx_fuse_tree_reply(&c, result, directory);
    else
        kx_fuse_tree_opened(&c, file, fi, &entry);
}

void kx_tree_op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
    struct kx_fuse_call c;
    struct fuse_entry_param entry = {0};
    g_autoptr(kx_tree_node) node = NULL;
    kx_fuse_begin(&c, req);
    g_autoptr(kx_tree_node) directory =
        directory_for(&c, parent, &(struct change){"mkdir", name, NULL});
    if (!directory) return;
    int result = kx_tree_access(directory, fuse_req_ctx(req)->uid, W_OK, &c.err);
    if (result == 0) result = kx_tree_make(directory, name, true, &c.call, &c.err);
    if (result == 0)
        result =
            kx_tree_lookup(c.mount->tree, directory, name, &c.call, &node, &entry.attr, &c.err);
    if (result < 0) {
        kx_fuse_tree_reply(&c, result, directory);
        return;
    }
    kx_fuse_tree_reply_entry(&c, node, &entry);
}

/* What became of a file that was handed in: a submission, with its job or none, is in the audit.
 * @return whether it was one. */
static bool note_submission(struct kx_fuse_call *c, struct kx_tree_node *node)
{
    g_autofree char *id = kx_tree_text_beside(node, ".id", &c->call);
    g_autofree char *error = id ? NULL : kx_tree_text_beside(node, ".error", &c->call);
    if (!id && !error) return false;
    kx_fuse_changes_virtual(c, "submit", kx_tree_shown_path(node), g_steal_pointer(&id));
    return true;
}

int kx_fuse_tree_cut(struct kx_fuse_call *c, struct kx_tree_node *node, const struct stat *attr,
                     int to_set, struct fuse_file_info *fi)
{
    if (!(to_set & FUSE_SET_ATTR_SIZE)) return 0;
    struct kx_tree_file *file = NULL, *open = fi ? (struct kx_tree_file *)(uintptr_t)fi->fh : NULL;
    const struct kx_asker by = kx_fuse_asker(c);
    const struct kx_tree_who who = {.uid = by.user, .thread = by.process};
    kx_fuse_changes_virtual(c, "truncate", kx_tree_shown_path(node), NULL);
    int result = kx_fuse_tree_may_change(c, node);
    if (result == 0 && !open) result = kx_tree_open(node, O_WRONLY, &who, &c->call, &file, &c->err);
    if (result == 0) result = kx_tree_cut(open ? open : file, attr->st_size, &c->err);
    if (result == 0 && file && attr->st_size) {
        result = kx_tree_flush(file, true, &c->call, &c->err);
        (void)note_submission(c, node);
    }
    kx_tree_close(file);
    return result;
}

void kx_tree_op_flush(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
    struct kx_tree_file *file = (struct kx_tree_file *)(uintptr_t)fi->fh;
    struct kx_fuse_call c;
    kx_fuse_begin(&c, req);
    (void)node;
    struct stat st = {0};
    bool written = kx_tree_is_drop(kx_tree_file_node(file));
    if (written) (void)kx_tree_stat(kx_tree_file_node(file), &c.call, &st, NULL);
    bool last = !written || !kx_descriptors_left(fuse_req_ctx(req)->pid, 0, st.st_ino);
    int result = kx_tree_flush(file, last, &c.call, &c.err);
    if (kx_tree_has_taken(file) && !note_submission(&c, kx_tree_file_node(file)))
        kx_fuse_changes_virtual(&c, "write", kx_tree_shown_path(kx_tree_file_node(file)), NULL);
    kx_fuse_tree_reply(&c, result, kx_tree_file_node(file));
}

void kx_tree_op_remove(fuse_req_t req, fuse_ino_t parent, const char *name, bool folder)
{
    struct kx_fuse_call c;
    kx_fuse_begin(&c, req);
    const struct change change = {folder ? "rmdir" : "unlink", name, NULL};
    g_autoptr(kx_tree_node) directory = directory_for(&c, parent, &change);
    if (!directory) return;
    int result = kx_tree_access(directory, fuse_req_ctx(req)->uid, W_OK, &c.err);
    if (result == -EACCES) result = -EPERM;
    if (result == 0) result = kx_tree_remove(directory, name, folder, &c.call, &c.err);
    kx_fuse_tree_reply(&c, result, directory);
}

static int check_rename(struct kx_fuse_call *c, struct kx_tree_node *directory, const char *to,
                        unsigned flags)
{
    g_autoptr(kx_tree_node) there = NULL;
    struct stat st;
    if (flags & ~(unsigned)RENAME_NOREPLACE)
        return kx_error_set(&c->err, EINVAL, "names are not exchanged here");
    if (flags && kx_tree_lookup(c->mount->tree, directory, to, &c->call, &there, &st, NULL) == 0)
        return kx_error_set(&c->err, EEXIST, "%s is there", to);
    return kx_tree_access(directory, fuse_req_ctx(c->req)->uid, W_OK, &c->err);
}

/* An editor saves by renaming, which submits: that is in the audit, behind the rename. */
static void note_saved(struct kx_fuse_call *c, struct kx_tree_node *directory, const char *name,
                       int result)
{
    struct stat st;
    g_autoptr(kx_tree_node) node = NULL;
    kx_fuse_tell(c, result);
    if (kx_tree_lookup(c->mount->tree, directory, name, &c->call, &node, &st, NULL) == 0)
        (void)note_submission(c, node);
}

void kx_tree_op_rename(fuse_req_t req, fuse_ino_t parent, const char *name, const char *to,
                       unsigned flags)
{
    struct kx_fuse_call c;
    kx_fuse_begin(&c, req);
    g_autoptr(kx_tree_node) directory =
        directory_for(&c, parent, &(struct change){"rename", name, to});
    if (!directory) return;
    int result = check_rename(&c, directory, to, flags);
    if (result == 0) {
        result = kx_tree_rename(directory, name, to, &c.call, &c.err);
        note_saved(&c, directory, to, result);
    }
    kx_fuse_tree_reply(&c, result, directory);
}
