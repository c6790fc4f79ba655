#include "conf/options.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "conf/options_table.h"

/* "a,b=c,d": a comma inside a value is written "\,". */
static void add_words(const char *list, GPtrArray *words)
{
    g_autoptr(GString) word = g_string_new(NULL);
    for (;; list++) {
        if (*list == '\\' && list[1]) {
            g_string_append_c(word, *++list);
        } else if (*list && *list != ',') {
            g_string_append_c(word, *list);
        } else {
            g_ptr_array_add(words, g_strdup(word->str));
            if (!*list) return;
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
            *(bool *)kx_option_member(out, flags[i].at) = true;
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

/* @words: those of every -o, in order. */
static int read_arguments(int argc, char **argv, struct kx_options *out, GPtrArray *words,
                          struct kx_error *err)
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
            if (list)
                add_words(list, words);
            else
                result = kx_error_set(err, EINVAL, "-o needs a value");
        } else if ((taken = take_mount_flag(argv + i, out)) > 0) {
            i += taken - 1;
        } else if (!set_flag(argument, out)) {
            result = kx_error_set(
                err, EINVAL, "%s: there is no such option (knoxfs --help lists them)", argument);
        }
    }
    return result;
}

static int set_words(const GPtrArray *words, struct kx_options *out, struct kx_error *err)
{
    static const struct kx_option_from from = {"-o ", "option",
                                               "everybody on this machine reads command lines"};
    for (guint i = 0; i < words->len; i++) {
        int result = kx_option_set(out, g_ptr_array_index(words, i), &from, err);
        if (result < 0) return result;
    }
    return 0;
}

static int check_vroot(const char *name, struct kx_error *err)
{
    if (strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
        strlen(name) > NAME_MAX)
        return kx_error_set(err, EINVAL, "-o vroot=%s: the name of one directory is expected",
                            name);
    return 0;
}

static void set_defaults(struct kx_options *out)
{
    *out = (struct kx_options){.attr_timeout_s = 1,
                               .entry_timeout_s = 1,
                               .dir_timeout_s = 10,
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
    out->given = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

/* The profile and the environment first, then the words, which win over them. */
static int take_all(struct kx_options *out, const GPtrArray *words, struct kx_error *err)
{
    int result = kx_options_profile(out, words, err);
    if (result == 0) result = set_words(words, out, err);
    return result == 0 && out->vroot ? check_vroot(out->vroot, err) : result;
}

int kx_options_read(const char *endpoint, const GPtrArray *words, struct kx_options *out,
                    struct kx_error *err)
{
    set_defaults(out);
    out->endpoint = g_strdup(endpoint);
    int result = take_all(out, words, err);
    if (result < 0) kx_options_clear(out);
    return result;
}

int kx_options_parse(int argc, char **argv, struct kx_options *out, struct kx_error *err)
{
    set_defaults(out);
    g_autofree char *program = argc > 0 ? g_path_get_basename(argv[0]) : NULL;
    out->by_mount = program && g_str_has_prefix(program, "mount.");
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    int result = read_arguments(argc, argv, out, words, err);
    if (result == 0) result = take_all(out, words, err);
    if (result == 0 && !out->help && !out->version && !out->mountpoint)
        result =
            kx_error_set(err, EINVAL, "%s is missing: knoxfs [-o OPTION,...] ENDPOINT MOUNTPOINT",
                         out->endpoint ? "the mount point" : "the endpoint");
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
    g_free(options->service);
    g_free(options->root);
    g_free(options->config);
    g_free(options->user);
    g_free(options->stage_dir);
    g_free(options->fsname);
    g_free(options->log_file);
    g_free(options->audit_file);
    g_free(options->record_file);
    g_free(options->vroot);
    char *const others[] = {options->auth_file,
                            options->auth_command,
                            options->netrc,
                            options->credential,
                            options->token_file,
                            options->token_url,
                            options->delegation_file,
                            options->keytab,
                            options->principal,
                            options->cacert,
                            options->pin,
                            options->cert,
                            options->key,
                            options->proxy,
                            options->no_proxy,
                            options->oozie,
                            options->yarn,
                            options->jobhistory,
                            options->callback,
                            options->datanode_map};
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
        g_free(others[i]);
    if (options->given) g_hash_table_destroy(options->given);
    if (options->kernel) g_ptr_array_free(options->kernel, TRUE);
    *options = (struct kx_options){0};
}
