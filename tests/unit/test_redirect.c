#include "rest/redirect.h"

#include <errno.h>
#include <string.h>

#include "rest/near.h"
#include "support.h"

static void check(const char *from, const char *location, const char *path, const char *expected)
{
    KX_ERROR_AUTO(err);
    struct kx_endpoint endpoint = {0};
    g_autofree char *url = NULL;
    assert_int_equal(kx_endpoint_parse(from, &endpoint, NULL), 0);
    int rc = kx_redirect_judge(&endpoint, NULL, location, path, &url, &err);
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
    check("http://nn", "http://[2001:db8::1]:9864/webhdfs/v1/a", "/a",
          "http://[2001:db8::1]:9864/webhdfs/v1/a");
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
    int rc = kx_redirect_judge(&endpoint, NULL, location, "/a", &url, &err);
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

static void a_place_that_each_has_of_his_own_is_known_in_every_spelling(void **state)
{
    (void)state;
    static const char *const MACHINE[] = {"localhost",
                                          "LocalHost",
                                          "localhost.",
                                          "a.localhost",
                                          "localhost.localdomain",
                                          "ip6-loopback",
                                          "127.0.0.1",
                                          "127.255.0.9",
                                          "127.1",
                                          "127.0.0.1.",
                                          "2130706433",
                                          "0x7f000001",
                                          "0177.0.0.1",
                                          "0.0.0.0",
                                          "0",
                                          "::1",
                                          "::",
                                          "0:0:0:0:0:0:0:1",
                                          "::ffff:127.0.0.1",
                                          "::FFFF:7f00:1",
                                          "::127.0.0.1",
                                          "::ffff:0.0.0.0"};
    static const char *const WIRE[] = {"169.254.169.254", "169.254.0.1",           "2852039166",
                                       "fe80::1",         "FE80:0:0:0:1::2",       "febf::1",
                                       "fe80::1%eth0",    "::ffff:169.254.169.254"};
    static const char *const NOT[] = {"nn",
                                      "dn1.example",
                                      "localhost.example",
                                      "mylocalhost",
                                      "10.0.0.1",
                                      "192.168.1.5",
                                      "126.255.255.255",
                                      "128.0.0.1",
                                      "169.253.0.1",
                                      "169.255.0.1",
                                      "1.127.0.0",
                                      "2001:db8::1",
                                      "fec0::1",
                                      "::ffff:10.0.0.1",
                                      "::8.8.8.8",
                                      "127.0.0.1.example",
                                      "127-0-0-1",
                                      "",
                                      "."};
    for (size_t i = 0; i < G_N_ELEMENTS(MACHINE); i++)
        if (kx_near_of(MACHINE[i]) != KX_NEAR_MACHINE) fail_msg("%s", MACHINE[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(WIRE); i++)
        if (kx_near_of(WIRE[i]) != KX_NEAR_WIRE) fail_msg("%s", WIRE[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(NOT); i++)
        if (kx_near_of(NOT[i]) != KX_NEAR_NOT) fail_msg("%s", NOT[i]);
}

static int judge_near(const char *from, const char *address, const char *host, const char *map,
                      struct kx_error *err)
{
    struct kx_endpoint endpoint = {0};
    g_autofree char *url = NULL;
    g_autofree char *location = g_strdup_printf("http://%s:9864/webhdfs/v1/a?op=OPEN", host);
    assert_int_equal(kx_endpoint_parse(from, &endpoint, NULL), 0);
    endpoint.datanode_map = g_strdup(map);
    int rc = kx_redirect_judge(&endpoint, address, location, "/a", &url, err);
    assert_int_equal(rc == 0, url != NULL);
    kx_endpoint_clear(&endpoint);
    return rc;
}

/* Nothing that listens on this machine only, or tells machines of a cloud their secrets, is asked
 * because a server elsewhere says so. */
static void a_server_elsewhere_leads_neither_to_this_machine_nor_to_its_wire(void **state)
{
    (void)state;
    static const char *const HOSTS[] = {"127.0.0.1",  "localhost",         "[::1]",
                                        "2130706433", "0.0.0.0",           "169.254.169.254",
                                        "[fe80::1]",  "[::ffff:127.0.0.1]"};
    for (size_t i = 0; i < G_N_ELEMENTS(HOSTS); i++) {
        KX_ERROR_AUTO(err);
        if (judge_near("http://nn", NULL, HOSTS[i], NULL, &err) != -EPROTO)
            fail_msg("%s", HOSTS[i]);
        g_autofree char *remedy = g_strdup_printf("datanode_map=%s=%s", HOSTS[i], HOSTS[i]);
        assert_error(&err, EPROTO, NULL, remedy);
        assert_int_equal(judge_near("http://nn", "10.0.0.9", HOSTS[i], "dn1=dn2", NULL), -EPROTO);
        g_autofree char *same = g_strdup_printf("%s=%s", HOSTS[i], HOSTS[i]);
        assert_int_equal(judge_near("http://nn", NULL, HOSTS[i], same, NULL), 0);
        assert_int_equal(judge_near("http://nn", NULL, HOSTS[i], "*=dn7", NULL), 0);
    }
    assert_int_equal(judge_near("http://nn", NULL, "dn1", "dn1=127.0.0.1", NULL), 0);
}

static void a_server_of_this_machine_leads_to_this_machine(void **state)
{
    (void)state;
    assert_int_equal(judge_near("http://localhost", NULL, "127.0.0.1", NULL, NULL), 0);
    assert_int_equal(judge_near("http://127.0.0.1", NULL, "localhost", NULL, NULL), 0);
    assert_int_equal(judge_near("http://[::1]", NULL, "127.0.0.1", NULL, NULL), 0);
    assert_int_equal(judge_near("http://169.254.3.4", NULL, "169.254.3.5", NULL, NULL), 0);
    /* a name that was found to be here */
    assert_int_equal(judge_near("http://nn", "127.0.1.1", "localhost", NULL, NULL), 0);
    assert_int_equal(judge_near("http://nn", "::1", "127.0.0.1", NULL, NULL), 0);
    /* one is not the other */
    assert_int_equal(judge_near("http://localhost", "127.0.0.1", "169.254.169.254", NULL, NULL),
                     -EPROTO);
    assert_int_equal(judge_near("http://169.254.3.4", NULL, "127.0.0.1", NULL, NULL), -EPROTO);
}

static void check_mapped(const char *map, const char *location, const char *expected)
{
    struct kx_endpoint endpoint = {0};
    g_autofree char *url = NULL;
    assert_int_equal(kx_endpoint_parse("http://nn", &endpoint, NULL), 0);
    endpoint.datanode_map = g_strdup(map);
    assert_int_equal(kx_redirect_map_check(map, NULL), 0);
    assert_int_equal(kx_redirect_judge(&endpoint, NULL, location, "/a", &url, NULL), 0);
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
        cmocka_unit_test(a_place_that_each_has_of_his_own_is_known_in_every_spelling),
        cmocka_unit_test(a_server_elsewhere_leads_neither_to_this_machine_nor_to_its_wire),
        cmocka_unit_test(a_server_of_this_machine_leads_to_this_machine),
        cmocka_unit_test(hosts_are_mapped),
        cmocka_unit_test(wrong_maps_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
