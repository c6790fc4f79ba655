#include "base/cancel.h"

#include <errno.h>

#include "support.h"

#define ROUNDS  300
#define THREADS 4
#define LONG_MS 60000
#define SOON_US (10 * G_USEC_PER_SEC) /* on a busy machine: far less than LONG_MS */

static void it_fires_once_and_for_all(void **state)
{
    (void)state;
    g_autoptr(kx_cancel) cancel = kx_cancel_new();
    assert_false(kx_cancel_fired(cancel));
    kx_cancel_fire(cancel);
    assert_true(kx_cancel_fired(cancel));
    kx_cancel_fire(cancel);
    assert_true(kx_cancel_fired(cancel));
}

static void none_is_never_fired(void **state)
{
    (void)state;
    struct kx_cancel_watch watch = {0};
    assert_false(kx_cancel_fired(NULL));
    assert_null(kx_cancel_ref(NULL));
    kx_cancel_unref(NULL);
    kx_cancel_watch(NULL, &watch);
    kx_cancel_unwatch(NULL, &watch);
    assert_int_equal(kx_cancel_sleep(NULL, 1), 0);
}

static void it_lives_until_the_last_reference(void **state)
{
    (void)state;
    struct kx_cancel *cancel = kx_cancel_new();
    assert_ptr_equal(kx_cancel_ref(cancel), cancel);
    kx_cancel_unref(cancel);
    kx_cancel_fire(cancel);
    assert_true(kx_cancel_fired(cancel));
    kx_cancel_unref(cancel);
}

static void count(void *context)
{
    ++*(int *)context;
}

static void it_wakes_all_who_watch(void **state)
{
    (void)state;
    g_autoptr(kx_cancel) cancel = kx_cancel_new();
    int woken[3] = {0};
    struct kx_cancel_watch watches[3];
    for (int i = 0; i < 3; i++) {
        watches[i] = (struct kx_cancel_watch){.wake = count, .context = &woken[i]};
        kx_cancel_watch(cancel, &watches[i]);
    }
    kx_cancel_unwatch(cancel, &watches[0]);
    kx_cancel_fire(cancel);
    kx_cancel_fire(cancel);
    assert_int_equal(woken[0], 0);
    assert_int_equal(woken[1], 1);
    assert_int_equal(woken[2], 1);
    kx_cancel_unwatch(cancel, &watches[1]);
    kx_cancel_unwatch(cancel, &watches[2]);
}

static void who_watches_too_late_looks(void **state)
{
    (void)state;
    g_autoptr(kx_cancel) cancel = kx_cancel_new();
    int woken = 0;
    struct kx_cancel_watch watch = {.wake = count, .context = &woken};
    kx_cancel_fire(cancel);
    kx_cancel_watch(cancel, &watch);
    kx_cancel_fire(cancel);
    kx_cancel_unwatch(cancel, &watch);
    assert_int_equal(woken, 0);
    assert_true(kx_cancel_fired(cancel));
}

static void sleep_takes_its_time(void **state)
{
    (void)state;
    g_autoptr(kx_cancel) cancel = kx_cancel_new();
    gint64 begun = g_get_monotonic_time();
    assert_int_equal(kx_cancel_sleep(cancel, 30), 0);
    assert_true(g_get_monotonic_time() - begun >= 30000);
    assert_int_equal(kx_cancel_sleep(cancel, 0), 0);
    assert_int_equal(kx_cancel_sleep(cancel, -5), 0);
}

static void sleep_does_not_begin_after_the_end(void **state)
{
    (void)state;
    g_autoptr(kx_cancel) cancel = kx_cancel_new();
    kx_cancel_fire(cancel);
    gint64 begun = g_get_monotonic_time();
    assert_int_equal(kx_cancel_sleep(cancel, LONG_MS), -EINTR);
    assert_true(g_get_monotonic_time() - begun < SOON_US);
}

