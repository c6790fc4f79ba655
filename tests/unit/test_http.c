/* The engine against a server that says what it likes: heads, bodies, connections. */
#include <errno.h>
#include <string.h>

#include "engine.h"

#define MIB ((gint64)1024 * 1024)

/* Answers every request of a connection with the same text, then closes when the text says so. */
struct script {
    const char *head;
    const char *body; /* may be NULL */
    gint64 pattern;   /* bytes of the pattern behind it */
    int head_pause_ms;
};

static void serve_script(struct connection *connection, void *context)
{
    const struct script *script = context;
    struct request request;
    while (connection_read_head(connection, &request)) {
        connection_read_body(connection, &request);
        request_clear(&request);
        g_usleep((gulong)script->head_pause_ms * 1000);
        if (!connection_print(connection, "%s\r\n\r\n%s", script->head,
                              script->body ? script->body : ""))
            return;
        connection_write_pattern(connection, 0, script->pattern);
        if (strstr(script->head, "Connection: close")) return;
    }
}

static void check_text(struct kx_transfer *transfer, struct engine *e, const char *expected)
{
    const struct kx_limits limits = limits_of(5000, 0);
    g_autoptr(GByteArray) body = g_byte_array_new();
    engine_expect(e, kx_transfer_collect(transfer, 100000, &limits, body, &e->err), 0);
    assert_int_equal(body->len, strlen(expected));
    assert_memory_equal(body->data, expected, strlen(expected));
}

static void a_head_and_a_body(void **state)
{
    (void)state;
    struct script script = {.head = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Twice: one\r\n"
                                    "x-twice: two\r\nEmpty:",
                            .body = "hello"};
    struct engine *e = engine_new(serve_script, &script);
    const struct kx_limits limits = limits_of(5000, 0);
    for (int i = 0; i < 3; i++) {
        g_autoptr(kx_transfer) transfer = engine_get(e);
        engine_expect(e, kx_transfer_wait_head(transfer, &limits, &e->err), 0);
        assert_int_equal(kx_transfer_status(transfer), 200);
        assert_string_equal(kx_transfer_header(transfer, "x-TWICE"), "one");
        assert_string_equal(kx_transfer_header(transfer, "empty"), "");
        assert_null(kx_transfer_header(transfer, "absent"));
        check_text(transfer, e, "hello");
    }
    assert_int_equal(server_connections(e->server), 1);
    engine_free(e);
}

static void informational_heads_are_skipped(void **state)
{
    (void)state;
    struct script script = {.head = "HTTP/1.1 100 Continue\r\nX-A: 1\r\n\r\n"
                                    "HTTP/1.1 103 Early Hints\r\nX-A: 2\r\n\r\n"
                                    "HTTP/1.1 201 Created\r\nContent-Length: 0"};
    struct engine *e = engine_new(serve_script, &script);
    const struct kx_limits limits = limits_of(5000, 0);
    struct kx_transfer *transfer = engine_get(e);
    engine_expect(e, kx_transfer_wait_head(transfer, &limits, &e->err), 0);
    assert_int_equal(kx_transfer_status(transfer), 201);
    assert_null(kx_transfer_header(transfer, "X-A"));
    check_text(transfer, e, "");
    kx_transfer_free(transfer);
    engine_free(e);
}

static void check_body(const char *head, const char *body, const char *expected)
{
    struct script script = {.head = head, .body = body};
    struct engine *e = engine_new(serve_script, &script);
    struct kx_transfer *transfer = engine_get(e);
    check_text(transfer, e, expected);
    kx_transfer_free(transfer);
    engine_free(e);
}

static void bodies_of_all_framings(void **state)
{
    (void)state;
    check_body("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked",
               "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n", "abcde");
    check_body("HTTP/1.1 200 OK\r\nConnection: close", "until the end", "until the end");
    check_body("HTTP/1.1 204 No Content", NULL, "");
    check_body("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close", "hello and more",
               "hello");
}

