/* The one error type, from the wire to the top.
 *
 * Every function that can fail returns 0 (or a count) or -errno and, when the caller passes a
 * `struct kx_error`, the cause: what was asked, of which path, what the server answered. Libraries
 * fill it; only programs print it.
 *
 * Threads: a struct kx_error belongs to one thread at a time.  Ownership: every string is owned by
 * the struct. */
#pragma once
#include <glib.h>

struct kx_error {
    int code;         /* errno, positive; 0: no error */
    long http_status; /* 0: the server gave no answer */
    gboolean
        unsent; /* the request cannot have reached a server (no connection): safe to send again */
    char *exception; /* the server's exception without its package ("AccessControlException"), or
                        NULL */
    char *message;   /* one line, for a person */
    char *op;        /* "GETFILESTATUS", or NULL */
    char *path;      /* the path as the user knows it, or NULL */
    char *request;   /* method and URL, secrets redacted, or NULL */
};

#define KX_ERROR_INIT                                                                              \
    {                                                                                              \
        0                                                                                          \
    }

/** Replace what *err holds by `code` (positive errno) and a message.  @return -code, so that
 * `return kx_error_set(...)` reads well.  err may be NULL. */
int kx_error_set(struct kx_error *err, int code, const char *fmt, ...) G_GNUC_PRINTF(3, 4);

/** Put words in front of the message: "cannot publish the upload: " + message.  err may be NULL. */
void kx_error_prefix(struct kx_error *err, const char *fmt, ...) G_GNUC_PRINTF(2, 3);

/** Name the operation and the path unless they are already named: the innermost name is the truest.
 * err may be NULL. */
void kx_error_about(struct kx_error *err, const char *op, const char *path);

/** Free the strings and make it "no error" again.  err may be NULL. */
void kx_error_clear(struct kx_error *err);

/** Make *to an own copy of *from; what *to held is freed. */
void kx_error_copy(struct kx_error *to, const struct kx_error *from);

/** One line for a person: "OP path: message (exception, HTTP status, errno text)"; control
 * characters replaced.
 *  @return owned. */
char *kx_error_format(const struct kx_error *err);

/** `KX_ERROR_AUTO(err);` declares a local error that is cleared at the end of its scope. */
#define KX_ERROR_AUTO(name)                                                                        \
    __attribute__((cleanup(kx_error_clear))) struct kx_error name = KX_ERROR_INIT
