/* Waiting: deadlines, stalls, cancelling, servers that are not there; and bodies on the way up. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine.h"

#define KIB ((gint64)1024)

static void say_nothing(struct connection *connection, void *context)
{
    (void)context;
    connection_wait_closed(connection, 20000);
}

static void a_deadline_ends_a_wait(void **state)
{
    (void)state;
    struct engine *e = engine_new(say_nothing, NULL);
    const struct kx_limits limits = limits_of(200, 0);
    struct kx_transfer *transfer = engine_get(e);
    gint64 start = clock_ms();
    engine_expect(e, kx_transfer_wait_head(transfer, &limits, &e->err), -ETIMEDOUT);
    assert_in_range(clock_ms() - start, 190, 1200);
    kx_transfer_free(transfer);
    engine_free(e);
}

/* --- cancel --- */

struct firing {
    struct kx_cancel *cancel;
    gint64 fired_ms;
};

static gpointer fire_soon(gpointer data)
{
    struct firing *firing = data;
    g_usleep(150000);
    firing->fired_ms = clock_ms();
    kx_cancel_fire(firing->cancel);
    return NULL;
}

typedef int (*blocking)(struct kx_transfer *, const struct kx_limits *, struct kx_error *);

static void check_cancel(struct engine *e, struct kx_transfer *transfer, blocking call)
{
    struct firing firing = {.cancel = kx_cancel_new()};
    struct kx_limits limits = limits_of(10000, 0);
    limits.cancel = firing.cancel;
    GThread *thread = g_thread_new("fire", fire_soon, &firing);
    int rc = call(transfer, &limits, &e->err);
    gint64 now = clock_ms();
    g_thread_join(thread);
    engine_expect(e, rc, -EINTR);
    assert_true(now - firing.fired_ms < 100);
    engine_expect(e, call(transfer, &limits, &e->err), -EINTR); /* and stays cancelled */
    kx_cancel_unref(firing.cancel);
    kx_transfer_free(transfer);
    engine_free(e);
}

static int pull(struct kx_transfer *transfer, const struct kx_limits *limits, struct kx_error *err)
{
    g_autoptr(kx_block) block = NULL;
    return kx_transfer_pull(transfer, 100, limits, &block, err);
}

static int write_much(struct kx_transfer *transfer, const struct kx_limits *limits,
                      struct kx_error *err)
{
    g_autofree char *bytes = g_malloc0(64 * KIB);
    for (int i = 0; i < 4096; i++) {
        int rc = kx_transfer_write(transfer, bytes, 64 * KIB, limits, err);
        if (rc < 0) return rc;
    }
    return 0;
}

static void a_cancel_ends_every_wait_at_once(void **state)
{
    (void)state;
    struct engine *e = engine_new(say_nothing, NULL);
    check_cancel(e, engine_get(e), kx_transfer_wait_head);
    e = engine_new(say_nothing, NULL);
    check_cancel(e, engine_get(e), pull);
    e = engine_new(say_nothing, NULL);
    check_cancel(e, engine_put(e, 256 * KIB), write_much);
}

/* --- stalls --- */

