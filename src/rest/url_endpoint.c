#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "rest/url.h"

#define EXPECTED "expected http[s]://HOST[:PORT][/PATH], webhdfs://... or swebhdfs://..."
#define SERVICE  "/webhdfs/v1"

/* The schemes that people write, what is spoken then, and where HDFS listens by default. */
static const struct scheme {
    const char *written, *spoken;
    int port;
} SCHEMES[] = {
    {"http", "http", 9870},
    {"https", "https", 9871},
    {"webhdfs", "http", 9870},
    {"swebhdfs", "https", 9871},
};

static const struct scheme *scheme_find(const char *written)
{
    for (size_t i = 0; written && i < G_N_ELEMENTS(SCHEMES); i++)
        if (g_ascii_strcasecmp(SCHEMES[i].written, written) == 0) return &SCHEMES[i];
    return NULL;
}

static int parts_check(const struct kx_url_parts *parts, const char *text, struct kx_error *err)
{
    if (!scheme_find(parts->scheme))
        return kx_error_set(err, EINVAL, "\"%s\": unknown scheme; " EXPECTED, text);
    if (parts->userinfo)
        return kx_error_set(err, EINVAL, "a user or password does not belong in the address");
    if (!parts->host || !kx_url_host_valid(parts->host))
        return kx_error_set(err, EINVAL, "\"%s\": no valid host; " EXPECTED, text);
    if (parts->port == 0) return kx_error_set(err, EINVAL, "\"%s\": port 0 is none", text);
    if (parts->query || parts->fragment)
        return kx_error_set(err, EINVAL, "\"%s\": '?' and '#' must be written %%3F and %%23", text);
    return 0;
}

/* "/a//b/" -> "/a/b"; "" -> "/" */
static char *path_tidy(const char *path)
{
    GString *tidy = g_string_new(NULL);
    g_auto(GStrv) names = g_strsplit(path, "/", -1);
    for (char **name = names; *name; name++)
        if (**name) g_string_append_printf(tidy, "/%s", *name);
    if (tidy->len == 0) g_string_append_c(tidy, '/');
    return g_string_free(tidy, FALSE);
}

static int root_parse(const char *encoded, char **out, struct kx_error *err)
{
    size_t service = strlen(SERVICE);
    if (g_str_has_prefix(encoded, SERVICE) && (!encoded[service] || encoded[service] == '/'))
        encoded += service;
    g_autofree char *decoded = g_uri_unescape_string(encoded, NULL);
    if (!decoded) return kx_error_set(err, EINVAL, "\"%s\": a '%%' must be written %%25", encoded);
    g_autofree char *root = path_tidy(decoded);
    int rc = kx_path_check(root, err);
    if (rc < 0) return rc;
    *out = g_steal_pointer(&root);
    return 0;
}

static void endpoint_fill(struct kx_endpoint *out, const struct kx_url_parts *parts)
{
    const struct scheme *scheme = scheme_find(parts->scheme);
    GString *origin = g_string_new(NULL);
    out->scheme = g_strdup(scheme->spoken);
    out->host = g_strdup(parts->host);
    out->port = parts->port > 0 ? parts->port : scheme->port;
    kx_url_append_origin(origin, out->scheme, out->host, out->port);
    out->origin = g_string_free(origin, FALSE);
    out->base = g_strconcat(out->origin, SERVICE, NULL);
}

int kx_endpoint_parse(const char *text, struct kx_endpoint *out, struct kx_error *err)
{
    __attribute__((cleanup(kx_url_parts_clear))) struct kx_url_parts parts = {.port = -1};
    g_autofree char *shown = kx_redact(text);
    if (!kx_url_split(text, false, &parts))
        return kx_error_set(err, EINVAL, "\"%s\" is no address; " EXPECTED, shown);
    int rc = parts_check(&parts, shown, err);
    g_autofree char *root = NULL;
    if (rc == 0) rc = root_parse(parts.path, &root, err);
    if (rc < 0) return rc;
    *out = (struct kx_endpoint){.text = g_strdup(text), .root = g_steal_pointer(&root)};
    endpoint_fill(out, &parts);
    return 0;
}

void kx_endpoint_clear(struct kx_endpoint *endpoint)
{
    g_free(endpoint->text);
    g_free(endpoint->base);
    g_free(endpoint->origin);
    g_free(endpoint->scheme);
    g_free(endpoint->host);
    g_free(endpoint->root);
    *endpoint = (struct kx_endpoint){0};
}

void kx_endpoint_copy(struct kx_endpoint *to, const struct kx_endpoint *from)
{
    *to = (struct kx_endpoint){
        .text = g_strdup(from->text),
        .base = g_strdup(from->base),
        .origin = g_strdup(from->origin),
        .scheme = g_strdup(from->scheme),
        .host = g_strdup(from->host),
        .port = from->port,
        .root = g_strdup(from->root),
    };
}
