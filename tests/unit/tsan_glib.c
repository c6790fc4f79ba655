/* GLib's locks for ThreadSanitizer: linked into the tests of the tsan preset only.
 *
 * GLib's own locks are futexes inside a library that is not instrumented: the sanitizer does not
 * see them, and takes everything that they guard for a race. These have the same names and are
 * found first; they are pthread locks, which it knows. */
#include <glib.h>
#include <pthread.h>

static pthread_mutex_t *mutex_of(GMutex *mutex)
{
    gpointer *slot = (gpointer *)mutex;
    pthread_mutex_t *own = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
    if (own) return own;
    pthread_mutex_t *fresh = g_new0(pthread_mutex_t, 1);
    gpointer none = NULL;
    pthread_mutex_init(fresh, NULL);
    if (__atomic_compare_exchange_n(slot, &none, fresh, FALSE, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return fresh;
    g_free(fresh);
    return none;
}

static pthread_cond_t *cond_of(GCond *cond)
{
    gpointer *slot = (gpointer *)cond;
    pthread_cond_t *own = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
    if (own) return own;
    pthread_cond_t *fresh = g_new0(pthread_cond_t, 1);
    pthread_condattr_t attributes;
    gpointer none = NULL;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(fresh, &attributes);
    if (__atomic_compare_exchange_n(slot, &none, fresh, FALSE, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return fresh;
    g_free(fresh);
    return none;
}

void g_mutex_init(GMutex *mutex)
{
    *(gpointer *)mutex = NULL;
}

void g_mutex_clear(GMutex *mutex)
{
    pthread_mutex_destroy(mutex_of(mutex));
    g_free(mutex_of(mutex));
    *(gpointer *)mutex = NULL;
}

void g_mutex_lock(GMutex *mutex)
{
    pthread_mutex_lock(mutex_of(mutex));
}

gboolean g_mutex_trylock(GMutex *mutex)
{
    return pthread_mutex_trylock(mutex_of(mutex)) == 0;
}

void g_mutex_unlock(GMutex *mutex)
{
    pthread_mutex_unlock(mutex_of(mutex));
}

void g_cond_init(GCond *cond)
{
    *(gpointer *)cond = NULL;
}

void g_cond_clear(GCond *cond)
{
    pthread_cond_destroy(cond_of(cond));
    g_free(cond_of(cond));
    *(gpointer *)cond = NULL;
}

void g_cond_wait(GCond *cond, GMutex *mutex)
{
    pthread_cond_wait(cond_of(cond), mutex_of(mutex));
}

gboolean g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end_time)
{
    const struct timespec until = {.tv_sec = end_time / G_USEC_PER_SEC,
                                   .tv_nsec = (end_time % G_USEC_PER_SEC) * 1000};
    return pthread_cond_timedwait(cond_of(cond), mutex_of(mutex), &until) == 0;
}

void g_cond_signal(GCond *cond)
{
    pthread_cond_signal(cond_of(cond));
}

void g_cond_broadcast(GCond *cond)
{
    pthread_cond_broadcast(cond_of(cond));
}

/* The same for counts of references: the last one must be seen to come after all others. */
#undef g_atomic_ref_count_inc
#undef g_atomic_ref_count_dec
void g_atomic_ref_count_inc(gatomicrefcount *count)
{
    __atomic_fetch_add((gint *)count, 1, __ATOMIC_ACQ_REL);
}

gboolean g_atomic_ref_count_dec(gatomicrefcount *count)
{
    return __atomic_fetch_sub((gint *)count, 1, __ATOMIC_ACQ_REL) == 1;
}
