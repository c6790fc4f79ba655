/* A pass: what one request shows to be let in, made from what a source says.
 *
 * Only auth*.c and the client use it. Threads: constant but for what is atomic, and counted. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/log.h"
#include "base/secret.h"

/* How a client proves who it is. */
enum kx_login {
    KX_LOGIN_SIMPLE,     /* user.name= in the query: it says who it is, and is believed */
    KX_LOGIN_BASIC,      /* Authorization: Basic, of "USER:PASSWORD" */
    KX_LOGIN_BEARER,     /* Authorization: Bearer, of a token (a JWT of Knox) */
    KX_LOGIN_DELEGATION, /* delegation= in the query: a token of HDFS */
    KX_LOGIN_NEGOTIATE   /* a Kerberos ticket, for which the server gives a session: Cookie, and
                            perhaps delegation= beside it */
};

struct kx_pass {
    gint references; /* atomic */
    gint accepted;   /* atomic: a server has let somebody in with it */
    enum kx_login login;
    unsigned number;          /* counts the passes of a login, from 1 */
    char *user;               /* owned; NULL: not known */
    struct kx_secret *header; /* owned; "Authorization: ..." or "Cookie: ..."; NULL: none */
    struct kx_secret *value;  /* owned; of delegation=; NULL: none */
    int64_t expires_ms;       /* wall clock; 0: not known */
    /* of NEGOTIATE */
    bool lent;          /* its token is another server's, which may not be known */
    char *principal;    /* owned; whose ticket it was: "alice@REALM" */
    int64_t session_ms; /* wall clock: until when the header is good; 0: not known */
};

/** @line "USER:PASSWORD" (the first colon splits), a token or cookies, as the login wants; NULL for
 * simple.
 *  @user who it is when the line does not tell; may be NULL.
 *  @return 0; -EINVAL: it is none, with the reason (never a part of it).  @out owned: unref. */
int kx_pass_new(enum kx_login login, const struct kx_secret *line, const char *user,
                struct kx_pass **out, struct kx_error *err);

/** A copy, with a delegation token in it.  @value consumed.  @return owned. */
struct kx_pass *kx_pass_with(const struct kx_pass *pass, struct kx_secret *value,
                             int64_t expires_ms);

/** A copy for another server, with the session of that server's own pass; NULL: it has none.
 *  @return owned. */
struct kx_pass *kx_pass_lent(const struct kx_pass *pass, const struct kx_pass *session);
struct kx_pass *kx_pass_ref(struct kx_pass *pass);
void kx_pass_unref(struct kx_pass *pass); /* NULL is fine */

/** When it is to be renewed: after three quarters of the life that it has from now on.
 *  @now_ms wall clock, as is the result.  @return INT64_MAX: not known, or never. */
int64_t kx_pass_due_ms(const struct kx_pass *pass, int64_t now_ms);

/** Tell the log, and who looks out for events, that this is what is shown from now on. */
void kx_pass_tell(const struct kx_pass *pass, struct kx_log *log);

/** "simple", "basic", "bearer", "delegation", "negotiate". */
const char *kx_login_name(enum kx_login login);

/** "Basic realm=...", which a server offers with a 401 -> what could be tried.  @offered may be
 * NULL. */
const char *kx_login_advice(const char *offered);

KX_DEFINE_AUTOPTR(kx_pass, kx_pass_unref)
