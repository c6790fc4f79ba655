#include "fs/data/uploader.h"

#include <errno.h>

#include "fs/data/writer_private.h"
#include "fs/errors.h"
#include "fs/mount.h"
#include "fs/names/inode.h"

#define PAUSE_FIRST_MS 500
#define PAUSE_MAX_MS   60000

struct entry {
    struct kx_writer *writer; /* a reference, and one of its opens */
    int64_t due_ms, pause_ms;
};

struct kx_uploader {
    struct kx_mount *mount;
    struct kx_cancel *cancel;
    GMutex mutex; /* guards the rest */
    GCond changed;
    GPtrArray *waiting; /* of owned struct entry */
    GPtrArray *threads;
    unsigned busy, given_up; /* the latter at the end */
    bool ending;
};

struct kx_uploader *kx_uploader_new(struct kx_mount *mount)
{
    struct kx_uploader *uploader = g_new0(struct kx_uploader, 1);
    uploader->mount = mount;
    uploader->cancel = kx_cancel_new();
    g_mutex_init(&uploader->mutex);
    g_cond_init(&uploader->changed);
    uploader->waiting = g_ptr_array_new();
    uploader->threads = g_ptr_array_new();
    return uploader;
}

static int64_t now_ms(void)
{
    return g_get_monotonic_time() / 1000;
}

/* The one that has waited longest for its turn; mutex held.  @return NULL: none may go now; *until
 * when one may. */
static struct entry *next(struct kx_uploader *uploader, int64_t *until_ms)
{
    guint best = 0;
    *until_ms = INT64_MAX;
    for (guint i = 0; i < uploader->waiting->len; i++) {
        const struct entry *entry = g_ptr_array_index(uploader->waiting, i);
        if (entry->due_ms >= *until_ms) continue;
        best = i;
        *until_ms = entry->due_ms;
    }
    if (*until_ms > now_ms()) return NULL;
    return g_ptr_array_remove_index(uploader->waiting, best);
}

static void note_given_up(struct kx_uploader *uploader)
{
    g_mutex_lock(&uploader->mutex);
    if (uploader->ending) uploader->given_up++;
    g_mutex_unlock(&uploader->mutex);
}

/* @return whether it must be tried again. */
static bool upload(struct kx_uploader *uploader, struct entry *entry)
{
    KX_ERROR_AUTO(err);
    const struct kx_call call = {.cancel = uploader->cancel};
    int result = kx_writer_upload(entry->writer, &call, &err);
    bool noted = err.code == ECANCELED || err.code == EINTR;
    if (result < 0 && !noted && !kx_cancel_fired(uploader->cancel))
        kx_errors_add(uploader->mount->errors, NULL, &err);
    if (err.code == ECANCELED) entry->pause_ms = PAUSE_FIRST_MS; /* the server is well */
    if (result == -EAGAIN) {
        entry->due_ms = now_ms() + entry->pause_ms;
        entry->pause_ms = MIN(entry->pause_ms * 2, PAUSE_MAX_MS);
        return true;
    }
    if (result < 0) note_given_up(uploader);
    kx_writer_release(entry->writer, result < 0 ? &err : NULL);
    g_free(entry);
    return false;
}

static gpointer work(gpointer data)
{
    struct kx_uploader *uploader = data;
    g_mutex_lock(&uploader->mutex);
    while (!kx_cancel_fired(uploader->cancel) &&
           !(uploader->ending && uploader->waiting->len == 0)) {
        int64_t until_ms;
        struct entry *entry = next(uploader, &until_ms);
        if (!entry) {
            if (until_ms == INT64_MAX)
                g_cond_wait(&uploader->changed, &uploader->mutex);
            else
                g_cond_wait_until(&uploader->changed, &uploader->mutex, until_ms * 1000);
            continue;
        }
        uploader->busy++;
        g_mutex_unlock(&uploader->mutex);
        bool again = upload(uploader, entry);
        g_mutex_lock(&uploader->mutex);
        uploader->busy--;
        if (again) g_ptr_array_add(uploader->waiting, entry);
        g_cond_broadcast(&uploader->changed);
    }
    g_mutex_unlock(&uploader->mutex);
    return NULL;
}