static void check_broken(const char *head, const char *body, int expected, gint64 came)
{
    struct script script = {.head = head, .body = body};
    struct engine *e = engine_new(serve_script, &script);
    struct kx_transfer *transfer = engine_get(e);
    const struct kx_limits limits = limits_of(5000, 0);
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    engine_expect(e, kx_transfer_collect(transfer, 100000, &limits, bytes, &e->err), expected);
    assert_int_equal(bytes->len, came);
    assert_false(e->err.unsent);
    assert_non_null(e->err.message);
    kx_transfer_free(transfer);
    engine_free(e);
}

static void cut_bodies_are_errors(void **state)
{
    (void)state;
    check_broken("HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close", "hello", -EIO, 5);
    check_broken("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close",
                 "5\r\nhello\r\n", -EIO, 5);
    check_broken("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close", "5\r\nhel",
                 -EIO, 3);
    check_broken("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close",
                 "zzz\r\nhello\r\n", -EIO, 0);
}

static void check_bad_head(const char *head, int expected)
{
    struct script script = {.head = head};
    struct engine *e = engine_new(serve_script, &script);
    struct kx_transfer *transfer = engine_get(e);
    const struct kx_limits limits = limits_of(5000, 0);
    engine_expect(e, kx_transfer_wait_head(transfer, &limits, &e->err), expected);
    assert_false(e->err.unsent);
    kx_transfer_free(transfer);
    engine_free(e);
}

static void heads_are_capped(void **state)
{
    (void)state;
    g_autofree char *value = g_strnfill(KX_HEADER_BYTES_MAX, 'v');
    g_autofree char *long_line = g_strconcat("HTTP/1.1 200 OK\r\nX: ", value, NULL);
    g_autoptr(GString) many = g_string_new("HTTP/1.1 200 OK");
    for (int i = 0; i < KX_HEADERS_MAX + 1; i++)
        g_string_append_printf(many, "\r\nX-%d: y", i);
    check_bad_head(long_line, -EPROTO);
    check_bad_head(many->str, -EPROTO);
    check_bad_head("SSH-2.0-OpenSSH_9.2\r\nConnection: close", -EPROTO);
    check_bad_head("HTTP/1.1 200 OK\r\nContent-Length: -5\r\nConnection: close", -EPROTO);
}

static void hang_up(struct connection *connection, void *context)
{
    struct request request;
    (void)context;
    if (connection_read_head(connection, &request)) request_clear(&request);
}

static void no_answer_at_all(void **state)
{
    (void)state;
    struct engine *e = engine_new(hang_up, NULL);
    struct kx_transfer *transfer = engine_get(e);
    const struct kx_limits limits = limits_of(5000, 0);
    engine_expect(e, kx_transfer_wait_head(transfer, &limits, &e->err), -EIO);
    assert_false(e->err.unsent);
    kx_transfer_free(transfer);
    engine_free(e);
}

static void a_response_above_its_cap(void **state)
{
    (void)state;
    struct script script = {.head = "HTTP/1.1 200 OK\r\nContent-Length: 3145728",
                            .pattern = 3 * MIB};
    struct engine *e = engine_new(serve_script, &script);
    const struct kx_limits limits = limits_of(5000, 0);
    g_autoptr(GByteArray) body = g_byte_array_new();
    struct kx_transfer *transfer = engine_get(e);
    engine_expect(e, kx_transfer_collect(transfer, 1000, &limits, body, &e->err), -EMSGSIZE);
    assert_true(body->len <= 1000);
    kx_transfer_free(transfer);
    engine_free(e);
}

