#include "rest/yarn_conf.h"

#include <errno.h>
#include <string.h>

char *kx_yarn_conf_value(const struct kx_configuration *conf, const char *name)
{
    const char *value = kx_configuration_get(conf, name);
    const char *open = value ? strstr(value, "${") : NULL;
    const char *close = open ? strchr(open, '}') : NULL;
    if (!close) return g_strdup(value);
    g_autofree char *inner = g_strndup(open + 2, (gsize)(close - open - 2));
    const char *found = kx_configuration_get(conf, inner);
    g_autofree char *before = g_strndup(value, (gsize)(open - value));
    return found ? g_strconcat(before, found, close + 1, NULL) : NULL;
}

int kx_yarn_conf_read(struct kx_service *yarn, const struct kx_call *call,
                      struct kx_configuration *out)
{
    const char *base = kx_service_base(yarn);
    if (!g_str_has_suffix(base, "/ws")) return -EOPNOTSUPP;
    g_autofree char *root = g_strndup(base, strlen(base) - strlen("/ws"));
    const struct kx_service_config config = {
        .name = "YARN", .base = root, .client = kx_service_client(yarn)};
    g_autoptr(kx_service) service = kx_service_new(&config);
    struct kx_service_ask ask = {.path = "/conf", .call = call};
    g_autoptr(GBytes) body = NULL;
    int result = kx_service_run(service, &ask, &body, NULL);
    if (result < 0) return result;
    gsize length = 0;
    const char *bytes = g_bytes_get_data(body, &length);
    return kx_configuration_read_xml(out, bytes, length, NULL);
}

/* "hdfs://nameservice/tmp/logs" is "/tmp/logs": this mount's HDFS is taken for that one.  @return
 * owned; NULL: it is in no HDFS. */
static char *path_of(const char *value)
{
    const char *host = strstr(value, "://");
    const char *path = host ? strchr(host + 3, '/') : value;
    if (!path || *path != '/' || (host && !strstr(value, "hdfs://"))) return NULL;
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    return g_strndup(path, length);
}

char **kx_yarn_log_roots(struct kx_yarn *yarn, const struct kx_call *call)
{
    static const char *const USUAL[] = {"/tmp/logs", "/app-logs", NULL};
    g_autoptr(kx_configuration) conf = kx_configuration_new();
    if (kx_yarn_conf_read(kx_yarn_service(yarn), call, conf) == 0) {
        g_autofree char *value = kx_yarn_conf_value(conf, "yarn.nodemanager.remote-app-log-dir");
        char *path = value ? path_of(value) : NULL;
        if (path) {
            char **one = g_new0(char *, 2);
            one[0] = path;
            return one;
        }
    }
    return g_strdupv((char **)(uintptr_t)USUAL);
}
