#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "rest/url_list.h"

#define EXPECTED                                                                                   \
    "expected http[s]://HOST[:PORT][,HOST...][/PATH], webhdfs://..., swebhdfs://... or "           \
    "https://HOST:PORT/gateway/TOPOLOGY[/PATH]"
#define SERVICE      "/webhdfs/v1"
#define GATEWAY      "gateway" /* Knox's gateway.path, unless its administrator says otherwise */
#define GATEWAY_PORT 8443

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
static char *path_squeeze(const char *path)
{
    GString *tidy = g_string_new(NULL);
    g_auto(GStrv) names = g_strsplit(path, "/", -1);
    for (char **name = names; *name; name++)
        if (**name) g_string_append_printf(tidy, "/%s", *name);
    if (tidy->len == 0) g_string_append_c(tidy, '/');
    return g_string_free(tidy, FALSE);
}

int kx_path_tidy(const char *path, char **out, struct kx_error *err)
{
    g_autofree char *tidy = path_squeeze(path);
    int rc = kx_path_check(tidy, err);
    if (rc == 0) *out = g_steal_pointer(&tidy);
    return rc;
}

/* The bytes of the first two names of a path, with their slashes; 0: there are not two. */
static size_t two_names(const char *path)
{
    size_t at = 0;
    for (int i = 0; i < 2; i++) {
        size_t slashes = strspn(path + at, "/"), name = strcspn(path + at + slashes, "/");
        if (!slashes || !name) return 0;
        at += slashes + name;
    }
    return at;
}

/* Does SERVICE begin here, as whole names? */
static bool at_service(const char *path)
{
    size_t service = strlen(SERVICE);
    return g_str_has_prefix(path, SERVICE) && (!path[service] || path[service] == '/');
}

enum reading { PLAIN, AS_GATEWAY };

/* What the text alone makes likely. */
static enum reading likely(const char *path)
{
    size_t names = two_names(path);
    if (!names || at_service(path)) return PLAIN;
    if (at_service(path + names)) return AS_GATEWAY;
    size_t slashes = strspn(path, "/");
    return strcspn(path + slashes, "/") == strlen(GATEWAY) &&
                   g_str_has_prefix(path + slashes, GATEWAY)
               ? AS_GATEWAY
               : PLAIN;
}

static int root_parse(const char *encoded, char **out, struct kx_error *err)
{
    if (at_service(encoded)) encoded += strlen(SERVICE);
    g_autofree char *decoded = g_uri_unescape_string(encoded, NULL);
    if (!decoded) return kx_error_set(err, EINVAL, "\"%s\": a '%%' must be written %%25", encoded);
    return kx_path_tidy(decoded, out, err);
}

static void endpoint_fill(struct kx_endpoint *out, const struct kx_url_parts *parts,
                          const char *gateway)
{
    const struct scheme *scheme = scheme_find(parts->scheme);
    GString *origin = g_string_new(NULL);
    int port = *gateway ? GATEWAY_PORT : scheme->port;
    out->scheme = g_strdup(scheme->spoken);
    out->host = g_strdup(parts->host);
    out->port = parts->port > 0 ? parts->port : port;
    kx_url_append_origin(origin, out->scheme, out->host, out->port);
    out->origin = g_string_free(origin, FALSE);
    out->gateway = *gateway ? path_squeeze(gateway) : g_strdup("");
    out->base = g_strconcat(out->origin, out->gateway, SERVICE, NULL);
}

static int parse_as(const char *text, const struct kx_url_parts *parts, enum reading reading,
                    struct kx_endpoint *out, struct kx_error *err)
{
    size_t names = reading == AS_GATEWAY ? two_names(parts->path) : 0;
    g_autofree char *gateway = g_strndup(parts->path, names), *root = NULL;
    int rc = root_parse(parts->path + names, &root, err);
    if (rc < 0) return rc;
    *out = (struct kx_endpoint){.text = g_strdup(text), .root = g_steal_pointer(&root)};
    endpoint_fill(out, parts, gateway);
    return 0;
}

static bool other_of_one(const struct kx_endpoint *endpoint, struct kx_endpoint *out)
{
    __attribute__((cleanup(kx_url_parts_clear))) struct kx_url_parts parts = {.port = -1};
    if (!kx_url_split(endpoint->text, false, &parts) || !two_names(parts.path)) return false;
    if (at_service(parts.path) || at_service(parts.path + two_names(parts.path))) return false;
    enum reading other = *endpoint->gateway ? PLAIN : AS_GATEWAY;
    if (parse_as(endpoint->text, &parts, other, out, NULL) < 0) return false;
    out->given = g_strdup(endpoint->given);
    out->datanode_map = g_strdup(endpoint->datanode_map);
    return true;
}

