#include "rest/redirect.h"

#include <errno.h>
#include <string.h>

#include "rest/near.h"

#define LOCATION_MAX ((size_t)16 * 1024)
#define SERVICE      "/webhdfs/v1"

static int text_check(const char *location, struct kx_error *err)
{
    if (!location || !*location)
        return kx_error_set(err, EPROTO, "the server redirects without a Location");
    if (strnlen(location, LOCATION_MAX + 1) > LOCATION_MAX)
        return kx_error_set(err, EPROTO, "the redirect's Location is longer than %zu bytes",
                            LOCATION_MAX);
    for (const char *at = location; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f || *at == '\\')
            return kx_error_set(err, EPROTO, "the redirect's Location has a control character");
    return 0;
}

/* "HOST", "HOST:PORT" or "[V6]:PORT" in its parts.  @host owned; @port -1: none.  @return whether
 * it is one. */
static bool place_split(const char *text, char **host, int *port)
{
    __attribute__((cleanup(kx_url_parts_clear))) struct kx_url_parts parts = {.port = -1};
    g_autofree char *url = g_strconcat("http://", text, NULL);
    bool bare = !strpbrk(text, "/?#@");
    if (!bare || !kx_url_split(url, false, &parts) || !parts.host) return false;
    if (!kx_url_host_valid(parts.host) || parts.port == 0) return false;
    *host = g_steal_pointer(&parts.host);
    *port = parts.port;
    return true;
}

/* One entry of a map. */
struct mapping {
    char *from, *to; /* hosts, owned; from NULL: any */
    int from_port, to_port;
};

static bool mapping_parse(const char *entry, struct mapping *out)
{
    *out = (struct mapping){.from_port = -1, .to_port = -1};
    g_auto(GStrv) sides = g_strsplit(entry, "=", -1);
    if (g_strv_length(sides) != 2) return false;
    bool any = strcmp(sides[0], "*") == 0;
    return (any || place_split(sides[0], &out->from, &out->from_port)) &&
           place_split(sides[1], &out->to, &out->to_port);
}

static void mapping_clear(struct mapping *mapping)
{
    g_free(mapping->from);
    g_free(mapping->to);
}

int kx_redirect_map_check(const char *map, struct kx_error *err)
{
    if (!*map) return kx_error_set(err, EINVAL, "\"\" is no FROM=TO");
    g_auto(GStrv) entries = g_strsplit(map, ";", -1);
    for (char **entry = entries; *entry; entry++) {
        __attribute__((cleanup(mapping_clear))) struct mapping mapping = {0};
        if (!mapping_parse(*entry, &mapping))
            return kx_error_set(err, EINVAL,
                                "\"%s\" is no FROM=TO: HOST[:PORT] (or *) and HOST[:PORT] are "
                                "expected",
                                *entry);
    }
    return 0;
}

/* Containers and NAT: a DataNode is not where the NameNode thinks. The first entry that fits.
 *  @return whether there is one. */
static bool map_host(const char *map, struct kx_url_parts *parts)
{
    g_auto(GStrv) entries = g_strsplit(map, ";", -1);
    for (char **entry = entries; *entry; entry++) {
        __attribute__((cleanup(mapping_clear))) struct mapping mapping = {0};
        if (!mapping_parse(*entry, &mapping)) continue;
        if (mapping.from && g_ascii_strcasecmp(mapping.from, parts->host) != 0) continue;
        if (mapping.from_port > 0 && mapping.from_port != parts->port) continue;
        g_free(parts->host);
        parts->host = g_steal_pointer(&mapping.to);
        if (mapping.to_port > 0) parts->port = mapping.to_port;
        return true;
    }
    return false;
}

/* Back to where it came from: that is no DataNode, and known to be reachable. */
static bool is_home(const struct kx_endpoint *from, const struct kx_url_parts *parts)
{
    int usual = g_ascii_strcasecmp(parts->scheme, "https") == 0 ? 443 : 80;
    return (parts->port > 0 ? parts->port : usual) == from->port &&
           g_ascii_strcasecmp(parts->host, from->host) == 0 &&
           g_ascii_strcasecmp(parts->scheme, from->scheme) == 0;
}

