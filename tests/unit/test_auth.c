/* A client's login against a server that decides about it: what is shown where, what a 401 leads
 * to, and how tokens are renewed. */
#include "rest/auth.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "fake_clock.h"
#include "rest/upload.h"
#include "rest/webhdfs.h"
#include "server.h"
#include "support.h"

/* The server: a gateway in front of itself, which lets in who shows `wanted`. */
struct door {
    GMutex mutex;
    char *wanted;  /* the value of Authorization */
    GString *seen; /* "target authorization cookie\n" of each request */
    int elsewhere; /* the port that CREATE is redirected to; 0: the own one */
    int port;
    unsigned tokens; /* how many were given; the n-th is "token-n" */
    int64_t life_ms; /* of a token, on the fake clock */
    const struct fake_clock *clock;
    GByteArray *body;       /* of the last upload */
    unsigned refuse_bodies; /* so many uploads are refused with 401 in spite of their pass */
};

static void give_token(struct door *door, struct connection *c)
{
    g_autofree char *body =
        g_strdup_printf("{\"access_token\":\"token-%u\",\"expires_in\":%" G_GINT64_FORMAT "}",
                        ++door->tokens, door->clock->wall + door->life_ms);
    g_free(door->wanted);
    door->wanted = g_strdup_printf("Bearer token-%u", door->tokens);
    connection_answer(c, "200 OK", "", body);
}

static bool is_let_in(struct door *door, const struct request *request, const char *authorization)
{
    bool upload = strstr(request->target, "data=1") != NULL;
    if (upload && door->refuse_bodies > 0) {
        door->refuse_bodies--;
        return false;
    }
    return g_strcmp0(door->wanted, authorization) == 0;
}

static void obey(struct door *door, struct connection *c, struct request *request)
{
    if (strstr(request->target, "data=1")) {
        connection_print(c, "HTTP/1.1 100 Continue\r\n\r\n");
        connection_read_body(c, request);
        g_byte_array_set_size(door->body, 0);
        g_byte_array_append(door->body, request->body->data, request->body->len);
        connection_answer(c, "201 Created", "", "");
    } else if (strstr(request->target, "op=CREATE")) {
        int port = door->elsewhere ? door->elsewhere : door->port;
        g_autofree char *location =
            g_strdup_printf("Location: http://127.0.0.1:%d/webhdfs/v1/f?data=1\r\n", port);
        connection_answer(c, "307 Temporary Redirect", location, "");
    } else {
        connection_answer(c, "200 OK", "Set-Cookie: session=good; Path=/; HttpOnly\r\n",
                          STATUS_OF_DIRECTORY);
    }
}

static void serve(struct connection *c, void *context)
{
    struct door *door = context;
    struct request request;
    while (connection_read_head(c, &request)) {
        g_autofree char *authorization = request_header(&request, "Authorization");
        g_autofree char *cookie = request_header(&request, "Cookie");
        g_mutex_lock(&door->mutex);
        g_string_append_printf(door->seen, "%s %s %s\n", request.target,
                               authorization ? authorization : "-", cookie ? cookie : "-");
        if (strcmp(request.target, "/token") == 0)
            give_token(door, c);
        else if (!is_let_in(door, &request, authorization))
            connection_answer(c, "401 Unauthorized", "WWW-Authenticate: BASIC realm=\"a\"\r\n", "");
        else
            obey(door, c, &request);
        g_mutex_unlock(&door->mutex);
        request_clear(&request);
    }
}

struct visit {
    struct door door;
    struct server *server;
    struct fake_clock clock;
    char *folder, *file;
    struct kx_pool *pool;
    struct kx_auth *auth;
    struct kx_client *client;
    struct kx_error err;
};

static void write_file(struct visit *v, const char *line)
{
    assert_true(g_file_set_contents(v->file, line, -1, NULL));
    assert_int_equal(g_chmod(v->file, 0600), 0);
}

static void want(struct visit *v, const char *authorization)
{
    g_mutex_lock(&v->door.mutex);
    g_free(v->door.wanted);
    v->door.wanted = g_strdup(authorization);
    g_mutex_unlock(&v->door.mutex);
}

static int visit_setup(void **state)
{
    struct visit *v = g_new0(struct visit, 1);
    v->folder = g_dir_make_tmp("kx-auth-XXXXXX", NULL);
    v->file = g_build_filename(v->folder, "login", NULL);
    fake_clock_init(&v->clock);
    g_mutex_init(&v->door.mutex);
    v->door.seen = g_string_new(NULL);
    v->door.body = g_byte_array_new();
    v->door.clock = &v->clock;
    v->server = server_new(serve, &v->door);
    v->door.port = server_port(v->server);
    v->pool = kx_pool_new(8);
    *state = v;
    return 0;
}

