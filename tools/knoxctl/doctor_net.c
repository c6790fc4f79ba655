/* The way to a server, below HTTP: its name, a connection, TLS. */
#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

#include "rest/redirect.h"
#include "tools/knoxctl/doctor.h"

#define ADDRESSES_MAX 4 /* that are shown */

enum kx_step_result kx_step_address(struct kx_doctor *d)
{
    KX_ERROR_AUTO(err);
    const char *map = d->options->datanode_map;
    int result = kx_endpoint_parse(d->options->service, &d->endpoint, &err);
    d->parsed = result == 0;
    if (result == 0 && map) result = kx_redirect_map_check(map, &err);
    if (result < 0) return kx_step_failed(d, &err);
    d->endpoint.datanode_map = g_strdup(map);
    if (d->options->root) kx_endpoint_set_root(&d->endpoint, d->options->root);
    const char *source = g_hash_table_lookup(d->options->given, "endpoint");
    g_string_append_printf(d->said, "%s%s, directory %s (from: %s)", d->endpoint.origin,
                           d->endpoint.gateway, d->endpoint.root, source ? source : "option");
    return KX_STEP_OK;
}

/* Which numbers a name has, as far as this machine knows. */
static void append_addresses(GString *out, const char *host)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    int count = 0;
    if (getaddrinfo(host, NULL, &hints, &list) != 0) return;
    for (const struct addrinfo *at = list; at && count < ADDRESSES_MAX; at = at->ai_next) {
        char text[NI_MAXHOST];
        if (getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST))
            continue;
        g_string_append_printf(out, "%s%s", count++ ? ", " : "", text);
    }
    freeaddrinfo(list);
}

bool kx_doctor_by_proxy(const struct kx_doctor *d)
{
    static const char *const VARIABLES[] = {"https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy",
                                            "ALL_PROXY"};
    if (d->settings.proxy) return *d->settings.proxy;
    for (size_t i = 0; i < G_N_ELEMENTS(VARIABLES); i++) {
        const char *value = g_getenv(VARIABLES[i]);
        if (value && *value) return true;
    }
    return false;
}

enum kx_step_result kx_step_name(struct kx_doctor *d)
{
    d->probed = kx_http_probe(d->endpoint.origin, &d->settings, d->options->connect_timeout_ms,
                              &d->probe, &d->probe_error);
    if (d->probed < 0 && d->probe.failed == KX_PROBE_NAME) {
        const char *way = kx_doctor_way(d->probe_error.message);
        if (way)
            g_string_append(d->remedy, way);
        else
            g_string_append_printf(d->remedy,
                                   "is the name right? Otherwise it is not known to this machine: "
                                   "/etc/hosts, the VPN, the name server (getent hosts %s)",
                                   d->endpoint.host);
        return kx_step_failed(d, &d->probe_error);
    }
    g_string_append_printf(d->said, "%s is ", d->endpoint.host);
    size_t before = d->said->len;
    append_addresses(d->said, d->endpoint.host);
    if (d->said->len == before) g_string_append(d->said, "known to the proxy only");
    return KX_STEP_OK;
}