static void memory_is_bounded_when_nobody_reads(void **state)
{
    (void)state;
    struct script script = {.head = "HTTP/1.1 200 OK\r\nContent-Length: 16777216",
                            .pattern = 16 * MIB};
    struct engine *e = engine_new(serve_script, &script);
    const struct kx_limits limits = limits_of(5000, 0);
    struct kx_transfer *transfer = engine_start(
        e, &(struct kx_http_request){.method = "GET", .window_bytes = 4 * KX_BLOCK_BYTES});
    engine_expect(e, kx_transfer_wait_head(transfer, &limits, &e->err), 0);
    g_usleep(300000);
    assert_in_range(kx_pool_in_use(e->pool), 1, 6);
    gint64 length;
    engine_expect(e, pull_pattern(transfer, 0, &length, &e->err), 0);
    assert_int_equal(length, 16 * MIB);
    kx_transfer_free(transfer);
    engine_free(e);
}

static void a_window_can_grow_while_it_is_full(void **state)
{
    (void)state;
    struct script script = {.head = "HTTP/1.1 200 OK\r\nContent-Length: 16777216",
                            .pattern = 16 * MIB};
    struct engine *e = engine_new(serve_script, &script);
    const struct kx_limits limits = limits_of(5000, 0);
    struct kx_transfer *transfer =
        engine_start(e, &(struct kx_http_request){.method = "GET", .window_bytes = KX_BLOCK_BYTES});
    engine_expect(e, kx_transfer_wait_head(transfer, &limits, &e->err), 0);
    kx_transfer_set_window(transfer, 16 * KX_BLOCK_BYTES);
    for (int i = 0; kx_pool_in_use(e->pool) < 15 && i < 5000; i++)
        g_usleep(1000); /* nobody reads: only the new window lets it go on */
    assert_in_range(kx_pool_in_use(e->pool), 15, 18);
    kx_transfer_set_window(transfer, KX_BLOCK_BYTES);
    gint64 length;
    engine_expect(e, pull_pattern(transfer, 0, &length, &e->err), 0);
    assert_int_equal(length, 16 * MIB);
    kx_transfer_free(transfer);
    engine_free(e);
}

static void a_window_smaller_than_a_block(void **state)
{
    (void)state;
    struct script script = {.head = "HTTP/1.1 200 OK\r\nContent-Length: 4194304",
                            .pattern = 4 * MIB};
    struct engine *e = engine_new(serve_script, &script);
    struct kx_transfer *transfer =
        engine_start(e, &(struct kx_http_request){.method = "GET", .window_bytes = 1000});
    gint64 length;
    engine_expect(e, pull_pattern(transfer, 0, &length, &e->err), 0);
    assert_int_equal(length, 4 * MIB);
    kx_transfer_free(transfer);
    engine_free(e);
}

static void serve_in_pieces(struct connection *connection, void *context)
{
    struct request request;
    (void)context;
    if (!connection_read_head(connection, &request)) return;
    request_clear(&request);
    connection_print(connection, "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n");
    for (int i = 0; i < 3; i++) {
        connection_write_pattern(connection, i * 10, 10);
        g_usleep(100000);
    }
    connection_wait_closed(connection, 5000);
}

static void a_pull_waits_for_what_is_wanted(void **state)
{
    (void)state;
    struct engine *e = engine_new(serve_in_pieces, NULL);
    const struct kx_limits limits = limits_of(5000, 0);
    struct kx_transfer *transfer = engine_get(e);
    struct kx_block *first = NULL, *rest = NULL, *none = NULL;
    engine_expect(e, kx_transfer_pull(transfer, 5, &limits, &first, &e->err), 1);
    assert_in_range(first->length, 5, 30);
    engine_expect(e, kx_transfer_pull(transfer, 30 - first->length, &limits, &rest, &e->err), 1);
    assert_int_equal(first->length + rest->length, 30);
    engine_expect(e, kx_transfer_pull(transfer, 1, &limits, &none, &e->err), 0);
    assert_null(none);
    kx_block_unref(first);
    kx_block_unref(rest);
    kx_transfer_free(transfer);
    engine_free(e);
}

