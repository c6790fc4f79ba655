#include "rest/hadoop_conf.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "support.h"

#define PROPERTY(name, value) "<property><name>" name "</name><value>" value "</value></property>"
#define HA                                                                                         \
    PROPERTY("dfs.nameservices", "prod, other")                                                    \
    PROPERTY("dfs.ha.namenodes.prod", "nn1, nn2")                                                  \
    PROPERTY("dfs.namenode.http-address.prod.nn1", "master1:50070")                                \
    PROPERTY("dfs.namenode.rpc-address.prod.nn2", "master2:8020")                                  \
    PROPERTY("dfs.namenode.https-address.prod.nn1", "master1")

static struct kx_hadoop_conf *parse(const char *properties)
{
    g_autofree char *text = g_strdup_printf("<?xml version=\"1.0\"?>\n<?xml-stylesheet href=\"x\"?>"
                                            "<configuration>%s</configuration>",
                                            properties);
    struct kx_hadoop_conf *conf = kx_hadoop_conf_new();
    KX_ERROR_AUTO(err);
    if (kx_hadoop_conf_parse(conf, text, strlen(text), "x.xml", &err) < 0)
        fail_msg("%s", err.message);
    return conf;
}

static void check_endpoints(const char *properties, const char *name, const char *expected)
{
    g_autoptr(kx_hadoop_conf) conf = parse(properties);
    g_autofree char *urls = NULL;
    KX_ERROR_AUTO(err);
    if (kx_hadoop_conf_endpoints(conf, name, &urls, &err) < 0) fail_msg("%s", err.message);
    assert_string_equal(urls, expected);
}

static void a_nameservice_is_its_namenodes(void **state)
{
    (void)state;
    check_endpoints(HA, "prod", "http://master1:50070,http://master2:9870");
    check_endpoints(HA PROPERTY("dfs.http.policy", "HTTPS_ONLY"), "prod",
                    "https://master1:9871,https://master2:9871");
    check_endpoints(HA PROPERTY("dfs.namenode.http-address.other", "o:1"), "other", "http://o:1");
    check_endpoints(PROPERTY("dfs.nameservices", "v6")
                        PROPERTY("dfs.namenode.rpc-address.v6", "[fd00::1]:8020"),
                    "v6", "http://[fd00::1]:9870");
    check_endpoints(PROPERTY("dfs.nameservices", "w")
                        PROPERTY("dfs.namenode.http-address.w", "0.0.0.0:9870")
                            PROPERTY("dfs.namenode.rpc-address.w", "host:8020"),
                    "w", "http://host:9870");
}

static void what_is_not_there_is_said(void **state)
{
    (void)state;
    g_autoptr(kx_hadoop_conf) conf = parse(HA);
    g_autofree char *urls = NULL;
    KX_ERROR_AUTO(err);
    assert_int_equal(kx_hadoop_conf_endpoints(conf, "test", &urls, &err), -ENOENT);
    assert_error(&err, ENOENT, NULL, "prod, other");
    assert_int_equal(kx_hadoop_conf_endpoints(conf, "other", &urls, &err), -EINVAL);
    assert_error(&err, EINVAL, NULL, "dfs.namenode.http-address.other");
    assert_null(urls);
}

static void check_value(const struct kx_hadoop_conf *conf, const char *name, const char *expected)
{
    g_autofree char *value = kx_hadoop_conf_get(conf, name);
    if (expected)
        assert_string_equal(value, expected);
    else
        assert_null(value);
}

static void values_refer_to_each_other(void **state)
{
    (void)state;
    g_autoptr(kx_hadoop_conf) conf = parse(
        PROPERTY("host", "nn") PROPERTY("at", "${host}:${port}") PROPERTY("port", "1")
            PROPERTY("name", "ho") PROPERTY("nested", "${${name}st}") PROPERTY("loop", "a${loop}")
                PROPERTY("later", "1") PROPERTY("later", "2")
                    PROPERTY("blank", "  x <![CDATA[<y>]]> ")
                        PROPERTY("unknown", "${user.name}/${host}") PROPERTY("open", "${host"));
    check_value(conf, "at", "nn:1");
    check_value(conf, "nested", "nn");
    check_value(conf, "loop", "aaaaaaaaaaaaaaaaaaaaa${loop}"); /* 20 times, as Hadoop */
    check_value(conf, "later", "2");
    check_value(conf, "blank", "x <y>");
    check_value(conf, "unknown", "${user.name}/nn");
    check_value(conf, "open", "${host");
    check_value(conf, "nobody", NULL);
}

static const struct {
    const char *text, *words;
} BAD[] = {
    {"", "x.xml"},
    {"<configuration>", "line 1"},
    {"<configuration><property></configuration>", "line 1"},
    {"<html></html>", "x.xml: the first element is not <configuration>"},
    {"<!DOCTYPE configuration [<!ENTITY a \"b\">]><configuration/>", "a DTD"},
    {"not xml", "line 1"},
};

static void what_is_no_configuration_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++) {
        g_autoptr(kx_hadoop_conf) conf = kx_hadoop_conf_new();
        KX_ERROR_AUTO(err);
        int result = kx_hadoop_conf_parse(conf, BAD[i].text, strlen(BAD[i].text), "x.xml", &err);
        assert_int_equal(result, -EINVAL);
        assert_error(&err, EINVAL, NULL, BAD[i].words);
    }
}

static void a_folder_needs_one_of_its_files(void **state)
{
    (void)state;
    g_autofree char *folder = g_dir_make_tmp("knoxfs-test-XXXXXX", NULL);
    g_autofree char *file = g_build_filename(folder, "hdfs-site.xml", NULL);
    g_autoptr(kx_hadoop_conf) conf = NULL;
    KX_ERROR_AUTO(err);
    assert_int_equal(kx_hadoop_conf_load(folder, &conf, &err), -ENOENT);
    assert_error(&err, ENOENT, NULL, folder);
    const char *text = "<configuration>" PROPERTY("a", "b") "</configuration>";
    assert_true(g_file_set_contents(file, text, -1, NULL));
    assert_int_equal(kx_hadoop_conf_load(folder, &conf, NULL), 0);
    check_value(conf, "a", "b");
    assert_int_equal(unlink(file), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_nameservice_is_its_namenodes),
        cmocka_unit_test(what_is_not_there_is_said),
        cmocka_unit_test(values_refer_to_each_other),
        cmocka_unit_test(what_is_no_configuration_is_named),
        cmocka_unit_test(a_folder_needs_one_of_its_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
