#include "rest/redirect.h"

#include <errno.h>
#include <string.h>

#include "support.h"

static void check(const char *from, const char *location, const char *path, const char *expected)
{
    KX_ERROR_AUTO(err);
    struct kx_endpoint endpoint = {0};
    g_autofree char *url = NULL;
    assert_int_equal(kx_endpoint_parse(from, &endpoint, NULL), 0);
    int rc = kx_redirect_judge(&endpoint, location, path, &url, &err);
    kx_endpoint_clear(&endpoint);
    if (rc < 0) fail_msg("%s: %s", location, err.message);
    assert_string_equal(url, expected);
}

static void a_datanode_is_followed(void **state)
{
    (void)state;
    check("http://nn", "http://dn:9864/webhdfs/v1/a/b?op=OPEN&namenoderpcaddress=nn:8020&offset=0",
          "/a/b", "http://dn:9864/webhdfs/v1/a/b?op=OPEN&namenoderpcaddress=nn:8020&offset=0");
    check("http://nn", "HTTPS://DN/webhdfs/v1/a?x=1", "/a", "https://DN/webhdfs/v1/a?x=1");
    check("http://nn", "http://[::1]:9864/webhdfs/v1/a", "/a", "http://[::1]:9864/webhdfs/v1/a");
}

static void a_gateway_keeps_its_own_path_and_query(void **state)
{
    (void)state;
    check("https://gw:8443",
          "https://gw:8443/gateway/sandbox/webhdfs/data/v1/webhdfs/v1/user/guest/f?_=AAAACAAA-b_c",
          "/user/guest/f",
          "https://gw:8443/gateway/sandbox/webhdfs/data/v1/webhdfs/v1/user/guest/f?_=AAAACAAA-b_c");
}

static void the_path_is_ours_byte_for_byte(void **state)
{
    (void)state;
    check("http://nn", "http://dn/webhdfs/v1/e%C3%A9?op=CREATE", "/ee\xcc\x81",
          "http://dn/webhdfs/v1/ee%CC%81?op=CREATE");
    check("http://nn", "http://dn/webhdfs/v1/something/else", "/a+b c",
          "http://dn/webhdfs/v1/a%2Bb%20c");
    check("http://nn", "http://dn/webhdfs/v1/x/webhdfs/v1/y", "/x/webhdfs/v1/y",
          "http://dn/webhdfs/v1/x/webhdfs/v1/y");
    check("http://nn", "http://dn/webhdfs/v10/webhdfs/v1/y", "/y",
          "http://dn/webhdfs/v10/webhdfs/v1/y");
    check("http://nn", "http://dn/webhdfs/v1?op=OPEN", "/", "http://dn/webhdfs/v1/?op=OPEN");
}

static void a_query_is_made_safe(void **state)
{
    (void)state;
    check("http://nn", "http://dn/webhdfs/v1/a?user.name=j\xc3\xbcrgen b&c=\"<>|", "/a",
          "http://dn/webhdfs/v1/a?user.name=j%C3%BCrgen%20b&c=%22%3C%3E%7C");
}

static void check_refused(const char *from, const char *location, const char *reason)
{
    KX_ERROR_AUTO(err);
    struct kx_endpoint endpoint = {0};
    g_autofree char *url = NULL;
    assert_int_equal(kx_endpoint_parse(from, &endpoint, NULL), 0);
    int rc = kx_redirect_judge(&endpoint, location, "/a", &url, &err);
    kx_endpoint_clear(&endpoint);
    if (rc != -EPROTO) fail_msg("%s was followed to %s", location, url);
    assert_null(url);
    assert_error(&err, EPROTO, NULL, reason);
}

