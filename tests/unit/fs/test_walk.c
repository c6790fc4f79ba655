/* Which files are fetched before they are opened: a guess from those that were. */
#include "expect.h"
#include "fs/data/walk.h"

#define MANY 100

/* Files whose numbers are in another order than their names. */
static uint64_t number_of(unsigned index)
{
    return 1000 + index * 37 % MANY;
}

static struct kx_walk *made(unsigned count, enum kx_walk_start start)
{
    struct kx_walk_file files[MANY];
    for (unsigned i = 0; i < count; i++)
        files[i] = (struct kx_walk_file){.number = number_of(i), .worth = true};
    return kx_walk_new(files, count, start);
}

/* Which file has the number after that of `index`. */
static unsigned after(unsigned index)
{
    for (unsigned i = 0; i < MANY; i++)
        if (number_of(i) == number_of(index) + 1) return i;
    return 0;
}

/* How many are to be fetched now. */
static unsigned fetched(struct kx_walk *walk)
{
    unsigned count = 0;
    while (kx_walk_next(walk) >= 0)
        count++;
    return count;
}

static void neighbours_are_a_walk(void **state)
{
    (void)state;
    g_autoptr(kx_walk) walk = made(MANY, KX_WALK_FRESH);
    assert_true(kx_walk_opened(walk, 10, 1));
    assert_true(kx_walk_opened(walk, 11, 2));
    assert_int_equal(kx_walk_next(walk), -1);
    assert_true(kx_walk_opened(walk, 12, 3));
    assert_true(kx_walk_goes(walk));
    assert_int_equal(kx_walk_next(walk), 13);
    assert_int_equal(kx_walk_next(walk), 14);
    assert_int_equal(kx_walk_next(walk), -1);
}

static void the_order_of_numbers_is_one_too(void **state)
{
    (void)state;
    g_autoptr(kx_walk) walk = made(MANY, KX_WALK_FRESH);
    unsigned at = 5;
    for (int i = 0; i < 3; i++, at = after(at))
        assert_true(kx_walk_opened(walk, at, i + 1));
    assert_int_equal(kx_walk_next(walk), at);
    assert_int_equal(kx_walk_next(walk), after(at));
    assert_int_equal(kx_walk_next(walk), -1);
}

/* Each guess that came true is worth one more, up to so many. */
static void it_grows_with_each_that_is_of_use(void **state)
{
    (void)state;
    g_autoptr(kx_walk) walk = made(MANY, KX_WALK_FRESH);
    unsigned ahead = 0, most = 0;
    for (unsigned i = 0; i < 60; i++) {
        assert_true(kx_walk_opened(walk, i, i + 1));
        if (i > 2) ahead--;
        ahead += fetched(walk);
        most = MAX(most, ahead);
        assert_true(ahead <= 2 + i);
    }
    assert_int_equal(most, KX_WALK_AHEAD);
}

static void no_file_is_named_twice(void **state)
{
    (void)state;
    g_autoptr(kx_walk) walk = made(MANY, KX_WALK_FRESH);
    bool seen[MANY] = {false};
    for (unsigned i = 0; i < MANY; i++) {
        kx_walk_opened(walk, i, i + 1);
        for (int next; (next = kx_walk_next(walk)) >= 0; seen[next] = true) {
            assert_false(seen[next]);
            assert_true((unsigned)next > i);
        }
    }
    assert_true(seen[MANY - 1]);
}

static void an_open_elsewhere_ends_it(void **state)
{
    (void)state;
    g_autoptr(kx_walk) walk = made(MANY, KX_WALK_FRESH);
    for (unsigned i = 0; i < 3; i++)
        kx_walk_opened(walk, i, i + 1);
    assert_int_equal(fetched(walk), 2);
    assert_false(kx_walk_opened(walk, 70, 9)); /* what was fetched is to be let go of */
    assert_false(kx_walk_goes(walk));
    assert_int_equal(fetched(walk), 0);
    assert_true(kx_walk_opened(walk, 30, 10)); /* that was said already */
}

/* Files at random, or every second one, are no walk. */
static void what_is_no_walk_is_not_fetched(void **state)
{
    (void)state;
    g_autoptr(kx_walk) random = made(MANY, KX_WALK_FRESH), second = made(MANY, KX_WALK_FRESH);
    for (unsigned i = 0; i < 25; i++) {
        kx_walk_opened(random, i * 53 % MANY, i + 1);
        kx_walk_opened(second, 2 * i, i + 1);
        assert_int_equal(fetched(random) + fetched(second), 0);
    }
}

/* Walks that end again and again cost no more than so many files. */
static void what_is_in_vain_is_bounded(void **state)
{
    (void)state;
    g_autoptr(kx_walk) walk = made(MANY, KX_WALK_FRESH);
    unsigned all = 0;
    for (unsigned i = 0; i < 3 * 20; i++) {
        kx_walk_opened(walk, i / 3 * 5 + i % 3, i + 1);
        all += fetched(walk);
    }
    assert_true(all > 0 && all <= KX_WALK_LOST + 2);
}

