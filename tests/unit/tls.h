/* TLS for the scripted server of a test (server.h), with a certificate of its own for 127.0.0.1.
 * Threads: tls_new and tls_free on the test's; the rest on a connection's. */
#pragma once
#include <glib.h>
#include <stdbool.h>

#include <openssl/ssl.h>

struct tls;

/** A fresh key and certificate; the test fails when there can be none.  @return owned. */
struct tls *tls_new(void);
void tls_free(struct tls *tls);

/** The certificate's PEM file, which goes with tls.  @return borrowed. */
const char *tls_certificate(const struct tls *tls);
SSL_CTX *tls_context(const struct tls *tls);

/** The server's part of the handshake.  @return owned; NULL: it failed. */
SSL *tls_accept(SSL_CTX *context, int fd);

/** Read to the end of a request's head.  @return false: the client has closed. */
bool tls_read_head(SSL *session);

/** @return false: the client has closed. */
bool tls_print(SSL *session, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
bool tls_write_pattern(SSL *session, gint64 offset, gint64 length); /* as server.h's */
