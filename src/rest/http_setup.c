/* What all transfers of an engine have in common beside the connections: sessions, TLS and proxies.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rest/http_private.h"

static void on_lock(CURL *easy, curl_lock_data data, curl_lock_access access, void *context)
{
    struct kx_http *http = context;
    (void)easy, (void)access;
    g_mutex_lock(&http->shared[data % KX_SHARED_LOCKS]);
}

static void on_unlock(CURL *easy, curl_lock_data data, void *context)
{
    struct kx_http *http = context;
    (void)easy;
    g_mutex_unlock(&http->shared[data % KX_SHARED_LOCKS]);
}

static CURLSH *share_new(struct kx_http *http, bool cookies)
{
    CURLSH *share = curl_share_init();
    if (!share) return NULL;
    curl_share_setopt(share, CURLSHOPT_LOCKFUNC, on_lock);
    curl_share_setopt(share, CURLSHOPT_UNLOCKFUNC, on_unlock);
    curl_share_setopt(share, CURLSHOPT_USERDATA, http);
    /* libcurl 7.88 keeps TLS sessions for one handle only: a gateway ends the connection of every
     * body, and without this each would begin with a whole handshake. */
    curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    if (cookies) curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_COOKIE);
    return share;
}

/* Of a file, absolute: a process in the background leaves the folder where it was called. */
static char *path_of(const char *file)
{
    return file ? g_canonicalize_filename(file, NULL) : NULL;
}

static void copy_settings(struct kx_http *http, const struct kx_http_settings *given)
{
    struct kx_http_settings *own = &http->settings;
    if (!given) return;
    *own = (struct kx_http_settings){.cacert = path_of(given->cacert),
                                     .pin = g_strdup(given->pin),
                                     .cert = path_of(given->cert),
                                     .key = path_of(given->key),
                                     .proxy = g_strdup(given->proxy),
                                     .no_proxy = g_strdup(given->no_proxy),
                                     .insecure_tls = given->insecure_tls};
}

int kx_http_setup(struct kx_http *http, const struct kx_http_settings *settings,
                  struct kx_error *err)
{
    for (int i = 0; i < KX_SHARED_LOCKS; i++)
        g_mutex_init(&http->shared[i]);
    copy_settings(http, settings);
    http->plain = share_new(http, false);
    http->session = share_new(http, true);
    if (!http->plain || !http->session)
        return kx_error_set(err, ENOMEM, "libcurl has no memory for a share");
    return 0;
}

/* The copies are ours, though their readers may not change them. */
static void drop(const char *text)
{
    g_free((gpointer)(guintptr)text);
}

void kx_http_unset(struct kx_http *http)
{
    struct kx_http_settings *own = &http->settings;
    if (http->plain) curl_share_cleanup(http->plain);
    if (http->session) curl_share_cleanup(http->session);
    for (int i = 0; i < KX_SHARED_LOCKS; i++)
        g_mutex_clear(&http->shared[i]);
    drop(own->cacert);
    drop(own->pin);
    drop(own->cert);
    drop(own->key);
    drop(own->proxy);
    drop(own->no_proxy);
}

void kx_setup_servers(CURL *easy, const struct kx_http_settings *settings)
{
    if (settings->cacert) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, settings->cacert);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
        curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, settings->cacert); /* beside the system's */
    }
    curl_easy_setopt(easy, CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (settings->pin) curl_easy_setopt(easy, CURLOPT_PINNEDPUBLICKEY, settings->pin);
    if (settings->cert) curl_easy_setopt(easy, CURLOPT_SSLCERT, settings->cert);
    if (settings->key) curl_easy_setopt(easy, CURLOPT_SSLKEY, settings->key);
    if (settings->insecure_tls) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (settings->proxy) curl_easy_setopt(easy, CURLOPT_PROXY, settings->proxy);
    if (settings->no_proxy) curl_easy_setopt(easy, CURLOPT_NOPROXY, settings->no_proxy);
}

bool kx_http_is_proxied(const struct kx_http *http)
{
    static const char *const NAMES[] = {"http_proxy", "all_proxy", "ALL_PROXY"};
    if (http->settings.proxy) return *http->settings.proxy != 0;
    for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++) {
        const char *value = getenv(NAMES[i]);
        if (value && *value) return true;
    }
    return false;
}

void kx_setup_install(struct kx_transfer *transfer, const struct kx_http_request *request)
{
    CURL *easy = transfer->easy;
    struct kx_http *http = transfer->http;
    curl_easy_setopt(easy, CURLOPT_SHARE, request->session ? http->session : http->plain);
    if (request->session) curl_easy_setopt(easy, CURLOPT_COOKIEFILE, ""); /* "use cookies" */
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    kx_setup_servers(easy, &http->settings);
}

bool kx_http_forget_session(struct kx_http *http)
{
    CURL *easy = curl_easy_init();
    struct curl_slist *cookies = NULL;
    if (!easy) return false;
    curl_easy_setopt(easy, CURLOPT_SHARE, http->session);
    curl_easy_getinfo(easy, CURLINFO_COOKIELIST, &cookies);
    bool any = cookies != NULL;
    for (struct curl_slist *at = cookies; at; at = at->next)
        kx_wipe(at->data, strlen(at->data));
    curl_slist_free_all(cookies);
    curl_easy_setopt(easy, CURLOPT_COOKIELIST, "ALL");
    curl_easy_cleanup(easy);
    return any;
}
