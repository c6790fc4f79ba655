/* The handlers of the rows in cluster_mount.c, a file a family. Nobody else includes it.
 * Threads: any; contracts as in tree_table.h. */
#pragma once
#include "fs/tree/tree_table.h"

/* cluster_facts.c */
int kx_cluster_version(const struct kx_tree_at *at, GString *out, struct kx_error *err);
int kx_cluster_uptime(const struct kx_tree_at *at, GString *out, struct kx_error *err);
int kx_cluster_endpoint(const struct kx_tree_at *at, GString *out, struct kx_error *err);
int kx_cluster_servers(const struct kx_tree_at *at, GString *out, struct kx_error *err);
int kx_cluster_user(const struct kx_tree_at *at, GString *out, struct kx_error *err);
int kx_cluster_auth(const struct kx_tree_at *at, GString *out, struct kx_error *err);
int kx_cluster_backend(const struct kx_tree_at *at, GString *out, struct kx_error *err);
int kx_cluster_services(const struct kx_tree_at *at, GString *out, struct kx_error *err);
int kx_cluster_features(const struct kx_tree_at *at, GString *out, struct kx_error *err);
int kx_cluster_config(const struct kx_tree_at *at, GString *out, struct kx_error *err);
int kx_cluster_open(const struct kx_tree_at *at, GString *out, struct kx_error *err);
int kx_cluster_errors(const struct kx_tree_at *at, GString *out, struct kx_error *err);

/* cluster_stats.c: the same numbers in three forms */
int kx_cluster_stats(const struct kx_tree_at *at, GString *out, struct kx_error *err);
int kx_cluster_stats_json(const struct kx_tree_at *at, GString *out, struct kx_error *err);
int kx_cluster_metrics(const struct kx_tree_at *at, GString *out, struct kx_error *err);

/* cluster_latency.c: how long answers took */
#define KX_LATENCY_METRIC "knoxfs_answer_seconds"
struct kx_client;
int kx_cluster_latency(const struct kx_tree_at *at, GString *out, struct kx_error *err);
void kx_cluster_latency_metrics(struct kx_client *client, GString *out);

/* cluster_log.c: lines that come */

/* Which lines a row's file has: its `data`. */
struct kx_cluster_lines {
    struct kx_lines *(*of)(struct kx_mount *mount); /* borrowed */
};
extern const struct kx_cluster_lines kx_cluster_log, kx_cluster_audit, kx_cluster_events,
    kx_cluster_failures;
int kx_cluster_lines_text(const struct kx_tree_at *at, GString *out, struct kx_error *err);
extern const struct kx_tree_stream kx_cluster_lines_stream; /* those from now on */

/* cluster_ctl.c */
extern const struct kx_tree_verb kx_cluster_verbs[];         /* of the mount */
extern const struct kx_tree_verb kx_cluster_pending_verbs[]; /* of the pending uploads only */

/* cluster_pending.c */
int kx_cluster_pending_names(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err);
int kx_cluster_pending_look(const struct kx_tree_at *at, struct kx_tree_look *out,
                            struct kx_error *err);
int kx_cluster_pending_text(const struct kx_tree_at *at, GString *out, struct kx_error *err);
int kx_cluster_retry(const struct kx_tree_at *at, const char *argument, struct kx_error *err);
int kx_cluster_drop(const struct kx_tree_at *at, const char *argument, struct kx_error *err);
