/* A client of YARN's ResourceManager: the cluster, its queues and nodes, applications.
 *
 * What it knows of it (Hadoop 3.4.2, recorded in tests/fixtures/yarn): an unknown application is
 * 404 NotFoundException, what is no id 400; a kill answers 202 with the state as it was and is done
 * later, and one of an application that has ended answers 200 with that end, so the state is read
 * before and after; a listing has no order and no offset; who may not do something is 403.
 *
 * What is asked is shared by all who ask within KX_YARN_FRESH_MS, or KX_YARN_ENDED_MS when it is an
 * application that has ended.
 *
 * Threads: any.  Ownership: answers are references.  Errors: as kx_service_run. */
#pragma once
#include "rest/json_answer.h"
#include "rest/service.h"

#define KX_YARN_FRESH_MS  2000
#define KX_YARN_ENDED_MS  60000
#define KX_YARN_SETTLE_MS 20000 /* for a verb to show in the application's state */

struct kx_yarn;

/** @base "http://host:8088/ws", copied; @client borrowed for its life.  @return owned. */
struct kx_yarn *kx_yarn_new(struct kx_client *client, const char *base);
void kx_yarn_free(struct kx_yarn *yarn); /* NULL is fine */
struct kx_service *kx_yarn_service(struct kx_yarn *yarn);

/** Something below /v1/cluster: "info", "metrics", "scheduler", "nodes", "apps".  @params encoded
 * "&name=value...", or NULL. */
int kx_yarn_get(struct kx_yarn *yarn, const char *what, const char *params,
                const struct kx_call *call, struct kx_answer **out, struct kx_error *err);

/** "application_1795321157010_0001"? */
bool kx_yarn_is_app(const char *id);

/** The application; its members are below "app".  @return -ENOENT. */
int kx_yarn_app(struct kx_yarn *yarn, const char *id, const struct kx_call *call,
                struct kx_answer **out, struct kx_error *err);

/** More of it: "appattempts", "appattempts/ID/containers". */
int kx_yarn_app_part(struct kx_yarn *yarn, const char *id, const char *part,
                     const struct kx_call *call, struct kx_answer **out, struct kx_error *err);

/** FINISHED, FAILED, KILLED. */
bool kx_yarn_ended(const char *state);

/** An application's answer: has it ended, with its logs collected or not to be? */
bool kx_yarn_is_over(const struct kx_answer *app);

/* What can be changed of an application that has not ended. */
enum kx_yarn_verb { KX_YARN_KILL, KX_YARN_MOVE, KX_YARN_PRIORITY };

/** Do it, and wait until the application shows it.  @value the queue, or the number; NULL of a
 * kill.
 *  @return 0; -EBUSY: it has ended, or nothing happened; -EINVAL: no such queue; -EACCES. */
int kx_yarn_act(struct kx_yarn *yarn, const char *id, enum kx_yarn_verb verb, const char *value,
                const struct kx_call *call, struct kx_error *err);

/** The queues of an answer to "scheduler", parents before their children, whichever scheduler it
 * is.  @take gets the full path: "root.default". */
void kx_yarn_queues(const struct kx_answer *scheduler,
                    void (*take)(const char *path, const struct kx_item *queue, void *context),
                    void *context);

KX_DEFINE_AUTOPTR(kx_yarn, kx_yarn_free)
