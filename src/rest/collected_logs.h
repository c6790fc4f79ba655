/* Logs that YARN has collected in HDFS, read there by ranges: without the job history server, and
 * at any place of a log of any length.
 *
 * Where they are: below yarn.nodemanager.remote-app-log-dir as the ResourceManager's /conf says it
 * (a gateway does not show that: /tmp/logs, then /app-logs), in the folder of the application's
 * user. There any folder bucket-* has the applications by the last four digits of their number
 * (Hadoop 3.3 and later: bucket-logs-tfile, bucket-logs-ifile), any other has them as they are. An
 * application's folder has a file a node, "host_port", or several with a time behind that where
 * logs are collected while it runs; their bytes belong together in that order.
 * Only their owner and the group of the folder can read them (0640).
 *
 * An application's files and what was learned of them are kept for KX_COLLECTED_KEPT_MS.
 *
 * Threads: any; callers of one application take turns. Blocking: all. Errors: -ENOENT: there is no
 * such log (yet); -EACCES; -EPROTO, -EIO: the file is damaged; -ENOTSUP: its compression. */
#pragma once
#include "rest/container_logs.h"

#define KX_COLLECTED_KEPT_MS 60000
#define KX_COLLECTED_APPS    8     /* that are kept */
#define KX_COLLECTED_NODES   10000 /* files of one application at most */

struct kx_collected;

/** @client and @yarn borrowed.  @return owned. */
struct kx_collected *kx_collected_new(struct kx_client *client, struct kx_yarn *yarn);
void kx_collected_free(struct kx_collected *collected); /* NULL is fine */

/** As kx_logs_containers, kx_logs_files, kx_logs_look and kx_logs_read. To list all containers may
 * take reading much of a file with many short logs; to find one does not read long logs before it.
 */
int kx_collected_containers(struct kx_collected *collected, const char *app,
                            const struct kx_call *call, GPtrArray *out, struct kx_error *err);
int kx_collected_has(struct kx_collected *collected, const char *app, const char *container,
                     const struct kx_call *call, struct kx_error *err);
int kx_collected_files(struct kx_collected *collected, const struct kx_log_name *name,
                       const struct kx_call *call, GPtrArray *out, struct kx_error *err);
int kx_collected_look(struct kx_collected *collected, const struct kx_log_name *name,
                      const struct kx_call *call, struct kx_log_look *out, struct kx_error *err);
int kx_collected_read(struct kx_collected *collected, const struct kx_log_name *name,
                      int64_t offset, size_t want, const struct kx_call *call, GBytes **out,
                      struct kx_error *err);

KX_DEFINE_AUTOPTR(kx_collected, kx_collected_free)
