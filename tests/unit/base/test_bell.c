#include "base/bell.h"

#include <errno.h>

#include "support.h"

#define LONG_MS 60000

static void who_comes_late_hears_it(void **state)
{
    (void)state;
    g_autoptr(kx_bell) bell = kx_bell_new();
    guint heard = kx_bell_rings(bell), other = heard;
    assert_int_equal(kx_bell_wait(bell, &heard, 0, NULL), 0);
    kx_bell_ring(bell);
    kx_bell_ring(bell);
    assert_int_equal(kx_bell_wait(bell, &heard, LONG_MS, NULL), 1);
    assert_int_equal(kx_bell_wait(bell, &heard, 0, NULL), 0); /* both at once */
    assert_int_equal(kx_bell_wait(bell, &other, LONG_MS, NULL), 1);
}

static void a_cancel_ends_the_wait(void **state)
{
    (void)state;
    g_autoptr(kx_bell) bell = kx_bell_new();
    g_autoptr(kx_cancel) cancel = kx_cancel_new();
    guint heard = 0;
    kx_cancel_fire(cancel);
    assert_int_equal(kx_bell_wait(bell, &heard, LONG_MS, cancel), -EINTR);
    assert_int_equal(kx_bell_wait(NULL, &heard, LONG_MS, cancel), -EINTR);
    assert_int_equal(kx_bell_wait(NULL, &heard, 0, NULL), 0);
    kx_bell_ring(NULL);
    assert_int_equal(kx_bell_rings(NULL), 0);
}

static gpointer wait_for_it(gpointer data)
{
    guint heard = 0;
    return GINT_TO_POINTER(kx_bell_wait(data, &heard, LONG_MS, NULL));
}

static void all_who_wait_are_woken(void **state)
{
    (void)state;
    g_autoptr(kx_bell) bell = kx_bell_new();
    GThread *threads[4];
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("waits", wait_for_it, bell);
    kx_bell_ring(bell);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        assert_int_equal(GPOINTER_TO_INT(g_thread_join(threads[i])), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_comes_late_hears_it),
        cmocka_unit_test(a_cancel_ends_the_wait),
        cmocka_unit_test(all_who_wait_are_woken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
