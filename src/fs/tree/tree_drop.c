/* Documents that programs write: kept by the open file, handed over when it is closed. */
#include <errno.h>
#include <string.h>

#include "fs/tree/tree_private.h"

/* What one open file was written. Several threads of a program may write. */
struct kx_tree_draft {
    GMutex mutex; /* guards what follows; not held while the row's handler runs */
    GByteArray *bytes;
    bool changed; /* since it was handed over */
    bool taken;   /* the last flush has handed something over */
};

struct kx_tree_draft *kx_tree_draft_new(const struct kx_tree_node *node, GBytes *text)
{
    (void)node;
    struct kx_tree_draft *draft = g_new0(struct kx_tree_draft, 1);
    gsize length = 0;
    const guint8 *bytes = g_bytes_get_data(text, &length);
    g_mutex_init(&draft->mutex);
    draft->bytes = g_byte_array_new();
    if (length) g_byte_array_append(draft->bytes, bytes, (guint)length);
    return draft;
}

void kx_tree_draft_free(struct kx_tree_draft *draft)
{
    if (!draft) return;
    g_mutex_clear(&draft->mutex);
    g_byte_array_unref(draft->bytes);
    g_free(draft);
}

static int too_big(struct kx_error *err)
{
    return kx_error_set(err, EFBIG, "more than %d MiB are not taken here",
                        (int)(KX_TREE_DROP_MAX / 1024 / 1024));
}

/* Mutex held. A hole reads as zeros. */
static void resize(struct kx_tree_draft *draft, guint size)
{
    guint before = draft->bytes->len;
    g_byte_array_set_size(draft->bytes, size);
    if (size > before) memset(draft->bytes->data + before, 0, size - before);
}

int kx_tree_draft_write(struct kx_tree_draft *draft, const char *data, size_t length,
                        int64_t offset, struct kx_error *err)
{
    if (offset < 0 || offset > KX_TREE_DROP_MAX || length > (size_t)(KX_TREE_DROP_MAX - offset))
        return too_big(err);
    g_mutex_lock(&draft->mutex);
    guint end = (guint)offset + (guint)length;
    if (end > draft->bytes->len) resize(draft, end);
    if (length) memcpy(draft->bytes->data + offset, data, length);
    draft->changed = true;
    g_mutex_unlock(&draft->mutex);
    return 0;
}

int kx_tree_draft_cut(struct kx_tree_draft *draft, int64_t size, struct kx_error *err)
{
    if (size > KX_TREE_DROP_MAX) return too_big(err);
    g_mutex_lock(&draft->mutex);
    draft->changed |= size != (int64_t)draft->bytes->len;
    resize(draft, (guint)size);
    g_mutex_unlock(&draft->mutex);
    return 0;
}

GBytes *kx_tree_draft_read(struct kx_tree_draft *draft, int64_t offset, size_t size)
{
    g_mutex_lock(&draft->mutex);
    gsize all = draft->bytes->len;
    gsize from = offset < (int64_t)all ? (gsize)offset : all;
    GBytes *piece = g_bytes_new(draft->bytes->data + from, MIN(size, all - from));
    g_mutex_unlock(&draft->mutex);
    return piece;
}

int kx_tree_draft_flush(struct kx_tree_draft *draft, const struct kx_tree_node *node, bool last,
                        const struct kx_call *call, struct kx_error *err)
{
    g_mutex_lock(&draft->mutex);
    bool changed = draft->changed;
    draft->changed = false;
    draft->taken = changed;
    g_autoptr(GBytes) text =
        changed ? g_bytes_new(draft->bytes->data, draft->bytes->len) : g_bytes_new(NULL, 0);
    g_mutex_unlock(&draft->mutex);
    if (!changed) return 0;
    const struct kx_tree_at at = kx_tree_at_node(node, call);
    int result = node->place->row->drop->put(&at, text, last, err);
    if (result != -EAGAIN || last) return result;
    g_mutex_lock(&draft->mutex);
    draft->changed = true;
    draft->taken = false;
    g_mutex_unlock(&draft->mutex);
    return 0;
}

bool kx_tree_draft_taken(struct kx_tree_draft *draft)
{
    g_mutex_lock(&draft->mutex);
    bool taken = draft->taken;
    g_mutex_unlock(&draft->mutex);
    return taken;
}

bool kx_tree_is_drop(const struct kx_tree_node *node)
{
    return node->place->row->kind == KX_TREE_DROP;
}

/* The directory that a node's path names.  @return a reference; NULL: nobody knows it any more. */
static struct kx_tree_node *directory_of(struct kx_tree_node *node)
{
    g_autofree char *path = g_path_get_dirname(node->path);
    g_mutex_lock(&node->tree->mutex);
    struct kx_tree_node *directory = g_hash_table_lookup(node->tree->by_path, path);
    if (directory) directory->refs++;
    g_mutex_unlock(&node->tree->mutex);
    return directory;
}

