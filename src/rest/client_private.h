/* What the files client*.c share. Nobody else includes it.
 * Threads: constant after kx_client_new, but for the features, which are atomic, and the homes, the
 * suspects, the DataNodes, the sums and the silence, which have locks of their own. */
#pragma once
#include "rest/client.h"
#include "rest/datanodes.h"
#include "rest/features.h"
#include "rest/homes.h"
#include "rest/latency.h"
#include "rest/silence.h"
#include "rest/suspects.h"

struct kx_client {
    struct kx_client_config config; /* borrowed members only; the copies are below */
    struct kx_homes *homes;
    char *user;
    struct kx_auth *auth, *own_auth; /* own_auth: the simple one that was made here, or NULL */
    struct kx_http *http;
    struct kx_features features;
    struct kx_suspects *suspects;
    struct kx_datanodes *datanodes;
    struct kx_sums *sums;
    struct kx_silence silence;
    struct kx_latency *latency;              /* of the DataNodes that ranges are asked of */
    atomic_uint_least64_t sent[KX_OP_COUNT]; /* requests */
    struct kx_histogram answers[KX_OP_COUNT];
    atomic_int_least64_t answer_us; /* as in struct kx_distance */
    gint away;                      /* atomic: no server has answered, and everybody was told so */
};

/* Everything that stays the same over the attempts of one operation. */
struct kx_operation {
    struct kx_client *client;
    enum kx_op op;
    const char *path, *params, *late;
    const struct kx_extent *range; /* of an OPEN, else NULL */
    int64_t length;                /* of an upload; -1: not known */
    size_t window_bytes;           /* of an OPEN; 0: the client's */
    bool direct; /* a known DataNode may be asked first; then: was asked, and did not fail */
    struct kx_limits limits;
    int half_ms;          /* of the time that it has */
    unsigned home;        /* the server that the present attempt asks (homes.h) */
    bool at_home;         /* the present attempt waits for a server of the list, or failed there */
    bool first;           /* ... for the answer to its first request */
    unsigned passed;      /* servers that were left in this round */
    int round;            /* 1: the first time over all of them */
    bool pauses;          /* before the next attempt */
    bool changing;        /* some server has said that it is not the active one, or not yet */
    struct kx_pass *pass; /* what the present attempt shows; NULL: nothing */
    char *excluded;       /* the DataNodes that the present attempt avoids; NULL: none */
    bool avoidable; /* the present attempt failed at a DataNode that the next one will avoid */
    long retry_after_s;
    bool refused; /* by a DataNode that was asked directly */
    bool second;  /* it is made because another one is late: it ends when the DataNode is asked */
    const char *avoided; /* the transfer name of that one; NULL: not known. Borrowed */
};

/* What is done with the answer of an operation; may be NULL: the head is enough. Its failure counts
 * like one of the head's. */
typedef int (*kx_take_function)(struct kx_operation *o, struct kx_transfer *transfer, void *context,
                                struct kx_error *err);

/** Run the attempts of an operation.  @out, @maybe may be NULL. */
int kx_operation_run(struct kx_operation *o, const struct kx_call *call, kx_take_function take,
                     void *context, struct kx_transfer **out, bool *maybe, struct kx_error *err);

enum kx_step {
    KX_STEP_ASK,  /* of the server that is asked first, whose connections are kept */
    KX_STEP_BODY, /* the request carries the file's bytes */
    KX_STEP_LAST  /* the redirect's target, which closes its connections */
};

/** Send one request and wait for its head; with a body only until it is on its way. */
int kx_operation_send(struct kx_operation *o, const char *url, enum kx_step step,
                      const struct kx_limits *limits, struct kx_transfer **out,
                      struct kx_error *err);

/** Wait for the head of a range that a DataNode was asked for at @url (client_hedge.c). With -o
 * hedge another one is asked as well when it is late.  @transfer replaced by the one that answered
 * first.  @return as kx_transfer_wait_head. */
int kx_operation_wait_head(struct kx_operation *o, const char *url, const struct kx_limits *limits,
                           struct kx_transfer **transfer, struct kx_error *err);

/** An answer of a server has come after so many microseconds (client.c). */
void kx_client_answered(struct kx_client *client, int64_t us);

/** No server of the list has answered. */
void kx_client_away(struct kx_client *client, const struct kx_error *why);

/** One attempt, without repetitions. */
int kx_operation_attempt(struct kx_operation *o, struct kx_transfer **out, struct kx_error *err);

/** How long a DataNode's answer is waited for: one that says nothing to an OPEN leaves time to ask
 * another one. */
struct kx_limits kx_operation_limits(const struct kx_operation *o, const char *url);

/** The request goes to @url now. @first: it is the operation's own, no redirect's. */
void kx_operation_at_home(struct kx_operation *o, const char *url, bool first);

/** The server of this attempt did what it was asked for, or redirected. */
void kx_operation_served(const struct kx_operation *o, bool redirect);

/** The attempt failed.  @return whether the next one will be at another server of the list, because
 * that may do better. */
bool kx_operation_elsewhere(struct kx_operation *o, const struct kx_error *err);

/** How long a server of the list is waited for: one that says nothing leaves time for another. */
struct kx_limits kx_operation_home_limits(const struct kx_operation *o);

/** May there be another attempt? So many rounds over all servers are made; while one of them says
 * that it is not the active one yet, as many as there is time for. Sets o->pauses. */
bool kx_operation_next_try(struct kx_operation *o, bool elsewhere, int rounds);

/** The step to a DataNode failed. */
void kx_operation_suspect(struct kx_operation *o, const char *url, const struct kx_error *err);

/** Ask a DataNode that is known, without asking the NameNode for one.
 *  @return whether its answer's head has come and is good, or (of an upload) the body is on its
 *  way. Nothing is lost otherwise: no byte of a body has left, and the NameNode is to be asked. */
bool kx_operation_direct(struct kx_operation *o, struct kx_transfer **out);

/** The server of the present attempt. */
const struct kx_endpoint *kx_operation_home(const struct kx_operation *o);

/** The range came from `url`: such ones are asked there from now on. */
void kx_operation_remember(const struct kx_operation *o, const char *url);

/** A redirect to `url` has come. */
void kx_operation_learn(const struct kx_operation *o, const char *url);

/** That of a CREATE, to @target. Where createparent=false would not be heeded the folder is looked
 * at: one request more.  @return 0: the bytes may be sent; -ENOENT: there is no folder for it; what
 * else the look says. */
int kx_operation_learn_create(const struct kx_operation *o, const char *target,
                              struct kx_error *err);

/** May what answers at @url be a DataNode whose transfer name the server tells? HttpFS redirects
 * nowhere and a gateway to itself; not every server has GET_BLOCK_LOCATIONS. */
bool kx_client_can_suspect(struct kx_client *client, const char *url);

/** The transfer name of the DataNode at step->url, which excludedatanodes= wants; asks
 * GET_BLOCK_LOCATIONS.  @return owned; NULL: it cannot be known. */
char *kx_client_datanode_name(struct kx_client *client, const struct kx_broken_step *step);
