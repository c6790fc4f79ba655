/* Hadoop's XML, properties, and workflows as their authors write them. */
#include "fuzz.h"
#include "oozie/application.h"
#include "rest/hadoop_conf.h"

static void read_hadoop(const char *text, size_t size)
{
    g_autoptr(kx_hadoop_conf) conf = kx_hadoop_conf_new();
    g_autofree char *value = NULL, *endpoints = NULL;
    if (kx_hadoop_conf_parse(conf, text, size, "it", NULL) < 0) return;
    value = kx_hadoop_conf_get(conf, "a");
    kx_hadoop_conf_endpoints(conf, "ns1", &endpoints, NULL);
}

static void read_values(const char *text, size_t size)
{
    g_autoptr(kx_configuration) values = kx_configuration_new(), again = kx_configuration_new();
    if (kx_configuration_read(values, text, size, NULL) < 0) return;
    FUZZ_CHECK(kx_configuration_count(values) <= KX_CONFIGURATION_MAX);
    g_autofree char *xml = kx_configuration_xml(values);
    g_autoptr(GString) lines = g_string_new(NULL);
    kx_configuration_write_properties(values, lines);
    g_autoptr(GBytes) exact = g_bytes_new(lines->str, lines->len);
    if (kx_configuration_read_properties(again, lines->str, lines->len, NULL) == 0)
        FUZZ_CHECK(kx_configuration_count(again) == kx_configuration_count(values));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kx_application application;
    g_autofree char *text = g_memdup2(data, size ? size : 1);
    read_hadoop(text, size);
    read_values(text, size);
    if (kx_application_read(text, size, &application, NULL) == 0) {
        g_autofree char *missing = kx_application_missing(&application, application.defaults);
        kx_application_clear(&application);
    }
    return 0;
}
