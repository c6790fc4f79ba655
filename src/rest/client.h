/* A client of one WebHDFS service: runs operations of the table in ops.h with login, redirects,
 * retries and deadlines.
 *
 * webhdfs_*.c builds on it; nobody above src/rest needs more of it than new, free and the calls'
 * struct. Threads: any number of threads may use one client. */
#pragma once
#include <glib.h>

#include "base/histogram.h"
#include "base/stats.h"
#include "rest/auth.h"
#include "rest/http.h"
#include "rest/ops.h"
#include "rest/url.h"

struct kx_client;

struct kx_client_config {
    const struct kx_endpoint *endpoint; /* copied; perhaps the first of a list (homes.h) */
    const char *user;                   /* user.name for simple login; copied; NULL: none is sent */
    struct kx_auth *auth; /* another login; borrowed for the client's life; NULL: simple */
    const struct kx_http_settings *settings; /* copied; may be NULL */
    const struct kx_clock *clock; /* borrowed for the client's life, as are log and pool */
    struct kx_log *log;
    struct kx_pool *pool;
    struct kx_stats *stats;   /* borrowed too; NULL: nothing is counted there */
    int timeout_ms;           /* of an operation on names; 0: 30000 */
    int stall_ms;             /* without progress of a body; 0: 60000 */
    int connect_timeout_ms;   /* 0: 5000 */
    int attempts;             /* of one operation, within its time; 0: 4 */
    size_t window_bytes;      /* of each body stream; 0: KX_WINDOW_BYTES */
    struct kx_budget *budget; /* borrowed; of the bytes that wait to be sent. NULL: no limit */
    bool hedge; /* a range whose first byte is late is asked of another DataNode as well */
};

/* What one caller asks for; NULL or zeroed: the client's defaults. Borrowed during the call. */
struct kx_call {
    struct kx_cancel *cancel;
    int timeout_ms; /* 0: the client's */
    int attempts;   /* 0: the client's; 1: never again */
};

int kx_client_new(const struct kx_client_config *config, struct kx_client **out,
                  struct kx_error *err);

/** All streams must be closed. Gives back what a login by ticket was given: some seconds at most.
 */
void kx_client_free(struct kx_client *client);

/** The one that answers, of several; constant. */
const struct kx_endpoint *kx_client_endpoint(const struct kx_client *client);
struct kx_homes;
struct kx_homes *kx_client_homes(const struct kx_client *client); /* borrowed */
const char *kx_client_user(const struct kx_client *client);       /* who it is, as
    far as known; may be NULL */
struct kx_auth *kx_client_auth(struct kx_client *client);         /* borrowed */

/* One operation without a body of file bytes. All members are borrowed during the call. */
struct kx_ask {
    struct kx_client *client;
    enum kx_op op;
    const char *path;
    const char
        *params; /* encoded "&name=value..." by kx_url_append_query on an empty string; or NULL */
    const struct kx_call *call;
    size_t cap; /* bytes of the answer at most; 0: KX_ANSWER_BYTES_MAX */
};
#define KX_ANSWER_BYTES_MAX ((size_t)1024 * 1024) /* most answers have some hundred bytes */

/** Run it. Follows the redirect where the table says so. Repeats as the table and the error allow.
 *  @body owned; the body of a 2xx answer; may be NULL when nobody reads it.
 *  @maybe set (when given) to true when the request was sent at least once without an answer before
 *  this result: the caller of a KX_LOOK operation then looks.
 *  @return 0 or -errno with the cause in err. */
int kx_client_run(const struct kx_ask *ask, GBytes **body, bool *maybe, struct kx_error *err);

/* A range of a file. All members are borrowed during the call. */
struct kx_open {
    const char *path;
    int64_t offset, length; /* in bytes; length > 0 */
    bool direct; /* a DataNode that is known (datanodes.h) may be asked instead of the NameNode */
    size_t window_bytes; /* of what comes before anybody asks for it; 0: the client's */
};

/** OPEN, without the DataNodes that are suspected. When its DataNode fails on the connection, or is
 * silent for half of the operation's time, the next attempt goes without that one. What a DataNode
 * refuses that no redirect has named for this, the NameNode is asked for at once: only that answer
 * counts.
 *  @out a transfer whose head (200) has come; the caller pulls and frees. */
int kx_client_open(struct kx_client *client, const struct kx_open *what, const struct kx_call *call,
                   struct kx_transfer **out, struct kx_error *err);

