/* What an endpoint stands for: profiles, nameservices, the environment. */
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "conf/options.h"
#include "support.h"

struct place {
    char *folder, *config, *site;
};

static int place_setup(void **state)
{
    struct place *p = g_new0(struct place, 1);
    p->folder = g_dir_make_tmp("knoxfs-test-XXXXXX", NULL);
    p->config = g_build_filename(p->folder, "knoxfs.conf", NULL);
    p->site = g_build_filename(p->folder, "hdfs-site.xml", NULL);
    g_setenv("KNOXFS_CONFIG", p->config, TRUE);
    g_setenv("HADOOP_CONF_DIR", p->folder, TRUE);
    g_unsetenv("HADOOP_USER_NAME");
    *state = p;
    return 0;
}

static int place_teardown(void **state)
{
    struct place *p = *state;
    g_unsetenv("KNOXFS_CONFIG");
    g_unsetenv("HADOOP_CONF_DIR");
    g_unsetenv("HADOOP_USER_NAME");
    g_unlink(p->config);
    g_unlink(p->site);
    g_rmdir(p->folder);
    g_free(p->config);
    g_free(p->site);
    g_free(p->folder);
    g_free(p);
    return 0;
}

static int parse(const char *endpoint, const char *list, struct kx_options *out,
                 struct kx_error *err)
{
    const char *argv[] = {"knoxfs", endpoint, "/mnt", list ? "-o" : NULL, list, NULL};
    return kx_options_parse(list ? 5 : 3, (char **)(uintptr_t)argv, out, err);
}

static void check(const char *endpoint, const char *service, const char *root)
{
    struct kx_options o;
    KX_ERROR_AUTO(err);
    if (parse(endpoint, NULL, &o, &err) != 0) fail_msg("%s: %s", endpoint, err.message);
    assert_string_equal(o.endpoint, endpoint);
    assert_string_equal(o.service, service);
    if (root)
        assert_string_equal(o.root, root);
    else
        assert_null(o.root);
    kx_options_clear(&o);
}

static void check_refused(const char *endpoint, const char *words)
{
    struct kx_options o;
    KX_ERROR_AUTO(err);
    int result = parse(endpoint, NULL, &o, &err);
    if (result != -EINVAL && result != -ENOENT && result != -EPERM)
        fail_msg("%s: %d", endpoint, result);
    assert_error(&err, -result, NULL, words);
}

static void an_address_stands_for_itself(void **state)
{
    (void)state;
    check("http://nn:9870/a", "http://nn:9870/a", NULL);
    check("https://gw:8443/gateway/t", "https://gw:8443/gateway/t", NULL);
    check("localhost:9870", "localhost:9870", NULL); /* which kx_endpoint_parse refuses */
}

static void a_profile_has_an_endpoint_and_a_directory_may_follow(void **state)
{
    struct place *p = *state;
    put_file(p->config, "[prod]\nendpoint = http://nn:9870/data\n[x.y-z_1]\nendpoint=http://b\n");
    check("prod:", "http://nn:9870/data", NULL);
    check("prod:/", "http://nn:9870/data", "/");
    check("prod:/user//bob/ 100%/", "http://nn:9870/data", "/user/bob/ 100%");
    check("x.y-z_1:", "http://b", NULL);
}

#define assert_source(options, name, expected)                                                     \
    assert_string_equal(g_hash_table_lookup((options)->given, name), expected)

static void options_win_over_the_environment_and_that_over_the_profile(void **state)
{
    struct place *p = *state;
    struct kx_options o;
    put_file(p->config, "[prod]\nendpoint = http://nn\nuser = hive\nro = yes\nattr-timeout=7\n"
                        "verify\t= no\nallow_other=yes\n");
    g_autofree char *source = g_strdup_printf("%s:3", p->config);
    g_autofree char *endpoint = g_strdup_printf("%s:2", p->config);
    assert_int_equal(parse("prod:", NULL, &o, NULL), 0);
    assert_source(&o, "endpoint", endpoint);
    assert_string_equal(o.user, "hive");
    assert_source(&o, "user", source);
    assert_true(o.read_only && o.allow_other && !o.verify && o.attr_timeout_s == 7);
    kx_options_clear(&o);
    g_setenv("HADOOP_USER_NAME", "spark", TRUE);
    assert_int_equal(parse("prod:", "attr_timeout=3,allow_other=no", &o, NULL), 0);
    assert_string_equal(o.user, "spark");
    assert_source(&o, "user", "environment");
    assert_true(o.attr_timeout_s == 3 && !o.allow_other);
    assert_source(&o, "attr_timeout", "option");
    kx_options_clear(&o);
    assert_int_equal(parse("prod:", "user=bob,rw", &o, NULL), 0);
    assert_string_equal(o.user, "bob");
    assert_false(o.read_only);
    kx_options_clear(&o);
}

