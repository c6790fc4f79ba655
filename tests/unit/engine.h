/* The HTTP engine and a scripted server of the test, made and checked together. */
#pragma once
#include "rest/http.h"
#include "server.h"
#include "support.h"

struct engine {
    struct kx_pool *pool;
    struct kx_budget *budget;
    struct kx_http *http;
    struct server *server;
    struct kx_error err;
};

/** @handler serves every connection.  @return owned. */
struct engine *engine_new(server_handler handler, void *context);

/** The same with so much memory for what waits to be sent; 0: no limit. */
struct engine *engine_new_within(server_handler handler, void *context, int64_t budget);

/** The test fails when a block, or memory of the budget, was not given back. */
void engine_free(struct engine *engine);

/** Start "METHOD http://127.0.0.1:PORT/".  @return owned. */
struct kx_transfer *engine_start(struct engine *engine, const struct kx_http_request *request);
struct kx_transfer *engine_get(struct engine *engine);
struct kx_transfer *engine_put(struct engine *engine, size_t window_bytes);

/** The number was expected; the error is shown otherwise. */
void engine_expect(const struct engine *engine, int rc, int expected);

/** Limits: so many milliseconds from now, or without progress; 0: none. */
struct kx_limits limits_of(int deadline_ms, int stall_ms);

/** Pull everything and compare with pattern_byte.  @return the bytes, or the -errno at the end;
 * *length tells how many came before it. */
int pull_pattern(struct kx_transfer *transfer, gint64 offset, gint64 *length, struct kx_error *err);

gint64 clock_ms(void);