char *kx_tree_text_beside(struct kx_tree_node *node, const char *suffix, const struct kx_call *call)
{
    struct stat st;
    g_autoptr(kx_tree_node) directory = directory_of(node), found = NULL;
    g_autofree char *own = g_path_get_basename(node->path), *name = g_strconcat(own, suffix, NULL);
    g_autoptr(GString) text = g_string_new(NULL);
    bool there = directory &&
                 kx_tree_lookup(node->tree, directory, name, call, &found, &st, NULL) == 0 &&
                 found->place->row->text && kx_tree_make_text(found, call, text, NULL) == 0;
    return there ? g_strchomp(g_strdup(text->str)) : NULL;
}

bool kx_tree_is_made_folder(const struct kx_tree_node *node)
{
    return node->place->row->kind == KX_TREE_DIRECTORY && node->place->row->drop;
}

bool kx_tree_takes_documents(struct kx_tree *tree, uint64_t number)
{
    g_autoptr(kx_tree_node) node = tree ? kx_tree_find(tree, number) : NULL;
    const GPtrArray *children = node ? node->place->children : NULL;
    for (guint i = 0; children && i < children->len; i++) {
        const struct kx_tree_place *place = g_ptr_array_index(children, i);
        if (place->row->kind == KX_TREE_DROP) return true;
    }
    return false;
}

/* The node that a name would be, as a file or as a directory.  @return owned, not in the tables;
 * NULL: no such name is taken. */
static struct kx_tree_node *drop_node(struct kx_tree_node *directory, const char *name, bool folder,
                                      struct kx_error *err)
{
    g_autofree char *value = NULL;
    const enum kx_tree_kind kind = folder ? KX_TREE_DIRECTORY : KX_TREE_DROP;
    const struct kx_tree_place *place = kx_tree_place_child(directory->place, name, &value);
    if (place && place->row->kind != kind) place = kx_tree_place_twin(place);
    if (!place || place->row->kind != kind || !place->row->drop) {
        bool own = place && !place->variable; /* as a name of its own it is knoxfs' */
        kx_error_set(err, EPERM,
                     own      ? "%s: this name is made by knoxfs only"
                     : folder ? "%s: no folder can be made here"
                              : "%s: no such file can be made here",
                     name);
        return NULL;
    }
    return kx_tree_node_new(directory->tree, directory, place, name, value);
}

int kx_tree_make(struct kx_tree_node *directory, const char *name, bool folder,
                 const struct kx_call *call, struct kx_error *err)
{
    struct kx_tree_node *node = drop_node(directory, name, folder, err);
    if (!node) return -EPERM;
    const struct kx_tree_at at = kx_tree_at_node(node, call);
    int result = node->place->row->drop->make(&at, err);
    kx_tree_node_free(node);
    return result;
}

/* In a directory that a program has made the files beside its own go with it: nothing is done to
 * them, so that `rm -r` comes to an end. */
static bool goes_with_it(const struct kx_tree_node *directory, const char *name)
{
    g_autofree char *value = NULL;
    const struct kx_tree_place *place = kx_tree_place_child(directory->place, name, &value);
    return directory->place->row->drop && place && !place->variable && !place->children;
}

int kx_tree_remove(struct kx_tree_node *directory, const char *name, bool folder,
                   const struct kx_call *call, struct kx_error *err)
{
    if (!folder && goes_with_it(directory, name)) return 0;
    struct kx_tree_node *node = drop_node(directory, name, folder, err);
    if (!node) return -EPERM;
    const struct kx_tree_at at = kx_tree_at_node(node, call);
    int result = node->place->row->drop->remove(&at, err);
    kx_tree_node_free(node);
    return result;
}

int kx_tree_rename(struct kx_tree_node *directory, const char *name, const char *to,
                   const struct kx_call *call, struct kx_error *err)
{
    g_autoptr(kx_tree_node) there = NULL;
    struct stat st;
    int found = kx_tree_lookup(directory->tree, directory, name, call, &there, &st, err);
    if (found < 0) return found;
    bool folder = there->place->row->kind == KX_TREE_DIRECTORY;
    struct kx_tree_node *from = drop_node(directory, name, folder, err);
    struct kx_tree_node *target = from ? drop_node(directory, to, folder, err) : NULL;
    int result = -EPERM;
    if (target && target->place == from->place) {
        const struct kx_tree_at at = kx_tree_at_node(from, call);
        const struct kx_tree_at new_at = kx_tree_at_node(target, call);
        result = from->place->row->drop->rename(&at, &new_at, err);
    } else if (target) {
        kx_error_set(err, EPERM, "%s cannot become %s", name, to);
    }
    if (from) kx_tree_node_free(from);
    if (target) kx_tree_node_free(target);
    return result;
}
