#include "desk.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#define INVALID                                                                                    \
    "{\"RemoteException\":{\"exception\":\"SecurityException\",\"message\":\"Failed to obtain "    \
    "user group information: org.apache.hadoop.security.token.SecretManager$InvalidToken: it is "  \
    "expired\"}}"

static void give_jwt(struct desk *d, struct connection *c, const char *headers)
{
    g_autofree char *body =
        g_strdup_printf("{\"access_token\":\"%s%u\",\"expires_in\":%" G_GINT64_FORMAT "}",
                        JWT + strlen("Bearer "), ++d->jwts, d->clock->wall + d->token_ms);
    connection_answer(c, "200 OK", headers, body);
}

static void give_session(struct desk *d, struct connection *c, const char *op)
{
    g_autofree char *proof =
        d->proof ? g_strdup_printf("WWW-Authenticate: Negotiate %s\r\n", d->proof) : g_strdup("");
    g_autofree char *headers = g_strdup_printf(
        "%sSet-Cookie: hadoop.auth=\"u=alice&p=alice@R&t=kerberos&e=%" G_GINT64_FORMAT
        "&s=%u\"; Path=/; HttpOnly\r\n",
        proof, d->clock->wall + d->session_ms, ++d->sessions);
    if (*op == '-')
        give_jwt(d, c, d->no_cookies ? "" : headers);
    else
        connection_answer(c, "200 OK", headers, "{\"Path\":\"/user/alice\"}");
}

static void give_token(struct desk *d, struct connection *c)
{
    g_autofree char *body = g_strdup_printf("{\"Token\":{\"urlString\":\"t%u\"}}", ++d->given);
    if (d->tokens)
        connection_answer(c, "200 OK", "", body);
    else
        connection_answer(c, "403 Forbidden", "", "");
}

static void prolong(struct desk *d, struct connection *c)
{
    g_autofree char *body =
        g_strdup_printf("{\"long\":%" G_GINT64_FORMAT "}", d->clock->wall + d->token_ms);
    if (d->no_prolonging && d->given == 1 && strstr(d->seen->str, "GETFILESTATUS"))
        connection_answer(c, "403 Forbidden", "", INVALID);
    else
        connection_answer(c, "200 OK", "", body);
}

static void serve_one(struct desk *d, struct connection *c, const char *op, const char *shown)
{
    g_autofree char *session = g_strdup_printf("s=%u", d->sessions);
    g_autofree char *token = g_strdup_printf("t%u", d->given);
    g_autofree char *jwt = g_strdup_printf(JWT "%u", d->jwts);
    bool in = (strstr(shown, session) && !d->no_sessions) || strcmp(shown, jwt) == 0;
    g_string_append_printf(d->seen, "%s %s\n", op, shown);
    if (g_str_has_prefix(shown, "Negotiate "))
        give_session(d, c, op);
    else if (*shown == 't' && (d->no_own_tokens || strcmp(shown, token) != 0))
        connection_answer(c, "403 Forbidden", "", INVALID);
    else if (*shown != 't' && !in)
        connection_answer(c, "401 Unauthorized", "WWW-Authenticate: Negotiate\r\n", "");
    else if (*op == '-')
        give_jwt(d, c, "");
    else if (strcmp(op, "GETDELEGATIONTOKEN") == 0)
        give_token(d, c);
    else if (strcmp(op, "RENEWDELEGATIONTOKEN") == 0)
        prolong(d, c);
    else
        connection_answer(c, "200 OK", "",
                          strcmp(op, "CANCELDELEGATIONTOKEN") == 0 ? "" : STATUS_OF_DIRECTORY);
}

static char *between(const char *text, const char *from, char until)
{
    const char *at = strstr(text, from);
    if (!at) return NULL;
    at += strlen(from);
    const char *end = strchr(at, until);
    return g_strndup(at, end ? (gsize)(end - at) : strlen(at));
}

static void serve(struct connection *c, void *context)
{
    struct desk *d = context;
    struct request request;
    while (connection_read_head(c, &request)) {
        g_autofree char *op = between(request.target, "op=", '&');
        g_autofree char *token = between(request.target, "delegation=", '&');
        g_autofree char *name = between(request.target, "user.name=", '&');
        g_autofree char *cookie = request_header(&request, "Cookie");
        g_autofree char *ticket = request_header(&request, "Authorization");
        g_autofree char *session = cookie ? between(cookie, "&s=", '"') : NULL;
        g_autofree char *words = session ? g_strdup_printf("s=%s", session) : NULL;
        const char *shown = token ? token : ticket ? ticket : words ? words : name ? name : "-";
        g_mutex_lock(&d->mutex);
        serve_one(d, c, op ? op : "-", shown);
        g_mutex_unlock(&d->mutex);
        request_clear(&request);
    }
}

