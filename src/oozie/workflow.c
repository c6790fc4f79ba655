#include "oozie/workflow.h"

#include <string.h>

#include "oozie/workflow_private.h"

static void way_clear(gpointer data)
{
    struct kx_way *way = data;
    g_free(way->to);
    g_free(way->when);
}

void kx_step_free(struct kx_step *step)
{
    g_array_free(step->ways, TRUE);
    g_free(step->name);
    g_free(step->type);
    g_free(step);
}

struct kx_step *kx_step_new(enum kx_step_kind kind, char *name, char *type, int line)
{
    struct kx_step *step = g_new0(struct kx_step, 1);
    step->kind = kind;
    step->name = name;
    step->type = type;
    step->line = line;
    step->ways = g_array_new(FALSE, FALSE, sizeof(struct kx_way));
    g_array_set_clear_func(step->ways, way_clear);
    return step;
}

static void free_step(gpointer step)
{
    kx_step_free(step);
}

struct kx_workflow *kx_workflow_new(void)
{
    struct kx_workflow *workflow = g_new0(struct kx_workflow, 1);
    workflow->steps = g_ptr_array_new_with_free_func(free_step);
    return workflow;
}

/* Names are looked up once. */
void kx_workflow_connect(struct kx_workflow *workflow)
{
    g_autoptr(GHashTable) places = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < workflow->steps->len; i++)
        g_hash_table_insert(places, kx_workflow_step(workflow, (int)i)->name,
                            GINT_TO_POINTER((int)i + 1));
    for (guint i = 0; i < workflow->steps->len; i++) {
        GArray *ways = kx_workflow_step(workflow, (int)i)->ways;
        for (guint k = 0; k < ways->len; k++) {
            struct kx_way *way = &g_array_index(ways, struct kx_way, k);
            way->target = GPOINTER_TO_INT(g_hash_table_lookup(places, way->to)) - 1;
        }
    }
}

void kx_workflow_free(struct kx_workflow *workflow)
{
    if (!workflow) return;
    g_ptr_array_free(workflow->steps, TRUE);
    g_free(workflow->name);
    g_free(workflow);
}

int kx_workflow_find(const struct kx_workflow *workflow, const char *name)
{
    for (guint i = 0; i < workflow->steps->len; i++)
        if (strcmp(kx_workflow_step(workflow, (int)i)->name, name) == 0) return (int)i;
    return -1;
}

/* One node of the walk that looks for the longest ways. */
struct visit {
    const struct kx_workflow *workflow;
    int *layers;
    char *marks;   /* 0: not seen, 1: being walked from, 2: done */
    GArray *order; /* of int: each node behind all that it leads to */
};

static void visit(struct visit *v, int place)
{
    const struct kx_step *step = kx_workflow_step(v->workflow, place);
    v->marks[place] = 1;
    for (guint i = 0; i < step->ways->len; i++) {
        int target = g_array_index(step->ways, struct kx_way, i).target;
        if (target >= 0 && v->marks[target] == 0) visit(v, target);
    }
    v->marks[place] = 2;
    g_array_append_val(v->order, place);
}

/* A way that leads back is one to a node that stands behind it in the order. */
static void push_down(struct visit *v, const int *rank, int place)
{
    const struct kx_step *step = kx_workflow_step(v->workflow, place);
    for (guint i = 0; i < step->ways->len; i++) {
        int target = g_array_index(step->ways, struct kx_way, i).target;
        if (target >= 0 && rank[target] < rank[place])
            v->layers[target] = MAX(v->layers[target], v->layers[place] + 1);
    }
}

static void visit_from(struct visit *v, int place)
{
    if (v->marks[place]) return;
    visit(v, place);
    v->layers[place] = 0;
}

/* Of a pipeline: what nothing leads to, and, where all of it goes round, its jobs. */
static void visit_pipeline(struct visit *v)
{
    const guint count = v->workflow->steps->len;
    g_autofree bool *led = g_new0(bool, count + 1);
    for (guint i = 0; i < count; i++) {
        const GArray *ways = kx_workflow_step(v->workflow, (int)i)->ways;
        for (guint k = 0; k < ways->len; k++)
            led[g_array_index(ways, struct kx_way, k).target + 1] = true;
    }
    for (int pass = 0; pass < 2; pass++)
        for (guint i = 0; i < count; i++) {
            enum kx_step_kind kind = kx_workflow_step(v->workflow, (int)i)->kind;
            bool begins = pass ? kind == KX_STEP_JOB : !led[i + 1];
            if (begins && (kind == KX_STEP_JOB || kind == KX_STEP_DATA)) visit_from(v, (int)i);
        }
}

int *kx_workflow_layers(const struct kx_workflow *workflow)
{
    guint count = workflow->steps->len;
    struct visit v = {.workflow = workflow,
                      .layers = g_new(int, count + 1),
                      .marks = g_new0(char, count + 1),
                      .order = g_array_new(FALSE, FALSE, sizeof(int))};
    g_autofree int *rank = g_new0(int, count + 1);
    int begin = kx_workflow_find(workflow, KX_STEP_BEGIN);
    for (guint i = 0; i < count; i++)
        v.layers[i] = -1;
    if (begin >= 0) visit_from(&v, begin);
    visit_pipeline(&v);
    for (guint i = 0; i < v.order->len; i++)
        rank[g_array_index(v.order, int, i)] = (int)i;
    for (guint i = v.order->len; i > 0; i--)
        push_down(&v, rank, g_array_index(v.order, int, i - 1));
    g_free(v.marks);
    g_array_free(v.order, TRUE);
    return v.layers;
}
