/* What the files workflow*.c and graph*.c share. Nobody else includes it.
 * Threads: pure functions. */
#pragma once
#include "oozie/workflow.h"

struct kx_workflow *kx_workflow_new(void); /* owned; without a name and nodes */
/** @name, @type consumed.  @return owned, until it is added to `steps`. */
struct kx_step *kx_step_new(enum kx_step_kind kind, char *name, char *type, int line);
void kx_step_free(struct kx_step *step);
/** Look the targets of all ways up. */
void kx_workflow_connect(struct kx_workflow *workflow);

/** Do forks and joins belong together? All ways lead somewhere, and none leads back. */
void kx_workflow_check_forks(const struct kx_workflow *workflow, int begin,
                             struct kx_findings *findings);

/* How a state is painted: of a line, and of what it surrounds. */
struct kx_paint {
    const char *line, *fill;
};
/** @state NULL: it has not begun. */
struct kx_paint kx_graph_paint(const char *state);

/** What a progress says of a node; NULL: nothing. */
const char *kx_graph_state(const struct kx_progress *progress, const struct kx_step *step);
/** Has the job gone this way? */
bool kx_graph_taken(const struct kx_progress *progress, const struct kx_workflow *workflow,
                    const struct kx_step *step, const struct kx_way *way);
/** The name to show: "start" for the first node. */
const char *kx_graph_name(const struct kx_step *step);
/** Its kind as a person calls it: "fork", or of an action "shell". */
const char *kx_graph_type(const struct kx_step *step);
