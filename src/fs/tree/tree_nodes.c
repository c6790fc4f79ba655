/* The nodes: who has which number, and for how long. */
#include <string.h>

#include "fs/tree/tree_private.h"

/* Below the numbers that src/fs/names gives to files without a fileId there are those of servers;
 * these are above both. */
#define INO_BASE ((uint64_t)3 << 61)

int kx_tree_new(const struct kx_tree_config *config, const struct kx_tree_rows *trees, size_t count,
                struct kx_tree **out, struct kx_error *err)
{
    struct kx_tree_index *index = NULL;
    int result = kx_tree_index_new(trees, count, &index, err);
    if (result < 0) return result;
    struct kx_tree *tree = g_new0(struct kx_tree, 1);
    tree->config = *config;
    tree->vroot = g_strdup(config->vroot);
    tree->index = index;
    tree->root_places = g_ptr_array_new();
    const struct kx_tree_place *root = kx_tree_index_root(index);
    for (guint i = 0; !config->hidden && !tree->vroot && i < root->children->len; i++) {
        struct kx_tree_place *place = g_ptr_array_index(root->children, i);
        if (!kx_tree_place_is_readme(place)) g_ptr_array_add(tree->root_places, place);
    }
    g_mutex_init(&tree->mutex);
    tree->by_number = g_hash_table_new(g_int64_hash, g_int64_equal);
    tree->by_path = g_hash_table_new(g_str_hash, g_str_equal);
    tree->owed = g_hash_table_new(NULL, NULL);
    tree->next_number = KX_TREE_NODE + 1;
    *out = tree;
    return 0;
}

void kx_tree_free(struct kx_tree *tree)
{
    if (!tree) return;
    GHashTableIter iter;
    gpointer node;
    g_hash_table_destroy(tree->by_path);
    g_hash_table_iter_init(&iter, tree->by_number);
    while (g_hash_table_iter_next(&iter, NULL, &node)) {
        g_hash_table_iter_steal(&iter);
        kx_tree_node_free(node);
    }
    g_hash_table_destroy(tree->by_number);
    g_hash_table_destroy(tree->owed);
    g_mutex_clear(&tree->mutex);
    g_ptr_array_free(tree->root_places, TRUE);
    kx_tree_index_free(tree->index);
    g_free(tree->vroot);
    g_free(tree);
}

struct kx_tree_node *kx_tree_node_new(struct kx_tree *tree, const struct kx_tree_node *directory,
                                      const struct kx_tree_place *place, const char *name,
                                      const char *value)
{
    struct kx_tree_node *node = g_new0(struct kx_tree_node, 1);
    g_autoptr(GPtrArray) bound = g_ptr_array_new();
    for (char **at = directory ? directory->bound : NULL; at && *at; at++)
        g_ptr_array_add(bound, g_strdup(*at));
    if (value) g_ptr_array_add(bound, g_strdup(value));
    g_ptr_array_add(bound, NULL);
    node->tree = tree;
    node->place = place;
    node->bound = (GStrv)g_ptr_array_free(g_steal_pointer(&bound), FALSE);
    node->path = place->parent ? g_strconcat(directory ? directory->path : "", "/", name, NULL)
                               : g_strdup("");
    node->changed_ms = tree->config.clock->wall_ms(tree->config.clock);
    return node;
}

void kx_tree_node_free(struct kx_tree_node *node)
{
    if (node->text) g_bytes_unref(node->text);
    g_strfreev(node->bound);
    g_free(node->path);
    g_free(node);
}

void kx_tree_insert(struct kx_tree_node *node)
{
    struct kx_tree *tree = node->tree;
    node->number = tree->next_number++;
    g_hash_table_insert(tree->by_number, &node->number, node);
    g_hash_table_insert(tree->by_path, node->path, node);
}

