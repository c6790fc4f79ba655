/* How the nodes of a workflow hang together: what is missing, what is never come to, what turns in
 * a circle. Forks and joins are in workflow_forks.c. */
#include <string.h>

#include "oozie/workflow_private.h"

#define NEAR_MAX  2  /* letters by which a name is still taken for a slip */
#define NEAR_ROOM 64 /* letters of a name that is looked at */

/* How many letters two names differ by (Levenshtein). */
static int distance(const char *a, const char *b)
{
    int row[NEAR_ROOM + 1];
    size_t length = strlen(b);
    if (length > NEAR_ROOM || strlen(a) > NEAR_ROOM) return NEAR_ROOM;
    for (size_t i = 0; i <= length; i++)
        row[i] = (int)i;
    for (size_t i = 0; a[i]; i++) {
        int before = row[0];
        row[0] = (int)i + 1;
        for (size_t k = 1; k <= length; k++) {
            int now = MIN(MIN(row[k], row[k - 1]) + 1, before + (a[i] != b[k - 1]));
            before = row[k];
            row[k] = now;
        }
    }
    return row[length];
}

static const char *nearest(const struct kx_workflow *workflow, const char *name)
{
    const char *best = NULL;
    int least = NEAR_MAX + 1;
    for (guint i = 0; i < workflow->steps->len; i++) {
        const struct kx_step *step = kx_workflow_step(workflow, (int)i);
        int now = step->kind == KX_STEP_START ? NEAR_ROOM : distance(name, step->name);
        if (now < least) best = step->name, least = now;
    }
    return best;
}

static void check_way(const struct kx_workflow *workflow, int place, const struct kx_way *way,
                      struct kx_findings *findings)
{
    const struct kx_step *step = kx_workflow_step(workflow, place);
    const char *from = step->kind == KX_STEP_START ? "start" : step->name;
    if (way->target == place)
        kx_findings_add(findings, way->line, "E0706",
                        "\"%s\" leads to itself: name the node that comes after it", from);
    if (way->target >= 0 || !*way->to) return;
    const char *near = nearest(workflow, way->to);
    kx_findings_add(findings, way->line, "E0708",
                    "\"%s\" leads to \"%s\", and there is no such node: %s%s%s", from, way->to,
                    near ? "did you mean \"" : "add it, or name another one", near ? near : "",
                    near ? "\"?" : "");
}

/* The walk that looks for circles. */
struct circle {
    const struct kx_workflow *workflow;
    struct kx_findings *findings;
    char *marks; /* 0: not seen, 1: on the path, 2: done */
    GArray *path;
};

static void tell_circle(struct circle *c, int place, const struct kx_way *way)
{
    g_autoptr(GString) names = g_string_new(NULL);
    guint i = 0;
    while (g_array_index(c->path, int, i) != place)
        i++;
    for (; i < c->path->len; i++)
        g_string_append_printf(names, "%s -> ",
                               kx_workflow_step(c->workflow, g_array_index(c->path, int, i))->name);
    kx_findings_add(c->findings, way->line, "E0707",
                    "a circle: %s%s; a workflow only goes forward: lead this way elsewhere",
                    names->str, way->to);
}

static void look_for_circles(struct circle *c, int place)
{
    const GArray *ways = kx_workflow_step(c->workflow, place)->ways;
    c->marks[place] = 1;
    g_array_append_val(c->path, place);
    for (guint i = 0; i < ways->len; i++) {
        const struct kx_way *way = &g_array_index(ways, struct kx_way, i);
        if (way->target < 0 || way->target == place) continue;
        if (c->marks[way->target] == 1)
            tell_circle(c, way->target, way);
        else if (c->marks[way->target] == 0)
            look_for_circles(c, way->target);
    }
    g_array_set_size(c->path, c->path->len - 1);
    c->marks[place] = 2;
}

static int count_kind(const struct kx_workflow *workflow, enum kx_step_kind kind)
{
    int count = 0;
    for (guint i = 0; i < workflow->steps->len; i++)
        count += kx_workflow_step(workflow, (int)i)->kind == kind;
    return count;
}

static bool all_lead_somewhere(const struct kx_workflow *workflow)
{
    for (guint i = 0; i < workflow->steps->len; i++) {
        const GArray *ways = kx_workflow_step(workflow, (int)i)->ways;
        for (guint k = 0; k < ways->len; k++)
            if (g_array_index(ways, struct kx_way, k).target < 0) return false;
    }
    return true;
}

static void tell_unreached(const struct circle *c)
{
    for (guint i = 0; i < c->workflow->steps->len; i++) {
        const struct kx_step *step = kx_workflow_step(c->workflow, (int)i);
        if (!c->marks[i])
            kx_findings_warn(c->findings, step->line,
                             "nothing leads to \"%s\": lead a node to it, or take it out",
                             step->name);
    }
}

void kx_workflow_check(const struct kx_workflow *workflow, struct kx_findings *findings)
{
    struct circle c = {.workflow = workflow, .findings = findings};
    int begin = kx_workflow_find(workflow, KX_STEP_BEGIN);
    guint before = findings->all->len;
    if (begin < 0)
        kx_findings_add(findings, 1, "E0701", "there is no <start>: add <start to=\"NODE\"/>");
    if (count_kind(workflow, KX_STEP_END) == 0)
        kx_findings_add(findings, 1, "E0701", "there is no <end>: add <end name=\"end\"/>");
    for (guint i = 0; i < workflow->steps->len; i++) {
        const GArray *ways = kx_workflow_step(workflow, (int)i)->ways;
        for (guint k = 0; k < ways->len; k++)
            check_way(workflow, (int)i, &g_array_index(ways, struct kx_way, k), findings);
    }
    if (begin < 0) return;
    c.marks = g_new0(char, workflow->steps->len + 1);
    c.path = g_array_new(FALSE, FALSE, sizeof(int));
    look_for_circles(&c, begin);
    bool sound = findings->all->len == before && all_lead_somewhere(workflow);
    tell_unreached(&c);
    if (sound) kx_workflow_check_forks(workflow, begin, findings);
    g_array_free(c.path, TRUE);
    g_free(c.marks);
}
