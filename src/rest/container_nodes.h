/* The containers of an application that runs, and the nodes that they are on.
 *
 * Who names them (Hadoop 3.4.2): the ResourceManager all masters (appattempts), and of other
 * containers those that run (appattempts/ID/containers); a NodeManager lists a container only while
 * it runs, too, but has its logs as long as the application runs, for who knows where to ask. Of a
 * MapReduce job, its master names the containers of all tasks (the ResourceManager's
 * /proxy/ID/ws/v1/mapreduce). So what was named once is remembered, and such a master is asked: a
 * task that has ended once, at most KX_NODES_TASKS of them a call.
 *
 * A master is a program of who has started the job, and says what it likes. So an address that only
 * it names counts when the ResourceManager has that node, too.
 *
 * Behind a gateway the nodes' addresses are blanked in answers of Knox's service RESOURCEMANAGER;
 * they are in those of YARNUI, where it has that, as parameters of a link (its list of nodes has
 * them as they are), and the masters are reached by it alone.
 *
 * Threads: any.  Blocking: all but new and free. */
#pragma once
#include "rest/yarn.h"

#define KX_NODES_MAX   20000 /* containers and tasks that are remembered */
#define KX_NODES_TASKS 200

struct kx_nodes;

/** Both borrowed for its life.  @return owned. */
struct kx_nodes *kx_nodes_new(struct kx_client *client, struct kx_yarn *yarn);
void kx_nodes_free(struct kx_nodes *nodes); /* NULL is fine */

/** Names of containers, each once, appended as owned texts. */
int kx_nodes_containers(struct kx_nodes *nodes, const char *app, const struct kx_call *call,
                        GPtrArray *out, struct kx_error *err);

/** @out owned: its node's address, "http://host:8042"; "" when nobody tells that who may.
 *  @return 0; -ENOENT: nobody names such a container. */
int kx_nodes_find(struct kx_nodes *nodes, const char *app, const char *container,
                  const struct kx_call *call, char **out, struct kx_error *err);

KX_DEFINE_AUTOPTR(kx_nodes, kx_nodes_free)
