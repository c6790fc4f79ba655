/* A pass: what one request shows to be let in, made from what a source says.
 *
 * Only auth*.c and the client use it. Threads: constant but for what is atomic, and counted. */
#pragma once
#include <glib.h>
#include <stdint.h>

#include "base/error.h"
#include "base/secret.h"

/* How a client proves who it is. */
enum kx_login {
    KX_LOGIN_SIMPLE,    /* user.name= in the query: it says who it is, and is believed */
    KX_LOGIN_BASIC,     /* Authorization: Basic, of "USER:PASSWORD" */
    KX_LOGIN_BEARER,    /* Authorization: Bearer, of a token (a JWT of Knox) */
    KX_LOGIN_DELEGATION /* delegation= in the query: a token of HDFS */
};

struct kx_pass {
    gint references; /* atomic */
    gint accepted;   /* atomic: a server has let somebody in with it */
    enum kx_login login;
    unsigned number;          /* counts the passes of a login, from 1 */
    char *user;               /* owned; NULL: not known */
    struct kx_secret *header; /* owned; "Authorization: ..."; NULL: none */
    struct kx_secret *value;  /* owned; of delegation=; NULL: none */
    int64_t expires_ms;       /* wall clock; 0: not known */
};

/** @line "USER:PASSWORD" (the first colon splits) or a token, as the login wants; NULL for simple.
 *  @user who it is when the line does not tell; may be NULL.
 *  @return 0; -EINVAL: it is none, with the reason (never a part of it).  @out owned: unref. */
int kx_pass_new(enum kx_login login, const struct kx_secret *line, const char *user,
                struct kx_pass **out, struct kx_error *err);
struct kx_pass *kx_pass_ref(struct kx_pass *pass);
void kx_pass_unref(struct kx_pass *pass); /* NULL is fine */

/** "simple", "basic", "bearer", "delegation". */
const char *kx_login_name(enum kx_login login);

KX_DEFINE_AUTOPTR(kx_pass, kx_pass_unref)
