/* opendir, readdir, readdirplus, releasedir. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "fs/fuse/fuse_ops.h"
#include "fs/names/attr.h"
#include "fs/names/directory.h"
#include "fs/opens.h"
#include "fs/tree/tree.h"

#define DOTS 2 /* "." and ".." have the positions 1 and 2, the first entry has 3 */

static struct kx_directory *directory_of(const struct fuse_file_info *fi)
{
    return (struct kx_directory *)(uintptr_t)fi->fh;
}

static void close_directory(void *directory)
{
    kx_directory_close(directory);
}

static char *path_of_directory(void *directory)
{
    return kx_inode_path(kx_directory_inode(directory));
}

void kx_op_opendir(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
    struct kx_fuse_call c;
    kx_fuse_begin(&c, req);
    g_autoptr(kx_inode) inode = kx_fuse_inode(&c, node);
    if (!inode) return;
    int result = kx_fuse_still(&c, inode);
    if (result < 0) {
        kx_fuse_reply_result(&c, result, inode);
        return;
    }
    struct kx_directory *directory = kx_directory_open(c.mount, inode);
    fi->fh = (uintptr_t)directory;
    static const struct kx_open_kind kind = {.close = close_directory, .path = path_of_directory};
    kx_opens_add(c.mount->opens, directory, &kind, fuse_req_ctx(req)->pid, O_RDONLY | O_DIRECTORY);
    kx_fuse_settle(&c);
    if (fuse_reply_open(req, fi) != 0) kx_opens_release(c.mount->opens, directory);
    kx_fuse_finish(&c);
}

void kx_op_releasedir(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
    (void)node;
    struct kx_mount *mount = fuse_req_userdata(req);
    kx_opens_release(mount->opens, directory_of(fi));
    fuse_reply_err(req, 0);
}

void kx_op_fsyncdir(fuse_req_t req, fuse_ino_t node, int datasync, struct fuse_file_info *fi)
{
    (void)node, (void)datasync, (void)fi;
    fuse_reply_err(req, 0); /* names are changed on the server at once */
}

/* The kernel's buffer while it is filled. */
struct buffer {
    fuse_req_t req;
    char *bytes;
    size_t size, used;
    bool plus;
};

/* @return false when it does not fit any more. */
static bool buffer_add(struct buffer *b, const char *name, const struct fuse_entry_param *entry,
                       off_t next)
{
    char *at = b->bytes + b->used;
    size_t room = b->size - b->used;
    size_t need = b->plus ? fuse_add_direntry_plus(b->req, at, room, name, entry, next)
                          : fuse_add_direntry(b->req, at, room, name, &entry->attr, next);
    if (need > room) return false;
    b->used += need;
    return true;
}

static bool add_dot(struct kx_fuse_call *c, struct buffer *b, struct kx_inode *inode,
                    off_t position)
{
    g_autoptr(kx_inode) parent = NULL;
    g_autofree char *name = NULL;
    bool up = position == 1 && kx_inode_place(inode, &parent, &name);
    struct fuse_entry_param entry = {0}; /* ino 0: the kernel counts no lookup for "." and ".." */
    kx_attr_known(c->mount, up ? parent : inode, &entry.attr);
    return buffer_add(b, position == 0 ? "." : "..", &entry, position + 1);
}

static struct kx_inode *adopt(struct kx_fuse_call *c, struct kx_inode *directory,
                              const struct kx_directory_entry *entry)
{
    if (entry->local) return kx_inode_ref(entry->local);
    return kx_inodes_adopt(c->mount->inodes, directory, entry->status.name, &entry->status,
                           entry->epoch, c->mount->clock->now_ms(c->mount->clock));
}

static bool add_entry(struct kx_fuse_call *c, struct buffer *b, struct kx_inode *directory,
                      const struct kx_directory_entry *entry, off_t next)
{
    if (entry->hidden) return true;
    struct fuse_entry_param param = {0};
    if (!b->plus) {
        kx_attr_fill(c->mount, &entry->status, entry->status.file_id, &param.attr);
        if (entry->local) param.attr.st_ino = entry->local->ino;
        return buffer_add(b, entry->status.name, &param, next);
    }
    g_autoptr(kx_inode) inode = adopt(c, directory, entry);
    kx_fuse_fill_entry(c->mount, inode, &param);
    if (!buffer_add(b, entry->status.name, &param, next)) return false;
    kx_inode_looked_up(inode);
    return true;
}

