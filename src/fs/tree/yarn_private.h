/* The handlers of the rows in yarn_rows*.c, a file a family. Nobody else includes it.
 * Threads: any; contracts as in tree_table.h. */
#pragma once
#include "fs/tree/tree_table.h"
#include "rest/yarn.h"

/** The thing that a node belongs to: one object of an answer.  @item borrowed from the answer. */
typedef int kx_yarn_find(const struct kx_tree_at *at, struct kx_answer **answer,
                         const struct kx_item **item, struct kx_error *err);

enum kx_yarn_form {
    KX_YARN_PLAIN,
    KX_YARN_TIME, /* milliseconds, shown as ISO 8601; nothing for 0 */
    KX_YARN_JSON,
    KX_YARN_TABLE /* a line a member that is one value */
};

/* `data` of a row that shows something of a thing. */
struct kx_yarn_file {
    kx_yarn_find *find;
    const char
        *member; /* a path of members, or several with '|' between: the first that is there */
    enum kx_yarn_form form;
};

/* yarn_things.c */
struct kx_yarn *kx_yarn_of(const struct kx_tree_at *at, struct kx_error *err); /* NULL: none */
kx_yarn_find kx_yarn_find_info, kx_yarn_find_metrics, kx_yarn_find_scheduler, kx_yarn_find_queue,
    kx_yarn_find_queue_user, kx_yarn_find_node, kx_yarn_find_app, kx_yarn_find_attempt,
    kx_yarn_find_container;
/** The containers that run: the array of the last attempt's. */
kx_yarn_find kx_yarn_find_containers;

/* yarn_files.c */
int kx_yarn_text(const struct kx_tree_at *at, GString *out, struct kx_error *err);
/** A thing's directory: it is there when the thing is. `data` as of kx_yarn_text. */
int kx_yarn_look(const struct kx_tree_at *at, struct kx_tree_look *out, struct kx_error *err);
/** What is there only as long as there is a ResourceManager. Asks nobody. */
int kx_yarn_there(const struct kx_tree_at *at, struct kx_tree_look *out, struct kx_error *err);
int kx_yarn_metric_names(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err);
int kx_yarn_metric_look(const struct kx_tree_at *at, struct kx_tree_look *out,
                        struct kx_error *err);
int kx_yarn_metric(const struct kx_tree_at *at, GString *out, struct kx_error *err);
int kx_yarn_queue_names(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err);
int kx_yarn_user_names(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err);
int kx_yarn_node_names(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err);
int kx_yarn_attempt_names(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err);
int kx_yarn_container_names(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err);

/* yarn_tables.c */
int kx_yarn_scheduler_table(const struct kx_tree_at *at, GString *out, struct kx_error *err);
int kx_yarn_prometheus(const struct kx_tree_at *at, GString *out, struct kx_error *err);
int kx_cluster_health(const struct kx_tree_at *at, GString *out, struct kx_error *err);

/* yarn_cost.c */
int kx_yarn_cost(const struct kx_tree_at *at, GString *out, struct kx_error *err);

/* yarn_views.c: `data` of a row says which applications */
struct kx_yarn_view {
    const char *name;     /* of a parameter; NULL: a whole filter, or none without `variable` */
    const char *value;    /* NULL: the variable's; without one the mount's user */
    const char *variable; /* NULL: none */
    bool all;             /* not only the newest */
};
#define KX_YARN_LISTED_MAX 200
int kx_yarn_view_names(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err);
int kx_yarn_view_look(const struct kx_tree_at *at, struct kx_tree_look *out, struct kx_error *err);
/** All applications that the ResourceManager remembers.  @apps borrowed from the answer. */
int kx_yarn_all_apps(const struct kx_tree_at *at, struct kx_answer **answer,
                     const struct kx_item **apps, struct kx_error *err);
/** MORE: there when the view has more than it lists. */
int kx_yarn_more(const struct kx_tree_at *at, GString *out, struct kx_error *err);
int kx_yarn_more_look(const struct kx_tree_at *at, struct kx_tree_look *out, struct kx_error *err);

/* yarn_logs.c: of {app}, {container} and {file} */
int kx_yarn_log_containers(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err);
int kx_yarn_log_files(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err);
int kx_yarn_log_folder_look(const struct kx_tree_at *at, struct kx_tree_look *out,
                            struct kx_error *err);
int kx_yarn_log_look(const struct kx_tree_at *at, struct kx_tree_look *out, struct kx_error *err);
extern const struct kx_tree_ranged kx_yarn_log_ranged;

/* yarn_wait.c */
extern const struct kx_tree_stream kx_yarn_wait_stream;

/* yarn_verbs.c */
extern const struct kx_tree_verb kx_yarn_verbs[];
