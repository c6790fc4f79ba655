/* A workflow as a graph of its nodes, and what is wrong with an application: told from the text
 * alone, without a server.
 *
 * The texts are read leniently: what cannot be understood is a finding, and the rest is looked at
 * all the same. Codes are those that Oozie 5.2.1 refuses such a text with (LiteWorkflowAppParser,
 * LiteWorkflowValidator); it stops at the first, this tells all.
 *
 * Threads: pure functions; a workflow belongs to one thread.  Bounded: KX_STEPS_MAX nodes,
 * KX_FINDINGS_MAX findings.  Errors: -EINVAL: it is no XML, or no workflow. */
#pragma once
#include <glib.h>
#include <stdbool.h>

#include "base/cleanup.h"
#include "base/error.h"

#define KX_STEPS_MAX    2000
#define KX_FINDINGS_MAX 200
#define KX_STEP_BEGIN   ":start:" /* what Oozie calls the node of <start> */

enum kx_step_kind {
    KX_STEP_START,
    KX_STEP_END,
    KX_STEP_KILL,
    KX_STEP_ACTION,
    KX_STEP_DECISION,
    KX_STEP_FORK,
    KX_STEP_JOIN,
    KX_STEP_JOB, /* of a pipeline: a bundle, a coordinator, its workflow */
    KX_STEP_DATA /* of a pipeline: a dataset */
};

/* From one node to another. */
struct kx_way {
    char *to; /* owned; "" when the text does not say */
    const char
        *label; /* "ok", "error", "case", "default", "path"; "" where there is one way only */
    char *when; /* owned: the condition of a case; NULL */
    int line;
    int target; /* the place of the node in `steps`; -1: there is none of that name */
};

struct kx_step {
    enum kx_step_kind kind;
    char *name; /* owned */
    char *type; /* owned: "shell", "fs" ... of an action, else "start", "fork" ... */
    int line;
    GArray *ways; /* of struct kx_way; of an action: ok first, then error */
};

struct kx_workflow {
    char *name;       /* owned; as written */
    GPtrArray *steps; /* of struct kx_step, in the order of the text; a name is there once */
};

/* One thing that is wrong, or is at least odd. */
struct kx_finding {
    int line;
    bool fatal;       /* Oozie refuses it */
    const char *code; /* what with; "" where it is not known */
    char *text;       /* owned: what, and what to do */
};
struct kx_findings {
    GArray *all; /* of struct kx_finding */
};

struct kx_findings *kx_findings_new(void);           /* owned */
void kx_findings_free(struct kx_findings *findings); /* NULL is fine */
void kx_findings_add(struct kx_findings *findings, int line, const char *code, const char *format,
                     ...) G_GNUC_PRINTF(4, 5);
void kx_findings_warn(struct kx_findings *findings, int line, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
bool kx_findings_fatal(const struct kx_findings *findings);

/** Append "FILE:LINE: error: E0708: ..." for each, by their lines. */
void kx_findings_write(struct kx_findings *findings, const char *file, GString *out);

/** @findings what is wrong with the text; may be NULL.  @out owned. */
int kx_workflow_read(const char *text, size_t length, struct kx_findings *findings,
                     struct kx_workflow **out, struct kx_error *err);
void kx_workflow_free(struct kx_workflow *workflow); /* NULL is fine */

/** The place of a name in `steps`; -1: there is none. */
int kx_workflow_find(const struct kx_workflow *workflow, const char *name);
static inline struct kx_step *kx_workflow_step(const struct kx_workflow *workflow, int place)
{
    return g_ptr_array_index(workflow->steps, (guint)place);
}

/** What is wrong with how the nodes hang together. */
void kx_workflow_check(const struct kx_workflow *workflow, struct kx_findings *findings);

/** Everything that is wrong with a workflow, coordinator or bundle. */
void kx_application_check(const char *text, size_t length, struct kx_findings *findings);

/** How far from the start each node is at the longest, in the order of `steps`; -1: it is never
 * come to. Ways that lead back are left out.  @return owned, steps->len numbers. */
int *kx_workflow_layers(const struct kx_workflow *workflow);

/* What a coordinator waits for, runs and makes, as a graph of the same kind: datasets lead to it,
 * it leads to its workflow, and that to datasets. Several of one bundle have datasets in common:
 * those with the same uri-template. */
struct kx_pipeline;
struct kx_pipeline *kx_pipeline_new(const char *name); /* owned; the graph's name */
void kx_pipeline_free(struct kx_pipeline *pipeline);   /* NULL is fine */
/** Add a node, "bundle" or "coordinator".  @return its name, which no other node has; borrowed,
 * NULL: there are KX_STEPS_MAX. */
const char *kx_pipeline_add(struct kx_pipeline *pipeline, const char *name, const char *type);
void kx_pipeline_lead(struct kx_pipeline *pipeline, const char *from, const char *to);
/** Add what a coordinator's definition has around the node `name`.  @workflow the name of its
 * workflow's node, borrowed; NULL: it has none.  @return 0; -EINVAL: it is none, nothing was added.
 */
int kx_pipeline_read(struct kx_pipeline *pipeline, const char *name, const char *text,
                     size_t length, const char **workflow, struct kx_error *err);
/** The graph, to be drawn.  @return borrowed, until something is added. */
const struct kx_workflow *kx_pipeline_graph(struct kx_pipeline *pipeline);

/* How a job has gone through it: names of nodes -> owned strings; either may be NULL. */
struct kx_progress {
    GHashTable *states; /* "OK", "RUNNING" ... */
    GHashTable *taken;  /* the node that came after it */
};

/** Append it as text: a line a node from the start on: name, type, state, where it leads to. */
void kx_graph_text(const struct kx_workflow *workflow, const struct kx_progress *progress,
                   GString *out);
/** The same for dot(1), and as a picture. */
void kx_graph_dot(const struct kx_workflow *workflow, const struct kx_progress *progress,
                  GString *out);
void kx_graph_svg(const struct kx_workflow *workflow, const struct kx_progress *progress,
                  GString *out);

KX_DEFINE_AUTOPTR(kx_findings, kx_findings_free)
KX_DEFINE_AUTOPTR(kx_workflow, kx_workflow_free)
KX_DEFINE_AUTOPTR(kx_pipeline, kx_pipeline_free)
