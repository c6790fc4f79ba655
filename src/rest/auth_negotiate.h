/* The requests of a login by ticket: one that gives a session for it, and those about a delegation
 * token. Only auth_ticket.c and auth_token.c use it. Threads: any. Blocking: as the limits say, and
 * a session as kerberos.h says.
 *
 * Measured with Hadoop 3.4.2: the answer to the request with the ticket has the session in its
 * cookie hadoop.auth ("u=alice&p=alice@REALM&t=kerberos&e=MILLISECONDS&s=..."), whose end (10 h;
 * hadoop.http.authentication.token.validity) does not depend on the ticket's. A NameNode that is
 * asked with the session alone makes a new delegation token for each redirect, which is a record in
 * its edit log; asked with a token, it puts that one into the redirect. Knox 2.0.0 does not read
 * signature.secret, which its manual names; without signature.secret.file each of its routes (the
 * root, paths, data) refuses the session of the others, and so does every node of several. */
#pragma once
#include "base/clock.h"
#include "rest/auth_pass.h"
#include "rest/http.h"
#include "rest/kerberos.h"

/* All members are borrowed during a call. */
struct kx_negotiate {
    struct kx_http *http;
    const struct kx_clock *clock;
    const struct kx_kerberos_config *kerberos;
    const char *base; /* of WebHDFS, as in struct kx_endpoint */
    const struct kx_limits *limits;
};

/** Show a ticket once.  What the server says of itself must then be true, if it says anything.
 *  @out owned: a pass with the session, its user and principal.  @until_ms of the ticket.
 *  @return 0; -EACCES: no ticket, or the server refuses it; -errno of the connection. */
int kx_negotiate_session(const struct kx_negotiate *n, struct kx_pass **out, int64_t *until_ms,
                         struct kx_error *err);

/** GET n->base itself with a ticket, of a server that gives more than a session.
 *  @body owned, of a 2xx answer: it may hold a secret.  @session owned, as above; NULL: none is
 * given.
 *  @err not NULL.  @return as above. */
int kx_negotiate_get(const struct kx_negotiate *n, GByteArray **body, struct kx_pass **session,
                     struct kx_error *err);

/** Get a delegation token by the session of a pass, and when it ends.
 *  @out owned.  @return 0; -errno, with the HTTP status 401 when the session is over. */
int kx_negotiate_token(const struct kx_negotiate *n, const struct kx_pass *session,
                       struct kx_pass **out, struct kx_error *err);

/** Have the token of @old live longer, by the session of a pass.  As above. */
int kx_negotiate_renew(const struct kx_negotiate *n, const struct kx_pass *session,
                       const struct kx_pass *old, struct kx_pass **out, struct kx_error *err);

/** Have the token of a pass not be one any more: it says so itself. */
int kx_negotiate_cancel(const struct kx_negotiate *n, const struct kx_pass *pass,
                        struct kx_error *err);
