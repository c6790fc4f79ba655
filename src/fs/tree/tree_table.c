#include "fs/tree/tree_table.h"

#include <errno.h>
#include <string.h>

#include "fs/tree/tree_private.h"

struct kx_tree_index {
    GPtrArray *places; /* owned; the first is the root */
};

static const struct kx_tree_row ROOT = {
    .pattern = "", .kind = KX_TREE_DIRECTORY, .help = "What knoxfs shows besides HDFS"};
static const struct kx_tree_row README = {.pattern = "/README",
                                          .kind = KX_TREE_DOCUMENT,
                                          .help = "This text",
                                          .text = kx_tree_readme_text};

static void place_free(gpointer data)
{
    struct kx_tree_place *place = data;
    if (place->children && !place->row->same_as) g_ptr_array_free(place->children, TRUE);
    g_free(place->prefix);
    g_free(place->variable);
    g_free(place->suffix);
    g_free(place);
}

static void name_place(struct kx_tree_place *place, const char *component)
{
    const char *open = strchr(component, '{'), *close = open ? strchr(open, '}') : NULL;
    if (!close) {
        place->prefix = g_strdup(component);
        return;
    }
    place->prefix = g_strndup(component, (gsize)(open - component));
    place->variable = g_strndup(open + 1, (gsize)(close - open - 1));
    place->suffix = g_strdup(close + 1);
}

static struct kx_tree_place *add_place(struct kx_tree_index *index, struct kx_tree_place *parent,
                                       const struct kx_tree_row *row)
{
    struct kx_tree_place *place = g_new0(struct kx_tree_place, 1);
    const char *slash = strrchr(row->pattern, '/');
    place->row = row;
    place->parent = parent;
    name_place(place, slash ? slash + 1 : "");
    g_ptr_array_add(index->places, place);
    if (parent) g_ptr_array_add(parent->children, place);
    if (row->kind == KX_TREE_DIRECTORY && !row->same_as) {
        place->children = g_ptr_array_new();
        add_place(index, place, &README);
    }
    return place;
}

/* The directory whose pattern is the first `length` bytes of a pattern. */
static struct kx_tree_place *find_directory(const struct kx_tree_index *index, const char *pattern,
                                            size_t length)
{
    for (guint i = 0; i < index->places->len; i++) {
        struct kx_tree_place *place = g_ptr_array_index(index->places, i);
        if (place->children && strlen(place->row->pattern) == length &&
            strncmp(place->row->pattern, pattern, length) == 0)
            return place;
    }
    return NULL;
}

static bool has_handlers(const struct kx_tree_row *row)
{
    switch (row->kind) {
    case KX_TREE_DIRECTORY:
        return true;
    case KX_TREE_CTL:
        return row->verbs != NULL;
    case KX_TREE_STREAM:
        return row->stream != NULL;
    case KX_TREE_RANGED:
        return row->ranged != NULL && row->look != NULL;
    case KX_TREE_DROP:
        return row->drop != NULL && row->text != NULL;
    default:
        return row->text != NULL;
    }
}

static bool is_called_alike(const struct kx_tree_place *one, const struct kx_tree_place *other)
{
    return strcmp(other->prefix, one->prefix) == 0 && !other->variable == !one->variable &&
           g_strcmp0(other->suffix, one->suffix) == 0;
}

/* A file and a directory that programs make. */
static bool may_be_twins(const struct kx_tree_row *one, const struct kx_tree_row *other)
{
    return one->drop && other->drop && one->kind != other->kind;
}

static bool is_there(const struct kx_tree_place *directory, const struct kx_tree_place *place)
{
    for (guint i = 0; i < directory->children->len; i++) {
        const struct kx_tree_place *other = g_ptr_array_index(directory->children, i);
        if (other != place && is_called_alike(place, other) &&
            !may_be_twins(place->row, other->row))
            return true;
    }
    return false;
}

const struct kx_tree_place *kx_tree_place_twin(const struct kx_tree_place *place)
{
    const GPtrArray *children = place->parent ? place->parent->children : NULL;
    for (guint i = 0; children && place->variable && i < children->len; i++) {
        const struct kx_tree_place *other = g_ptr_array_index(children, i);
        if (other != place && is_called_alike(place, other)) return other;
    }
    return NULL;
}

