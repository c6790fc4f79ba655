/* The graph of a coordinator, and of a bundle: what each coordinator waits for, runs and makes,
 * drawn here from its definition. Oozie draws workflows only (E0306). */
#include <errno.h>
#include <string.h>

#include "fs/tree/oozie_private.h"
#include "oozie/workflow.h"

#define COORDINATORS_MAX 50 /* of a bundle: a request each */

struct drawing {
    const struct kx_tree_at *at;
    struct kx_pipeline *pipeline;
    struct kx_progress progress;
};

static void set_state(struct drawing *d, const char *node, const struct kx_item *job)
{
    char *status = kx_item_text(job, "status");
    if (node && status)
        g_hash_table_replace(d->progress.states, g_strdup(node), status);
    else
        g_free(status);
}

/* The newest run that has begun tells of the workflow. */
static const struct kx_item *last_run(const struct kx_item *job)
{
    const struct kx_item *runs = kx_item_at(job, "actions");
    for (size_t i = kx_item_count(runs); i > 0; i--) {
        g_autofree char *workflow = kx_item_text(kx_item_element(runs, i - 1), "externalId");
        if (workflow && *workflow) return kx_item_element(runs, i - 1);
    }
    return NULL;
}

/* One whose definition is not there (yet) is a node alone. */
static int add_coordinator(struct drawing *d, const struct kx_item *job, const char *above,
                           struct kx_error *err)
{
    __attribute__((cleanup(kx_job_id_clear))) struct kx_job_id id = {0};
    g_autoptr(GBytes) definition = NULL;
    g_autofree char *name = kx_item_text(job, "coordJobName");
    g_autofree char *text_id = kx_item_text(job, "coordJobId");
    const char *node = kx_pipeline_add(d->pipeline, name, "coordinator"), *workflow = NULL;
    set_state(d, node, job);
    kx_pipeline_lead(d->pipeline, above, node);
    if (!node || !text_id || kx_job_id_parse(text_id, &id, NULL) < 0) return 0;
    int result = kx_oozie_show(kx_oozie_of(d->at, err), &id, "definition", NULL, d->at->call,
                               &definition, err);
    if (result == -ENOENT) return 0;
    if (result < 0) return result;
    gsize length = 0;
    const char *text = g_bytes_get_data(definition, &length);
    if (kx_pipeline_read(d->pipeline, node, text, length, &workflow, NULL) < 0) return 0;
    const struct kx_item *run = last_run(job);
    if (!run || !workflow) return 0;
    set_state(d, workflow, run);
    g_hash_table_replace(d->progress.taken, g_strdup(node), g_strdup(workflow));
    return 0;
}

static int add_bundle(struct drawing *d, const struct kx_item *job, struct kx_error *err)
{
    g_autofree char *name = kx_item_text(job, "bundleJobName");
    const char *node = kx_pipeline_add(d->pipeline, name, "bundle");
    const struct kx_item *all = kx_item_at(job, "bundleCoordJobs");
    int result = 0;
    set_state(d, node, job);
    for (size_t i = 0; result == 0 && i < MIN(kx_item_count(all), COORDINATORS_MAX); i++)
        result = add_coordinator(d, kx_item_element(all, i), node, err);
    return result;
}

/* `data`: "txt", "dot" or "svg". */
int kx_oozie_pipeline_graph(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    __attribute__((cleanup(kx_job_id_clear))) struct kx_job_id id = {0};
    g_autoptr(kx_answer) record = NULL;
    int result = kx_oozie_job_at(at, &id, &record, err);
    if (result < 0) return result;
    const struct kx_item *job = kx_answer_root(record);
    g_autofree char *name = kx_oozie_text(job, id.kind, "name");
    g_autoptr(kx_pipeline) pipeline = kx_pipeline_new(name);
    struct drawing d = {.at = at, .pipeline = pipeline};
    d.progress.states = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    d.progress.taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    result =
        id.kind == KX_JOB_BUNDLE ? add_bundle(&d, job, err) : add_coordinator(&d, job, NULL, err);
    if (result == 0) kx_oozie_draw(at->row->data, kx_pipeline_graph(pipeline), &d.progress, out);
    kx_oozie_clear_progress(&d.progress);
    return result;
}
