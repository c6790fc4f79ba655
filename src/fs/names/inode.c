#include "fs/names/inode.h"

#include <string.h>

#include "fs/data/writer.h"
#include "fs/names/inode_private.h"

/* Numbers for files whose fileId is not known yet: above every fileId that a NameNode has given out
 * in practice. */
#define OWN_INO_FIRST ((uint64_t)1 << 62)

static guint place_hash(gconstpointer key)
{
    const struct kx_inode *inode = key;
    return g_direct_hash(inode->parent) ^ g_str_hash(inode->name);
}

static gboolean place_equal(gconstpointer a, gconstpointer b)
{
    const struct kx_inode *x = a, *y = b;
    return x->parent == y->parent && strcmp(x->name, y->name) == 0;
}

static struct kx_inode *inode_new(struct kx_inodes *inodes, const struct kx_status *status,
                                  int64_t now_ms)
{
    struct kx_inode *inode = g_new0(struct kx_inode, 1);
    inode->inodes = inodes;
    inode->node = inodes->next_node++;
    inode->ino = status->file_id ? status->file_id : inodes->next_ino++;
    inode->directory = status->type == KX_TYPE_DIRECTORY;
    kx_status_copy(&inode->status, status);
    inode->checked_ms = now_ms;
    g_hash_table_insert(inodes->by_node, &inode->node, inode);
    return inode;
}

struct kx_inodes *kx_inodes_new(const char *path, const struct kx_status *root, int64_t now_ms)
{
    struct kx_inodes *inodes = g_new0(struct kx_inodes, 1);
    g_mutex_init(&inodes->mutex);
    inodes->root_path = g_strdup(path);
    inodes->by_node = g_hash_table_new(g_int64_hash, g_int64_equal);
    inodes->by_place = g_hash_table_new(place_hash, place_equal);
    inodes->next_node = KX_ROOT_NODE;
    inodes->next_ino = OWN_INO_FIRST;
    inodes->root = inode_new(inodes, root, now_ms);
    inodes->root->refs = 1;
    return inodes;
}

static void inode_destroy(struct kx_inode *inode)
{
    if (inode->writer) kx_writer_unref(inode->writer);
    kx_status_clear(&inode->status);
    g_free(inode->name);
    g_free(inode->absent);
    g_free(inode->walked);
    kx_inode_crowd_free(inode->crowd);
    g_free(inode);
}

void kx_inodes_free(struct kx_inodes *inodes)
{
    if (!inodes) return;
    GHashTableIter iter;
    gpointer inode;
    g_hash_table_destroy(inodes->by_place);
    g_hash_table_iter_init(&iter, inodes->by_node);
    while (g_hash_table_iter_next(&iter, NULL, &inode)) {
        g_hash_table_iter_steal(&iter);
        inode_destroy(inode);
    }
    g_hash_table_destroy(inodes->by_node);
    g_mutex_clear(&inodes->mutex);
    g_free(inodes->root_path);
    g_free(inodes);
}

/* Give back a reference, and the parents' that hang on it. Mutex held. */
static void unref_locked(struct kx_inode *inode)
{
    while (inode && --inode->refs == 0 && inode->lookups == 0) {
        struct kx_inode *parent = inode->parent;
        if (parent) g_hash_table_remove(inode->inodes->by_place, inode);
        g_hash_table_remove(inode->inodes->by_node, &inode->node);
        inode_destroy(inode);
        inode = parent;
    }
}

struct kx_inode *kx_inodes_find(struct kx_inodes *inodes, uint64_t node)
{
    g_mutex_lock(&inodes->mutex);
    struct kx_inode *inode = g_hash_table_lookup(inodes->by_node, &node);
    if (inode) inode->refs++;
    g_mutex_unlock(&inodes->mutex);
    return inode;
}

static struct kx_inode *child_locked(struct kx_inodes *inodes, struct kx_inode *parent,
                                     const char *name)
{
    struct kx_inode key = {.parent = parent, .name = (char *)(uintptr_t)name};
    return g_hash_table_lookup(inodes->by_place, &key);
}

