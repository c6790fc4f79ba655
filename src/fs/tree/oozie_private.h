/* The handlers of the rows in oozie_rows.c, a file a family. Nobody else includes it.
 * Threads: any; contracts as in tree_table.h. */
#pragma once
#include "fs/tree/tree_table.h"
#include "oozie/oozie.h"

/* Behind the reason why a job is not there. */
#define KX_OOZIE_PURGED "purged?"

/* What a job's directory shows: nothing can be made in either. */
#define KX_OOZIE_MODE_OWN   0755
#define KX_OOZIE_MODE_OTHER 0555

/* `data` of a row that shows one member of a JSON object. */
struct kx_oozie_member {
    const char *name; /* a path of members */
    bool time;        /* shown as ISO 8601 */
};

/* oozie_at.c: what a node stands for */
struct kx_oozie *kx_oozie_of(const struct kx_tree_at *at, struct kx_error *err); /* NULL: none */
/** The job of the variable {id}.  @id cleared by the caller, also after an error; @record NULL: it
 * is not asked for.  @return -ENOENT: it is no id, or of another kind than the directory's. */
int kx_oozie_job_at(const struct kx_tree_at *at, struct kx_job_id *id, struct kx_answer **record,
                    struct kx_error *err);
/** The action of the variables {id} and {action}; borrowed from the record. */
int kx_oozie_action_at(const struct kx_tree_at *at, struct kx_answer **record,
                       const struct kx_item **action, struct kx_error *err);
int kx_oozie_there(const struct kx_tree_at *at, struct kx_tree_look *out, struct kx_error *err);
/** A job's directory: times and owner are the job's; its mode says whether it is the mount's own
 * user's. Of a listed one what the listing says, as long as that is shared. */
int kx_oozie_job_look(const struct kx_tree_at *at, struct kx_tree_look *out, struct kx_error *err);
/** Its ctl: 0444 where it is another user's. Who writes to it all the same is told by the server.
 */
int kx_oozie_ctl_look(const struct kx_tree_at *at, struct kx_tree_look *out, struct kx_error *err);
/** Times and owner of a job's object, also of a listing's; the mode stays. Of coordinators and
 * bundles Oozie tells no time of a change: it is the one of their submission.  @return is it the
 * mount's own user's? */
bool kx_oozie_describe(struct kx_mount *mount, const struct kx_item *job, struct kx_tree_look *out);
int kx_oozie_action_look(const struct kx_tree_at *at, struct kx_tree_look *out,
                         struct kx_error *err);
/** Append a member as it is shown; nothing when there is none. */
void kx_oozie_add_member(const struct kx_item *item, const struct kx_oozie_member *member,
                         GString *out);

/* oozie_server.c */
int kx_oozie_version_text(const struct kx_tree_at *at, GString *out, struct kx_error *err);
int kx_oozie_status_text(const struct kx_tree_at *at, GString *out, struct kx_error *err);
int kx_oozie_time_text(const struct kx_tree_at *at, GString *out, struct kx_error *err);
int kx_oozie_servers_text(const struct kx_tree_at *at, GString *out, struct kx_error *err);
extern const struct kx_tree_verb kx_oozie_server_verbs[];
int kx_oozie_endpoint_text(const struct kx_tree_at *at, GString *out, struct kx_error *err);
int kx_oozie_errors_text(const struct kx_tree_at *at, GString *out, struct kx_error *err);

/* oozie_sharelib.c */
int kx_oozie_libraries(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err);
int kx_oozie_library_files(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err);
int kx_oozie_library_file(const struct kx_tree_at *at, GString *out, struct kx_error *err);

/* oozie_views.c: `data` of a row is a filter with %s for the variable above it, or for the user */
struct kx_oozie_view {
    enum kx_job_kind kind;
    const char *filter; /* NULL: none */
    const char *with;   /* the variable that stands for %s; NULL: the mount's user */
    bool here;          /* the ids are directories here, not links */
};
int kx_oozie_view_names(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err);
/** The directory of a view: its time is the newest of what its listing shows. */
int kx_oozie_folder_look(const struct kx_tree_at *at, struct kx_tree_look *out,
                         struct kx_error *err);
