/* The only place where URLs and their parts are put together and taken apart (RFC 3986).
 *
 * Paths here are HDFS paths: absolute, decoded bytes, no "." or ".." component, no empty component,
 * "/" for the root. Threads: pure functions. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/** Append "/a%20b/c": every byte outside A-Z a-z 0-9 - . _ ~ and the separators is percent-encoded.
 */
void kx_url_append_path(GString *url, const char *path);

/** Append "?name=value" or "&name=value" with the value encoded; a NULL value appends nothing. On a
 * string that is empty or begins with '&' it is always "&name=value": a list of more parameters. */
void kx_url_append_query(GString *url, const char *name, const char *value);
void kx_url_append_query_int(GString *url, const char *name, int64_t value);

/* A URL in its parts, still percent-encoded; NULL and -1: not there. An IPv6 host has no brackets.
 */
struct kx_url_parts {
    char *scheme, *userinfo, *host, *path, *query, *fragment;
    int port;
};

/** Take a URL apart.  @relaxed forgives characters that should have been encoded.  @return false:
 * it is none, and *out is untouched. */
bool kx_url_split(const char *url, bool relaxed, struct kx_url_parts *out);
void kx_url_parts_clear(struct kx_url_parts *parts);

/** Append "scheme://host:port", without a port when it is not above 0. */
void kx_url_append_origin(GString *url, const char *scheme, const char *host, int port);

/** Are these the characters of a host name, an IPv4 address or an IPv6 address without brackets? */
bool kx_url_host_valid(const char *host);

/** Is this a path that HDFS can hold?  @return 0; -EINVAL with the reason (a ':' in a component,
 * "." or "..", empty component, NUL excluded by type), -ENAMETOOLONG (component over 255 bytes, or
 * the encoded path over KX_URL_PATH_MAX), -EILSEQ (not UTF-8). */
int kx_path_check(const char *path, struct kx_error *err);
#define KX_NAME_MAX 255 /* bytes of one component: dfs.namenode.fs-limits.max-component-length */
#define KX_URL_PATH_MAX                                                                            \
    3800 /* encoded bytes: a DataNode refuses request lines above 4 KiB (measured) */

/** "/a//b/" = "/a/b", "" = "/", as people write a directory; checked by kx_path_check. @out owned.
 */
int kx_path_tidy(const char *path, char **out, struct kx_error *err);

/** "/a" + "b" = "/a/b"; "/" + "b" = "/b".  @return owned. */
char *kx_path_join(const char *directory, const char *name);

/* One place where WebHDFS is served. */
struct kx_endpoint {
    char *given;   /* as given by the user, without userinfo: perhaps a list */
    char *text;    /* this server's part of it, as a URL of its own */
    char *base;    /* "http://host:9870/webhdfs/v1": in front of every encoded path */
    char *origin;  /* "http://host:9870" */
    char *gateway; /* "/gateway/TOPOLOGY", encoded, between the two; "": no gateway */
    char *scheme;  /* "http" or "https" */
    char *host;
    int port;
    char *root;               /* HDFS directory, decoded: "/" or "/a/b" */
    char *datanode_map;       /* where redirects really go (redirect.h); NULL: where they say */
    struct kx_endpoint *next; /* owned: where the same is served, too; of the same scheme, gateway
                                 and root; NULL: the last one */
};
#define KX_ENDPOINTS_MAX 16 /* of a list */

/** Take apart http[s]://host[:port][/path], webhdfs://..., swebhdfs://... A path that begins with
 * /webhdfs/v1 has it cut off (people paste it). /gateway/TOPOLOGY in front of the path is Knox's,
 * and so are any two names in front of /webhdfs/v1. Default ports: 9870 for http and webhdfs, 9871
 * for https and swebhdfs, 8443 of a gateway.
 * Several servers of the same files are a list with commas: "http://nn1:9870,nn2:9870/a", or whole
 * URLs, of which the last or each has the path.
 *  @out filled on 0; free by kx_endpoint_clear.  @return -EINVAL with what is wrong and what is
 * expected. */
int kx_endpoint_parse(const char *text, struct kx_endpoint *out, struct kx_error *err);

/** The other reading of the same text: Knox's gateway.path need not be "gateway", and HDFS may have
 * a folder of that name. Who knows it is the server, which is to be asked.
 *  @out filled when there is one. */
bool kx_endpoint_other(const struct kx_endpoint *endpoint, struct kx_endpoint *out);
void kx_endpoint_clear(struct kx_endpoint *endpoint);

/** Let it, and those of its list, begin at another directory.  @root decoded, as in the struct. */
void kx_endpoint_set_root(struct kx_endpoint *endpoint, const char *root);

/** Fill *to with copies of *from and its list; what *to held before is not freed. */
void kx_endpoint_copy(struct kx_endpoint *to, const struct kx_endpoint *from);
