#include "fs/fuse/fuse_call.h"

#include <errno.h>

#include "fs/audit.h"
#include "fs/names/attr.h"
#include "fs/names/lookup.h"

static void on_interrupt(fuse_req_t req, void *data)
{
    (void)req;
    kx_cancel_fire(data);
}

void kx_fuse_begin(struct kx_fuse_call *c, fuse_req_t req)
{
    *c = (struct kx_fuse_call){
        .req = req, .mount = fuse_req_userdata(req), .cancel = kx_cancel_new()};
    c->call.cancel = c->cancel;
    fuse_req_interrupt_func(req, on_interrupt, c->cancel);
}

int kx_fuse_still(struct kx_fuse_call *c, struct kx_inode *directory)
{
    if (!directory->directory || directory->node == FUSE_ROOT_ID) return 0;
    return kx_fuse_gone(directory, kx_refresh(c->mount, directory, &c->call, &c->err));
}

int kx_fuse_gone(const struct kx_inode *inode, int result)
{
    bool named = inode->directory && inode->node != FUSE_ROOT_ID;
    return result == -ENOENT && named ? -ESTALE : result;
}

static char *path_in(struct kx_inode *inode, const char *name)
{
    char *path = kx_inode_path(inode);
    if (!path || !name) return path;
    char *longer = g_strconcat(path, g_str_has_suffix(path, "/") ? "" : "/", name, NULL);
    g_free(path);
    return longer;
}

void kx_fuse_changes(struct kx_fuse_call *c, const char *what, struct kx_inode *inode,
                     const char *name)
{
    c->change = what;
    c->path = path_in(inode, name);
}

int kx_fuse_begin_change(struct kx_fuse_call *c, const char *what, struct kx_inode *inode,
                         const char *name)
{
    kx_fuse_changes(c, what, inode, name);
    return kx_mount_may_change(c->mount, &c->err);
}

void kx_fuse_changes_to(struct kx_fuse_call *c, struct kx_inode *directory, const char *name)
{
    c->to = path_in(directory, name);
}

void kx_fuse_changes_virtual(struct kx_fuse_call *c, const char *what, char *path, char *to)
{
    g_free(c->path);
    g_free(c->to);
    c->change = what;
    c->path = path;
    c->to = to;
}

struct kx_asker kx_fuse_asker(const struct kx_fuse_call *c)
{
    const struct fuse_ctx *context = fuse_req_ctx(c->req);
    return (struct kx_asker){.user = context->uid, .process = context->pid};
}

/* Before the answer: who reads the audit next finds it there. */
void kx_fuse_tell(struct kx_fuse_call *c, int result)
{
    if (!c->change) return;
    const struct kx_audit_entry entry = {
        .by = kx_fuse_asker(c), .what = c->change, .path = c->path, .to = c->to, .result = result};
    kx_audit_add(c->mount->audit, &entry);
    c->change = NULL;
}

void kx_fuse_settle(struct kx_fuse_call *c)
{
    kx_fuse_tell(c, 0);
    /* Waits for a running on_interrupt: libfuse calls it with the request's lock held. */
    fuse_req_interrupt_func(c->req, NULL, NULL);
}

void kx_fuse_finish(struct kx_fuse_call *c)
{
    kx_error_clear(&c->err);
    g_free(c->path);
    g_free(c->to);
    kx_cancel_unref(c->cancel);
}

struct kx_inode *kx_fuse_inode(struct kx_fuse_call *c, fuse_ino_t node)
{
    struct kx_inode *inode = kx_inodes_find(c->mount->inodes, node);
    if (!inode) kx_fuse_reply_result(c, -ESTALE, NULL);
    return inode;
}

static void keep_error(struct kx_fuse_call *c, int result, struct kx_inode *inode)
{
    if (!c->err.code) kx_error_set(&c->err, -result, "%s", g_strerror(-result));
    g_autofree char *path = inode ? kx_inode_path(inode) : NULL;
    kx_error_about(&c->err, NULL, path);
    const struct kx_asker by = kx_fuse_asker(c);
    kx_errors_add(c->mount->errors, &by, &c->err);
    /* A name that was refused cannot be asked; its directory can. */
    if (path && result != -ENOENT && g_strcmp0(path, c->err.path) != 0)
        kx_errors_note(c->mount->errors, &by, path, &c->err);
    /* Nor can a file that could not be brought to its name. */
    g_autoptr(kx_inode) parent = NULL;
    g_autofree char *name = NULL;
    bool placed =
        inode && !inode->directory && result != -ENOENT && kx_inode_place(inode, &parent, &name);
    g_autofree char *above = placed ? kx_inode_path(parent) : NULL;
    if (above) kx_errors_note(c->mount->errors, &by, above, &c->err);
}

void kx_fuse_reply_result(struct kx_fuse_call *c, int result, struct kx_inode *inode)
{
    if (result < 0) keep_error(c, result, inode);
    kx_fuse_tell(c, result);
    kx_fuse_settle(c);
    fuse_reply_err(c->req, -result);
    kx_fuse_finish(c);
}

double kx_fuse_valid_s(const struct kx_mount *mount, double timeout_s, int64_t age_ms)
{
    (void)mount;
    if (age_ms < 0) return 0;
    return MAX(timeout_s - (double)age_ms / 1000, 0);
}

void kx_fuse_reply_attr(struct kx_fuse_call *c, struct kx_inode *inode)
{
    struct stat st;
    int64_t age = kx_attr_known(c->mount, inode, &st);
    if (kx_inode_is_watched(inode)) age = -1; /* who follows the file asks us each time */
    kx_fuse_settle(c);
    fuse_reply_attr(c->req, &st, kx_fuse_valid_s(c->mount, c->mount->options->attr_timeout_s, age));
    kx_fuse_finish(c);
}

static bool is_fresh(struct kx_inode *inode)
{
    g_autoptr(kx_writer) writer = kx_inode_writer(inode);
    struct kx_overlay overlay = {0};
    if (writer) kx_writer_overlay(writer, &overlay);
    return overlay.fresh;
}

/* How long the kernel need not ask for the name. That of a directory leads to names whose paths are
 * asked of the server, so another directory of that name is no lie; and where the name itself
 * matters (mkdir, rename, after ESTALE), the kernel asks for it all the same. */
static double name_timeout_s(const struct kx_options *options, bool directory)
{
    if (!directory || options->entry_timeout_s <= 0) return options->entry_timeout_s;
    return MAX(options->dir_timeout_s, options->entry_timeout_s);
}

void kx_fuse_fill_entry(struct kx_mount *mount, struct kx_inode *inode,
                        struct fuse_entry_param *out)
{
    *out = (struct fuse_entry_param){.ino = inode->node};
    int64_t age = kx_attr_known(mount, inode, &out->attr);
    out->attr_timeout = kx_fuse_valid_s(mount, mount->options->attr_timeout_s, age);
    /* A name that is only here goes when its publishing fails: the kernel asks each time (no
     * request). */
    double name_s = name_timeout_s(mount->options, S_ISDIR(out->attr.st_mode));
    out->entry_timeout = is_fresh(inode) ? 0 : kx_fuse_valid_s(mount, name_s, MAX(age, 0));
}

void kx_fuse_reply_entry(struct kx_fuse_call *c, struct kx_inode *inode)
{
    struct fuse_entry_param entry;
    kx_fuse_fill_entry(c->mount, inode, &entry);
    kx_inode_looked_up(inode);
    kx_fuse_settle(c);
    if (fuse_reply_entry(c->req, &entry) != 0) kx_inodes_forget(c->mount->inodes, inode->node, 1);
    kx_fuse_finish(c);
}
