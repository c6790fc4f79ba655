#include "fs/opens.h"

struct kx_opens {
    GMutex mutex;     /* guards the table; nothing is closed under it */
    GHashTable *open; /* pointer -> how it is closed */
};

struct kx_opens *kx_opens_new(void)
{
    struct kx_opens *opens = g_new0(struct kx_opens, 1);
    g_mutex_init(&opens->mutex);
    opens->open = g_hash_table_new(NULL, NULL);
    return opens;
}

void kx_opens_free(struct kx_opens *opens)
{
    if (!opens) return;
    g_hash_table_destroy(opens->open);
    g_mutex_clear(&opens->mutex);
    g_free(opens);
}

/* A pointer to a function in a table of pointers: POSIX says it fits (dlsym). */
union how {
    kx_open_close close;
    gpointer pointer;
};

void kx_opens_add(struct kx_opens *opens, void *open, kx_open_close close)
{
    union how how = {.close = close};
    g_mutex_lock(&opens->mutex);
    g_hash_table_insert(opens->open, open, how.pointer);
    g_mutex_unlock(&opens->mutex);
}

void kx_opens_release(struct kx_opens *opens, void *open)
{
    union how how = {NULL};
    g_mutex_lock(&opens->mutex);
    how.pointer = g_hash_table_lookup(opens->open, open);
    g_hash_table_remove(opens->open, open);
    g_mutex_unlock(&opens->mutex);
    if (how.close) how.close(open);
}

void kx_opens_release_all(struct kx_opens *opens)
{
    g_autoptr(GList) left = g_hash_table_get_keys(opens->open);
    for (GList *at = left; at; at = at->next)
        kx_opens_release(opens, at->data);
}
