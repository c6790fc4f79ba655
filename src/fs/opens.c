#include "fs/opens.h"

struct kx_opens {
    GMutex mutex;     /* guards the table; nothing is closed under it */
    GHashTable *open; /* pointer -> struct opened, owned */
};

struct opened {
    const struct kx_open_kind *kind;
    pid_t pid;
    int flags;
};

struct kx_opens *kx_opens_new(void)
{
    struct kx_opens *opens = g_new0(struct kx_opens, 1);
    g_mutex_init(&opens->mutex);
    opens->open = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    return opens;
}

void kx_opens_free(struct kx_opens *opens)
{
    if (!opens) return;
    g_hash_table_destroy(opens->open);
    g_mutex_clear(&opens->mutex);
    g_free(opens);
}

void kx_opens_add(struct kx_opens *opens, void *open, const struct kx_open_kind *kind, pid_t pid,
                  int flags)
{
    struct opened *opened = g_new(struct opened, 1);
    *opened = (struct opened){kind, pid, flags};
    g_mutex_lock(&opens->mutex);
    g_hash_table_insert(opens->open, open, opened);
    g_mutex_unlock(&opens->mutex);
}

void kx_opens_release(struct kx_opens *opens, void *open)
{
    g_mutex_lock(&opens->mutex);
    const struct opened *opened = g_hash_table_lookup(opens->open, open);
    const struct kx_open_kind *kind = opened ? opened->kind : NULL;
    g_hash_table_remove(opens->open, open);
    g_mutex_unlock(&opens->mutex);
    if (kind) kind->close(open);
}

void kx_opens_release_all(struct kx_opens *opens)
{
    g_autoptr(GList) left = g_hash_table_get_keys(opens->open);
    for (GList *at = left; at; at = at->next)
        kx_opens_release(opens, at->data);
}

static void item_free(gpointer data)
{
    struct kx_opens_item *item = data;
    g_free(item->path);
    g_free(item);
}

GPtrArray *kx_opens_list(struct kx_opens *opens)
{
    GPtrArray *items = g_ptr_array_new_with_free_func(item_free);
    GHashTableIter iter;
    gpointer open, value;
    g_mutex_lock(&opens->mutex);
    g_hash_table_iter_init(&iter, opens->open);
    while (g_hash_table_iter_next(&iter, &open, &value)) {
        const struct opened *opened = value;
        struct kx_opens_item *item = g_new(struct kx_opens_item, 1);
        *item = (struct kx_opens_item){opened->pid, opened->flags, opened->kind->path(open),
                                       opened->kind->window ? opened->kind->window(open) : 0};
        g_ptr_array_add(items, item);
    }
    g_mutex_unlock(&opens->mutex);
    return items;
}
