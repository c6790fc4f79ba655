/* The login by Kerberos tickets: a session for each server that is asked, and for WebHDFS without a
 * gateway a delegation token, both renewed before they end.
 *
 * A ticket is shown once a session, by one thread for all; a session or token that is good is used
 * on while another one is got. A server that gives no tokens, or refuses its own, is asked with the
 * session alone. Tokens are as good as the ticket until they end, so they are taken back with the
 * login (kx_tickets_end). A token that one server of a list has given is shown to the others, too:
 * of a pair of NameNodes both know it, and a fail-over needs neither ticket nor KDC. One that does
 * not know it is shown a ticket.
 *
 * Only auth.c uses it. Threads: all functions from any thread. Blocking: kx_tickets_pass and
 * kx_tickets_end may ask the server and a KDC. */
#pragma once
#include "base/log.h"
#include "rest/auth.h"

struct kx_tickets;

struct kx_tickets_config {
    const struct kx_clock *clock; /* borrowed, as is log */
    struct kx_log *log;
    const char *user;               /* who it must be; NULL: whose ticket it is. Copied */
    const char *keytab, *principal; /* NULL: the ticket cache, whoever's it is. Copied */
    const char *program;            /* of kerberos.h. Copied */
};

/** From now on this process holds secrets (kx_secret_guard_process). */
struct kx_tickets *kx_tickets_new(const struct kx_tickets_config *config);
void kx_tickets_free(struct kx_tickets *tickets); /* NULL is fine */

/** The pass for a server.  As kx_auth_pass. */
int kx_tickets_pass(struct kx_tickets *t, struct kx_http *http, const struct kx_place *place,
                    const struct kx_limits *limits, struct kx_pass **out, struct kx_error *err);

/** The server has refused it.  @return whether another one may do better. */
bool kx_tickets_refused(struct kx_tickets *t, const struct kx_pass *pass);

/** Have the delegation tokens cancelled, and forget all sessions. */
void kx_tickets_end(struct kx_tickets *t, struct kx_http *http, const struct kx_limits *limits);

/** Who it is; NULL: not known yet.  @return never freed. */
const char *kx_tickets_user(const struct kx_tickets *t);

/** As kx_auth_state. */
void kx_tickets_state(struct kx_tickets *t, struct kx_auth_state *out);

KX_DEFINE_AUTOPTR(kx_tickets, kx_tickets_free)
