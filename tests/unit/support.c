#include "support.h"

#include <glib/gstdio.h>

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct world *world_new(int port, const struct world_options *options)
{
    static const struct world_options NONE = {0};
    if (!options) options = &NONE;
    struct world *world = g_new0(struct world, 1);
    struct kx_endpoint endpoint = {0};
    g_autofree char *text =
        options->list ? g_strdup(options->list) : g_strdup_printf("http://127.0.0.1:%d", port);
    assert_int_equal(kx_endpoint_parse(text, &endpoint, NULL), 0);
    world->pool = kx_pool_new(16);
    const struct kx_client_config config = {
        .endpoint = &endpoint,
        .user = options->user ? options->user : "root",
        .clock = kx_clock_system(),
        .pool = world->pool,
        .timeout_ms = options->timeout_ms ? options->timeout_ms : 10000,
        .stall_ms = options->stall_ms ? options->stall_ms : 10000,
        .connect_timeout_ms = 2000,
        .attempts = options->attempts,
        .window_bytes = options->window_bytes,
        .stats = options->stats,
        .hedge = options->hedge,
    };
    assert_int_equal(kx_client_new(&config, &world->client, NULL), 0);
    kx_endpoint_clear(&endpoint);
    return world;
}

void world_free(struct world *world)
{
    kx_client_free(world->client);
    unsigned left = kx_pool_in_use(world->pool);
    kx_pool_free(world->pool);
    g_free(world);
    assert_int_equal(left, 0);
}

int port_unused(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &length), 0);
    close(fd);
    return ntohs(at.sin_port);
}

void assert_error(const struct kx_error *err, int code, const char *exception, const char *message)
{
    if (err->code != code ||
        !(exception ? err->exception && g_str_equal(err->exception, exception) : !err->exception)) {
        g_autofree char *line = kx_error_format(err);
        fail_msg("wanted %s with %s, got: %s", g_strerror(code), exception ? exception : "nothing",
                 line);
    }
    if (message && !(err->message && strstr(err->message, message)))
        fail_msg("wanted \"%s\" in the message \"%s\"", message, err->message);
}

void put_file(const char *file, const char *text)
{
    assert_true(g_file_set_contents(file, text, -1, NULL));
    assert_int_equal(g_chmod(file, 0600), 0);
}
