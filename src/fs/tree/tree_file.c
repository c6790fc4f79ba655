/* Open files. */
#include <errno.h>
#include <string.h>

#include "fs/tree/tree_private.h"

#define OWED_MAX 256 /* threads that do not come back (killed) are forgotten at some time */

struct kx_tree_file {
    struct kx_tree_node *node; /* a reference */
    GBytes *text;              /* NULL: not opened for reading, or a stream */
    void *stream;
    void *ranged;
    struct kx_tree_draft *draft; /* of a document that takes effect at close */
    bool shared, direct, writes;
};

int kx_tree_make_text(const struct kx_tree_node *node, const struct kx_call *call, GString *out,
                      struct kx_error *err)
{
    const struct kx_tree_row *row = node->place->row;
    const struct kx_tree_at at = kx_tree_at_node(node, call);
    if (row->kind == KX_TREE_CTL) {
        kx_tree_ctl_text(&at, out);
        return 0;
    }
    int result = row->text(&at, out, err);
    if (result == 0 && row->kind == KX_TREE_VALUE && !g_str_has_suffix(out->str, "\n"))
        g_string_append_c(out, '\n');
    return result;
}

static uint64_t digest_of(const char *text, size_t length)
{
    uint64_t hash = length;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)text[i]) * G_GUINT64_CONSTANT(1099511628211);
    return hash;
}

/* Another text has another time, however quickly it follows: the kernel drops its pages by that. */
void kx_tree_note_text(struct kx_tree_node *node, const char *text, size_t length)
{
    const struct kx_clock *clock = node->tree->config.clock;
    uint64_t digest = digest_of(text, length);
    if (node->digest && node->digest != digest)
        node->changed_ms = MAX(clock->wall_ms(clock), node->changed_ms + 1);
    node->digest = digest;
    node->size = (int64_t)length;
}

/* The name leads to a new node from now on. Mutex held. */
static void split(struct kx_tree_node *node)
{
    struct kx_tree_node *fresh = g_new0(struct kx_tree_node, 1);
    fresh->tree = node->tree;
    fresh->place = node->place;
    fresh->path = g_strdup(node->path);
    fresh->bound = g_strdupv(node->bound);
    fresh->changed_ms = node->changed_ms + 1;
    fresh->pinned = true;
    fresh->refs = 1;
    g_hash_table_remove(node->tree->by_path, node->path);
    node->detached = true;
    kx_tree_insert(fresh);
}

/* The thread is to look the name up again; then it must not be sent away once more. Mutex held. */
static int send_back(struct kx_tree *tree, pid_t thread)
{
    if (g_hash_table_size(tree->owed) >= OWED_MAX) g_hash_table_remove_all(tree->owed);
    g_hash_table_add(tree->owed, GINT_TO_POINTER(thread));
    return -ESTALE;
}

/* Read through the kernel's pages, with all who have the same text. Mutex held. */
static void share_text(struct kx_tree_file *file, GBytes *text)
{
    struct kx_tree_node *node = file->node;
    if (node->opens++ == 0) {
        gsize length = 0;
        const char *bytes = g_bytes_get_data(text, &length);
        node->text = g_bytes_ref(text);
        kx_tree_note_text(node, bytes, length);
    }
    if (node->pinned) node->refs--; /* this file has one of its own */
    node->pinned = false;
    file->shared = true;
    file->text = g_bytes_ref(node->text);
}

/* Which snapshot this file reads, and how. Mutex held. */
static int take_text(struct kx_tree_file *file, GBytes *text, pid_t thread)
{
    struct kx_tree_node *node = file->node;
    struct kx_tree *tree = node->tree;
    bool owed = g_hash_table_remove(tree->owed, GINT_TO_POINTER(thread));
    bool same = node->opens == 0 || g_bytes_equal(node->text, text);
    if ((node->detached || !same) && !owed) {
        if (!node->detached) split(node);
        return send_back(tree, thread);
    }
    if (same) {
        share_text(file, text);
    } else {
        file->direct = true;
        file->text = g_bytes_ref(text);
    }
    return 0;
}