struct kx_tree_node *kx_tree_settle(struct kx_tree_node *fresh)
{
    struct kx_tree *tree = fresh->tree;
    g_mutex_lock(&tree->mutex);
    struct kx_tree_node *node = g_hash_table_lookup(tree->by_path, fresh->path);
    if (node && node->place != fresh->place) { /* a file was there, a directory is, or vice versa */
        g_hash_table_remove(tree->by_path, node->path);
        node->detached = true;
        node = NULL;
    }
    if (!node) {
        node = g_steal_pointer(&fresh);
        kx_tree_insert(node);
    }
    node->refs++;
    g_mutex_unlock(&tree->mutex);
    if (fresh) kx_tree_node_free(fresh);
    return node;
}

void kx_tree_collect(struct kx_tree_node *node)
{
    struct kx_tree *tree = node->tree;
    if (node->refs || node->lookups) return;
    if (!node->detached) g_hash_table_remove(tree->by_path, node->path);
    g_hash_table_remove(tree->by_number, &node->number);
    kx_tree_node_free(node);
}

struct kx_tree_node *kx_tree_find(struct kx_tree *tree, uint64_t number)
{
    g_mutex_lock(&tree->mutex);
    struct kx_tree_node *node = g_hash_table_lookup(tree->by_number, &number);
    if (node) node->refs++;
    g_mutex_unlock(&tree->mutex);
    return node;
}

struct kx_tree_node *kx_tree_node_ref(struct kx_tree_node *node)
{
    g_mutex_lock(&node->tree->mutex);
    node->refs++;
    g_mutex_unlock(&node->tree->mutex);
    return node;
}

void kx_tree_node_unref(struct kx_tree_node *node)
{
    if (!node) return;
    struct kx_tree *tree = node->tree;
    g_mutex_lock(&tree->mutex);
    node->refs--;
    kx_tree_collect(node);
    g_mutex_unlock(&tree->mutex);
}

uint64_t kx_tree_node_number(const struct kx_tree_node *node)
{
    return node->number;
}

void kx_tree_looked_up(struct kx_tree_node *node)
{
    g_mutex_lock(&node->tree->mutex);
    node->lookups++;
    g_mutex_unlock(&node->tree->mutex);
}

void kx_tree_forget(struct kx_tree *tree, uint64_t number, uint64_t n)
{
    g_mutex_lock(&tree->mutex);
    struct kx_tree_node *node = g_hash_table_lookup(tree->by_number, &number);
    if (node) {
        node->lookups -= MIN(n, node->lookups);
        kx_tree_collect(node);
    }
    g_mutex_unlock(&tree->mutex);
}

unsigned kx_tree_count(struct kx_tree *tree)
{
    g_mutex_lock(&tree->mutex);
    unsigned count = g_hash_table_size(tree->by_number);
    g_mutex_unlock(&tree->mutex);
    return count;
}

bool kx_tree_known(struct kx_tree *tree, const char *directory, const char *name,
                   uint64_t *directory_number, uint64_t *number)
{
    g_autofree char *path = g_strconcat(directory, "/", name, NULL);
    if (!tree) return false;
    g_mutex_lock(&tree->mutex);
    const struct kx_tree_node *above = g_hash_table_lookup(tree->by_path, directory);
    const struct kx_tree_node *node = g_hash_table_lookup(tree->by_path, path);
    bool known = above && above->lookups && node && node->lookups;
    if (known) *directory_number = above->number;
    if (known) *number = node->number;
    g_mutex_unlock(&tree->mutex);
    return known;
}

bool kx_tree_is_ctl(const struct kx_tree_node *node)
{
    return node->place->row->kind == KX_TREE_CTL;
}

bool kx_tree_is_local(const struct kx_tree_node *node)
{
    return node->place->row->flags & KX_TREE_LOCAL;
}

char *kx_tree_shown_path(const struct kx_tree_node *node)
{
    const char *vroot = node->tree->vroot;
    return g_strconcat(vroot ? "/" : "", vroot ? vroot : "", node->path, NULL);
}

uint64_t kx_tree_ino(const char *path)
{
    uint64_t hash = G_GUINT64_CONSTANT(14695981039346656037); /* FNV-1a */
    for (; *path; path++)
        hash = (hash ^ (unsigned char)*path) * G_GUINT64_CONSTANT(1099511628211);
    return INO_BASE | hash >> 4;
}
