/* How many streams a reader is worth: arithmetic. */
#include "expect.h"
#include "fs/data/streams.h"

#define MB ((int64_t)1000000)

/* A round of a second that brought so much, of which the reader waited a part. */
static unsigned after(struct kx_streams *streams, int64_t bytes, int waited_percent, unsigned most)
{
    const struct kx_streams_round round = {
        .bytes = bytes, .took_us = 1000000, .waited_us = waited_percent * 10000, .most = most};
    unsigned count = kx_streams_judge(streams, &round);
    return streams->begins ? kx_streams_judge(streams, &(struct kx_streams_round){.took_us = 1})
                           : count;
}

static void a_limit_of_each_connection_is_worth_all(void **state)
{
    (void)state;
    struct kx_streams streams = {0};
    assert_int_equal(after(&streams, 20 * MB, 95, 8), 2);
    assert_int_equal(after(&streams, 38 * MB, 95, 8), 4);
    assert_int_equal(after(&streams, 70 * MB, 90, 8), 8);
    for (int i = 0; i < 10; i++)
        assert_int_equal(after(&streams, 120 * MB, 90, 8), 8);
}

static void a_limit_of_the_link_is_found(void **state)
{
    (void)state;
    struct kx_streams streams = {0};
    assert_int_equal(after(&streams, 20 * MB, 95, 8), 2);
    assert_int_equal(after(&streams, 39 * MB, 95, 8), 4);
    assert_int_equal(after(&streams, 42 * MB, 95, 8), 2);
    assert_int_equal(after(&streams, 39 * MB, 95, 8), 2);
}

static void a_try_without_gain_is_taken_back_and_rare(void **state)
{
    (void)state;
    struct kx_streams streams = {0};
    unsigned tries = 0;
    for (int i = 0; i < 1000; i++)
        tries += after(&streams, 100 * MB, 99, 8) > 1;
    assert_in_range(tries, 2, 7);
}

static void who_does_not_wait_needs_no_more(void **state)
{
    (void)state;
    struct kx_streams streams = {0};
    for (int i = 0; i < 100; i++)
        assert_int_equal(after(&streams, 20 * MB, 40, 8), 1);
}

static void memory_bounds_them(void **state)
{
    (void)state;
    struct kx_streams streams = {0};
    assert_int_equal(after(&streams, 20 * MB, 95, 1), 1);
    assert_int_equal(after(&streams, 20 * MB, 95, 3), 2);
    assert_int_equal(after(&streams, 40 * MB, 95, 3), 3);
    assert_int_equal(after(&streams, 60 * MB, 95, 3), 3);
    assert_int_equal(after(&streams, 60 * MB, 95, 1), 1);
}

static void pieces_fit_the_rate(void **state)
{
    (void)state;
    struct kx_streams streams = {0};
    assert_int_equal(kx_streams_piece(&streams), KX_STREAMS_PIECE_LEAST);
    after(&streams, 30 * MB, 95, 8);
    assert_int_equal(kx_streams_piece(&streams), 11 << 20);
    after(&streams, 60 * MB, 95, 8);
    assert_int_equal(kx_streams_piece(&streams), 11 << 20);
    streams = (struct kx_streams){0};
    after(&streams, 1000 * MB, 95, 8);
    assert_int_equal(kx_streams_piece(&streams), KX_STREAMS_PIECE_MOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_limit_of_each_connection_is_worth_all),
        cmocka_unit_test(a_limit_of_the_link_is_found),
        cmocka_unit_test(a_try_without_gain_is_taken_back_and_rare),
        cmocka_unit_test(who_does_not_wait_needs_no_more),
        cmocka_unit_test(memory_bounds_them),
        cmocka_unit_test(pieces_fit_the_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