static void hostile_locations_are_refused(void **state)
{
    (void)state;
    g_autofree char *tail = g_strnfill(16 * 1024, 'x');
    g_autofree char *long_one = g_strconcat("http://dn/webhdfs/v1/a?", tail, NULL);
    check_refused("http://nn", NULL, "without a Location");
    check_refused("http://nn", "", "without a Location");
    check_refused("http://nn", "/webhdfs/v1/a?op=OPEN", "not absolute");
    check_refused("http://nn", "//dn/webhdfs/v1/a", "not absolute");
    check_refused("http://nn", "ftp://dn/webhdfs/v1/a", "not http");
    check_refused("http://nn", "file:///webhdfs/v1/a", NULL);
    check_refused("https://nn", "http://dn/webhdfs/v1/a", "from https to http");
    check_refused("http://nn", "http://user@dn/webhdfs/v1/a", "user");
    check_refused("http://nn", "http://user:pass@dn/webhdfs/v1/a", "user");
    check_refused("http://nn", "http://dn/webhdfs/v1/a#b", "fragment");
    check_refused("http://nn", "http://dn/webhdfs/v1/a\r\nX: y", "control");
    check_refused("http://nn", "http://dn\\@evil/webhdfs/v1/a", "control");
    check_refused("http://nn", "http://dn:0/webhdfs/v1/a", "host");
    check_refused("http://nn", "http://dn:99999/webhdfs/v1/a", "no URL");
    check_refused("http://nn", "http:///webhdfs/v1/a", "host");
    check_refused("http://nn", "http://dn;x.evil/webhdfs/v1/a", "no URL");
    check_refused("http://nn", "http://d%2fn/webhdfs/v1/a", "host");
    check_refused("http://nn", "http://dn/other/a", "/webhdfs/v1");
    check_refused("http://nn", "http://dn/webhdfs/v1x/a", "/webhdfs/v1");
    check_refused("http://nn", "http://dn/?/webhdfs/v1/a", "/webhdfs/v1");
    check_refused("http://nn", long_one, "longer");
}

static void check_mapped(const char *map, const char *location, const char *expected)
{
    struct kx_endpoint endpoint = {0};
    g_autofree char *url = NULL;
    assert_int_equal(kx_endpoint_parse("http://nn", &endpoint, NULL), 0);
    endpoint.datanode_map = g_strdup(map);
    assert_int_equal(kx_redirect_map_check(map, NULL), 0);
    assert_int_equal(kx_redirect_judge(&endpoint, location, "/a", &url, NULL), 0);
    assert_string_equal(url, expected);
    kx_endpoint_clear(&endpoint);
}

static void hosts_are_mapped(void **state)
{
    (void)state;
    const char *given = "http://dn1:9864/webhdfs/v1/a?x=1";
    check_mapped("dn1=10.0.0.1", given, "http://10.0.0.1:9864/webhdfs/v1/a?x=1");
    check_mapped("DN1=localhost:80", given, "http://localhost:80/webhdfs/v1/a?x=1");
    check_mapped("dn1:1=no;dn1:9864=yes", given, "http://yes:9864/webhdfs/v1/a?x=1");
    check_mapped("dn1=one;*=two", given, "http://one:9864/webhdfs/v1/a?x=1");
    check_mapped("dn2=one;*=two:7", given, "http://two:7/webhdfs/v1/a?x=1");
    check_mapped("dn1=[::1]:7", given, "http://[::1]:7/webhdfs/v1/a?x=1");
    check_mapped("dn2=other", given, given);
    const char *home = "http://NN:9870/webhdfs/v1/a?x=1"; /* a gateway's, or HttpFS' */
    check_mapped("*=other", home, home);
    check_mapped("*=other", "http://nn:9864/webhdfs/v1/a", "http://other:9864/webhdfs/v1/a");
}

static void wrong_maps_are_refused(void **state)
{
    (void)state;
    static const char *const WRONG[] = {"",      "a",     "a=",         "=b",    "a=b=c",
                                        "a=b;",  "a=b/c", "a=u@b",      "a=b:0", "a=b:99999",
                                        "a b=c", "*:1=b", "http://a=b", "a=*"};
    for (size_t i = 0; i < G_N_ELEMENTS(WRONG); i++) {
        KX_ERROR_AUTO(err);
        if (kx_redirect_map_check(WRONG[i], &err) != -EINVAL) fail_msg("%s was taken", WRONG[i]);
        assert_error(&err, EINVAL, NULL, "no FROM=TO");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_datanode_is_followed),
        cmocka_unit_test(a_gateway_keeps_its_own_path_and_query),
        cmocka_unit_test(the_path_is_ours_byte_for_byte),
        cmocka_unit_test(a_query_is_made_safe),
        cmocka_unit_test(hostile_locations_are_refused),
        cmocka_unit_test(hosts_are_mapped),
        cmocka_unit_test(wrong_maps_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
