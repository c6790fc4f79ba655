/* A request's body on its way up. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "engine.h"

#define MIB ((gint64)1024 * 1024)

/* What the server saw, and how it behaves. */
struct sink {
    int pause_ms;        /* before it reads the body */
    bool continues;      /* sends 100 Continue first */
    gint64 refuse_after; /* answers 403 when so many bytes are there; 0: takes all */
    bool reset;          /* and resets the connection with bytes unread */
    gint64 length;       /* bytes that came, all as they should be */
    bool whole;
    char *expect, *coding, *length_header;
};

static void check_pattern(const GByteArray *body, gint64 *length)
{
    *length = 0;
    while (*length < body->len && body->data[*length] == pattern_byte(*length))
        (*length)++;
}

static void take(struct connection *connection, void *context)
{
    struct sink *sink = context;
    struct request request;
    if (!connection_read_head(connection, &request)) return;
    sink->expect = request_header(&request, "Expect");
    sink->coding = request_header(&request, "Transfer-Encoding");
    sink->length_header = request_header(&request, "Content-Length");
    if (sink->continues) connection_print(connection, "HTTP/1.1 100 Continue\r\n\r\n");
    g_usleep((gulong)sink->pause_ms * 1000);
    connection_read_body(connection, &request);
    check_pattern(request.body, &sink->length);
    sink->whole = request.whole;
    request_clear(&request);
    connection_print(connection, "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
}

static void sink_clear(struct sink *sink)
{
    g_free(sink->expect);
    g_free(sink->coding);
    g_free(sink->length_header);
}

static int write_pattern(struct kx_transfer *transfer, gint64 length,
                         const struct kx_limits *limits, struct kx_error *err)
{
    unsigned char piece[100000];
    for (gint64 at = 0; at < length;) {
        size_t part = (size_t)MIN(length - at, (gint64)sizeof piece);
        for (size_t i = 0; i < part; i++)
            piece[i] = pattern_byte(at + (gint64)i);
        int rc = kx_transfer_write(transfer, piece, part, limits, err);
        if (rc < 0) return rc;
        at += (gint64)part;
    }
    return 0;
}

static void check_upload_within(struct sink sink, gint64 length, int64_t budget)
{
    struct engine *e = engine_new_within(take, &sink, budget);
    const struct kx_limits limits = limits_of(20000, 0);
    struct kx_transfer *transfer = engine_put(e, 0);
    engine_expect(e, write_pattern(transfer, length, &limits, &e->err), 0);
    kx_transfer_end_body(transfer);
    engine_expect(e, kx_transfer_wait_head(transfer, &limits, &e->err), 0);
    assert_int_equal(kx_transfer_status(transfer), 201);
    kx_transfer_free(transfer);
    engine_free(e);
    assert_int_equal(sink.length, length);
    assert_true(sink.whole);
    assert_null(sink.expect);
    assert_null(sink.length_header);
    assert_string_equal(sink.coding, "chunked");
    sink_clear(&sink);
}

static void check_upload(struct sink sink, gint64 length)
{
    check_upload_within(sink, length, 0);
}

static void bodies_of_all_sizes_arrive(void **state)
{
    (void)state;
    check_upload((struct sink){0}, 0);
    check_upload((struct sink){0}, 1);
    check_upload((struct sink){.continues = true}, 131072);
    check_upload((struct sink){0}, 131073);
    check_upload((struct sink){.continues = true, .pause_ms = 100}, 20 * MIB + 7);
}

static void without_memory_the_callers_bytes_are_sent(void **state)
{
    (void)state;
    for (int64_t budget = 1; budget < 2 * MIB; budget += MIB / 2 + 70000) {
        check_upload_within((struct sink){0}, 1, budget);
        check_upload_within((struct sink){.pause_ms = 100}, 20 * MIB + 7, budget);
    }
}

/* Interrupts the writer when it has the head, and goes on. */
struct interrupter {
    struct sink sink;
    struct kx_cancel *cancel;
};

static void interrupt_and_take(struct connection *connection, void *context)
{
    struct interrupter *interrupter = context;
    struct request request;
    if (!connection_read_head(connection, &request)) return;
    kx_cancel_fire(interrupter->cancel);
    connection_read_body(connection, &request);
    check_pattern(request.body, &interrupter->sink.length);
    interrupter->sink.whole = request.whole;
    request_clear(&request);
    connection_print(connection, "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
}

static void an_interrupted_piece_is_sent_whole_or_not_at_all(void **state)
{
    (void)state;
    struct interrupter interrupter = {.cancel = kx_cancel_new()};
    struct engine *e = engine_new_within(interrupt_and_take, &interrupter, 1);
    struct kx_limits limits = limits_of(20000, 0);
    struct kx_transfer *transfer = engine_put(e, 32 * MIB);
    gint64 length = 24 * MIB;
    g_autofree unsigned char *piece = g_malloc((gsize)length);
    for (gint64 i = 0; i < length; i++)
        piece[i] = pattern_byte(i);
    limits.cancel = interrupter.cancel;
    int rc = kx_transfer_write(transfer, piece, (size_t)length, &limits, &e->err);
    assert_true(rc == 0 || rc == -EINTR);
    limits.cancel = NULL;
    kx_error_clear(&e->err);
    if (rc < 0) rc = kx_transfer_write(transfer, piece, (size_t)length, &limits, &e->err);
    engine_expect(e, rc, 0);
    memset(piece, 0, (size_t)length); /* it is the caller's again */
    kx_transfer_end_body(transfer);
    engine_expect(e, kx_transfer_wait_head(transfer, &limits, &e->err), 0);
    kx_transfer_free(transfer);
    engine_free(e);
    kx_cancel_unref(interrupter.cancel);
    assert_int_equal(interrupter.sink.length, length);
    assert_true(interrupter.sink.whole);
}

static void a_writer_waits_when_the_server_does_not_read(void **state)
{
    (void)state;
    struct sink sink = {.pause_ms = 2000};
    struct engine *e = engine_new(take, &sink);
    const struct kx_limits limits = limits_of(600, 0);
    struct kx_transfer *transfer = engine_put(e, 4 * KX_BLOCK_BYTES);
    engine_expect(e, write_pattern(transfer, 64 * MIB, &limits, &e->err), -ETIMEDOUT);
    assert_in_range(kx_pool_in_use(e->pool), 1, 6);
    kx_transfer_free(transfer);
    engine_free(e);
    assert_false(sink.whole);
    sink_clear(&sink);
}

static void a_silent_server_stalls_a_writer(void **state)
{
    (void)state;
    struct sink sink = {.pause_ms = 3000};
    struct engine *e = engine_new(take, &sink);
    const struct kx_limits limits = limits_of(0, 500);
    struct kx_transfer *transfer = engine_put(e, 4 * KX_BLOCK_BYTES);
    engine_expect(e, write_pattern(transfer, 64 * MIB, &limits, &e->err), -ETIMEDOUT);
    assert_error(&e->err, ETIMEDOUT, NULL, "too slow or silent");
    kx_transfer_free(transfer);
    engine_free(e);
    sink_clear(&sink);
}

#define DENIED                                                                                     \
    "{\"RemoteException\":{\"exception\":\"AccessControlException\",\"message\":\"denied\"}}"

/* As a DataNode: answers in the middle of the body, and closes. */
static void refuse(struct connection *connection, void *context)
{
    const struct sink *sink = context;
    struct request request;
    char buffer[4096];
    if (!connection_read_head(connection, &request)) return;
    request_clear(&request);
    connection_print(connection, "HTTP/1.1 100 Continue\r\n\r\n");
    for (gint64 got = connection->pending->len; got < sink->refuse_after;) {
        ssize_t part = recv(connection->fd, buffer, sizeof buffer, 0);
        if (part <= 0) return;
        got += part;
    }
    connection_print(connection,
                     "HTTP/1.1 403 Forbidden\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
                     strlen(DENIED), DENIED);
    if (!sink->reset) connection_wait_closed(connection, 5000);
}

static void check_refusal(struct sink sink, gint64 length)
{
    struct engine *e = engine_new(refuse, &sink);
    const struct kx_limits limits = limits_of(10000, 0);
    g_autoptr(GByteArray) body = g_byte_array_new();
    struct kx_transfer *transfer = engine_put(e, 0);
    int rc = write_pattern(transfer, length, &limits, &e->err);
    if (rc == 0)
        kx_transfer_end_body(transfer);
    else
        engine_expect(e, rc, -EPIPE);
    engine_expect(e, kx_transfer_wait_head(transfer, &limits, &e->err), 0);
    assert_int_equal(kx_transfer_status(transfer), 403);
    engine_expect(e, kx_transfer_collect(transfer, 10000, &limits, body, &e->err), 0);
    assert_int_equal(body->len, strlen(DENIED));
    kx_transfer_free(transfer);
    engine_free(e);
}

static void a_refusal_in_the_middle_is_heard(void **state)
{
    (void)state;
    check_refusal((struct sink){.refuse_after = 1}, 256 * MIB);
    check_refusal((struct sink){.refuse_after = 3 * MIB}, 256 * MIB);
    check_refusal((struct sink){.refuse_after = 1}, 100);
}

/* As a DataNode does it: bytes are still unread when it closes, and the kernel resets. */
static void a_refusal_before_a_reset_is_heard(void **state)
{
    (void)state;
    for (int i = 0; i < 60; i++)
        check_refusal((struct sink){.refuse_after = 1 + i * 50000, .reset = true}, 256 * MIB);
}

static void a_refusal_is_heard_though_nothing_is_written(void **state)
{
    (void)state;
    struct sink sink = {.refuse_after = 1};
    struct engine *e = engine_new(refuse, &sink);
    const struct kx_limits limits = limits_of(5000, 0);
    struct kx_transfer *transfer = engine_put(e, 0);
    engine_expect(e, kx_transfer_write(transfer, "x", 1, &limits, &e->err), 0);
    engine_expect(e, kx_transfer_wait_head(transfer, &limits, &e->err), 0);
    assert_int_equal(kx_transfer_status(transfer), 403);
    engine_expect(e, kx_transfer_write(transfer, "x", 1, &limits, &e->err), -EPIPE);
    kx_transfer_free(transfer);
    engine_free(e);
}

static void vanish(struct connection *connection, void *context)
{
    struct request request;
    char buffer[4096];
    (void)context;
    if (!connection_read_head(connection, &request)) return;
    request_clear(&request);
    (void)!recv(connection->fd, buffer, sizeof buffer, 0);
    connection_reset(connection);
}

static void a_server_that_vanishes(void **state)
{
    (void)state;
    struct engine *e = engine_new(vanish, NULL);
    const struct kx_limits limits = limits_of(10000, 0);
    struct kx_transfer *transfer = engine_put(e, 0);
    engine_expect(e, write_pattern(transfer, 256 * MIB, &limits, &e->err), -EIO);
    assert_false(e->err.unsent);
    engine_expect(e, kx_transfer_wait_head(transfer, &limits, &e->err), -EIO);
    assert_int_equal(server_connections(e->server), 1);
    kx_transfer_free(transfer);
    engine_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_of_all_sizes_arrive),
        cmocka_unit_test(without_memory_the_callers_bytes_are_sent),
        cmocka_unit_test(an_interrupted_piece_is_sent_whole_or_not_at_all),
        cmocka_unit_test(a_writer_waits_when_the_server_does_not_read),
        cmocka_unit_test(a_silent_server_stalls_a_writer),
        cmocka_unit_test(a_refusal_in_the_middle_is_heard),
        cmocka_unit_test(a_refusal_before_a_reset_is_heard),
        cmocka_unit_test(a_refusal_is_heard_though_nothing_is_written),
        cmocka_unit_test(a_server_that_vanishes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
