/* Lookup and attributes. */
#include <errno.h>
#include <string.h>

#include "fs/tree/tree_private.h"

#define STAT_BLOCK_BYTES 512 /* the unit of st_blocks */
#define STAT_IO_BYTES    4096

struct kx_tree_at kx_tree_at_node(const struct kx_tree_node *node, const struct kx_call *call)
{
    static const struct kx_call NONE;
    return (struct kx_tree_at){.mount = node->tree->config.mount,
                               .place = node->place,
                               .row = node->place->row,
                               .path = node->path,
                               .bound = (const char *const *)node->bound,
                               .call = call ? call : &NONE};
}

static bool among(const GPtrArray *names, const char *name)
{
    for (guint i = 0; i < names->len; i++)
        if (strcmp(g_ptr_array_index(names, i), name) == 0) return true;
    return false;
}

int kx_tree_look_at(const struct kx_tree_node *node, const struct kx_call *call,
                    struct kx_tree_look *look, struct kx_error *err)
{
    const struct kx_tree_row *row = node->place->row;
    const struct kx_tree_at at = kx_tree_at_node(node, call);
    *look = (struct kx_tree_look){.mode = kx_tree_row_mode(row)};
    if (row->look) return row->look(&at, look, err);
    if (!node->place->variable) return 0;
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    int result = row->names(&at, names, err);
    const char *value = kx_tree_bound(&at, node->place->variable);
    return result < 0            ? result
           : among(names, value) ? 0
                                 : kx_error_set(err, ENOENT, "%s: there is none", value);
}

static const struct kx_tree_place *root_place(struct kx_tree *tree, const char *name, char **value)
{
    const struct kx_tree_place *root = kx_tree_index_root(tree->index);
    *value = NULL;
    if (tree->vroot) return strcmp(name, tree->vroot) == 0 ? root : NULL;
    const struct kx_tree_place *place = kx_tree_place_child(root, name, value);
    return place && !kx_tree_place_is_readme(place) ? place : NULL;
}

bool kx_tree_has_name(struct kx_tree *tree, const char *name)
{
    g_autofree char *value = NULL;
    return tree && root_place(tree, name, &value) != NULL;
}

bool kx_tree_is_present(struct kx_tree *tree, const struct kx_tree_node *directory,
                        const struct kx_tree_place *place, const struct kx_call *call)
{
    if (!place->row->look) return true;
    struct kx_tree_node *node = kx_tree_node_new(tree, directory, place, place->prefix, NULL);
    struct kx_tree_look look;
    bool present = kx_tree_look_at(node, call, &look, NULL) == 0;
    kx_tree_node_free(node);
    return present;
}

const char *kx_tree_root_name(struct kx_tree *tree, unsigned index)
{
    if (!tree || tree->config.hidden) return NULL;
    if (tree->vroot) return index == 0 ? tree->vroot : NULL;
    for (guint i = 0; i < tree->root_places->len; i++) {
        const struct kx_tree_place *place = g_ptr_array_index(tree->root_places, i);
        if (kx_tree_is_present(tree, NULL, place, NULL) && index-- == 0) return place->prefix;
    }
    return NULL;
}

int kx_tree_lookup(struct kx_tree *tree, struct kx_tree_node *directory, const char *name,
                   const struct kx_call *call, struct kx_tree_node **out, struct stat *st,
                   struct kx_error *err)
{
    g_autofree char *value = NULL;
    const struct kx_tree_place *place = directory
                                            ? kx_tree_place_child(directory->place, name, &value)
                                            : root_place(tree, name, &value);
    if (!place) return kx_error_set(err, ENOENT, "%s: there is no such file here", name);
    struct kx_tree_node *fresh = kx_tree_node_new(tree, directory, place, name, value);
    struct kx_tree_look look;
    int result = kx_tree_look_at(fresh, call, &look, err);
    const struct kx_tree_place *twin = result == -ENOENT ? kx_tree_place_twin(place) : NULL;
    if (twin) {
        kx_tree_node_free(fresh);
        fresh = kx_tree_node_new(tree, directory, twin, name, value);
        result = kx_tree_look_at(fresh, call, &look, err);
    }
    if (result < 0) {
        kx_tree_node_free(fresh);
        return result;
    }
    *out = kx_tree_settle(fresh);
    kx_tree_fill(*out, &look, call, st);
    return 0;
}

