/* What all unit tests share: cmocka in the order that it wants, and the small world that a client
 * lives in. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>

#include "rest/client.h"

/* A client of a server on this machine, with what it borrows. */
struct world {
    struct kx_pool *pool;
    struct kx_client *client;
};

struct world_options {
    const char *user; /* NULL: root */
    int timeout_ms, stall_ms, attempts;
    size_t window_bytes;
    struct kx_stats *stats; /* may be NULL */
    bool hedge;
    const char *list; /* of servers, instead of the port; NULL: none */
};

/** @options may be NULL. */
struct world *world_new(int port, const struct world_options *options);

/** The test fails when a block of the pool was not given back. */
void world_free(struct world *world);

/** A file of nobody's business (mode 0600) with this text. */
void put_file(const char *file, const char *text);

/** A port of 127.0.0.1 where nobody listens. */
int port_unused(void);

/** An assertion on a failure: its code, its exception (NULL: none) and a part of its message. */
void assert_error(const struct kx_error *err, int code, const char *exception, const char *message);
