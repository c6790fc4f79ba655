/* Transfers whose bytes are moved by the thread that waits for them. */
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine.h"

#define MIB ((gint64)1024 * 1024)

/* The answer of every connection, which ends with it. */
struct script {
    const char *head;
    gint64 pattern;
    bool silent; /* then: nothing more, until the client closes */
    gint closed; /* how many clients have */
};

static void serve(struct connection *connection, void *context)
{
    struct script *script = context;
    struct request request;
    if (!connection_read_head(connection, &request)) return;
    request_clear(&request);
    if (!connection_print(connection, "%s\r\n\r\n", script->head)) return;
    connection_write_pattern(connection, 0, script->pattern);
    if (script->silent && connection_wait_closed(connection, 20000))
        g_atomic_int_inc(&script->closed);
}

static struct kx_transfer *start(struct engine *e)
{
    return engine_start(e, &(struct kx_http_request){.method = "GET", .by_caller = true});
}

static void check(const char *head, gint64 pattern, int expected)
{
    struct script script = {.head = head, .pattern = pattern};
    struct engine *e = engine_new(serve, &script);
    for (int i = 0; i < 3; i++) {
        gint64 length;
        g_autoptr(kx_transfer) transfer = start(e);
        engine_expect(e, pull_pattern(transfer, 0, &length, &e->err), expected);
        assert_int_equal(length, pattern);
    }
    assert_int_equal(server_connections(e->server), 3);
    engine_free(e);
}

static void bodies_come_whole(void **state)
{
    (void)state;
    check("HTTP/1.1 200 OK\r\nContent-Length: 9437190\r\nConnection: close", 9437190, 0);
    check("HTTP/1.1 200 OK\r\nContent-Length: 9437190", 9437190, 0);
    check("HTTP/1.1 200 OK\r\nConnection: close", 3000000, 0);
    check("HTTP/1.1 200 OK\r\nContent-Length: 3000001\r\nConnection: close", 3000000, -EIO);
}

/* What nobody waits for stays in the socket, but for what fills up a block. */
static void nothing_moves_while_nobody_waits(void **state)
{
    (void)state;
    struct script script = {.head = "HTTP/1.1 200 OK\r\nContent-Length: 67108864",
                            .pattern = 64 * MIB};
    struct engine *e = engine_new(serve, &script);
    const struct kx_limits limits = limits_of(20000, 0);
    struct kx_transfer *transfer = start(e);
    g_autoptr(kx_block) block = NULL;
    engine_expect(e, kx_transfer_pull(transfer, 3 * MIB, &limits, &block, &e->err), 1);
    assert_int_equal(block->length, KX_BLOCK_BYTES);
    unsigned most = (unsigned)(3 * MIB / (gint64)KX_BLOCK_BYTES + 1);
    assert_in_range(kx_pool_in_use(e->pool), 24, most);
    g_usleep(100000);
    assert_in_range(kx_pool_in_use(e->pool), 24, most);
    gint64 length;
    g_clear_pointer(&block, kx_block_unref);
    engine_expect(e, pull_pattern(transfer, (gint64)KX_BLOCK_BYTES, &length, &e->err), 0);
    assert_int_equal(length, 64 * MIB - (gint64)KX_BLOCK_BYTES);
    kx_transfer_free(transfer);
    engine_free(e);
}

/* The socket is full whenever a little is asked for. */
static void what_comes_beside_it_is_at_most_a_window(void **state)
{
    (void)state;
    struct script script = {.head = "HTTP/1.1 200 OK\r\nContent-Length: 67108864",
                            .pattern = 64 * MIB};
    struct engine *e = engine_new(serve, &script);
    const struct kx_limits limits = limits_of(20000, 0);
    const struct kx_http_request request = {
        .method = "GET", .by_caller = true, .window_bytes = (size_t)MIB / 2};
    g_autoptr(kx_transfer) transfer = engine_start(e, &request);
    unsigned most = 0;
    for (int i = 0; i < 40; i++) {
        g_autoptr(kx_block) block = NULL;
        g_usleep(5000);
        engine_expect(e, kx_transfer_pull(transfer, 1, &limits, &block, &e->err), 1);
        most = MAX(most, kx_pool_in_use(e->pool));
    }
    assert_in_range(most, 1, MIB / 2 / KX_BLOCK_BYTES + 1);
    g_clear_pointer(&transfer, kx_transfer_free);
    engine_free(e);
}

#define TRICKLE_PIECE                                                                              \
    ((gint64)58000) /* 18 are 1 MiB but for less than libcurl gives at once (16 KiB) */
#define TRICKLE_COUNT 60

