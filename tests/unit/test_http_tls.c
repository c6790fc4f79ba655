/* Bodies that come by TLS, moved by the thread that waits for them; and answers that come too
 * early. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "engine.h"
#include "rest/http_private.h"
#include "tls.h"

#define LONG 9437190
#define MIB  1048576

/* The answer of every connection. */
struct script {
    SSL_CTX *context;
    gint64 pattern; /* of the LONG bytes that there should be */
    gint64 chunk;   /* as so long chunks; 0: its head tells how many they are */
    enum { FAREWELL, NO_FAREWELL, GARBAGE, SILENCE } end;
    gint closed; /* how many clients have, while there was silence */
};

static bool write_chunks(SSL *session, const struct script *script)
{
    bool well = tls_print(session, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (gint64 at = 0; well && at < script->pattern; at += script->chunk) {
        gint64 size = MIN(script->chunk, LONG - at);
        well = tls_print(session, "%" G_GINT64_MODIFIER "x\r\n", size) &&
               tls_write_pattern(session, at, MIN(size, script->pattern - at)) &&
               (at + size > script->pattern || tls_print(session, "\r\n"));
    }
    return well && (script->pattern < LONG || tls_print(session, "0\r\n\r\n"));
}

static bool write_sized(SSL *session, const struct script *script)
{
    return tls_print(session, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", LONG) &&
           tls_write_pattern(session, 0, script->pattern);
}

static void serve(struct connection *connection, void *context)
{
    struct script *script = context;
    SSL *session = tls_accept(script->context, connection->fd);
    if (session && tls_read_head(session) &&
        (script->chunk ? write_chunks : write_sized)(session, script)) {
        if (script->end == FAREWELL) SSL_shutdown(session);
        if (script->end == GARBAGE) connection_print(connection, "this is no record of TLS");
        if (script->end == SILENCE && connection_wait_closed(connection, 60000))
            g_atomic_int_inc(&script->closed);
    }
    SSL_free(session);
}

struct scene {
    struct tls *tls;
    struct engine *engine;
    char *url;
    struct kx_http *http; /* that trusts the server */
};

static struct scene begin(server_handler handler, void *script, SSL_CTX **context)
{
    struct scene scene = {.tls = tls_new()};
    *context = tls_context(scene.tls);
    scene.engine = engine_new(handler, script);
    scene.url = g_strdup_printf("https://127.0.0.1:%d/", server_port(scene.engine->server));
    const struct kx_http_settings settings = {.cacert = tls_certificate(scene.tls), .proxy = ""};
    const struct kx_http_config config = {.clock = kx_clock_system(),
                                          .pool = scene.engine->pool,
                                          .budget = scene.engine->budget,
                                          .user_agent = "unit",
                                          .connect_timeout_ms = 20000,
                                          .settings = &settings};
    assert_int_equal(kx_http_new(&config, &scene.http, NULL), 0);
    return scene;
}

static void end(struct scene *scene)
{
    kx_http_free(scene->http);
    engine_free(scene->engine);
    tls_free(scene->tls);
    g_free(scene->url);
}

static struct kx_transfer *start(const struct scene *scene)
{
    const struct kx_http_request request = {.method = "GET", .url = scene->url, .by_caller = true};
    struct kx_transfer *transfer = NULL;
    int result = kx_transfer_start(scene->http, &request, &transfer, &scene->engine->err);
    engine_expect(scene->engine, result, 0);
    return transfer;
}

static void check(struct script script, int expected)
{
    struct scene scene = begin(serve, &script, &script.context);
    for (int i = 0; i < 3; i++) {
        gint64 length;
        g_autoptr(kx_transfer) transfer = start(&scene);
        int result = pull_pattern(transfer, 0, &length, &scene.engine->err);
        engine_expect(scene.engine, result, expected);
        assert_int_equal(length, script.pattern);
        assert_non_null(transfer->socket_tls); /* libcurl's buffer was not used */
    }
    assert_int_equal(server_connections(scene.engine->server), 3);
    end(&scene);
}

static void bodies_come_whole(void **state)
{
    (void)state;
    check((struct script){.pattern = LONG, .end = FAREWELL}, 0);
    check((struct script){.pattern = LONG, .end = NO_FAREWELL}, 0);
    check((struct script){.pattern = LONG, .end = FAREWELL, .chunk = 32768}, 0);
    check((struct script){.pattern = LONG, .end = NO_FAREWELL, .chunk = 5000}, 0);
    check((struct script){.pattern = LONG, .end = SILENCE, .chunk = 32768}, 0);
}

static void a_body_that_is_cut_is_an_error(void **state)
{
    (void)state;
    check((struct script){.pattern = LONG - 1, .end = FAREWELL}, -EIO);
    check((struct script){.pattern = LONG - 1, .end = NO_FAREWELL}, -EIO);
    check((struct script){.pattern = LONG / 2, .end = GARBAGE}, -EIO);
    check((struct script){.pattern = LONG - 1, .end = FAREWELL, .chunk = 32768}, -EIO);
    check((struct script){.pattern = LONG - 1, .end = NO_FAREWELL, .chunk = 32768}, -EIO);
    check((struct script){.pattern = LONG / 2, .end = GARBAGE, .chunk = 32768}, -EIO);
}

/* Blocks are filled up, and no byte is lost or comes twice, whatever is asked for. */
static void check_pieces(struct script script)
{
    struct scene scene = begin(serve, &script, &script.context);
    const struct kx_limits limits = limits_of(20000, 0);
    g_autoptr(kx_transfer) transfer = start(&scene);
    gint64 at = 0;
    int result = 1;
    for (size_t want = 1; result == 1; want = want * 3 % 1500007) {
        g_autoptr(kx_block) block = NULL;
        result = kx_transfer_pull(transfer, want, &limits, &block, &scene.engine->err);
        if (!block) continue;
        for (size_t i = 0; i < block->length; i++, at++)
            if ((unsigned char)block->data[i] != pattern_byte(at))
                fail_msg("wrong at %ld", (long)at);
    }
    assert_int_equal(result, 0);
    assert_int_equal(at, LONG);
    g_clear_pointer(&transfer, kx_transfer_free);
    end(&scene);
}

static void pieces_of_any_size_are_in_order(void **state)
{
    (void)state;
    check_pieces((struct script){.pattern = LONG});
    check_pieces((struct script){.pattern = LONG, .chunk = 32768});
    check_pieces((struct script){.pattern = LONG, .chunk = 16384});
    check_pieces((struct script){.pattern = LONG, .chunk = 1000});
}

/* All that the server sends before it falls silent. */
static void pull_what_comes(const struct scene *scene, struct kx_transfer *transfer, gint64 left)
{
    const struct kx_limits limits = limits_of(60000, 0);
    while (left > 0) {
        g_autoptr(kx_block) block = NULL;
        int result = kx_transfer_pull(transfer, 1, &limits, &block, &scene->engine->err);
        engine_expect(scene->engine, result, 1);
        left -= (gint64)block->length;
    }
    assert_int_equal(left, 0);
}

static void check_patience(struct script script)
{
    struct scene scene = begin(serve, &script, &script.context);
    for (int i = 0; i < 2; i++) {
        g_autoptr(kx_transfer) transfer = start(&scene);
        g_autoptr(kx_block) block = NULL;
        pull_what_comes(&scene, transfer, script.pattern);
        const struct kx_limits limits = i ? limits_of(0, 300) : limits_of(300, 0);
        int result = kx_transfer_pull(transfer, 1, &limits, &block, &scene.engine->err);
        engine_expect(scene.engine, result, -ETIMEDOUT);
    }
    for (int i = 0; i < 4000 && g_atomic_int_get(&script.closed) < 2; i++)
        g_usleep(5000);
    assert_int_equal(g_atomic_int_get(&script.closed), 2); /* a dropped one closes */
    end(&scene);
}

static void a_silent_server_is_waited_for_so_long(void **state)
{
    (void)state;
    check_patience((struct script){.pattern = LONG / 2, .end = SILENCE});
    check_patience((struct script){.pattern = LONG / 2, .end = SILENCE, .chunk = 32768});
    check_patience((struct script){.pattern = 32768 * 100, .end = SILENCE, .chunk = 32768});
}

static gpointer read_all(gpointer data)
{
    const struct scene *scene = data;
    for (int i = 0; i < 5; i++) {
        gint64 length = 0;
        KX_ERROR_AUTO(err);
        g_autoptr(kx_transfer) transfer = start(scene);
        if (pull_pattern(transfer, 0, &length, &err) == 0 && length == LONG) continue;
        return err.message ? g_strdup(err.message) : g_strdup("too short");
    }
    return NULL;
}

static void many_threads_at_once(void **state)
{
    (void)state;
    struct script script = {.pattern = LONG};
    struct scene scene = begin(serve, &script, &script.context);
    GThread *threads[4];
    g_autofree char *wrong = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("reader", read_all, &scene);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++) {
        char *told = g_thread_join(threads[i]);
        if (!wrong)
            wrong = told;
        else
            g_free(told);
    }
    if (wrong) fail_msg("%s", wrong);
    end(&scene);
}

/* --- uploads --- */

#define DENIED "Permission denied"

/* As a DataNode refuses: it answers, and closes with bytes unread, so that the kernel resets. */
struct refusal {
    SSL_CTX *context;
    gint64 after; /* so many bytes have been read */
};

static void refuse(struct connection *connection, void *context)
{
    const struct refusal *refusal = context;
    SSL *session = tls_accept(refusal->context, connection->fd);
    char piece[4096];
    gint64 have = 0;
    int got = 1;
    if (session && tls_read_head(session)) {
        for (; got > 0 && have < refusal->after; have += got)
            got = SSL_read(session, piece, sizeof piece);
        if (got > 0)
            tls_print(session, "HTTP/1.1 403 Forbidden\r\nContent-Length: %zu\r\n\r\n%s",
                      strlen(DENIED), DENIED);
    }
    SSL_free(session);
}

static void send_until_refused(const struct scene *scene)
{
    const struct kx_limits limits = limits_of(20000, 0);
    const struct kx_http_request request = {.method = "PUT", .url = scene->url, .upload = true};
    struct engine *e = scene->engine;
    g_autoptr(kx_transfer) transfer = NULL;
    g_autoptr(GByteArray) body = g_byte_array_new();
    g_autofree char *piece = g_malloc0(MIB);
    int result = kx_transfer_start(scene->http, &request, &transfer, &e->err);
    for (int i = 0; i < 256 && result == 0; i++)
        result = kx_transfer_write(transfer, piece, MIB, &limits, &e->err);
    engine_expect(e, result, -EPIPE);
    engine_expect(e, kx_transfer_wait_head(transfer, &limits, &e->err), 0);
    assert_int_equal(kx_transfer_status(transfer), 403);
    engine_expect(e, kx_transfer_collect(transfer, 10000, &limits, body, &e->err), 0);
    assert_int_equal(body->len, strlen(DENIED));
}

static void a_refusal_before_a_reset_is_heard(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct refusal refusal = {.after = 1 + i * 50000};
        struct scene scene = begin(refuse, &refusal, &refusal.context);
        send_until_refused(&scene);
        end(&scene);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_come_whole),
        cmocka_unit_test(a_body_that_is_cut_is_an_error),
        cmocka_unit_test(pieces_of_any_size_are_in_order),
        cmocka_unit_test(a_silent_server_is_waited_for_so_long),
        cmocka_unit_test(many_threads_at_once),
        cmocka_unit_test(a_refusal_before_a_reset_is_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
