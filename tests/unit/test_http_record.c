/* Exchanges as text: what is in them, and what must not be. */
#include <errno.h>
#include <string.h>

#include "engine.h"

/* @context the text of the answer. */
static void serve(struct connection *connection, void *context)
{
    struct request request;
    while (connection_read_head(connection, &request)) {
        connection_read_body(connection, &request);
        bool cut = strstr(request.target, "cut") != NULL;
        request_clear(&request);
        if (cut) return;
        connection_answer(connection, "200 OK",
                          "Set-Cookie: hadoop.auth=secret\r\nWWW-Authenticate: Negotiate secret\r\n"
                          "Location: http://dn/f?delegation=secret&a=b\r\n",
                          context);
    }
}

static void keep(void *context, const char *text, size_t length)
{
    g_string_append_len(context, text, (gssize)length);
}

/* One exchange; its answer is collected unless told otherwise.  @return 0; -errno. */
static int ask(struct engine *e, const char *method, const char *target, bool collect)
{
    const struct kx_limits limits = limits_of(5000, 0);
    static const char *const HEADERS[] = {"Authorization: Basic secret", NULL};
    g_autofree char *url = g_strdup_printf("http://127.0.0.1:%d%s", server_port(e->server), target);
    const struct kx_http_request request = {
        .method = method, .url = url, .headers = HEADERS, .upload = strcmp(method, "PUT") == 0};
    g_autoptr(GByteArray) body = g_byte_array_new();
    g_autoptr(kx_transfer) transfer = NULL;
    engine_expect(e, kx_transfer_start(e->http, &request, &transfer, &e->err), 0);
    if (request.upload)
        engine_expect(e, kx_transfer_write(transfer, "mine", 4, &limits, &e->err), 0);
    if (request.upload) kx_transfer_end_body(transfer);
    int result = kx_transfer_wait_head(transfer, &limits, &e->err);
    if (result == 0 && collect)
        result = kx_transfer_collect(transfer, 100000, &limits, body, &e->err);
    kx_error_clear(&e->err);
    return result;
}

static void an_exchange_is_a_text_without_secrets(void **state)
{
    (void)state;
    struct engine *e = engine_new(serve, (char[]){"{\"a\":1}"});
    g_autoptr(GString) text = g_string_new(NULL);
    assert_int_equal(ask(e, "GET", "/before", true), 0);
    kx_http_record(e->http, keep, text);
    assert_int_equal(ask(e, "GET", "/webhdfs/v1/a?op=X&delegation=secret&b=c", true), 0);
    g_autofree char *head = g_strdup_printf(
        " ms\n> GET /webhdfs/v1/a?op=X&delegation=***&b=c HTTP/1.1\n> Host: 127.0.0.1:%d\n>\n"
        "< HTTP/1.1 200\n",
        server_port(e->server));
    assert_true(g_str_has_prefix(text->str, "## "));
    assert_non_null(strstr(text->str, head));
    assert_non_null(strstr(text->str, "\n< Location: http://dn/f?delegation=***&a=b\n"));
    assert_true(g_str_has_suffix(
        text->str, "\n<\n{\"a\":1}\n## body: content-length, 7 bytes; connection: open\n\n"));
    assert_null(strstr(text->str, "secret"));
    assert_null(strstr(text->str, "/before"));
    kx_http_record(e->http, NULL, NULL);
    gsize length = text->len;
    assert_int_equal(ask(e, "GET", "/after", true), 0);
    assert_int_equal(text->len, length);
    engine_free(e);
}

static void what_is_left_out_is_said(void **state)
{
    (void)state;
    struct engine *e = engine_new(serve, (char[]){"a secret"});
    g_autoptr(GString) text = g_string_new(NULL);
    kx_http_record(e->http, keep, text);
    static const char *const TARGETS[] = {"/?op=GETDELEGATIONTOKEN", "/knoxtoken/api/v1/token"};
    for (size_t i = 0; i < G_N_ELEMENTS(TARGETS); i++) {
        g_string_truncate(text, 0);
        assert_int_equal(ask(e, "GET", TARGETS[i], true), 0);
        assert_true(g_str_has_suffix(text->str,
                                     "\n<\n## body: content-length, 0 bytes; connection: "
                                     "open\n## 8 bytes of a body are left out\n\n"));
        assert_null(strstr(text->str, "secret"));
    }
    g_string_truncate(text, 0);
    assert_int_equal(ask(e, "PUT", "/f", true), 0);
    assert_non_null(
        strstr(text->str, "\n>\n## the body of the request is left out\n< HTTP/1.1 200"));
    assert_null(strstr(text->str, "mine"));
    g_string_truncate(text, 0);
    assert_int_equal(ask(e, "GET", "/not-collected", false), 0);
    assert_null(strstr(text->str, "a secret"));
    kx_http_record(e->http, NULL, NULL);
    engine_free(e);
}

static void a_token_is_left_out_wherever_it_is_from(void **state)
{
    (void)state;
    static const char *const BODIES[] = {"{\"access_token\":\"secret\",\"expires_in\":5}",
                                         "{\"Token\":{\"urlString\":\"secret\"}}"};
    for (size_t i = 0; i < G_N_ELEMENTS(BODIES); i++) {
        g_autofree char *body = g_strdup(BODIES[i]);
        struct engine *e = engine_new(serve, body);
        g_autoptr(GString) text = g_string_new(NULL);
        kx_http_record(e->http, keep, text);
        assert_int_equal(ask(e, "GET", "/login/v1", true), 0);
        assert_non_null(strstr(text->str, " bytes of a body are left out\n"));
        assert_null(strstr(text->str, "secret"));
        kx_http_record(e->http, NULL, NULL);
        engine_free(e);
    }
}

static void that_nobody_answered_is_said(void **state)
{
    (void)state;
    struct engine *e = engine_new(serve, (char[]){""});
    g_autoptr(GString) text = g_string_new(NULL);
    kx_http_record(e->http, keep, text);
    assert_int_not_equal(ask(e, "GET", "/cut?token=secret", true), 0);
    assert_non_null(strstr(text->str, "> GET /cut?token=*** HTTP/1.1\n"));
    assert_non_null(strstr(text->str, "\n>\n## no answer: "));
    assert_null(strstr(text->str, "it was not waited for"));
    kx_http_record(e->http, NULL, NULL);
    engine_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_exchange_is_a_text_without_secrets),
        cmocka_unit_test(what_is_left_out_is_said),
        cmocka_unit_test(a_token_is_left_out_wherever_it_is_from),
        cmocka_unit_test(that_nobody_answered_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
