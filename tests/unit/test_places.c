/* Who was named for which part of which file, and what is forgotten. */
#include "rest/places.h"

#include "support.h"

#define PART KX_PLACE_BYTES

static void a_part_is_where_it_was_put(void **state)
{
    (void)state;
    g_autoptr(kx_places) places = kx_places_new();
    assert_int_equal(kx_places_get(places, "/f", 0, true), 0);
    kx_places_put(places, "/f", 3 * PART + 5, 1);
    kx_places_put(places, "/f", 9 * PART, 2);
    kx_places_put(places, "/g", 3 * PART, 3);
    assert_int_equal(kx_places_get(places, "/f", 3 * PART, false), 1);
    assert_int_equal(kx_places_get(places, "/f", 4 * PART - 1, false), 1);
    assert_int_equal(kx_places_get(places, "/f", 4 * PART, false), 0);
    assert_int_equal(kx_places_get(places, "/f", 9 * PART, false), 2);
    assert_int_equal(kx_places_get(places, "/g", 3 * PART, false), 3);
    kx_places_put(places, "/f", 3 * PART, 4);
    assert_int_equal(kx_places_get(places, "/f", 3 * PART, false), 4);
}

static void the_nearest_part_is_near(void **state)
{
    (void)state;
    g_autoptr(kx_places) places = kx_places_new();
    kx_places_put(places, "/f", 3 * PART, 1);
    kx_places_put(places, "/f", 9 * PART, 2);
    assert_int_equal(kx_places_get(places, "/f", 0, true), 1);
    assert_int_equal(kx_places_get(places, "/f", 5 * PART, true), 1);
    assert_int_equal(kx_places_get(places, "/f", 7 * PART, true), 2);
    assert_int_equal(kx_places_get(places, "/f", 1000 * PART, true), 2);
    assert_int_equal(kx_places_get(places, "/g", 0, true), 0);
}

static void who_is_gone_is_forgotten(void **state)
{
    (void)state;
    g_autoptr(kx_places) places = kx_places_new();
    kx_places_put(places, "/f", 1 * PART, 1);
    kx_places_put(places, "/f", 2 * PART, 2);
    kx_places_put(places, "/f", 3 * PART, 1);
    kx_places_forget(places, "/f", 1);
    assert_int_equal(kx_places_get(places, "/f", 1 * PART, true), 2);
    kx_places_forget(places, "/f", 2);
    kx_places_forget(places, "/f", 2);
    assert_int_equal(kx_places_get(places, "/f", 1 * PART, true), 0);
}

static void it_does_not_grow_without_end(void **state)
{
    (void)state;
    g_autoptr(kx_places) places = kx_places_new();
    for (unsigned i = 0; i <= KX_PLACES_PARTS; i++)
        kx_places_put(places, "/f", i * PART, i + 1);
    assert_int_equal(kx_places_get(places, "/f", 0, false), 0);
    assert_int_equal(kx_places_get(places, "/f", PART, false), 2);
    for (unsigned i = 1; i < KX_PLACES_FILES; i++) {
        g_autofree char *path = g_strdup_printf("/%u", i);
        kx_places_put(places, path, 0, i);
    }
    assert_int_equal(kx_places_get(places, "/f", PART, false), 2); /* so it was used lately */
    kx_places_put(places, "/one more", 0, 1);
    assert_int_equal(kx_places_get(places, "/1", 0, false), 0);
    assert_int_equal(kx_places_get(places, "/2", 0, false), 2);
    assert_int_equal(kx_places_get(places, "/f", PART, false), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_part_is_where_it_was_put),
        cmocka_unit_test(the_nearest_part_is_near),
        cmocka_unit_test(who_is_gone_is_forgotten),
        cmocka_unit_test(it_does_not_grow_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
