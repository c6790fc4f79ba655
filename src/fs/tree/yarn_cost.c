/* What applications have used, for Prometheus: memory and processors over time, a line each user
 * and queue. YARN has no such numbers but those of the applications that it remembers. */
#include <string.h>

#include "fs/tree/shared.h"
#include "fs/tree/yarn_private.h"

struct cost {
    char *user, *queue;
    int64_t apps, memory, vcores;
};

static void cost_free(gpointer data)
{
    struct cost *cost = data;
    g_free(cost->user);
    g_free(cost->queue);
    g_free(cost);
}

static int by_name(gconstpointer a, gconstpointer b)
{
    const struct cost *x = *(const struct cost *const *)a, *y = *(const struct cost *const *)b;
    int order = strcmp(x->user, y->user);
    return order ? order : strcmp(x->queue, y->queue);
}

static void add_app(GHashTable *costs, const struct kx_item *app)
{
    g_autofree char *user = kx_item_text(app, "user"), *queue = kx_item_text(app, "queue");
    if (!user || !queue) return;
    g_autofree char *key = g_strconcat(user, "\n", queue, NULL);
    struct cost *cost = g_hash_table_lookup(costs, key);
    if (!cost) {
        cost = g_new0(struct cost, 1);
        cost->user = g_steal_pointer(&user);
        cost->queue = g_steal_pointer(&queue);
        g_hash_table_insert(costs, g_steal_pointer(&key), cost);
    }
    cost->apps++;
    cost->memory += kx_item_number(app, "memorySeconds", 0);
    cost->vcores += kx_item_number(app, "vcoreSeconds", 0);
}

static void add_number(GString *out, const char *name, const GPtrArray *costs, size_t offset)
{
    g_string_append_printf(out, "# TYPE %s gauge\n", name);
    for (guint i = 0; i < costs->len; i++) {
        const struct cost *cost = g_ptr_array_index(costs, i);
        int64_t value = 0;
        memcpy(&value, (const char *)cost + offset, sizeof value);
        g_string_append_printf(out, "%s{user=\"", name);
        kx_shared_add_label(cost->user, out);
        g_string_append(out, "\",queue=\"");
        kx_shared_add_label(cost->queue, out);
        g_string_append_printf(out, "\"} %" G_GINT64_FORMAT "\n", value);
    }
}

int kx_yarn_cost(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    g_autoptr(kx_answer) answer = NULL;
    g_autoptr(GHashTable) costs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, cost_free);
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    const struct kx_item *apps = NULL;
    int result = kx_yarn_all_apps(at, &answer, &apps, err);
    if (result < 0) return result;
    for (size_t i = 0; i < kx_item_count(apps); i++)
        add_app(costs, kx_item_element(apps, i));
    GHashTableIter iter;
    gpointer cost = NULL;
    g_hash_table_iter_init(&iter, costs);
    while (g_hash_table_iter_next(&iter, NULL, &cost))
        g_ptr_array_add(sorted, cost);
    g_ptr_array_sort(sorted, by_name);
    add_number(out, "yarn_cost_applications", sorted, offsetof(struct cost, apps));
    add_number(out, "yarn_cost_memory_mb_seconds", sorted, offsetof(struct cost, memory));
    add_number(out, "yarn_cost_vcore_seconds", sorted, offsetof(struct cost, vcores));
    return 0;
}
