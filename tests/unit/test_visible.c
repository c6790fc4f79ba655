/* How far a file can be read that somebody is writing: who says so, and where the bytes are asked
 * for. */
#include "rest/visible.h"

#include <errno.h>
#include <string.h>

#include "rest/features.h"
#include "server.h"
#include "support.h"

#define MIB ((int64_t)1024 * 1024)
#define UNKNOWN                                                                                    \
    "{\"RemoteException\":{\"exception\":\"IllegalArgumentException\",\"message\":\"Invalid "      \
    "value "                                                                                       \
    "for webhdfs parameter \\\"op\\\": No enum constant GET_BLOCK_LOCATIONS\"}}"
#define BEYOND                                                                                     \
    "{\"RemoteException\":{\"exception\":\"IOException\",\"message\":\"Offset=%" G_GINT64_FORMAT   \
    " out of the range [0, %" G_GINT64_FORMAT "); OPEN, path=/f\"}}"

/* A server without redirects: a file of pattern_byte. */
struct place {
    struct server *server;
    struct world *world;
    struct kx_error err;
    const char *construction; /* "true", "false"; NULL: it does not know the operation */
    int64_t known, visible;   /* what its NameNode tells, what can be read */
    bool chunked;             /* the length of an answer is not announced */
    GMutex mutex;             /* guards what was seen */
    GString *asked;           /* "locations open:0 " */
};

static void answer(struct connection *connection, int status, const char *body)
{
    connection_print(connection, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n\r\n%s", status,
                     strlen(body), body);
}

static int64_t number_in(const char *target, const char *name, int64_t otherwise)
{
    const char *at = strstr(target, name);
    return at ? g_ascii_strtoll(at + strlen(name), NULL, 10) : otherwise;
}

static void answer_locations(struct connection *connection, const struct place *p)
{
    g_autofree char *body =
        g_strdup_printf("{\"LocatedBlocks\":{\"fileLength\":%d,\"isUnderConstruction\":%s,"
                        "\"locatedBlocks\":[]}}",
                        (int)p->known, p->construction ? p->construction : "");
    answer(connection, p->construction ? 200 : 400, p->construction ? body : UNKNOWN);
}

