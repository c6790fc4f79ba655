/* Hadoop's own configuration (core-site.xml, hdfs-site.xml), as far as a client of WebHDFS needs
 * it: which HTTP addresses a nameservice has.
 *
 * What a file may be: configuration.h. `${name}` in a value stands for another property's value, as
 * in org.apache.hadoop.conf.Configuration, which also gave the limit of 20 replacements; a name
 * that nothing is known of stays as it stands.
 *
 * Threads: one at a time. Blocking: kx_hadoop_conf_load reads local files. */
#pragma once
#include "base/cleanup.h"
#include "base/error.h"

struct kx_hadoop_conf;

/** Read core-site.xml and hdfs-site.xml of a folder ($HADOOP_CONF_DIR); one of the two may be
 * missing. @out owned.  @return 0; -ENOENT; -EINVAL with the file and the line. */
int kx_hadoop_conf_load(const char *folder, struct kx_hadoop_conf **out, struct kx_error *err);

/** Add the properties of one document. @name for messages. */
int kx_hadoop_conf_parse(struct kx_hadoop_conf *conf, const char *text, gsize length,
                         const char *name, struct kx_error *err);
struct kx_hadoop_conf *kx_hadoop_conf_new(void); /* nothing is known */
void kx_hadoop_conf_free(struct kx_hadoop_conf *conf);

/** A property's value, replacements made, without blanks around it.  @return owned; NULL: there is
 * none. */
char *kx_hadoop_conf_get(const struct kx_hadoop_conf *conf, const char *name);

/** The NameNodes of a nameservice as endpoints, "http://a:9870,http://b:9870", in the order of
 * dfs.ha.namenodes.NAME; https where dfs.http.policy is HTTPS_ONLY. A NameNode without an HTTP
 * address is looked for on its RPC address' host, at the default port.
 *  @out owned.  @return 0; -ENOENT: no such nameservice here; -EINVAL: it has no addresses. */
int kx_hadoop_conf_endpoints(const struct kx_hadoop_conf *conf, const char *nameservice, char **out,
                             struct kx_error *err);

KX_DEFINE_AUTOPTR(kx_hadoop_conf, kx_hadoop_conf_free)
