/* The HTTP engine: one thread, one curl multi handle, any number of transfers with flow-controlled
 * bodies both ways; and transfers that need no thread, as their callers move the bytes.
 *
 * A transfer is one exchange with one server: no redirect is followed, nothing is repeated, nothing
 * is known of WebHDFS here. Bytes that a caller does not take stay in the socket: a response body
 * waits in at most `window_bytes` of blocks and then the socket is not read; a request body waits
 * in at most `window_bytes`, and in what the budget has, and then kx_transfer_write blocks. Memory
 * is bounded, and TCP carries the back-pressure to the server (which tolerates a pause of 90 s and
 * more: measured, Hadoop 3.4.2).
 *
 * Threads: kx_http_* and kx_transfer_start from any thread; one transfer is used by one thread at a
 * time. Blocking: every function that takes a `struct kx_limits` may block, and returns -EINTR the
 * cancel was fired -ETIMEDOUT  the deadline passed, or for stall_ms less than
 * KX_LOW_SPEED_BYTES_PER_S moved while the caller waited The time a transfer rests because nobody
 * asks for its bytes is never counted. Errors of the connection: -EHOSTUNREACH (no such host, no
 * route), -EHOSTDOWN (refused, or no answer to connect in time), -EPROTO (TLS, not HTTP), -EIO (cut
 * in the middle); err->unsent says whether the request can have reached the server. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/budget.h"
#include "base/cancel.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/pool.h"
#include "base/stats.h"

struct kx_http;
struct kx_transfer;

#define KX_LOW_SPEED_BYTES_PER_S                                                                   \
    1024 /* a server that drips slower than this for stall_ms counts as silent */
#define KX_HEADERS_MAX      64    /* response headers kept; more is -EPROTO */
#define KX_HEADER_BYTES_MAX 16384 /* of one response header line; longer is -EPROTO */

/* How servers are reached and known; NULL and zero: as libcurl does, certificates verified by the
 * system's authorities. */
struct kx_http_settings {
    const char *cacert;     /* PEM file of the only authorities that count */
    const char *pin;        /* "sha256//BASE64" of the server's public key; several with ';' */
    const char *cert, *key; /* PEM files of the client's own certificate; NULL key: in `cert` */
    const char *proxy;    /* URL of a proxy (http, https, socks4, socks4a, socks5, socks5h) for all
                             requests; "": none; NULL: the environment decides */
    const char *no_proxy; /* hosts without it, commas between */
    bool insecure_tls;    /* certificates are not looked at */
};

struct kx_http_config {
    const struct kx_clock *clock; /* borrowed for the engine's life, as are log and pool */
    struct kx_log *log;
    struct kx_pool *pool;
    struct kx_stats *stats;                  /* may be NULL */
    struct kx_budget *budget;                /* borrowed; of what waits to be sent. NULL: none */
    const char *user_agent;                  /* copied */
    long connect_timeout_ms;                 /* 0: 5000 */
    const struct kx_http_settings *settings; /* copied; may be NULL */
};

struct kx_http_request {
    const char *method;         /* borrowed for the call of kx_transfer_start, as are all members */
    const char *url;            /* absolute and encoded */
    const char *const *headers; /* "Name: value", NULL-terminated; or NULL */
    bool upload; /* a body follows by kx_transfer_write and kx_transfer_end_body; else there is none
                  */
    bool sized;  /* of exactly body_bytes; else it is chunked */
    int64_t body_bytes;
    bool once;  /* never sent twice: libcurl repeats a request by itself when a kept connection is
                   cut   without an answer, though the server may have obeyed */
    bool spare; /* others like it will follow to a server that closes its connections: some
                   are made in advance, and one of them is used. Without a body only */
    bool by_caller; /* the thread that waits moves the bytes, and nothing moves while nobody waits:
                       without a body, to a server that closes its connections. What nobody asks
                       for stays in the socket; what comes beside it, in the window */
    size_t window_bytes; /* 0: KX_WINDOW_BYTES */
    bool session; /* the cookies that servers have given to such requests are sent back to them */
    bool expect;  /* of an upload: the body waits until the server says that it wants it (100
                     Continue), or for KX_EXPECT_MS */
};
#define KX_EXPECT_MS    5000L
#define KX_WINDOW_BYTES ((size_t)1024 * 1024)

/* How long a caller is willing to wait. */
struct kx_limits {
    struct kx_cancel *cancel; /* borrowed; may be NULL */
    int64_t deadline_ms;      /* on the engine's monotonic clock; 0: none */
    int64_t stall_ms;         /* 0: none */
};

int kx_http_new(const struct kx_http_config *config, struct kx_http **out, struct kx_error *err);

/** All transfers must have been freed. Ends the thread; closes all connections. */
void kx_http_free(struct kx_http *http);

