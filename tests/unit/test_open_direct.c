/* Ranges straight from a DataNode that is known, and what happens when that fails. */
#include <errno.h>
#include <string.h>

#include "pulled.h"
#include "rest/datanodes.h"
#include "server.h"
#include "support.h"

#define MIB ((gint64)1024 * 1024)

/* What a DataNode does with a request, in order; the last one for ever. */
enum turn { GIVES, DEAD_RPC, GONE, CUTS, HALF, SHORT, LONG, MUTE };

struct cluster {
    struct server *namenode, *datanode, *other;
    struct world *world;
    struct kx_stats stats;
    struct kx_error err;
    const enum turn *turns;
    unsigned count;
    bool to_other; /* the NameNode names the other DataNode from now on */
    bool gone;     /* the NameNode knows no such file */
    GMutex mutex;  /* guards what was seen */
    unsigned redirects, opens, others;
    char *target;      /* of the last request to a DataNode */
    GString *excluded; /* values of excludedatanodes= of the redirects: "- x:1 " */
};

static gint64 number(const char *target, const char *name)
{
    g_autofree char *start = g_strdup_printf("&%s=", name);
    const char *at = strstr(target, start);
    return at ? g_ascii_strtoll(at + strlen(start), NULL, 10) : 0;
}

static void refuse(struct connection *connection, int status, const char *exception)
{
    g_autofree char *body = g_strdup_printf(
        "{\"RemoteException\":{\"exception\":\"%s\",\"message\":\"no\"}}", exception);
    connection_print(connection, "HTTP/1.1 %d No\r\nContent-Length: %zu\r\n\r\n%s", status,
                     strlen(body), body);
}

/* Who has which transfer name. */
static void say_where(struct connection *connection, const struct cluster *c)
{
    g_autofree char *body = g_strdup_printf(
        "{\"LocatedBlocks\":{\"locatedBlocks\":[{\"locations\":[{\"name\":\"10.0.0.1:9866\","
        "\"hostName\":\"127.0.0.1\",\"ipAddr\":\"127.0.0.1\",\"infoPort\":%d,\"infoSecurePort\":0}"
        "]}]}}",
        c->datanode ? server_port(c->datanode) : 1);
    connection_print(connection, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(body),
                     body);
}

static void redirect(struct connection *connection, struct cluster *c, const char *target)
{
    const char *excluded = strstr(target, "&excludedatanodes=");
    g_mutex_lock(&c->mutex);
    c->redirects++;
    g_string_append_printf(c->excluded, "%s ", excluded ? "x" : "-");
    g_mutex_unlock(&c->mutex);
    connection_print(
        connection,
        "HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1:%d%s&namenoderpcaddress=nn:8020\r\n"
        "Content-Length: 0\r\n\r\n",
        server_port(c->to_other ? c->other : c->datanode), target);
}

static void name_datanode(struct connection *connection, void *context)
{
    struct cluster *c = context;
    struct request request;
    while (connection_read_head(connection, &request)) {
        if (strstr(request.target, "op=GET_BLOCK_LOCATIONS"))
            say_where(connection, c);
        else if (c->gone)
            refuse(connection, 404, "FileNotFoundException");
        else
            redirect(connection, c, request.target);
        request_clear(&request);
    }
}

static enum turn note(struct cluster *c, const char *target, bool other)
{
    g_mutex_lock(&c->mutex);
    enum turn turn = other ? GIVES : c->turns[MIN(c->opens, c->count - 1)];
    c->opens += !other;
    c->others += other;
    g_free(c->target);
    c->target = g_strdup(target);
    g_mutex_unlock(&c->mutex);
    return turn;
}

static void give(struct connection *connection, const char *target, enum turn turn)
{
    gint64 offset = number(target, "offset"), length = number(target, "length");
    gint64 announced = length + (turn == LONG ? 10 : 0) - (turn == SHORT ? length / 2 : 0);
    gint64 sent = turn == HALF ? length / 2 : turn == LONG ? length : announced;
    connection_print(connection,
                     "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %" G_GINT64_FORMAT
                     "\r\n\r\n",
                     announced);
    connection_write_pattern(connection, offset, sent);
}

static void serve(struct connection *connection, struct cluster *c, bool other)
{
    struct request request;
    if (!connection_read_head(connection, &request)) return;
    enum turn turn = note(c, request.target, other);
    if (turn == DEAD_RPC)
        refuse(connection, 403, "EOFException");
    else if (turn == GONE)
        refuse(connection, 404, "FileNotFoundException");
    else if (turn == MUTE)
        connection_wait_closed(connection, 20000);
    else if (turn != CUTS)
        give(connection, request.target, turn);
    request_clear(&request);
}

