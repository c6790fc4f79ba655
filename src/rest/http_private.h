/* What the engine (http.c), its transfers (http_transfer.c) and curl's callbacks (http_callbacks.c)
 * share. Nobody else includes it.
 *
 * Locks: kx_http.mutex guards the queue of commands; kx_transfer.mutex guards a transfer's state.
 * Neither is taken while the other is held, and curl is called with neither.  curl handles in the
 * engine's multi are touched by its thread only, those of transfers of callers by the caller's. */
#pragma once
#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/secret.h"
#include "rest/chunked.h"
#include "rest/http.h"

#define KX_SHARED_LOCKS 8 /* at least as many as curl_lock_data has */

struct kx_http {
    struct kx_http_config config;
    char *user_agent;
    CURLM *multi;
    GThread *thread;
    GMutex mutex;
    GQueue commands; /* of struct kx_transfer, each at most once */
    GCond released;  /* a transfer's `released` was set */
    gboolean stopping;
    struct kx_http_settings settings;
    GMutex spares_mutex;     /* a leaf; guards the next two */
    GQueue spares;           /* connections in advance (http_spare.c) */
    int64_t swept_ms;        /* when the old ones of them were looked for last */
    GQueue multis;           /* handles for transfers of callers (http_caller.c); by `mutex` */
    GMutex record_mutex;     /* a leaf but for the sink's own; guards the next two */
    kx_exchange_sink record; /* NULL: nothing is recorded */
    void *record_context;
    CURLSH *plain, *session;        /* what transfers share; only `session` has cookies */
    GMutex shared[KX_SHARED_LOCKS]; /* of the shares, by the kind of data */
};

struct kx_header {
    char *name, *value;
};

/* A queue of blocks, with how many bytes are in it. */
struct kx_block_queue {
    struct kx_block *head, *tail;
    size_t bytes;
};

/* A certificate that is not trusted. */
struct kx_verified {
    long why;   /* X509_V_ERR_...; 0: it is, or was not looked at */
    bool proxy; /* the proxy's, not the server's */
};

struct kx_transfer {
    struct kx_http *http;
    CURL *easy;
    CURLM *multi; /* its own, when the caller moves its bytes (http_caller.c); NULL: the engine's */
    char *url;
    struct curl_slist *headers_out;
    size_t window_bytes;
    gboolean once;
    /* of http_salvage.c; the engine's thread's own */
    int second_fd;    /* of the socket of an upload, or -1 */
    GByteArray *left; /* what was not read, when sending has failed; or NULL */
    /* of http_spare.c, of the thread that moves its bytes */
    char *server;         /* "dn1:9864", where connections are made in advance; or NULL */
    gboolean spare_tried; /* the first socket was asked for */
    int spare_fd;         /* that was connected in advance and is used, or -1 */
    struct sockaddr_storage peer;
    socklen_t peer_length; /* 0: not known yet */
    /* of http_socket.c, of the caller */
    gboolean socket_may;   /* not decided yet */
    int socket_fd;         /* libcurl's */
    void *socket_tls;      /* its session of TLS (http_tls.h), or NULL */
    int socket_wake;       /* eventfd that ends a wait, or -1; guarded by mutex */
    gboolean socket_taken; /* libcurl receives no more */
    int64_t socket_left;   /* then: of the body; in chunks: it is not known */
    /* of http_chunks.c; of the caller, by mutex where blocks are queued */
    gboolean chunks_may;           /* libcurl gives chunks as they are, if it is in chunks */
    gboolean chunked;              /* it is */
    struct kx_chunked chunks;      /* of a chunked one */
    struct kx_record_note *record; /* the caller's; NULL: it is not recorded */
    char curl_words[CURL_ERROR_SIZE];
    struct kx_verified verified;

    GMutex mutex;
    GCond changed;
    /* commands to the engine; guarded by http->mutex */
    gboolean queued, want_add, want_kick, want_remove;
    gboolean released; /* the engine will never touch it again; guarded by http->mutex */
    /* guarded by mutex */
    gboolean attached; /* the engine has it in the multi handle */
    gboolean ended;    /* the exchange is over, `result` tells how */
    CURLcode result;
    gboolean head_complete;
    gboolean head_bad; /* too many or too long headers */
    long status;
    GArray *headers_in; /* of struct kx_header */
    struct kx_block_queue in, out;
    size_t want;       /* bytes the puller waits for; 0: nobody waits */
    size_t offered;    /* bytes that the writer waits to queue; 0: it does not */
    const char *lent;  /* the writer's own bytes, which it waits for to be taken; or NULL */
    size_t lent_bytes; /* ... so many are left */
    size_t charged;    /* to the budget, for curl's buffer */
    size_t out_offset; /* bytes of out.head that were sent */
    gboolean out_complete;
    gboolean in_paused, out_paused; /* curl was told to rest, and no kick is on its way */
    gboolean kicked;                /* an unpause is on its way to the engine */
    gboolean wanted;                /* curl asked for the first bytes of the body */
    gboolean sent;                  /* the connection was made: the request may have arrived */
    char address[INET6_ADDRSTRLEN]; /* ... to here; constant then */
    int64_t body_bytes;             /* that have come */
    int64_t moved_bytes;            /* in both directions: is there progress? */
};

/** Hand a transfer to the engine's thread with one more wish. */
enum kx_wish { KX_WISH_ADD, KX_WISH_KICK, KX_WISH_REMOVE };
void kx_http_wish(struct kx_http *http, struct kx_transfer *transfer, enum kx_wish wish);

/** Have the engine let go of a transfer, and wait until it has. */
void kx_http_leave(struct kx_transfer *transfer);

