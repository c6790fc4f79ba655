#include "rest/http_probe.h"

#include <errno.h>
#include <string.h>

#include "rest/http_private.h"

#define TIMEOUT_MS 5000L

static CURL *handle_new(const char *url, const struct kx_http_settings *settings, long timeout_ms,
                        char words[CURL_ERROR_SIZE])
{
    CURL *easy = curl_easy_init();
    if (!easy) return NULL;
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, words);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, timeout_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(easy, CURLOPT_CERTINFO, 1L);
    if (settings) kx_setup_servers(easy, settings);
    if (curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK) return easy;
    curl_easy_cleanup(easy);
    return NULL;
}

static int64_t time_of(CURL *easy, CURLINFO info)
{
    curl_off_t us = 0;
    curl_easy_getinfo(easy, info, &us);
    return (int64_t)us / 1000;
}

/* The first certificate of the chain is the server's. */
static void take_certificate(CURL *easy, struct kx_probe *out)
{
    static const struct {
        const char *name;
        size_t at;
    } MEMBERS[] = {{"Subject:", offsetof(struct kx_probe, subject)},
                   {"Issuer:", offsetof(struct kx_probe, issuer)},
                   {"Expire date:", offsetof(struct kx_probe, valid_until)}};
    struct curl_certinfo *info = NULL;
    curl_easy_getinfo(easy, CURLINFO_CERTINFO, &info);
    if (!info || info->num_of_certs < 1) return;
    for (const struct curl_slist *at = info->certinfo[0]; at; at = at->next) {
        for (size_t i = 0; i < G_N_ELEMENTS(MEMBERS); i++) {
            if (!g_str_has_prefix(at->data, MEMBERS[i].name)) continue;
            char **member = (char **)(void *)((char *)out + MEMBERS[i].at);
            g_free(*member);
            *member = g_utf8_make_valid(at->data + strlen(MEMBERS[i].name), -1);
        }
    }
}

/* Who it is that is not trusted: libcurl tells of a certificate only when it may be any. */
static void look_at_certificate(const char *url, const struct kx_http_settings *settings,
                                long timeout_ms, struct kx_probe *out)
{
    char words[CURL_ERROR_SIZE] = "";
    struct kx_http_settings open = settings ? *settings : (struct kx_http_settings){0};
    open.insecure_tls = true;
    open.pin = NULL;
    open.cert = open.key = open.cacert = NULL;
    CURL *easy = handle_new(url, &open, timeout_ms, words);
    if (!easy) return;
    if (curl_easy_perform(easy) == CURLE_OK) take_certificate(easy, out);
    curl_easy_cleanup(easy);
}

static void take_address(CURL *easy, struct kx_probe *out)
{
    char *address = NULL;
    long port = 0;
    curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &address);
    curl_easy_getinfo(easy, CURLINFO_PRIMARY_PORT, &port);
    if (!address || !*address) return;
    out->address = strchr(address, ':') ? g_strdup_printf("[%s]:%ld", address, port)
                                        : g_strdup_printf("%s:%ld", address, port);
}

/* @proxy: it is the proxy that does not lead any further. */
static enum kx_probe_hop hop_of(CURLcode result, const char *words, bool proxy)
{
    if (result != CURLE_OK && (proxy || strstr(words, "CONNECT "))) return KX_PROBE_CONNECT;
    if (result == CURLE_OPERATION_TIMEDOUT && strstr(words, "SSL")) return KX_PROBE_TLS;
    switch (result) {
    case CURLE_OK:
        return KX_PROBE_DONE;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return KX_PROBE_NAME;
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_PROXY:
        return KX_PROBE_CONNECT;
    default:
        return KX_PROBE_TLS;
    }
}

int kx_http_probe(const char *url, const struct kx_http_settings *settings, long connect_timeout_ms,
                  struct kx_probe *out, struct kx_error *err)
{
    char words[CURL_ERROR_SIZE] = "";
    long timeout_ms = connect_timeout_ms ? connect_timeout_ms : TIMEOUT_MS;
    *out = (struct kx_probe){.failed = KX_PROBE_NAME};
    CURL *easy = handle_new(url, settings, timeout_ms, words);
    if (!easy) return kx_error_set(err, EINVAL, "libcurl does not take this address");
    CURLcode result = curl_easy_perform(easy);
    struct kx_verified verified = kx_verified_of(easy);
    out->failed = hop_of(result, words, verified.proxy);
    out->name_ms = time_of(easy, CURLINFO_NAMELOOKUP_TIME_T);
    out->connect_ms = time_of(easy, CURLINFO_CONNECT_TIME_T);
    out->tls_ms = time_of(easy, CURLINFO_APPCONNECT_TIME_T);
    take_address(easy, out);
    if (result == CURLE_OK)
        take_certificate(easy, out);
    else if (out->failed == KX_PROBE_TLS && result != CURLE_OPERATION_TIMEDOUT)
        look_at_certificate(url, settings, timeout_ms, out);
    curl_easy_cleanup(easy);
    return result == CURLE_OK ? 0 : kx_curl_failure(result, verified, words, err);
}

void kx_probe_clear(struct kx_probe *probe)
{
    g_free(probe->address);
    g_free(probe->subject);
    g_free(probe->issuer);
    g_free(probe->valid_until);
    *probe = (struct kx_probe){0};
}