static int add_row(struct kx_tree_index *index, const struct kx_tree_row *row, struct kx_error *err)
{
    const char *slash = strrchr(row->pattern, '/');
    struct kx_tree_place *parent =
        slash ? find_directory(index, row->pattern, (size_t)(slash - row->pattern)) : NULL;
    if (!parent)
        return kx_error_set(err, EINVAL, "%s: there is no directory above it", row->pattern);
    if (!has_handlers(row) || !row->help)
        return kx_error_set(err, EINVAL, "%s: a handler or the help is missing", row->pattern);
    const struct kx_tree_place *place = add_place(index, parent, row);
    if (place->variable && !row->names && !row->look)
        return kx_error_set(err, EINVAL, "%s: nobody knows its names", row->pattern);
    if (row->pages && (!place->variable || row->names || !row->look))
        return kx_error_set(err, EINVAL, "%s: pages are of a variable that is looked at",
                            row->pattern);
    return is_there(parent, place)
               ? kx_error_set(err, EINVAL, "%s: it is there twice", row->pattern)
               : 0;
}

/* The place of the variable, counted from the root. */
static guint variables_above(const struct kx_tree_place *place)
{
    guint count = 0;
    for (place = place->parent; place; place = place->parent)
        if (place->variable) count++;
    return count;
}

/* Directories that have what another one has. */
static int join_directories(struct kx_tree_index *index, struct kx_error *err)
{
    for (guint i = 0; i < index->places->len; i++) {
        struct kx_tree_place *place = g_ptr_array_index(index->places, i);
        const char *pattern = place->row->same_as;
        if (!pattern) continue;
        const struct kx_tree_place *other = find_directory(index, pattern, strlen(pattern));
        if (!other || other->row->same_as || !other->variable != !place->variable ||
            variables_above(other) != variables_above(place))
            return kx_error_set(err, EINVAL, "%s: it cannot be as %s", place->row->pattern,
                                pattern);
        place->children = other->children;
    }
    return 0;
}

int kx_tree_index_new(const struct kx_tree_rows *trees, size_t count, struct kx_tree_index **out,
                      struct kx_error *err)
{
    g_autoptr(kx_tree_index) index = g_new0(struct kx_tree_index, 1);
    index->places = g_ptr_array_new_with_free_func(place_free);
    add_place(index, NULL, &ROOT);
    for (size_t tree = 0; tree < count; tree++)
        for (size_t i = 0; i < trees[tree].count; i++) {
            int result = add_row(index, &trees[tree].rows[i], err);
            if (result < 0) return result;
        }
    int result = join_directories(index, err);
    if (result == 0) *out = g_steal_pointer(&index);
    return result;
}

void kx_tree_index_free(struct kx_tree_index *index)
{
    if (!index) return;
    g_ptr_array_free(index->places, TRUE);
    g_free(index);
}

const struct kx_tree_place *kx_tree_index_root(const struct kx_tree_index *index)
{
    return g_ptr_array_index(index->places, 0);
}

/* How many bytes of a name the text around the variable takes; -1: it does not fit. */
static gssize match_variable(const struct kx_tree_place *place, const char *name)
{
    size_t before = strlen(place->prefix), after = strlen(place->suffix);
    bool fits = strlen(name) > before + after && g_str_has_prefix(name, place->prefix) &&
                g_str_has_suffix(name, place->suffix);
    return fits ? (gssize)(before + after) : -1;
}

const struct kx_tree_place *kx_tree_place_child(const struct kx_tree_place *directory,
                                                const char *name, char **value)
{
    const struct kx_tree_place *best = NULL;
    gssize fixed = -1;
    *value = NULL;
    for (guint i = 0; directory->children && i < directory->children->len; i++) {
        const struct kx_tree_place *place = g_ptr_array_index(directory->children, i);
        if (!place->variable && strcmp(place->prefix, name) == 0) return place;
        gssize now = place->variable ? match_variable(place, name) : -1;
        if (now > fixed) best = place, fixed = now;
    }
    if (best) *value = g_strndup(name + strlen(best->prefix), strlen(name) - (size_t)fixed);
    return best;
}

const char *kx_tree_bound(const struct kx_tree_at *at, const char *variable)
{
    for (const struct kx_tree_place *place = at->place; place; place = place->parent)
        if (g_strcmp0(place->variable, variable) == 0) return at->bound[variables_above(place)];
    return NULL;
}

mode_t kx_tree_row_mode(const struct kx_tree_row *row)
{
    if (row->mode) return row->mode;
    if (row->kind == KX_TREE_DIRECTORY) return 0555;
    if (row->kind == KX_TREE_LINK) return 0777;
    return row->kind == KX_TREE_CTL || row->kind == KX_TREE_DROP ? 0644 : 0444;
}

bool kx_tree_place_is_readme(const struct kx_tree_place *place)
{
    return place->row == &README;
}
