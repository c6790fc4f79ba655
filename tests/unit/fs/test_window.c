/* How much is asked for: arithmetic. */
#include "expect.h"
#include "fs/data/window.h"

#define KIB    ((int64_t)1024)
#define MIB    (1024 * KIB)
#define LENGTH (1024 * MIB)

static void after(struct kx_pattern *pattern, int64_t run, int count)
{
    for (int i = 0; i < count; i++) {
        kx_pattern_begun(pattern);
        kx_pattern_ended(pattern, run);
    }
}

static int64_t ask(const struct kx_pattern *pattern, int64_t length, int64_t needed)
{
    const struct kx_run run = {
        .begin = 100 * MIB, .from = 100 * MIB + length, .to = 100 * MIB + length + needed};
    return kx_run_ask(pattern, &run, LENGTH);
}

/* How many bytes are asked for, and in how many requests, when so many are read in steps. */
static int64_t read_run(const struct kx_pattern *pattern, int64_t bytes, int *requests)
{
    int64_t asked = 0;
    for (int64_t at = 0; at < bytes; at += 128 * KIB)
        while (asked < MIN(at + 128 * KIB, bytes)) {
            asked += ask(pattern, asked, MIN(at + 128 * KIB, bytes) - asked);
            ++*requests;
        }
    return asked;
}

static void the_first_run_from_the_beginning_is_the_file(void **state)
{
    (void)state;
    struct kx_pattern pattern = {0};
    assert_int_equal(kx_run_begin(&pattern, 0, 4096, LENGTH), 0);
    assert_int_equal(kx_run_begin(&pattern, MIB, 4096, LENGTH), 0);
    assert_int_equal(kx_run_begin(&pattern, MIB + 1, 4096, LENGTH), MIB + 1);
    assert_int_equal(kx_run_begin(&pattern, 2 * MIB, MIB, LENGTH), 0);
    assert_int_equal(kx_run_reach(&pattern, KX_RUN_COMES, 4096), MIB);
    assert_int_equal(kx_run_reach(&pattern, KX_RUN_COMES, MIB), 3 * MIB);
    kx_pattern_begun(&pattern);
    const struct kx_run run = {.from = 0, .to = 4096};
    assert_int_equal(kx_run_ask(&pattern, &run, LENGTH), LENGTH);
    assert_int_equal(kx_run_begin(&pattern, 4096, 4096, LENGTH), 4096);
}

static void a_small_file_is_one_piece(void **state)
{
    (void)state;
    struct kx_pattern pattern = {0};
    after(&pattern, 4096, 2);
    assert_int_equal(kx_run_begin(&pattern, 900 * KIB, 4096, MIB), 0);
    const struct kx_run run = {.from = 0, .to = 900 * KIB};
    assert_int_equal(kx_run_ask(&pattern, &run, MIB), MIB);
    after(&pattern, 4096, 1); /* unless it is read over and over in small pieces */
    assert_int_equal(kx_run_begin(&pattern, 900 * KIB, 4096, MIB), 900 * KIB);
}

static void a_jump_gets_little_and_then_more(void **state)
{
    (void)state;
    struct kx_pattern pattern = {0};
    after(&pattern, 4096, 1);
    kx_pattern_begun(&pattern);
    assert_int_equal(ask(&pattern, 0, 4096), 256 * KIB);
    assert_int_equal(ask(&pattern, 0, MIB), MIB);
    assert_int_equal(ask(&pattern, MIB, 4096), MIB / 4);
    assert_int_equal(ask(&pattern, 4 * MIB, 4096), 4 * MIB);
    assert_int_equal(ask(&pattern, 8 * MIB, 4096), LENGTH - 108 * MIB);
}

static void never_more_than_the_file_has(void **state)
{
    (void)state;
    struct kx_pattern pattern = {0};
    after(&pattern, 4096, 1);
    const struct kx_run run = {.begin = LENGTH - 100, .from = LENGTH - 100, .to = LENGTH};
    assert_int_equal(kx_run_ask(&pattern, &run, LENGTH), 100);
}

static void after_three_misses_it_is_exact(void **state)
{
    (void)state;
    struct kx_pattern pattern = {0};
    after(&pattern, 4096, KX_MISSES);
    assert_int_equal(ask(&pattern, 0, 4096), 4096);
    assert_int_equal(ask(&pattern, 0, 1), 4096);
    assert_int_equal(ask(&pattern, 0, 10000), 10000);
    assert_int_equal(kx_run_reach(&pattern, KX_RUN_GOES, MIB), KX_READ_GAP_BYTES);
    assert_int_equal(kx_run_reach(&pattern, KX_RUN_RESTS, MIB), KX_READ_GAP_BYTES);
}

static void runs_of_one_length_are_asked_for_at_once(void **state)
{
    (void)state;
    struct kx_pattern pattern = {0};
    int requests = 0;
    after(&pattern, 1200000, KX_MISSES);
    assert_int_equal(read_run(&pattern, 1200000, &requests), 1200000);
    assert_int_equal(requests, 1);
}

static void what_is_asked_in_addition_stays_below_an_eighth(void **state)
{
    (void)state;
    for (int64_t run = 64 * KIB; run <= 4 * MIB; run += 57 * KIB) {
        struct kx_pattern pattern = {0};
        int requests = 0;
        after(&pattern, run * 3 / 4, KX_MISSES);
        int64_t asked = read_run(&pattern, run, &requests);
        assert_true(asked >= run && asked <= run + run / 8);
        assert_in_range(requests, 1, 6);
    }
}

static void when_it_is_read_in_order_again_it_grows_again(void **state)
{
    (void)state;
    struct kx_pattern pattern = {0};
    int requests = 0;
    after(&pattern, 4096, KX_MISSES);
    int64_t asked = read_run(&pattern, 100 * MIB, &requests);
    assert_in_range(requests, 4, 16);
    assert_int_equal(asked, LENGTH - 100 * MIB);
    after(&pattern, 100 * MIB, KX_MISSES);
    assert_int_equal(ask(&pattern, 0, 4096), KX_READ_STREAM_BYTES);
    assert_int_equal(kx_run_reach(&pattern, KX_RUN_GOES, 4096), KX_READ_AHEAD_BYTES / 2);
}

static void a_window_grows_when_it_was_too_small(void **state)
{
    (void)state;
    const int64_t first = KX_WINDOW_FIRST;
    assert_int_equal(kx_window_next(first, first, true), 2 * first);
    assert_int_equal(kx_window_next(first, first - 1, true), first);
    assert_int_equal(kx_window_next(first, 100 * first, false), first);
    assert_int_equal(kx_window_next(KX_WINDOW_MOST, 100 * MIB, true), KX_WINDOW_MOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_run_from_the_beginning_is_the_file),
        cmocka_unit_test(a_small_file_is_one_piece),
        cmocka_unit_test(a_jump_gets_little_and_then_more),
        cmocka_unit_test(never_more_than_the_file_has),
        cmocka_unit_test(after_three_misses_it_is_exact),
        cmocka_unit_test(runs_of_one_length_are_asked_for_at_once),
        cmocka_unit_test(what_is_asked_in_addition_stays_below_an_eighth),
        cmocka_unit_test(when_it_is_read_in_order_again_it_grows_again),
        cmocka_unit_test(a_window_grows_when_it_was_too_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