struct kx_inode *kx_inodes_child(struct kx_inodes *inodes, struct kx_inode *parent,
                                 const char *name)
{
    g_mutex_lock(&inodes->mutex);
    struct kx_inode *inode = child_locked(inodes, parent, name);
    if (inode) inode->refs++;
    g_mutex_unlock(&inodes->mutex);
    return inode;
}

struct kx_inode *kx_inode_ref(struct kx_inode *inode)
{
    g_mutex_lock(&inode->inodes->mutex);
    inode->refs++;
    g_mutex_unlock(&inode->inodes->mutex);
    return inode;
}

void kx_inode_unref(struct kx_inode *inode)
{
    if (!inode) return;
    struct kx_inodes *inodes = inode->inodes;
    g_mutex_lock(&inodes->mutex);
    unref_locked(inode);
    g_mutex_unlock(&inodes->mutex);
}

void kx_inode_looked_up(struct kx_inode *inode)
{
    g_mutex_lock(&inode->inodes->mutex);
    inode->lookups++;
    g_mutex_unlock(&inode->inodes->mutex);
}

void kx_inodes_forget(struct kx_inodes *inodes, uint64_t node, uint64_t n)
{
    g_mutex_lock(&inodes->mutex);
    struct kx_inode *inode = g_hash_table_lookup(inodes->by_node, &node);
    if (inode) {
        inode->lookups -= MIN(n, inode->lookups);
        inode->refs++; /* so that the last reference frees it */
        unref_locked(inode);
    }
    g_mutex_unlock(&inodes->mutex);
}

static bool path_locked(const struct kx_inode *inode, GString *path)
{
    for (; inode->parent; inode = inode->parent) {
        g_string_prepend(path, inode->name);
        g_string_prepend_c(path, '/');
    }
    if (inode != inode->inodes->root) return false;
    const char *root = inode->inodes->root_path;
    if (strcmp(root, "/") != 0) g_string_prepend(path, root);
    if (path->len == 0) g_string_append_c(path, '/');
    return true;
}

char *kx_inode_path(struct kx_inode *inode)
{
    GString *path = g_string_new(NULL);
    g_mutex_lock(&inode->inodes->mutex);
    bool attached = path_locked(inode, path);
    g_mutex_unlock(&inode->inodes->mutex);
    return g_string_free(path, !attached);
}

/* Take an inode off its name. Mutex held. */
static void detach_locked(struct kx_inode *inode)
{
    struct kx_inode *parent = inode->parent;
    if (!parent) return;
    g_hash_table_remove(inode->inodes->by_place, inode);
    inode->parent = NULL;
    inode->detached = true;
    g_clear_pointer(&inode->name, g_free);
    unref_locked(parent);
}

static void attach_locked(struct kx_inode *inode, struct kx_inode *parent, const char *name)
{
    inode->parent = parent;
    parent->refs++;
    inode->name = g_strdup(name);
    g_hash_table_insert(inode->inodes->by_place, inode, inode);
}

/* Another client has cut the file while somebody here reads it, so bytes that were read may be
 * followed by others soon: for who has it open it is a file that is no more. */
static bool is_cut(const struct kx_inode *inode, const struct kx_status *now)
{
    return inode->readers && !inode->writer && now->length < inode->status.length;
}

static bool renew_locked(struct kx_inode *inode, const struct kx_status *status, uint64_t epoch,
                         int64_t now_ms)
{
    if (inode->touched > epoch) return true; /* what is known is newer */
    uint64_t known = inode->status.file_id;
    bool directory = status->type == KX_TYPE_DIRECTORY;
    if (directory != inode->directory || (known && status->file_id && known != status->file_id))
        return false;
    bool changed = known != status->file_id || inode->status.mtime_ms != status->mtime_ms;
    if (changed && is_cut(inode, status)) return false;
    if (changed) inode->visible = 0;
    kx_status_clear(&inode->status);
    kx_status_copy(&inode->status, status);
    inode->checked_ms = now_ms;
    return true;
}

