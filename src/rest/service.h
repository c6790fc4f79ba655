/* A client of a service beside HDFS that speaks plain HTTP: Oozie, YARN, job history.
 *
 * It uses the engine, the user and the deadlines of the mount's WebHDFS client, and has its own
 * idea of what may be repeated: a GET when nothing came back, anything else only when it cannot
 * have reached the server (no connection). At most KX_SERVICE_BUSY_MAX requests are in flight to
 * one service; who comes then waits.
 *
 * A service at the mount's own origin is asked where the mount's files are: at the node of the
 * gateway that answers (homes.h).
 *
 * No redirect is followed. Who we are is said as to HDFS: user.name with the simple login,
 * otherwise the login's header, but only to the origin of the mount itself (a gateway's other
 * services). A service that cannot be reached is not asked for KX_SERVICE_AWAY_MS: the error is the
 * one that was found. One that was silent until a deadline is silent to all questions for a moment
 * (silence.h).
 *
 * Threads: any number may use one service. */
#pragma once
#include <stdbool.h>

#include "rest/client.h"

#define KX_SERVICE_BUSY_MAX 8
#define KX_SERVICE_AWAY_MS  2000

struct kx_service;

struct kx_service_config {
    const char *name;         /* "Oozie", for the reasons of errors; a constant */
    const char *base;         /* "http://host:11000/oozie", without a slash at its end; copied */
    struct kx_client *client; /* borrowed for the service's life */
    bool hdfs;                /* it is the client's own WebHDFS: delegation tokens are for it */
    /* Where an answer's headers have the code and the words of an error, and what errno a code is
     * (0: as the status says). NULL: they have not. */
    const char *code_header, *message_header;
    int (*code_errno)(const char *code, const char *message);
};

struct kx_service *kx_service_new(const struct kx_service_config *config); /* owned */
void kx_service_free(struct kx_service *service);                          /* NULL is fine */
const char *kx_service_base(const struct kx_service *service);
struct kx_client *kx_service_client(const struct kx_service *service);

/** How the last request ended.  @return owned; NULL: it was answered, or there was none. */
char *kx_service_failure(struct kx_service *service);

/** How many requests were sent, repetitions included. */
uint64_t kx_service_sent(struct kx_service *service);

/* One request. All members are borrowed during the call. */
struct kx_service_ask {
    const char *method;         /* NULL: GET */
    const char *path;           /* below the base, encoded: "/v2/job/0-W" */
    const char *params;         /* encoded "&name=value..." or NULL */
    const char *type;           /* of the body; NULL: there is none */
    const char *body;           /* text */
    const struct kx_call *call; /* NULL: the client's defaults */
    const char *header;         /* of the answer, one that is wanted besides; NULL: none */
    char **header_value;        /* owned; NULL: the answer has it not */
    size_t cap;                 /* bytes of the answer at most; 0: KX_SERVICE_BYTES_MAX */
    bool sent_maybe;            /* out: it was sent, and no answer came, but perhaps a gateway's own
                                   that it has waited in vain (Knox: 500 after 20 s) */
};
#define KX_SERVICE_BYTES_MAX ((size_t)16 * 1024 * 1024)

/** Ask, and take a 2xx answer's body.
 *  @body owned; may be NULL when nobody reads it.
 *  @return 0; -errno: what the service says (err->exception is its code, err->http_status its
 * status), -EMSGSIZE: more than `cap`, or what the connection says. */
int kx_service_run(struct kx_service *service, struct kx_service_ask *ask, GBytes **body,
                   struct kx_error *err);

/** As kx_service_run with GET, parsed. */
struct kx_answer;
int kx_service_get(struct kx_service *service, const char *path, const char *params,
                   const struct kx_call *call, struct kx_answer **out, struct kx_error *err);

KX_DEFINE_AUTOPTR(kx_service, kx_service_free)
