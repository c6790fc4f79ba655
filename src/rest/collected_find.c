/* Where YARN has put an application's collected logs. */
#include <errno.h>
#include <string.h>

#include "rest/bytes.h"
#include "rest/collected_private.h"
#include "rest/webhdfs.h"
#include "rest/yarn_conf.h"

#define BUCKETS 10000
#define FOLDERS 64 /* of one user that are looked into */

static const char UNFINISHED[] = ".tmp", CHECKSUM[] = "-checksum";

static void node_free(gpointer data)
{
    struct kx_collected_node *node = data;
    kx_collected_file_free(node->file);
    kx_stream_free(node->stream);
    g_free(node->node);
    g_free(node->name);
    g_free(node);
}

/* What one looks with. */
struct search {
    struct kx_client *client;
    const char *id;
    const struct kx_call *call;
    struct kx_collected_app *app;
    GPtrArray *nodes;
    struct kx_error *err;
};

/* Everything in a folder; cleared with the array.  @return owned; NULL: err says why. */
static GArray *list_all(const struct search *search, const char *path)
{
    GArray *all = g_array_new(FALSE, TRUE, sizeof(struct kx_status));
    g_autofree char *after = NULL;
    g_array_set_clear_func(all, (GDestroyNotify)(void (*)(void))kx_status_clear);
    for (int64_t remaining = 1; remaining > 0 && all->len < KX_COLLECTED_NODES;) {
        struct kx_page page = {0};
        if (kx_webhdfs_list(search->client, path, after, search->call, &page, search->err) < 0) {
            g_array_free(all, TRUE);
            return NULL;
        }
        for (guint i = 0; i < page.entries->len; i++) {
            struct kx_status copy = {0};
            kx_status_copy(&copy, &g_array_index(page.entries, struct kx_status, i));
            g_array_append_val(all, copy);
        }
        remaining = page.entries->len ? page.remaining : 0;
        g_free(after);
        after = all->len ? g_strdup(g_array_index(all, struct kx_status, all->len - 1).name) : NULL;
        kx_page_clear(&page);
    }
    return all;
}

/* "host_8041_1795323000000" is of the node "host_8041". */
static char *node_of(const char *name)
{
    const char *port = strchr(name, '_');
    const char *time = port ? strchr(port + 1, '_') : NULL;
    return time ? g_strndup(name, (gsize)(time - name)) : g_strdup(name);
}

static struct kx_stream *stream_of(const struct search *search, const char *folder,
                                   const struct kx_status *status)
{
    g_autofree char *path = g_strconcat(folder, "/", status->name, NULL);
    const struct kx_stream_file config = {.client = search->client,
                                          .window = &search->app->window,
                                          .path = path,
                                          .length = status->length,
                                          .version = {status->file_id, status->mtime_ms}};
    return kx_stream_file(&config);
}

/* Where a file ends that logs are being added to.  @return -errno. */
static int64_t end_of(const struct search *search, const char *folder, const GArray *all,
                      const struct kx_status *status)
{
    g_autofree char *name = g_strconcat(status->name, CHECKSUM, NULL);
    for (guint i = 0; i < all->len; i++) {
        const struct kx_status *one = &g_array_index(all, struct kx_status, i);
        uint8_t bytes[8];
        if (strcmp(one->name, name) != 0) continue;
        g_autoptr(kx_stream) stream = stream_of(search, folder, one);
        int result = kx_stream_read_all(stream, 0, bytes, sizeof bytes, search->call, search->err);
        struct kx_bytes number = {bytes, sizeof bytes, false};
        return result < 0 ? result : MIN((int64_t)kx_bytes_number(&number, 8), status->length);
    }
    return status->length;
}

