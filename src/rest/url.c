#include "rest/url.h"

#include <errno.h>
#include <string.h>

void kx_url_append_path(GString *url, const char *path)
{
    g_string_append_uri_escaped(url, path, "/", FALSE);
}

/* A string that is empty or begins with '&' is a list of parameters that somebody will append. */
static char separator(const GString *url)
{
    if (url->len == 0 || url->str[0] == '&') return '&';
    return strchr(url->str, '?') ? '&' : '?';
}

void kx_url_append_query(GString *url, const char *name, const char *value)
{
    if (!value) return;
    g_string_append_c(url, separator(url));
    g_string_append(url, name);
    g_string_append_c(url, '=');
    g_string_append_uri_escaped(url, value, NULL, FALSE);
}

void kx_url_append_query_int(GString *url, const char *name, int64_t value)
{
    char text[24];
    g_snprintf(text, sizeof text, "%" G_GINT64_FORMAT, value);
    kx_url_append_query(url, name, text);
}

static int component_check(const char *at, size_t length, struct kx_error *err)
{
    if (length == 0) return kx_error_set(err, EINVAL, "the path has an empty component");
    if (length == 1 && at[0] == '.') return kx_error_set(err, EINVAL, "\".\" is no HDFS name");
    if (length == 2 && at[0] == '.' && at[1] == '.')
        return kx_error_set(err, EINVAL, "\"..\" is no HDFS name");
    if (memchr(at, ':', length))
        return kx_error_set(err, EINVAL, "HDFS allows no ':' in a name: \"%.*s\"", (int)length, at);
    if (length > KX_NAME_MAX)
        return kx_error_set(err, ENAMETOOLONG, "a name of %zu bytes; HDFS allows %d", length,
                            KX_NAME_MAX);
    return 0;
}

static int components_check(const char *path, struct kx_error *err)
{
    for (const char *at = path + 1;;) {
        size_t length = strcspn(at, "/");
        int rc = component_check(at, length, err);
        if (rc < 0) return rc;
        if (!at[length]) return 0;
        at += length + 1;
    }
}

int kx_path_check(const char *path, struct kx_error *err)
{
    if (path[0] != '/') return kx_error_set(err, EINVAL, "the path does not begin with '/'");
    if (!path[1]) return 0;
    if (!g_utf8_validate(path, -1, NULL))
        return kx_error_set(err, EILSEQ, "HDFS names are UTF-8, and this path is not");
    int rc = components_check(path, err);
    if (rc < 0) return rc;
    g_autoptr(GString) encoded = g_string_new(NULL);
    kx_url_append_path(encoded, path);
    if (encoded->len > KX_URL_PATH_MAX)
        return kx_error_set(err, ENAMETOOLONG,
                            "the path is %zu bytes long in a URL; DataNodes take %d",
                            (size_t)encoded->len, KX_URL_PATH_MAX);
    return 0;
}

char *kx_path_join(const char *directory, const char *name)
{
    return g_strconcat(directory, g_str_has_suffix(directory, "/") ? "" : "/", name, NULL);
}

bool kx_url_split(const char *url, bool relaxed, struct kx_url_parts *out)
{
    GUriFlags flags = G_URI_FLAGS_ENCODED | (relaxed ? G_URI_FLAGS_PARSE_RELAXED : 0);
    struct kx_url_parts parts = {0};
    if (!g_uri_split(url, flags, &parts.scheme, &parts.userinfo, &parts.host, &parts.port,
                     &parts.path, &parts.query, &parts.fragment, NULL))
        return false;
    if (parts.host && *parts.path && *parts.path != '/') { /* "http://host;what" (GLib) */
        kx_url_parts_clear(&parts);
        return false;
    }
    *out = parts;
    return true;
}

void kx_url_parts_clear(struct kx_url_parts *parts)
{
    g_free(parts->scheme);
    g_free(parts->userinfo);
    g_free(parts->host);
    g_free(parts->path);
    g_free(parts->query);
    g_free(parts->fragment);
    *parts = (struct kx_url_parts){.port = -1};
}

void kx_url_append_origin(GString *url, const char *scheme, const char *host, int port)
{
    bool v6 = strchr(host, ':') != NULL;
    g_string_append_printf(url, "%s://%s%s%s", scheme, v6 ? "[" : "", host, v6 ? "]" : "");
    if (port > 0) g_string_append_printf(url, ":%d", port);
}

bool kx_url_host_valid(const char *host)
{
    const char *allowed = strchr(host, ':') ? "0123456789abcdefABCDEF:."
                                            : "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                              "0123456789-._";
    size_t length = strlen(host);
    return length > 0 && length <= 255 && strspn(host, allowed) == length;
}
