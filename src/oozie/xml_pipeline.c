/* Coordinators as graphs: their datasets, themselves, their workflows. */
#include <errno.h>
#include <string.h>

#include "oozie/workflow_private.h"
#include "oozie/xml_application.h"

#define EVENTS_MAX   500 /* of each of the two kinds; what is behind them is left out */
#define DATASETS_MAX 500

struct kx_pipeline {
    struct kx_workflow *workflow;
    GHashTable *names; /* owned name of a node -> the number behind the newest one that wanted it */
    GHashTable *data;  /* uri-template -> the name of its node; both owned */
};

struct kx_pipeline *kx_pipeline_new(const char *name)
{
    struct kx_pipeline *pipeline = g_new0(struct kx_pipeline, 1);
    pipeline->workflow = kx_workflow_new();
    pipeline->workflow->name = g_strdup(name);
    pipeline->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    pipeline->data = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return pipeline;
}

void kx_pipeline_free(struct kx_pipeline *pipeline)
{
    if (!pipeline) return;
    kx_workflow_free(pipeline->workflow);
    g_hash_table_destroy(pipeline->names);
    g_hash_table_destroy(pipeline->data);
    g_free(pipeline);
}

/* A second node of a name is NAME-2.  @return owned. */
static char *free_name(struct kx_pipeline *pipeline, const char *wanted)
{
    g_autofree char *plain = g_strdelimit(g_strdup(wanted), "\r\n\t", ' ');
    char *own = g_strdup(plain);
    int number = GPOINTER_TO_INT(g_hash_table_lookup(pipeline->names, plain));
    while (g_hash_table_contains(pipeline->names, own)) {
        g_free(own);
        own = g_strdup_printf("%s-%d", plain, ++number);
    }
    if (number > 1) g_hash_table_replace(pipeline->names, g_strdup(plain), GINT_TO_POINTER(number));
    g_hash_table_insert(pipeline->names, g_strdup(own), GINT_TO_POINTER(1));
    return own;
}

static const char *add(struct kx_pipeline *pipeline, enum kx_step_kind kind, const char *name,
                       const char *type)
{
    if (pipeline->workflow->steps->len >= KX_STEPS_MAX) return NULL;
    char *own = free_name(pipeline, name && *name ? name : type);
    struct kx_step *step = kx_step_new(kind, own, g_strdup(type), 0);
    g_ptr_array_add(pipeline->workflow->steps, step);
    return step->name;
}

const char *kx_pipeline_add(struct kx_pipeline *pipeline, const char *name, const char *type)
{
    return add(pipeline, KX_STEP_JOB, name, type);
}

void kx_pipeline_lead(struct kx_pipeline *pipeline, const char *from, const char *to)
{
    int place = from && to ? kx_workflow_find(pipeline->workflow, from) : -1;
    if (place < 0) return;
    GArray *ways = kx_workflow_step(pipeline->workflow, place)->ways;
    for (guint i = 0; i < ways->len; i++)
        if (strcmp(g_array_index(ways, struct kx_way, i).to, to) == 0) return;
    const struct kx_way way = {.to = g_strdup(to), .label = "", .target = -1};
    g_array_append_val(ways, way);
}

/* @return owned, without what surrounds it; NULL: there is no such element. */
static char *text_of(const xmlNode *parent, const char *name)
{
    const xmlNode *node = parent ? kx_xml_child(parent, name) : NULL;
    xmlChar *text = node ? xmlNodeGetContent(node) : NULL;
    char *own = text ? g_strstrip(g_strdup((const char *)text)) : NULL;
    xmlFree(text);
    return own;
}

/* The node of a dataset that an event names. One that is not described here (it is included from
 * another file) is known by its name. */
static const char *node_of(struct kx_pipeline *pipeline, const xmlNode *root, const char *dataset)
{
    const xmlNode *all = kx_xml_child(root, "datasets");
    g_autofree char *uri = NULL;
    int left = DATASETS_MAX;
    for (const xmlNode *node = all ? all->children : NULL; node && !uri && left;
         node = node->next) {
        if (!kx_xml_is(node, "dataset")) continue;
        g_autofree char *name = kx_xml_attribute(node, "name");
        if (g_strcmp0(name, dataset) == 0) uri = text_of(node, "uri-template");
        left--;
    }
    const char *key = uri ? uri : dataset;
    const char *known = g_hash_table_lookup(pipeline->data, key);
    if (known) return known;
    const char *made = add(pipeline, KX_STEP_DATA, dataset, "dataset");
    if (made) g_hash_table_insert(pipeline->data, g_strdup(key), g_strdup(made));
    return made;
}

/* @events "input-events" with "data-in", or "output-events" with "data-out". */
static void add_events(struct kx_pipeline *pipeline, const xmlNode *root, const char *events,
                       const char *event, const char *node)
{
    const xmlNode *all = kx_xml_child(root, events);
    bool in = strcmp(event, "data-in") == 0;
    int left = EVENTS_MAX;
    for (const xmlNode *one = all ? all->children : NULL; one && left; one = one->next) {
        if (!kx_xml_is(one, event)) continue;
        g_autofree char *dataset = kx_xml_attribute(one, "dataset");
        const char *data = dataset ? node_of(pipeline, root, dataset) : NULL;
        kx_pipeline_lead(pipeline, in ? data : node, in ? node : data);
        left--;
    }
}

/* Called by the last part of its path that says something. */
static const char *add_workflow(struct kx_pipeline *pipeline, const xmlNode *root)
{
    const xmlNode *action = kx_xml_child(root, "action");
    const xmlNode *workflow = action ? kx_xml_child(action, "workflow") : NULL;
    g_autofree char *path = text_of(workflow, "app-path");
    if (!path) return NULL;
    if (g_str_has_suffix(path, "/workflow.xml")) *strrchr(path, '/') = 0;
    const char *slash = strrchr(path, '/');
    return add(pipeline, KX_STEP_JOB, slash && slash[1] ? slash + 1 : path, "workflow");
}

int kx_pipeline_read(struct kx_pipeline *pipeline, const char *name, const char *text,
                     size_t length, const char **workflow, struct kx_error *err)
{
    g_autoptr(kx_xml) document = NULL;
    *workflow = NULL;
    int result = kx_xml_read(text, length, &document, err);
    const xmlNode *root = result == 0 ? xmlDocGetRootElement(document) : NULL;
    if (result == 0 && (!root || !kx_xml_is(root, "coordinator-app")))
        result = kx_error_set(err, EINVAL, "it is no coordinator-app");
    if (result < 0) return result;
    add_events(pipeline, root, "input-events", "data-in", name);
    *workflow = add_workflow(pipeline, root);
    kx_pipeline_lead(pipeline, name, *workflow);
    add_events(pipeline, root, "output-events", "data-out", *workflow ? *workflow : name);
    return 0;
}

const struct kx_workflow *kx_pipeline_graph(struct kx_pipeline *pipeline)
{
    kx_workflow_connect(pipeline->workflow);
    return pipeline->workflow;
}
