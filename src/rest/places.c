#include "rest/places.h"

#include <glib.h>

struct part {
    int64_t number; /* of KX_PLACE_BYTES */
    unsigned who;
};

struct file {
    char *path;
    GArray *parts; /* of struct part, the oldest first */
    GList link;    /* in kx_places.order */
};

struct kx_places {
    GHashTable *files; /* path -> struct file */
    GQueue order;      /* of struct file; the one that is forgotten first in front */
};

static void file_free(gpointer data)
{
    struct file *file = data;
    g_array_free(file->parts, TRUE);
    g_free(file->path);
    g_free(file);
}

struct kx_places *kx_places_new(void)
{
    struct kx_places *places = g_new0(struct kx_places, 1);
    places->files = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, file_free);
    g_queue_init(&places->order);
    return places;
}

void kx_places_free(struct kx_places *places)
{
    if (!places) return;
    g_hash_table_destroy(places->files);
    g_free(places);
}

static void drop(struct kx_places *places, struct file *file)
{
    g_queue_unlink(&places->order, &file->link);
    g_hash_table_remove(places->files, file->path);
}

/* It is used now.  @return borrowed; NULL: nothing is known of it. */
static struct file *find(struct kx_places *places, const char *path)
{
    struct file *file = g_hash_table_lookup(places->files, path);
    if (!file) return NULL;
    g_queue_unlink(&places->order, &file->link);
    g_queue_push_tail_link(&places->order, &file->link);
    return file;
}

static struct file *find_or_make(struct kx_places *places, const char *path)
{
    struct file *file = find(places, path);
    if (file) return file;
    if (places->order.length >= KX_PLACES_FILES) drop(places, g_queue_peek_head(&places->order));
    file = g_new0(struct file, 1);
    file->path = g_strdup(path);
    file->parts = g_array_new(FALSE, FALSE, sizeof(struct part));
    file->link.data = file;
    g_hash_table_insert(places->files, file->path, file);
    g_queue_push_tail_link(&places->order, &file->link);
    return file;
}

void kx_places_put(struct kx_places *places, const char *path, int64_t offset, unsigned who)
{
    struct file *file = find_or_make(places, path);
    const struct part fresh = {.number = offset / KX_PLACE_BYTES, .who = who};
    for (guint i = 0; i < file->parts->len; i++) {
        if (g_array_index(file->parts, struct part, i).number != fresh.number) continue;
        g_array_remove_index(file->parts, i);
        break;
    }
    if (file->parts->len >= KX_PLACES_PARTS) g_array_remove_index(file->parts, 0);
    g_array_append_val(file->parts, fresh);
}

unsigned kx_places_get(struct kx_places *places, const char *path, int64_t offset, bool near)
{
    const struct file *file = find(places, path);
    int64_t wanted = offset / KX_PLACE_BYTES, best = INT64_MAX;
    unsigned who = 0;
    for (guint i = 0; file && i < file->parts->len; i++) {
        const struct part *part = &g_array_index(file->parts, struct part, i);
        int64_t distance = ABS(part->number - wanted);
        if (distance >= best || (distance && !near)) continue;
        best = distance;
        who = part->who;
    }
    return who;
}

void kx_places_forget(struct kx_places *places, const char *path, unsigned who)
{
    struct file *file = find(places, path);
    for (guint i = file ? file->parts->len : 0; i-- > 0;)
        if (g_array_index(file->parts, struct part, i).who == who)
            g_array_remove_index(file->parts, i);
    if (file && file->parts->len == 0) drop(places, file);
}