/* An exchange with a DataNode that failed. All members are borrowed during the call. */
struct kx_broken_step {
    const char *path;           /* of the file */
    int64_t offset;             /* where in the file, in bytes, the exchange began */
    const char *url;            /* the redirect's target */
    const struct kx_error *why; /* how it failed */
    struct kx_cancel *cancel;   /* of the caller; may be NULL */
};

/** When a DataNode failed on the connection (refused, no route, cut, silent): find its transfer
 * name and keep it out of the OPENs, CREATEs and APPENDs of the next KX_SUSPICION_MS. Asks
 * GET_BLOCK_LOCATIONS once, at most 2 s; a server without it (HttpFS), or one that redirects to
 * itself (a gateway), has no suspects.
 *  @return true: the next redirect will name another one, if there is any. */
bool kx_client_suspect(struct kx_client *client, const struct kx_broken_step *step);

/* What an upload begins with. All members are borrowed during the call. */
struct kx_send {
    enum kx_op op; /* KX_CREATE or KX_APPEND */
    const char *path, *params;
    const char *late; /* more of them, only for where a redirect leads to; or NULL */
    int64_t length;   /* of the body, in bytes; -1: not known yet, so it is chunked */
    bool direct; /* a DataNode that is known (datanodes.h) may be asked instead of the NameNode */
};

/** CREATE or APPEND, without the DataNodes that are suspected: @out a transfer that takes the body
 * by kx_transfer_write. Nothing is known yet
 * of whether the server takes it: a DataNode finds every error only after the redirect.
 *  @direct set to whether the NameNode was not asked. A DataNode that cannot be reached so is left
 * at once for what the NameNode says. */
int kx_client_upload(struct kx_client *client, const struct kx_send *send,
                     const struct kx_call *call, struct kx_transfer **out, bool *direct,
                     struct kx_error *err);

/** What hangs on the client, borrowed. */
struct kx_features;
struct kx_features *kx_client_features(struct kx_client *client);
struct kx_datanodes;
struct kx_datanodes *kx_client_datanodes(struct kx_client *client);
struct kx_sums;
struct kx_sums *kx_client_sums(struct kx_client *client);
struct kx_latency;
struct kx_latency *kx_client_latency(struct kx_client *client);
struct kx_http *kx_client_http(const struct kx_client *client);

/* The way to the servers, as far as it has been seen. */
struct kx_distance {
    int64_t answer_us; /* the shortest time that an answer of a server took, from the mount on; 0:
                          none has come */
    bool datanodes;    /* an OPEN leads to servers of its own, not back to a gateway */
};
struct kx_distance kx_client_distance(struct kx_client *client);

/** Is the URL of the origin of one of the client's servers, so that what it knows us by may be
 * shown there? */
bool kx_client_is_home(const struct kx_client *client, const char *url);

struct kx_budget *kx_client_budget(const struct kx_client *client); /* borrowed; may be NULL */
struct kx_log *kx_client_log(const struct kx_client *client);
const struct kx_clock *kx_client_clock(const struct kx_client *client);
int kx_client_timeout_ms(const struct kx_client *client);
int64_t kx_client_stall_ms(const struct kx_client *client);

/** What it was asked for by way of the present server (homes.h) failed: others begin elsewhere. */
void kx_client_leave(struct kx_client *client, const struct kx_error *why);

/** Forget which servers have failed: the next operation tries all of them. */
void kx_client_reconnect(struct kx_client *client);

/** How many requests were sent for an operation, repetitions and the step to a DataNode included.
 */
uint64_t kx_client_sent(struct kx_client *client, enum kx_op op);
/** How long the heads of their answers took to come: of requests that carry no file's bytes. */
void kx_client_answers(struct kx_client *client, enum kx_op op, struct kx_histogram_view *out);
struct kx_stats *kx_client_stats(struct kx_client *client); /* borrowed; may be NULL */

/** The limits of a wait on a body of this client. */
struct kx_limits kx_client_body_limits(const struct kx_client *client, const struct kx_call *call);

/** Judge the head (and error body) of an answer that has come: 0 for 2xx, else -errno with the
 * cause. */
int kx_client_judge(struct kx_client *client, struct kx_transfer *transfer, enum kx_op op,
                    const char *path, const struct kx_limits *limits, struct kx_error *err);

KX_DEFINE_AUTOPTR(kx_client, kx_client_free)