struct kx_inode *kx_inodes_adopt(struct kx_inodes *inodes, struct kx_inode *parent,
                                 const char *name, const struct kx_status *status, uint64_t epoch,
                                 int64_t now_ms)
{
    g_mutex_lock(&inodes->mutex);
    struct kx_inode *inode = child_locked(inodes, parent, name);
    if (inode && !renew_locked(inode, status, epoch, now_ms)) {
        detach_locked(inode);
        inode = NULL;
    }
    if (!inode) {
        inode = inode_new(inodes, status, now_ms);
        attach_locked(inode, parent, name);
        if (!now_ms) kx_inode_touch_locked(inode); /* made here: no page has it yet */
    }
    inode->refs++;
    g_mutex_unlock(&inodes->mutex);
    return inode;
}

bool kx_inode_renew(struct kx_inode *inode, const struct kx_status *status, uint64_t epoch,
                    int64_t now_ms)
{
    g_mutex_lock(&inode->inodes->mutex);
    bool same = renew_locked(inode, status, epoch, now_ms);
    g_mutex_unlock(&inode->inodes->mutex);
    return same;
}

void kx_inodes_remove(struct kx_inodes *inodes, struct kx_inode *parent, const char *name)
{
    g_mutex_lock(&inodes->mutex);
    struct kx_inode *inode = child_locked(inodes, parent, name);
    if (inode) {
        detach_locked(inode);
        kx_inode_touch_locked(parent);
    }
    g_mutex_unlock(&inodes->mutex);
}

void kx_inodes_move(struct kx_inodes *inodes, struct kx_inode *parent, const char *name,
                    struct kx_inode *to_parent, const char *to_name)
{
    g_mutex_lock(&inodes->mutex);
    struct kx_inode *inode = child_locked(inodes, parent, name);
    struct kx_inode *replaced = child_locked(inodes, to_parent, to_name);
    if (replaced && replaced != inode) detach_locked(replaced);
    if (inode && inode != replaced) {
        inode->refs++;
        detach_locked(inode);
        inode->detached = false;
        attach_locked(inode, to_parent, to_name);
        unref_locked(inode);
    }
    kx_inode_touch_locked(parent);
    kx_inode_touch_locked(to_parent);
    g_mutex_unlock(&inodes->mutex);
}

bool kx_inode_detached(struct kx_inode *inode)
{
    g_mutex_lock(&inode->inodes->mutex);
    bool detached = inode->detached;
    g_mutex_unlock(&inode->inodes->mutex);
    return detached;
}

bool kx_inode_lose_name(struct kx_inode *inode, unsigned generation)
{
    g_mutex_lock(&inode->inodes->mutex);
    bool lost = !inode->writer && inode->generation == generation;
    if (lost) detach_locked(inode);
    g_mutex_unlock(&inode->inodes->mutex);
    return lost;
}

bool kx_inode_place(struct kx_inode *inode, struct kx_inode **parent, char **name)
{
    g_mutex_lock(&inode->inodes->mutex);
    bool placed = inode->parent != NULL;
    if (placed) {
        *parent = inode->parent;
        inode->parent->refs++;
        *name = g_strdup(inode->name);
    }
    g_mutex_unlock(&inode->inodes->mutex);
    return placed;
}

unsigned kx_inodes_count(struct kx_inodes *inodes)
{
    g_mutex_lock(&inodes->mutex);
    unsigned count = g_hash_table_size(inodes->by_node);
    g_mutex_unlock(&inodes->mutex);
    return count;
}

static bool is_below_locked(const struct kx_inode *inode, const struct kx_inode *top)
{
    while (inode && inode != top)
        inode = inode->parent;
    return inode != NULL;
}

bool kx_inode_is_below(struct kx_inode *inode, const struct kx_inode *top)
{
    g_mutex_lock(&inode->inodes->mutex);
    bool below = is_below_locked(inode, top);
    g_mutex_unlock(&inode->inodes->mutex);
    return below;
}

GPtrArray *kx_inodes_below(struct kx_inodes *inodes, const struct kx_inode *top)
{
    GPtrArray *found = g_ptr_array_new_with_free_func((GDestroyNotify)kx_inode_unref);
    GHashTableIter iter;
    gpointer value;
    g_mutex_lock(&inodes->mutex);
    g_hash_table_iter_init(&iter, inodes->by_node);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        struct kx_inode *inode = value;
        if (!is_below_locked(inode, top)) continue;
        inode->refs++;
        g_ptr_array_add(found, inode);
    }
    g_mutex_unlock(&inodes->mutex);
    return found;
}
