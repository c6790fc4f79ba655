/* Listings of applications: one request each. The ResourceManager gives them in no order, so all
 * that it remembers (1000 by default) are asked for and the newest are shown. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/mount.h"
#include "fs/tree/shared.h"
#include "fs/tree/yarn_private.h"

/* What makes an answer long and is not shown. */
#define LESS "&deSelects=resourceRequests,timeouts,appNodeLabelExpression,amNodeLabelExpression"

/* "states=RUNNING;user=bob": a name that the server does not know would be no filter at all. */
static int add_filter(const char *filter, GString *params, struct kx_error *err)
{
    static const char *const NAMES[] = {"states",
                                        "finalStatus",
                                        "user",
                                        "queue",
                                        "limit",
                                        "startedTimeBegin",
                                        "startedTimeEnd",
                                        "finishedTimeBegin",
                                        "finishedTimeEnd",
                                        "applicationTypes",
                                        "applicationTags",
                                        NULL};
    g_auto(GStrv) parts = g_strsplit_set(filter, ";&", -1);
    for (char **part = parts; *part; part++) {
        g_auto(GStrv) pair = g_strsplit(*part, "=", 2);
        if (!pair[0] || !pair[1] || !g_strv_contains(NAMES, pair[0]))
            return kx_error_set(err, EINVAL,
                                "%s: NAME=VALUE is expected, with one of YARN's names (states, "
                                "user, queue, applicationTypes ...)",
                                *part);
        kx_url_append_query(params, pair[0], pair[1]);
    }
    return 0;
}

static int params_of(const struct kx_tree_at *at, const struct kx_yarn_view *view, GString *params,
                     struct kx_error *err)
{
    const char *value = view->variable ? kx_tree_bound(at, view->variable) : view->value;
    int result = 0;
    if (view->name)
        kx_url_append_query(params, view->name, value ? value : kx_client_user(at->mount->client));
    else if (value)
        result = add_filter(value, params, err);
    g_string_append(params, LESS);
    return result;
}

static int view_answer(const struct kx_tree_at *at, struct kx_answer **answer,
                       const struct kx_item **apps, struct kx_error *err)
{
    struct kx_yarn *yarn = kx_yarn_of(at, err);
    g_autoptr(GString) params = g_string_new(NULL);
    int result = yarn ? params_of(at, at->row->data, params, err) : -ENOENT;
    if (result == 0) result = kx_yarn_get(yarn, "apps", params->str, at->call, answer, err);
    if (result == 0) *apps = kx_item_at(kx_answer_root(*answer), "apps/app");
    return result;
}

int kx_yarn_all_apps(const struct kx_tree_at *at, struct kx_answer **answer,
                     const struct kx_item **apps, struct kx_error *err)
{
    struct kx_yarn *yarn = kx_yarn_of(at, err);
    int result = yarn ? kx_yarn_get(yarn, "apps", LESS, at->call, answer, err) : -ENOENT;
    if (result == 0) *apps = kx_item_at(kx_answer_root(*answer), "apps/app");
    return result;
}

struct started {
    const struct kx_item *app;
    int64_t ms;
};

static int newest_first(const void *a, const void *b)
{
    const struct started *one = a, *two = b;
    return one->ms < two->ms ? 1 : one->ms > two->ms ? -1 : 0;
}

int kx_yarn_view_names(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err)
{
    const struct kx_yarn_view *view = at->row->data;
    g_autoptr(kx_answer) answer = NULL;
    const struct kx_item *apps = NULL;
    int result = view_answer(at, &answer, &apps, err);
    if (result < 0) return result;
    size_t count = kx_item_count(apps);
    g_autofree struct started *all = g_new(struct started, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct kx_item *app = kx_item_element(apps, i);
        all[i] = (struct started){app, kx_item_number(app, "startedTime", 0)};
    }
    qsort(all, count, sizeof *all, newest_first);
    for (size_t i = 0; i < count && (view->all || i < KX_YARN_LISTED_MAX); i++) {
        char *id = kx_item_text(all[i].app, "id");
        if (id && kx_yarn_is_app(id))
            g_ptr_array_add(out, id);
        else
            g_free(id);
    }
    return 0;
}

/* Whether it is in the view is what the listing says. */
int kx_yarn_view_look(const struct kx_tree_at *at, struct kx_tree_look *out, struct kx_error *err)
{
    g_autoptr(kx_answer) answer = NULL;
    const struct kx_item *apps = NULL;
    const char *wanted = kx_tree_bound(at, "app");
    int result = view_answer(at, &answer, &apps, err);
    for (size_t i = 0; result == 0 && i < kx_item_count(apps); i++) {
        g_autofree char *id = kx_item_text(kx_item_element(apps, i), "id");
        if (g_strcmp0(id, wanted) != 0) continue;
        out->mtime_ms = kx_item_number(kx_item_element(apps, i), "startedTime", 0);
        return 0;
    }
    return result < 0 ? result
                      : kx_error_set(err, ENOENT, "%s is not among these applications", wanted);
}

int kx_yarn_more(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    g_autoptr(kx_answer) answer = NULL;
    const struct kx_item *apps = NULL;
    int result = view_answer(at, &answer, &apps, err);
    if (result < 0) return result;
    g_string_append_printf(out,
                           "The newest %d of %zu applications are listed.\n"
                           "by-user/USER, by-queue/QUEUE and q/FILTER say less, all/ lists them "
                           "all.\n",
                           KX_YARN_LISTED_MAX, kx_item_count(apps));
    return 0;
}

int kx_yarn_more_look(const struct kx_tree_at *at, struct kx_tree_look *out, struct kx_error *err)
{
    g_autoptr(kx_answer) answer = NULL;
    const struct kx_item *apps = NULL;
    (void)out;
    int result = view_answer(at, &answer, &apps, err);
    if (result < 0) return result;
    return kx_item_count(apps) > KX_YARN_LISTED_MAX
               ? 0
               : kx_error_set(err, ENOENT, "all applications of this view are listed");
}