/* Takes one exchange as text, in the form of tests/fixtures/webhdfs: the request, the head of the
 * answer and its body, with secrets taken out. Left out are headers of the request, bodies of
 * requests, of files, of tokens, and what is no text or longer than 1 MiB. May block. */
typedef void (*kx_exchange_sink)(void *context, const char *text, size_t length);

/** Give each exchange that begins from now on to this sink when it is over; NULL: to none any more,
 * and none is running in it. One at a time, under a lock: it must send nothing itself. */
void kx_http_record(struct kx_http *http, kx_exchange_sink sink, void *context);

/** Forget the cookies of all requests with `session`.  @return whether there were any. */
bool kx_http_forget_session(struct kx_http *http);

/** Give the transfer to the engine and return at once. @out owned. Fails only for what no server
 * sees (-EINVAL: a URL that is none, -ENOMEM). */
int kx_transfer_start(struct kx_http *http, const struct kx_http_request *request,
                      struct kx_transfer **out, struct kx_error *err);

/** Queue bytes of the request's body (copied); blocks while the window is full, or the budget's
 * memory is used up: then until they are sent.
 *  A piece of at most window_bytes is queued whole or, on an error, not at all.
 *  @return 0 when all of it is queued; -EPIPE when the server has answered already
 * (kx_transfer_wait_head tells what), the connection's error, -EINTR, -ETIMEDOUT. */
int kx_transfer_write(struct kx_transfer *transfer, const void *data, size_t length,
                      const struct kx_limits *limits, struct kx_error *err);

/** No more body bytes will come. */
void kx_transfer_end_body(struct kx_transfer *transfer);

/** Wait until the connection stands and the request is going out.  @return 0, or the connection's
 * error with err->unsent. */
int kx_transfer_wait_sent(struct kx_transfer *transfer, const struct kx_limits *limits,
                          struct kx_error *err);

/** For a request with `expect`: wait until the body is wanted, or the server has answered without
 * it (kx_transfer_answered).  @return 0, or the connection's error with err->unsent. */
int kx_transfer_wait_wanted(struct kx_transfer *transfer, const struct kx_limits *limits,
                            struct kx_error *err);

/** Has the final response's head come? */
bool kx_transfer_answered(struct kx_transfer *transfer);

/** Wait for the final response's head (1xx skipped).  @return 0, then status and headers may be
 * asked. */
int kx_transfer_wait_head(struct kx_transfer *transfer, const struct kx_limits *limits,
                          struct kx_error *err);

/** After kx_transfer_wait_head gave 0: the IP address that it was sent to.  @return borrowed for
 * the transfer's life; NULL: a proxy knows. */
const char *kx_transfer_address(const struct kx_transfer *transfer);

/** Where it was sent. @return borrowed for the transfer's life; it may carry a secret. */
const char *kx_transfer_url(const struct kx_transfer *transfer);

/** After kx_transfer_wait_head gave 0. The header's value is borrowed, NULL when absent; names in
 * any case; the first of several. */
long kx_transfer_status(const struct kx_transfer *transfer);
const char *kx_transfer_header(const struct kx_transfer *transfer, const char *name);
const char *kx_transfer_header_at(const struct kx_transfer *transfer, const char *name,
                                  unsigned number); /* of several; from 0 */

/** Take the next bytes of the response's body: waits until `want` of them, the rest or a full
 * window have come.
 *  @out owned block, at least 1 byte, possibly more than `want` or less when a block ends: what has
 * come beside it is there for the next calls, which do not wait.
 *  @return 1: a block; 0: the body has ended as its framing says it should; -errno. */
int kx_transfer_pull(struct kx_transfer *transfer, size_t want, const struct kx_limits *limits,
                     struct kx_block **out, struct kx_error *err);

/** Take of the bytes that have come without waiting for any, as when a pull has waited too long for
 * more of them.  @return owned block; NULL: there are none. */
struct kx_block *kx_transfer_take(struct kx_transfer *transfer);

/** Change how many bytes of the response's body may wait here, from now on. What waits already
 * stays. */
void kx_transfer_set_window(struct kx_transfer *transfer, size_t bytes);

/** Take the whole rest of the body. @return 0; -EMSGSIZE when it is longer than `cap` bytes;
 * -errno.  @out appended to. */
int kx_transfer_collect(struct kx_transfer *transfer, size_t cap, const struct kx_limits *limits,
                        GByteArray *out, struct kx_error *err);

/** Drop it: an unfinished exchange is cut (its connection is closed). Waits for the engine to let
 * go of it. NULL is fine. */
void kx_transfer_free(struct kx_transfer *transfer);

KX_DEFINE_AUTOPTR(kx_http, kx_http_free)
KX_DEFINE_AUTOPTR(kx_transfer, kx_transfer_free)
