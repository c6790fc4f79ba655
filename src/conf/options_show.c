/* The options in effect, as a table for a person. */
#include "conf/options_table.h"

static char *seconds(double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    return g_strdup(g_ascii_formatd(text, sizeof(text), "%.6g", value));
}

/* The word number `index` of "a|b|c". */
static char *word_of(const char *words, int index)
{
    g_auto(GStrv) list = g_strsplit(words, "|", -1);
    return g_strdup(index >= 0 && index < (int)g_strv_length(list) ? list[index] : "");
}

static bool is_read_only(const struct kx_option_row *row)
{
    return row->at == KX_OPTION_AT(read_only);
}

static char *value_of(const struct kx_option_row *row, const struct kx_options *options,
                      const struct kx_options_now *now)
{
    const void *at = (const char *)options + row->at;
    if (is_read_only(row)) at = &now->read_only;
    switch (row->kind) {
    case KX_OPTION_FLAG:
        return g_strdup(*(const bool *)at ? "yes" : "no");
    case KX_OPTION_NUMBER:
    case KX_OPTION_BYTES:
        return g_strdup_printf("%" G_GINT64_FORMAT, *(const int64_t *)at);
    case KX_OPTION_SECONDS:
        return kx_option_is_double(row) ? seconds(*(const double *)at)
                                        : seconds((double)*(const int64_t *)at / 1000);
    case KX_OPTION_LEVEL: /* not the option's: it may have been changed */
        return g_strdup(kx_log_level_name(now->level));
    case KX_OPTION_CHOICE:
        return word_of(row->value, *(const int *)at);
    default: {
        const char *text = *(char *const *)at;
        return g_strdup(text ? text : "");
    }
    }
}

/* Numbers that stand for "as the cluster or the names say". */
static bool is_unset(const struct kx_option_row *row, const char *value)
{
    bool number = row->kind == KX_OPTION_NUMBER || row->kind == KX_OPTION_BYTES;
    return number && g_ascii_strtoll(value, NULL, 10) < row->min;
}

static void show_row(GString *out, const struct kx_option_row *row,
                     const struct kx_options *options, const struct kx_options_now *now)
{
    const char *source = options->given ? g_hash_table_lookup(options->given, row->name) : NULL;
    if (!source) source = "default";
    if (row->kind == KX_OPTION_LEVEL && now->level != options->log_level) source = "ctl";
    if (is_read_only(row) && now->read_only != options->read_only) source = "ctl";
    g_autofree char *value = value_of(row, options, now);
    const char *shown = is_unset(row, value) ? "" : value;
    if (row->kind == KX_OPTION_SECRET && *shown) shown = "?";
    g_autofree char *redacted = kx_redact(shown);
    g_string_append_printf(out, "%s\t%s\t%s\n", row->name, redacted, source);
}

char *kx_options_show(const struct kx_options *options, const struct kx_options_now *now)
{
    const struct kx_options_now as_given = {options->log_level, options->read_only};
    if (!now) now = &as_given;
    GString *out = g_string_new(NULL);
    size_t count;
    const struct kx_option_row *rows = kx_option_rows(&count);
    for (size_t i = 0; i < count; i++)
        if (rows[i].help) show_row(out, &rows[i], options, now);
    for (guint i = 0; options->kernel && i < options->kernel->len; i++)
        g_string_append_printf(out, "%s\tyes\toption\n",
                               (char *)g_ptr_array_index(options->kernel, i));
    return g_string_free(out, FALSE);
}