static void serve_range(struct connection *connection, void *context)
{
    serve(connection, context, false);
}

static void serve_other(struct connection *connection, void *context)
{
    serve(connection, context, true);
}

static struct cluster *begin(const enum turn *turns, unsigned count)
{
    struct cluster *c = g_new0(struct cluster, 1);
    const struct world_options options = {.stall_ms = 2000, .timeout_ms = 3000, .stats = &c->stats};
    g_mutex_init(&c->mutex);
    c->turns = turns;
    c->count = count;
    c->excluded = g_string_new(NULL);
    c->namenode = server_new(name_datanode, c);
    c->datanode = server_new(serve_range, c);
    c->other = server_new(serve_other, c);
    c->world = world_new(server_port(c->namenode), &options);
    return c;
}

static void end(struct cluster *c)
{
    world_free(c->world);
    server_free(c->namenode);
    if (c->datanode) server_free(c->datanode);
    server_free(c->other);
    kx_error_clear(&c->err);
    g_string_free(c->excluded, TRUE);
    g_free(c->target);
    g_mutex_clear(&c->mutex);
    g_free(c);
}

/* Read a range and compare.  @return 0, or how it ended. */
static int get(struct cluster *c, const char *path, gint64 offset, gint64 length)
{
    gint64 came;
    kx_error_clear(&c->err);
    int rc = pulled_range(c->world->client, path, offset, length, NULL, &came, &c->err);
    if (rc == 0) assert_int_equal(came, length);
    return rc;
}

static void check_asked(const struct cluster *c, unsigned redirects, unsigned opens)
{
    assert_int_equal(c->redirects, redirects);
    assert_int_equal(c->opens, opens);
}

static guint64 stat_of(struct cluster *c, enum kx_stat stat)
{
    return kx_stats_get(&c->stats, stat);
}

static void small_ranges_need_one_redirect(void **state)
{
    (void)state;
    const enum turn turns[] = {GIVES};
    struct cluster *c = begin(turns, 1);
    assert_int_equal(get(c, "/f", 5000, 100), 0);
    check_asked(c, 1, 1);
    for (int i = 0; i < 100; i++) /* also far away from the first */
        assert_int_equal(get(c, "/f", i * 50 * MIB, 4096), 0);
    check_asked(c, 1, 101);
    assert_string_equal(c->target, "/webhdfs/v1/f?op=OPEN&user.name=root&namenoderpcaddress=nn:8020"
                                   "&offset=5190451200&length=4096");
    assert_int_equal(stat_of(c, KX_STAT_OPENS_REDIRECTED), 1);
    assert_int_equal(stat_of(c, KX_STAT_OPENS_DIRECT), 100);
    assert_int_equal(stat_of(c, KX_STAT_DIRECT_FAILED), 0);
    end(c);
}

static void small_files_are_taken_in_turn(void **state)
{
    (void)state;
    const enum turn turns[] = {GIVES};
    struct cluster *c = begin(turns, 1);
    for (int i = 0; i < 20; i++) {
        g_autofree char *path = g_strdup_printf("/%d", i);
        assert_int_equal(get(c, path, 0, 4096), 0);
    }
    check_asked(c, 3, 20); /* at first, after 4, after 8 more */
    end(c);
}

static void a_large_range_goes_where_it_was_named_for(void **state)
{
    (void)state;
    const enum turn turns[] = {GIVES};
    struct cluster *c = begin(turns, 1);
    assert_int_equal(get(c, "/f", 0, 4096), 0);
    assert_int_equal(get(c, "/f", 4096, 2 * MIB), 0);
    check_asked(c, 1, 2);
    c->to_other = true;
    assert_int_equal(get(c, "/f", 64 * MIB, 2 * MIB), 0); /* another block, perhaps */
    check_asked(c, 2, 2);
    assert_int_equal(get(c, "/f", 64 * MIB + 1, 10), 0);
    assert_int_equal(c->others, 2);
    assert_int_equal(get(c, "/f", 1, 10), 0);
    check_asked(c, 2, 3);
    assert_int_equal(get(c, "/g", 0, 2 * MIB), 0); /* another file */
    check_asked(c, 3, 3);
    end(c);
}

