#include "fs/tree/waiting.h"

#include <errno.h>
#include <string.h>

#include "base/cancel.h"
#include "rest/client.h"

#define ASK_MS 20000 /* one question */
#define SOON   2     /* questions after a ring */

struct kx_waiting {
    struct kx_waiting_for wanted;
    struct kx_cancel *ending;
    GThread *thread;
    guint heard;  /* rings of the bell; the thread's own */
    GMutex mutex; /* guards what follows */
    GCond changed;
    GString *text;
    bool over;
    int error; /* -errno that ended it; 0 */
    struct kx_waker waker;
};

static void run_waker(struct kx_waker waker, bool wake)
{
    if (wake && waker.wake) waker.wake(waker.context);
    if (waker.drop) waker.drop(waker.context);
}

/* A server that does not answer now may do so soon. */
static bool passes(int result)
{
    return result == -ETIMEDOUT || result == -EHOSTDOWN || result == -EHOSTUNREACH ||
           result == -EIO || result == -EAGAIN || result == -EPROTO;
}

/* What was said goes to who waits.  @return whether it is over. */
static bool tell(struct kx_waiting *waiting, int result, const GString *said)
{
    struct kx_waker waker = {NULL, NULL, NULL};
    g_mutex_lock(&waiting->mutex);
    if (waiting->text->len + said->len > KX_WAITING_ROOM_MAX) /* nobody reads */
        g_string_assign(waiting->text, "(lines were missed)\n");
    g_string_append_len(waiting->text, said->str, (gssize)said->len);
    waiting->over = result == 1 || (result < 0 && !passes(result));
    waiting->error = waiting->over && result < 0 ? result : 0;
    bool over = waiting->over;
    if (over || said->len) {
        waker = waiting->waker;
        waiting->waker = (struct kx_waker){NULL, NULL, NULL};
        g_cond_broadcast(&waiting->changed);
    }
    g_mutex_unlock(&waiting->mutex);
    run_waker(waker, true);
    return over;
}

/* @soon: how many questions are to follow soon.  @return -EINTR: it is over. */
static int wait_to_ask(struct kx_waiting *waiting, unsigned *soon)
{
    const struct kx_waiting_for *wanted = &waiting->wanted;
    int64_t ms = wanted->pause_ms ? wanted->pause_ms(wanted->what) : KX_WAITING_STEP_MS;
    if (*soon) ms = MIN(ms, KX_WAITING_SOON_MS);
    int rang = kx_bell_wait(wanted->bell, &waiting->heard, ms, waiting->ending);
    if (rang > 0)
        *soon = SOON;
    else if (*soon)
        *soon -= 1;
    return rang;
}

static gpointer ask_on(gpointer data)
{
    struct kx_waiting *waiting = data;
    unsigned soon = 0;
    const struct kx_call call = {.cancel = waiting->ending, .timeout_ms = ASK_MS, .attempts = 1};
    for (;;) {
        g_autoptr(GString) said = g_string_new(NULL);
        KX_ERROR_AUTO(err);
        int result = waiting->wanted.ask(waiting->wanted.what, &call, said, &err);
        if (kx_cancel_fired(waiting->ending) || tell(waiting, result, said)) return NULL;
        if (wait_to_ask(waiting, &soon) < 0) return NULL;
    }
}

void kx_waiting_open(const struct kx_waiting_for *wanted, void **out)
{
    struct kx_waiting *waiting = g_new0(struct kx_waiting, 1);
    waiting->wanted = *wanted;
    waiting->heard = kx_bell_rings(wanted->bell);
    waiting->ending = kx_cancel_new();
    waiting->text = g_string_new(NULL);
    g_mutex_init(&waiting->mutex);
    g_cond_init(&waiting->changed);
    waiting->thread = g_thread_new("waiting", ask_on, waiting);
    *out = waiting;
}

void kx_waiting_close(void *state)
{
    struct kx_waiting *waiting = state;
    kx_cancel_fire(waiting->ending);
    g_thread_join(waiting->thread);
    run_waker(waiting->waker, false);
    waiting->wanted.free(waiting->wanted.what);
    kx_cancel_unref(waiting->ending);
    g_string_free(waiting->text, TRUE);
    g_mutex_clear(&waiting->mutex);
    g_cond_clear(&waiting->changed);
    g_free(waiting);
}

static void wake_readers(void *context)
{
    struct kx_waiting *waiting = context;
    g_mutex_lock(&waiting->mutex);
    g_cond_broadcast(&waiting->changed);
    g_mutex_unlock(&waiting->mutex);
}

/* Mutex held. */
static ssize_t wait_and_take(struct kx_waiting *waiting, char *buffer, size_t size,
                             struct kx_cancel *cancel, gint64 until_us)
{
    while (!waiting->text->len && !waiting->over) {
        if (kx_cancel_fired(cancel)) return -EINTR;
        if (!g_cond_wait_until(&waiting->changed, &waiting->mutex, until_us) &&
            !waiting->text->len && !waiting->over)
            return kx_cancel_fired(cancel) ? -EINTR : -EAGAIN;
    }
    size_t taken = MIN(size, waiting->text->len);
    if (!taken) return waiting->error;
    memcpy(buffer, waiting->text->str, taken);
    g_string_erase(waiting->text, 0, (gssize)taken);
    return (ssize_t)taken;
}

ssize_t kx_waiting_read(void *state, char *buffer, size_t size, struct kx_cancel *cancel,
                        int64_t wait_ms)
{
    struct kx_waiting *waiting = state;
    struct kx_cancel_watch watch = {.wake = wake_readers, .context = waiting};
    kx_cancel_watch(cancel, &watch);
    g_mutex_lock(&waiting->mutex);
    gint64 until = g_get_monotonic_time() + wait_ms * G_TIME_SPAN_MILLISECOND;
    ssize_t got = wait_and_take(waiting, buffer, size, cancel, until);
    g_mutex_unlock(&waiting->mutex);
    kx_cancel_unwatch(cancel, &watch);
    return got;
}

bool kx_waiting_ready(void *state)
{
    struct kx_waiting *waiting = state;
    g_mutex_lock(&waiting->mutex);
    bool ready = waiting->text->len || waiting->over;
    g_mutex_unlock(&waiting->mutex);
    return ready;
}

void kx_waiting_watch(void *state, struct kx_waker waker)
{
    struct kx_waiting *waiting = state;
    g_mutex_lock(&waiting->mutex);
    bool ready = waiting->text->len || waiting->over;
    struct kx_waker before = waiting->waker;
    waiting->waker = ready ? (struct kx_waker){NULL, NULL, NULL} : waker;
    g_mutex_unlock(&waiting->mutex);
    run_waker(before, false);
    if (ready) run_waker(waker, true);
}
