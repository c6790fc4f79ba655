#include "engine.h"

struct engine *engine_new_within(server_handler handler, void *context, int64_t budget)
{
    struct engine *engine = g_new0(struct engine, 1);
    engine->pool = kx_pool_new(16);
    engine->server = server_new(handler, context);
    engine->budget = kx_budget_new(budget);
    const struct kx_http_config config = {.clock = kx_clock_system(),
                                          .pool = engine->pool,
                                          .budget = engine->budget,
                                          .user_agent = "unit",
                                          .connect_timeout_ms = 500};
    assert_int_equal(kx_http_new(&config, &engine->http, NULL), 0);
    return engine;
}

struct engine *engine_new(server_handler handler, void *context)
{
    return engine_new_within(handler, context, 0);
}

void engine_free(struct engine *engine)
{
    kx_http_free(engine->http);
    kx_budget_free(engine->budget); /* which looks whether all was given back */
    unsigned left = kx_pool_in_use(engine->pool);
    kx_pool_free(engine->pool);
    server_free(engine->server);
    kx_error_clear(&engine->err);
    g_free(engine);
    assert_int_equal(left, 0);
}

struct kx_transfer *engine_start(struct engine *engine, const struct kx_http_request *request)
{
    struct kx_transfer *transfer = NULL;
    struct kx_http_request own = *request;
    g_autofree char *url = g_strdup_printf("http://127.0.0.1:%d/", server_port(engine->server));
    if (!own.url) own.url = url;
    assert_int_equal(kx_transfer_start(engine->http, &own, &transfer, &engine->err), 0);
    return transfer;
}

struct kx_transfer *engine_get(struct engine *engine)
{
    return engine_start(engine, &(struct kx_http_request){.method = "GET"});
}

struct kx_transfer *engine_put(struct engine *engine, size_t window_bytes)
{
    return engine_start(
        engine, &(struct kx_http_request){
                    .method = "PUT", .upload = true, .once = true, .window_bytes = window_bytes});
}

void engine_expect(const struct engine *engine, int rc, int expected)
{
    if (rc == expected) return;
    g_autofree char *line = kx_error_format(&engine->err);
    fail_msg("%d instead of %d: %s", rc, expected, line);
}

gint64 clock_ms(void)
{
    return g_get_monotonic_time() / 1000;
}

struct kx_limits limits_of(int deadline_ms, int stall_ms)
{
    const struct kx_clock *clock = kx_clock_system();
    return (struct kx_limits){.deadline_ms = deadline_ms ? clock->now_ms(clock) + deadline_ms : 0,
                              .stall_ms = stall_ms};
}

int pull_pattern(struct kx_transfer *transfer, gint64 offset, gint64 *length, struct kx_error *err)
{
    const struct kx_limits limits = limits_of(20000, 0);
    *length = 0;
    for (;;) {
        g_autoptr(kx_block) block = NULL;
        int rc = kx_transfer_pull(transfer, KX_BLOCK_BYTES, &limits, &block, err);
        if (rc <= 0) return rc;
        assert_in_range(block->length, 1, KX_BLOCK_BYTES);
        for (size_t i = 0; i < block->length; i++)
            if ((unsigned char)block->data[i] != pattern_byte(offset + *length + (gint64)i))
                fail_msg("a wrong byte at %" G_GINT64_FORMAT, offset + *length + (gint64)i);
        *length += (gint64)block->length;
    }
}