static int parts_check(const struct kx_url_parts *parts, const struct kx_endpoint *from,
                       struct kx_error *err)
{
    if (!parts->scheme || !parts->host)
        return kx_error_set(err, EPROTO, "the redirect's Location is not absolute");
    bool tls = g_ascii_strcasecmp(parts->scheme, "https") == 0;
    if (!tls && g_ascii_strcasecmp(parts->scheme, "http") != 0)
        return kx_error_set(err, EPROTO, "the server redirects to a URL that is not http(s)");
    if (!tls && g_str_equal(from->scheme, "https"))
        return kx_error_set(err, EPROTO, "the server redirects from https to http");
    if (parts->userinfo) return kx_error_set(err, EPROTO, "the redirect's Location carries a user");
    if (parts->fragment)
        return kx_error_set(err, EPROTO, "the redirect's Location carries a fragment");
    if (!kx_url_host_valid(parts->host) || parts->port == 0)
        return kx_error_set(err, EPROTO, "the redirect's Location names no valid host");
    return 0;
}

/* Where the service's own path ends: behind the first "/webhdfs/v1" that is whole components. A
 * gateway has ".../webhdfs/data/v1/webhdfs/v1/PATH" (Knox 2.0.0, recorded). */
static const char *service_end(const char *path)
{
    for (const char *at = path; (at = strstr(at, SERVICE)); at++) {
        const char *end = at + strlen(SERVICE);
        if (!*end || *end == '/') return end;
    }
    return NULL;
}

/* What a server sent goes into a request line: anything that is not plain there is encoded. */
static void append_safely(GString *url, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c > 0x20 && c < 0x7f && !strchr("\"<>^`{|}", c))
            g_string_append_c(url, (char)c);
        else
            g_string_append_printf(url, "%%%02X", c);
    }
}

static char *compose(const struct kx_url_parts *parts, const char *service, const char *path)
{
    GString *url = g_string_new(NULL);
    g_autofree char *scheme = g_ascii_strdown(parts->scheme, -1);
    kx_url_append_origin(url, scheme, parts->host, parts->port);
    append_safely(url, parts->path, (size_t)(service - parts->path));
    kx_url_append_path(url, path);
    if (parts->query) {
        g_string_append_c(url, '?');
        append_safely(url, parts->query, strlen(parts->query));
    }
    return g_string_free(url, FALSE);
}

int kx_redirect_host_check(const char *from, const char *address, const char *host,
                           const char *advice, struct kx_error *err)
{
    enum kx_near near = kx_near_of(host);
    if (near == KX_NEAR_NOT || near == kx_near_of(from)) return 0;
    if (address && near == kx_near_of(address)) return 0;
    return kx_error_set(err, EPROTO,
                        "%s leads to %.64s, which is another machine there than %s; %s", from, host,
                        near == KX_NEAR_WIRE ? "on the network here" : "here", advice);
}

char *kx_redirect_map_same(const char *host)
{
    bool v6 = strchr(host, ':') != NULL;
    return g_strdup_printf(v6 ? "[%.64s]=[%.64s]" : "%.64s=%.64s", host, host);
}

static int near_check(const struct kx_endpoint *from, const char *address, const char *host,
                      struct kx_error *err)
{
    g_autofree char *same = kx_redirect_map_same(host);
    g_autofree char *advice =
        g_strdup_printf("if its DataNodes are really there, mount with -o datanode_map=%s", same);
    return kx_redirect_host_check(from->host, address, host, advice, err);
}

int kx_redirect_judge(const struct kx_endpoint *from, const char *address, const char *location,
                      const char *path, char **out, struct kx_error *err)
{
    int rc = text_check(location, err);
    if (rc < 0) return rc;
    __attribute__((cleanup(kx_url_parts_clear))) struct kx_url_parts parts = {.port = -1};
    if (!kx_url_split(location, true, &parts))
        return kx_error_set(err, EPROTO, "the redirect's Location is no URL");
    rc = parts_check(&parts, from, err);
    if (rc < 0) return rc;
    bool mapped =
        from->datanode_map && !is_home(from, &parts) && map_host(from->datanode_map, &parts);
    if (!mapped) rc = near_check(from, address, parts.host, err);
    if (rc < 0) return rc;
    const char *service = service_end(parts.path);
    if (!service)
        return kx_error_set(err, EPROTO, "the server redirects to a path without " SERVICE);
    *out = compose(&parts, service, path);
    return 0;
}
