#include "fs/opens.h"

#include <fcntl.h>

#include "support.h"

static void note_close(void *open)
{
    ++*(int *)open;
}

static char *no_path(void *open)
{
    (void)open;
    return NULL;
}

static char *a_path(void *open)
{
    (void)open;
    return g_strdup("/a");
}

static int64_t a_window(void *open)
{
    (void)open;
    return 4096;
}

static const struct kx_open_kind NAMED = {note_close, a_path, a_window},
                                 NAMELESS = {note_close, no_path, NULL};

static void each_is_closed_once(void **state)
{
    (void)state;
    int closed[3] = {0};
    struct kx_opens *opens = kx_opens_new();
    for (size_t i = 0; i < G_N_ELEMENTS(closed); i++)
        kx_opens_add(opens, &closed[i], &NAMED, 7, O_RDONLY);
    kx_opens_release(opens, &closed[1]);
    kx_opens_release(opens, &closed[1]);
    kx_opens_release_all(opens);
    for (size_t i = 0; i < G_N_ELEMENTS(closed); i++)
        assert_int_equal(closed[i], 1);
    kx_opens_free(opens);
}

static void what_is_open_is_listed(void **state)
{
    (void)state;
    int closed[2] = {0};
    struct kx_opens *opens = kx_opens_new();
    kx_opens_add(opens, &closed[0], &NAMED, 7, O_RDWR | O_APPEND);
    kx_opens_add(opens, &closed[1], &NAMELESS, 8, O_RDONLY);
    g_autoptr(GPtrArray) items = kx_opens_list(opens);
    assert_int_equal(items->len, 2);
    for (guint i = 0; i < items->len; i++) {
        const struct kx_opens_item *item = g_ptr_array_index(items, i);
        assert_string_equal(item->path ? item->path : "none", item->pid == 7 ? "/a" : "none");
        assert_int_equal(item->flags, item->pid == 7 ? O_RDWR | O_APPEND : O_RDONLY);
    }
    kx_opens_release_all(opens);
    g_autoptr(GPtrArray) left = kx_opens_list(opens);
    assert_int_equal(left->len, 0);
    kx_opens_free(opens);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_closed_once),
        cmocka_unit_test(what_is_open_is_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
