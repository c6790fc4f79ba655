#include "base/gate.h"

#include <errno.h>

#include "support.h"

#define THREADS 6
#define TURNS   400
#define SOON_US (10 * G_USEC_PER_SEC)
#define LONG_MS 60000

static int setup(void **state)
{
    struct kx_gate *gate = g_new0(struct kx_gate, 1);
    kx_gate_init(gate);
    *state = gate;
    return 0;
}

static int teardown(void **state)
{
    kx_gate_clear(*state);
    g_free(*state);
    return 0;
}

static void one_is_inside(void **state)
{
    struct kx_gate *gate = *state;
    assert_int_equal(kx_gate_enter(gate, NULL, 0), 0);
    assert_false(kx_gate_try(gate));
    kx_gate_leave(gate);
    assert_true(kx_gate_try(gate));
    assert_false(kx_gate_try(gate));
    kx_gate_leave(gate);
    assert_int_equal(kx_gate_enter(gate, NULL, 1), 0);
    kx_gate_leave(gate);
}

static void patience_has_an_end(void **state)
{
    struct kx_gate *gate = *state;
    assert_true(kx_gate_try(gate));
    gint64 begun = g_get_monotonic_time();
    assert_int_equal(kx_gate_enter(gate, NULL, 40), -ETIMEDOUT);
    assert_true(g_get_monotonic_time() - begun >= 40000);
    assert_false(kx_gate_try(gate)); /* the one inside is still inside */
    kx_gate_leave(gate);
    assert_true(kx_gate_try(gate));
}

static void who_was_interrupted_does_not_wait(void **state)
{
    struct kx_gate *gate = *state;
    g_autoptr(kx_cancel) cancel = kx_cancel_new();
    kx_cancel_fire(cancel);
    assert_true(kx_gate_try(gate));
    gint64 begun = g_get_monotonic_time();
    assert_int_equal(kx_gate_enter(gate, cancel, LONG_MS), -EINTR);
    assert_int_equal(kx_gate_enter(gate, cancel, 0), -EINTR);
    assert_true(g_get_monotonic_time() - begun < SOON_US);
    kx_gate_leave(gate);
    assert_int_equal(kx_gate_enter(gate, cancel, 0), 0); /* nobody to wait for */
}

static gpointer fire_soon(gpointer data)
{
    g_usleep(20000);
    kx_cancel_fire(data);
    return NULL;
}

static void waiting_is_interrupted(void **state)
{
    struct kx_gate *gate = *state;
    g_autoptr(kx_cancel) cancel = kx_cancel_new();
    assert_true(kx_gate_try(gate));
    GThread *thread = g_thread_new("fire", fire_soon, cancel);
    gint64 begun = g_get_monotonic_time();
    assert_int_equal(kx_gate_enter(gate, cancel, 0), -EINTR);
    assert_true(g_get_monotonic_time() - begun < SOON_US);
    g_thread_join(thread);
    assert_false(kx_gate_try(gate));
}

static gpointer leave_soon(gpointer data)
{
    g_usleep(20000);
    kx_gate_leave(data);
    return NULL;
}

static void who_waits_gets_in(void **state)
{
    struct kx_gate *gate = *state;
    for (int patience = 0; patience <= LONG_MS; patience += LONG_MS) {
        assert_true(kx_gate_try(gate));
        GThread *thread = g_thread_new("leave", leave_soon, gate);
        gint64 begun = g_get_monotonic_time();
        assert_int_equal(kx_gate_enter(gate, NULL, patience), 0);
        assert_true(g_get_monotonic_time() - begun < SOON_US);
        assert_false(kx_gate_try(gate));
        g_thread_join(thread);
        kx_gate_leave(gate);
    }
}

struct crowd {
    struct kx_gate *gate;
    struct kx_cancel *cancel;
    int inside, turns; /* guarded by the gate alone */
    gint broken, interrupted;
};

static gpointer take_turns(gpointer data)
{
    struct crowd *crowd = data;
    for (int i = 0; i < TURNS; i++) {
        int result = kx_gate_enter(crowd->gate, crowd->cancel, i % 2 ? LONG_MS : 0);
        if (result == -EINTR) {
            g_atomic_int_inc(&crowd->interrupted);
            continue;
        }
        if (result != 0 || crowd->inside++ != 0) g_atomic_int_inc(&crowd->broken);
        if (i % 16 == 0) g_thread_yield();
        crowd->inside--;
        crowd->turns++;
        kx_gate_leave(crowd->gate);
    }
    return NULL;
}

static void run_crowd(struct crowd *crowd, int fire_at)
{
    GThread *threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        threads[i] = g_thread_new("turn", take_turns, crowd);
    for (int seen = 0; fire_at && seen < fire_at;) {
        assert_int_equal(kx_gate_enter(crowd->gate, NULL, 0), 0);
        seen = crowd->turns;
        kx_gate_leave(crowd->gate);
    }
    if (fire_at) kx_cancel_fire(crowd->cancel);
    for (int i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
    assert_int_equal(crowd->broken, 0);
    assert_int_equal(crowd->turns + crowd->interrupted, THREADS * TURNS);
}

static void turns_are_taken_one_by_one(void **state)
{
    struct crowd crowd = {.gate = *state};
    run_crowd(&crowd, 0);
    assert_int_equal(crowd.turns, THREADS * TURNS);
}

static void interruptions_leave_the_gate_whole(void **state)
{
    g_autoptr(kx_cancel) cancel = kx_cancel_new();
    struct crowd crowd = {.gate = *state, .cancel = cancel};
    run_crowd(&crowd, THREADS * TURNS / 4);
    assert_true(kx_gate_try(*state));
}

#define gate_test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        gate_test(one_is_inside),
        gate_test(patience_has_an_end),
        gate_test(who_was_interrupted_does_not_wait),
        gate_test(waiting_is_interrupted),
        gate_test(who_waits_gets_in),
        gate_test(turns_are_taken_one_by_one),
        gate_test(interruptions_leave_the_gate_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
