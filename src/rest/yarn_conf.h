/* What the ResourceManager's own configuration says. It is at its root, not below /ws, so a gateway
 * does not show it.
 *
 * Threads: any.  Blocking: one request. */
#pragma once
#include "rest/configuration.h"
#include "rest/yarn.h"

/** @return 0; -EOPNOTSUPP: behind a gateway; as kx_service_run. */
int kx_yarn_conf_read(struct kx_service *yarn, const struct kx_call *call,
                      struct kx_configuration *out);

/** A value, with one ${...} in it resolved.  @return owned; NULL: there is none. */
char *kx_yarn_conf_value(const struct kx_configuration *conf, const char *name);

/** Folders in HDFS below which logs are collected: the one that is configured, or, where that
 * cannot be asked for, the usual ones.  @return owned. */
char **kx_yarn_log_roots(struct kx_yarn *yarn, const struct kx_call *call);