static void serve_pieces(struct connection *connection, void *context)
{
    struct request request;
    (void)context;
    if (!connection_read_head(connection, &request)) return;
    request_clear(&request);
    if (!connection_print(connection, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")) return;
    g_usleep(
        700000); /* no timer of libcurl's is left that would end a wait: connecting had 500 ms */
    for (gint64 i = 0; i < TRICKLE_COUNT; i++) {
        if (!connection_write_pattern(connection, i * TRICKLE_PIECE, TRICKLE_PIECE)) return;
        g_usleep(2000);
    }
}

/* More than the window is waited for, and the piece that would complete it does not fit: libcurl
 * keeps it, and does not wait for the socket any more. */
static void a_piece_that_does_not_fit_is_not_waited_for(void **state)
{
    (void)state;
    struct engine *e = engine_new(serve_pieces, NULL);
    const struct kx_limits limits = limits_of(10000, 0);
    const struct kx_http_request request = {
        .method = "GET", .by_caller = true, .window_bytes = (size_t)MIB / 2};
    g_autoptr(kx_transfer) transfer = engine_start(e, &request);
    gint64 left = TRICKLE_COUNT * TRICKLE_PIECE;
    int result = 1;
    while (result == 1) {
        g_autoptr(kx_block) block = NULL;
        result = kx_transfer_pull(transfer, (size_t)MIB, &limits, &block, &e->err);
        if (block) left -= (gint64)block->length;
    }
    engine_expect(e, result, 0);
    assert_int_equal(left, 0);
    g_clear_pointer(&transfer, kx_transfer_free);
    engine_free(e);
}

/* So short a body is received by libcurl, so long a one from the socket itself. */
#define SHORT_SILENT                                                                               \
    {                                                                                              \
        .head = "HTTP/1.1 200 OK\r\nContent-Length: 1000", .pattern = 10, .silent = true           \
    }
#define LONG_SILENT                                                                                \
    {                                                                                              \
        .head = "HTTP/1.1 200 OK\r\nContent-Length: 9000000", .pattern = 3000000, .silent = true   \
    }

static void check_patience(struct script script)
{
    struct engine *e = engine_new(serve, &script);
    for (int i = 0; i < 2; i++) {
        const struct kx_limits limits = i ? limits_of(0, 300) : limits_of(300, 0);
        g_autoptr(kx_transfer) transfer = start(e);
        g_autoptr(kx_block) block = NULL;
        size_t more = (size_t)script.pattern + 100;
        engine_expect(e, kx_transfer_pull(transfer, more, &limits, &block, &e->err), -ETIMEDOUT);
    }
    for (int i = 0; i < 1000 && g_atomic_int_get(&script.closed) < 2; i++)
        g_usleep(5000);
    assert_int_equal(g_atomic_int_get(&script.closed), 2); /* a dropped one closes */
    engine_free(e);
}

static void a_silent_server_is_waited_for_so_long(void **state)
{
    (void)state;
    check_patience((struct script)SHORT_SILENT);
    check_patience((struct script)LONG_SILENT);
}

static gpointer fire_soon(gpointer cancel)
{
    g_usleep(100000);
    kx_cancel_fire(cancel);
    return NULL;
}

static void check_interruption(struct script script)
{
    struct engine *e = engine_new(serve, &script);
    struct kx_transfer *transfer = start(e);
    struct kx_limits limits = limits_of(20000, 0);
    limits.cancel = kx_cancel_new();
    g_autoptr(kx_block) block = NULL;
    GThread *thread = g_thread_new("fire", fire_soon, limits.cancel);
    gint64 begun = clock_ms();
    size_t all = (size_t)script.pattern;
    engine_expect(e, kx_transfer_pull(transfer, all + 100, &limits, &block, &e->err), -EINTR);
    assert_true(clock_ms() - begun < 10000);
    g_thread_join(thread);
    kx_cancel_unref(limits.cancel);
    limits.cancel = NULL;
    engine_expect(e, kx_transfer_pull(transfer, all, &limits, &block, &e->err), 1);
    assert_int_equal(block->length, MIN(all, KX_BLOCK_BYTES));
    g_clear_pointer(&block, kx_block_unref);
    kx_transfer_free(transfer);
    engine_free(e);
}

static void who_waits_is_interrupted_and_may_go_on(void **state)
{
    (void)state;
    check_interruption((struct script)SHORT_SILENT);
    check_interruption((struct script)LONG_SILENT);
}

/* What is fired when an eventfd is made the next time; NULL: nothing. */
static gpointer *fired_by_eventfd(void)
{
    static gpointer cancel;
    return &cancel;
}

/* Instead of the C library's own. */
int eventfd(unsigned count, int flags)
{
    gpointer cancel = g_atomic_pointer_get(fired_by_eventfd());
    g_atomic_pointer_set(fired_by_eventfd(), NULL);
    if (cancel) kx_cancel_fire(cancel);
    return (int)syscall(SYS_eventfd2, count, flags);
}

/* ... just before there is what a wait for the socket itself is ended by. */
static void who_is_interrupted_at_the_beginning_does_not_wait(void **state)
{
    (void)state;
    struct script script = {.head = "HTTP/1.1 200 OK\r\nContent-Length: 9000000", .silent = true};
    struct engine *e = engine_new(serve, &script);
    struct kx_transfer *transfer = start(e);
    struct kx_limits limits = limits_of(20000, 0);
    limits.cancel = kx_cancel_new();
    g_autoptr(kx_block) block = NULL;
    g_atomic_pointer_set(fired_by_eventfd(), limits.cancel);
    gint64 begun = clock_ms();
    engine_expect(e, kx_transfer_pull(transfer, 100, &limits, &block, &e->err), -EINTR);
    assert_true(clock_ms() - begun < 10000);
    assert_null(g_atomic_pointer_get(fired_by_eventfd()));
    kx_cancel_unref(limits.cancel);
    kx_transfer_free(transfer);
    engine_free(e);
}

/* Blocks are filled up, and none of them is lost or comes twice, whatever is asked for. */
static void pieces_of_any_size_are_in_order(void **state)
{
    (void)state;
    struct script script = {.head = "HTTP/1.1 200 OK\r\nContent-Length: 9437190",
                            .pattern = 9437190};
    struct engine *e = engine_new(serve, &script);
    const struct kx_limits limits = limits_of(20000, 0);
    g_autoptr(kx_transfer) transfer = start(e);
    gint64 at = 0;
    int result = 1;
    for (size_t want = 1; result == 1; want = want * 3 % 1500007) {
        g_autoptr(kx_block) block = NULL;
        result = kx_transfer_pull(transfer, want, &limits, &block, &e->err);
        if (!block) continue;
        for (size_t i = 0; i < block->length; i++, at++)
            if ((unsigned char)block->data[i] != pattern_byte(at))
                fail_msg("wrong at %ld", (long)at);
    }
    assert_int_equal(result, 0);
    assert_int_equal(at, 9437190);
    g_clear_pointer(&transfer, kx_transfer_free);
    engine_free(e);
}

static gpointer read_all(gpointer data)
{
    struct engine *e = data;
    for (int i = 0; i < 10; i++) {
        gint64 length = 0;
        KX_ERROR_AUTO(err);
        g_autoptr(kx_transfer) transfer = start(e);
        if (pull_pattern(transfer, 0, &length, &err) == 0 && length == MIB) continue;
        return err.message ? g_strdup(err.message) : g_strdup("too short");
    }
    return NULL;
}

static void many_threads_at_once(void **state)
{
    (void)state;
    struct script script = {.head = "HTTP/1.1 200 OK\r\nContent-Length: 1048576", .pattern = MIB};
    struct engine *e = engine_new(serve, &script);
    GThread *threads[8]; /* each connection has 500 ms to come to stand */
    g_autofree char *wrong = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("reader", read_all, e);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        if (!wrong)
            wrong = g_thread_join(threads[i]);
        else
            g_free(g_thread_join(threads[i]));
    if (wrong) fail_msg("%s", wrong);
    engine_free(e);
}

static void nobody_listens(void **state)
{
    (void)state;
    struct script script = {0};
    struct engine *e = engine_new(serve, &script);
    g_autofree char *url = g_strdup_printf("http://127.0.0.1:%d/", port_unused());
    const struct kx_limits limits = limits_of(10000, 0);
    g_autoptr(kx_transfer) transfer =
        engine_start(e, &(struct kx_http_request){.method = "GET", .url = url, .by_caller = true});
    engine_expect(e, kx_transfer_wait_head(transfer, &limits, &e->err), -EHOSTDOWN);
    assert_true(e->err.unsent);
    g_clear_pointer(&transfer, kx_transfer_free);
    engine_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_come_whole),
        cmocka_unit_test(nothing_moves_while_nobody_waits),
        cmocka_unit_test(what_comes_beside_it_is_at_most_a_window),
        cmocka_unit_test(a_piece_that_does_not_fit_is_not_waited_for),
        cmocka_unit_test(a_silent_server_is_waited_for_so_long),
        cmocka_unit_test(who_waits_is_interrupted_and_may_go_on),
        cmocka_unit_test(who_is_interrupted_at_the_beginning_does_not_wait),
        cmocka_unit_test(pieces_of_any_size_are_in_order),
        cmocka_unit_test(many_threads_at_once),
        cmocka_unit_test(nobody_listens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
