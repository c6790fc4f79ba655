/* Listings. What a table and its handlers name at once is kept whole; what comes by pages is kept
 * as far as the kernel may still ask for it: the page that it reads and the one before, as it goes
 * back to what did not fit into its buffer. */
#include <errno.h>
#include <string.h>

#include "fs/tree/tree_private.h"

/* One name of a listing. */
struct entry {
    const struct kx_tree_place *place;
    char *name, *value;
    struct kx_tree_look look;
    bool looked; /* with `look` from the page */
};

struct pages {
    const struct kx_tree_place *place; /* NULL: there are none */
    void *state;
    GArray *entries; /* of struct entry: the window */
    size_t first;    /* the number of its first one */
    size_t last;     /* of the newest page's first one */
    bool all;        /* behind the window there are no more */
};

struct kx_tree_listing {
    struct kx_tree_node *node; /* a reference */
    GArray *entries;           /* of struct entry */
    struct pages pages;        /* they come behind these; numbers count from there */
};

static void entry_clear(gpointer data)
{
    struct entry *entry = data;
    g_free(entry->name);
    g_free(entry->value);
}

static GArray *entries_new(void)
{
    GArray *entries = g_array_new(FALSE, FALSE, sizeof(struct entry));
    g_array_set_clear_func(entries, entry_clear);
    return entries;
}

static void add_entry(GArray *entries, const struct kx_tree_place *place, const char *value,
                      const struct kx_tree_look *look)
{
    struct entry entry = {.place = place,
                          .name = g_strconcat(place->prefix, value, place->suffix, NULL),
                          .value = g_strdup(value),
                          .looked = look != NULL};
    if (look) entry.look = *look;
    g_array_append_val(entries, entry);
}

static struct kx_tree_at at_place(const struct kx_tree_listing *listing,
                                  const struct kx_tree_place *place, const struct kx_call *call)
{
    struct kx_tree_at at = kx_tree_at_node(listing->node, call);
    at.row = place->row;
    return at;
}

static void close_pages(struct pages *pages)
{
    if (pages->state) pages->place->row->pages->close(pages->state);
    pages->state = NULL;
    g_array_set_size(pages->entries, 0);
    pages->first = pages->last = 0;
    pages->all = false;
}

/* One page more; of those before it only the newest stays. */
static int next_page(struct pages *pages, const struct kx_call *call, struct kx_error *err)
{
    const struct kx_tree_row *row = pages->place->row;
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GArray) looks = g_array_new(FALSE, TRUE, sizeof(struct kx_tree_look));
    int result = row->pages->next(pages->state, call, values, looks, err);
    if (result < 0) return result;
    g_array_remove_range(pages->entries, 0, (guint)(pages->last - pages->first));
    pages->first = pages->last;
    pages->last += pages->entries->len;
    for (guint i = 0; i < values->len; i++) {
        struct kx_tree_look *look = &g_array_index(looks, struct kx_tree_look, i);
        if (!look->mode) look->mode = kx_tree_row_mode(row);
        add_entry(pages->entries, pages->place, g_ptr_array_index(values, i), look);
    }
    pages->all = result == 1 || values->len == 0;
    return 0;
}

/* @out NULL behind the last. */
static int find_paged(struct kx_tree_listing *listing, size_t number, const struct kx_call *call,
                      const struct entry **out, struct kx_error *err)
{
    struct pages *pages = &listing->pages;
    int result = 0;
    *out = NULL;
    if (!pages->place) return 0;
    if (number < pages->first) close_pages(pages); /* the directory is read again */
    if (!pages->state) {
        const struct kx_tree_at at = at_place(listing, pages->place, call);
        result = pages->place->row->pages->open(&at, &pages->state, err);
    }
    while (result == 0 && number >= pages->first + pages->entries->len && !pages->all)
        result = next_page(pages, call, err);
    if (result == 0 && number < pages->first + pages->entries->len)
        *out = &g_array_index(pages->entries, struct entry, number - pages->first);
    return result;
}

