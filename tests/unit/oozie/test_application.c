#include "oozie/application.h"

#include <errno.h>
#include <string.h>

#include "support.h"

static struct kx_application read_text(const char *text)
{
    struct kx_application application;
    KX_ERROR_AUTO(err);
    if (kx_application_read(text, strlen(text), &application, &err) != 0)
        fail_msg("%s: %s", text, err.message);
    return application;
}

static void assert_wanted(const struct kx_application *application, const char *expected)
{
    g_autoptr(kx_configuration) none = kx_configuration_new();
    g_autofree char *missing = kx_application_missing(application, none);
    assert_string_equal(missing, expected);
}

static void each_kind_is_known_by_its_root(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name, *file;
        enum kx_job_kind kind;
    } CASES[] = {
        {"<workflow-app name='w' xmlns='uri:oozie:workflow:1.0'/>", "w", "workflow.xml",
         KX_JOB_WORKFLOW},
        {"<?xml version=\"1.0\"?><coordinator-app name='c'/>", "c", "coordinator.xml",
         KX_JOB_COORDINATOR},
        {"<b:bundle-app xmlns:b='x'/>", "", "bundle.xml", KX_JOB_BUNDLE},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        struct kx_application application = read_text(CASES[i].text);
        assert_int_equal(application.kind, CASES[i].kind);
        assert_string_equal(application.name, CASES[i].name);
        assert_string_equal(kx_application_file(application.kind), CASES[i].file);
        kx_application_clear(&application);
    }
}

static void wanted_values_are_found(void **state)
{
    (void)state;
    struct kx_application application = read_text(
        "<workflow-app name='${n}'><parameters><property><name>given</name><value>1</value>"
        "</property><property><name>asked</name></property></parameters>"
        "<action name='a'><x y='${ attr }'>${text} ${text} ${wf:id()} ${a + b} ${KB} ${given}"
        " ${f(x)} $text ${un_2}</x><![CDATA[${cdata}]]></action><!-- ${no} --></workflow-app>");
    assert_wanted(&application, "n attr text un_2 cdata asked");
    g_autoptr(kx_configuration) values = kx_configuration_new();
    kx_configuration_set(values, "text", "");
    kx_configuration_set(values, "cdata", "x");
    g_autofree char *missing = kx_application_missing(&application, values);
    assert_string_equal(missing, "n attr un_2 asked");
    kx_application_clear(&application);
}

static void a_coordinator_says_how_often_and_whether_it_has_a_service_level(void **state)
{
    (void)state;
#define APP(inner)                                                                                 \
    "<coordinator-app frequency='${coord:days(1)}' xmlns='uri:oozie:coordinator:0.4' "             \
    "xmlns:s='uri:oozie:sla:0.2'><action>" inner "</action></coordinator-app>"
    static const struct {
        const char *text, *frequency;
        bool level;
    } CASES[] = {
        {APP("<s:info/>"), "${coord:days(1)}", true},
        {APP("<info xmlns='uri:oozie:sla:0.1'/>"), "${coord:days(1)}", true},
        {APP("<info/><s:other/>"), "${coord:days(1)}", false},
        {"<bundle-app name='b'/>", NULL, false},
    };
#undef APP
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        struct kx_application application;
        assert_int_equal(
            kx_application_read(CASES[i].text, strlen(CASES[i].text), &application, NULL), 0);
        if (g_strcmp0(application.frequency, CASES[i].frequency) != 0 ||
            application.level != CASES[i].level)
            fail_msg("%s", CASES[i].text);
        kx_application_clear(&application);
    }
}

static void what_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const BAD[] = {"",
                                      "x",
                                      "<configuration/>",
                                      "<workflow-app>",
                                      "<workflow-app/><workflow-app/>",
                                      "<!DOCTYPE a [<!ENTITY e 'x'>]><workflow-app name='&e;'/>",
                                      "<workflow-app name='a' name='b'/>"};
    for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++) {
        struct kx_application application;
        KX_ERROR_AUTO(err);
        if (kx_application_read(BAD[i], strlen(BAD[i]), &application, &err) != -EINVAL)
            fail_msg("%s was taken", BAD[i]);
        assert_non_null(err.message);
    }
}

static void deep_and_odd_texts_do_no_harm(void **state)
{
    (void)state;
    GString *deep = g_string_new("<workflow-app>");
    for (int i = 0; i < 250; i++)
        g_string_append(deep, "<a>${x}");
    for (int i = 0; i < 250; i++)
        g_string_append(deep, "</a>");
    g_string_append(deep, "${</workflow-app>");
    struct kx_application application;
    int result = kx_application_read(deep->str, deep->len, &application, NULL);
    if (result == 0) {
        assert_wanted(&application, "x");
        kx_application_clear(&application);
    }
    for (gsize cut = 0; cut < deep->len; cut += 7)
        if (kx_application_read(deep->str, cut, &application, NULL) == 0) fail_msg("%zu", cut);
    g_string_free(deep, TRUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_is_known_by_its_root),
        cmocka_unit_test(wanted_values_are_found),
        cmocka_unit_test(a_coordinator_says_how_often_and_whether_it_has_a_service_level),
        cmocka_unit_test(what_is_none_is_refused),
        cmocka_unit_test(deep_and_odd_texts_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
