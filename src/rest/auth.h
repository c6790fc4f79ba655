/* The login of a client: who it is, what its requests show, and what is done when that is refused
 * or about to end.
 *
 * Main makes one from the options and lends it to the client (client.h), which asks it before each
 * attempt. Credentials are shown to the origin of the endpoint only (and to that of `token_url`):
 * a redirect elsewhere carries what the server put into it, and nothing of ours.
 *
 * Threads: all functions from any thread. Blocking: kx_auth_pass and kx_auth_refused may read a
 * file, run a command or ask for a new token, within the limits; others wait for the same one. */
#pragma once
#include <stdbool.h>

#include "base/clock.h"
#include "base/log.h"
#include "rest/auth_pass.h"
#include "rest/auth_source.h"
#include "rest/http.h"
#include "rest/url.h"

struct kx_auth;

struct kx_auth_config {
    const struct kx_clock *clock; /* borrowed for the life of the login, as is log */
    struct kx_log *log;
    const char *user; /* copied, as are the strings below; of simple login, or who it is when a
                         token does not tell */
    enum kx_login login;
    enum kx_source_kind source;
    const char *where;             /* of the source */
    const struct kx_secret *typed; /* borrowed: of KX_SOURCE_TYPED */
    const char *token_url; /* BEARER: the source's USER:PASSWORD is shown there, which gives tokens
                              (Knox's knoxtoken service), and without a source a Kerberos ticket;
                              NULL: the source has the token itself */
    bool tickets; /* SIMPLE: a server that wants a Kerberos ticket is shown one, if there is one */
    /* of tickets; borrowed for the life of the login */
    const char *keytab, *principal; /* NULL: the ticket cache, whoever's it is */
    const char *ticket_user;        /* whom the server must take it for; NULL: anybody */
    const char *ticket_program;     /* as in kerberos.h; NULL outside of tests */
};

/* What is asked: by tickets, each server has a pass of its own. */
struct kx_place {
    const char *base; /* of its WebHDFS, as in struct kx_endpoint */
    bool tokens;      /* delegation tokens mean something there: it is no gateway */
};

/** Read the source for the first time.  @host of the endpoint, for a netrc.
 *  @return 0; -errno: the source cannot be read or says nothing that is a login. */
int kx_auth_new(const struct kx_auth_config *config, const char *host, struct kx_auth **out,
                struct kx_error *err);
void kx_auth_free(struct kx_auth *auth); /* NULL is fine */

/** The pass for an attempt at requests by this engine.  A source that has changed is read again; a
 * token is got when there is none, and renewed by one of the callers after three quarters of its
 * life. After a refusal the server is left alone for KX_REFUSED_MS, so that no account is locked
 * by the repetition of a wrong password.
 *  @out owned.  @return 0; -EACCES: refused a moment ago; -errno. */
int kx_auth_pass(struct kx_auth *auth, struct kx_http *http, const struct kx_place *place,
                 const struct kx_limits *limits, struct kx_pass **out, struct kx_error *err);
#define KX_REFUSED_MS 5000

/** Is it the login that a request failed by? 401; of a delegation token, whatever the server says
 * about an invalid one (NameNodes say 403). */
bool kx_auth_is_refusal(const struct kx_pass *pass, const struct kx_error *err);

/** The server has answered so to a request with this pass.
 *  @return whether it is worth while to ask once more with another one: the source has changed or
 * was asked again, a token was renewed, or a session may have ended. */
bool kx_auth_refused(struct kx_auth *auth, struct kx_http *http, struct kx_pass *pass,
                     const struct kx_limits *limits);

/** Put into words what a 401 means here.  @offered the header WWW-Authenticate; may be NULL. When a
 * ticket is wanted and may be shown, the next pass is one for a ticket. */
void kx_auth_explain(struct kx_auth *auth, const char *offered, struct kx_error *err);

/** The client is about to go: what the server gave for the login is given back, where that is
 * possible. */
void kx_auth_end(struct kx_auth *auth, struct kx_http *http, const struct kx_limits *limits);

/** Does a request only say who it is? */
bool kx_auth_is_simple(const struct kx_auth *auth);

/** Is it by Kerberos tickets, or has become so? */
bool kx_auth_has_tickets(struct kx_auth *auth);

/** Who it is.  @return owned; NULL: not known. */
char *kx_auth_user(struct kx_auth *auth);

/** Who the ticket has shown to be us.  @return never freed; NULL: no ticket, or not yet. */
const char *kx_auth_ticket_user(struct kx_auth *auth);

/* What may be shown of it: never a secret. */
struct kx_auth_state {
    const char *login;
    char *source;       /* owned */
    char *user;         /* owned; may be NULL */
    int64_t expires_ms; /* wall clock; 0: not known or never */
    unsigned renewals;  /* passes after the first one */
    char *principal;    /* owned; of a ticket; NULL: not known */
    bool token;         /* a delegation token is used, which is what expires */
    int64_t ticket_ms;  /* wall clock: until when the ticket is good; 0: not known */
};
void kx_auth_state(struct kx_auth *auth, struct kx_auth_state *out);
void kx_auth_state_clear(struct kx_auth_state *state);

KX_DEFINE_AUTOPTR(kx_auth, kx_auth_free)
