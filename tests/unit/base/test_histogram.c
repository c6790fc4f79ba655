#include "base/histogram.h"

#include "support.h"

static void everything_is_in_one_bucket(void **state)
{
    (void)state;
    struct kx_histogram histogram = {0};
    struct kx_histogram_view view;
    kx_histogram_read(&histogram, &view);
    assert_int_equal(view.count, 0);
    assert_int_equal(kx_histogram_quantile_us(&view, 50), 0);
    static const int64_t TIMES_US[] = {-5, 0, 1000, 1001, 2000, 30000000, 30000001, 900000000};
    uint64_t sum = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(TIMES_US); i++) {
        kx_histogram_add(&histogram, TIMES_US[i]);
        sum += TIMES_US[i] > 0 ? (uint64_t)TIMES_US[i] : 0;
    }
    kx_histogram_read(&histogram, &view);
    assert_int_equal(view.count, 8);
    assert_int_equal(view.sum_us, sum);
    assert_int_equal(view.upto[0], 3);
    assert_int_equal(view.upto[1], 5);
    assert_int_equal(view.upto[2], 5);
    assert_int_equal(view.upto[KX_HISTOGRAM_BUCKETS - 1], 6);
}

static void the_bounds_ascend(void **state)
{
    (void)state;
    assert_int_equal(kx_histogram_bound_us(0), 1000);
    for (unsigned i = 1; i < KX_HISTOGRAM_BUCKETS; i++)
        assert_true(kx_histogram_bound_us(i) > kx_histogram_bound_us(i - 1));
}

static void so_many_were_as_quick(void **state)
{
    (void)state;
    struct kx_histogram histogram = {0};
    struct kx_histogram_view view;
    for (int i = 0; i < 90; i++)
        kx_histogram_add(&histogram, 700);
    for (int i = 0; i < 9; i++)
        kx_histogram_add(&histogram, 40000);
    kx_histogram_add(&histogram, 60000000);
    kx_histogram_read(&histogram, &view);
    assert_int_equal(kx_histogram_quantile_us(&view, 50), 1000);
    assert_int_equal(kx_histogram_quantile_us(&view, 90), 1000);
    assert_int_equal(kx_histogram_quantile_us(&view, 91), 50000);
    assert_int_equal(kx_histogram_quantile_us(&view, 99), 50000);
    assert_int_equal(kx_histogram_quantile_us(&view, 100), INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_in_one_bucket),
        cmocka_unit_test(the_bounds_ascend),
        cmocka_unit_test(so_many_were_as_quick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