bool kx_endpoint_other(const struct kx_endpoint *endpoint, struct kx_endpoint *out)
{
    struct kx_endpoint first = {0}, **end = &first.next;
    for (const struct kx_endpoint *at = endpoint; at; at = at->next) {
        struct kx_endpoint *to = at == endpoint ? &first : g_new0(struct kx_endpoint, 1);
        if (at != endpoint) *end = to;
        end = &to->next;
        if (other_of_one(at, to)) continue;
        kx_endpoint_clear(&first);
        return false;
    }
    *out = first;
    return true;
}

static int parse_one(const char *text, struct kx_endpoint *out, struct kx_error *err)
{
    __attribute__((cleanup(kx_url_parts_clear))) struct kx_url_parts parts = {.port = -1};
    g_autofree char *shown = kx_redact(text);
    if (!kx_url_split(text, false, &parts))
        return kx_error_set(err, EINVAL, "\"%s\" is no address; " EXPECTED, shown);
    int rc = parts_check(&parts, shown, err);
    return rc < 0 ? rc : parse_as(text, &parts, likely(parts.path), out, err);
}

static int same_place(const struct kx_endpoint *first, const struct kx_endpoint *other,
                      struct kx_error *err)
{
    if (!g_str_equal(first->scheme, other->scheme))
        return kx_error_set(err, EINVAL, "one list cannot have http and https servers");
    if (!g_str_equal(first->gateway, other->gateway) || !g_str_equal(first->root, other->root))
        return kx_error_set(err, EINVAL,
                            "\"%s\" and \"%s\" have different paths: the servers of a list have "
                            "the same files",
                            first->text, other->text);
    return 0;
}

int kx_endpoint_parse(const char *text, struct kx_endpoint *out, struct kx_error *err)
{
    g_auto(GStrv) urls = kx_url_list(text);
    struct kx_endpoint first = {0}, **end = &first.next;
    if (g_strv_length(urls) > KX_ENDPOINTS_MAX)
        return kx_error_set(err, EINVAL, "more than %d servers in a list", KX_ENDPOINTS_MAX);
    int rc = parse_one(urls[0], &first, err);
    for (char **url = urls + 1; rc == 0 && *url; url++) {
        *end = g_new0(struct kx_endpoint, 1);
        rc = parse_one(*url, *end, err);
        if (rc == 0) rc = same_place(&first, *end, err);
        end = &(*end)->next;
    }
    for (struct kx_endpoint *at = &first; rc == 0 && at; at = at->next)
        at->given = g_strdup(text);
    if (rc == 0)
        *out = first;
    else
        kx_endpoint_clear(&first);
    return rc;
}

void kx_endpoint_set_root(struct kx_endpoint *endpoint, const char *root)
{
    for (struct kx_endpoint *at = endpoint; at; at = at->next) {
        g_free(at->root);
        at->root = g_strdup(root);
    }
}

static void free_fields(struct kx_endpoint *endpoint)
{
    g_free(endpoint->given);
    g_free(endpoint->text);
    g_free(endpoint->base);
    g_free(endpoint->origin);
    g_free(endpoint->gateway);
    g_free(endpoint->scheme);
    g_free(endpoint->host);
    g_free(endpoint->root);
    g_free(endpoint->datanode_map);
}

void kx_endpoint_clear(struct kx_endpoint *endpoint)
{
    struct kx_endpoint *next;
    free_fields(endpoint);
    for (struct kx_endpoint *at = endpoint->next; at; at = next) {
        next = at->next;
        free_fields(at);
        g_free(at);
    }
    *endpoint = (struct kx_endpoint){0};
}

static void copy_fields(struct kx_endpoint *to, const struct kx_endpoint *from)
{
    *to = (struct kx_endpoint){
        .given = g_strdup(from->given),
        .text = g_strdup(from->text),
        .base = g_strdup(from->base),
        .origin = g_strdup(from->origin),
        .gateway = g_strdup(from->gateway),
        .scheme = g_strdup(from->scheme),
        .host = g_strdup(from->host),
        .port = from->port,
        .root = g_strdup(from->root),
        .datanode_map = g_strdup(from->datanode_map),
    };
}

void kx_endpoint_copy(struct kx_endpoint *to, const struct kx_endpoint *from)
{
    struct kx_endpoint **end = &to->next;
    copy_fields(to, from);
    for (const struct kx_endpoint *at = from->next; at; at = at->next) {
        *end = g_new0(struct kx_endpoint, 1);
        copy_fields(*end, at);
        end = &(*end)->next;
    }
}