static void the_file_can_be_named(void **state)
{
    struct place *p = *state;
    struct kx_options o;
    g_unsetenv("KNOXFS_CONFIG");
    put_file(p->config, "[prod]\nendpoint = http://nn\n");
    g_autofree char *list = g_strdup_printf("ro,config=%s", p->config);
    assert_int_equal(parse("prod:", list, &o, NULL), 0);
    assert_string_equal(o.service, "http://nn");
    kx_options_clear(&o);
    assert_int_equal(g_unlink(p->config), 0);
    assert_int_equal(parse("prod:", list, &o, NULL), -ENOENT);
}

static void a_nameservice_of_hadoops_configuration(void **state)
{
    struct place *p = *state;
    put_file(p->config, "[prod]\nendpoint = http://profile\n");
    put_file(p->site, "<configuration>"
                      "<property><name>dfs.nameservices</name><value>prod,ns1</value></property>"
                      "<property><name>dfs.ha.namenodes.ns1</name><value>a,b</value></property>"
                      "<property><name>dfs.namenode.http-address.ns1.a</name><value>h1:1</value>"
                      "</property>"
                      "<property><name>dfs.namenode.http-address.ns1.b</name><value>h2:2</value>"
                      "</property></configuration>");
    check("ns1:/data", "http://h1:1,http://h2:2", "/data");
    check("prod:", "http://profile", NULL);
}

static void other_programs_have_no_mount_point(void **state)
{
    struct place *p = *state;
    struct kx_options o;
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    put_file(p->config, "[prod]\nendpoint = http://nn\nuser=hive\n");
    assert_int_equal(kx_options_read("prod:/a", words, &o, NULL), 0);
    assert_string_equal(o.service, "http://nn");
    assert_string_equal(o.root, "/a");
    assert_string_equal(o.user, "hive");
    kx_options_clear(&o);
    g_ptr_array_add(words, (gpointer)(guintptr) "attr_timeout=3");
    assert_int_equal(kx_options_read(NULL, words, &o, NULL), 0);
    assert_null(o.service);
    assert_true(o.attr_timeout_s == 3 && o.timeout_ms == 30000);
    assert_source(&o, "attr_timeout", "option");
    kx_options_clear(&o);
    g_ptr_array_add(words, (gpointer)(guintptr) "none");
    assert_int_equal(kx_options_read(NULL, words, &o, NULL), -EINVAL);
}

static void a_proxy_s_password_is_where_nobody_else_reads(void **state)
{
    struct place *p = *state;
    struct kx_options o;
    put_file(p->config, "[a]\nendpoint=http://nn\nproxy=http://me:word@p:1\n"
                        "[b]\nendpoint=http://nn\nproxy=http://p:1\n");
    assert_int_equal(parse("a:", NULL, &o, NULL), 0);
    assert_string_equal(o.proxy, "http://me:word@p:1");
    kx_options_clear(&o);
    assert_int_equal(g_chmod(p->config, 0640), 0);
    check_refused("a:", "knoxfs.conf:3: proxy: it has a login, and others may read this file");
    assert_int_equal(parse("b:", NULL, &o, NULL), 0);
    kx_options_clear(&o);
    assert_int_equal(g_chmod(p->config, 0604), 0);
    check_refused("a:", "others may read this file");
}

static void wrong_ones_are_explained(void **state)
{
    struct place *p = *state;
    put_file(p->config,
             "[a]\nuser=bob\n[b]\nendpoint=http://nn\nnosuch=1\n[c]\nendpoint=http://nn\n"
             "timeout=soon\n[d]\nendpoint=http://nn\nro=1\n");
    check_refused("nobody:", "there is no such profile");
    check_refused("nobody:", "a, b, c, d");
    check_refused("a:", "endpoint = URL");
    check_refused("b:", "knoxfs.conf:5: nosuch=1: there is no such option");
    check_refused("c:", "knoxfs.conf:8: timeout=soon: seconds from 1 to 3600");
    check_refused("d:", "knoxfs.conf:11: ro=1: it is a switch");
    check_refused("c:/a/../b", "timeout");
    put_file(p->config, "[a]\nendpoint=http://nn\n");
    check_refused("a:/x/../y", "..");
    check_refused("http:/nn", "an address begins with http://");
    assert_int_equal(g_chmod(p->config, 0666), 0);
    check_refused("a:", "chmod go-w");
    g_unlink(p->config);
    check_refused("a:", "No such file");
}

#define place_test(function) cmocka_unit_test_setup_teardown(function, place_setup, place_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        place_test(an_address_stands_for_itself),
        place_test(a_profile_has_an_endpoint_and_a_directory_may_follow),
        place_test(options_win_over_the_environment_and_that_over_the_profile),
        place_test(the_file_can_be_named),
        place_test(a_nameservice_of_hadoops_configuration),
        place_test(other_programs_have_no_mount_point),
        place_test(a_proxy_s_password_is_where_nobody_else_reads),
        place_test(wrong_ones_are_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
