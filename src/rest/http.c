/* The engine's thread: takes commands, drives curl, tells transfers how they ended. */
#include <errno.h>

#include "rest/http_private.h"

#define IDLE_POLL_MS           1000 /* only a safety net: commands wake the poll */
#define CACHED_CONNECTIONS_MAX 32L

static void engine_add(struct kx_http *http, struct kx_transfer *transfer)
{
    CURLMcode code = curl_multi_add_handle(http->multi, transfer->easy);
    g_mutex_lock(&transfer->mutex);
    if (code == CURLM_OK) {
        transfer->attached = TRUE;
    } else {
        transfer->ended = TRUE;
        transfer->result = CURLE_OUT_OF_MEMORY;
        g_cond_broadcast(&transfer->changed);
    }
    g_mutex_unlock(&transfer->mutex);
}

/* Somebody took bytes or brought some: let curl go on in both directions; the callbacks pause again
 * where they must. */
static void engine_kick(struct kx_transfer *transfer)
{
    g_mutex_lock(&transfer->mutex);
    gboolean go = transfer->attached && transfer->kicked;
    transfer->kicked = FALSE;
    g_mutex_unlock(&transfer->mutex);
    if (go) curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
}

static void engine_remove(struct kx_http *http, struct kx_transfer *transfer)
{
    g_mutex_lock(&transfer->mutex);
    gboolean attached = transfer->attached;
    g_mutex_unlock(&transfer->mutex);
    if (attached) curl_multi_remove_handle(http->multi, transfer->easy);
    kx_salvage_drop(transfer);
    g_mutex_lock(&http->mutex);
    transfer->released = TRUE;
    g_cond_broadcast(&http->released);
    g_mutex_unlock(&http->mutex);
}

/* @return whether the engine should stop. */
static gboolean engine_obey(struct kx_http *http)
{
    for (;;) {
        g_mutex_lock(&http->mutex);
        struct kx_transfer *transfer = g_queue_pop_head(&http->commands);
        gboolean stopping = http->stopping, add = FALSE, kick = FALSE, drop = FALSE;
        if (transfer) {
            add = transfer->want_add, kick = transfer->want_kick, drop = transfer->want_remove;
            transfer->queued = transfer->want_add = transfer->want_kick = FALSE;
            transfer->want_remove = FALSE;
        }
        g_mutex_unlock(&http->mutex);
        if (!transfer) return stopping;
        if (add && !drop) engine_add(http, transfer);
        if (kick && !drop) engine_kick(transfer);
        if (drop) engine_remove(http, transfer);
    }
}

static void engine_collect_ended(struct kx_http *http)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(http->multi, &left))) {
        if (message->msg != CURLMSG_DONE) continue;
        CURLcode result = message->data.result;
        struct kx_transfer *transfer = NULL;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
        transfer->verified = kx_verified_of(transfer->easy);
        curl_multi_remove_handle(http->multi, transfer->easy);
        if (kx_spare_failed(transfer, result)) {
            engine_add(http, transfer);
            continue;
        }
        result = kx_salvage_try(transfer, result);
        kx_salvage_drop(transfer);
        g_mutex_lock(&transfer->mutex);
        transfer->attached = FALSE;
        transfer->ended = TRUE;
        transfer->result = result;
        g_cond_broadcast(&transfer->changed);
        g_mutex_unlock(&transfer->mutex);
    }
}

static gpointer engine_run(gpointer data)
{
    struct kx_http *http = data;
    while (!engine_obey(http)) {
        int running = 0;
        curl_multi_perform(http->multi, &running);
        engine_collect_ended(http);
        kx_spares_sweep(http);
        curl_multi_poll(http->multi, NULL, 0, IDLE_POLL_MS, NULL);
    }
    return NULL;
}

void kx_http_wish(struct kx_http *http, struct kx_transfer *transfer, enum kx_wish wish)
{
    g_mutex_lock(&http->mutex);
    if (wish == KX_WISH_ADD) transfer->want_add = TRUE;
    if (wish == KX_WISH_KICK) transfer->want_kick = TRUE;
    if (wish == KX_WISH_REMOVE) transfer->want_remove = TRUE;
    if (!transfer->queued) g_queue_push_tail(&http->commands, transfer);
    transfer->queued = TRUE;
    g_mutex_unlock(&http->mutex);
    curl_multi_wakeup(http->multi);
}

void kx_http_leave(struct kx_transfer *transfer)
{
    struct kx_http *http = transfer->http;
    kx_http_wish(http, transfer, KX_WISH_REMOVE);
    g_mutex_lock(&http->mutex);
    while (!transfer->released)
        g_cond_wait(&http->released, &http->mutex);
    g_mutex_unlock(&http->mutex);
}

int kx_http_new(const struct kx_http_config *config, struct kx_http **out, struct kx_error *err)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return kx_error_set(err, EIO, "libcurl cannot be initialised");
    struct kx_http *http = g_new0(struct kx_http, 1);
    http->config = *config;
    http->user_agent = g_strdup(config->user_agent ? config->user_agent : "knoxfs");
    if (!http->config.connect_timeout_ms) http->config.connect_timeout_ms = 5000;
    g_mutex_init(&http->mutex);
    g_cond_init(&http->released);
    g_queue_init(&http->commands);
    g_mutex_init(&http->spares_mutex);
    g_mutex_init(&http->record_mutex);
    g_queue_init(&http->spares);
    g_queue_init(&http->multis);
    http->config.settings = NULL;
    http->multi = curl_multi_init();
    int result = kx_http_setup(http, config->settings, err);
    if (!http->multi)
        result = kx_error_set(err, ENOMEM, "libcurl has no memory for a multi handle");
    if (result < 0) {
        kx_http_free(http);
        return result;
    }
    curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, CACHED_CONNECTIONS_MAX);
    http->thread = g_thread_new("kx-http", engine_run, http);
    *out = http;
    return 0;
}

void kx_http_free(struct kx_http *http)
{
    if (!http) return;
    if (http->thread) {
        g_mutex_lock(&http->mutex);
        http->stopping = TRUE;
        g_mutex_unlock(&http->mutex);
        curl_multi_wakeup(http->multi);
        g_thread_join(http->thread);
    }
    if (http->multi) curl_multi_cleanup(http->multi);
    kx_callers_clear(http);
    kx_spares_clear(http);
    kx_http_unset(http);
    g_cond_clear(&http->released);
    g_mutex_clear(&http->spares_mutex);
    g_mutex_clear(&http->record_mutex);
    g_mutex_clear(&http->mutex);
    g_free(http->user_agent);
    g_free(http);
    curl_global_cleanup();
}
