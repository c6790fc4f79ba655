/* The graph of a job: drawn here from its definition and the states of its actions. Oozie draws one
 * too, but not each version does, and it takes a request of seconds. */
#include <errno.h>
#include <string.h>

#include "fs/tree/oozie_private.h"
#include "oozie/workflow.h"

void kx_oozie_draw(const char *form, const struct kx_workflow *workflow,
                   const struct kx_progress *progress, GString *out)
{
    if (strcmp(form, "dot") == 0)
        kx_graph_dot(workflow, progress, out);
    else if (strcmp(form, "svg") == 0)
        kx_graph_svg(workflow, progress, out);
    else
        kx_graph_text(workflow, progress, out);
}

/* @tables of owned strings, filled with what the job's actions say. */
static void add_progress(const struct kx_answer *record, struct kx_progress *progress)
{
    const struct kx_item *actions = kx_item_at(kx_answer_root(record), "actions");
    for (size_t i = 0; i < kx_item_count(actions); i++) {
        const struct kx_item *action = kx_item_element(actions, i);
        g_autofree char *name = kx_item_text(action, "name");
        char *state = kx_item_text(action, "status"), *next = kx_item_text(action, "transition");
        if (name && state) g_hash_table_replace(progress->states, g_strdup(name), state);
        if (name && next) g_hash_table_replace(progress->taken, g_strdup(name), next);
        if (!name || !state) g_free(state);
        if (!name || !next) g_free(next);
    }
}

void kx_oozie_clear_progress(struct kx_progress *progress)
{
    g_clear_pointer(&progress->states, g_hash_table_destroy);
    g_clear_pointer(&progress->taken, g_hash_table_destroy);
}

int kx_oozie_job_workflow(const struct kx_tree_at *at, struct kx_workflow **out,
                          struct kx_progress *progress, struct kx_error *err)
{
    __attribute__((cleanup(kx_job_id_clear))) struct kx_job_id id = {0};
    g_autoptr(kx_answer) record = NULL;
    g_autoptr(GBytes) definition = NULL;
    int result = kx_oozie_job_at(at, &id, &record, err);
    if (result == 0)
        result = kx_oozie_show(kx_oozie_of(at, err), &id, "definition", NULL, at->call, &definition,
                               err);
    if (result < 0) return result;
    gsize length = 0;
    const char *text = g_bytes_get_data(definition, &length);
    result = kx_workflow_read(text, length, NULL, out, err);
    if (result < 0) return result;
    progress->states = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    progress->taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    add_progress(record, progress);
    return 0;
}

/* `data`: "txt", "dot" or "svg". */
int kx_oozie_job_graph(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    g_autoptr(kx_workflow) workflow = NULL;
    struct kx_progress progress = {0};
    int result = kx_oozie_job_workflow(at, &workflow, &progress, err);
    if (result == 0) kx_oozie_draw(at->row->data, workflow, &progress, out);
    kx_oozie_clear_progress(&progress);
    return result;
}
