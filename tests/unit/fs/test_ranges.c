#include "fs/data/ranges.h"

#include "support.h"

#define SPACE 40 /* bytes of the model */

static void check(const struct kx_ranges *ranges, const bool *model)
{
    int64_t bytes = 0, first = -1;
    for (int i = 0; i < SPACE; i++) {
        bytes += model[i];
        if (first < 0 && model[i]) first = i;
        assert_int_equal(kx_ranges_cover(ranges, i, i + 1), model[i]);
    }
    assert_int_equal(ranges->bytes, bytes);
    assert_int_equal(kx_ranges_first(ranges), first);
    assert_int_equal(kx_ranges_empty(ranges), bytes == 0);
    for (guint i = 1; i < ranges->list->len; i++) { /* ascending, with gaps in between */
        const struct kx_range *a = &g_array_index(ranges->list, struct kx_range, i - 1);
        assert_true(a->from < a->to && a->to < (a + 1)->from);
    }
}

static void check_gap(const struct kx_ranges *ranges, const bool *model, int from, int to)
{
    struct kx_range gap;
    int begin = from, end;
    while (begin < to && model[begin])
        begin++;
    for (end = begin; end < to && !model[end];)
        end++;
    bool found = kx_ranges_gap(ranges, from, to, &gap);
    assert_int_equal(found, begin < to);
    assert_int_equal(kx_ranges_cover(ranges, from, to), !found);
    if (!found) return;
    assert_int_equal(gap.from, begin);
    assert_int_equal(gap.to, end);
}

static void it_is_what_a_model_is(void **state)
{
    (void)state;
    g_autoptr(GRand) chance = g_rand_new_with_seed(7);
    for (int round = 0; round < 200; round++) {
        struct kx_ranges ranges;
        bool model[SPACE] = {false};
        kx_ranges_init(&ranges);
        for (int step = 0; step < 30; step++) {
            int from = g_rand_int_range(chance, 0, SPACE);
            int to = g_rand_int_range(chance, from, MIN(SPACE, from + 9) + 1);
            bool cut = g_rand_int_range(chance, 0, 8) == 0;
            if (cut)
                kx_ranges_cut(&ranges, from);
            else
                kx_ranges_add(&ranges, from, to);
            for (int i = from; i < (cut ? SPACE : to); i++)
                model[i] = !cut;
            check(&ranges, model);
            check_gap(&ranges, model, g_rand_int_range(chance, 0, from + 1), to);
        }
        kx_ranges_clear(&ranges);
    }
}

static void large_offsets(void **state)
{
    (void)state;
    struct kx_ranges ranges;
    struct kx_range gap;
    kx_ranges_init(&ranges);
    kx_ranges_add(&ranges, INT64_MAX - 10, INT64_MAX);
    kx_ranges_add(&ranges, 5, 5);
    assert_int_equal(ranges.bytes, 10);
    assert_true(kx_ranges_gap(&ranges, 0, INT64_MAX, &gap));
    assert_int_equal(gap.to, INT64_MAX - 10);
    kx_ranges_forget(&ranges);
    assert_true(kx_ranges_empty(&ranges));
    kx_ranges_clear(&ranges);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_what_a_model_is),
        cmocka_unit_test(large_offsets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
