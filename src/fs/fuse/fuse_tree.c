/* The names of the virtual trees: lookup, attributes, listings, and what is refused. */
#include "fs/fuse/fuse_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "fs/opens.h"

#define DOTS         2 /* "." and ".." have the positions 1 and 2 */
#define NAME_BYTES   255
#define STATFS_BLOCK 4096
#define ERROR_XATTR  "user.hdfs.error"
#define OOZIE_XATTR  "user.oozie." /* + "error", "id": what is beside a submission by that name */
#define MS_PER_S     1000

struct kx_tree_node *kx_fuse_tree_node(struct kx_fuse_call *c, fuse_ino_t node)
{
    struct kx_tree_node *found = c->mount->tree ? kx_tree_find(c->mount->tree, node) : NULL;
    if (!found) kx_fuse_tree_reply(c, -ESTALE, NULL);
    return found;
}

int kx_fuse_tree_may_change(struct kx_fuse_call *c, const struct kx_tree_node *node)
{
    return kx_tree_is_local(node) ? 0 : kx_mount_may_change(c->mount, &c->err);
}

/* ESTALE is for the kernel, which looks the name up again: no program has failed. */
static void keep_error(struct kx_fuse_call *c, int result, const struct kx_tree_node *node)
{
    if (result == -ESTALE) return;
    if (!c->err.code) kx_error_set(&c->err, -result, "%s", g_strerror(-result));
    g_autofree char *path = node ? kx_tree_shown_path(node) : NULL;
    const struct kx_asker by = kx_fuse_asker(c);
    kx_error_about(&c->err, NULL, c->change ? c->path : path);
    /* A verb's error may name the path that it was about, and what was to be changed in a directory
     * is a name there; the node has it, too. */
    bool other = path && c->err.path && strcmp(path, c->err.path) != 0;
    kx_errors_add(c->mount->errors, &by, &c->err);
    if (other) kx_errors_note(c->mount->errors, &by, path, &c->err);
}

void kx_fuse_tree_reply(struct kx_fuse_call *c, int result, const struct kx_tree_node *node)
{
    if (result < 0) keep_error(c, result, node);
    kx_fuse_tell(c, result);
    kx_fuse_settle(c);
    fuse_reply_err(c->req, -result);
    kx_fuse_finish(c);
}

void kx_fuse_tree_reply_entry(struct kx_fuse_call *c, struct kx_tree_node *node,
                              struct fuse_entry_param *entry)
{
    entry->ino = kx_tree_node_number(node);
    kx_tree_looked_up(node);
    kx_fuse_settle(c);
    if (fuse_reply_entry(c->req, entry) != 0) kx_tree_forget(c->mount->tree, entry->ino, 1);
    kx_fuse_finish(c);
}

/* Programs try names: nothing has failed. What a server says of one that it was asked for is kept
 * all the same. */
static void reply_none(struct kx_fuse_call *c, const struct kx_tree_node *directory,
                       const char *name)
{
    if (c->err.exception && directory) {
        g_autofree char *above = kx_tree_shown_path(directory);
        g_autofree char *path = g_strconcat(above, "/", name, NULL);
        const struct kx_asker by = kx_fuse_asker(c);
        kx_error_about(&c->err, NULL, path);
        kx_errors_add(c->mount->errors, &by, &c->err);
    }
    kx_fuse_settle(c);
    fuse_reply_err(c->req, ENOENT);
    kx_fuse_finish(c);
}

/* Nothing is kept by the kernel: what a name is, and how long its text, is asked for each time. */
void kx_tree_op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
    struct kx_fuse_call c;
    kx_fuse_begin(&c, req);
    g_autoptr(kx_tree_node) directory = NULL;
    if (parent != FUSE_ROOT_ID && !(directory = kx_fuse_tree_node(&c, parent))) return;
    struct fuse_entry_param entry = {0};
    g_autoptr(kx_tree_node) node = NULL;
    int result =
        kx_tree_lookup(c.mount->tree, directory, name, &c.call, &node, &entry.attr, &c.err);
    if (result == -ENOENT) {
        reply_none(&c, directory, name);
        return;
    }
    if (result < 0) {
        g_autofree char *above = directory ? kx_tree_shown_path(directory) : g_strdup("");
        g_autofree char *path = g_strconcat(above, "/", name, NULL);
        kx_error_about(&c.err, NULL, path);
        kx_fuse_tree_reply(&c, result, directory);
        return;
    }
    kx_fuse_tree_reply_entry(&c, node, &entry);
}

