#include "fs/tree/waiting.h"

#include <errno.h>
#include <string.h>

#include "support.h"

#define LONG_MS 10000

/* A server that says one thing after the other. */
struct said {
    int results[4];
    const char *texts[4];
    gint asked; /* atomic */
    gint freed;
};

static int ask(void *what, const struct kx_call *call, GString *out, struct kx_error *err)
{
    struct said *said = what;
    gint asked = g_atomic_int_add(&said->asked, 1);
    int number = MIN(asked, 3);
    (void)call, (void)err;
    if (said->texts[number]) g_string_append(out, said->texts[number]);
    return said->results[number];
}

static void forget(void *what)
{
    g_atomic_int_inc(&((struct said *)what)->freed);
}

static void *open_it(struct said *said)
{
    const struct kx_waiting_for wanted = {.what = said, .free = forget, .ask = ask};
    void *state = NULL;
    kx_waiting_open(&wanted, &state);
    return state;
}

static void close_it(struct said *said, void *state)
{
    kx_waiting_close(state);
    assert_int_equal(said->freed, 1);
}

static void a_reader_waits_for_what_is_said_last(void **state)
{
    (void)state;
    struct said said = {.results = {0, -EHOSTDOWN, 1}, .texts = {"a", NULL, "b\n"}};
    void *stream = open_it(&said);
    char buffer[8];
    assert_int_equal(kx_waiting_read(stream, buffer, sizeof buffer, NULL, LONG_MS), 1);
    assert_int_equal(buffer[0], 'a');
    assert_int_equal(kx_waiting_read(stream, buffer, 1, NULL, LONG_MS), 1);
    assert_int_equal(kx_waiting_read(stream, buffer + 1, sizeof buffer - 1, NULL, LONG_MS), 1);
    assert_memory_equal(buffer, "b\n", 2);
    assert_int_equal(kx_waiting_read(stream, buffer, sizeof buffer, NULL, LONG_MS), 0);
    assert_true(kx_waiting_ready(stream));
    assert_int_equal(said.asked, 3);
    close_it(&said, stream);
}

static void what_does_not_pass_ends_it(void **state)
{
    (void)state;
    struct said said = {.results = {-ENOENT}};
    void *stream = open_it(&said);
    char buffer[8];
    assert_int_equal(kx_waiting_read(stream, buffer, sizeof buffer, NULL, LONG_MS), -ENOENT);
    close_it(&said, stream);
}

static void who_does_not_want_to_wait_does_not(void **state)
{
    (void)state;
    struct said said = {0};
    void *stream = open_it(&said);
    g_autoptr(kx_cancel) cancel = kx_cancel_new();
    char buffer[8];
    assert_int_equal(kx_waiting_read(stream, buffer, sizeof buffer, NULL, 0), -EAGAIN);
    assert_false(kx_waiting_ready(stream));
    kx_cancel_fire(cancel);
    assert_int_equal(kx_waiting_read(stream, buffer, sizeof buffer, cancel, LONG_MS), -EINTR);
    close_it(&said, stream);
}

static int64_t for_ever(void *what)
{
    (void)what;
    return LONG_MS * 1000;
}

/* A stream that nobody would ask again for hours, but for the bell. */
static void *open_beside(struct said *said, struct kx_bell *bell)
{
    const struct kx_waiting_for wanted = {
        .what = said, .free = forget, .ask = ask, .pause_ms = for_ever, .bell = bell};
    void *stream = NULL;
    kx_waiting_open(&wanted, &stream);
    return stream;
}

static void check_ring(struct said *said)
{
    g_autoptr(kx_bell) bell = kx_bell_new();
    void *stream = open_beside(said, bell);
    char buffer[8];
    kx_bell_ring(bell);
    assert_int_equal(kx_waiting_read(stream, buffer, sizeof buffer, NULL, LONG_MS), 1);
    close_it(said, stream);
}

static void a_bell_makes_it_ask(void **state)
{
    (void)state;
    struct said said = {.results = {0, 1}, .texts = {NULL, "x"}};
    check_ring(&said);
}

/* What is shared of an answer from before the ring is asked for once more. */
static void after_a_ring_it_asks_twice(void **state)
{
    (void)state;
    struct said said = {.results = {0, 0, 0, 1}, .texts = {NULL, NULL, NULL, "x"}};
    check_ring(&said);
}

static void a_bell_does_not_hold_the_end_up(void **state)
{
    (void)state;
    struct said said = {0};
    g_autoptr(kx_bell) bell = kx_bell_new();
    close_it(&said, open_beside(&said, bell));
}

static void count(void *context)
{
    g_atomic_int_inc((gint *)context);
}

static void wakers_are_called_once_or_dropped(void **state)
{
    (void)state;
    struct said said = {.results = {0, 0, 1}, .texts = {NULL, NULL, "x"}};
    gint woken[2] = {0}, dropped[2] = {0};
    struct kx_waker first = {.wake = count, .drop = NULL, .context = &woken[0]};
    struct kx_waker second = {.wake = count, .drop = NULL, .context = &woken[1]};
    struct kx_waker unwanted = {.wake = NULL, .drop = count, .context = &dropped[0]};
    void *stream = open_it(&said);
    kx_waiting_watch(stream, unwanted);
    kx_waiting_watch(stream, first); /* replaces the other */
    assert_int_equal(dropped[0], 1);
    char buffer[8];
    assert_int_equal(kx_waiting_read(stream, buffer, sizeof buffer, NULL, LONG_MS), 1);
    kx_waiting_watch(stream, second); /* it is over: at once */
    assert_int_equal(g_atomic_int_get(&woken[1]), 1);
    close_it(&said, stream);
    assert_int_equal(g_atomic_int_get(&woken[0]), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reader_waits_for_what_is_said_last),
        cmocka_unit_test(what_does_not_pass_ends_it),
        cmocka_unit_test(who_does_not_want_to_wait_does_not),
        cmocka_unit_test(a_bell_makes_it_ask),
        cmocka_unit_test(after_a_ring_it_asks_twice),
        cmocka_unit_test(a_bell_does_not_hold_the_end_up),
        cmocka_unit_test(wakers_are_called_once_or_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