static gpointer fire_soon(gpointer data)
{
    g_usleep(20000);
    kx_cancel_fire(data);
    return NULL;
}

static void sleep_is_interrupted(void **state)
{
    (void)state;
    g_autoptr(kx_cancel) cancel = kx_cancel_new();
    gint64 begun = g_get_monotonic_time();
    GThread *thread = g_thread_new("fire", fire_soon, cancel);
    assert_int_equal(kx_cancel_sleep(cancel, LONG_MS), -EINTR);
    assert_true(g_get_monotonic_time() - begun < SOON_US);
    g_thread_join(thread);
}

/* --- races: a waker never runs after its unwatch came back --- */

struct watcher {
    struct kx_cancel *cancel;
    gint watching, *late, *started;
};

static void wake_watcher(void *context)
{
    struct watcher *watcher = context;
    if (!g_atomic_int_get(&watcher->watching)) g_atomic_int_inc(watcher->late);
}

static gpointer watch_until_fired(gpointer data)
{
    struct watcher *watcher = data;
    struct kx_cancel_watch watch = {.wake = wake_watcher, .context = watcher};
    g_atomic_int_inc(watcher->started);
    do {
        g_atomic_int_set(&watcher->watching, 1);
        kx_cancel_watch(watcher->cancel, &watch);
        kx_cancel_unwatch(watcher->cancel, &watch);
        g_atomic_int_set(&watcher->watching, 0);
    } while (!kx_cancel_fired(watcher->cancel));
    kx_cancel_unref(watcher->cancel);
    g_free(watcher);
    return NULL;
}

static void watching_and_firing_may_meet(void **state)
{
    (void)state;
    gint late = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct kx_cancel *cancel = kx_cancel_new();
        GThread *threads[THREADS];
        gint started = 0;
        for (int i = 0; i < THREADS; i++) {
            struct watcher *watcher = g_new0(struct watcher, 1);
            *watcher = (struct watcher){
                .cancel = kx_cancel_ref(cancel), .late = &late, .started = &started};
            threads[i] = g_thread_new("watch", watch_until_fired, watcher);
        }
        while (g_atomic_int_get(&started) < 1 + round % THREADS)
            g_thread_yield();
        kx_cancel_fire(cancel);
        kx_cancel_unref(cancel);
        for (int i = 0; i < THREADS; i++)
            g_thread_join(threads[i]);
    }
    assert_int_equal(late, 0);
}

static gpointer sleep_long(gpointer data)
{
    return GINT_TO_POINTER(kx_cancel_sleep(data, LONG_MS));
}

/* Fired at any moment of going to sleep, nobody sleeps on. */
static void no_wake_is_lost(void **state)
{
    (void)state;
    gint64 begun = g_get_monotonic_time();
    for (int round = 0; round < ROUNDS; round++) {
        g_autoptr(kx_cancel) cancel = kx_cancel_new();
        GThread *threads[2];
        for (int i = 0; i < 2; i++)
            threads[i] = g_thread_new("sleep", sleep_long, cancel);
        for (int spin = 0; spin < round; spin++)
            g_thread_yield();
        kx_cancel_fire(cancel);
        for (int i = 0; i < 2; i++)
            assert_int_equal(GPOINTER_TO_INT(g_thread_join(threads[i])), -EINTR);
    }
    assert_true(g_get_monotonic_time() - begun < (gint64)LONG_MS * 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_fires_once_and_for_all),
        cmocka_unit_test(none_is_never_fired),
        cmocka_unit_test(it_lives_until_the_last_reference),
        cmocka_unit_test(it_wakes_all_who_watch),
        cmocka_unit_test(who_watches_too_late_looks),
        cmocka_unit_test(sleep_takes_its_time),
        cmocka_unit_test(sleep_does_not_begin_after_the_end),
        cmocka_unit_test(sleep_is_interrupted),
        cmocka_unit_test(watching_and_firing_may_meet),
        cmocka_unit_test(no_wake_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