/* By the words of rest/http_error.c; the first that fits. */
const char *kx_doctor_way(const char *words)
{
    static const struct {
        const char *words, *remedy;
    } WAYS[] = {
        {"the proxy wants a login",
         "write proxy = http://USER:PASSWORD@HOST:PORT into a profile that is yours alone (chmod "
         "600), or into $https_proxy and $http_proxy"},
        {"the proxy does not go there",
         "its administrator has to allow it (many proxies let CONNECT lead to port 443 only); or, "
         "where there is a way without it, no_proxy = HOST"},
        {"the proxy's certificate",
         "if this is the right proxy: its certificate, or its authority's, in a file beside those "
         "of the servers, and cacert = FILE"},
        {"no such proxy host", "is the proxy's name right (proxy, $https_proxy, $http_proxy)?"},
        {"no answer", "no way there: a firewall, a VPN that is down, or -o proxy= is missing"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(WAYS); i++)
        if (strstr(words, WAYS[i].words)) return WAYS[i].remedy;
    return NULL;
}

static const char *connect_remedy(const struct kx_doctor *d)
{
    const char *way = kx_doctor_way(d->probe_error.message);
    if (way) return way;
    return kx_doctor_by_proxy(d)
               ? "nobody listens there: is the proxy right (proxy, $https_proxy, "
                 "$http_proxy), and is it up?"
               : "nobody listens there: is the service up, and is it the right port "
                 "(NameNode 9870, with TLS 9871; HttpFS 14000; Knox 8443)?";
}

enum kx_step_result kx_step_connect(struct kx_doctor *d)
{
    if (d->probed < 0 && d->probe.failed == KX_PROBE_CONNECT) {
        g_string_append(d->remedy, connect_remedy(d));
        return kx_step_failed(d, &d->probe_error);
    }
    g_string_append_printf(d->said, "%s in %" G_GINT64_FORMAT " ms%s",
                           d->probe.address ? d->probe.address : "connected", d->probe.connect_ms,
                           kx_doctor_by_proxy(d) ? " (a proxy is set)" : "");
    return KX_STEP_OK;
}

static void append_certificate(GString *out, const struct kx_probe *probe)
{
    if (!probe->subject) return;
    g_string_append_printf(out, "%scertificate of %s, issued by %s, valid until %s",
                           out->len ? "; " : "", probe->subject,
                           probe->issuer ? probe->issuer : "?",
                           probe->valid_until ? probe->valid_until : "?");
}

/* What to do about TLS, by the words of rest/http_error.c. */
static void add_tls_remedy(struct kx_doctor *d, const char *message, const char *host, int port)
{
    if (strstr(message, "expired"))
        g_string_append(d->remedy, "its administrator has to renew the certificate");
    else if (strstr(message, "not valid yet"))
        g_string_append(d->remedy, "look at the clocks of both machines");
    else if (strstr(message, "another host"))
        g_string_append(d->remedy, "use the name that the certificate is for (above)");
    else if (strstr(message, "no answer"))
        g_string_append(d->remedy, "it takes the connection and says nothing of TLS: is it the "
                                   "right port, and does the service hang (its log)?");
    else if (strstr(message, "no TLS at this port"))
        g_string_append_printf(d->remedy, "say http://%s:%d", host, port);
    else if (strstr(message, "-o pin="))
        g_string_append(d->remedy, "another key than the one that was pinned: ask its "
                                   "administrator before you change pin");
    else
        g_string_append_printf(d->remedy,
                               "if this is the right server: openssl s_client -connect %s:%d "
                               "-showcerts < /dev/null | openssl x509 > FILE, and cacert = FILE",
                               host, port);
}

enum kx_step_result kx_step_tls(struct kx_doctor *d)
{
    if (strcmp(d->endpoint.scheme, "http") == 0) {
        g_string_append(d->said, "none: everything can be read on the way");
        return KX_STEP_NOTHING;
    }
    if (d->probed < 0) {
        kx_step_failed(d, &d->probe_error);
        append_certificate(d->said, &d->probe);
        add_tls_remedy(d, d->probe_error.message, d->endpoint.host, d->endpoint.port);
        return KX_STEP_FAIL;
    }
    append_certificate(d->said, &d->probe);
    if (d->settings.insecure_tls)
        g_string_append(d->said, "; NOT VERIFIED: insecure_tls is set, anybody can be it");
    return KX_STEP_OK;
}

/* "the DataNode dn1:9864 (10.0.0.7:9864 by datanode_map)" */
static void add_map_remedy(struct kx_doctor *d)
{
    if (d->endpoint.datanode_map)
        g_string_append_printf(d->remedy,
                               "datanode_map leads there from %s: it needs another TO, or the "
                               "DataNode is down",
                               d->named);
    else
        g_string_append_printf(d->remedy,
                               "if it can be reached by another name or port, add this to the "
                               "profile: datanode_map = %s=HOST:PORT (or -o datanode_map=...); "
                               "if it cannot, an HttpFS or Knox is needed",
                               d->named);
}

enum kx_step_result kx_step_datanode(struct kx_doctor *d)
{
    KX_ERROR_AUTO(err);
    struct kx_url_parts parts = {.port = -1};
    if (!d->target || kx_client_is_home(d->client, d->target)) {
        g_string_append(d->said, "the server passes the bytes on by itself");
        return KX_STEP_NOTHING;
    }
    if (!kx_url_split(d->target, true, &parts)) return KX_STEP_NOTHING;
    GString *origin = g_string_new(NULL);
    kx_url_append_origin(origin, parts.scheme, parts.host, parts.port);
    struct kx_probe probe;
    int result =
        kx_http_probe(origin->str, &d->settings, d->options->connect_timeout_ms, &probe, &err);
    g_string_append_printf(d->said, "%s", origin->str);
    if (strcmp(d->named, strstr(origin->str, "//") + 2) != 0)
        g_string_append_printf(d->said, " (datanode_map; called %s)", d->named);
    g_string_append(d->said, ": ");
    if (result < 0) {
        kx_step_failed(d, &err);
        if (probe.failed == KX_PROBE_TLS)
            add_tls_remedy(d, err.message, parts.host, parts.port);
        else
            add_map_remedy(d);
    } else {
        g_string_append_printf(d->said, "connected in %" G_GINT64_FORMAT " ms", probe.connect_ms);
        append_certificate(d->said, &probe);
    }
    kx_probe_clear(&probe);
    kx_url_parts_clear(&parts);
    g_string_free(origin, TRUE);
    return result < 0 ? KX_STEP_FAIL : KX_STEP_OK;
}
