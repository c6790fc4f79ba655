/* What one HTTP server is shown of a Kerberos ticket (SPNEGO): a token, made by a process of its
 * own.
 *
 * The Kerberos libraries run in a child (kerberos_child.c), which is this program called by another
 * name: they block without an end while a KDC is silent, and Debian's were seen to crash where
 * there is no ticket. A child is given so much time, and takes nobody with it. It finds its ticket
 * by the environment (KRB5_CONFIG, KRB5CCNAME) as kinit and klist do; with a keytab it gets a new
 * one each time, which is kept nowhere.
 *
 * Only auth_negotiate.c and the programs' mains use it. Threads: an exchange is one thread's at a
 * time. Blocking: KX_KERBEROS_MS, and not longer than the limits say. */
#pragma once
#include <stdbool.h>

#include "base/cancel.h"
#include "base/error.h"
#include "base/secret.h"

#define KX_KERBEROS_MS   15000
#define KX_KERBEROS_NAME "knoxfs-kerberos" /* argv[0] of the child */

struct kx_kerberos_config {
    const char *keytab;    /* absolute path; NULL: the ticket cache */
    const char *principal; /* NULL: the cache's own, or the keytab's first */
    const char *program;   /* that is run as the child; NULL: this one itself */
};

struct kx_kerberos; /* an exchange: the child waits for what the server answers */

/** A token for the service HTTP/@host.  @out owned.
 *  @return 0; -EACCES: there is no ticket, no KDC, ... with what to do about it; -EINTR. */
int kx_kerberos_begin(const struct kx_kerberos_config *config, const char *host,
                      struct kx_cancel *cancel, struct kx_kerberos **out, struct kx_error *err);

/* Borrowed for the exchange's life. */
const struct kx_secret *kx_kerberos_token(const struct kx_kerberos *exchange); /* base64 */
const char *kx_kerberos_principal(const struct kx_kerberos *exchange);         /* "alice@REALM" */
int64_t kx_kerberos_until_ms(const struct kx_kerberos *exchange); /* of the ticket, wall clock */

/** Is @answer (base64) from somebody who has the key of the service?
 *  @return 0; -EACCES: no; -EINTR. */
int kx_kerberos_check(struct kx_kerberos *exchange, const char *answer, struct kx_cancel *cancel,
                      struct kx_error *err);
void kx_kerberos_free(struct kx_kerberos *exchange); /* ends the child; NULL is fine */

/** Is this process such a child? Then main does nothing but return what kx_kerberos_main gives. */
bool kx_kerberos_is_child(int argc, char **argv);
int kx_kerberos_main(char **argv);

KX_DEFINE_AUTOPTR(kx_kerberos, kx_kerberos_free)