/** The directory of a named view (by-day/2026-11-22): any name that can be one, whatever is in it.
 */
int kx_oozie_named_look(const struct kx_tree_at *at, struct kx_tree_look *out,
                        struct kx_error *err);
/** The job {id} in the listing of its view, if that is shared at this moment.  @return borrowed
 * from the answer; NULL: it is not. */
const struct kx_item *kx_oozie_listed(const struct kx_tree_at *at, struct kx_answer **answer);
/** MORE: there when the view has more than it lists. */
int kx_oozie_more(const struct kx_tree_at *at, GString *out, struct kx_error *err);
int kx_oozie_more_look(const struct kx_tree_at *at, struct kx_tree_look *out, struct kx_error *err);
int kx_oozie_view_look(const struct kx_tree_at *at, struct kx_tree_look *out, struct kx_error *err);
/** @out owned; NULL: no filter.  @return -ENOENT: no such value can be one. */
int kx_oozie_view_filter(const struct kx_tree_at *at, const struct kx_oozie_view *view, char **out,
                         struct kx_error *err);

/* oozie_pages.c: views of any number of jobs, with the same `data` */
extern const struct kx_tree_pages kx_oozie_pages;
int kx_oozie_pages_look(const struct kx_tree_at *at, struct kx_tree_look *out,
                        struct kx_error *err);

/* oozie_job.c, oozie_texts.c: of a job */
int kx_oozie_job_member(const struct kx_tree_at *at, GString *out, struct kx_error *err);
int kx_oozie_job_json(const struct kx_tree_at *at, GString *out, struct kx_error *err);
/** oozie_info.c */
int kx_oozie_job_info(const struct kx_tree_at *at, GString *out, struct kx_error *err);
int kx_oozie_job_properties(const struct kx_tree_at *at, GString *out, struct kx_error *err);
int kx_oozie_job_show(const struct kx_tree_at *at, GString *out, struct kx_error *err);
/** oozie_why.c */
int kx_oozie_job_why(const struct kx_tree_at *at, GString *out, struct kx_error *err);
int kx_oozie_running_look(const struct kx_tree_at *at, struct kx_tree_look *out,
                          struct kx_error *err);
int kx_oozie_running_text(const struct kx_tree_at *at, GString *out, struct kx_error *err);
extern const struct kx_tree_verb kx_oozie_verbs[]; /* of a workflow */
extern const struct kx_tree_verb kx_oozie_coordinator_verbs[];
extern const struct kx_tree_verb kx_oozie_bundle_verbs[];

/* oozie_wait.c */
extern const struct kx_tree_stream kx_oozie_wait_stream, kx_oozie_events_stream;

/* oozie_preview.c: verbs with the word -n are only tried. What they would do is in `preview`. */
/** Take the word out of an argument.  @rest owned; NULL: nothing else is there.  @return was it
 * there? */
bool kx_oozie_only_tried(const char *argument, char **rest);
/** Keep what a verb of this ctl would do. */
void kx_oozie_keep_preview(const struct kx_tree_at *at, const char *text);
int kx_oozie_preview_text(const struct kx_tree_at *at, GString *out, struct kx_error *err);
int kx_oozie_preview_look(const struct kx_tree_at *at, struct kx_tree_look *out,
                          struct kx_error *err);
/** What a rerun of a workflow would do.  @skip as kx_oozie_preview_rerun. */
int kx_oozie_try_rerun(const struct kx_tree_at *at, const char *skip, struct kx_error *err);

/* oozie_run_verbs.c: @argument "1-3 refresh": runs of a coordinator, and words of a rerun */
int kx_oozie_on_runs(const struct kx_tree_at *at, const char *action, const char *argument,
                     struct kx_error *err);
