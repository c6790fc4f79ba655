/* The number that is taken from and given back to. */

#include "base/budget.h"

#include "support.h"

static void within_the_limit_it_gives(void **state)
{
    (void)state;
    g_autoptr(kx_budget) budget = kx_budget_new(100);
    assert_true(kx_budget_try(budget, 60));
    assert_false(kx_budget_try(budget, 41));
    assert_int_equal(kx_budget_used(budget), 60);
    assert_true(kx_budget_try(budget, 40));
    assert_false(kx_budget_try(budget, 1));
    kx_budget_give(budget, 100);
    assert_int_equal(kx_budget_used(budget), 0);
    assert_int_equal(kx_budget_limit(budget), 100);
}

static void what_must_be_is_taken_beyond_it(void **state)
{
    (void)state;
    g_autoptr(kx_budget) budget = kx_budget_new(100);
    kx_budget_take(budget, 150);
    assert_int_equal(kx_budget_used(budget), 150);
    assert_false(kx_budget_try(budget, 1));
    kx_budget_give(budget, 100);
    assert_true(kx_budget_try(budget, 50));
    kx_budget_give(budget, 100);
}

static void without_a_limit_it_gives_all(void **state)
{
    (void)state;
    g_autoptr(kx_budget) budget = kx_budget_new(0);
    assert_true(kx_budget_try(budget, INT64_C(1) << 60));
    kx_budget_give(budget, INT64_C(1) << 60);
    assert_true(kx_budget_try(NULL, 1));
    kx_budget_take(NULL, 1);
    kx_budget_give(NULL, 1);
    assert_int_equal(kx_budget_used(NULL), 0);
    kx_budget_free(NULL);
}

#define ROUNDS 20000

static gpointer take_and_give(gpointer data)
{
    for (int i = 0; i < ROUNDS; i++)
        if (kx_budget_try(data, 3)) {
            if (kx_budget_used(data) > 10) return data;
            kx_budget_give(data, 3);
        }
    return NULL;
}

static void threads_never_get_more_than_there_is(void **state)
{
    (void)state;
    g_autoptr(kx_budget) budget = kx_budget_new(10);
    GThread *threads[4];
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("taker", take_and_give, budget);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        assert_null(g_thread_join(threads[i]));
    assert_int_equal(kx_budget_used(budget), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(within_the_limit_it_gives),
        cmocka_unit_test(what_must_be_is_taken_beyond_it),
        cmocka_unit_test(without_a_limit_it_gives_all),
        cmocka_unit_test(threads_never_get_more_than_there_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