static void drip(struct connection *connection, void *context)
{
    const int *pause_ms = context;
    struct request request;
    if (!connection_read_head(connection, &request)) return;
    request_clear(&request);
    connection_print(connection, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    for (gint64 at = 0; at < 100000; at += 1000) {
        if (!connection_write_pattern(connection, at, 1000)) return;
        g_usleep((gulong)*pause_ms * 1000);
    }
}

static void a_server_that_drips_is_silent(void **state)
{
    (void)state;
    int pause_ms = 2000;
    struct engine *e = engine_new(drip, &pause_ms);
    const struct kx_limits limits = limits_of(10000, 400);
    struct kx_transfer *transfer = engine_get(e);
    engine_expect(e, kx_transfer_wait_head(transfer, &limits, &e->err), 0);
    g_autoptr(kx_block) block = NULL;
    gint64 start = clock_ms();
    engine_expect(e, kx_transfer_pull(transfer, 50000, &limits, &block, &e->err), -ETIMEDOUT);
    assert_in_range(clock_ms() - start, 300, 3000);
    assert_non_null(strstr(e->err.message, "too slow or silent"));
    kx_transfer_free(transfer);
    engine_free(e);
}

static void a_slow_server_is_not_silent(void **state)
{
    (void)state;
    int pause_ms = 10; /* about 100 KB/s: longer than the stall time in all, but never silent */
    struct engine *e = engine_new(drip, &pause_ms);
    const struct kx_limits limits = limits_of(20000, 300);
    struct kx_transfer *transfer = engine_get(e);
    struct kx_block *block = NULL;
    engine_expect(e, kx_transfer_pull(transfer, 100000, &limits, &block, &e->err), 1);
    assert_int_equal(block->length, 100000);
    kx_block_unref(block);
    kx_transfer_free(transfer);
    engine_free(e);
}

static void serve_much(struct connection *connection, void *context)
{
    struct request request;
    (void)context;
    if (!connection_read_head(connection, &request)) return;
    request_clear(&request);
    connection_print(connection, "HTTP/1.1 200 OK\r\nContent-Length: 16777216\r\n\r\n");
    connection_write_pattern(connection, 0, 16 * KIB * KIB);
}

static void a_rest_of_the_reader_is_not_counted(void **state)
{
    (void)state;
    struct engine *e = engine_new(serve_much, NULL);
    const struct kx_limits limits = {.stall_ms = 300};
    struct kx_transfer *transfer = engine_get(e);
    engine_expect(e, kx_transfer_wait_head(transfer, &limits, &e->err), 0);
    g_usleep(900000);
    gint64 length;
    engine_expect(e, pull_pattern(transfer, 0, &length, &e->err), 0);
    assert_int_equal(length, 16 * KIB * KIB);
    kx_transfer_free(transfer);
    engine_free(e);
}

/* --- servers that are not there --- */

static void check_unreachable(const char *url, int expected)
{
    struct engine *e = engine_new(say_nothing, NULL);
    const struct kx_limits limits = limits_of(10000, 0);
    const struct kx_http_request request = {.method = "GET", .url = url};
    struct kx_transfer *transfer = engine_start(e, &request);
    engine_expect(e, kx_transfer_wait_head(transfer, &limits, &e->err), expected);
    assert_true(e->err.unsent);
    kx_transfer_free(transfer);
    transfer = engine_start(e, &request);
    engine_expect(e, kx_transfer_wait_sent(transfer, &limits, &e->err), expected);
    assert_true(e->err.unsent);
    kx_transfer_free(transfer);
    engine_free(e);
}

static void nobody_listens(void **state)
{
    (void)state;
    g_autofree char *url = g_strdup_printf("http://127.0.0.1:%d/", port_unused());
    check_unreachable(url, -EHOSTDOWN);
}

static void nobody_has_the_name(void **state)
{
    (void)state;
    check_unreachable("http://no-such-host.invalid/", -EHOSTUNREACH);
}

/* A listener whose queue is full drops what comes: nobody answers to connect. */
static void nobody_answers_to_connect(void **state)
{
    (void)state;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM, 0), filler[4];
    assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(listener, 0), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &length), 0);
    for (size_t i = 0; i < G_N_ELEMENTS(filler); i++) {
        filler[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)!connect(filler[i], (struct sockaddr *)&at, sizeof at);
    }
    g_autofree char *url = g_strdup_printf("http://127.0.0.1:%d/", ntohs(at.sin_port));
    gint64 start = clock_ms();
    check_unreachable(url, -EHOSTDOWN);
    assert_in_range(clock_ms() - start, 900, 4000); /* two attempts of 500 ms */
    for (size_t i = 0; i < G_N_ELEMENTS(filler); i++)
        close(filler[i]);
    close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_deadline_ends_a_wait),
        cmocka_unit_test(a_cancel_ends_every_wait_at_once),
        cmocka_unit_test(a_server_that_drips_is_silent),
        cmocka_unit_test(a_slow_server_is_not_silent),
        cmocka_unit_test(a_rest_of_the_reader_is_not_counted),
        cmocka_unit_test(nobody_listens),
        cmocka_unit_test(nobody_has_the_name),
        cmocka_unit_test(nobody_answers_to_connect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