/* Four programs at once. */
static void programs_may_overtake_each_other(void **state)
{
    static const unsigned ORDER[] = {0, 1, 2, 4, 3, 5, 8, 7, 6, 9, 11, 10, 12, 14, 13};
    (void)state;
    g_autoptr(kx_walk) walk = made(MANY, KX_WALK_FRESH);
    for (unsigned i = 0; i < G_N_ELEMENTS(ORDER); i++) {
        assert_true(kx_walk_opened(walk, ORDER[i], i + 1));
        fetched(walk);
    }
    assert_true(kx_walk_goes(walk));
}

static void not_more_than_the_pace_needs(void **state)
{
    (void)state;
    g_autoptr(kx_walk) slow = made(MANY, KX_WALK_FRESH), paused = made(MANY, KX_WALK_FRESH);
    unsigned ahead = 0;
    for (unsigned i = 0; i < 30; i++) {
        kx_walk_opened(slow, i, 1 + (int64_t)i * KX_WALK_HORIZON_MS / 2);
        if (i > 2) ahead--;
        ahead += fetched(slow);
        assert_true(ahead <= 2);
    }
    for (unsigned i = 0; i < 3; i++)
        kx_walk_opened(paused, i, i + 1);
    assert_int_equal(fetched(paused), 2);
    kx_walk_opened(paused, 3, 10 + KX_WALK_PAUSE_MS);
    assert_int_equal(fetched(paused), 0);
}

/* A gateway that is slow for a while: nothing is thrown away, to be fetched for a second time. */
static void what_is_here_outlives_a_pause(void **state)
{
    (void)state;
    g_autoptr(kx_walk) walk = made(MANY, KX_WALK_FRESH);
    unsigned at = 0, ahead = 0;
    for (; at < 20; at++) {
        assert_true(kx_walk_opened(walk, at, at + 1));
        if (at > 2) ahead--;
        ahead += fetched(walk);
    }
    assert_true(ahead > 10);
    int64_t now = at + 1 + 2 * KX_WALK_PAUSE_MS;
    assert_true(kx_walk_opened(walk, at, now));
    assert_true(kx_walk_goes(walk));
    assert_int_equal(fetched(walk), 0);
    for (unsigned i = 1; i < 40; i++) {
        assert_true(kx_walk_opened(walk, at + i, now + i));
        ahead = fetched(walk);
    }
    assert_true(ahead > 0);
}

/* Who has walked through one folder does so with the next, from its first file on. */
static void the_next_folder(void **state)
{
    (void)state;
    g_autoptr(kx_walk) first = made(MANY, KX_WALK_NEXT), middle = made(MANY, KX_WALK_NEXT),
                       goes_on = made(MANY, KX_WALK_GOES);
    kx_walk_opened(first, 0, 1);
    assert_int_equal(kx_walk_next(first), 1);
    kx_walk_opened(middle, 40, 1);
    assert_int_equal(kx_walk_next(middle), -1);
    kx_walk_opened(goes_on, 40, 1);
    assert_int_equal(kx_walk_next(goes_on), 41);
}

static void what_is_not_worth_it_is_passed_over(void **state)
{
    (void)state;
    struct kx_walk_file files[6];
    for (unsigned i = 0; i < 6; i++)
        files[i] = (struct kx_walk_file){.number = i, .worth = i != 3};
    g_autoptr(kx_walk) walk = kx_walk_new(files, 6, KX_WALK_FRESH);
    for (unsigned i = 0; i < 3; i++)
        kx_walk_opened(walk, i, i + 1);
    assert_int_equal(kx_walk_next(walk), 4);
    kx_walk_skip(walk, 4); /* it is here already: another one may be fetched for it */
    assert_int_equal(kx_walk_next(walk), 5);
    assert_int_equal(kx_walk_next(walk), -1);
    assert_true(kx_walk_opened(walk, 3, 4));
    assert_true(kx_walk_opened(walk, 4, 5));
    assert_true(kx_walk_opened(walk, 5, 6));
}

static void folders_of_few_files(void **state)
{
    (void)state;
    g_autoptr(kx_walk) none = made(0, KX_WALK_NEXT), one = made(1, KX_WALK_NEXT);
    assert_int_equal(kx_walk_next(none), -1);
    assert_true(kx_walk_opened(one, 0, 1));
    assert_int_equal(kx_walk_next(one), -1);
    assert_true(kx_walk_opened(one, 0, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_are_a_walk),
        cmocka_unit_test(the_order_of_numbers_is_one_too),
        cmocka_unit_test(it_grows_with_each_that_is_of_use),
        cmocka_unit_test(no_file_is_named_twice),
        cmocka_unit_test(an_open_elsewhere_ends_it),
        cmocka_unit_test(what_is_no_walk_is_not_fetched),
        cmocka_unit_test(what_is_in_vain_is_bounded),
        cmocka_unit_test(programs_may_overtake_each_other),
        cmocka_unit_test(not_more_than_the_pace_needs),
        cmocka_unit_test(what_is_here_outlives_a_pause),
        cmocka_unit_test(the_next_folder),
        cmocka_unit_test(what_is_not_worth_it_is_passed_over),
        cmocka_unit_test(folders_of_few_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
