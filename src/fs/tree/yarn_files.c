/* The files of things that YARN knows, and the names that its listings have. */
#include <errno.h>
#include <string.h>

#include "fs/mount.h"
#include "fs/services.h"
#include "fs/tree/shared.h"
#include "fs/tree/yarn_private.h"

static char *member_text(const struct kx_item *item, const char *member)
{
    g_auto(GStrv) names = g_strsplit(member, "|", -1);
    char *text = NULL;
    for (char **name = names; *name && !text; name++)
        text = kx_item_text(item, *name);
    return text;
}

static void show(const struct kx_item *item, const struct kx_yarn_file *file, GString *out)
{
    g_autofree char *text = NULL;
    if (file->form == KX_YARN_TABLE) {
        kx_item_each(item, kx_shared_add_line, out);
        return;
    }
    text = file->form == KX_YARN_JSON ? kx_item_json(item) : member_text(item, file->member);
    if (text && file->form == KX_YARN_TIME)
        kx_shared_add_time(g_ascii_strtoll(text, NULL, 10), out);
    else
        g_string_append(out, text ? text : "");
}

int kx_yarn_text(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    const struct kx_yarn_file *file = at->row->data;
    g_autoptr(kx_answer) answer = NULL;
    const struct kx_item *item = NULL;
    int result = file->find(at, &answer, &item, err);
    if (result == 0) show(item, file, out);
    return result;
}

int kx_yarn_look(const struct kx_tree_at *at, struct kx_tree_look *out, struct kx_error *err)
{
    const struct kx_yarn_file *file = at->row->data;
    g_autoptr(kx_answer) answer = NULL;
    const struct kx_item *item = NULL;
    int result = file->find(at, &answer, &item, err);
    if (result < 0) return result;
    int64_t ended = file->member ? kx_item_number(item, file->member, 0) : 0;
    if (ended > 0) out->mtime_ms = ended;
    return 0;
}

int kx_yarn_there(const struct kx_tree_at *at, struct kx_tree_look *out, struct kx_error *err)
{
    (void)out;
    return kx_services_shown(at->mount->services, KX_SERVICE_YARN)
               ? 0
               : kx_error_set(err, ENOENT, "no YARN was found; /.cluster/mount/services says more");
}

static void take_name(const char *name, const char *value, void *context)
{
    (void)value;
    if (kx_shared_is_name(name)) g_ptr_array_add(context, g_strdup(name));
}

int kx_yarn_metric_names(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err)
{
    g_autoptr(kx_answer) answer = NULL;
    const struct kx_item *item = NULL;
    int result = kx_yarn_find_metrics(at, &answer, &item, err);
    if (result == 0) kx_item_each(item, take_name, out);
    return result;
}

int kx_yarn_metric(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    const char *name = kx_tree_bound(at, "metric");
    g_autoptr(kx_answer) answer = NULL;
    const struct kx_item *item = NULL;
    int result = kx_yarn_find_metrics(at, &answer, &item, err);
    g_autofree char *text = result == 0 ? kx_item_text(item, name) : NULL;
    if (result == 0 && !text)
        return kx_error_set(err, ENOENT, "YARN counts nothing called %s", name);
    if (text) g_string_append(out, text);
    return result;
}

int kx_yarn_metric_look(const struct kx_tree_at *at, struct kx_tree_look *out, struct kx_error *err)
{
    g_autoptr(GString) text = g_string_new(NULL);
    (void)out;
    return kx_yarn_metric(at, text, err);
}

static void take_queue(const char *path, const struct kx_item *queue, void *context)
{
    (void)queue;
    take_name(path, NULL, context);
}

int kx_yarn_queue_names(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err)
{
    g_autoptr(kx_answer) answer = NULL;
    const struct kx_item *item = NULL;
    int result = kx_yarn_find_scheduler(at, &answer, &item, err);
    if (result == 0) kx_yarn_queues(answer, take_queue, out);
    return result;
}

/* The member of each element of an array, as names. */
static void take_all(const struct kx_item *all, const char *member, GPtrArray *out)
{
    for (size_t i = 0; i < kx_item_count(all); i++) {
        g_autofree char *name = kx_item_text(kx_item_element(all, i), member);
        if (name) take_name(name, NULL, out);
    }
}

int kx_yarn_user_names(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err)
{
    g_autoptr(kx_answer) answer = NULL;
    const struct kx_item *queue = NULL;
    int result = kx_yarn_find_queue(at, &answer, &queue, err);
    if (result == 0) take_all(kx_item_at(queue, "users/user"), "username", out);
    return result;
}

int kx_yarn_node_names(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err)
{
    struct kx_yarn *yarn = kx_yarn_of(at, err);
    g_autoptr(kx_answer) answer = NULL;
    int result = yarn ? kx_yarn_get(yarn, "nodes", NULL, at->call, &answer, err) : -ENOENT;
    if (result == 0) take_all(kx_item_at(kx_answer_root(answer), "nodes/node"), "id", out);
    return result;
}

int kx_yarn_container_names(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err)
{
    g_autoptr(kx_answer) answer = NULL;
    const struct kx_item *all = NULL;
    int result = kx_yarn_find_containers(at, &answer, &all, err);
    if (result == 0) take_all(all, "containerId", out);
    return result;
}
