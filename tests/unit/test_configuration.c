#include "rest/configuration.h"

#include <errno.h>
#include <string.h>

#include "support.h"

static struct kx_configuration *read_text(const char *text)
{
    struct kx_configuration *values = kx_configuration_new();
    KX_ERROR_AUTO(err);
    if (kx_configuration_read(values, text, strlen(text), &err) != 0)
        fail_msg("%s: %s", text, err.message);
    return values;
}

static void assert_properties(const struct kx_configuration *values, const char *expected)
{
    g_autoptr(GString) out = g_string_new(NULL);
    kx_configuration_write_properties(values, out);
    assert_string_equal(out->str, expected);
}

static void properties_are_read_as_java_does(void **state)
{
    (void)state;
    g_autoptr(kx_configuration) values =
        read_text("# a remark\n! another\n\na=1\n  b : two words \nc three\nd\n"
                  "e=x\\\n   y\\\nz\nf\\ g=h\nu=\\u00e9\\t\\\\\r\na=2\n=nameless\n");
    assert_string_equal(kx_configuration_get(values, "a"), "2");
    assert_string_equal(kx_configuration_get(values, "b"), "two words ");
    assert_string_equal(kx_configuration_get(values, "c"), "three");
    assert_string_equal(kx_configuration_get(values, "d"), "");
    assert_string_equal(kx_configuration_get(values, "e"), "xyz");
    assert_string_equal(kx_configuration_get(values, "f g"), "h");
    assert_string_equal(kx_configuration_get(values, "u"), "\xc3\xa9\t\\");
    assert_int_equal(kx_configuration_count(values), 7);
    assert_null(kx_configuration_get(values, "x"));
}

static void what_is_written_is_read_again(void **state)
{
    (void)state;
    g_autoptr(kx_configuration) values = kx_configuration_new();
    kx_configuration_set(values, "a b=c", " x\n\\y#\t");
    kx_configuration_set(values, "url", "jdbc:x?a=1&b=<2>\"'");
    kx_configuration_set(values, "gone", "1");
    kx_configuration_remove(values, "gone");
    kx_configuration_remove(values, "never");
    assert_properties(values, "a\\ b\\=c=\\ x\\n\\\\y#\\t\nurl=jdbc:x?a=1&b=<2>\"'\n");
    g_autoptr(GString) text = g_string_new(NULL);
    kx_configuration_write_properties(values, text);
    g_autoptr(kx_configuration) again = read_text(text->str);
    assert_properties(again, text->str);
    g_autofree char *xml = kx_configuration_xml(values);
    g_autoptr(kx_configuration) of_xml = read_text(xml);
    assert_properties(of_xml, text->str);
}

static void xml_is_read(void **state)
{
    (void)state;
    g_autoptr(kx_configuration) values = read_text(
        " <configuration>\r\n  <property>\r\n <name> a </name><value>1 &amp; 2</value></property>"
        "<!-- no --><other/><property><value>x</value><name>b</name></property>"
        "<property><name>c</name></property></configuration>");
    assert_properties(values, "a=1 & 2\nb=x\nc=\n");
}

static void what_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "<configuration>",
        "<conf/>",
        "<configuration><property><value>x</value></property></configuration>",
        "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><configuration/>",
        "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b "
        "\"&a;&a;\">]><configuration>&b;</configuration>",
        "a=\xff",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++) {
        g_autoptr(kx_configuration) values = kx_configuration_new();
        KX_ERROR_AUTO(err);
        if (kx_configuration_read(values, BAD[i], strlen(BAD[i]), &err) != -EINVAL)
            fail_msg("%s was taken", BAD[i]);
    }
    g_autoptr(kx_configuration) values = kx_configuration_new();
    assert_int_equal(kx_configuration_read(values, "a\0b", 3, NULL), -EINVAL);
    assert_int_equal(kx_configuration_read(values, "", 0, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(properties_are_read_as_java_does),
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(xml_is_read),
        cmocka_unit_test(what_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
