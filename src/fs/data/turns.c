/* Whose turn it is with a writer: its gate, and uploads that are cut for who comes first. */
#include <errno.h>

#include "fs/data/writer_private.h"
#include "fs/mount.h"

int kx_writer_enter(struct kx_writer *writer, const struct kx_call *call, struct kx_error *err)
{
    int64_t patience = kx_client_stall_ms(writer->mount->client);
    int result;
    do /* an upload may take long, and ends by itself when nothing moves */
        result = kx_gate_enter(&writer->gate, call ? call->cancel : NULL, patience);
    while (result == -ETIMEDOUT && kx_writer_is_shared(writer));
    if (result == -EINTR) return kx_error_set(err, EINTR, "interrupted");
    if (result < 0) return kx_error_set(err, ETIMEDOUT, "another writer of the file is stuck");
    return 0;
}

/* Mutex held. */
static bool must_yield(const struct kx_writer *writer)
{
    return writer->takers > 0 || (writer->background && writer->changers > 0);
}

static void count(struct kx_writer *writer, unsigned *who, int more)
{
    g_mutex_lock(&writer->mutex);
    *who += (unsigned)more;
    if (writer->sending && must_yield(writer)) kx_cancel_fire(writer->sending);
    g_mutex_unlock(&writer->mutex);
}

int kx_writer_enter_first(struct kx_writer *writer, const struct kx_call *call,
                          struct kx_error *err)
{
    count(writer, &writer->changers, 1);
    int result = kx_writer_enter(writer, call, err);
    count(writer, &writer->changers, -1);
    return result;
}

int kx_writer_pause(struct kx_writer *writer, const struct kx_call *call, struct kx_error *err)
{
    count(writer, &writer->takers, 1);
    int result = kx_writer_enter(writer, call, err);
    if (result < 0) count(writer, &writer->takers, -1);
    return result;
}

int kx_writer_settle(struct kx_writer *writer, const struct kx_call *call, struct kx_error *err)
{
    int result = kx_writer_publish_and_stay(writer, call, err);
    if (result == 0) count(writer, &writer->takers, 1);
    return result;
}

void kx_writer_resume(struct kx_writer *writer, bool gone)
{
    if (gone) {
        g_mutex_lock(&writer->mutex);
        writer->abandoned = true;
        g_mutex_unlock(&writer->mutex);
        kx_writer_unkeep(writer, true);
    }
    count(writer, &writer->takers, -1);
    kx_gate_leave(&writer->gate);
}

void kx_writer_abandon(struct kx_writer *writer)
{
    if (kx_writer_pause(writer, NULL, NULL) == 0) kx_writer_resume(writer, true);
}

void kx_writer_set_background(struct kx_writer *writer, bool background)
{
    g_mutex_lock(&writer->mutex);
    writer->background = background;
    g_mutex_unlock(&writer->mutex);
}

static void pass_on(void *context)
{
    kx_cancel_fire(context);
}

void kx_writer_begin_sending(struct kx_writer *writer, const struct kx_call *call,
                             struct kx_sending *sending)
{
    struct kx_cancel *cancel = kx_cancel_new();
    sending->callers = call ? call->cancel : NULL;
    sending->watch = (struct kx_cancel_watch){.wake = pass_on, .context = cancel};
    sending->call = call ? *call : (struct kx_call){0};
    sending->call.cancel = cancel;
    kx_cancel_watch(sending->callers, &sending->watch);
    if (kx_cancel_fired(sending->callers)) kx_cancel_fire(cancel);
    g_mutex_lock(&writer->mutex);
    writer->sending = cancel;
    if (must_yield(writer)) kx_cancel_fire(cancel);
    g_mutex_unlock(&writer->mutex);
}

int kx_writer_end_sending(struct kx_writer *writer, struct kx_sending *sending, int result,
                          struct kx_error *err)
{
    g_mutex_lock(&writer->mutex);
    writer->sending = NULL;
    while (writer->readers > 0) /* each reads from the local disk only */
        g_cond_wait(&writer->read, &writer->mutex);
    g_mutex_unlock(&writer->mutex);
    kx_cancel_unwatch(sending->callers, &sending->watch);
    kx_cancel_unref(sending->call.cancel);
    if (result != -EINTR || kx_cancel_fired(sending->callers)) return result;
    return kx_error_set(err, ECANCELED, "cut for who changes the file or takes its name away");
}

bool kx_writer_is_shared(struct kx_writer *writer)
{
    g_mutex_lock(&writer->mutex);
    bool shared = writer->sending != NULL;
    g_mutex_unlock(&writer->mutex);
    return shared;
}