static void one_that_is_gone_is_left_at_once(void **state)
{
    (void)state;
    const enum turn turns[] = {GIVES};
    struct cluster *c = begin(turns, 1);
    assert_int_equal(get(c, "/f", 0, 100), 0);
    c->to_other = true;
    struct server *gone = g_steal_pointer(&c->datanode);
    server_free(gone);
    assert_int_equal(get(c, "/f", 0, 100), 0);
    check_asked(c, 2, 1);
    assert_int_equal(get(c, "/f", 0, 100), 0);
    check_asked(c, 2, 1);
    assert_int_equal(c->others, 2);
    assert_int_equal(stat_of(c, KX_STAT_DIRECT_FAILED), 1);
    end(c);
}

/* @wrong: the second request, which is direct, goes wrong so; the NameNode's DataNode then gives.
 */
static void check_wrong(enum turn wrong, gint64 length, const char *excluded)
{
    const enum turn turns[] = {GIVES, wrong, GIVES};
    struct cluster *c = begin(turns, 3);
    assert_int_equal(get(c, "/f", 0, 100), 0);
    assert_int_equal(get(c, "/f", 7, length), 0);
    check_asked(c, 2, 3);
    assert_string_equal(c->excluded->str, excluded);
    assert_int_equal(get(c, "/f", 7, length), 0); /* learned again */
    check_asked(c, 2, 4);
    end(c);
}

static void whatever_goes_wrong_the_namenode_is_asked(void **state)
{
    (void)state;
    check_wrong(DEAD_RPC, 1000, "- - ");
    check_wrong(GONE, 1000, "- - ");
    check_wrong(CUTS, 1000, "- x ");
    check_wrong(HALF, 1000, "- x ");
    check_wrong(HALF, MIB, "- x ");
    check_wrong(SHORT, 1000, "- x ");
    check_wrong(MUTE, 1000, "- x ");
}

static void who_announces_too_much_is_not_believed(void **state)
{
    (void)state;
    const enum turn turns[] = {GIVES, LONG};
    struct cluster *c = begin(turns, 2);
    assert_int_equal(get(c, "/f", 0, 100), 0);
    assert_int_equal(get(c, "/f", 7, 1000), 0);
    check_asked(c, 1, 2);
    end(c);
}

static void what_is_gone_is_gone(void **state)
{
    (void)state;
    const enum turn turns[] = {GIVES, GONE, GIVES};
    struct cluster *c = begin(turns, 3);
    for (int i = 0; i < 3 * KX_KNOWN_FAILED; i++) {
        c->opens = 0;
        c->gone = false;
        assert_int_equal(get(c, "/f", 0, 100), 0);
        c->opens = 1;
        c->gone = true;
        assert_int_equal(get(c, "/f", 0, 100), -ENOENT);
    }
    c->gone = false;
    assert_int_equal(get(c, "/f", 0, 100), 0);
    unsigned redirects = c->redirects;
    assert_int_equal(get(c, "/f", 0, 100), 0); /* it was right, so it is asked again */
    assert_int_equal(c->redirects, redirects);
    end(c);
}

static void who_is_wrong_always_is_not_asked_any_more(void **state)
{
    (void)state;
    enum turn turns[20];
    for (size_t i = 0; i < G_N_ELEMENTS(turns); i++)
        turns[i] = i % 2 && i < 2 * KX_KNOWN_FAILED ? GONE : GIVES;
    struct cluster *c = begin(turns, G_N_ELEMENTS(turns));
    for (unsigned i = 0; i <= KX_KNOWN_FAILED; i++)
        assert_int_equal(get(c, "/f", 0, 100), 0);
    unsigned redirects = c->redirects;
    assert_int_equal(get(c, "/f", 0, 100), 0);
    assert_int_equal(get(c, "/f", 0, 100), 0);
    assert_int_equal(c->redirects, redirects + 2);
    end(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_ranges_need_one_redirect),
        cmocka_unit_test(small_files_are_taken_in_turn),
        cmocka_unit_test(a_large_range_goes_where_it_was_named_for),
        cmocka_unit_test(one_that_is_gone_is_left_at_once),
        cmocka_unit_test(whatever_goes_wrong_the_namenode_is_asked),
        cmocka_unit_test(who_announces_too_much_is_not_believed),
        cmocka_unit_test(what_is_gone_is_gone),
        cmocka_unit_test(who_is_wrong_always_is_not_asked_any_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
