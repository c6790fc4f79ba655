#include "base/lines.h"

#include <errno.h>
#include <string.h>

#include "support.h"

static void check_text(struct kx_lines *lines, const char *expected)
{
    g_autoptr(GString) text = g_string_new(NULL);
    kx_lines_text(lines, text);
    assert_string_equal(text->str, expected);
}

static void check_read(struct kx_lines_reader *reader, size_t size, const char *expected)
{
    char buffer[256];
    ssize_t got = kx_lines_read(reader, buffer, size, NULL, 0);
    assert_int_equal(got, strlen(expected));
    assert_memory_equal(buffer, expected, (size_t)got);
}

static void the_last_lines_are_kept(void **state)
{
    (void)state;
    g_autoptr(kx_lines) lines = kx_lines_new(3, 1000);
    check_text(lines, "");
    static const char *const LINES[] = {"a", "b", "c", "d"};
    for (size_t i = 0; i < G_N_ELEMENTS(LINES); i++)
        kx_lines_add(lines, LINES[i]);
    check_text(lines, "b\nc\nd\n");
}

static void their_bytes_are_bounded(void **state)
{
    (void)state;
    g_autoptr(kx_lines) lines = kx_lines_new(100, 10);
    kx_lines_add(lines, "aaa");
    kx_lines_add(lines, "bbb");
    check_text(lines, "aaa\nbbb\n");
    kx_lines_add(lines, "ccc");
    check_text(lines, "bbb\nccc\n");
    kx_lines_add(lines, "longer than all"); /* the newest is kept all the same */
    check_text(lines, "longer than all\n");
}

static void a_reader_gets_what_comes(void **state)
{
    (void)state;
    g_autoptr(kx_lines) lines = kx_lines_new(10, 1000);
    kx_lines_add(lines, "before");
    struct kx_lines_reader *reader = kx_lines_follow(lines);
    assert_false(kx_lines_ready(reader));
    char byte;
    assert_int_equal(kx_lines_read(reader, &byte, 1, NULL, 0), -EAGAIN);
    kx_lines_add(lines, "one");
    kx_lines_add(lines, "two");
    assert_true(kx_lines_ready(reader));
    check_read(reader, 2, "on");
    check_read(reader, 3, "e\nt");
    check_read(reader, 100, "wo\n");
    assert_false(kx_lines_ready(reader));
    kx_lines_unfollow(reader);
}

static void a_slow_reader_is_told_what_it_missed(void **state)
{
    (void)state;
    g_autoptr(kx_lines) lines = kx_lines_new(2, 1000);
    struct kx_lines_reader *reader = kx_lines_follow(lines);
    static const char *const LINES[] = {"a", "b", "c", "d", "e"};
    for (size_t i = 0; i < G_N_ELEMENTS(LINES); i++)
        kx_lines_add(lines, LINES[i]);
    check_read(reader, 200, "(3 lines were missed)\nd\ne\n");
    kx_lines_unfollow(reader);
}

/* Another thread, at the same lines. */
struct other {
    struct kx_lines *lines;
    struct kx_cancel *cancel;
};

static gpointer add_one(gpointer data)
{
    kx_lines_add(((struct other *)data)->lines, "late");
    return NULL;
}

static gpointer fire(gpointer data)
{
    kx_cancel_fire(((struct other *)data)->cancel);
    return NULL;
}

#define LONG_MS 20000

static void who_waits_is_woken_by_a_line(void **state)
{
    (void)state;
    g_autoptr(kx_lines) lines = kx_lines_new(10, 1000);
    struct kx_lines_reader *reader = kx_lines_follow(lines);
    struct other other = {.lines = lines};
    GThread *thread = g_thread_new("add", add_one, &other);
    char buffer[10];
    assert_int_equal(kx_lines_read(reader, buffer, sizeof(buffer), NULL, LONG_MS), 5);
    assert_memory_equal(buffer, "late\n", 5);
    g_thread_join(thread);
    kx_lines_unfollow(reader);
}

static void who_waits_can_be_interrupted(void **state)
{
    (void)state;
    g_autoptr(kx_lines) lines = kx_lines_new(10, 1000);
    g_autoptr(kx_cancel) cancel = kx_cancel_new();
    struct kx_lines_reader *reader = kx_lines_follow(lines);
    struct other other = {.cancel = cancel};
    GThread *thread = g_thread_new("fire", fire, &other);
    char byte;
    assert_int_equal(kx_lines_read(reader, &byte, 1, cancel, LONG_MS), -EINTR);
    g_thread_join(thread);
    kx_lines_unfollow(reader);
}

struct woken {
    int wakes, drops;
};

static void on_wake(void *context)
{
    ((struct woken *)context)->wakes++;
}

static void on_drop(void *context)
{
    ((struct woken *)context)->drops++;
}

static void a_waker_is_called_once(void **state)
{
    (void)state;
    g_autoptr(kx_lines) lines = kx_lines_new(10, 1000);
    struct kx_lines_reader *reader = kx_lines_follow(lines);
    struct woken woken[4] = {{0}};
    for (size_t i = 0; i < 2; i++) /* the second takes the place of the first */
        kx_lines_watch(reader, (struct kx_waker){on_wake, on_drop, &woken[i]});
    assert_int_equal(woken[0].wakes, 0);
    assert_int_equal(woken[0].drops, 1);
    kx_lines_add(lines, "a");
    kx_lines_add(lines, "b");
    assert_int_equal(woken[1].wakes, 1);
    assert_int_equal(woken[1].drops, 1);
    kx_lines_watch(reader, (struct kx_waker){on_wake, on_drop, &woken[2]}); /* at once */
    assert_int_equal(woken[2].wakes, 1);
    assert_int_equal(woken[2].drops, 1);
    check_read(reader, 100, "a\nb\n");
    kx_lines_watch(reader, (struct kx_waker){on_wake, on_drop, &woken[3]});
    kx_lines_unfollow(reader);
    assert_int_equal(woken[3].wakes, 0);
    assert_int_equal(woken[3].drops, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_lines_are_kept),
        cmocka_unit_test(their_bytes_are_bounded),
        cmocka_unit_test(a_reader_gets_what_comes),
        cmocka_unit_test(a_slow_reader_is_told_what_it_missed),
        cmocka_unit_test(who_waits_is_woken_by_a_line),
        cmocka_unit_test(who_waits_can_be_interrupted),
        cmocka_unit_test(a_waker_is_called_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
