/* From an action to the applications of YARN that it is, or has made. */
#include <errno.h>
#include <string.h>

#include "fs/tree/oozie_private.h"
#include "rest/yarn.h"

/* "job_1_2" is what Oozie 4, and MapReduce, call "application_1_2".  @return owned; NULL: none. */
static char *app_name(const char *text)
{
    g_autofree char *app = g_str_has_prefix(text, "job_")
                               ? g_strconcat("application_", text + strlen("job_"), NULL)
                               : g_strdup(text);
    return kx_yarn_is_app(app) ? g_steal_pointer(&app) : NULL;
}

/* From a file's directory to that of the trees. */
static void add_way_up(const struct kx_tree_at *at, GString *out)
{
    for (const char *c = strchr(at->path + 1, '/'); c; c = strchr(c + 1, '/'))
        g_string_append(out, "../");
}

static int app_of(const struct kx_tree_at *at, char **out, struct kx_error *err)
{
    g_autoptr(kx_answer) record = NULL;
    const struct kx_item *action = NULL;
    int result = kx_oozie_action_at(at, &record, &action, err);
    if (result < 0) return result;
    g_autofree char *id = kx_item_text(action, "externalId");
    *out = id ? app_name(id) : NULL;
    return *out ? 0 : kx_error_set(err, ENOENT, "this action has no application of YARN (yet)");
}

int kx_oozie_app_look(const struct kx_tree_at *at, struct kx_tree_look *out, struct kx_error *err)
{
    g_autofree char *app = NULL;
    (void)out;
    return app_of(at, &app, err);
}

int kx_oozie_app_target(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    g_autofree char *app = NULL;
    int result = app_of(at, &app, err);
    if (result < 0) return result;
    add_way_up(at, out);
    g_string_append_printf(out, ".cluster/apps/%s%s", app, (const char *)at->row->data);
    return 0;
}

static void add_child(GPtrArray *out, const char *text)
{
    struct kx_job_id id = {0};
    char *app = app_name(text);
    if (app)
        g_ptr_array_add(out, app);
    else if (kx_job_id_parse(text, &id, NULL) == 0 && !id.action)
        g_ptr_array_add(out, g_strdup(text));
    kx_job_id_clear(&id);
}

/* What its launcher has started, and a sub-workflow. */
int kx_oozie_action_children(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err)
{
    g_autoptr(kx_answer) record = NULL;
    const struct kx_item *action = NULL;
    int result = kx_oozie_action_at(at, &record, &action, err);
    if (result < 0) return result;
    g_autofree char *ids = kx_item_text(action, "externalChildIDs");
    g_autofree char *own = kx_item_text(action, "externalId");
    g_auto(GStrv) all = g_strsplit_set(ids ? ids : "", ", ", -1);
    for (char **id = all; *id; id++)
        if (**id) add_child(out, *id);
    if (own && !kx_yarn_is_app(own) && !g_str_has_prefix(own, "job_")) add_child(out, own);
    return 0;
}

void kx_oozie_action_apps(const struct kx_item *action, GPtrArray *out)
{
    g_autofree char *ids = kx_item_text(action, "externalChildIDs");
    g_autofree char *own = kx_item_text(action, "externalId");
    g_autofree char *all = g_strjoin(",", ids ? ids : "", own ? own : "", NULL);
    g_auto(GStrv) parts = g_strsplit_set(all, ", ", -1);
    for (char **part = parts; *part; part++) {
        char *app = app_name(*part);
        if (app && !g_ptr_array_find_with_equal_func(out, app, g_str_equal, NULL))
            g_ptr_array_add(out, app);
        else
            g_free(app);
    }
}

int kx_oozie_action_child_target(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    (void)err;
    const char *child = kx_tree_bound(at, "child");
    if (!kx_yarn_is_app(child)) {
        g_string_append_printf(out, "../../../../%s", child);
        return 0;
    }
    add_way_up(at, out);
    g_string_append_printf(out, ".cluster/apps/%s", child);
    return 0;
}
