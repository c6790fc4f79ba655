#include "fs/names/inode.h"

#include <string.h>

#include "fs/data/writer.h"
#include "rest/url.h"

/* Numbers for files whose fileId is not known yet: above every fileId that a NameNode has given out
 * in practice. */
#define OWN_INO_FIRST ((uint64_t)1 << 62)

struct kx_inodes {
    GMutex mutex; /* guards the table and all of every inode that is not constant */
    char *root_path;
    struct kx_inode *root;
    GHashTable *by_node;  /* &inode->node -> inode */
    GHashTable *by_place; /* inode (its parent and name) -> inode */
    uint64_t next_node, next_ino;
};

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

static bool renew_locked(struct kx_inode *inode, const struct kx_status *status, int64_t now_ms)
{
    uint64_t known = inode->status.file_id;
    bool directory = status->type == KX_TYPE_DIRECTORY;
    if (directory != inode->directory || (known && status->file_id && known != status->file_id))
        return false;
    kx_status_clear(&inode->status);
    kx_status_copy(&inode->status, status);
    inode->checked_ms = now_ms;
    return true;
}

struct kx_inode *kx_inodes_adopt(struct kx_inodes *inodes, struct kx_inode *parent,
                                 const char *name, const struct kx_status *status, int64_t now_ms)
{
    g_mutex_lock(&inodes->mutex);
    struct kx_inode *inode = child_locked(inodes, parent, name);
    if (inode && !renew_locked(inode, status, now_ms)) {
        detach_locked(inode);
        inode = NULL;
    }
    if (!inode) {
        inode = inode_new(inodes, status, now_ms);
        attach_locked(inode, parent, name);
    }
    inode->refs++;
    g_mutex_unlock(&inodes->mutex);
    return inode;
}

bool kx_inode_renew(struct kx_inode *inode, const struct kx_status *status, int64_t now_ms)
{
    g_mutex_lock(&inode->inodes->mutex);
    bool same = renew_locked(inode, status, now_ms);
    g_mutex_unlock(&inode->inodes->mutex);
    return same;
}

int64_t kx_inode_status(struct kx_inode *inode, struct kx_status *out, int64_t now_ms)
{
    g_mutex_lock(&inode->inodes->mutex);
    kx_status_copy(out, &inode->status);
    int64_t age = inode->checked_ms ? MAX(now_ms - inode->checked_ms, 0) : -1;
    g_mutex_unlock(&inode->inodes->mutex);
    return age;
}

void kx_inode_expire(struct kx_inode *inode)
{
    g_mutex_lock(&inode->inodes->mutex);
    inode->checked_ms = 0;
    g_mutex_unlock(&inode->inodes->mutex);
}

void kx_inode_changed(struct kx_inode *inode, bool replaced, int64_t length, int64_t mtime_ms)
{
    g_mutex_lock(&inode->inodes->mutex);
    if (replaced) inode->status.file_id = 0;
    inode->status.length = length;
    inode->status.mtime_ms = mtime_ms;
    inode->checked_ms = 0;
    inode->generation++;
    g_mutex_unlock(&inode->inodes->mutex);
}

unsigned kx_inode_generation(struct kx_inode *inode)
{
    g_mutex_lock(&inode->inodes->mutex);
    unsigned generation = inode->generation;
    g_mutex_unlock(&inode->inodes->mutex);
    return generation;
}

void kx_inode_amend(struct kx_inode *inode,
                    void (*amend)(struct kx_status *status, const void *with), const void *with)
{
    g_mutex_lock(&inode->inodes->mutex);
    amend(&inode->status, with);
    g_mutex_unlock(&inode->inodes->mutex);
}

void kx_inodes_remove(struct kx_inodes *inodes, struct kx_inode *parent, const char *name)
{
    g_mutex_lock(&inodes->mutex);
    struct kx_inode *inode = child_locked(inodes, parent, name);
    if (inode) detach_locked(inode);
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
    g_mutex_unlock(&inodes->mutex);
}

bool kx_inode_detached(struct kx_inode *inode)
{
    g_mutex_lock(&inode->inodes->mutex);
    bool detached = inode->detached;
    g_mutex_unlock(&inode->inodes->mutex);
    return detached;
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

bool kx_inode_keep_pages(struct kx_inode *inode)
{
    g_mutex_lock(&inode->inodes->mutex);
    const struct kx_status *status = &inode->status;
    bool keep = status->file_id && inode->pages.file_id == status->file_id &&
                inode->pages.mtime_ms == status->mtime_ms && inode->pages_length == status->length;
    inode->pages = (struct kx_version){status->file_id, status->mtime_ms};
    inode->pages_length = status->length;
    g_mutex_unlock(&inode->inodes->mutex);
    return keep;
}

struct kx_writer *kx_inode_writer(struct kx_inode *inode)
{
    g_mutex_lock(&inode->inodes->mutex);
    struct kx_writer *writer = inode->writer ? kx_writer_ref(inode->writer) : NULL;
    g_mutex_unlock(&inode->inodes->mutex);
    return writer;
}

void kx_inode_set_writer(struct kx_inode *inode, struct kx_writer *writer)
{
    g_mutex_lock(&inode->inodes->mutex);
    struct kx_writer *old = inode->writer;
    inode->writer = writer;
    g_mutex_unlock(&inode->inodes->mutex);
    if (old) kx_writer_unref(old);
}

void kx_inode_note_absent(struct kx_inode *directory, const char *name, int64_t now_ms)
{
    g_mutex_lock(&directory->inodes->mutex);
    g_free(directory->absent);
    directory->absent = g_strdup(name);
    directory->absent_ms = now_ms;
    g_mutex_unlock(&directory->inodes->mutex);
}

bool kx_inode_is_absent(struct kx_inode *directory, const char *name, int64_t now_ms,
                        int64_t within_ms)
{
    g_mutex_lock(&directory->inodes->mutex);
    bool absent = directory->absent && strcmp(directory->absent, name) == 0 &&
                  now_ms - directory->absent_ms <= within_ms;
    g_mutex_unlock(&directory->inodes->mutex);
    return absent;
}

void kx_inode_note_writable(struct kx_inode *directory, int64_t now_ms)
{
    g_mutex_lock(&directory->inodes->mutex);
    directory->writable_ms = now_ms;
    g_mutex_unlock(&directory->inodes->mutex);
}

bool kx_inode_is_writable(struct kx_inode *directory, int64_t now_ms, int64_t within_ms)
{
    g_mutex_lock(&directory->inodes->mutex);
    bool writable = directory->writable_ms && now_ms - directory->writable_ms <= within_ms;
    g_mutex_unlock(&directory->inodes->mutex);
    return writable;
}

unsigned kx_inodes_count(struct kx_inodes *inodes)
{
    g_mutex_lock(&inodes->mutex);
    unsigned count = g_hash_table_size(inodes->by_node);
    g_mutex_unlock(&inodes->mutex);
    return count;
}
