/* What stands behind the first operand: a URL, a profile's NAME:[PATH], or a nameservice of
 * Hadoop's configuration. */
#include <errno.h>
#include <string.h>

#include "base/profiles.h"
#include "conf/options_table.h"
#include "rest/hadoop_conf.h"
#include "rest/url.h"

#define HADOOP_CONF "/etc/hadoop/conf"

/* The environment's words for options: Hadoop's clients read the same. */
static const struct variable {
    const char *name, *option;
} VARIABLES[] = {
    {"HADOOP_USER_NAME", "user"},
};

/* "NAME:" or "NAME:/PATH".  @return the length of the name; 0: it is none. */
static size_t profile_name(const char *endpoint)
{
    size_t length = strspn(endpoint, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_.-");
    const char *rest = endpoint + length;
    bool named = length && rest[0] == ':' && (!rest[1] || rest[1] == '/');
    return named && strncmp(rest, "://", 3) != 0 ? length : 0;
}

static int take_setting(struct kx_options *out, const struct kx_setting *setting,
                        struct kx_error *err)
{
    if (strcmp(setting->name, "endpoint") == 0) {
        g_free(out->service);
        out->service = g_strdup(setting->value);
        g_hash_table_replace(out->given, g_strdup("endpoint"), g_strdup(setting->source));
        return 0;
    }
    g_autofree char *where = g_strconcat(setting->source, ": ", NULL);
    g_autofree char *word = *setting->value ? g_strconcat(setting->name, "=", setting->value, NULL)
                                            : g_strdup(setting->name);
    const struct kx_option_from from = {where, setting->source,
                                        setting->open_to_all ? "others may read this file" : NULL};
    int result = kx_option_set(out, word, &from, err);
    if (result < 0 && strcmp(setting->name, "url") == 0)
        kx_error_prefix(err, "a profile's address is \"endpoint = URL\"");
    return result;
}

static int take_profile(struct kx_options *out, const char *name, const GPtrArray *settings,
                        struct kx_error *err)
{
    for (guint i = 0; i < settings->len; i++) {
        int result = take_setting(out, g_ptr_array_index(settings, i), err);
        if (result < 0) return result;
    }
    return out->service
               ? 0
               : kx_error_set(err, EINVAL, "profile [%s]: \"endpoint = URL\" is missing", name);
}

/* No profile: perhaps Hadoop's configuration on this machine knows the name. */
static int take_nameservice(struct kx_options *out, const char *name, const char *places,
                            const char *known, struct kx_error *err)
{
    const char *folder = g_getenv("HADOOP_CONF_DIR");
    if (!folder || !*folder) folder = HADOOP_CONF;
    g_autoptr(kx_hadoop_conf) conf = NULL;
    int result = kx_hadoop_conf_load(folder, &conf, err);
    if (result == 0) result = kx_hadoop_conf_endpoints(conf, name, &out->service, err);
    if (result == 0) g_hash_table_replace(out->given, g_strdup("endpoint"), g_strdup(folder));
    if (result != -ENOENT) return result;
    return kx_error_set(
        err, EINVAL,
        "%s: there is no such profile in %s (there: %s), and no such nameservice in "
        "%s; an address begins with http:// or https://",
        name, places, *known ? known : "none", folder);
}

static const char *config_of(const GPtrArray *words)
{
    const char *file = g_getenv("KNOXFS_CONFIG");
    for (guint i = 0; i < words->len; i++) {
        const char *word = g_ptr_array_index(words, i);
        if (g_str_has_prefix(word, "config=")) file = word + strlen("config=");
    }
    return file && *file ? file : NULL;
}

static int resolve_name(struct kx_options *out, const char *name, const GPtrArray *words,
                        struct kx_error *err)
{
    const char *only = config_of(words);
    g_auto(GStrv) files = kx_profiles_places(only);
    g_autoptr(kx_profiles) profiles = NULL;
    int result = kx_profiles_load((const char *const *)files, only != NULL, &profiles, err);
    if (result < 0) return result;
    const GPtrArray *settings = kx_profiles_find(profiles, name);
    if (settings) return take_profile(out, name, settings, err);
    g_autofree char *places = g_strjoinv(", ", files);
    g_autofree char *known = kx_profiles_names(profiles);
    return take_nameservice(out, name, places, known, err);
}

static int set_variables(struct kx_options *out, struct kx_error *err)
{
    for (size_t i = 0; i < G_N_ELEMENTS(VARIABLES); i++) {
        const char *value = g_getenv(VARIABLES[i].name);
        if (!value || !*value) continue;
        g_autofree char *where = g_strdup_printf("$%s: ", VARIABLES[i].name);
        g_autofree char *word = g_strconcat(VARIABLES[i].option, "=", value, NULL);
        const struct kx_option_from from = {where, "environment", NULL};
        int result = kx_option_set(out, word, &from, err);
        if (result < 0) return result;
    }
    return 0;
}

int kx_options_profile(struct kx_options *out, const GPtrArray *words, struct kx_error *err)
{
    size_t length = out->endpoint ? profile_name(out->endpoint) : 0;
    int result = 0;
    if (length) {
        g_autofree char *name = g_strndup(out->endpoint, length);
        result = resolve_name(out, name, words, err);
        const char *path = out->endpoint + length + 1;
        if (result == 0 && *path) {
            result = kx_path_tidy(path, &out->root, err);
        }
    } else {
        out->service = g_strdup(out->endpoint);
    }
    return result < 0 ? result : set_variables(out, err);
}
