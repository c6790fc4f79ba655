/* Open files of the virtual trees. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>

#include "fs/fuse/fuse_tree.h"
#include "fs/opens.h"

#define WAIT_MS 500 /* a stream's slice; in between the end of the session is looked for */

static struct kx_tree_file *file_of(const struct fuse_file_info *fi)
{
    return (struct kx_tree_file *)(uintptr_t)fi->fh;
}

static void close_file(void *file)
{
    kx_tree_close(file);
}

static char *path_of_file(void *file)
{
    return kx_tree_shown_path(kx_tree_file_node(file));
}

void kx_fuse_tree_opened(struct kx_fuse_call *c, struct kx_tree_file *file,
                         struct fuse_file_info *fi, const struct fuse_entry_param *entry)
{
    static const struct kx_open_kind kind = {.close = close_file, .path = path_of_file};
    fi->fh = (uintptr_t)file;
    fi->direct_io = kx_tree_file_is_direct(file);
    fi->nonseekable = kx_tree_file_is_stream(file);
    kx_opens_add(c->mount->opens, file, &kind, fuse_req_ctx(c->req)->pid, fi->flags);
    kx_fuse_settle(c);
    int gone = entry ? fuse_reply_create(c->req, entry, fi) : fuse_reply_open(c->req, fi);
    if (gone != 0) kx_opens_release(c->mount->opens, file);
    if (gone != 0 && entry) kx_tree_forget(c->mount->tree, entry->ino, 1);
    kx_fuse_finish(c);
}

/* What may not even be opened to be changed is in the audit as what is changed. (ESTALE: the kernel
 * comes back.) */
static void note_refusal(struct kx_fuse_call *c, const struct kx_tree_node *node, int result)
{
    if (result == -ESTALE) return;
    kx_fuse_changes_virtual(c, kx_tree_is_ctl(node) ? "ctl" : "write", kx_tree_shown_path(node),
                            NULL);
}

void kx_tree_op_open(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
    struct kx_fuse_call c;
    kx_fuse_begin(&c, req);
    g_autoptr(kx_tree_node) found = kx_fuse_tree_node(&c, node);
    if (!found) return;
    const struct fuse_ctx *context = fuse_req_ctx(req);
    const struct kx_tree_who who = {.uid = context->uid, .thread = context->pid};
    struct kx_tree_file *file = NULL;
    bool writes = (fi->flags & O_ACCMODE) != O_RDONLY || fi->flags & O_TRUNC;
    int result = writes ? kx_fuse_tree_may_change(&c, found) : 0;
    if (result == 0) result = kx_tree_open(found, fi->flags, &who, &c.call, &file, &c.err);
    if (result < 0) {
        if (writes) note_refusal(&c, found, result);
        kx_fuse_tree_reply(&c, result, found);
        return;
    }
    kx_fuse_tree_opened(&c, file, fi, NULL);
}

/* Until something comes, the reader is interrupted, or the driver ends. */
static ssize_t wait_for_bytes(struct kx_fuse_call *c, struct kx_tree_file *file, char *buffer,
                              size_t size, bool wait)
{
    for (;;) {
        ssize_t got = kx_tree_stream_read(file, buffer, size, c->cancel, wait ? WAIT_MS : 0);
        if (got != -EAGAIN || !wait) return got;
        if (fuse_session_exited(c->mount->kernel)) return -ENODEV;
    }
}

static void read_stream(struct kx_fuse_call *c, struct kx_tree_file *file, size_t size, bool wait)
{
    g_autofree char *buffer = g_malloc(size);
    ssize_t got = wait_for_bytes(c, file, buffer, size, wait);
    kx_fuse_settle(c);
    if (got < 0)
        fuse_reply_err(c->req, (int)-got); /* nothing has failed: not remembered */
    else
        fuse_reply_buf(c->req, buffer, (size_t)got);
    kx_fuse_finish(c);
}

void kx_tree_op_read(fuse_req_t req, size_t size, off_t offset, struct fuse_file_info *fi)
{
    struct kx_tree_file *file = file_of(fi);
    struct kx_fuse_call c;
    kx_fuse_begin(&c, req);
    if (kx_tree_file_is_stream(file)) {
        read_stream(&c, file, size, !(fi->flags & O_NONBLOCK));
        return;
    }
    gsize length = 0;
    g_autoptr(GBytes) piece = NULL; /* the file may be closed meanwhile */
    int result = kx_tree_read(file, offset, size, &c.call, &piece, &c.err);
    if (result < 0) {
        kx_fuse_tree_reply(&c, result, kx_tree_file_node(file));
        return;
    }
    const char *bytes = g_bytes_get_data(piece, &length);
    kx_fuse_settle(&c);
    fuse_reply_buf(req, bytes, length);
    kx_fuse_finish(&c);
}

/* A verb is in the audit, with what was written. */
static void note_verb(struct kx_fuse_call *c, const struct kx_tree_node *node, const char *data,
                      size_t size)
{
    if (!kx_tree_is_ctl(node)) return;
    g_autofree char *line = g_strndup(data, MIN(size, KX_TREE_LINE_MAX));
    kx_fuse_changes_virtual(c, "ctl", kx_tree_shown_path(node), kx_redact(g_strstrip(line)));
}

void kx_tree_op_write(fuse_req_t req, const char *data, size_t size, off_t offset,
                      struct fuse_file_info *fi)
{
    struct kx_tree_file *file = file_of(fi);
    struct kx_fuse_call c;
    kx_fuse_begin(&c, req);
    note_verb(&c, kx_tree_file_node(file), data, size);
    int result = kx_fuse_tree_may_change(&c, kx_tree_file_node(file));
    if (result == 0) result = kx_tree_write(file, data, size, offset, &c.call, &c.err);
    if (result < 0) {
        kx_fuse_tree_reply(&c, result, kx_tree_file_node(file));
        return;
    }
    kx_fuse_settle(&c);
    fuse_reply_write(req, size);
    kx_fuse_finish(&c);
}

static void wake_poll(void *handle)
{
    (void)fuse_lowlevel_notify_poll(handle); /* the kernel then polls again */
}

static void drop_poll(void *handle)
{
    fuse_pollhandle_destroy(handle);
}

void kx_tree_op_poll(fuse_req_t req, struct fuse_file_info *fi, struct fuse_pollhandle *handle)
{
    struct kx_tree_file *file = file_of(fi);
    const struct kx_waker waker = {.wake = wake_poll, .drop = drop_poll, .context = handle};
    if (handle) kx_tree_watch(file, waker);
    fuse_reply_poll(req, kx_tree_ready(file) ? POLLIN | POLLRDNORM | POLLOUT : POLLOUT);
}

void kx_tree_op_release(fuse_req_t req, struct fuse_file_info *fi)
{
    struct kx_mount *mount = fuse_req_userdata(req);
    kx_opens_release(mount->opens, file_of(fi));
    fuse_reply_err(req, 0);
}
