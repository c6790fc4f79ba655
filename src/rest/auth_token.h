/* Getting tokens from Knox's knoxtoken service, by a password or by a Kerberos ticket. Only auth.c
 * uses it. Threads: any. Blocking: as the limits say, and a ticket as kerberos.h says. */
#pragma once
#include "base/clock.h"
#include "rest/auth_pass.h"
#include "rest/http.h"
#include "rest/kerberos.h"

/* All members are borrowed during a call. */
struct kx_token_ask {
    struct kx_http *http;
    const struct kx_clock *clock;
    const char *url;
    const struct kx_limits *limits;
    const struct kx_kerberos_config *kerberos; /* NULL: by a password */
    const char *user; /* by a ticket: whose token it must be; NULL: anybody's */
};

/** Ask the URL for a token; no redirect. A password is shown in one request. By ticket, the session
 * that an earlier one has brought is shown as long as the server takes it, else a ticket.
 *  @with the password, or the session; NULL: there is none yet.
 *  @out owned: a BEARER pass that knows when it ends.
 *  @session owned: the one that the ticket has brought, for the next time; NULL: none was got.
 *  @return 0; -EACCES: refused, or no ticket; -errno with the URL in the reason. */
int kx_token_get(const struct kx_token_ask *ask, const struct kx_pass *with, struct kx_pass **out,
                 struct kx_pass **session, struct kx_error *err);
