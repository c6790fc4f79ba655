#include <errno.h>
#include <string.h>

#include "rest/url.h"
#include "support.h"

static void check_encoded(const char *path, const char *expected)
{
    g_autoptr(GString) url = g_string_new("http://h:1");
    kx_url_append_path(url, path);
    assert_string_equal(url->str + strlen("http://h:1"), expected);
}

static void paths_are_encoded_byte_by_byte(void **state)
{
    (void)state;
    check_encoded("/", "/");
    check_encoded("/a/b", "/a/b");
    check_encoded("/a b", "/a%20b");
    check_encoded("/a%b+c&d=e", "/a%25b%2Bc%26d%3De");
    check_encoded("/a;b#c?d", "/a%3Bb%23c%3Fd");
    check_encoded("/-._~", "/-._~");
    check_encoded("/\xc3\xa4", "/%C3%A4");
    check_encoded("/e\xcc\x81", "/e%CC%81"); /* decomposed stays decomposed */
    check_encoded("/tab\there\"\\", "/tab%09here%22%5C");
}

static void parameters_begin_with_the_right_sign(void **state)
{
    (void)state;
    g_autoptr(GString) url = g_string_new("http://h/x");
    kx_url_append_query(url, "op", "OPEN");
    kx_url_append_query(url, "user.name", NULL);
    kx_url_append_query(url, "destination", "/a b&c");
    kx_url_append_query_int(url, "offset", INT64_MIN);
    assert_string_equal(url->str,
                        "http://h/x?op=OPEN&destination=%2Fa%20b%26c&offset=-9223372036854775808");
    g_autoptr(GString) list = g_string_new(NULL);
    kx_url_append_query(list, "a", "?");
    kx_url_append_query(list, "b", "");
    assert_string_equal(list->str, "&a=%3F&b=");
}

static void check_path(const char *path, int expected)
{
    KX_ERROR_AUTO(err);
    int rc = kx_path_check(path, &err);
    if (rc != expected) fail_msg("%s: %d, not %d", path, rc, expected);
    if (rc < 0) assert_non_null(err.message);
}

static void paths_are_checked(void **state)
{
    (void)state;
    g_autofree char *name255 = g_strnfill(255, 'n');
    g_autofree char *longest = g_strconcat("/", name255, NULL);
    g_autofree char *too_long = g_strconcat("/", name255, "n", NULL);
    check_path("/", 0);
    check_path("/a", 0);
    check_path("/a/...", 0);
    check_path("/.snapshot/s1", 0);
    check_path("/tab\t and\nnewline", 0);
    check_path(longest, 0);
    check_path(too_long, -ENAMETOOLONG);
    check_path("", -EINVAL);
    check_path("a", -EINVAL);
    check_path("/a/", -EINVAL);
    check_path("//a", -EINVAL);
    check_path("/a/./b", -EINVAL);
    check_path("/..", -EINVAL);
    check_path("/a:b", -EINVAL);
    check_path("/bad\xff", -EILSEQ);
    check_path("/overlong\xc0\xaf", -EILSEQ);
}

static void long_paths_are_too_long_for_a_request(void **state)
{
    (void)state;
    g_autoptr(GString) path = g_string_new(NULL);
    while (path->len + 201 <= KX_URL_PATH_MAX) {
        g_autofree char *name = g_strnfill(200, 'd');
        g_string_append_printf(path, "/%s", name);
    }
    check_path(path->str, 0);
    g_string_append(path, "/\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
                          "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
                          "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
                          "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4");
    check_path(path->str, -ENAMETOOLONG);
}

static void paths_are_joined(void **state)
{
    (void)state;
    g_autofree char *a = kx_path_join("/", "b"), *b = kx_path_join("/a", "b");
    assert_string_equal(a, "/b");
    assert_string_equal(b, "/a/b");
}

static void check_endpoint(const char *text, const char *base, const char *root)
{
    KX_ERROR_AUTO(err);
    struct kx_endpoint endpoint = {0};
    if (kx_endpoint_parse(text, &endpoint, &err) < 0) fail_msg("%s: %s", text, err.message);
    assert_string_equal(endpoint.text, text);
    assert_string_equal(endpoint.base, base);
    assert_string_equal(endpoint.root, root);
    assert_true(g_str_has_prefix(base, endpoint.origin));
    kx_endpoint_clear(&endpoint);
    assert_null(endpoint.text);
}

