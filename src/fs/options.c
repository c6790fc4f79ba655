#include "fs/options.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "fs/options_table.h"

static void *member(struct kx_options *options, size_t at)
{
    return (char *)options + at;
}

static const struct kx_option_row *find_row(const char *name, size_t length)
{
    size_t count;
    const struct kx_option_row *rows = kx_option_rows(&count);
    for (size_t i = 0; i < count; i++)
        if (strlen(rows[i].name) == length && strncmp(rows[i].name, name, length) == 0)
            return &rows[i];
    return NULL;
}

static int bad_value(const struct kx_option_row *row, const char *value, const char *expected,
                     struct kx_error *err)
{
    return kx_error_set(err, EINVAL, "-o %s=%s: %s", row->name, value, expected);
}

static int set_whole(const struct kx_option_row *row, const char *value, int64_t *out,
                     struct kx_error *err)
{
    static const char units[] = "KMGT";
    char *end = NULL;
    errno = 0;
    int64_t number = g_ascii_strtoll(value, &end, 10);
    if (errno == ERANGE) return bad_value(row, value, "the number is too large", err);
    const char *unit = *end ? strchr(units, g_ascii_toupper(*end)) : NULL;
    if (row->kind == KX_OPTION_BYTES && unit && end > value) {
        int shift = 10 * (int)(unit - units + 1);
        if (number > (INT64_MAX >> shift) || number < -(INT64_MAX >> shift))
            return bad_value(row, value, "the number is too large", err);
        number *= (int64_t)1 << shift;
        end++;
    }
    if (end == value || *end || errno)
        return bad_value(row, value, "a whole number is expected", err);
    if (number < row->min || number > row->max) {
        g_autofree char *range = g_strdup_printf(
            "must be from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, row->min, row->max);
        return bad_value(row, value, range, err);
    }
    *out = number;
    return 0;
}

/* Seconds go into a double for the kernel's timeouts and into milliseconds for ours. */
static int set_seconds(const struct kx_option_row *row, const char *value, struct kx_options *out,
                       struct kx_error *err)
{
    char *end = NULL;
    double seconds = g_ascii_strtod(value, &end);
    if (end == value || *end || !(seconds >= (double)row->min && seconds <= (double)row->max)) {
        g_autofree char *range = g_strdup_printf("seconds from %" G_GINT64_FORMAT
                                                 " to %" G_GINT64_FORMAT " are expected",
                                                 row->min, row->max);
        return bad_value(row, value, range, err);
    }
    if (kx_option_is_double(row))
        *(double *)member(out, row->at) = seconds;
    else
        *(int64_t *)member(out, row->at) = (int64_t)(seconds * 1000);
    return 0;
}

static int set_choice(const struct kx_option_row *row, const char *value, int *out,
                      struct kx_error *err)
{
    g_auto(GStrv) words = g_strsplit(row->value, "|", -1);
    for (int i = 0; words[i]; i++) {
        if (strcmp(words[i], value) != 0) continue;
        *out = i;
        return 0;
    }
    g_autofree char *expected = g_strdup_printf("one of %s is expected", row->value);
    return bad_value(row, value, expected, err);
}

static int set_valued(const struct kx_option_row *row, const char *value, struct kx_options *out,
                      struct kx_error *err)
{
    switch (row->kind) {
    case KX_OPTION_NUMBER:
    case KX_OPTION_BYTES:
        return set_whole(row, value, member(out, row->at), err);
    case KX_OPTION_SECONDS:
        return set_seconds(row, value, out, err);
    case KX_OPTION_LEVEL:
        if (kx_log_level_parse(value, member(out, row->at)) < 0)
            return bad_value(row, value, "error, warning, info, debug or trace is expected", err);
        return 0;
    case KX_OPTION_CHOICE:
        return set_choice(row, value, member(out, row->at), err);
    default: {
        char **text = member(out, row->at);
        if (!*value) return bad_value(row, value, "the value is empty", err);
        g_free(*text);
        *text = g_strdup(value);
        return 0;
    }
    }
}

static int set_option(const char *word, struct kx_options *out, struct kx_error *err)
{
    if (!*word || g_str_has_prefix(word, "x-")) return 0; /* x-systemd.*: for others */
    const char *equals = strchr(word, '=');
    const struct kx_option_row *row =
        find_row(word, equals ? (size_t)(equals - word) : strlen(word));
    if (!row)
        return kx_error_set(err, EINVAL,
                            "-o %s: there is no such option (knoxfs --help lists them)", word);
    bool valued = row->kind != KX_OPTION_FLAG && row->kind != KX_OPTION_KERNEL &&
                  row->kind != KX_OPTION_IGNORED;
    if (valued && !equals && out->by_mount && strcmp(row->name, "user") == 0)
        return 0; /* fstab's word: ordinary users may mount it */
    if (valued && !equals)
        return kx_error_set(err, EINVAL, "-o %s: needs a value: %s=%s", word, row->name,
                            row->value);
    if (!valued && equals) return kx_error_set(err, EINVAL, "-o %s: takes no value", word);
    g_hash_table_add(out->given, (gpointer)(uintptr_t)row->name);
    if (row->kind == KX_OPTION_FLAG) *(bool *)member(out, row->at) = true;
    if (row->kind == KX_OPTION_KERNEL) g_ptr_array_add(out->kernel, g_strdup(word));
    return valued ? set_valued(row, equals + 1, out, err) : 0;
}

/* "a,b=c,d": a comma inside a value is written "\,". */
static int set_options(const char *list, struct kx_options *out, struct kx_error *err)
{
    g_autoptr(GString) word = g_string_new(NULL);
    for (;; list++) {
        if (*list == '\\' && list[1]) {
            g_string_append_c(word, *++list);
        } else if (*list && *list != ',') {
            g_string_append_c(word, *list);
        } else {
            int result = set_option(word->str, out, err);
            if (result < 0 || !*list) return result;
            g_string_truncate(word, 0);
        }
    }
}

static bool set_flag(const char *argument, struct kx_options *out)
{
    size_t count;
    const struct kx_flag_row *flags = kx_flag_rows(&count);
    for (size_t i = 0; i < count; i++) {
        bool letter = argument[1] == flags[i].letter && !argument[2];
        bool word = argument[1] == '-' && strcmp(argument + 2, flags[i].word) == 0;
        if (letter || word) {
            *(bool *)member(out, flags[i].at) = true;
            return true;
        }
    }
    return false;
}

/* mount.knoxfs SPEC DIR [-sfnv] [-N NAMESPACE] [-o OPTIONS] [-t TYPE].  @return how many arguments
 * it took. */
static int take_mount_flag(char **argument, struct kx_options *out)
{
    const char *word = argument[0];
    if (!out->by_mount || !word[1] || word[2]) return 0;
    if (word[1] == 'f') out->fake = true;
    if (strchr("sfnv", word[1])) return 1;
    return strchr("Nt", word[1]) && argument[1] ? 2 : 0;
}

static int add_operand(const char *argument, struct kx_options *out, struct kx_error *err)
{
    char **place = !out->endpoint ? &out->endpoint : !out->mountpoint ? &out->mountpoint : NULL;
    if (!place) return kx_error_set(err, EINVAL, "%s: one argument too many", argument);
    *place = g_strdup(argument);
    return 0;
}

static int read_arguments(int argc, char **argv, struct kx_options *out, struct kx_error *err)
{
    bool operands_only = false;
    int result = 0;
    for (int i = 1; i < argc && result == 0; i++) {
        const char *argument = argv[i];
        int taken;
        if (operands_only || argument[0] != '-' || !argument[1]) {
            result = add_operand(argument, out, err);
        } else if (strcmp(argument, "--") == 0) {
            operands_only = true;
        } else if (argument[1] == 'o') {
            const char *list = argument[2] ? argument + 2 : argv[++i];
            result =
                list ? set_options(list, out, err) : kx_error_set(err, EINVAL, "-o needs a value");
        } else if ((taken = take_mount_flag(argv + i, out)) > 0) {
            i += taken - 1;
        } else if (!set_flag(argument, out)) {
            result = kx_error_set(
                err, EINVAL, "%s: there is no such option (knoxfs --help lists them)", argument);
        }
    }
    return result;
}

static int check_vroot(const char *name, struct kx_error *err)
{
    if (strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
        strlen(name) > NAME_MAX)
        return kx_error_set(err, EINVAL, "-o vroot=%s: the name of one directory is expected",
                            name);
    return 0;
}

int kx_options_parse(int argc, char **argv, struct kx_options *out, struct kx_error *err)
{
    *out = (struct kx_options){.attr_timeout_s = 1,
                               .entry_timeout_s = 1,
                               .negative_timeout_s = 1,
                               .uid = -1,
                               .gid = -1,
                               .timeout_ms = 30000,
                               .data_timeout_ms = 60000,
                               .connect_timeout_ms = 5000,
                               .mem_bytes = (int64_t)256 * 1024 * 1024,
                               .unmount_timeout_ms = 60000,
                               .read_ahead_bytes = 1024 * 1024,
                               .log_level = KX_LOG_WARNING};
    out->stage_dir = g_strdup("/var/tmp");
    out->kernel = g_ptr_array_new_with_free_func(g_free);
    out->given = g_hash_table_new(g_str_hash, g_str_equal);
    g_autofree char *program = argc > 0 ? g_path_get_basename(argv[0]) : NULL;
    out->by_mount = program && g_str_has_prefix(program, "mount.");
    int result = read_arguments(argc, argv, out, err);
    if (result == 0 && !out->help && !out->version && !out->mountpoint)
        result =
            kx_error_set(err, EINVAL, "%s is missing: knoxfs [-o OPTION,...] ENDPOINT MOUNTPOINT",
                         out->endpoint ? "the mount point" : "the endpoint");
    if (result == 0 && out->vroot) result = check_vroot(out->vroot, err);
    if (out->debug) {
        out->foreground = true;
        out->log_level = KX_LOG_TRACE;
    }
    if (result < 0) kx_options_clear(out);
    return result;
}

void kx_options_clear(struct kx_options *options)
{
    g_free(options->endpoint);
    g_free(options->mountpoint);
    g_free(options->user);
    g_free(options->stage_dir);
    g_free(options->fsname);
    g_free(options->log_file);
    g_free(options->vroot);
    char *const others[] = {options->auth_file,
                            options->auth_command,
                            options->netrc,
                            options->credential,
                            options->token_file,
                            options->token_url,
                            options->delegation_file,
                            options->cacert,
                            options->pin,
                            options->cert,
                            options->key,
                            options->proxy,
                            options->no_proxy};
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
        g_free(others[i]);
    if (options->given) g_hash_table_destroy(options->given);
    if (options->kernel) g_ptr_array_free(options->kernel, TRUE);
    *options = (struct kx_options){0};
}