static void note_the_end(struct connection *connection, void *context)
{
    struct request request;
    if (!connection_read_head(connection, &request)) return;
    request_clear(&request);
    connection_print(connection, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nx");
    if (connection_wait_closed(connection, 5000)) g_atomic_int_inc((gint *)context);
}

static void a_dropped_transfer_closes_its_connection(void **state)
{
    (void)state;
    gint closed = 0;
    struct engine *e = engine_new(note_the_end, &closed);
    const struct kx_limits limits = limits_of(5000, 0);
    struct kx_transfer *transfer = engine_get(e);
    engine_expect(e, kx_transfer_wait_head(transfer, &limits, &e->err), 0);
    gint64 start = clock_ms();
    kx_transfer_free(transfer);
    assert_true(clock_ms() - start < 1000);
    for (int i = 0; i < 100 && !g_atomic_int_get(&closed); i++)
        g_usleep(20000);
    assert_int_equal(g_atomic_int_get(&closed), 1);
    engine_free(e);
}

static void many_at_once(void **state)
{
    (void)state;
    struct script script = {.head = "HTTP/1.1 200 OK\r\nContent-Length: 300000",
                            .pattern = 300000,
                            .head_pause_ms = 20};
    struct engine *e = engine_new(serve_script, &script);
    struct kx_transfer *all[40];
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        all[i] = engine_get(e);
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        gint64 length;
        engine_expect(e, pull_pattern(all[i], 0, &length, &e->err), 0);
        assert_int_equal(length, 300000);
        kx_transfer_free(all[i]);
    }
    engine_free(e);
}

/* Answers the first request of the first connection, and hangs up on the second. */
static void cut_when_reused(struct connection *connection, void *context)
{
    gint *requests = context;
    struct request request;
    for (int i = 0; connection_read_head(connection, &request); i++) {
        request_clear(&request);
        g_atomic_int_inc(requests);
        if (i == 1 && connection->number == 1) return;
        connection_print(connection, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    }
}

static int ask_twice(struct engine *e, bool once)
{
    const struct kx_limits limits = limits_of(5000, 0);
    int rc = 0;
    for (int i = 0; i < 2; i++) {
        g_autoptr(kx_transfer) transfer =
            engine_start(e, &(struct kx_http_request){.method = "PUT", .once = once});
        rc = kx_transfer_wait_head(transfer, &limits, &e->err);
    }
    return rc;
}

static void what_goes_once_is_never_sent_twice(void **state)
{
    (void)state;
    gint requests = 0;
    struct engine *e = engine_new(cut_when_reused, &requests);
    engine_expect(e, ask_twice(e, true), -EIO);
    assert_int_equal(g_atomic_int_get(&requests), 2);
    assert_false(e->err.unsent);
    assert_non_null(strstr(e->err.message, "without an answer"));
    engine_free(e);
}

static void what_may_be_repeated_is(void **state)
{
    (void)state;
    gint requests = 0;
    struct engine *e = engine_new(cut_when_reused, &requests);
    engine_expect(e, ask_twice(e, false), 0);
    assert_int_equal(g_atomic_int_get(&requests), 3);
    engine_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_and_a_body),
        cmocka_unit_test(informational_heads_are_skipped),
        cmocka_unit_test(bodies_of_all_framings),
        cmocka_unit_test(cut_bodies_are_errors),
        cmocka_unit_test(heads_are_capped),
        cmocka_unit_test(no_answer_at_all),
        cmocka_unit_test(a_response_above_its_cap),
        cmocka_unit_test(memory_is_bounded_when_nobody_reads),
        cmocka_unit_test(a_window_can_grow_while_it_is_full),
        cmocka_unit_test(a_window_smaller_than_a_block),
        cmocka_unit_test(a_pull_waits_for_what_is_wanted),
        cmocka_unit_test(a_dropped_transfer_closes_its_connection),
        cmocka_unit_test(many_at_once),
        cmocka_unit_test(what_goes_once_is_never_sent_twice),
        cmocka_unit_test(what_may_be_repeated_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
