#include "base/lines.h"

#include <errno.h>
#include <string.h>

struct kx_lines {
    unsigned lines_max;
    size_t bytes_max;
    GMutex mutex;    /* guards what follows, and the readers */
    GCond more;      /* a line came, or a reader's call was cancelled */
    GQueue kept;     /* of owned strings with their ends, oldest first */
    size_t bytes;    /* of them */
    uint64_t first;  /* the number of the oldest; numbers count from 0 */
    GSList *readers; /* borrowed */
};

struct kx_lines_reader {
    struct kx_lines *lines;
    uint64_t next; /* the number of the line that comes next */
    GString *rest; /* of the line before */
    struct kx_waker waker;
};

struct kx_lines *kx_lines_new(unsigned lines_max, size_t bytes_max)
{
    struct kx_lines *lines = g_new0(struct kx_lines, 1);
    lines->lines_max = lines_max;
    lines->bytes_max = bytes_max;
    g_mutex_init(&lines->mutex);
    g_cond_init(&lines->more);
    g_queue_init(&lines->kept);
    return lines;
}

void kx_lines_free(struct kx_lines *lines)
{
    if (!lines) return;
    g_queue_clear_full(&lines->kept, g_free);
    g_cond_clear(&lines->more);
    g_mutex_clear(&lines->mutex);
    g_free(lines);
}

static void drop_oldest(struct kx_lines *lines)
{
    g_autofree char *line = g_queue_pop_head(&lines->kept);
    lines->bytes -= strlen(line);
    lines->first++;
}

/* Take the wakers out, to be called without the lock. */
static GArray *take_wakers(struct kx_lines *lines)
{
    GArray *wakers = g_array_new(FALSE, FALSE, sizeof(struct kx_waker));
    for (GSList *at = lines->readers; at; at = at->next) {
        struct kx_lines_reader *reader = at->data;
        if (reader->waker.wake) g_array_append_val(wakers, reader->waker);
        reader->waker = (struct kx_waker){NULL, NULL, NULL};
    }
    return wakers;
}

static void run_waker(struct kx_waker waker, bool wake)
{
    if (wake && waker.wake) waker.wake(waker.context);
    if (waker.drop) waker.drop(waker.context);
}

void kx_lines_add(struct kx_lines *lines, const char *line)
{
    g_mutex_lock(&lines->mutex);
    char *kept = g_strconcat(line, "\n", NULL);
    g_queue_push_tail(&lines->kept, kept);
    lines->bytes += strlen(kept);
    while (lines->kept.length > lines->lines_max ||
           (lines->bytes > lines->bytes_max && lines->kept.length > 1))
        drop_oldest(lines);
    g_autoptr(GArray) wakers = take_wakers(lines);
    g_cond_broadcast(&lines->more);
    g_mutex_unlock(&lines->mutex);
    for (guint i = 0; i < wakers->len; i++)
        run_waker(g_array_index(wakers, struct kx_waker, i), true);
}

void kx_lines_text(struct kx_lines *lines, GString *out)
{
    g_mutex_lock(&lines->mutex);
    for (GList *at = lines->kept.head; at; at = at->next)
        g_string_append(out, at->data);
    g_mutex_unlock(&lines->mutex);
}

struct kx_lines_reader *kx_lines_follow(struct kx_lines *lines)
{
    struct kx_lines_reader *reader = g_new0(struct kx_lines_reader, 1);
    reader->lines = lines;
    reader->rest = g_string_new(NULL);
    g_mutex_lock(&lines->mutex);
    reader->next = lines->first + lines->kept.length;
    lines->readers = g_slist_prepend(lines->readers, reader);
    g_mutex_unlock(&lines->mutex);
    return reader;
}

void kx_lines_unfollow(struct kx_lines_reader *reader)
{
    if (!reader) return;
    struct kx_lines *lines = reader->lines;
    g_mutex_lock(&lines->mutex);
    lines->readers = g_slist_remove(lines->readers, reader);
    g_mutex_unlock(&lines->mutex);
    run_waker(reader->waker, false);
    g_string_free(reader->rest, TRUE);
    g_free(reader);
}

static bool has_more(const struct kx_lines_reader *reader)
{
    const struct kx_lines *lines = reader->lines;
    return reader->rest->len > 0 || reader->next < lines->first + lines->kept.length;
}

/* Fill the rest from the lines that are there, up to `size` bytes or a little more. Mutex held. */
static void gather(struct kx_lines_reader *reader, size_t size)
{
    struct kx_lines *lines = reader->lines;
    if (reader->next < lines->first) {
        g_string_append_printf(reader->rest, "(%" G_GUINT64_FORMAT " lines were missed)\n",
                               lines->first - reader->next);
        reader->next = lines->first;
    }
    GList *at = g_queue_peek_nth_link(&lines->kept, (guint)(reader->next - lines->first));
    for (; at && reader->rest->len < size; at = at->next, reader->next++)
        g_string_append(reader->rest, at->data);
}

static void wake_readers(void *context)
{
    struct kx_lines *lines = context;
    g_mutex_lock(&lines->mutex);
    g_cond_broadcast(&lines->more);
    g_mutex_unlock(&lines->mutex);
}

static ssize_t wait_and_take(struct kx_lines_reader *reader, char *buffer, size_t size,
                             struct kx_cancel *cancel, gint64 until_us)
{
    struct kx_lines *lines = reader->lines;
    while (!has_more(reader)) {
        if (kx_cancel_fired(cancel)) return -EINTR;
        if (!g_cond_wait_until(&lines->more, &lines->mutex, until_us) && !has_more(reader))
            return kx_cancel_fired(cancel) ? -EINTR : -EAGAIN;
    }
    gather(reader, size);
    size_t taken = MIN(size, reader->rest->len);
    memcpy(buffer, reader->rest->str, taken);
    g_string_erase(reader->rest, 0, (gssize)taken);
    return (ssize_t)taken;
}

ssize_t kx_lines_read(struct kx_lines_reader *reader, char *buffer, size_t size,
                      struct kx_cancel *cancel, int64_t wait_ms)
{
    struct kx_lines *lines = reader->lines;
    struct kx_cancel_watch watch = {.wake = wake_readers, .context = lines};
    kx_cancel_watch(cancel, &watch);
    g_mutex_lock(&lines->mutex);
    gint64 until_us = g_get_monotonic_time() + wait_ms * 1000;
    ssize_t result = wait_and_take(reader, buffer, size, cancel, until_us);
    g_mutex_unlock(&lines->mutex);
    kx_cancel_unwatch(cancel, &watch);
    return result;
}

bool kx_lines_ready(struct kx_lines_reader *reader)
{
    g_mutex_lock(&reader->lines->mutex);
    bool ready = has_more(reader);
    g_mutex_unlock(&reader->lines->mutex);
    return ready;
}

void kx_lines_watch(struct kx_lines_reader *reader, struct kx_waker waker)
{
    g_mutex_lock(&reader->lines->mutex);
    bool ready = has_more(reader);
    struct kx_waker before = reader->waker;
    reader->waker = ready ? (struct kx_waker){NULL, NULL, NULL} : waker;
    g_mutex_unlock(&reader->lines->mutex);
    run_waker(before, false);
    if (ready) run_waker(waker, true);
}