static int visit_teardown(void **state)
{
    struct visit *v = *state;
    kx_client_free(v->client);
    kx_auth_free(v->auth);
    server_free(v->server);
    kx_pool_free(v->pool);
    kx_error_clear(&v->err);
    g_unlink(v->file);
    g_rmdir(v->folder);
    g_string_free(v->door.seen, TRUE);
    g_byte_array_free(v->door.body, TRUE);
    g_free(v->door.wanted);
    g_mutex_clear(&v->door.mutex);
    g_free(v->folder);
    g_free(v->file);
    g_free(v);
    return 0;
}

/* @token_path NULL: the file has what is shown. */
static void begin(struct visit *v, enum kx_login login, enum kx_source_kind source,
                  const char *token_path)
{
    g_autofree char *origin = g_strdup_printf("http://127.0.0.1:%d", server_port(v->server));
    g_autofree char *token_url = token_path ? g_strconcat(origin, token_path, NULL) : NULL;
    struct kx_endpoint endpoint;
    const struct kx_auth_config config = {.clock = &v->clock.clock,
                                          .login = login,
                                          .source = source,
                                          .where = v->file,
                                          .token_url = token_url};
    assert_int_equal(kx_endpoint_parse(origin, &endpoint, NULL), 0);
    assert_int_equal(kx_auth_new(&config, "127.0.0.1", &v->auth, &v->err), 0);
    const struct kx_client_config client = {.endpoint = &endpoint,
                                            .auth = v->auth,
                                            .clock = kx_clock_system(),
                                            .pool = v->pool,
                                            .timeout_ms = 10000};
    assert_int_equal(kx_client_new(&client, &v->client, &v->err), 0);
    kx_endpoint_clear(&endpoint);
}

/* A question; @seen the requests that it took, as in struct door. */
static void check_ask(struct visit *v, int expected, const char *seen)
{
    struct kx_status status = {0};
    kx_error_clear(&v->err);
    int rc = kx_webhdfs_stat(v->client, "/f", NULL, &status, &v->err);
    kx_status_clear(&status);
    if (rc != expected) fail_msg("%d: %s", rc, v->err.message ? v->err.message : "");
    g_mutex_lock(&v->door.mutex);
    assert_string_equal(v->door.seen->str, seen);
    g_string_truncate(v->door.seen, 0);
    g_mutex_unlock(&v->door.mutex);
}

#define ASK   "/webhdfs/v1/f?op=GETFILESTATUS "
#define AB    "Basic YTpi" /* a:b */
#define AC    "Basic YTpj" /* a:c */
#define FIRST ASK AB " -\n"

static void a_password_and_then_its_session(void **state)
{
    struct visit *v = *state;
    write_file(v, "a:b\n");
    want(v, AB);
    begin(v, KX_LOGIN_BASIC, KX_SOURCE_FILE, NULL);
    check_ask(v, 0, FIRST);
    check_ask(v, 0, ASK AB " session=good\n");
    assert_string_equal(kx_client_user(v->client), "a");
}

static void a_wrong_password_is_not_repeated(void **state)
{
    struct visit *v = *state;
    write_file(v, "a:b\n");
    want(v, AC);
    begin(v, KX_LOGIN_BASIC, KX_SOURCE_FILE, NULL);
    check_ask(v, -EACCES, FIRST);
    assert_error(&v->err, EACCES, NULL, "refuses the password of a");
    check_ask(v, -EACCES, ""); /* no account is locked by many programs */
    fake_clock_pass(&v->clock, KX_REFUSED_MS);
    check_ask(v, -EACCES, FIRST);
}

static void a_new_password_in_the_file_is_taken(void **state)
{
    struct visit *v = *state;
    write_file(v, "a:b\n");
    want(v, AC);
    begin(v, KX_LOGIN_BASIC, KX_SOURCE_FILE, NULL);
    check_ask(v, -EACCES, FIRST);
    write_file(v, "a:c\n");
    check_ask(v, 0, ASK AC " -\n");
    write_file(v, "nonsense\n"); /* what is there stays good */
    check_ask(v, 0, ASK AC " session=good\n");
    write_file(v, "a:b\n"); /* its session is not the other login's */
    check_ask(v, -EACCES, FIRST);
}