static void reply_attr(struct kx_fuse_call *c, struct kx_tree_node *node)
{
    struct stat st;
    int result = kx_tree_stat(node, &c->call, &st, &c->err);
    if (result < 0) {
        kx_fuse_tree_reply(c, result, node);
        return;
    }
    kx_fuse_settle(c);
    fuse_reply_attr(c->req, &st, 0);
    kx_fuse_finish(c);
}

void kx_tree_op_getattr(fuse_req_t req, fuse_ino_t node)
{
    struct kx_fuse_call c;
    kx_fuse_begin(&c, req);
    g_autoptr(kx_tree_node) found = kx_fuse_tree_node(&c, node);
    if (found) reply_attr(&c, found);
}

/* What shells and copying programs do to a file that they write to means nothing to a ctl file, and
 * is no error there: cut to nothing, mode and times. Nor is it of a directory that they made. */
static bool is_harmless(const struct kx_tree_node *node, const struct stat *attr, int to_set)
{
    bool cut = !(to_set & FUSE_SET_ATTR_SIZE) || attr->st_size == 0;
    return (kx_tree_is_ctl(node) || kx_tree_is_made_folder(node)) && cut;
}

/* It has one owner, who may be named as such. */
static bool keeps_owner(struct kx_fuse_call *c, struct kx_tree_node *node, const struct stat *attr,
                        int to_set)
{
    struct stat now;
    if (!(to_set & (FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID))) return true;
    if (kx_tree_stat(node, &c->call, &now, NULL) < 0) return false;
    return (!(to_set & FUSE_SET_ATTR_UID) || attr->st_uid == now.st_uid) &&
           (!(to_set & FUSE_SET_ATTR_GID) || attr->st_gid == now.st_gid);
}

void kx_tree_op_setattr(fuse_req_t req, fuse_ino_t node, const struct stat *attr, int to_set,
                        struct fuse_file_info *fi)
{
    struct kx_fuse_call c;
    kx_fuse_begin(&c, req);
    g_autoptr(kx_tree_node) found = kx_fuse_tree_node(&c, node);
    if (!found) return;
    int result = !keeps_owner(&c, found, attr, to_set)
                     ? kx_error_set(&c.err, EPERM, "it belongs to who mounted")
                 : kx_tree_is_drop(found) ? kx_fuse_tree_cut(&c, found, attr, to_set, fi)
                 : is_harmless(found, attr, to_set)
                     ? kx_tree_access(found, fuse_req_ctx(req)->uid, W_OK, &c.err)
                     : kx_error_set(&c.err, EPERM, "a virtual file cannot be changed");
    if (result < 0)
        kx_fuse_tree_reply(&c, result, found);
    else
        reply_attr(&c, found);
}

void kx_tree_op_access(fuse_req_t req, fuse_ino_t node, int mask)
{
    struct kx_fuse_call c;
    kx_fuse_begin(&c, req);
    g_autoptr(kx_tree_node) found = kx_fuse_tree_node(&c, node);
    if (!found) return;
    int result = kx_tree_access(found, fuse_req_ctx(req)->uid, mask, NULL);
    kx_fuse_settle(&c);
    fuse_reply_err(req, -result); /* a question, not a failure */
    kx_fuse_finish(&c);
}

void kx_tree_op_statfs(fuse_req_t req)
{
    const struct statvfs none = {
        .f_bsize = STATFS_BLOCK, .f_frsize = STATFS_BLOCK, .f_namemax = NAME_BYTES};
    fuse_reply_statfs(req, &none);
}

