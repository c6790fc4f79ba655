/* What a server gives who has shown a ticket: cookies. Hadoop's own, "hadoop.auth", says whose
 * session it is and when it ends: "u=alice&p=alice@REALM&t=kerberos&e=MILLISECONDS&s=SIGNATURE", in
 * quotes or not.
 *
 * The lines are the server's (hostile): what is kept of them can stand in a header, and a user's
 * name in a line of text. Only auth_negotiate.c uses it. Threads: a session is one caller's. */
#pragma once
#include <glib.h>
#include <stdint.h>

#define KX_SESSION_BYTES_MAX ((size_t)16 * 1024) /* of all cookies; a line above is left out */

struct kx_session {
    GString *cookies; /* owned; "a=b; c=d": a secret; NULL: there is none */
    char *user;       /* owned; NULL: it does not say */
    int64_t ends_ms;  /* wall clock; 0: it does not say */
};

/** Take the value of one Set-Cookie. One that deletes a cookie, is none, or has what no header may
 * have, is left out; of several "hadoop.auth" the last one speaks. */
void kx_session_take(struct kx_session *session, const char *line);

/** Wiped. */
void kx_session_clear(struct kx_session *session);
