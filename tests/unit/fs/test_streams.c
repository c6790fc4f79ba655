/* How many streams a reader is worth: arithmetic. */
#include "expect.h"
#include "fs/data/streams.h"

#define MB ((int64_t)1000000)

/* @return what follows from a round; the first one of a try, which does not count, is passed. */
static unsigned judge(struct kx_streams *streams, const struct kx_streams_round *round)
{
    unsigned count = kx_streams_judge(streams, round);
    return streams->begins ? kx_streams_judge(streams, &(struct kx_streams_round){.took_us = 1})
                           : count;
}

/* A round of a second that brought so much, of which the reader waited a part. */
static unsigned after(struct kx_streams *streams, int64_t bytes, int waited_percent, unsigned most)
{
    const struct kx_streams_round round = {.bytes = bytes,
                                           .took_us = 1000000,
                                           .waited_us = waited_percent * 10000,
                                           .most = most,
                                           .wanted = true};
    return judge(streams, &round);
}

/* A round of a second of a reader that nobody has given several streams. */
static unsigned on_way(struct kx_streams *streams, int64_t answer_us, int64_t bytes, int64_t all)
{
    const struct kx_streams_round round = {.bytes = bytes,
                                           .took_us = 1000000,
                                           .waited_us = 950000,
                                           .most = 8,
                                           .all_bytes = all,
                                           .answer_us = answer_us};
    return judge(streams, &round);
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
    assert_in_range(tries, 5, 9); /* after 4, 8, 16 ... rounds */
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

static void a_long_way_is_reason_enough(void **state)
{
    (void)state;
    struct kx_streams streams = {0};
    assert_int_equal(on_way(&streams, 50000, 15 * MB, 15 * MB), 1); /* it begins */
    assert_int_equal(on_way(&streams, 50000, 20 * MB, 20 * MB), 2);
    assert_int_equal(on_way(&streams, 50000, 40 * MB, 40 * MB), 4);
    assert_int_equal(on_way(&streams, 50000, 80 * MB, 80 * MB), 8);
    assert_int_equal(on_way(&streams, 50000, 160 * MB, 160 * MB), 8);
}

static void much_on_a_long_way_is_no_reason(void **state)
{
    (void)state;
    struct kx_streams streams = {0};
    assert_int_equal(on_way(&streams, 50000, 50 * MB, 50 * MB), 1); /* it begins */
    for (int i = 0; i < 20; i++) {
        assert_int_equal(on_way(&streams, 50000, 300 * MB, 300 * MB), 1);
        assert_int_equal(on_way(&streams, 50000, 30 * MB, 300 * MB), 1); /* others read, too */
    }
}

/* On a short way there is a reason when the rate is always the same, as a limit makes it. */
static void a_steady_slow_stream_is_limited(void **state)
{
    (void)state;
    struct kx_streams streams = {0};
    for (int i = 1; i < KX_STREAMS_STEADY; i++)
        assert_int_equal(on_way(&streams, 1000, (20 + i % 2) * MB, 21 * MB), 1);
    assert_int_equal(on_way(&streams, 1000, 20 * MB, 20 * MB), 2);
    assert_int_equal(on_way(&streams, 1000, 40 * MB, 40 * MB), 4);
    assert_int_equal(on_way(&streams, 1000, 80 * MB, 80 * MB), 8);
}

static void an_unsteady_one_is_not(void **state)
{
    (void)state;
    struct kx_streams streams = {0};
    for (int i = 0; i < 100; i++) {
        int64_t bytes = (20 + i % 3 * 10) * MB; /* 20, 30, 40: a busy machine */
        assert_int_equal(on_way(&streams, 1000, bytes, bytes), 1);
    }
}

static void a_quick_one_on_a_short_way_is_not(void **state)
{
    (void)state;
    struct kx_streams streams = {0};
    for (int i = 0; i < 100; i++) {
        assert_int_equal(on_way(&streams, 1000, 100 * MB, 100 * MB), 1);
        assert_int_equal(on_way(&streams, 0, 100 * MB, 100 * MB), 1);
    }
    for (int i = 0; i < 100; i++)
        assert_int_equal(on_way(&streams, 1000, 20 * MB, 320 * MB), 1); /* sixteen readers */
}

static void the_next_piece_is_begun_in_time(void **state)
{
    (void)state;
    struct kx_streams streams = {0};
    assert_int_equal(kx_streams_lead(&streams, 200000), 0); /* nothing is known of the rate */
    after(&streams, 10 * MB, 95, 8);
    assert_int_equal(kx_streams_lead(&streams, 200000), 2 * MB);
    assert_int_equal(kx_streams_lead(&streams, 0), 0);
    assert_int_equal(kx_streams_lead(&streams, 5000000), KX_STREAMS_PIECE_LEAST / 2);
    after(&streams, 20 * MB, 95, 8); /* of two streams */
    assert_int_equal(kx_streams_lead(&streams, 200000), 2 * MB);
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

/* Many short pieces rather than few long ones; never so short that opening them is most of it. */
static void pieces_fit_the_room(void **state)
{
    (void)state;
    struct kx_streams streams = {.rate = 300 * MB, .count = 8};
    const struct kx_streams_round round = {
        .bytes = 300 * MB, .took_us = 1000000, .waited_us = 950000, .most = 8, .room = 160 << 20};
    assert_int_equal(kx_streams_piece(&streams), 14 << 20);
    kx_streams_judge(&streams, &round);
    assert_int_equal(kx_streams_piece(&streams), 10 << 20);
    streams.room = 64 << 20;
    assert_int_equal(kx_streams_piece(&streams), KX_STREAMS_PIECE_LEAST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_limit_of_each_connection_is_worth_all),
        cmocka_unit_test(a_limit_of_the_link_is_found),
        cmocka_unit_test(pieces_fit_the_room),
        cmocka_unit_test(a_try_without_gain_is_taken_back_and_rare),
        cmocka_unit_test(who_does_not_wait_needs_no_more),
        cmocka_unit_test(memory_bounds_them),
        cmocka_unit_test(pieces_fit_the_rate),
        cmocka_unit_test(a_long_way_is_reason_enough),
        cmocka_unit_test(much_on_a_long_way_is_no_reason),
        cmocka_unit_test(a_steady_slow_stream_is_limited),
        cmocka_unit_test(an_unsteady_one_is_not),
        cmocka_unit_test(a_quick_one_on_a_short_way_is_not),
        cmocka_unit_test(the_next_piece_is_begun_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
