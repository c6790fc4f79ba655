#include "oozie/workflow.h"

#include <string.h>

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
    if (begin >= 0) visit(&v, begin);
    for (guint i = 0; i < v.order->len; i++)
        rank[g_array_index(v.order, int, i)] = (int)i;
    if (begin >= 0) v.layers[begin] = 0;
    for (guint i = v.order->len; i > 0; i--)
        push_down(&v, rank, g_array_index(v.order, int, i - 1));
    g_free(v.marks);
    g_array_free(v.order, TRUE);
    return v.layers;
}
