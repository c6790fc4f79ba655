/* Connections that are made in advance: used, kept few, and never the reason of an error. */
#include <errno.h>
#include <string.h>

#include "engine.h"

/* What becomes of connections, by their numbers. */
struct plan {
    unsigned cut_from, cut_to;   /* these are closed when the request has come, without an answer */
    unsigned dead_from, dead_to; /* these are closed at once */
    GMutex mutex;
    GString *served; /* the numbers of the connections that answered: "1 2 " */
};

static void serve(struct connection *connection, void *context)
{
    struct plan *plan = context;
    struct request request;
    unsigned number = connection->number;
    if (number >= plan->dead_from && number <= plan->dead_to) return;
    if (!connection_read_head(connection, &request)) return;
    request_clear(&request);
    if (number >= plan->cut_from && number <= plan->cut_to) return;
    g_mutex_lock(&plan->mutex);
    g_string_append_printf(plan->served, "%u ", number);
    g_mutex_unlock(&plan->mutex);
    connection_print(connection,
                     "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 10\r\n\r\n");
    connection_write_pattern(connection, 0, 10);
}

/* Every other one by the engine's thread: they share what is in advance. */
static void get(struct engine *e, bool spare)
{
    static const bool BY_CALLER[] = {true, false};
    const struct kx_http_request request = {
        .method = "GET", .spare = spare, .by_caller = BY_CALLER[server_connections(e->server) % 2]};
    const struct kx_limits limits = limits_of(10000, 0);
    struct kx_transfer *transfer = engine_start(e, &request);
    gint64 length = 0;
    engine_expect(e, kx_transfer_wait_head(transfer, &limits, &e->err), 0);
    engine_expect(e, pull_pattern(transfer, 0, &length, &e->err), 0);
    assert_int_equal(length, 10);
    kx_transfer_free(transfer);
}

/* Until so many connections were accepted, and a moment for more. */
static void wait_for(struct engine *e, unsigned connections)
{
    for (int i = 0; i < 2000 && server_connections(e->server) < connections; i++)
        g_usleep(5000);
    assert_int_equal(server_connections(e->server), connections);
}

static struct engine *begin(struct plan *plan)
{
    g_mutex_init(&plan->mutex);
    plan->served = g_string_new(NULL);
    return engine_new(serve, plan);
}

static void end(struct engine *e, struct plan *plan)
{
    engine_free(e);
    g_string_free(plan->served, TRUE);
    g_mutex_clear(&plan->mutex);
}

static void the_next_one_uses_one(void **state)
{
    (void)state;
    struct plan plan = {0};
    struct engine *e = begin(&plan);
    get(e, true);
    wait_for(e, 3);
    get(e, true);
    wait_for(e, 4);
    get(e, true);
    wait_for(e, 5);
    assert_string_equal(plan.served->str, "1 2 3 ");
    get(e, false);
    wait_for(e, 6);
    assert_string_equal(plan.served->str, "1 2 3 6 ");
    end(e, &plan);
}

static void without_the_wish_there_are_none(void **state)
{
    (void)state;
    struct plan plan = {0};
    struct engine *e = begin(&plan);
    for (unsigned i = 1; i <= 3; i++) {
        get(e, false);
        wait_for(e, i);
    }
    end(e, &plan);
}

static void one_that_the_server_closes_is_no_error(void **state)
{
    (void)state;
    struct plan plan = {.dead_from = 2, .dead_to = 3};
    struct engine *e = begin(&plan);
    get(e, true);
    wait_for(e, 3);
    get(e, true);
    /* by the first that lives; by a later one where the request was there before it was ready */
    assert_true(g_str_has_prefix(plan.served->str, "1 "));
    int64_t second = g_ascii_strtoll(plan.served->str + 2, NULL, 10);
    assert_in_range(second, 4, 9);
    g_autofree char *all = g_strdup_printf("1 %d ", (int)second);
    assert_string_equal(plan.served->str, all);
    end(e, &plan);
}

/* It looked well, and was not. */
static void one_that_dies_of_the_request_is_no_error(void **state)
{
    (void)state;
    struct plan plan = {.cut_from = 2, .cut_to = 3};
    struct engine *e = begin(&plan);
    get(e, true);
    wait_for(e, 3);
    get(e, true);
    get(e, true);
    assert_true(g_str_has_prefix(plan.served->str, "1 "));
    g_auto(GStrv) served = g_strsplit(g_strchomp(plan.served->str), " ", -1);
    assert_int_equal(g_strv_length(served), 3);
    end(e, &plan);
}

static void others_errors_stay_errors(void **state)
{
    (void)state;
    struct plan plan = {.cut_from = 1, .cut_to = 1000};
    struct engine *e = begin(&plan);
    const struct kx_http_request request = {.method = "GET", .spare = true};
    const struct kx_limits limits = limits_of(10000, 0);
    for (int i = 0; i < 4; i++) {
        struct kx_transfer *transfer = engine_start(e, &request);
        assert_int_equal(kx_transfer_wait_head(transfer, &limits, &e->err), -EIO);
        kx_error_clear(&e->err);
        kx_transfer_free(transfer);
    }
    end(e, &plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_one_uses_one),
        cmocka_unit_test(without_the_wish_there_are_none),
        cmocka_unit_test(one_that_the_server_closes_is_no_error),
        cmocka_unit_test(one_that_dies_of_the_request_is_no_error),
        cmocka_unit_test(others_errors_stay_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
