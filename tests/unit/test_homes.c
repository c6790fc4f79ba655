/* Several servers of the same files: which one is asked, and what happens when it does not serve.
 */
#include "rest/homes.h"

#include <errno.h>
#include <string.h>

#include "rest/webhdfs.h"
#include "server.h"
#include "support.h"

#define COUNT 2

/* What a server does with a request. */
enum way { SERVES, STANDBY, REFUSES, MUTE, CUTS, BROKEN };

struct one {
    struct pair *pair;
    struct server *server;
    gint way;      /* atomic, as are the next two */
    gint standbys; /* so many requests are refused first */
    gint asked;
};

struct pair {
    struct one all[COUNT];
    struct world *world;
    struct kx_error err;
    gint made; /* atomic: MKDIRS and RENAMEs that were done */
};

static void say(struct connection *connection, int status, const char *body)
{
    connection_print(connection, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n\r\n%s", status,
                     strlen(body), body);
}

static void say_exception(struct connection *connection, int status, const char *exception)
{
    g_autofree char *body = g_strdup_printf(
        "{\"RemoteException\":{\"exception\":\"%s\",\"message\":\"no\"}}", exception);
    say(connection, status, body);
}

static void serve(struct connection *connection, struct pair *pair, const struct request *request)
{
    bool changes = strcmp(request->method, "PUT") == 0;
    if (changes) g_atomic_int_inc(&pair->made);
    if (changes)
        say(connection, 200, "{\"boolean\":true}");
    else if (strstr(request->target, "/none"))
        say_exception(connection, 404, "FileNotFoundException");
    else
        say(connection, 200,
            "{\"FileStatus\":{\"pathSuffix\":\"\",\"type\":\"FILE\",\"length\":1,"
            "\"permission\":\"644\",\"modificationTime\":5,\"fileId\":7}}");
}

static void handle(struct connection *connection, void *context)
{
    struct one *one = context;
    struct request request;
    bool open = true;
    while (open && connection_read_head(connection, &request)) {
        g_atomic_int_inc(&one->asked);
        bool waits = g_atomic_int_get(&one->standbys) > 0;
        if (waits) g_atomic_int_add(&one->standbys, -1);
        switch (waits ? STANDBY : (enum way)g_atomic_int_get(&one->way)) {
        case SERVES:
            serve(connection, one->pair, &request);
            break;
        case STANDBY:
            say_exception(connection, 403, "StandbyException");
            break;
        case REFUSES:
            say_exception(connection, 403, "AccessControlException");
            break;
        case BROKEN:
            say(connection, 500, "<title>Error 500 Service connectivity error.</title>");
            break;
        case MUTE:
            connection_wait_closed(connection, 20000);
            open = false;
            break;
        case CUTS:
            open = false;
            break;
        }
        request_clear(&request);
    }
}

static int setup(void **state)
{
    struct pair *pair = g_new0(struct pair, 1);
    for (int i = 0; i < COUNT; i++) {
        pair->all[i].pair = pair;
        pair->all[i].server = server_new(handle, &pair->all[i]);
    }
    g_autofree char *list =
        g_strdup_printf("http://127.0.0.1:%d,127.0.0.1:%d", server_port(pair->all[0].server),
                        server_port(pair->all[1].server));
    const struct world_options options = {.list = list, .timeout_ms = 3000};
    pair->world = world_new(0, &options);
    *state = pair;
    return 0;
}

static int teardown(void **state)
{
    struct pair *pair = *state;
    world_free(pair->world);
    for (int i = 0; i < COUNT; i++)
        server_free(pair->all[i].server);
    kx_error_clear(&pair->err);
    g_free(pair);
    return 0;
}

static void ways(struct pair *pair, enum way first, enum way second)
{
    g_atomic_int_set(&pair->all[0].way, first);
    g_atomic_int_set(&pair->all[1].way, second);
}

static int look(struct pair *pair, const char *path)
{
    struct kx_status status = {0};
    kx_error_clear(&pair->err);
    int rc = kx_webhdfs_stat(pair->world->client, path, NULL, &status, &pair->err);
    kx_status_clear(&status);
    return rc;
}

/* How often each was asked since the last time. */
static void check_asked(struct pair *pair, int first, int second)
{
    assert_int_equal(g_atomic_int_exchange(&pair->all[0].asked, 0), first);
    assert_int_equal(g_atomic_int_exchange(&pair->all[1].asked, 0), second);
}

