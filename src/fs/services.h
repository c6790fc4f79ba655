/* The services beside HDFS that a mount shows: Oozie and YARN with the job history.
 *
 * Where they are: as the options say (oozie=, yarn=, jobhistory=), else derived from what was
 * mounted: behind a gateway at the paths that Knox gives them, otherwise on the same host at their
 * usual ports. One that was given is shown; one that was derived is shown as long as it answers,
 * which a thread finds out at the start and then once a minute while it does not. "none" as an
 * option's value: it is not looked for.
 *
 * Threads: any.  Ownership: what is returned lives as long as the services. */
#pragma once
#include "base/error.h"
#include "conf/options.h"
#include "oozie/oozie.h"
#include "rest/container_logs.h"
#include "rest/jmx.h"
#include "rest/service.h"
#include "rest/yarn.h"

enum kx_service_kind { KX_SERVICE_OOZIE, KX_SERVICE_YARN, KX_SERVICE_HISTORY, KX_SERVICE_KINDS };

struct kx_services;

/** @options and @client borrowed. Waits for the first look at most KX_SERVICES_FIRST_MS.
 *  @return 0; -EINVAL: an option is no URL. */
int kx_services_new(const struct kx_options *options, struct kx_client *client,
                    struct kx_services **out, struct kx_error *err);
void kx_services_free(struct kx_services *services); /* NULL is fine */
#define KX_SERVICES_FIRST_MS 500

/** Is it to be shown? Asks nobody. */
bool kx_services_shown(struct kx_services *services, enum kx_service_kind kind);

/** @return NULL: there is none. */
struct kx_oozie *kx_services_oozie(struct kx_services *services);
struct kx_yarn *kx_services_yarn(struct kx_services *services);
struct kx_logs *kx_services_logs(struct kx_services *services); /* of containers */
struct kx_jmx *kx_services_jmx(struct kx_services *services);   /* of the NameNode */
struct kx_service *kx_services_get(struct kx_services *services, enum kx_service_kind kind);

const char *kx_services_name(enum kx_service_kind kind); /* "oozie" */

/** A line each: name, URL, "yes" or "no" (it answered the last request), why not; with tabs
 * between. */
void kx_services_tell(struct kx_services *services, GString *out);
