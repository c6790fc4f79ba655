#include "rest/suspects.h"

#include <string.h>

#include "fake_clock.h"
#include "support.h"

struct memory {
    struct fake_clock fake;
    struct kx_suspects *suspects;
};

static int setup(void **state)
{
    struct memory *m = g_new0(struct memory, 1);
    fake_clock_init(&m->fake);
    m->suspects = kx_suspects_new(&m->fake.clock);
    *state = m;
    return 0;
}

static int teardown(void **state)
{
    struct memory *m = *state;
    kx_suspects_free(m->suspects);
    g_free(m);
    return 0;
}

/* @expected NULL: none */
static void check(const struct memory *m, const char *expected)
{
    g_autofree char *list = kx_suspects_list(m->suspects);
    if (g_strcmp0(list, expected) != 0)
        fail_msg("\"%s\" instead of \"%s\"", list ? list : "none", expected ? expected : "none");
}

static void add(const struct memory *m, const char *name)
{
    assert_true(kx_suspects_add(m->suspects, name));
}

static void none_at_first(void **state)
{
    check(*state, NULL);
    kx_suspects_drop(((struct memory *)*state)->suspects);
    check(*state, NULL);
    kx_suspects_free(NULL);
}

static void the_order_is_always_the_same(void **state)
{
    struct memory *m = *state;
    add(m, "10.0.0.9:9866");
    add(m, "10.0.0.7:9866");
    check(m, "10.0.0.7:9866,10.0.0.9:9866");
    add(m, "10.0.0.9:9866");
    add(m, "10.0.0.9:9866");
    check(m, "10.0.0.7:9866,10.0.0.9:9866");
    add(m, "10.0.0.7:50010");
    check(m, "10.0.0.7:50010,10.0.0.7:9866,10.0.0.9:9866");
    kx_suspects_drop(m->suspects);
    check(m, NULL);
}

static void each_is_forgotten_after_a_minute(void **state)
{
    struct memory *m = *state;
    add(m, "a:1");
    fake_clock_pass(&m->fake, 20000);
    add(m, "b:1");
    fake_clock_pass(&m->fake, 39999);
    check(m, "a:1,b:1");
    fake_clock_pass(&m->fake, 1);
    check(m, "b:1");
    fake_clock_pass(&m->fake, 20000);
    check(m, NULL);
}

static void one_that_fails_again_is_remembered_longer(void **state)
{
    struct memory *m = *state;
    add(m, "a:1");
    fake_clock_pass(&m->fake, 30000);
    add(m, "b:1");
    fake_clock_pass(&m->fake, 20000);
    add(m, "a:1");
    fake_clock_pass(&m->fake, 40000);
    check(m, "a:1");
    fake_clock_pass(&m->fake, 19999);
    check(m, "a:1");
    fake_clock_pass(&m->fake, 1);
    check(m, NULL);
}

static unsigned count(const struct memory *m)
{
    g_autofree char *list = kx_suspects_list(m->suspects);
    g_auto(GStrv) names = g_strsplit(list ? list : "", ",", -1);
    return g_strv_length(names);
}

static void there_are_never_more_than_64(void **state)
{
    struct memory *m = *state;
    for (int i = 0; i < 200; i++) {
        g_autofree char *name = g_strdup_printf("10.0.0.%d:9866", i);
        add(m, name);
        assert_int_equal(count(m), MIN(i + 1, KX_SUSPECTS_MAX));
    }
    g_autofree char *list = kx_suspects_list(m->suspects);
    assert_null(strstr(list, "10.0.0.135:")); /* the oldest made room */
    assert_non_null(strstr(list, "10.0.0.136:"));
    assert_non_null(strstr(list, "10.0.0.199:"));
}

static void what_no_namenode_takes_is_refused(void **state)
{
    static const char *const WRONG[] = {"",         "a",          ":",        "a:",    ":1",
                                        "::1:9866", "[::1]:9866", "a:1:2",    "a:0",   "a:65536",
                                        "a:-1",     "a:+1",       "a: 1",     "a:1 ",  "a:0x10",
                                        "a,b:1",    "a b:1",      "a&op=X:1", "a/b:1", "a\n:1"};
    struct memory *m = *state;
    for (size_t i = 0; i < G_N_ELEMENTS(WRONG); i++)
        if (kx_suspects_add(m->suspects, WRONG[i])) fail_msg("\"%s\" was taken", WRONG[i]);
    g_autofree char *host = g_strnfill(KX_SUSPECT_LENGTH - 2, 'a');
    g_autofree char *longest = g_strconcat(host, ":1", NULL);
    g_autofree char *longer = g_strconcat(host, ":11", NULL);
    assert_false(kx_suspects_add(m->suspects, longer));
    check(m, NULL);
    add(m, longest);
    check(m, longest);
}

#define THREADS 8
#define ROUNDS  2000

struct worker {
    struct memory *memory;
    int number;
};

static gpointer work(gpointer data)
{
    const struct worker *worker = data;
    struct memory *m = worker->memory;
    for (int i = 0; i < ROUNDS; i++) {
        g_autofree char *name = g_strdup_printf("10.0.%d.%d:9866", worker->number, i % 20);
        kx_suspects_add(m->suspects, name);
        g_autofree char *list = kx_suspects_list(m->suspects);
        if (worker->number == 0 && i % 50 == 0) kx_suspects_drop(m->suspects);
        if (worker->number == 1) fake_clock_pass(&m->fake, 100);
    }
    return NULL;
}

static void any_number_of_threads(void **state)
{
    struct memory *m = *state;
    struct worker workers[THREADS];
    GThread *threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){m, i};
        threads[i] = g_thread_new("suspects", work, &workers[i]);
    }
    for (int i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
    assert_true(count(m) <= KX_SUSPECTS_MAX);
    fake_clock_pass(&m->fake, KX_SUSPICION_MS);
    check(m, NULL);
}

#define memory_test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        memory_test(none_at_first),
        memory_test(the_order_is_always_the_same),
        memory_test(each_is_forgotten_after_a_minute),
        memory_test(one_that_fails_again_is_remembered_longer),
        memory_test(there_are_never_more_than_64),
        memory_test(what_no_namenode_takes_is_refused),
        memory_test(any_number_of_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