static void a_session_that_ended_costs_one_more_request(void **state)
{
    struct visit *v = *state;
    write_file(v, "a:b\n");
    want(v, AB);
    begin(v, KX_LOGIN_BASIC, KX_SOURCE_FILE, NULL);
    check_ask(v, 0, FIRST);
    want(v, AC);
    check_ask(v, -EACCES, ASK AB " session=good\n" FIRST);
}

static void a_command_is_asked_again_once(void **state)
{
    struct visit *v = *state;
    g_autofree char *counter = g_build_filename(v->folder, "login", NULL);
    g_free(v->file);
    v->file =
        g_strdup_printf("if test -e %s; then echo a:c; else echo a:b; : >%s; fi", counter, counter);
    want(v, AC);
    begin(v, KX_LOGIN_BASIC, KX_SOURCE_COMMAND, NULL);
    check_ask(v, 0, FIRST ASK AC " -\n");
    g_free(v->file);
    v->file = g_steal_pointer(&counter);
}

static void a_token_is_got_and_renewed_before_it_ends(void **state)
{
    struct visit *v = *state;
    write_file(v, "a:b\n");
    v->door.life_ms = 4000;
    begin(v, KX_LOGIN_BEARER, KX_SOURCE_FILE, "/token");
    check_ask(v, 0, "/token " AB " -\n" ASK "Bearer token-1 -\n");
    fake_clock_pass(&v->clock, 2999);
    check_ask(v, 0, ASK "Bearer token-1 session=good\n");
    fake_clock_pass(&v->clock, 1);
    check_ask(v, 0, "/token " AB " -\n" ASK "Bearer token-2 session=good\n");
    fake_clock_pass(&v->clock, 100000);
    check_ask(v, 0, "/token " AB " -\n" ASK "Bearer token-3 session=good\n");
}

static void a_token_that_is_refused_is_renewed_once(void **state)
{
    struct visit *v = *state;
    write_file(v, "a:b\n");
    v->door.life_ms = 1000000;
    begin(v, KX_LOGIN_BEARER, KX_SOURCE_FILE, "/token");
    check_ask(v, 0, "/token " AB " -\n" ASK "Bearer token-1 -\n");
    want(v, "Bearer none");
    check_ask(v, 0,
              ASK "Bearer token-1 session=good\n"
                  "/token " AB " -\n" ASK "Bearer token-2 -\n");
}

static int upload(struct visit *v)
{
    const struct kx_create how = {.overwrite = true};
    return kx_upload_small(v->client, "/f", &how, "hello", 5, NULL, &v->err);
}

static void a_refusal_of_an_upload_loses_no_byte(void **state)
{
    struct visit *v = *state;
    write_file(v, "a:b\n");
    v->door.life_ms = 1000000;
    v->door.refuse_bodies = 1;
    begin(v, KX_LOGIN_BEARER, KX_SOURCE_FILE, "/token");
    assert_int_equal(upload(v), 0);
    g_mutex_lock(&v->door.mutex);
    assert_int_equal(v->door.tokens, 2);
    assert_int_equal(v->door.body->len, 5);
    assert_memory_equal(v->door.body->data, "hello", 5);
    g_mutex_unlock(&v->door.mutex);
}

static void another_origin_sees_nothing_of_it(void **state)
{
    struct visit *v = *state;
    struct door other = {.seen = g_string_new(NULL), .body = g_byte_array_new()};
    g_mutex_init(&other.mutex);
    struct server *elsewhere = server_new(serve, &other);
    write_file(v, "a:b\n");
    want(v, AB);
    v->door.elsewhere = server_port(elsewhere);
    begin(v, KX_LOGIN_BASIC, KX_SOURCE_FILE, NULL);
    check_ask(v, 0, FIRST); /* now there is a cookie, of a host with another port */
    assert_int_equal(upload(v), 0);
    kx_client_free(g_steal_pointer(&v->client));
    server_free(elsewhere);
    assert_string_equal(other.seen->str, "/webhdfs/v1/f?data=1 - -\n");
    g_string_free(other.seen, TRUE);
    g_byte_array_free(other.body, TRUE);
    g_mutex_clear(&other.mutex);
}

#define test(function) cmocka_unit_test_setup_teardown(function, visit_setup, visit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_password_and_then_its_session),
        test(a_wrong_password_is_not_repeated),
        test(a_new_password_in_the_file_is_taken),
        test(a_session_that_ended_costs_one_more_request),
        test(a_command_is_asked_again_once),
        test(a_token_is_got_and_renewed_before_it_ends),
        test(a_token_that_is_refused_is_renewed_once),
        test(a_refusal_of_an_upload_loses_no_byte),
        test(another_origin_sees_nothing_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