static void the_one_that_answers_is_remembered(void **state)
{
    struct pair *pair = *state;
    ways(pair, STANDBY, SERVES);
    assert_int_equal(look(pair, "/a"), 0);
    check_asked(pair, 1, 1);
    assert_int_equal(look(pair, "/a"), 0);
    assert_int_equal(look(pair, "/none"), -ENOENT);
    check_asked(pair, 0, 2);
    ways(pair, SERVES, STANDBY);
    assert_int_equal(look(pair, "/none"), -ENOENT); /* an answer as good as any */
    check_asked(pair, 1, 1);
    assert_int_equal(look(pair, "/a"), 0);
    check_asked(pair, 1, 0);
    ways(pair, REFUSES, SERVES);
    assert_int_equal(look(pair, "/a"), -EACCES); /* the other one would say the same */
    check_asked(pair, 1, 0);
}

static void every_way_to_be_gone(void **state)
{
    static const enum way GONE[] = {STANDBY, BROKEN, CUTS, MUTE};
    struct pair *pair = *state;
    for (size_t i = 0; i < G_N_ELEMENTS(GONE); i++) {
        ways(pair, GONE[i], SERVES);
        assert_int_equal(look(pair, "/a"), 0);
        assert_int_equal(kx_homes_live(kx_client_homes(pair->world->client)), 1);
        ways(pair, SERVES, GONE[i]);
        assert_int_equal(look(pair, "/a"), 0);
        assert_int_equal(kx_homes_live(kx_client_homes(pair->world->client)), 0);
    }
}

static void a_failover_is_waited_for(void **state)
{
    struct pair *pair = *state;
    ways(pair, CUTS, SERVES);
    g_atomic_int_set(&pair->all[1].standbys, 6); /* more than there are attempts */
    assert_int_equal(look(pair, "/a"), 0);
    assert_int_equal(g_atomic_int_get(&pair->all[1].asked), 7);
}

static void none_serves(void **state)
{
    struct pair *pair = *state;
    ways(pair, STANDBY, STANDBY);
    assert_int_equal(look(pair, "/a"), -EHOSTDOWN);
    assert_error(&pair->err, EHOSTDOWN, "StandbyException", "none of the 2 servers");
    int port = port_unused();
    g_autofree char *list = g_strdup_printf("http://127.0.0.1:%d,127.0.0.1:%d", port, port);
    const struct world_options options = {.list = list, .timeout_ms = 10000};
    struct world *world = world_new(0, &options);
    KX_ERROR_AUTO(err);
    int rc = kx_webhdfs_mkdirs(world->client, "/a", 0755, NULL, &err);
    world_free(world);
    assert_int_equal(rc, -EHOSTDOWN);
    assert_error(&err, EHOSTDOWN, NULL, "none of the 2 servers");
}

static void what_is_refused_by_a_standby_is_done_once(void **state)
{
    struct pair *pair = *state;
    ways(pair, STANDBY, SERVES);
    assert_int_equal(kx_webhdfs_mkdirs(pair->world->client, "/a", 0755, NULL, &pair->err), 0);
    assert_int_equal(g_atomic_int_get(&pair->made), 1);
}

static void who_is_live_is_told(void **state)
{
    struct pair *pair = *state;
    struct kx_client *client = pair->world->client;
    ways(pair, STANDBY, SERVES);
    assert_int_equal(look(pair, "/a"), 0);
    g_autoptr(GString) text = g_string_new(NULL);
    kx_homes_tell(kx_client_homes(client), text);
    g_autofree char *wanted =
        g_strdup_printf("http://127.0.0.1:%d\tother\tno\nhttp://127.0.0.1:%d\tlive\t\n",
                        server_port(pair->all[0].server), server_port(pair->all[1].server));
    assert_string_equal(text->str, wanted);
    assert_int_equal(kx_client_endpoint(client)->port, server_port(pair->all[1].server));
    g_autofree char *home =
        g_strdup_printf("http://127.0.0.1:%d/x", server_port(pair->all[0].server));
    assert_true(kx_client_is_home(client, home));
    g_autofree char *like =
        g_strdup_printf("http://127.0.0.1:%d1/x", server_port(pair->all[0].server));
    assert_false(kx_client_is_home(client, like));
}

#define pair_test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        pair_test(the_one_that_answers_is_remembered),
        pair_test(every_way_to_be_gone),
        pair_test(a_failover_is_waited_for),
        pair_test(none_serves),
        pair_test(what_is_refused_by_a_standby_is_done_once),
        pair_test(who_is_live_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
