#include "rest/configuration.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

struct kx_configuration {
    GPtrArray *names;   /* of owned strings, in the order of their first mention */
    GHashTable *values; /* name (borrowed from names) -> owned value */
    size_t bytes;
};

struct kx_configuration *kx_configuration_new(void)
{
    struct kx_configuration *values = g_new0(struct kx_configuration, 1);
    values->names = g_ptr_array_new_with_free_func(g_free);
    values->values = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
    return values;
}

void kx_configuration_free(struct kx_configuration *values)
{
    if (!values) return;
    g_hash_table_destroy(values->values);
    g_ptr_array_free(values->names, TRUE);
    g_free(values);
}

const char *kx_configuration_get(const struct kx_configuration *values, const char *name)
{
    return g_hash_table_lookup(values->values, name);
}

guint kx_configuration_count(const struct kx_configuration *values)
{
    return values->names->len;
}

void kx_configuration_set(struct kx_configuration *values, const char *name, const char *value)
{
    gpointer key = NULL, old = NULL;
    if (!g_hash_table_lookup_extended(values->values, name, &key, &old)) {
        key = g_strdup(name);
        g_ptr_array_add(values->names, key);
    }
    g_hash_table_insert(values->values, key, g_strdup(value));
}

void kx_configuration_remove(struct kx_configuration *values, const char *name)
{
    for (guint i = 0; i < values->names->len; i++) {
        if (strcmp(g_ptr_array_index(values->names, i), name) != 0) continue;
        g_hash_table_remove(values->values, name);
        g_ptr_array_remove_index(values->names, i);
        return;
    }
}

int kx_configuration_read(struct kx_configuration *values, const char *text, size_t length,
                          struct kx_error *err)
{
    size_t at = 0;
    while (at < length && g_ascii_isspace(text[at]))
        at++;
    return at < length && text[at] == '<'
               ? kx_configuration_read_xml(values, text, length, err)
               : kx_configuration_read_properties(values, text, length, err);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\f';
}

/* What stands for the byte behind a backslash. */
static char unescaped(char c)
{
    static const char FROM[] = "tnrf", TO[] = "\t\n\r\f";
    const char *at = c ? strchr(FROM, c) : NULL;
    return at ? TO[at - FROM] : c;
}

/* One character of a name or a value, with its escape taken off.  @return how many bytes it had. */
static size_t take(const char *at, GString *out)
{
    if (*at != '\\' || !at[1]) {
        g_string_append_c(out, *at);
        return 1;
    }
    gunichar code = 0;
    int digits = 0;
    while (at[1] == 'u' && digits < 4 && g_ascii_isxdigit(at[2 + digits]))
        code = code * 16 + (gunichar)g_ascii_xdigit_value(at[2 + digits++]);
    if (digits == 4 && code && g_unichar_validate(code)) {
        g_string_append_unichar(out, code);
        return 6;
    }
    g_string_append_c(out, unescaped(at[1]));
    return 2;
}

/* "name = value", its continuation joined. */
static void read_line(struct kx_configuration *values, const char *line)
{
    g_autoptr(GString) name = g_string_new(NULL), value = g_string_new(NULL);
    while (is_blank(*line))
        line++;
    if (!*line || *line == '#' || *line == '!') return;
    while (*line && !is_blank(*line) && *line != '=' && *line != ':')
        line += take(line, name);
    while (is_blank(*line))
        line++;
    if (*line == '=' || *line == ':') line++;
    while (is_blank(*line))
        line++;
    while (*line)
        line += take(line, value);
    if (name->len) kx_configuration_set(values, name->str, value->str);
}

static bool goes_on(const GString *line)
{
    size_t slashes = 0;
    while (slashes < line->len && line->str[line->len - 1 - slashes] == '\\')
        slashes++;
    return slashes % 2 == 1;
}

int kx_configuration_read_properties(struct kx_configuration *values, const char *text,
                                     size_t length, struct kx_error *err)
{
    if (length > KX_CONFIGURATION_BYTES)
        return kx_error_set(err, EINVAL, "these properties have more than %zu bytes",
                            KX_CONFIGURATION_BYTES);
    if (memchr(text, '\0', length) || !g_utf8_validate(text, (gssize)length, NULL))
        return kx_error_set(err, EINVAL, "these properties are no UTF-8 text");
    g_autofree char *whole = g_strndup(text, length);
    g_auto(GStrv) lines = g_strsplit(whole, "\n", -1);
    g_autoptr(GString) line = g_string_new(NULL);
    for (char **at = lines; *at; at++) {
        const char *part = *at;
        while (line->len && is_blank(*part))
            part++;
        g_string_append(line, part);
        if (line->len && line->str[line->len - 1] == '\r') g_string_truncate(line, line->len - 1);
        if (goes_on(line) && at[1]) {
            g_string_truncate(line, line->len - 1);
            continue;
        }
        read_line(values, line->str);
        g_string_truncate(line, 0);
        if (values->names->len > KX_CONFIGURATION_MAX)
            return kx_error_set(err, EINVAL, "more than %d properties", KX_CONFIGURATION_MAX);
    }
    return 0;
}

static void append_escaped(GString *out, const char *text, bool name)
{
    for (const char *at = text; *at; at++) {
        bool first = at == text && is_blank(*at);
        if (*at == '\n' || *at == '\r' || *at == '\t' || *at == '\f') {
            static const char FROM[] = "\n\r\t\f", TO[] = "nrtf";
            g_string_append_printf(out, "\\%c", TO[strchr(FROM, *at) - FROM]);
            continue;
        }
        if (*at == '\\' || first || (name && strchr(" =:#!", *at))) g_string_append_c(out, '\\');
        g_string_append_c(out, *at);
    }
}

void kx_configuration_write_properties(const struct kx_configuration *values, GString *out)
{
    for (guint i = 0; i < values->names->len; i++) {
        const char *name = g_ptr_array_index(values->names, i);
        append_escaped(out, name, true);
        g_string_append_c(out, '=');
        append_escaped(out, kx_configuration_get(values, name), false);
        g_string_append_c(out, '\n');
    }
}

char *kx_configuration_xml(const struct kx_configuration *values)
{
    GString *out = g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<configuration>\n");
    for (guint i = 0; i < values->names->len; i++) {
        const char *name = g_ptr_array_index(values->names, i);
        g_autofree char *line =
            g_markup_printf_escaped("  <property><name>%s</name><value>%s</value></property>\n",
                                    name, kx_configuration_get(values, name));
        g_string_append(out, line);
    }
    g_string_append(out, "</configuration>\n");
    return g_string_free(out, FALSE);
}
