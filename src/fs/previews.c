#include "fs/previews.h"

#include <string.h>

struct kx_previews {
    GMutex mutex; /* guards what follows */
    GQueue *all;  /* of struct preview, the newest first */
};

struct preview {
    char *path, *text;
};

static void preview_free(gpointer data)
{
    struct preview *preview = data;
    g_free(preview->path);
    g_free(preview->text);
    g_free(preview);
}

struct kx_previews *kx_previews_new(void)
{
    struct kx_previews *all = g_new0(struct kx_previews, 1);
    g_mutex_init(&all->mutex);
    all->all = g_queue_new();
    return all;
}

void kx_previews_free(struct kx_previews *all)
{
    if (!all) return;
    g_queue_free_full(all->all, preview_free);
    g_mutex_clear(&all->mutex);
    g_free(all);
}

static int has_path(gconstpointer preview, gconstpointer path)
{
    return strcmp(((const struct preview *)preview)->path, path);
}

/* @return owned: up to the last line that is whole. */
static char *cut(const char *text)
{
    if (strlen(text) <= KX_PREVIEW_BYTES) return g_strdup(text);
    const char *end = g_strrstr_len(text, (gssize)KX_PREVIEW_BYTES, "\n");
    return g_strndup(text, end ? (gsize)(end - text) + 1 : KX_PREVIEW_BYTES);
}

void kx_previews_keep(struct kx_previews *all, const char *path, const char *text)
{
    struct preview *preview = g_new0(struct preview, 1);
    preview->path = g_strdup(path);
    preview->text = cut(text);
    g_mutex_lock(&all->mutex);
    GList *old = g_queue_find_custom(all->all, path, has_path);
    if (!old && g_queue_get_length(all->all) >= KX_PREVIEWS_MAX)
        old = g_queue_peek_tail_link(all->all);
    if (old) {
        preview_free(old->data);
        g_queue_delete_link(all->all, old);
    }
    g_queue_push_head(all->all, preview);
    g_mutex_unlock(&all->mutex);
}

char *kx_previews_find(struct kx_previews *all, const char *path)
{
    g_mutex_lock(&all->mutex);
    const GList *found = g_queue_find_custom(all->all, path, has_path);
    char *text = found ? g_strdup(((const struct preview *)found->data)->text) : NULL;
    g_mutex_unlock(&all->mutex);
    return text;
}
