/* Transfers whose bytes are moved by the thread that waits for them.
 *
 * Between a socket and a program that reads, each thread more costs two changes of context a piece:
 * so a body that is large, or an exchange that is short and one of many, is not handed from the
 * engine's thread to the one that waits, but taken from the socket by that one. While nobody waits,
 * nothing is read: what comes meanwhile waits in the socket, whose buffer the kernel fits to the
 * link, and TCP holds the server back. libcurl reads on for as long as the socket has something (25
 * MiB at once were seen, on loopback), so a full window makes it rest here, too.
 *
 * Each such transfer has a multi handle of curl's while it lasts. They are kept for the next ones,
 * and share nothing but what kx_http_setup says. */
#include "rest/http_private.h"

#define CALLER_MULTIS_KEPT 16U /* for the next transfers; one is some 50 KiB */

void kx_callers_clear(struct kx_http *http)
{
    CURLM *multi;
    while ((multi = g_queue_pop_head(&http->multis)))
        curl_multi_cleanup(multi);
}

static CURLM *take_multi(struct kx_http *http)
{
    g_mutex_lock(&http->mutex);
    CURLM *multi = g_queue_pop_head(&http->multis);
    g_mutex_unlock(&http->mutex);
    return multi ? multi : curl_multi_init();
}

static void give_multi(struct kx_http *http, CURLM *multi)
{
    g_mutex_lock(&http->mutex);
    gboolean keep = http->multis.length < CALLER_MULTIS_KEPT;
    if (keep) g_queue_push_head(&http->multis, multi);
    g_mutex_unlock(&http->mutex);
    if (!keep) curl_multi_cleanup(multi);
}

int kx_caller_begin(struct kx_transfer *transfer, struct kx_error *err)
{
    transfer->multi = take_multi(transfer->http);
    /* The connection would wait in a handle that another transfer gets. */
    curl_easy_setopt(transfer->easy, CURLOPT_FORBID_REUSE, 1L);
    if (transfer->multi && curl_multi_add_handle(transfer->multi, transfer->easy) == CURLM_OK) {
        transfer->attached = TRUE;
        return 0;
    }
    return kx_error_set(err, ENOMEM, "libcurl has no memory for a transfer");
}

void kx_caller_end(struct kx_transfer *transfer)
{
    if (transfer->attached) curl_multi_remove_handle(transfer->multi, transfer->easy);
    transfer->attached = FALSE;
    if (transfer->multi) give_multi(transfer->http, transfer->multi);
    transfer->multi = NULL;
}

/* libcurl gives what it kept while the window was full, all of it, before it receives more. */
static void go_on(struct kx_transfer *transfer)
{
    g_mutex_lock(&transfer->mutex);
    gboolean go = transfer->attached && transfer->kicked;
    transfer->kicked = FALSE;
    g_mutex_unlock(&transfer->mutex);
    if (go) curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
}

static void note_end(struct kx_transfer *transfer)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(transfer->multi, &left))) {
        if (message->msg != CURLMSG_DONE) continue;
        CURLcode result = message->data.result;
        transfer->verified = kx_verified_of(transfer->easy);
        curl_multi_remove_handle(transfer->multi, transfer->easy);
        transfer->attached = FALSE;
        if (kx_spare_failed(transfer, result) &&
            curl_multi_add_handle(transfer->multi, transfer->easy) == CURLM_OK) {
            transfer->attached = TRUE;
            continue;
        }
        transfer->ended = TRUE;
        transfer->result = kx_chunks_end(transfer, result);
    }
}

/* @return whether there is reason to look again before anything is waited for: bytes have moved
 * since there were so many, all is over, or the window is full, and libcurl would not wait for the
 * socket. */
static bool perform(struct kx_transfer *transfer, int64_t before)
{
    int running = 0;
    curl_multi_perform(transfer->multi, &running);
    note_end(transfer);
    return transfer->ended || transfer->in_paused || transfer->moved_bytes != before;
}

void kx_caller_move(struct kx_transfer *transfer, int64_t patience_ms)
{
    bool known = transfer->socket_taken;
    int64_t before = transfer->moved_bytes;
    /* While a fast server fills the window again and again, this is when libcurl has nothing. */
    if (!known) go_on(transfer);
    if (kx_socket_begin(transfer)) {
        /* Who wakes us had nothing to end this wait with before, so it is asked for once more. */
        if (!kx_socket_move(transfer) && known) kx_socket_wait(transfer, patience_ms);
    } else if (!perform(transfer, before)) {
        curl_multi_poll(transfer->multi, NULL, 0, (int)MIN(patience_ms, G_MAXINT), NULL);
    }
}

void kx_caller_wake(struct kx_transfer *transfer)
{
    curl_multi_wakeup(transfer->multi);
    kx_socket_wake(transfer);
}