/* What is in an application's folder. */
static int take_folder(const struct search *search, const char *folder)
{
    GArray *all = list_all(search, folder);
    int result = all ? 0 : -search->err->code;
    for (guint i = 0; all && result == 0 && i < all->len; i++) {
        const struct kx_status *status = &g_array_index(all, struct kx_status, i);
        bool wanted = status->type == KX_TYPE_FILE && !g_str_has_suffix(status->name, UNFINISHED) &&
                      !g_str_has_suffix(status->name, CHECKSUM);
        int64_t end = wanted ? end_of(search, folder, all, status) : 0;
        if (end < 0) result = (int)end;
        if (end <= 0) continue;
        struct kx_collected_node *node = g_new0(struct kx_collected_node, 1);
        node->node = node_of(status->name);
        node->name = g_strdup(status->name);
        node->stream = stream_of(search, folder, status);
        node->file =
            kx_collected_file_new(node->stream, end, status->mtime_ms, &search->app->awake);
        g_ptr_array_add(search->nodes, node);
    }
    if (all) g_array_free(all, TRUE);
    return result;
}

static char *app_folder(const char *home, const char *name, const char *id)
{
    if (!g_str_has_prefix(name, "bucket-")) return g_strconcat(home, "/", name, "/", id, NULL);
    guint64 number = g_ascii_strtoull(strrchr(id, '_') + 1, NULL, 10);
    return g_strdup_printf("%s/%s/%04d/%s", home, name, (int)(number % BUCKETS), id);
}

/* One root: each folder of the user may have the application. */
static int search_root(const struct search *search, const char *root, const char *user)
{
    g_autofree char *home = g_strconcat(root, "/", user, NULL);
    GArray *folders = list_all(search, home);
    if (!folders) return -search->err->code;
    int result = -ENOENT;
    for (guint i = 0; i < MIN(folders->len, FOLDERS) && !search->nodes->len; i++) {
        const struct kx_status *folder = &g_array_index(folders, struct kx_status, i);
        if (folder->type != KX_TYPE_DIRECTORY) continue;
        g_autofree char *path = app_folder(home, folder->name, search->id);
        kx_error_clear(search->err);
        int one = take_folder(search, path);
        if (one == 0 || one != -ENOENT) result = one;
        if (result == -EINTR) break;
    }
    g_array_free(folders, TRUE);
    return result;
}

static int by_name(gconstpointer a, gconstpointer b)
{
    const struct kx_collected_node *const *one = a, *const *two = b;
    return strcmp((*one)->name, (*two)->name);
}

static char *user_of(struct kx_yarn *yarn, const char *id, bool *settled,
                     const struct kx_call *call, struct kx_error *err)
{
    g_autoptr(kx_answer) answer = NULL;
    if (kx_yarn_app(yarn, id, call, &answer, err) < 0) return NULL;
    char *user = kx_item_text(kx_answer_root(answer), "app/user");
    *settled = kx_yarn_is_over(answer);
    if (user && *user && *user != '.' && !strchr(user, '/')) return user;
    g_free(user);
    kx_error_set(err, ENOENT, "YARN does not say whose %s is", id);
    return NULL;
}

int kx_collected_find(struct kx_client *client, struct kx_yarn *yarn, const char *id,
                      struct kx_collected_app *app, const struct kx_call *call, GPtrArray **out,
                      struct kx_error *err)
{
    KX_ERROR_AUTO(why);
    g_autofree char *user = user_of(yarn, id, &app->settled, call, &why);
    g_auto(GStrv) roots = user ? kx_yarn_log_roots(yarn, call) : NULL;
    int result = user ? -ENOENT : -why.code;
    struct search search = {client, id, call, app, g_ptr_array_new_with_free_func(node_free), &why};
    for (char **root = roots; root && *root && !search.nodes->len; root++) {
        kx_error_clear(&why);
        int one = search_root(&search, *root, user);
        if (result == -ENOENT || one == -EINTR) result = one;
        if (one == -EINTR) break;
    }
    if (search.nodes->len) {
        g_ptr_array_sort(search.nodes, by_name);
        *out = search.nodes;
        return 0;
    }
    g_ptr_array_free(search.nodes, TRUE);
    if (result < 0 && result != -ENOENT && why.code == -result) {
        kx_error_copy(err ? err : &why, &why);
        return result;
    }
    return kx_error_set(err, result < 0 ? -result : ENOENT,
                        "no collected logs of %s were found in HDFS", id);
}