/* The names of the virtual trees come before the server's, in the mount's root only. @return
 * false when it does not fit any more. */
static bool add_virtual(struct kx_fuse_call *c, struct buffer *b, const char *name, off_t next)
{
    struct stat st = {0};
    KX_ERROR_AUTO(ignored); /* the listing shows a name that cannot be looked up, too */
    g_autoptr(kx_tree_node) node = NULL;
    kx_tree_lookup(c->mount->tree, NULL, name, &c->call, &node, &st, &ignored);
    struct fuse_entry_param param = {.ino = node ? kx_tree_node_number(node) : 0, .attr = st};
    if (!buffer_add(b, name, &param, next)) return false;
    if (node && b->plus) kx_tree_looked_up(node);
    return true;
}

/* @return how many positions the trees take in this directory; -1: the buffer is full. */
static off_t fill_virtual(struct kx_fuse_call *c, struct buffer *b, struct kx_inode *inode,
                          off_t offset)
{
    if (inode->node != KX_ROOT_NODE) return 0;
    off_t count = 0;
    const char *name;
    for (; (name = kx_tree_root_name(c->mount->tree, (unsigned)count)); count++)
        if (offset <= DOTS + count && !add_virtual(c, b, name, DOTS + count + 1)) return -1;
    return count;
}

/* A name of the server's that cannot be reached: the trees are in front of it. */
static bool is_shadowed(struct kx_fuse_call *c, struct kx_inode *inode, const char *name)
{
    return inode->node == KX_ROOT_NODE && kx_tree_has_name(c->mount->tree, name);
}

static int fill(struct kx_fuse_call *c, struct buffer *b, struct kx_directory *directory,
                off_t offset)
{
    struct kx_inode *inode = kx_directory_inode(directory);
    for (; offset < DOTS; offset++)
        if (!add_dot(c, b, inode, offset)) return 0;
    off_t virtual = fill_virtual(c, b, inode, offset);
    if (virtual < 0) return 0;
    offset = MAX(offset, DOTS + virtual);
    for (;; offset++) {
        struct kx_directory_entry entry;
        int result =
            kx_directory_entry(directory, offset - DOTS - virtual, &c->call, &entry, &c->err);
        if (result <= 0) return result;
        bool fits =
            is_shadowed(c, inode, entry.status.name) || add_entry(c, b, inode, &entry, offset + 1);
        kx_directory_entry_clear(&entry);
        if (!fits) return 0;
    }
}

static void read_directory(fuse_req_t req, size_t size, off_t offset, struct fuse_file_info *fi,
                           bool plus)
{
    struct kx_fuse_call c;
    kx_fuse_begin(&c, req);
    struct kx_directory *directory = directory_of(fi);
    g_autofree char *bytes = g_malloc(size);
    struct buffer b = {.req = req, .bytes = bytes, .size = size, .plus = plus};
    if (offset == 0) kx_directory_rewind(directory);
    int result = fill(&c, &b, directory, offset);
    /* What was put in before an error is handed out; the error comes again with the next call. */
    if (result < 0 && b.used == 0) {
        kx_fuse_reply_result(&c, result, kx_directory_inode(directory));
        return;
    }
    kx_fuse_settle(&c);
    fuse_reply_buf(req, b.bytes, b.used);
    kx_fuse_finish(&c);
}

void kx_op_readdir(fuse_req_t req, fuse_ino_t node, size_t size, off_t offset,
                   struct fuse_file_info *fi)
{
    (void)node;
    read_directory(req, size, offset, fi, false);
}

void kx_op_readdirplus(fuse_req_t req, fuse_ino_t node, size_t size, off_t offset,
                       struct fuse_file_info *fi)
{
    (void)node;
    read_directory(req, size, offset, fi, true);
}