static int open_text(struct kx_tree_file *file, pid_t thread, const struct kx_call *call,
                     struct kx_error *err)
{
    GString *text = g_string_new(NULL);
    int result = kx_tree_make_text(file->node, call, text, err);
    g_autoptr(GBytes) bytes = g_string_free_to_bytes(text);
    if (result < 0) return result;
    if (file->writes) { /* what is written is not added to what is read */
        file->direct = true;
        file->text = g_bytes_ref(bytes);
        return 0;
    }
    g_mutex_lock(&file->node->tree->mutex);
    result = take_text(file, bytes, thread);
    g_mutex_unlock(&file->node->tree->mutex);
    return result < 0 ? kx_error_set(err, -result, "it has changed while it is open") : 0;
}

static int open_stream(struct kx_tree_file *file, const struct kx_call *call, struct kx_error *err)
{
    struct kx_tree *tree = file->node->tree;
    const struct kx_tree_row *row = file->node->place->row;
    const struct kx_tree_at at = kx_tree_at_node(file->node, call);
    file->direct = true;
    int before = g_atomic_int_add(&tree->streams, 1);
    int result = before >= KX_TREE_STREAMS_MAX
                     ? kx_error_set(err, EBUSY, "%d streams are open already", before)
                     : row->stream->open(&at, &file->stream, err);
    if (result < 0) g_atomic_int_add(&tree->streams, -1);
    return result;
}

static int open_ranged(struct kx_tree_file *file, const struct kx_call *call, struct kx_error *err)
{
    const struct kx_tree_at at = kx_tree_at_node(file->node, call);
    file->direct = true; /* it may grow, and the kernel's pages know nothing of that */
    return file->node->place->row->ranged->open(&at, &file->ranged, err);
}

static int check_open(const struct kx_tree_node *node, int flags, uid_t uid, struct kx_error *err)
{
    static const int MASKS[] = {
        [O_RDONLY] = R_OK, [O_WRONLY] = W_OK, [O_RDWR] = R_OK | W_OK, [O_ACCMODE] = R_OK | W_OK};
    const struct kx_tree_row *row = node->place->row;
    int mask = MASKS[flags & O_ACCMODE] | (flags & O_TRUNC ? W_OK : 0);
    if (row->kind == KX_TREE_DIRECTORY) return kx_error_set(err, EISDIR, "it is a directory");
    if (row->kind == KX_TREE_LINK) return kx_error_set(err, ELOOP, "it is a symbolic link");
    if (mask & W_OK && row->kind != KX_TREE_CTL && row->kind != KX_TREE_DROP)
        return kx_error_set(err, EACCES, "this file is only to be read");
    return kx_tree_access(node, uid, mask, err);
}

/* Written through the driver's own copy, so that nothing stays in the kernel's pages. */
static int open_draft(struct kx_tree_file *file, int flags, const struct kx_call *call,
                      struct kx_error *err)
{
    GString *text = g_string_new(NULL);
    const struct kx_tree_at at = kx_tree_at_node(file->node, call);
    int result = flags & O_TRUNC ? file->node->place->row->drop->make(&at, err)
                                 : kx_tree_make_text(file->node, call, text, err);
    g_autoptr(GBytes) bytes = g_string_free_to_bytes(text);
    file->direct = true;
    if (result == 0) file->draft = kx_tree_draft_new(file->node, bytes);
    return result;
}

int kx_tree_open(struct kx_tree_node *node, int flags, const struct kx_tree_who *who,
                 const struct kx_call *call, struct kx_tree_file **out, struct kx_error *err)
{
    int result = check_open(node, flags, who->uid, err);
    if (result < 0) return result;
    struct kx_tree_file *file = g_new0(struct kx_tree_file, 1);
    file->node = kx_tree_node_ref(node);
    file->writes = (flags & O_ACCMODE) != O_RDONLY;
    if (node->place->row->kind == KX_TREE_STREAM)
        result = open_stream(file, call, err);
    else if (node->place->row->kind == KX_TREE_RANGED)
        result = open_ranged(file, call, err);
    else if (file->writes && kx_tree_is_drop(node))
        result = open_draft(file, flags, call, err);
    else if ((flags & O_ACCMODE) == O_WRONLY)
        file->direct = true;
    else
        result = open_text(file, who->thread, call, err);
    if (result < 0)
        kx_tree_close(file);
    else
        *out = file;
    return result;
}