static void endpoints_are_taken_apart(void **state)
{
    (void)state;
    check_endpoint("http://nn", "http://nn:9870/webhdfs/v1", "/");
    check_endpoint("https://nn/", "https://nn:9871/webhdfs/v1", "/");
    check_endpoint("webhdfs://nn:50070/a/b", "http://nn:50070/webhdfs/v1", "/a/b");
    check_endpoint("swebhdfs://nn", "https://nn:9871/webhdfs/v1", "/");
    check_endpoint("HTTP://nn:1//a//b//", "http://nn:1/webhdfs/v1", "/a/b");
    check_endpoint("http://nn/webhdfs/v1", "http://nn:9870/webhdfs/v1", "/");
    check_endpoint("http://nn/webhdfs/v1/a%20b", "http://nn:9870/webhdfs/v1", "/a b");
    check_endpoint("http://nn/webhdfs/v10", "http://nn:9870/webhdfs/v1", "/webhdfs/v10");
    check_endpoint("http://[::1]:9870/x", "http://[::1]:9870/webhdfs/v1", "/x");
    check_endpoint("http://10.0.0.1:80", "http://10.0.0.1:80/webhdfs/v1", "/");
}

static void gateways_are_taken_apart(void **state)
{
    (void)state;
    check_endpoint("https://gw:8443/gateway/default", "https://gw:8443/gateway/default/webhdfs/v1",
                   "/");
    check_endpoint("https://gw/gateway/default/a/b", "https://gw:8443/gateway/default/webhdfs/v1",
                   "/a/b");
    check_endpoint("https://gw:1/gateway/t/webhdfs/v1/a", "https://gw:1/gateway/t/webhdfs/v1",
                   "/a");
    check_endpoint("https://gw:1/knox/t/webhdfs/v1", "https://gw:1/knox/t/webhdfs/v1", "/");
    check_endpoint("https://nn:1/gateway", "https://nn:1/webhdfs/v1", "/gateway");
    check_endpoint("https://nn:1/knox/t/a", "https://nn:1/webhdfs/v1", "/knox/t/a");
    check_endpoint("https://nn:1/webhdfs/v1/gateway/t", "https://nn:1/webhdfs/v1", "/gateway/t");
}

/* @base NULL: there is no other reading. */
static void check_other(const char *text, const char *base, const char *root)
{
    struct kx_endpoint endpoint = {0}, other = {0};
    assert_int_equal(kx_endpoint_parse(text, &endpoint, NULL), 0);
    assert_int_equal(kx_endpoint_other(&endpoint, &other), base != NULL);
    if (base) assert_string_equal(other.base, base);
    if (base) assert_string_equal(other.root, root);
    kx_endpoint_clear(&other);
    kx_endpoint_clear(&endpoint);
}

static void what_may_be_a_gateway_has_two_readings(void **state)
{
    (void)state;
    check_other("https://h:1/gateway/t/a", "https://h:1/webhdfs/v1", "/gateway/t/a");
    check_other("https://h:1/knox/t/a", "https://h:1/knox/t/webhdfs/v1", "/a");
    check_other("https://h:1/knox", NULL, NULL);
    check_other("https://h:1/webhdfs/v1/knox/t", NULL, NULL);
    check_other("https://h:1/knox/t/webhdfs/v1/a", NULL, NULL);
}

static void check_refused(const char *text, const char *reason)
{
    KX_ERROR_AUTO(err);
    struct kx_endpoint endpoint = {0};
    if (kx_endpoint_parse(text, &endpoint, &err) != -EINVAL) fail_msg("%s was taken", text);
    assert_error(&err, EINVAL, NULL, reason);
    assert_null(strstr(err.message, "secret"));
    assert_null(endpoint.text);
}

static void wrong_endpoints_are_refused_with_a_reason(void **state)
{
    (void)state;
    check_refused("", "expected");
    check_refused("namenode:9870", "expected");
    check_refused("/a/b", "expected");
    check_refused("ftp://nn/", "unknown scheme");
    check_refused("http:///a", "host");
    check_refused("http://nn:0", "port");
    check_refused("http://nn:70000", "expected");
    check_refused("http://nn:x", "expected");
    check_refused("http://root:secret@nn/", "does not belong");
    check_refused("http://nn/?op=OPEN", "%3F");
    check_refused("http://nn/#a", "%23");
    check_refused("http://n%20n/", "host");
    check_refused("http://nn/a:b", "':'");
    check_refused("http://nn/..", "..");
}

