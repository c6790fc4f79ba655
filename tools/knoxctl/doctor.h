/* What the files of knoxctl doctor share: one look at one server, and the table of its steps.
 * Threads: the main thread only. */
#pragma once
#include <stdbool.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/pool.h"
#include "rest/auth.h"
#include "rest/client.h"
#include "rest/http_probe.h"
#include "tools/knoxctl/ctl.h"

enum kx_step_result { KX_STEP_OK, KX_STEP_FAIL, KX_STEP_NOTHING };

struct kx_doctor {
    const struct kx_options *options;
    const struct kx_secret *typed;
    const char *wanted; /* --write; NULL: not given */
    bool change;        /* not --no-write */
    const struct kx_clock *clock;
    struct kx_log *log;
    struct kx_pool *pool;
    struct kx_http_settings settings; /* borrowed from the options */
    /* found on the way; owned */
    struct kx_endpoint endpoint;
    bool parsed;
    struct kx_probe probe;
    int probed; /* the probe's result */
    struct kx_error probe_error;
    struct kx_auth *auth;
    struct kx_client *client;
    char *folder; /* of HDFS, where a byte is written; NULL: none can be */
    char *file;   /* a file that is read; NULL: none */
    char *target; /* the URL that a redirect leads to; NULL: none */
    char *named;  /* "dn1:9864": as the server named it, before datanode_map */
    bool written; /* `file` is ours */
    int asked;    /* the first request's result, and why */
    struct kx_error asked_error;
    bool several; /* there are other servers in the list */
    bool standby; /* it is one of a pair that has another active one */
    /* of the failure, where the step does not say it: KX_EXIT_DENIED, KX_EXIT_UNREACHABLE; or 0 */
    enum kx_exit status;
    /* of the present step */
    GString *said;   /* what was found */
    GString *remedy; /* what to do; empty: nothing is known */
};

/* A step fills d->said, and d->remedy where it fails. */
struct kx_step {
    const char *name;
    enum kx_step_result (*look)(struct kx_doctor *d);
    enum kx_exit status; /* when it fails, unless d->denied */
    bool anyhow;         /* it is made though an earlier one has failed that is `soft` */
    bool soft;           /* its failure does not end the look */
};

/** Say an error: its words in d->said. @return KX_STEP_FAIL. */
enum kx_step_result kx_step_failed(struct kx_doctor *d, const struct kx_error *err);

/* The steps (doctor_net.c, doctor_hdfs.c). */
enum kx_step_result kx_step_address(struct kx_doctor *d);
enum kx_step_result kx_step_name(struct kx_doctor *d);
enum kx_step_result kx_step_connect(struct kx_doctor *d);
enum kx_step_result kx_step_tls(struct kx_doctor *d);
enum kx_step_result kx_step_datanode(struct kx_doctor *d);
enum kx_step_result kx_step_login(struct kx_doctor *d);
enum kx_step_result kx_step_service(struct kx_doctor *d);
enum kx_step_result kx_step_folder(struct kx_doctor *d);
enum kx_step_result kx_step_redirect(struct kx_doctor *d);
enum kx_step_result kx_step_write(struct kx_doctor *d);
enum kx_step_result kx_step_read(struct kx_doctor *d);

/** What to do about words of a way that ends at a proxy, or before it.  @return NULL: other words.
 */
const char *kx_doctor_way(const char *words);

/** Is a proxy asked, or might one be? */
bool kx_doctor_by_proxy(const struct kx_doctor *d);

/** Remove what was written, and let everything go. */
void kx_doctor_clear(struct kx_doctor *d);