int kx_oozie_rerun_runs(const struct kx_tree_at *at, const char *argument, struct kx_error *err);
int kx_oozie_ignore_runs(const struct kx_tree_at *at, const char *argument, struct kx_error *err);
int kx_oozie_rerun_bundle(const struct kx_tree_at *at, const char *argument, struct kx_error *err);
/** "NAME=VALUE;NAME=VALUE" over its configuration; NULL: as it is. */
int kx_oozie_update_it(const struct kx_tree_at *at, const char *argument, struct kx_error *err);
int kx_oozie_change_it(const struct kx_tree_at *at, const char *argument, struct kx_error *err);
extern const struct kx_tree_verb kx_oozie_run_verbs[];

/* oozie_sla_verbs.c: @argument runs of a coordinator, names of a bundle's coordinators; NULL: all;
 * of a change what is to be changed in front of them */
int kx_oozie_sla_enable(const struct kx_tree_at *at, const char *argument, struct kx_error *err);
int kx_oozie_sla_disable(const struct kx_tree_at *at, const char *argument, struct kx_error *err);
int kx_oozie_sla_change(const struct kx_tree_at *at, const char *argument, struct kx_error *err);

/* oozie_next.c */
int kx_oozie_next(const struct kx_tree_at *at, GString *out, struct kx_error *err);

/* oozie_staged.c: folders of submit */
int kx_oozie_staged_params(const struct kx_tree_at *at, GString *out, struct kx_error *err);
int kx_oozie_staged_check(const struct kx_tree_at *at, GString *out, struct kx_error *err);
int kx_oozie_staged_graph(const struct kx_tree_at *at, GString *out, struct kx_error *err);
int kx_oozie_staged_graph_look(const struct kx_tree_at *at, struct kx_tree_look *out,
                               struct kx_error *err);
extern const struct kx_tree_verb kx_oozie_staged_verbs[];

/* oozie_graph.c: `data` of a row is the form: "txt", "dot" or "svg" */
struct kx_workflow;
struct kx_progress;
void kx_oozie_draw(const char *form, const struct kx_workflow *workflow,
                   const struct kx_progress *progress, GString *out);
/** The nodes of a workflow and how it has gone through them.  @out owned; @progress cleared by
 * kx_oozie_clear_progress. */
int kx_oozie_job_workflow(const struct kx_tree_at *at, struct kx_workflow **out,
                          struct kx_progress *progress, struct kx_error *err);
void kx_oozie_clear_progress(struct kx_progress *progress);
int kx_oozie_job_graph(const struct kx_tree_at *at, GString *out, struct kx_error *err);
/* oozie_pipeline.c: of a coordinator, or of a bundle */
int kx_oozie_pipeline_graph(const struct kx_tree_at *at, GString *out, struct kx_error *err);

/* oozie_actions.c */
int kx_oozie_action_names(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err);
int kx_oozie_action_member(const struct kx_tree_at *at, GString *out, struct kx_error *err);
int kx_oozie_action_json(const struct kx_tree_at *at, GString *out, struct kx_error *err);
int kx_oozie_children(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err);
int kx_oozie_child_target(const struct kx_tree_at *at, GString *out, struct kx_error *err);
/** `app`, `logs` and the links of `children`: the application of YARN that an action is, or the
 * ones that it has made. `data` of a row: what stands behind the application in the target. */
int kx_oozie_app_look(const struct kx_tree_at *at, struct kx_tree_look *out, struct kx_error *err);
int kx_oozie_app_target(const struct kx_tree_at *at, GString *out, struct kx_error *err);
int kx_oozie_action_children(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err);
int kx_oozie_action_child_target(const struct kx_tree_at *at, GString *out, struct kx_error *err);
/** Append the applications of an action: what it has started, then itself. */
void kx_oozie_action_apps(const struct kx_item *action, GPtrArray *out);
/** The coordinators of a bundle, by name. */
int kx_oozie_members(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err);
int kx_oozie_member_target(const struct kx_tree_at *at, GString *out, struct kx_error *err);
int kx_oozie_grid(const struct kx_tree_at *at, GString *out, struct kx_error *err);
int kx_oozie_run_look(const struct kx_tree_at *at, struct kx_tree_look *out, struct kx_error *err);
int kx_oozie_run_target(const struct kx_tree_at *at, GString *out, struct kx_error *err);