/* The state that a wait is for. */
typedef gboolean (*kx_ready_function)(const struct kx_transfer *transfer);

/** Wait until ready. Called and left with the mutex held.  @return 0 or -errno. */
int kx_transfer_wait(struct kx_transfer *transfer, kx_ready_function ready,
                     const struct kx_limits *limits, struct kx_error *err);

/** Ask the engine to go on; mutex held on entry and exit, free in between. */
void kx_transfer_kick(struct kx_transfer *transfer);

/** Bytes of the body for curl (http_send.c); and what of them was not sent goes, at the end. */
size_t kx_callback_send(char *room, size_t size, size_t count, void *context);
void kx_send_clear(struct kx_transfer *transfer);

/** Set curl's callbacks on an easy handle. */
void kx_callbacks_install(struct kx_transfer *transfer);

/** What all transfers share (http_setup.c): made and freed with the engine, set on each transfer.
 */
int kx_http_setup(struct kx_http *http, const struct kx_http_settings *settings,
                  struct kx_error *err);
void kx_http_unset(struct kx_http *http);
void kx_setup_install(struct kx_transfer *transfer, const struct kx_http_request *request);

/** Is there a proxy, or might there be one by the environment? */
bool kx_http_is_proxied(const struct kx_http *http);

/** How servers are reached and known, set on one handle. */
void kx_setup_servers(CURL *easy, const struct kx_http_settings *settings);

/** One line of a head, as libcurl calls it.  @return length, or 0 to refuse it. */
size_t kx_callback_header(const char *line, size_t length, struct kx_transfer *transfer);

/** Recording (http_record.c): at the start; bytes of the answer that the caller has collected; when
 * the engine has let go of it. */
void kx_record_begin(struct kx_transfer *transfer, const struct kx_http_request *request);
void kx_record_body(struct kx_transfer *transfer, const char *data, size_t length);
void kx_record_end(struct kx_transfer *transfer);

/** Salvaging the answer to an upload that libcurl gave up (http_salvage.c): before the start, when
 * the transfer ends (@return the result that it shall have), and when libcurl has let go of the
 * socket. */
void kx_salvage_install(struct kx_transfer *transfer, const struct kx_http_request *request);
CURLcode kx_salvage_try(struct kx_transfer *transfer, CURLcode result);
void kx_salvage_drop(struct kx_transfer *transfer);

/** Transfers of callers (http_caller.c): instead of giving it to the engine; move what can be
 * moved, or wait until something can, for so long at most; have that wait end (any thread); at the
 * end of the transfer; at the end. Mutex not held. */
int kx_caller_begin(struct kx_transfer *transfer, struct kx_error *err);
void kx_caller_move(struct kx_transfer *transfer, int64_t patience_ms);
void kx_caller_wake(struct kx_transfer *transfer);
void kx_caller_end(struct kx_transfer *transfer);
void kx_callers_clear(struct kx_http *http);

/** Bodies taken from the socket itself (http_socket.c): before the start; may they be from now on
 * (@return true: by kx_socket_move, and libcurl must not be called)?; take what is there (@return
 * whether something was, or all is over); wait for more; have that wait end (any thread); at the
 * end of the transfer. Mutex not held. */
void kx_socket_install(struct kx_transfer *transfer, const struct kx_http_request *request);
bool kx_socket_begin(struct kx_transfer *transfer);
bool kx_socket_move(struct kx_transfer *transfer);
void kx_socket_wait(struct kx_transfer *transfer, int64_t ms);
void kx_socket_wake(struct kx_transfer *transfer);
void kx_socket_drop(struct kx_transfer *transfer);

/** Bodies in chunks that libcurl does not decode (http_chunks.c): before the start, for who takes
 * the socket; when the head has come (mutex held); bytes of the connection, whose payload is queued
 * (mutex held; @return how many bytes that is; what is wrong with them shows in the result); the
 * result that the transfer shall have when it ends. */
void kx_chunks_install(struct kx_transfer *transfer);
void kx_chunks_head(struct kx_transfer *transfer);
size_t kx_chunks_append(struct kx_transfer *transfer, const char *data, size_t length);
CURLcode kx_chunks_end(struct kx_transfer *transfer, CURLcode result);

/** Connections in advance (http_spare.c): before the start; when the connection stands; when it
 * ends (@return true: a spare was dead, and the request is to be sent once more); now and then; at
 * the end. */
#define KX_SPARES_EACH 2
#define KX_SPARES_MAX  32
#define KX_SPARE_MS    20000
void kx_spare_install(struct kx_transfer *transfer, const struct kx_http_request *request);
void kx_spare_connected(struct kx_transfer *transfer, const char *address, int port);
bool kx_spare_failed(struct kx_transfer *transfer, CURLcode result);
void kx_spares_sweep(struct kx_http *http);
void kx_spares_clear(struct kx_http *http);

/** Queue operations; the caller holds the transfer's mutex (or is alone). */
void kx_block_queue_append(struct kx_block_queue *queue, struct kx_pool *pool, const char *data,
                           size_t length);
struct kx_block *kx_block_queue_take(struct kx_block_queue *queue);
void kx_block_queue_clear(struct kx_block_queue *queue);

/** What is wrong with the certificate that a connection was refused for, when there is one. */
struct kx_verified kx_verified_of(CURL *easy);

/** From curl's result (@words: curl's own) to an error.  @return -errno. */
int kx_curl_failure(CURLcode result, struct kx_verified verified, const char *words,
                    struct kx_error *err);

/** Turn the result of an ended transfer into an error. */
int kx_transfer_failure(const struct kx_transfer *transfer, struct kx_error *err);