static void check_list(const char *text, const char *wanted, const char *root)
{
    struct kx_endpoint endpoint;
    assert_int_equal(kx_endpoint_parse(text, &endpoint, NULL), 0);
    struct kx_endpoint copy;
    kx_endpoint_copy(&copy, &endpoint);
    g_autoptr(GString) bases = g_string_new(NULL);
    for (const struct kx_endpoint *at = &copy; at; at = at->next) {
        g_string_append_printf(bases, "%s ", at->base);
        assert_string_equal(at->root, root);
        assert_string_equal(at->given, text);
    }
    assert_string_equal(bases->str, wanted);
    kx_endpoint_clear(&endpoint);
    kx_endpoint_clear(&copy);
}

static void lists_are_taken_apart(void **state)
{
    (void)state;
    const char *two = "http://a:9870/webhdfs/v1 http://b:1/webhdfs/v1 ";
    check_list("http://a,b:1", two, "/");
    check_list("http://a,b:1/", two, "/");
    check_list("http://a,b:1/x,y", two, "/x,y");
    check_list("http://a,http://b:1/x", two, "/x");
    check_list("http://a/,http://b:1/x", two, "/x");
    check_list("http://a/x,webhdfs://b:1/x/", two, "/x");
    check_list("http://[::1],[::2]:1", "http://[::1]:9870/webhdfs/v1 http://[::2]:1/webhdfs/v1 ",
               "/");
    check_list("https://k,l:1/gateway/t/x",
               "https://k:8443/gateway/t/webhdfs/v1 https://l:1/gateway/t/webhdfs/v1 ", "/x");
    check_refused("http://a,", "host");
    check_refused("http://,a", "host");
    check_refused("http://a,,b", "host");
    check_refused("http://a,https://b", "http and https");
    check_refused("http://a/x,http://b/y", "different paths");
    check_refused("http://a,b:0", "port");
    check_refused("http://a,u:secret@b", "does not belong");
    check_refused("http://1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", "more than 16");
}

static void a_list_has_another_reading_as_a_whole(void **state)
{
    (void)state;
    struct kx_endpoint endpoint, other;
    assert_int_equal(kx_endpoint_parse("http://a,b/gateway/t/x", &endpoint, NULL), 0);
    kx_endpoint_set_root(&endpoint, "/z");
    assert_string_equal(endpoint.next->root, "/z");
    assert_true(kx_endpoint_other(&endpoint, &other));
    assert_string_equal(other.root, "/gateway/t/x");
    assert_string_equal(other.next->base, "http://b:9870/webhdfs/v1");
    assert_null(other.next->next);
    kx_endpoint_clear(&endpoint);
    kx_endpoint_clear(&other);
}

static void hosts_are_judged(void **state)
{
    (void)state;
    assert_true(kx_url_host_valid("node-1.example_x.org"));
    assert_true(kx_url_host_valid("fe80::1"));
    assert_false(kx_url_host_valid(""));
    assert_false(kx_url_host_valid("a b"));
    assert_false(kx_url_host_valid("a/b"));
    assert_false(kx_url_host_valid("a%2fb"));
    assert_false(kx_url_host_valid("::1%eth0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_encoded_byte_by_byte),
        cmocka_unit_test(parameters_begin_with_the_right_sign),
        cmocka_unit_test(paths_are_checked),
        cmocka_unit_test(long_paths_are_too_long_for_a_request),
        cmocka_unit_test(paths_are_joined),
        cmocka_unit_test(endpoints_are_taken_apart),
        cmocka_unit_test(gateways_are_taken_apart),
        cmocka_unit_test(what_may_be_a_gateway_has_two_readings),
        cmocka_unit_test(wrong_endpoints_are_refused_with_a_reason),
        cmocka_unit_test(lists_are_taken_apart),
        cmocka_unit_test(a_list_has_another_reading_as_a_whole),
        cmocka_unit_test(hosts_are_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
