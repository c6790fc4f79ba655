/* Bodies in chunks, moved by the thread that waits for them. */
#include <errno.h>
#include <string.h>

#include "engine.h"
#include "rest/http_private.h"

#define LONG ((gint64)9437190)

/* The answer of every connection. */
struct script {
    const char *head; /* its lines; NULL: 200 and Transfer-Encoding */
    gint64 chunks[4]; /* sizes, in turn; until 0 */
    gint64 pattern;   /* so much payload */
    const char *extension;
    const char *end; /* what follows then, instead of the last chunk */
    gint64 cut;      /* end after so much payload, which may be within a chunk; 0: not */
    bool silent;     /* then: nothing more, until the client closes */
    gint closed;     /* how many clients have */
};

static const char CHUNKED[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n";

static void write_chunks(struct connection *connection, const struct script *script)
{
    gint64 at = 0, until = script->cut ? script->cut : script->pattern;
    for (unsigned i = 0; at < until; i++) {
        if (i == G_N_ELEMENTS(script->chunks) || !script->chunks[i]) i = 0;
        gint64 size = MIN(script->chunks[i], script->pattern - at);
        const char *extension = script->extension ? script->extension : "";
        if (!connection_print(connection, "%" G_GINT64_MODIFIER "x%s\r\n", size, extension) ||
            !connection_write_pattern(connection, at, MIN(size, until - at)))
            return;
        at += size;
        if (at <= until && !connection_print(connection, "\r\n")) return;
    }
    if (!script->cut) connection_print(connection, "%s", script->end ? script->end : "0\r\n\r\n");
}

static void serve(struct connection *connection, void *context)
{
    struct script *script = context;
    struct request request;
    if (!connection_read_head(connection, &request)) return;
    request_clear(&request);
    if (!connection_print(connection, "%s\r\n", script->head ? script->head : CHUNKED)) return;
    write_chunks(connection, script);
    if (script->silent && connection_wait_closed(connection, 20000))
        g_atomic_int_inc(&script->closed);
}

static struct kx_transfer *start(struct engine *e)
{
    return engine_start(e, &(struct kx_http_request){.method = "GET", .by_caller = true});
}

/* @return whether the socket was taken from libcurl. */
static bool check(struct script script, int expected, const char *words)
{
    struct engine *e = engine_new(serve, &script);
    bool taken = true;
    for (int i = 0; i < 3; i++) {
        gint64 length;
        g_autoptr(kx_transfer) transfer = start(e);
        engine_expect(e, pull_pattern(transfer, 0, &length, &e->err), expected);
        assert_int_equal(length, script.cut ? script.cut : script.pattern);
        assert_int_equal(transfer->body_bytes, length);
        if (words) assert_non_null(strstr(e->err.message, words));
        kx_error_clear(&e->err);
        taken = taken && transfer->socket_wake >= 0;
    }
    assert_int_equal(server_connections(e->server), 3);
    engine_free(e);
    return taken;
}

#define ANSWER(...) ((struct script){__VA_ARGS__})

static void long_bodies_come_whole_from_the_socket(void **state)
{
    (void)state;
    assert_true(check(ANSWER(.chunks = {32768}, .pattern = LONG), 0, NULL));
    assert_true(check(ANSWER(.chunks = {32768}, .pattern = LONG, .silent = true), 0, NULL));
    assert_true(check(ANSWER(.chunks = {8000}, .pattern = LONG, .extension = ";a=\"b\""), 0, NULL));
    assert_true(check(ANSWER(.chunks = {1 << 20, 131072}, .pattern = LONG), 0, NULL));
    assert_true(check(ANSWER(.chunks = {LONG}, .pattern = LONG), 0, NULL));
    assert_true(check(ANSWER(.chunks = {1, 70000, 131071, 5}, .pattern = LONG), 0, NULL));
    assert_true(check(ANSWER(.chunks = {100}, .pattern = LONG / 4), 0, NULL));
    assert_true(check(
        ANSWER(.chunks = {32768}, .pattern = LONG, .end = "0;x\r\nDigest: abc\r\nB: c\r\n\r\n"), 0,
        NULL));
}

static void short_ones_come_whole_from_libcurl(void **state)
{
    (void)state;
    assert_false(check(ANSWER(.chunks = {32768}, .pattern = 65000), 0, NULL));
    assert_false(check(ANSWER(.chunks = {1000}, .pattern = 1), 0, NULL));
    assert_false(check(ANSWER(.chunks = {3}, .pattern = 10, .end = "0\r\nA: b\r\n\r\n"), 0, NULL));
    assert_false(check(ANSWER(.chunks = {1}, .pattern = 0), 0, NULL));
}

/* Both are said: the chunks count. What is no chunk is as it was. */
static void heads_of_other_kinds_are_understood(void **state)
{
    (void)state;
    check(ANSWER(.chunks = {4000}, .pattern = LONG,
                 .head = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
          0, NULL);
    check(ANSWER(.chunks = {4000}, .pattern = 9000,
                 .head = "HTTP/1.1 200 OK\r\ntransfer-encoding: , Chunked ,\r\n"),
          0, NULL);
    check(ANSWER(.pattern = 0, .chunks = {1}, .end = "",
                 .head = "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n"),
          0, NULL);
    check(ANSWER(.pattern = 0, .chunks = {1}, .end = "not deflated",
                 .head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: deflate, chunked\r\n"),
          -EIO, "nobody asked for");
}

static void refusals_are_read(void **state)
{
    static const char BODY[] = "{\"RemoteException\":{}}";
    struct script script = {.head = "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n",
                            .chunks = {1},
                            .end = "5\r\n{\"Rem\r\n11;x\r\noteException\":{}}\r\n0\r\n\r\n"};
    (void)state;
    struct engine *e = engine_new(serve, &script);
    const struct kx_limits limits = limits_of(20000, 0);
    g_autoptr(GByteArray) body = g_byte_array_new();
    g_autoptr(kx_transfer) transfer = start(e);
    engine_expect(e, kx_transfer_wait_head(transfer, &limits, &e->err), 0);
    assert_int_equal(kx_transfer_status(transfer), 404);
    engine_expect(e, kx_transfer_collect(transfer, 1000, &limits, body, &e->err), 0);
    assert_int_equal(body->len, sizeof BODY - 1);
    assert_memory_equal(body->data, BODY, body->len);
    g_clear_pointer(&transfer, kx_transfer_free);
    engine_free(e);
}

/* Within a chunk, where the next one begins, in the line of its size, before the last empty line.
 */
static void a_body_that_is_cut_is_an_error(void **state)
{
    static const gint64 LENGTHS[] = {LONG, 10000};
    static const char WORDS[] = "before the whole body";
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(LENGTHS); i++) {
        gint64 length = LENGTHS[i], whole = length / 2000 * 2000;
        check(ANSWER(.chunks = {2000}, .pattern = length, .cut = length - 1), -EIO, WORDS);
        check(ANSWER(.chunks = {2000}, .pattern = length, .cut = whole / 2 + 7), -EIO, WORDS);
        check(ANSWER(.chunks = {2000}, .pattern = length, .cut = length), -EIO, WORDS);
        check(ANSWER(.chunks = {2000}, .pattern = whole, .end = "7d"), -EIO, WORDS);
        check(ANSWER(.chunks = {2000}, .pattern = length, .end = "0\r\n"), -EIO, WORDS);
        check(ANSWER(.chunks = {2000}, .pattern = length, .end = "0\r\nA: b\r\n"), -EIO, WORDS);
    }
}

static void what_is_no_chunk_is_an_error(void **state)
{
    static const gint64 LENGTHS[] = {LONG, 10000};
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(LENGTHS); i++) {
        gint64 length = LENGTHS[i];
        check(ANSWER(.chunks = {2000}, .pattern = length, .end = "HTTP/1.1 200"), -EIO,
              "the body is malformed: there is no size");
        check(ANSWER(.chunks = {32768}, .pattern = length, .end = "\r\n"), -EIO, "no size");
        check(ANSWER(.chunks = {2000}, .pattern = length, .end = "8000000000000000\r\n"), -EIO,
              "larger than any file");
    }
}

static void check_patience(struct script script)
{
    struct engine *e = engine_new(serve, &script);
    for (int i = 0; i < 2; i++) {
        const struct kx_limits limits = i ? limits_of(0, 300) : limits_of(300, 0);
        g_autoptr(kx_transfer) transfer = start(e);
        g_autoptr(kx_block) block = NULL;
        size_t more = (size_t)script.cut + 100;
        engine_expect(e, kx_transfer_pull(transfer, more, &limits, &block, &e->err), -ETIMEDOUT);
        assert_int_equal(transfer->in.bytes, script.cut);
    }
    for (int i = 0; i < 1000 && g_atomic_int_get(&script.closed) < 2; i++)
        g_usleep(5000);
    assert_int_equal(g_atomic_int_get(&script.closed), 2); /* a dropped one closes */
    engine_free(e);
}

static void a_silent_server_is_waited_for_so_long(void **state)
{
    (void)state;
    check_patience(ANSWER(.chunks = {1000}, .pattern = 1500, .cut = 1100, .silent = true));
    check_patience(ANSWER(.chunks = {32768}, .pattern = LONG, .cut = 3000000, .silent = true));
    check_patience(ANSWER(.chunks = {30000}, .pattern = LONG, .cut = 3000000, .silent = true));
}

/* Blocks are filled up, and no byte is lost or comes twice, whatever is asked for. */
static void pieces_of_any_size_are_in_order(void **state)
{
    struct script script = {.chunks = {32768, 32768, 32768, 32768}, .pattern = LONG};
    (void)state;
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
    engine_expect(e, result, 0);
    assert_int_equal(at, LONG);
    g_clear_pointer(&transfer, kx_transfer_free);
    engine_free(e);
}

/* What nobody waits for stays in the socket, but for what fills up a block, and a piece beside. */
static void nothing_moves_while_nobody_waits(void **state)
{
    struct script script = {.chunks = {32768}, .pattern = 64 << 20};
    (void)state;
    struct engine *e = engine_new(serve, &script);
    const struct kx_limits limits = limits_of(20000, 0);
    const struct kx_http_request request = {
        .method = "GET", .by_caller = true, .window_bytes = 4 * KX_BLOCK_BYTES};
    g_autoptr(kx_transfer) transfer = engine_start(e, &request);
    unsigned most = 0;
    for (int i = 0; i < 40; i++) {
        g_autoptr(kx_block) block = NULL;
        g_usleep(5000);
        engine_expect(e, kx_transfer_pull(transfer, 1, &limits, &block, &e->err), 1);
        most = MAX(most, kx_pool_in_use(e->pool));
    }
    assert_true(transfer->socket_taken);
    assert_in_range(most, 1, 5);
    g_clear_pointer(&transfer, kx_transfer_free);
    engine_free(e);
}

#define DRIP  8000         /* of payload, in chunks of 1000 */
#define FIRST (64 * 32768) /* more than libcurl can receive at once, so there is a rest to take */

/* So many bytes at once, so that all of a line of a size is divided everywhere. */
static void serve_drops(struct connection *connection, void *context)
{
    const gint64 *drop = context;
    struct request request;
    const struct script script = {.chunks = {32768}, .pattern = FIRST, .end = ""};
    g_autoptr(GString) text = g_string_new(NULL);
    if (!connection_read_head(connection, &request)) return;
    request_clear(&request);
    if (!connection_print(connection, "%s\r\n", CHUNKED)) return;
    write_chunks(connection, &script);
    for (gint64 at = 0; at < DRIP; at++) {
        if (at % 1000 == 0) g_string_append_printf(text, "%s%x\r\n", at ? "\r\n" : "", 1000);
        g_string_append_c(text, (char)pattern_byte(script.pattern + at));
    }
    g_string_append(text, "\r\n0\r\nA: b\r\n\r\n");
    for (gsize at = 0; at < text->len; at += (gsize)*drop) {
        g_usleep(1);
        if (!connection_write(connection, text->str + at, MIN((gsize)*drop, text->len - at)))
            return;
    }
}

static void lines_may_come_in_drops(void **state)
{
    (void)state;
    for (gint64 drop = 1; drop < 3000; drop = drop < 10 ? drop + 1 : drop * 5) {
        struct engine *e = engine_new(serve_drops, &drop);
        gint64 length;
        g_autoptr(kx_transfer) transfer = start(e);
        engine_expect(e, pull_pattern(transfer, 0, &length, &e->err), 0);
        assert_int_equal(length, FIRST + DRIP);
        assert_true(transfer->socket_wake >= 0);
        g_clear_pointer(&transfer, kx_transfer_free);
        engine_free(e);
    }
}

/* The engine's thread moves it: libcurl decodes it. */
static void others_are_decoded_by_libcurl(void **state)
{
    struct script script = {.chunks = {32768}, .pattern = LONG};
    (void)state;
    struct engine *e = engine_new(serve, &script);
    gint64 length;
    g_autoptr(kx_transfer) transfer = engine_get(e);
    engine_expect(e, pull_pattern(transfer, 0, &length, &e->err), 0);
    assert_int_equal(length, LONG);
    assert_false(transfer->chunked);
    g_clear_pointer(&transfer, kx_transfer_free);
    engine_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_bodies_come_whole_from_the_socket),
        cmocka_unit_test(short_ones_come_whole_from_libcurl),
        cmocka_unit_test(heads_of_other_kinds_are_understood),
        cmocka_unit_test(refusals_are_read),
        cmocka_unit_test(a_body_that_is_cut_is_an_error),
        cmocka_unit_test(what_is_no_chunk_is_an_error),
        cmocka_unit_test(a_silent_server_is_waited_for_so_long),
        cmocka_unit_test(pieces_of_any_size_are_in_order),
        cmocka_unit_test(nothing_moves_while_nobody_waits),
        cmocka_unit_test(lines_may_come_in_drops),
        cmocka_unit_test(others_are_decoded_by_libcurl),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
