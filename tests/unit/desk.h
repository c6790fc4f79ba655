/* The login by ticket without Kerberos: a server that gives sessions and tokens for any ticket, and
 * a child that is a script of the test.
 * Threads: the server's own take the desk's mutex. */
#pragma once
#include "fake_clock.h"
#include "rest/auth.h"
#include "rest/webhdfs.h"
#include "server.h"
#include "support.h"

/* The server: gives a session for any ticket, and a token when it has some. */
struct desk {
    GMutex mutex;
    GString *seen; /* "OP what-was-shown\n" of each request */
    const struct fake_clock *clock;
    int64_t session_ms, token_ms; /* their lives */
    bool tokens;                  /* it gives some */
    bool no_prolonging;           /* of tokens */
    bool no_own_tokens;           /* its own are refused */
    bool no_sessions;             /* its own are refused */
    unsigned sessions, given;     /* how many; the last ones only are good */
    const char *proof;            /* what it says of itself to a ticket; NULL: nothing */
    unsigned jwts;                /* given at /token; the last one only is good */
    bool no_cookies;              /* there is no session at /token */
};

struct visit {
    struct desk desk;
    struct server *server;
    struct desk second;           /* of another server */
    struct server *second_server; /* NULL: there is none */
    struct fake_clock clock;
    char *folder, *program;
    struct kx_pool *pool;
    struct kx_auth *auth;
    struct kx_client *client;
    struct kx_error err;
};

int visit_setup(void **state);
int visit_teardown(void **state);

/** What the child does. */
void visit_program(struct visit *v, const char *lines);
#define GOOD "printf 'principal alice@R\\nuntil 2000000000\\ntoken TICKET\\n'"
#define WAIT "; read answer; test \"$answer\" = YES && echo ok || echo error somebody else"

/** @user as in -o user=; NULL: not said. */
void visit_begin(struct visit *v, enum kx_login login, const char *user);

/** The same, as a list of two servers. */
void visit_begin_pair(struct visit *v);

/** By tokens that are given at /token for a ticket. */
void visit_begin_granted(struct visit *v, const char *user);
#define JWT "Bearer h.eyJzdWIiOiJhbGljZSJ9." /* {"sub":"alice"} */

/** The first of two servers is gone. */
void visit_leave_first(struct visit *v);

/** The requests since the last look; of both servers. */
void check_seen(struct visit *v, const char *seen);

/** A question; @seen the requests that it took. */
void check_ask(struct visit *v, int expected, const char *seen);

#define ASK    "GETFILESTATUS "
#define TICKET "GETHOMEDIRECTORY Negotiate TICKET\n"

#define test(function) cmocka_unit_test_setup_teardown(function, visit_setup, visit_teardown)