static int find_entry(struct kx_tree_listing *listing, size_t index, const struct kx_call *call,
                      const struct entry **out, struct kx_error *err)
{
    const size_t plain = listing->entries->len;
    if (index >= plain) return find_paged(listing, index - plain, call, out, err);
    *out = &g_array_index(listing->entries, struct entry, index);
    return 0;
}

static int add_names(struct kx_tree_listing *listing, const struct kx_tree_place *place,
                     const struct kx_call *call, struct kx_error *err)
{
    const struct kx_tree_at at = at_place(listing, place, call);
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(g_free);
    int result = place->row->names ? place->row->names(&at, values, err) : 0;
    for (guint i = 0; i < values->len; i++)
        add_entry(listing->entries, place, g_ptr_array_index(values, i), NULL);
    if (place->row->pages) listing->pages.place = place;
    return result;
}

int kx_tree_list(struct kx_tree_node *directory, const struct kx_call *call,
                 struct kx_tree_listing **out, struct kx_error *err)
{
    const GPtrArray *children = directory->place->children;
    if (!children) return kx_error_set(err, ENOTDIR, "it is no directory");
    struct kx_tree_listing *listing = g_new0(struct kx_tree_listing, 1);
    const struct entry *first = NULL;
    listing->node = kx_tree_node_ref(directory);
    listing->entries = entries_new();
    listing->pages.entries = entries_new();
    int result = 0;
    for (guint i = 0; i < children->len && result == 0; i++) {
        const struct kx_tree_place *place = g_ptr_array_index(children, i);
        if (place->row->flags & KX_TREE_UNLISTED || place->row->kind == KX_TREE_STREAM) continue;
        if (place->variable)
            result = add_names(listing, place, call, err);
        else if (kx_tree_is_present(directory->tree, directory, place, call))
            add_entry(listing->entries, place, NULL, NULL);
    }
    if (result == 0) result = find_paged(listing, 0, call, &first, err); /* opendir(3) tells why */
    if (result < 0)
        kx_tree_listing_free(listing);
    else
        *out = listing;
    return result;
}

void kx_tree_listing_free(struct kx_tree_listing *listing)
{
    if (!listing) return;
    close_pages(&listing->pages);
    g_array_free(listing->pages.entries, TRUE);
    g_array_free(listing->entries, TRUE);
    kx_tree_node_unref(listing->node);
    g_free(listing);
}

struct kx_tree_node *kx_tree_listing_node(struct kx_tree_listing *listing)
{
    return listing->node;
}

int kx_tree_listing_name(struct kx_tree_listing *listing, size_t index, const struct kx_call *call,
                         const char **name, struct stat *st, struct kx_error *err)
{
    const struct entry *entry = NULL;
    int result = find_entry(listing, index, call, &entry, err);
    *name = entry ? entry->name : NULL;
    if (!entry) return result;
    g_autofree char *path = g_strconcat(listing->node->path, "/", entry->name, NULL);
    *st = (struct stat){.st_ino = kx_tree_ino(path), .st_mode = kx_tree_type(entry->place->row)};
    return 0;
}

int kx_tree_listing_entry(struct kx_tree_listing *listing, size_t index, const struct kx_call *call,
                          struct kx_tree_entry *out, struct kx_error *err)
{
    const struct entry *entry = NULL;
    int result = find_entry(listing, index, call, &entry, err);
    if (!entry) return result < 0 ? result : kx_error_set(err, ENOENT, "there are no more");
    const struct kx_tree_row *row = entry->place->row;
    struct kx_tree_node *fresh = kx_tree_node_new(listing->node->tree, listing->node, entry->place,
                                                  entry->name, entry->value);
    struct kx_tree_look look =
        entry->looked ? entry->look : (struct kx_tree_look){.mode = kx_tree_row_mode(row)};
    if (row->look && !entry->looked) result = kx_tree_look_at(fresh, call, &look, err);
    if (result < 0) { /* else it was just listed */
        kx_tree_node_free(fresh);
        return result;
    }
    out->node = kx_tree_settle(fresh);
    out->keep_ms = look.keep_ms;
    kx_tree_fill(out->node, &look, call, &out->st);
    return 0;
}