void kx_tree_op_readlink(fuse_req_t req, fuse_ino_t node)
{
    struct kx_fuse_call c;
    kx_fuse_begin(&c, req);
    g_autoptr(kx_tree_node) found = kx_fuse_tree_node(&c, node);
    if (!found) return;
    g_autofree char *target = NULL;
    int result = kx_tree_readlink(found, &c.call, &target, &c.err);
    if (result < 0) {
        kx_fuse_tree_reply(&c, result, found);
        return;
    }
    kx_fuse_settle(&c);
    fuse_reply_readlink(req, target);
    kx_fuse_finish(&c);
}

static struct kx_tree_listing *listing_of(const struct fuse_file_info *fi)
{
    return (struct kx_tree_listing *)(uintptr_t)fi->fh;
}

static void close_listing(void *listing)
{
    kx_tree_listing_free(listing);
}

static char *path_of_listing(void *listing)
{
    return kx_tree_shown_path(kx_tree_listing_node(listing));
}

void kx_tree_op_opendir(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
    static const struct kx_open_kind kind = {.close = close_listing, .path = path_of_listing};
    struct kx_fuse_call c;
    kx_fuse_begin(&c, req);
    g_autoptr(kx_tree_node) found = kx_fuse_tree_node(&c, node);
    if (!found) return;
    struct kx_tree_listing *listing = NULL;
    int result = kx_tree_access(found, fuse_req_ctx(req)->uid, R_OK, &c.err);
    if (result == 0) result = kx_tree_list(found, &c.call, &listing, &c.err);
    if (result < 0) {
        kx_fuse_tree_reply(&c, result, found);
        return;
    }
    fi->fh = (uintptr_t)listing;
    kx_opens_add(c.mount->opens, listing, &kind, fuse_req_ctx(req)->pid, O_RDONLY | O_DIRECTORY);
    kx_fuse_settle(&c);
    if (fuse_reply_open(req, fi) != 0) kx_opens_release(c.mount->opens, listing);
    kx_fuse_finish(&c);
}

/* The kernel's buffer while it is filled. */
struct buffer {
    struct kx_fuse_call *call;
    struct kx_tree_listing *listing;
    char *bytes;
    size_t size, used;
    bool plus;
};

static bool buffer_add(struct buffer *b, const char *name, const struct fuse_entry_param *entry,
                       off_t next)
{
    fuse_req_t req = b->call->req;
    char *at = b->bytes + b->used;
    size_t room = b->size - b->used;
    size_t need = b->plus ? fuse_add_direntry_plus(req, at, room, name, entry, next)
                          : fuse_add_direntry(req, at, room, name, &entry->attr, next);
    if (need > room) return false;
    b->used += need;
    return true;
}

static bool add_dot(struct buffer *b, off_t position)
{
    struct fuse_entry_param entry = {.attr.st_mode = S_IFDIR}; /* ino 0: no lookup is counted */
    entry.attr.st_ino = kx_tree_node_number(kx_tree_listing_node(b->listing));
    return buffer_add(b, position == 0 ? "." : "..", &entry, position + 1);
}

/* What the kernel is told of a name: with its node when it asks for that, and it is still there. */
static struct kx_tree_node *fill_entry(struct buffer *b, size_t index,
                                       struct fuse_entry_param *entry)
{
    struct kx_tree_entry found = {0};
    if (!b->plus || kx_tree_listing_entry(b->listing, index, &b->call->call, &found, NULL) < 0)
        return NULL;
    entry->attr = found.st;
    entry->ino = kx_tree_node_number(found.node);
    entry->attr_timeout = entry->entry_timeout = (double)found.keep_ms / MS_PER_S;
    return found.node;
}

/* @return 1: added; 0: it does not fit, or there are no more; -errno. */
static int add_name(struct buffer *b, off_t position)
{
    struct fuse_entry_param entry = {0};
    const size_t index = (size_t)(position - DOTS);
    const char *name = NULL;
    int result =
        kx_tree_listing_name(b->listing, index, &b->call->call, &name, &entry.attr, &b->call->err);
    if (!name) return result;
    g_autoptr(kx_tree_node) node = fill_entry(b, index, &entry);
    if (!buffer_add(b, name, &entry, position + 1)) return 0;
    if (node) kx_tree_looked_up(node);
    return 1;
}

