/* One connection to a server, for who wants to know why there is none: how far it comes, and whose
 * certificate is shown. No byte of HTTP is sent, and no login.
 *
 * Used by diagnostics only. Threads: any. Blocking: until the connection stands or fails, twice the
 * connect timeout at most. */
#pragma once
#include "base/cleanup.h"
#include "base/error.h"
#include "rest/http.h"

enum kx_probe_hop { KX_PROBE_NAME, KX_PROBE_CONNECT, KX_PROBE_TLS, KX_PROBE_DONE };

/* What was found. All strings are owned; NULL: not known. */
struct kx_probe {
    enum kx_probe_hop failed;             /* KX_PROBE_DONE: the connection stands */
    char *address;                        /* "127.0.0.1:8443"; of the proxy, where there is one */
    int64_t name_ms, connect_ms, tls_ms;  /* when it was there, since the beginning */
    char *subject, *issuer, *valid_until; /* of the certificate, also of one that is not trusted */
};

/** Connect to the server of @url (http or https) as requests would, by the same settings.
 *  @settings may be NULL.  @connect_timeout_ms 0: 5000.  @out cleared by the caller, filled in any
 * case.  @return 0; -errno with what failed: the same words as of a request. */
int kx_http_probe(const char *url, const struct kx_http_settings *settings, long connect_timeout_ms,
                  struct kx_probe *out, struct kx_error *err);
void kx_probe_clear(struct kx_probe *probe);