mode_t kx_tree_type(const struct kx_tree_row *row)
{
    if (row->kind == KX_TREE_DIRECTORY) return S_IFDIR;
    return row->kind == KX_TREE_LINK ? S_IFLNK : S_IFREG;
}

/* What is open is not made again: its size must not change under its readers. */
static bool is_open(struct kx_tree_node *node)
{
    g_mutex_lock(&node->tree->mutex);
    bool open = node->opens > 0;
    g_mutex_unlock(&node->tree->mutex);
    return open;
}

/* A file whose text costs nothing is made to learn its size. */
static void measure(struct kx_tree_node *node, const struct kx_call *call)
{
    const struct kx_tree_row *row = node->place->row;
    bool dear = (row->flags & KX_TREE_DEAR) != 0 || row->kind == KX_TREE_RANGED;
    if (row->kind == KX_TREE_DIRECTORY || row->kind == KX_TREE_STREAM || dear || is_open(node))
        return;
    g_autoptr(GString) text = g_string_new(NULL);
    if (kx_tree_make_text(node, call, text, NULL) < 0) g_string_truncate(text, 0);
    g_mutex_lock(&node->tree->mutex);
    if (node->opens == 0) kx_tree_note_text(node, text->str, text->len);
    g_mutex_unlock(&node->tree->mutex);
}

static struct timespec from_ms(int64_t ms)
{
    return (struct timespec){.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000};
}

void kx_tree_fill(struct kx_tree_node *node, const struct kx_tree_look *look,
                  const struct kx_call *call, struct stat *st)
{
    struct kx_tree *tree = node->tree;
    measure(node, call);
    g_mutex_lock(&tree->mutex);
    int64_t size = node->place->row->kind == KX_TREE_RANGED ? look->size : node->size;
    /* A text that changed while the row's time stands still has changed all the same. */
    int64_t mtime_ms = look->mtime_ms ? look->mtime_ms : node->changed_ms;
    g_mutex_unlock(&tree->mutex);
    *st = (struct stat){.st_ino = kx_tree_ino(node->path),
                        .st_mode = kx_tree_type(node->place->row) | look->mode,
                        .st_nlink = node->place->children ? 2 : 1,
                        .st_uid = look->owned ? look->owner : tree->config.owner,
                        .st_gid = tree->config.group,
                        .st_size = size,
                        .st_blksize = STAT_IO_BYTES,
                        .st_blocks = (size + STAT_BLOCK_BYTES - 1) / STAT_BLOCK_BYTES};
    st->st_mtim = st->st_atim = from_ms(mtime_ms);
    st->st_ctim = from_ms(look->ctime_ms ? look->ctime_ms : mtime_ms);
}

int kx_tree_stat(struct kx_tree_node *node, const struct kx_call *call, struct stat *st,
                 struct kx_error *err)
{
    struct kx_tree_look look;
    int result = kx_tree_look_at(node, call, &look, err);
    if (result < 0) return result;
    kx_tree_fill(node, &look, call, st);
    return 0;
}

int kx_tree_access(const struct kx_tree_node *node, uid_t uid, int mask, struct kx_error *err)
{
    const mode_t mode = kx_tree_row_mode(node->place->row);
    unsigned bits = uid == node->tree->config.owner ? mode >> 6 & 7 : mode & 7;
    if (uid == 0) bits = (mode | mode >> 3 | mode >> 6) & 7;
    if (uid == 0) bits |= R_OK;
    return (unsigned)mask & ~bits & 7 ? kx_error_set(err, EACCES, "user %u may not do that", uid)
                                      : 0;
}