void kx_tree_op_readdir(fuse_req_t req, size_t size, off_t offset, struct fuse_file_info *fi,
                        bool plus)
{
    struct kx_fuse_call c;
    kx_fuse_begin(&c, req);
    g_autofree char *bytes = g_malloc(size);
    struct buffer b = {
        .call = &c, .listing = listing_of(fi), .bytes = bytes, .size = size, .plus = plus};
    int added = 1;
    for (; added > 0 && offset < DOTS; offset++)
        added = add_dot(&b, offset);
    for (; added > 0; offset++)
        added = add_name(&b, offset);
    if (added < 0 && !b.used) { /* else it is told at the next call, when it still is so */
        kx_fuse_tree_reply(&c, added, kx_tree_listing_node(b.listing));
        return;
    }
    kx_fuse_settle(&c);
    fuse_reply_buf(req, b.bytes, b.used);
    kx_fuse_finish(&c);
}

void kx_tree_op_releasedir(fuse_req_t req, struct fuse_file_info *fi)
{
    struct kx_mount *mount = fuse_req_userdata(req);
    kx_opens_release(mount->opens, listing_of(fi));
    fuse_reply_err(req, 0);
}

/* @return owned; NULL: there is none. */
static char *xattr_of(struct kx_fuse_call *c, struct kx_tree_node *node, const char *name)
{
    static const char *const BESIDE[] = {OOZIE_XATTR "error", OOZIE_XATTR "id", NULL};
    g_autofree char *path = kx_tree_shown_path(node);
    if (strcmp(name, ERROR_XATTR) == 0) return kx_errors_last(c->mount->errors, path);
    if (!g_strv_contains(BESIDE, name) || !kx_tree_is_drop(node)) return NULL;
    return kx_tree_text_beside(node, name + strlen(OOZIE_XATTR) - 1, &c->call);
}

void kx_tree_op_getxattr(fuse_req_t req, fuse_ino_t node, const char *name, size_t size)
{
    struct kx_fuse_call c;
    kx_fuse_begin(&c, req);
    g_autoptr(kx_tree_node) found = kx_fuse_tree_node(&c, node);
    if (!found) return;
    g_autofree char *line = xattr_of(&c, found, name);
    kx_fuse_settle(&c);
    if (!line)
        fuse_reply_err(req, ENODATA);
    else if (size == 0)
        fuse_reply_xattr(req, strlen(line));
    else if (strlen(line) > size)
        fuse_reply_err(req, ERANGE);
    else
        fuse_reply_buf(req, line, strlen(line));
    kx_fuse_finish(&c);
}

void kx_tree_op_listxattr(fuse_req_t req, size_t size)
{
    if (size == 0)
        fuse_reply_xattr(req, 0);
    else
        fuse_reply_buf(req, NULL, 0);
}

void kx_tree_op_refuse(fuse_req_t req, fuse_ino_t node, const char *name, int code)
{
    struct kx_fuse_call c;
    kx_fuse_begin(&c, req);
    g_autoptr(kx_tree_node) found =
        kx_tree_owns(node) && c.mount->tree ? kx_tree_find(c.mount->tree, node) : NULL;
    g_autofree char *above = found ? kx_tree_shown_path(found) : g_strdup("");
    g_autofree char *path = name ? g_strconcat(above, "/", name, NULL) : g_strdup(above);
    if (code == EOPNOTSUPP) { /* programs try whether it is possible: nothing has failed */
        kx_fuse_settle(&c);
        fuse_reply_err(req, code);
        kx_fuse_finish(&c);
        return;
    }
    kx_error_set(&c.err, code, "virtual files are made and named by knoxfs only");
    kx_error_about(&c.err, NULL, path);
    kx_fuse_tree_reply(&c, -code, found);
}
