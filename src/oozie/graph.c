/* The graph of a workflow as text, and for dot(1). graph_svg.c draws it. */
#include <string.h>

#include "oozie/workflow_private.h"

#define LABEL_MAX 40 /* letters of a condition that are shown */

static const struct {
    const char *states[5];
    struct kx_paint paint;
} PAINTS[] = {
    {{"OK", "SUCCEEDED"}, {"#1a7f37", "#dafbe1"}},
    {{"RUNNING"}, {"#0969da", "#ddf4ff"}},
    {{"ERROR", "FAILED", "KILLED"}, {"#cf222e", "#ffebe9"}},
    {{"DONEWITHERROR", "TIMEDOUT"}, {"#cf222e", "#ffebe9"}},
    {{"PREP", "START_RETRY", "END_RETRY", "DONE"}, {"#9a6700", "#fff8c5"}},
    {{"WAITING", "READY", "SUBMITTED", "SUSPENDED", "PAUSED"}, {"#9a6700", "#fff8c5"}},
    {{"START_MANUAL", "END_MANUAL", "USER_RETRY"}, {"#9a6700", "#fff8c5"}},
};
static const struct kx_paint UNTOUCHED = {"#57606a", "#ffffff"};

struct kx_paint kx_graph_paint(const char *state)
{
    for (size_t i = 0; state && i < G_N_ELEMENTS(PAINTS); i++)
        for (size_t k = 0; k < G_N_ELEMENTS(PAINTS[i].states) && PAINTS[i].states[k]; k++)
            if (strcmp(PAINTS[i].states[k], state) == 0) return PAINTS[i].paint;
    return UNTOUCHED;
}

const char *kx_graph_state(const struct kx_progress *progress, const struct kx_step *step)
{
    return progress && progress->states ? g_hash_table_lookup(progress->states, step->name) : NULL;
}

/* A fork tells no single node that comes after it: its ways were gone when the nodes behind them
 * have begun. */
bool kx_graph_taken(const struct kx_progress *progress, const struct kx_workflow *workflow,
                    const struct kx_step *step, const struct kx_way *way)
{
    if (way->target < 0 || !kx_graph_state(progress, step)) return false;
    if (step->kind == KX_STEP_FORK)
        return kx_graph_state(progress, kx_workflow_step(workflow, way->target)) != NULL;
    const char *next = progress->taken ? g_hash_table_lookup(progress->taken, step->name) : NULL;
    return next && strcmp(next, way->to) == 0;
}

const char *kx_graph_name(const struct kx_step *step)
{
    return step->kind == KX_STEP_START ? "start" : step->name;
}

const char *kx_graph_type(const struct kx_step *step)
{
    return step->type;
}

static void add_ways(const struct kx_step *step, GString *out)
{
    for (guint i = 0; i < step->ways->len; i++) {
        const struct kx_way *way = &g_array_index(step->ways, struct kx_way, i);
        bool plain =
            !*way->label || strcmp(way->label, "ok") == 0 || strcmp(way->label, "path") == 0;
        g_string_append_printf(out, "%s%s%s%s", i ? " " : "", plain ? "" : way->label,
                               plain ? "" : ":", way->to);
    }
}

void kx_graph_text(const struct kx_workflow *workflow, const struct kx_progress *progress,
                   GString *out)
{
    g_autofree int *layers = kx_workflow_layers(workflow);
    int last = -1;
    for (guint i = 0; i < workflow->steps->len; i++)
        last = MAX(last, layers[i]);
    for (int layer = 0; layer <= last + 1; layer++) {
        int wanted = layer > last ? -1 : layer; /* at the end what is never come to */
        for (guint i = 0; i < workflow->steps->len; i++) {
            const struct kx_step *step = kx_workflow_step(workflow, (int)i);
            if (layers[i] != wanted) continue;
            const char *state = kx_graph_state(progress, step);
            g_string_append_printf(out, "%s\t%s\t%s\t", kx_graph_name(step), kx_graph_type(step),
                                   state ? state : "-");
            add_ways(step, out);
            g_string_append_c(out, '\n');
        }
    }
}

/* Between the quotes of dot. */
static void add_quoted(GString *out, const char *text, size_t most)
{
    g_string_append_c(out, '"');
    for (size_t i = 0; text[i] && i < most; i++) {
        if (strchr("\"\\", text[i])) g_string_append_c(out, '\\');
        g_string_append_c(out, (unsigned char)text[i] < ' ' ? ' ' : text[i]);
    }
    g_string_append_c(out, '"');
}

static void add_node(GString *out, const struct kx_step *step, const char *state)
{
    static const char *const SHAPES[] = {
        [KX_STEP_START] = "circle",     [KX_STEP_END] = "doublecircle",
        [KX_STEP_KILL] = "octagon",     [KX_STEP_ACTION] = "box",
        [KX_STEP_DECISION] = "diamond", [KX_STEP_FORK] = "triangle",
        [KX_STEP_JOIN] = "invtriangle", [KX_STEP_JOB] = "box",
        [KX_STEP_DATA] = "cylinder"};
    const struct kx_paint paint = kx_graph_paint(state);
    g_autofree char *tip = g_strconcat(kx_graph_type(step), state ? " " : "", state, NULL);
    g_string_append(out, "  ");
    add_quoted(out, kx_graph_name(step), G_MAXSIZE);
    g_string_append_printf(out,
                           " [shape=%s, style=filled, color=\"%s\", fillcolor=\"%s\", tooltip=",
                           SHAPES[step->kind], paint.line, paint.fill);
    add_quoted(out, tip, G_MAXSIZE);
    g_string_append(out, "];\n");
}

static void add_edge(GString *out, const struct kx_step *step, const struct kx_way *way, bool taken)
{
    bool error = strcmp(way->label, "error") == 0;
    g_string_append(out, "  ");
    add_quoted(out, kx_graph_name(step), G_MAXSIZE);
    g_string_append(out, " -> ");
    add_quoted(out, way->to, G_MAXSIZE);
    g_string_append_printf(out, " [color=\"%s\"%s%s",
                           taken ? kx_graph_paint(error ? "ERROR" : "OK").line : UNTOUCHED.line,
                           taken ? ", penwidth=2" : "", error ? ", style=dashed" : "");
    if (step->kind == KX_STEP_DECISION) {
        g_string_append(out, ", label=");
        add_quoted(out, way->when ? way->when : way->label, LABEL_MAX);
    }
    g_string_append(out, "];\n");
}

void kx_graph_dot(const struct kx_workflow *workflow, const struct kx_progress *progress,
                  GString *out)
{
    g_string_append(out, "digraph ");
    add_quoted(out, workflow->name ? workflow->name : "", G_MAXSIZE);
    g_string_append(out, " {\n  rankdir=TB;\n  node [fontname=\"sans-serif\"];\n");
    for (guint i = 0; i < workflow->steps->len; i++) {
        const struct kx_step *step = kx_workflow_step(workflow, (int)i);
        add_node(out, step, kx_graph_state(progress, step));
    }
    for (guint i = 0; i < workflow->steps->len; i++) {
        const struct kx_step *step = kx_workflow_step(workflow, (int)i);
        for (guint k = 0; k < step->ways->len; k++) {
            const struct kx_way *way = &g_array_index(step->ways, struct kx_way, k);
            if (*way->to) add_edge(out, step, way, kx_graph_taken(progress, workflow, step, way));
        }
    }
    g_string_append(out, "}\n");
}
