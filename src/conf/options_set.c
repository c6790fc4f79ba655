/* One option: its value checked and put where its row says. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "conf/options_table.h"

static const struct kx_option_row *find_row(const char *name, size_t length)
{
    size_t count;
    const struct kx_option_row *rows = kx_option_rows(&count);
    for (size_t i = 0; i < count; i++)
        if (strlen(rows[i].name) == length && strncmp(rows[i].name, name, length) == 0)
            return &rows[i];
    return NULL;
}

/* What is being set, and where that was written. */
struct setting {
    const struct kx_option_row *row;
    const char *value; /* NULL: none */
    const struct kx_option_from *from;
};

static int bad_value(const struct setting *s, const char *expected, struct kx_error *err)
{
    return kx_error_set(err, EINVAL, "%s%s=%s: %s", s->from->where, s->row->name, s->value,
                        expected);
}

static int set_whole(const struct setting *s, int64_t *out, struct kx_error *err)
{
    const struct kx_option_row *row = s->row;
    const char *value = s->value;
    static const char units[] = "KMGT";
    char *end = NULL;
    errno = 0;
    int64_t number = g_ascii_strtoll(value, &end, 10);
    if (errno == ERANGE) return bad_value(s, "the number is too large", err);
    const char *unit = *end ? strchr(units, g_ascii_toupper(*end)) : NULL;
    if (row->kind == KX_OPTION_BYTES && unit && end > value) {
        int shift = 10 * (int)(unit - units + 1);
        if (number > (INT64_MAX >> shift) || number < -(INT64_MAX >> shift))
            return bad_value(s, "the number is too large", err);
        number *= (int64_t)1 << shift;
        end++;
    }
    if (end == value || *end || errno) return bad_value(s, "a whole number is expected", err);
    if (number < row->min || number > row->max) {
        g_autofree char *range = g_strdup_printf(
            "must be from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, row->min, row->max);
        return bad_value(s, range, err);
    }
    *out = number;
    return 0;
}

/* Seconds go into a double for the kernel's timeouts and into milliseconds for ours. */
static int set_seconds(const struct setting *s, struct kx_options *out, struct kx_error *err)
{
    const struct kx_option_row *row = s->row;
    const char *value = s->value;
    char *end = NULL;
    double seconds = g_ascii_strtod(value, &end);
    if (end == value || *end || !(seconds >= (double)row->min && seconds <= (double)row->max)) {
        g_autofree char *range = g_strdup_printf("seconds from %" G_GINT64_FORMAT
                                                 " to %" G_GINT64_FORMAT " are expected",
                                                 row->min, row->max);
        return bad_value(s, range, err);
    }
    if (kx_option_is_double(row))
        *(double *)kx_option_member(out, row->at) = seconds;
    else
        *(int64_t *)kx_option_member(out, row->at) = (int64_t)(seconds * 1000);
    return 0;
}

static int set_choice(const struct setting *s, int *out, struct kx_error *err)
{
    const char *value = s->value;
    g_auto(GStrv) words = g_strsplit(s->row->value, "|", -1);
    for (int i = 0; words[i]; i++) {
        if (strcmp(words[i], value) != 0) continue;
        *out = i;
        return 0;
    }
    g_autofree char *expected = g_strdup_printf("one of %s is expected", s->row->value);
    return bad_value(s, expected, err);
}

/* The password in it is a secret like any other. */
static int check_proxy(const struct setting *s, struct kx_error *err)
{
    if (!strstr(s->value, "://"))
        return kx_error_set(err, EINVAL,
                            "%s%s: http://HOST:PORT (or https, socks5h, ...) is expected",
                            s->from->where, s->row->name);
    if (!strchr(s->value, '@') || !s->from->open) return 0;
    return kx_error_set(err, EINVAL,
                        "%s%s: it has a login, and %s: write it into a profile that is yours alone "
                        "(chmod 600), or into $https_proxy and $http_proxy",
                        s->from->where, s->row->name, s->from->open);
}

static int set_valued(const struct setting *s, struct kx_options *out, struct kx_error *err)
{
    const struct kx_option_row *row = s->row;
    const char *value = s->value;
    switch (row->kind) {
    case KX_OPTION_NUMBER:
    case KX_OPTION_BYTES:
        return set_whole(s, kx_option_member(out, row->at), err);
    case KX_OPTION_SECONDS:
        return set_seconds(s, out, err);
    case KX_OPTION_LEVEL:
        if (kx_log_level_parse(value, kx_option_member(out, row->at)) < 0)
            return bad_value(s, "error, warning, info, debug or trace is expected", err);
        return 0;
    case KX_OPTION_CHOICE:
        return set_choice(s, kx_option_member(out, row->at), err);
    default: {
        char **text = kx_option_member(out, row->at);
        if (!*value) return bad_value(s, "the value is empty", err);
        if (row->kind == KX_OPTION_PROXY && check_proxy(s, err) < 0) return -EINVAL;
        g_free(*text);
        *text = g_strdup(value);
        return 0;
    }
    }
}

static bool is_switch(const struct kx_option_row *row)
{
    return row->kind == KX_OPTION_FLAG || row->kind == KX_OPTION_KERNEL ||
           row->kind == KX_OPTION_IGNORED;
}

/* A switch is on by its name alone; "=yes" and "=no" say it, too, so that a profile's can be
 * undone.
 */
static int set_switch(const struct setting *s, struct kx_options *out, struct kx_error *err)
{
    bool on = !s->value || strcmp(s->value, "yes") == 0;
    if (!on && strcmp(s->value, "no") != 0)
        return bad_value(s, "it is a switch: yes or no is expected, or nothing", err);
    if (s->row->kind == KX_OPTION_FLAG) *(bool *)kx_option_member(out, s->row->at) = on;
    if (s->row->kind == KX_OPTION_KERNEL && on)
        g_ptr_array_add(out->kernel, g_strdup(s->row->name));
    return 0;
}

/* Words that other programs read from the same place. */
static bool is_for_others(const struct kx_options *out, const char *word)
{
    return !*word || g_str_has_prefix(word, "x-") /* x-systemd.* */ ||
           (out->by_mount && strcmp(word, "user") == 0); /* fstab's: ordinary users may mount it */
}

int kx_option_set(struct kx_options *out, const char *word, const struct kx_option_from *from,
                  struct kx_error *err)
{
    if (is_for_others(out, word)) return 0;
    const char *equals = strchr(word, '=');
    const struct kx_option_row *row =
        find_row(word, equals ? (size_t)(equals - word) : strlen(word));
    if (!row)
        return kx_error_set(err, EINVAL, "%s%s: there is no such option (knoxfs --help lists them)",
                            from->where, word);
    if (!is_switch(row) && !equals)
        return kx_error_set(err, EINVAL, "%s%s: needs a value: %s=%s", from->where, word, row->name,
                            row->value);
    const struct setting setting = {row, equals ? equals + 1 : NULL, from};
    bool rw = strcmp(word, "rw") == 0; /* "ro=no" */
    if (rw) out->read_only = false;
    g_hash_table_replace(out->given, g_strdup(rw ? "ro" : row->name), g_strdup(from->source));
    return is_switch(row) ? set_switch(&setting, out, err) : set_valued(&setting, out, err);
}