void kx_uploader_add(struct kx_uploader *uploader, struct kx_writer *writer)
{
    struct entry *entry = g_new0(struct entry, 1);
    entry->writer = kx_writer_hold(writer);
    entry->pause_ms = PAUSE_FIRST_MS;
    g_mutex_lock(&uploader->mutex);
    g_ptr_array_add(uploader->waiting, entry);
    guint wanted = MIN(uploader->waiting->len + uploader->busy, KX_UPLOADS_AT_ONCE);
    if (uploader->threads->len < wanted)
        g_ptr_array_add(uploader->threads, g_thread_new("uploads", work, uploader));
    g_cond_signal(&uploader->changed);
    g_mutex_unlock(&uploader->mutex);
}

static void wake(void *context)
{
    struct kx_uploader *uploader = context;
    kx_cancel_fire(uploader->cancel);
}

/* The end has come before the uploads: their records stay. */
static unsigned let_go(struct kx_uploader *uploader)
{
    unsigned left = uploader->waiting->len;
    for (guint i = 0; i < left; i++) {
        struct entry *entry = g_ptr_array_index(uploader->waiting, i);
        g_autofree char *path = kx_inode_path(entry->writer->inode);
        kx_log_write(uploader->mount->log, KX_LOG_ERROR,
                     "not uploaded yet, the next mount goes on: %s", path ? path : "?");
        kx_writer_release(entry->writer, NULL);
        g_free(entry);
    }
    g_ptr_array_set_size(uploader->waiting, 0);
    return left + uploader->given_up;
}

/* Nothing is worth a pause any more. */
static void hurry(struct kx_uploader *uploader)
{
    uploader->ending = true;
    for (guint i = 0; i < uploader->waiting->len; i++)
        ((struct entry *)g_ptr_array_index(uploader->waiting, i))->due_ms = 0;
    g_cond_broadcast(&uploader->changed);
}

static void join(struct kx_uploader *uploader)
{
    for (guint i = 0; i < uploader->threads->len; i++)
        g_thread_join(g_ptr_array_index(uploader->threads, i));
    g_ptr_array_set_size(uploader->threads, 0);
}

unsigned kx_uploader_finish(struct kx_uploader *uploader, struct kx_cancel *cancel)
{
    struct kx_cancel_watch watch = {.wake = wake, .context = uploader};
    kx_cancel_watch(cancel, &watch);
    if (kx_cancel_fired(cancel)) kx_cancel_fire(uploader->cancel);
    g_mutex_lock(&uploader->mutex);
    hurry(uploader);
    /* A cancel that fires between a thread's look and its wait is seen here at the latest. */
    while (uploader->busy + uploader->waiting->len > 0 && !kx_cancel_fired(uploader->cancel))
        g_cond_wait_until(&uploader->changed, &uploader->mutex, g_get_monotonic_time() + 100000);
    g_cond_broadcast(&uploader->changed);
    g_mutex_unlock(&uploader->mutex);
    join(uploader);
    kx_cancel_unwatch(cancel, &watch);
    return let_go(uploader);
}

void kx_uploader_free(struct kx_uploader *uploader)
{
    if (!uploader) return;
    kx_cancel_fire(uploader->cancel);
    g_mutex_lock(&uploader->mutex);
    hurry(uploader);
    g_mutex_unlock(&uploader->mutex);
    join(uploader);
    let_go(uploader);
    g_ptr_array_free(uploader->threads, TRUE);
    g_ptr_array_free(uploader->waiting, TRUE);
    kx_cancel_unref(uploader->cancel);
    g_mutex_clear(&uploader->mutex);
    g_cond_clear(&uploader->changed);
    g_free(uploader);
}
