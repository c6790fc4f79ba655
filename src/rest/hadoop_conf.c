#include "rest/hadoop_conf.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "rest/configuration.h"

#define REPLACEMENTS_MAX 20
#define DEFAULT_HTTP     "9870"
#define DEFAULT_HTTPS    "9871"

struct kx_hadoop_conf {
    struct kx_configuration *values;
};

struct kx_hadoop_conf *kx_hadoop_conf_new(void)
{
    struct kx_hadoop_conf *conf = g_new0(struct kx_hadoop_conf, 1);
    conf->values = kx_configuration_new();
    return conf;
}

void kx_hadoop_conf_free(struct kx_hadoop_conf *conf)
{
    if (!conf) return;
    kx_configuration_free(conf->values);
    g_free(conf);
}

int kx_hadoop_conf_parse(struct kx_hadoop_conf *conf, const char *text, gsize length,
                         const char *name, struct kx_error *err)
{
    int result = kx_configuration_read_xml(conf->values, text, length, err);
    if (result < 0) kx_error_prefix(err, "%s", name);
    return result;
}

/* @return 1: read; 0: not there; -errno. */
static int load_file(struct kx_hadoop_conf *conf, const char *folder, const char *name,
                     struct kx_error *err)
{
    g_autofree char *file = g_build_filename(folder, name, NULL), *text = NULL;
    g_autoptr(GError) error = NULL;
    gsize length;
    if (!g_file_get_contents(file, &text, &length, &error)) {
        if (g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT)) return 0;
        return kx_error_set(err, EACCES, "%s", error->message);
    }
    int result = kx_hadoop_conf_parse(conf, text, length, file, err);
    return result < 0 ? result : 1;
}

int kx_hadoop_conf_load(const char *folder, struct kx_hadoop_conf **out, struct kx_error *err)
{
    static const char *const FILES[] = {"core-site.xml", "hdfs-site.xml"};
    g_autoptr(kx_hadoop_conf) conf = kx_hadoop_conf_new();
    int found = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(FILES); i++) {
        int result = load_file(conf, folder, FILES[i], err);
        if (result < 0) return result;
        found += result;
    }
    if (!found)
        return kx_error_set(err, ENOENT, "%s: neither core-site.xml nor hdfs-site.xml is there",
                            folder);
    *out = g_steal_pointer(&conf);
    return 0;
}

/* Replace the last ${name} of a text, as it may stand in another one's name.  @return false: there
 * is none that is known. */
static bool replace_one(const struct kx_hadoop_conf *conf, GString *text)
{
    for (gssize at = (gssize)text->len - 1; at >= 0; at--) {
        if (!g_str_has_prefix(text->str + at, "${")) continue;
        const char *end = strchr(text->str + at, '}');
        if (!end) continue;
        gssize length = end + 1 - (text->str + at);
        g_autofree char *name = g_strndup(text->str + at + 2, (gsize)length - 3);
        const char *value = kx_configuration_get(conf->values, name);
        if (!value) continue;
        g_string_erase(text, at, length);
        g_string_insert(text, at, value);
        return text->len < KX_CONFIGURATION_BYTES;
    }
    return false;
}

char *kx_hadoop_conf_get(const struct kx_hadoop_conf *conf, const char *name)
{
    const char *value = kx_configuration_get(conf->values, name);
    if (!value) return NULL;
    GString *text = g_string_new(value);
    for (int i = 0; i < REPLACEMENTS_MAX && replace_one(conf, text); i++)
        continue;
    return g_strstrip(g_string_free(text, FALSE));
}

/* The property KEY.NAMESERVICE[.ID], or KEY for a cluster without names. */
static char *property_of(const struct kx_hadoop_conf *conf, const char *key, const char *suffix)
{
    g_autofree char *name = g_strconcat(key, ".", suffix, NULL);
    char *value = kx_hadoop_conf_get(conf, name);
    if (value && *value) return value;
    g_free(value);
    return NULL;
}

static bool is_https(const struct kx_hadoop_conf *conf)
{
    g_autofree char *policy = kx_hadoop_conf_get(conf, "dfs.http.policy");
    return policy && g_ascii_strcasecmp(policy, "HTTPS_ONLY") == 0;
}

/* "0.0.0.0:9870" is where a server listens, and no address of it. */
static bool is_address(const char *text)
{
    return text && *text && *text != ':' && !g_str_has_prefix(text, "0.0.0.0");
}

/* One NameNode: its HTTP address, or its RPC address' host at the default port. */
static bool add_namenode(const struct kx_hadoop_conf *conf, const char *suffix, GString *out)
{
    bool https = is_https(conf);
    const char *key = https ? "dfs.namenode.https-address" : "dfs.namenode.http-address";
    const char *port = https ? DEFAULT_HTTPS : DEFAULT_HTTP;
    g_autofree char *address = property_of(conf, key, suffix);
    g_autofree char *rpc = property_of(conf, "dfs.namenode.rpc-address", suffix);
    bool given = is_address(address);
    if (!given && !is_address(rpc)) return false;
    const char *text = given ? address : rpc;
    const char *colon = strrchr(text, ':');
    bool ported = colon && !strchr(colon, ']');
    int host = ported ? (int)(colon - text) : (int)strlen(text);
    if (out->len) g_string_append_c(out, ',');
    g_string_append_printf(out, "%s://%.*s:%s", https ? "https" : "http", host, text,
                           given && ported ? colon + 1 : port);
    return true;
}

static bool is_listed(const char *list, const char *word)
{
    g_auto(GStrv) words = g_strsplit(list ? list : "", ",", -1);
    for (char **at = words; *at; at++)
        if (strcmp(g_strstrip(*at), word) == 0) return true;
    return false;
}

int kx_hadoop_conf_endpoints(const struct kx_hadoop_conf *conf, const char *nameservice, char **out,
                             struct kx_error *err)
{
    g_autofree char *services = kx_hadoop_conf_get(conf, "dfs.nameservices");
    if (!is_listed(services, nameservice))
        return kx_error_set(err, ENOENT, "%s: no such nameservice (known: %s)", nameservice,
                            services && *services ? services : "none");
    g_autoptr(GString) urls = g_string_new(NULL);
    g_autofree char *ids = property_of(conf, "dfs.ha.namenodes", nameservice);
    g_auto(GStrv) list = g_strsplit(ids ? ids : "", ",", -1);
    for (char **id = list; *id; id++) {
        g_autofree char *suffix = g_strconcat(nameservice, ".", g_strstrip(*id), NULL);
        if (**id) add_namenode(conf, suffix, urls);
    }
    if (!urls->len) add_namenode(conf, nameservice, urls);
    if (!urls->len)
        return kx_error_set(err, EINVAL,
                            "nameservice %s: no dfs.namenode.http-address.%s... says where it is",
                            nameservice, nameservice);
    *out = g_strdup(urls->str);
    return 0;
}