static void let_go(struct kx_tree_node *node)
{
    g_mutex_lock(&node->tree->mutex);
    if (--node->opens == 0) g_clear_pointer(&node->text, g_bytes_unref);
    g_mutex_unlock(&node->tree->mutex);
}

void kx_tree_close(struct kx_tree_file *file)
{
    if (!file) return;
    if (file->stream) {
        file->node->place->row->stream->close(file->stream);
        g_atomic_int_add(&file->node->tree->streams, -1);
    }
    if (file->ranged) file->node->place->row->ranged->close(file->ranged);
    if (file->shared) let_go(file->node);
    kx_tree_draft_free(file->draft);
    if (file->text) g_bytes_unref(file->text);
    kx_tree_node_unref(file->node);
    g_free(file);
}

struct kx_tree_node *kx_tree_file_node(struct kx_tree_file *file)
{
    return file->node;
}

bool kx_tree_file_is_stream(const struct kx_tree_file *file)
{
    return file->stream != NULL;
}

bool kx_tree_file_is_direct(const struct kx_tree_file *file)
{
    return file->direct;
}

int kx_tree_read(const struct kx_tree_file *file, int64_t offset, size_t size,
                 const struct kx_call *call, GBytes **out, struct kx_error *err)
{
    static const struct kx_call NONE;
    const struct kx_tree_ranged *ranged = file->node->place->row->ranged;
    if (file->ranged)
        return ranged->read(file->ranged, offset, size, call ? call : &NONE, out, err);
    gsize all = file->text ? g_bytes_get_size(file->text) : 0;
    if (file->draft)
        *out = kx_tree_draft_read(file->draft, offset, size);
    else if (offset >= (int64_t)all)
        *out = g_bytes_new(NULL, 0);
    else
        *out = g_bytes_new_from_bytes(file->text, (gsize)offset, MIN(size, all - (gsize)offset));
    return 0;
}

ssize_t kx_tree_stream_read(struct kx_tree_file *file, char *buffer, size_t size,
                            struct kx_cancel *cancel, int64_t wait_ms)
{
    return file->node->place->row->stream->read(file->stream, buffer, size, cancel, wait_ms);
}

bool kx_tree_ready(struct kx_tree_file *file)
{
    return !file->stream || file->node->place->row->stream->ready(file->stream);
}

void kx_tree_watch(struct kx_tree_file *file, struct kx_waker waker)
{
    if (file->stream)
        file->node->place->row->stream->watch(file->stream, waker);
    else
        waker.drop(waker.context);
}

int kx_tree_cut(struct kx_tree_file *file, int64_t size, struct kx_error *err)
{
    if (!file->draft) return kx_error_set(err, EACCES, "it is not open for writing");
    return kx_tree_draft_cut(file->draft, size, err);
}

int kx_tree_flush(struct kx_tree_file *file, bool last, const struct kx_call *call,
                  struct kx_error *err)
{
    return file->draft ? kx_tree_draft_flush(file->draft, file->node, last, call, err) : 0;
}

bool kx_tree_has_taken(const struct kx_tree_file *file)
{
    return file->draft && kx_tree_draft_taken(file->draft);
}

int kx_tree_write(struct kx_tree_file *file, const char *data, size_t length, int64_t offset,
                  const struct kx_call *call, struct kx_error *err)
{
    if (!file->writes) return kx_error_set(err, EACCES, "it is not open for writing");
    if (file->draft) return kx_tree_draft_write(file->draft, data, length, offset, err);
    const struct kx_tree_at at = kx_tree_at_node(file->node, call);
    return kx_tree_ctl_write(&at, data, length, err);
}

int kx_tree_readlink(struct kx_tree_node *node, const struct kx_call *call, char **target,
                     struct kx_error *err)
{
    if (node->place->row->kind != KX_TREE_LINK)
        return kx_error_set(err, EINVAL, "it is no symbolic link");
    GString *text = g_string_new(NULL);
    int result = kx_tree_make_text(node, call, text, err);
    char *made = g_string_free(text, FALSE);
    if (result < 0)
        g_free(made);
    else
        *target = made;
    return result;
}