/* A NameNode refuses what begins behind its length; what begins before it goes on behind it. */
static void answer_open(struct connection *connection, const struct place *p, const char *target)
{
    int64_t from = number_in(target, "&offset=", 0);
    int64_t length = MIN(number_in(target, "&length=", INT64_MAX / 2), p->visible - from);
    if (from > 0 && from >= p->known) {
        g_autofree char *body = g_strdup_printf(BEYOND, from, p->known);
        answer(connection, 403, body);
        return;
    }
    if (!p->chunked) {
        connection_print(connection, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", (int)length);
        connection_write_pattern(connection, from, length);
        return;
    }
    connection_print(connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n",
                     (unsigned)length);
    connection_write_pattern(connection, from, length);
    connection_print(connection, "\r\n0\r\n\r\n");
}

static void serve(struct connection *connection, void *context)
{
    struct place *p = context;
    struct request request;
    while (connection_read_head(connection, &request)) {
        bool locations = strstr(request.target, "op=GET_BLOCK_LOCATIONS") != NULL;
        g_mutex_lock(&p->mutex);
        if (locations)
            g_string_append(p->asked, "locations ");
        else
            g_string_append_printf(p->asked, "open:%" G_GINT64_FORMAT " ",
                                   number_in(request.target, "&offset=", 0));
        g_mutex_unlock(&p->mutex);
        if (locations)
            answer_locations(connection, p);
        else
            answer_open(connection, p, request.target);
        request_clear(&request);
    }
}

static int setup(void **state)
{
    struct place *p = g_new0(struct place, 1);
    g_mutex_init(&p->mutex);
    p->asked = g_string_new(NULL);
    p->server = server_new(serve, p);
    p->world = world_new(server_port(p->server), NULL);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    world_free(p->world);
    server_free(p->server);
    kx_error_clear(&p->err);
    g_string_free(p->asked, TRUE);
    g_mutex_clear(&p->mutex);
    g_free(p);
    return 0;
}

#define place_test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

static void check_asked(struct place *p, const char *expected)
{
    g_mutex_lock(&p->mutex);
    assert_string_equal(p->asked->str, expected);
    g_string_truncate(p->asked, 0);
    g_mutex_unlock(&p->mutex);
}

static void who_writes_is_asked_for(void **state)
{
    struct place *p = *state;
    bool written = false;
    p->construction = "true";
    assert_int_equal(kx_visible_is_written(p->world->client, "/f", NULL, &written, &p->err), 0);
    assert_true(written);
    p->construction = "false";
    assert_int_equal(kx_visible_is_written(p->world->client, "/f", NULL, &written, &p->err), 0);
    assert_false(written);
    check_asked(p, "locations locations ");
}

/* HttpFS, and servers of old: that is found out once. */
static void who_does_not_know_the_question_hears_it_once(void **state)
{
    struct place *p = *state;
    bool written = false;
    for (int i = 0; i < 3; i++) {
        int rc = kx_visible_is_written(p->world->client, "/f", NULL, &written, &p->err);
        assert_int_equal(rc, -EOPNOTSUPP);
        kx_error_clear(&p->err);
    }
    check_asked(p, "locations ");
}

static int64_t length_of(struct place *p, int64_t known)
{
    int64_t length = -1;
    int rc = kx_visible_length(p->world->client, "/f", known, NULL, &length, &p->err);
    if (rc < 0) fail_msg("%s", p->err.message);
    return length;
}

static void the_length_is_what_is_announced_behind_the_last_byte(void **state)
{
    struct place *p = *state;
    p->visible = 700;
    assert_int_equal(length_of(p, 0), 700);
    check_asked(p, "open:0 ");
    p->known = 500;
    assert_int_equal(length_of(p, 500), 700);
    check_asked(p, "open:499 ");
    p->visible = 500;
    assert_int_equal(length_of(p, 500), 500);
    p->visible = 450; /* never less than the NameNode says */
    p->known = 501;
    assert_int_equal(length_of(p, 450 + 1), 451);
}

/* Knox: the bytes are counted, up to some MiB. */
static void what_is_not_announced_is_counted(void **state)
{
    struct place *p = *state;
    p->chunked = true;
    p->visible = 300 * 1000;
    assert_int_equal(length_of(p, 0), 300 * 1000);
    p->visible = 32 * MIB;
    assert_in_range(length_of(p, 0), 4 * MIB, 8 * MIB);
}

static void an_error_is_told(void **state)
{
    struct place *p = *state;
    int64_t length = -1;
    p->known = 10; /* it was cut */
    p->visible = 10;
    assert_true(kx_visible_length(p->world->client, "/f", 500, NULL, &length, &p->err) < 0);
    assert_int_equal(length, -1);
}

static void check_part(struct place *p, int64_t offset, int64_t expected_at, const char *asked)
{
    g_autoptr(kx_transfer) transfer = NULL;
    const struct kx_extent part = {offset, 100};
    int64_t at = -1;
    int rc =
        kx_visible_open(p->world->client, "/f", p->known, &part, NULL, &transfer, &at, &p->err);
    if (rc < 0) fail_msg("%s", p->err.message);
    check_asked(p, asked);
    assert_int_equal(at, expected_at);
    struct kx_limits limits = kx_client_body_limits(p->world->client, NULL);
    for (;;) {
        g_autoptr(kx_block) block = NULL;
        if (kx_transfer_pull(transfer, KX_BLOCK_BYTES, &limits, &block, &p->err) <= 0) break;
        for (size_t i = 0; i < block->length; i++)
            assert_int_equal((unsigned char)block->data[i], pattern_byte(at + (int64_t)i));
        at += (int64_t)block->length;
    }
    assert_int_equal(at, offset + 100);
}

/* No DataNode is known here: from the last byte that the NameNode knows, which does not refuse it;
 * what lies far behind is tried as it is first. */
static void bytes_behind_the_length(void **state)
{
    struct place *p = *state;
    p->known = 1000;
    p->visible = 3 * MIB;
    check_part(p, 1000, 999, "open:999 ");
    check_part(p, 5000, 999, "open:999 ");
    check_part(p, 2 * MIB, 999, "open:2097152 open:999 ");
    p->known = 0;
    check_part(p, 0, 0, "open:0 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        place_test(who_writes_is_asked_for),
        place_test(who_does_not_know_the_question_hears_it_once),
        place_test(the_length_is_what_is_announced_behind_the_last_byte),
        place_test(what_is_not_announced_is_counted),
        place_test(an_error_is_told),
        place_test(bytes_behind_the_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
