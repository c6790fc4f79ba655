/* Do forks and joins belong together? As Oozie sees it: all paths of a fork end in one join (a kill
 * node apart), a join ends one fork, and a node that runs when all is well is come to by one path
 * only, or by ways of one decision. */
#include "oozie/workflow_private.h"

#define NONE (-1)

struct walk {
    const struct kx_workflow *workflow;
    struct kx_findings *findings;
    int *fork_of;    /* of a join: the fork that it ends; NONE: not come to yet */
    int *decided_by; /* of a node: the eldest decision above it, NONE, or UNSEEN */
    bool *done;
    bool uneven; /* not as many joins as forks: Oozie looks no further, and says E0730 */
};
#define UNSEEN (-2)

/* Where a walk is: behind which node, in which fork, under which decision, on the way of ok. */
struct position {
    int from, fork, decision;
    bool ok;
};

static void walk_to(struct walk *w, int place, struct position at);

static const struct kx_step *step_at(const struct walk *w, int place)
{
    return kx_workflow_step(w->workflow, place);
}

static const char *code_of(const struct walk *w, const char *code)
{
    return w->uneven ? "E0730" : code;
}

static void check_once(struct walk *w, int place, const struct position *at)
{
    const struct kx_step *step = step_at(w, place);
    if (!at->ok || step->kind == KX_STEP_KILL || step->kind == KX_STEP_JOIN ||
        step->kind == KX_STEP_END)
        return;
    int before = w->decided_by[place];
    if (before == UNSEEN)
        w->decided_by[place] = at->decision;
    else if (before == NONE || before != at->decision)
        kx_findings_add(w->findings, step->line, code_of(w, "E0743"),
                        "two paths lead to \"%s\", and it would run twice: join them before it",
                        step->name);
}

static void check_paths(struct walk *w, const struct kx_step *fork)
{
    for (guint i = 0; i < fork->ways->len; i++) {
        const struct kx_way *way = &g_array_index(fork->ways, struct kx_way, i);
        enum kx_step_kind kind = step_at(w, way->target)->kind;
        bool again = false;
        for (guint k = 0; k < i; k++)
            again |= g_array_index(fork->ways, struct kx_way, k).target == way->target;
        if (again && kind != KX_STEP_JOIN && kind != KX_STEP_KILL)
            kx_findings_add(w->findings, way->line, code_of(w, "E0744"),
                            "fork \"%s\" leads to \"%s\" twice: take one path out", fork->name,
                            way->to);
    }
}

/* The join of a fork whose paths were walked.  @return NONE: there is none. */
static int join_of(struct walk *w, int place)
{
    const struct kx_step *fork = step_at(w, place);
    int first = NONE;
    for (guint i = 0; i < w->workflow->steps->len; i++) {
        if (w->fork_of[i] != place) continue;
        if (first == NONE) {
            first = (int)i;
            continue;
        }
        kx_findings_add(
            w->findings, fork->line, code_of(w, "E0757"),
            "the paths of fork \"%s\" end in \"%s\" and in \"%s\": lead all to one join",
            fork->name, step_at(w, first)->name, step_at(w, (int)i)->name);
    }
    if (first == NONE)
        kx_findings_add(w->findings, fork->line, code_of(w, "E0733"),
                        "fork \"%s\" has no join: lead its paths to a <join>", fork->name);
    return first;
}

static void walk_fork(struct walk *w, int place, const struct position *at)
{
    const struct kx_step *fork = step_at(w, place);
    check_paths(w, fork);
    for (guint i = 0; i < fork->ways->len; i++)
        walk_to(w, g_array_index(fork->ways, struct kx_way, i).target,
                (struct position){place, place, at->decision, at->ok});
    int join = join_of(w, place);
    if (join == NONE) return;
    walk_to(w, g_array_index(step_at(w, join)->ways, struct kx_way, 0).target,
            (struct position){join, at->fork, at->decision, at->ok});
}

static void walk_join(struct walk *w, int place, const struct position *at)
{
    const struct kx_step *join = step_at(w, place);
    if (at->fork == NONE) {
        kx_findings_add(w->findings, join->line, code_of(w, "E0742"),
                        "join \"%s\" is come to without a fork, from \"%s\": take it out, or fork "
                        "before it",
                        join->name, kx_graph_name(step_at(w, at->from)));
    } else if (w->fork_of[place] == NONE) {
        w->fork_of[place] = at->fork;
    } else if (w->fork_of[place] != at->fork) {
        kx_findings_add(w->findings, join->line, code_of(w, "E0758"),
                        "join \"%s\" ends fork \"%s\" and fork \"%s\": give each its own",
                        join->name, step_at(w, w->fork_of[place])->name,
                        step_at(w, at->fork)->name);
    }
}

static void walk_on(struct walk *w, int place, const struct position *at)
{
    const struct kx_step *step = step_at(w, place);
    struct position next = {place, at->fork, at->decision, at->ok};
    if (step->kind == KX_STEP_DECISION && at->decision == NONE) next.decision = place;
    for (guint i = 0; i < step->ways->len; i++) {
        /* of an action the second way is that of its error */
        next.ok = at->ok && (step->kind != KX_STEP_ACTION || i == 0);
        walk_to(w, g_array_index(step->ways, struct kx_way, i).target, next);
    }
}

static void walk_to(struct walk *w, int place, struct position at)
{
    const struct kx_step *step = step_at(w, place);
    check_once(w, place, &at);
    if (w->done[place]) return;
    if (step->kind == KX_STEP_JOIN) {
        walk_join(w, place, &at);
        return;
    }
    if (step->kind == KX_STEP_END) {
        if (at.fork != NONE)
            kx_findings_add(w->findings, step_at(w, at.from)->line, code_of(w, "E0737"),
                            "\"%s\" leads to the end inside of fork \"%s\": lead it to the join",
                            step_at(w, at.from)->name, step_at(w, at.fork)->name);
        return;
    }
    w->done[place] = true;
    if (step->kind == KX_STEP_FORK)
        walk_fork(w, place, &at);
    else
        walk_on(w, place, &at);
}

/* As many joins as forks, of those that are come to? */
static bool is_uneven(const struct kx_workflow *workflow)
{
    g_autofree int *layers = kx_workflow_layers(workflow);
    int count = 0;
    for (guint i = 0; i < workflow->steps->len; i++) {
        enum kx_step_kind kind = kx_workflow_step(workflow, (int)i)->kind;
        if (layers[i] >= 0) count += (kind == KX_STEP_FORK) - (kind == KX_STEP_JOIN);
    }
    return count != 0;
}

void kx_workflow_check_forks(const struct kx_workflow *workflow, int begin,
                             struct kx_findings *findings)
{
    guint count = workflow->steps->len, before = findings->all->len;
    struct walk w = {.workflow = workflow,
                     .findings = findings,
                     .fork_of = g_new(int, count + 1),
                     .decided_by = g_new(int, count + 1),
                     .done = g_new0(bool, count + 1),
                     .uneven = is_uneven(workflow)};
    for (guint i = 0; i < count; i++)
        w.fork_of[i] = NONE, w.decided_by[i] = UNSEEN;
    walk_to(&w, begin, (struct position){NONE, NONE, NONE, true});
    if (w.uneven && findings->all->len == before)
        kx_findings_add(findings, 1, "E0730",
                        "there are not as many joins as forks: each fork needs one");
    g_free(w.fork_of);
    g_free(w.decided_by);
    g_free(w.done);
}
