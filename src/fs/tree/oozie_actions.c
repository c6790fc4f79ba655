/* The actions of a workflow, the runs of a coordinator. */
#include <errno.h>
#include <string.h>

#include "fs/tree/oozie_private.h"
#include "fs/tree/shared.h"

#define LISTED_MAX 1000

int kx_oozie_action_names(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err)
{
    __attribute__((cleanup(kx_job_id_clear))) struct kx_job_id id = {0};
    g_autoptr(kx_answer) record = NULL;
    int result = kx_oozie_job_at(at, &id, &record, err);
    if (result < 0) return result;
    const char *member = id.kind == KX_JOB_WORKFLOW ? "name" : "actionNumber";
    const struct kx_item *all = kx_item_at(kx_answer_root(record), "actions");
    for (size_t i = 0; i < MIN(kx_item_count(all), LISTED_MAX); i++) {
        g_autofree char *name = kx_item_text(kx_item_element(all, i), member);
        if (kx_shared_is_name(name)) g_ptr_array_add(out, g_steal_pointer(&name));
    }
    return 0;
}

int kx_oozie_action_member(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    g_autoptr(kx_answer) record = NULL;
    const struct kx_item *action = NULL;
    int result = kx_oozie_action_at(at, &record, &action, err);
    if (result == 0) kx_oozie_add_member(action, at->row->data, out);
    return result;
}

int kx_oozie_action_json(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    g_autoptr(kx_answer) record = NULL;
    const struct kx_item *action = NULL;
    int result = kx_oozie_action_at(at, &record, &action, err);
    if (result < 0) return result;
    g_autofree char *json = kx_item_json(action);
    g_string_append(out, json);
    return 0;
}

/* The sub-workflows that a workflow has made. */
int kx_oozie_children(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err)
{
    __attribute__((cleanup(kx_job_id_clear))) struct kx_job_id id = {0};
    g_autoptr(kx_answer) record = NULL;
    int result = kx_oozie_job_at(at, &id, &record, err);
    if (result < 0) return result;
    const struct kx_item *all = kx_item_at(kx_answer_root(record), "actions");
    for (size_t i = 0; i < MIN(kx_item_count(all), LISTED_MAX); i++) {
        g_autofree char *child = kx_item_text(kx_item_element(all, i), "externalId");
        struct kx_job_id own;
        if (!child || kx_job_id_parse(child, &own, NULL) < 0) continue;
        if (!own.action) g_ptr_array_add(out, g_strdup(child));
        kx_job_id_clear(&own);
    }
    return 0;
}

int kx_oozie_child_target(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    (void)err;
    g_string_append_printf(out, "../../%s", kx_tree_bound(at, "child"));
    return 0;
}

/* A line a run: number, nominal time, status, the workflow's id. */
int kx_oozie_grid(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    static const struct kx_oozie_member SHOWN[] = {
        {"actionNumber", false}, {"nominalTime", true}, {"status", false}, {"externalId", false}};
    __attribute__((cleanup(kx_job_id_clear))) struct kx_job_id id = {0};
    g_autoptr(kx_answer) record = NULL;
    int result = kx_oozie_job_at(at, &id, &record, err);
    if (result < 0) return result;
    const struct kx_item *all = kx_item_at(kx_answer_root(record), "actions");
    for (size_t i = 0; i < kx_item_count(all); i++) {
        for (size_t column = 0; column < G_N_ELEMENTS(SHOWN); column++) {
            if (column) g_string_append_c(out, '\t');
            kx_oozie_add_member(kx_item_element(all, i), &SHOWN[column], out);
        }
        g_string_append_c(out, '\n');
    }
    return 0;
}

static int run_of(const struct kx_tree_at *at, char **out, struct kx_error *err)
{
    g_autoptr(kx_answer) record = NULL;
    const struct kx_item *action = NULL;
    int result = kx_oozie_action_at(at, &record, &action, err);
    if (result < 0) return result;
    g_autofree char *child = kx_item_text(action, "externalId");
    struct kx_job_id id;
    if (!child || kx_job_id_parse(child, &id, NULL) < 0)
        return kx_error_set(err, ENOENT, "nothing was started for this time yet");
    kx_job_id_clear(&id);
    *out = g_steal_pointer(&child);
    return 0;
}

int kx_oozie_run_look(const struct kx_tree_at *at, struct kx_tree_look *out, struct kx_error *err)
{
    g_autofree char *child = NULL;
    (void)out;
    return run_of(at, &child, err);
}

int kx_oozie_run_target(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    g_autofree char *child = NULL;
    int result = run_of(at, &child, err);
    if (result == 0) g_string_append_printf(out, "../../../../jobs/%s", child);
    return result;
}