static void desk_init(struct visit *v, struct desk *desk)
{
    g_mutex_init(&desk->mutex);
    desk->seen = g_string_new(NULL);
    desk->clock = &v->clock;
    desk->session_ms = desk->token_ms = 1000000;
}

static void desk_clear(struct desk *desk)
{
    g_string_free(desk->seen, TRUE);
    g_mutex_clear(&desk->mutex);
}

int visit_setup(void **state)
{
    struct visit *v = g_new0(struct visit, 1);
    v->folder = g_dir_make_tmp("kx-ticket-XXXXXX", NULL);
    v->program = g_build_filename(v->folder, "child", NULL);
    fake_clock_init(&v->clock);
    v->clock.now = 0; /* never past a deadline of the client, whose clock is the machine's */
    desk_init(v, &v->desk);
    desk_init(v, &v->second);
    v->server = server_new(serve, &v->desk);
    v->pool = kx_pool_new(8);
    *state = v;
    return 0;
}

int visit_teardown(void **state)
{
    struct visit *v = *state;
    kx_client_free(v->client);
    kx_auth_free(v->auth);
    if (v->server) server_free(v->server);
    if (v->second_server) server_free(v->second_server);
    kx_pool_free(v->pool);
    kx_error_clear(&v->err);
    g_unlink(v->program);
    g_rmdir(v->folder);
    desk_clear(&v->desk);
    desk_clear(&v->second);
    g_free(v->folder);
    g_free(v->program);
    g_free(v);
    return 0;
}

void visit_program(struct visit *v, const char *lines)
{
    g_autofree char *text = g_strconcat("#!/bin/sh\n", lines, "\n", NULL);
    assert_true(g_file_set_contents(v->program, text, -1, NULL));
    assert_int_equal(g_chmod(v->program, 0700), 0);
}

static void begin(struct visit *v, const struct kx_auth_config *config)
{
    GString *list = g_string_new(NULL);
    struct kx_endpoint endpoint;
    g_string_printf(list, "http://127.0.0.1:%d", server_port(v->server));
    if (v->second_server)
        g_string_append_printf(list, ",127.0.0.1:%d", server_port(v->second_server));
    g_autofree char *origin = g_string_free(list, FALSE);
    assert_int_equal(kx_endpoint_parse(origin, &endpoint, NULL), 0);
    assert_int_equal(kx_auth_new(config, "127.0.0.1", &v->auth, &v->err), 0);
    const struct kx_client_config client = {.endpoint = &endpoint,
                                            .auth = v->auth,
                                            .clock = kx_clock_system(),
                                            .pool = v->pool,
                                            .timeout_ms = 60000};
    assert_int_equal(kx_client_new(&client, &v->client, &v->err), 0);
    kx_endpoint_clear(&endpoint);
}

void visit_begin(struct visit *v, enum kx_login login, const char *user)
{
    const struct kx_auth_config config = {.clock = &v->clock.clock,
                                          .user = "root",
                                          .login = login,
                                          .tickets = true,
                                          .ticket_user = user,
                                          .ticket_program = v->program};
    begin(v, &config);
}

void visit_begin_pair(struct visit *v)
{
    v->second_server = server_new(serve, &v->second);
    visit_begin(v, KX_LOGIN_NEGOTIATE, NULL);
}

void visit_begin_granted(struct visit *v, const char *user)
{
    g_autofree char *url = g_strdup_printf("http://127.0.0.1:%d/token", server_port(v->server));
    const struct kx_auth_config config = {.clock = &v->clock.clock,
                                          .login = KX_LOGIN_BEARER,
                                          .token_url = url,
                                          .ticket_user = user,
                                          .ticket_program = v->program};
    begin(v, &config);
}

void visit_leave_first(struct visit *v)
{
    server_free(g_steal_pointer(&v->server));
}

static char *take_seen(struct desk *desk)
{
    g_mutex_lock(&desk->mutex);
    char *all = g_strdup(desk->seen->str);
    g_string_truncate(desk->seen, 0);
    g_mutex_unlock(&desk->mutex);
    return all;
}

void check_seen(struct visit *v, const char *seen)
{
    g_autofree char *first = take_seen(&v->desk), *second = take_seen(&v->second);
    g_autofree char *all = g_strconcat(first, second, NULL);
    assert_string_equal(all, seen);
}

void check_ask(struct visit *v, int expected, const char *seen)
{
    struct kx_status status = {0};
    kx_error_clear(&v->err);
    int rc = kx_webhdfs_stat(v->client, "/f", NULL, &status, &v->err);
    kx_status_clear(&status);
    if (rc != expected) fail_msg("%d: %s", rc, v->err.message ? v->err.message : "");
    check_seen(v, seen);
}
