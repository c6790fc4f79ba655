#include <string.h>

#include "base/log.h"
#include "support.h"

static const struct {
    const char *text, *redacted;
} CASES[] = {
    /* nothing to hide */
    {"", ""},
    {"GET http://host:9870/webhdfs/v1/a?op=OPEN&offset=0",
     "GET http://host:9870/webhdfs/v1/a?op=OPEN&offset=0"},
    {"user@host is no userinfo", "user@host is no userinfo"},
    {"http://host/a@b", "http://host/a@b"},
    {"http://host?mail=a@b", "http://host?mail=a@b"},
    {"tokens are no token", "tokens are no token"},
    {"under_=score", "under_=score"},
    /* tokens in URLs */
    {"?delegation=HAAEcm9vdA&op=OPEN", "?delegation=***&op=OPEN"},
    {"?op=OPEN&delegation=HAAEcm9vdA", "?op=OPEN&delegation=***"},
    {"?op=RENEW&token=AbC-_%3D next", "?op=RENEW&token=*** next"},
    {"?Token=a&DELEGATION=b", "?Token=***&DELEGATION=***"},
    {"?_=GwIxMj&op=OPEN", "?_=***&op=OPEN"},
    {"token=a\ntoken=b", "token=***\ntoken=***"},
    {"\"token=secret\" was sent", "\"token=***\" was sent"},
    {"password=hunter2, said he", "password=*** said he"},
    {"delegation=&op=OPEN", "delegation=&op=OPEN"},
    {"?access_token=abc&X-Token=def", "?access_token=***&X-Token=***"},
    {"-_=abc", "-_=***"},
    {"token=first&token=second", "token=***&token=***"},
    /* headers, to the end of the line */
    {"Authorization: Negotiate YII x", "Authorization:***"},
    {"authorization: Basic dTpw\r\nHost: a", "authorization:***\r\nHost: a"},
    {"Cookie: hadoop.auth=\"u=root&t=x\"; a=b\r\nX: y", "Cookie:***\r\nX: y"},
    {"Set-Cookie: hadoop.auth=secret; Path=/", "Set-Cookie:***"},
    /* userinfo */
    {"http://user:secret@host:1/a", "http://***@host:1/a"},
    {"webhdfs://user@host", "webhdfs://***@host"},
    {"http://u:p@ss@host/", "http://***@host/"},
    {"http://a:b@h1/ and https://c:d@h2/x?token=e",
     "http://***@h1/ and https://***@h2/x?token=***"},
    {"\"http://u:p@h\" \"x@y\"", "\"http://***@h\" \"x@y\""},
    {"://", "://"},
    {"http://@host", "http://@host"},
};

static void secrets_are_taken_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autofree char *out = kx_redact(CASES[i].text);
        if (!g_str_equal(out, CASES[i].redacted))
            fail_msg("\"%s\" became \"%s\" instead of \"%s\"", CASES[i].text, out,
                     CASES[i].redacted);
    }
}

static void what_is_redacted_stays_so(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autofree char *again = kx_redact(CASES[i].redacted);
        assert_string_equal(again, CASES[i].redacted);
    }
}

/* Whatever stands around a token, its value does not come through. */
static void no_place_hides_a_token(void **state)
{
    (void)state;
    static const char *const BEFORE[] = {"", " ", "\n", "?", "&", "/", "(", ":", "\"", "'", ";"};
    static const char *const AFTER[] = {"", " ", "\n", "&", "\"", "\r\n", "\t"};
    static const char *const MARKERS[] = {"delegation=", "token=", "_=", "password="};
    for (size_t b = 0; b < G_N_ELEMENTS(BEFORE); b++)
        for (size_t a = 0; a < G_N_ELEMENTS(AFTER); a++)
            for (size_t m = 0; m < G_N_ELEMENTS(MARKERS); m++) {
                g_autofree char *text =
                    g_strconcat(BEFORE[b], MARKERS[m], "s3cr3t", AFTER[a], NULL);
                g_autofree char *out = kx_redact(text);
                if (strstr(out, "s3cr3t")) fail_msg("\"%s\" became \"%s\"", text, out);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_are_taken_out),
        cmocka_unit_test(what_is_redacted_stays_so),
        cmocka_unit_test(no_place_hides_a_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
