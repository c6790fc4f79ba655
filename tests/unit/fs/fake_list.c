/* Listings: what the driver calls of them. */
#include <errno.h>
#include <string.h>

#include "fake_files_private.h"

void fake_files_set_page(struct kx_client *client, unsigned entries)
{
    g_mutex_lock(&client->mutex);
    client->page_entries = entries;
    g_mutex_unlock(&client->mutex);
}

static int by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Mutex held: the names right below a path, sorted.  @return owned, of borrowed names. */
static GPtrArray *names_in(struct kx_client *client, const char *path)
{
    GPtrArray *names = g_ptr_array_new();
    size_t length = strlen(path) + (g_str_equal(path, "/") ? 0 : 1);
    GHashTableIter iter;
    gpointer key;
    g_hash_table_iter_init(&iter, client->files);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        const char *name = (const char *)key + length;
        if (strncmp(key, path, strlen(path)) == 0 && name[-1] == '/' && !strchr(name, '/'))
            g_ptr_array_add(names, (gpointer)(uintptr_t)name);
    }
    g_ptr_array_sort(names, by_name);
    return names;
}

static void clear_entry(gpointer entry)
{
    kx_status_clear(entry);
}

static void add_entry(struct kx_client *client, const char *path, const char *name,
                      struct kx_page *page)
{
    g_autofree char *full = g_build_path("/", path, name, NULL);
    const struct content *content = fake_find(client, full);
    struct kx_status status = {.file_id = content->file_id,
                               .length = (int64_t)content->bytes->len,
                               .mode = content->mode,
                               .mtime_ms = content->mtime_ms,
                               .block_bytes = client->block_bytes,
                               .name = g_strdup(name)};
    g_array_append_val(page->entries, status);
}

int kx_webhdfs_list(struct kx_client *client, const char *path, const char *after,
                    const struct kx_call *call, struct kx_page *out, struct kx_error *err)
{
    struct request r;
    g_autofree char *detail = g_strdup_printf("%s %s", path, after ? after : "-");
    if (request_begin(&r, client, call, "LIST", detail) && r.code == 0) {
        g_autoptr(GPtrArray) names = names_in(client, path);
        *out = (struct kx_page){.entries = g_array_new(FALSE, TRUE, sizeof(struct kx_status))};
        g_array_set_clear_func(out->entries, clear_entry);
        for (guint i = 0; i < names->len; i++) {
            if (after && strcmp(names->pdata[i], after) <= 0) continue;
            if (out->entries->len < client->page_entries)
                add_entry(client, path, names->pdata[i], out);
            else
                out->remaining++;
        }
    }
    return request_end(&r, 0, err);
}

int kx_webhdfs_check_access(struct kx_client *client, const char *path, int mask,
                            const struct kx_call *call, struct kx_error *err)
{
    struct request r;
    (void)mask;
    request_begin(&r, client, call, "CHECK", path);
    return request_end(&r, 0, err);
}
