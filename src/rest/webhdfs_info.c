/* Sums, places and what the server says of itself. */
#include <errno.h>

#include "rest/features.h"
#include "rest/webhdfs_call.h"

int kx_webhdfs_content_summary(struct kx_client *c, const char *path, const struct kx_call *call,
                               struct kx_content_summary *out, struct kx_error *err)
{
    const struct kx_ask ask = {c, KX_GETCONTENTSUMMARY, path, NULL, call, 0};
    return kx_ask_read(&ask, &kx_json_content_summary, out, err);
}

int kx_webhdfs_quota_usage(struct kx_client *c, const char *path, const struct kx_call *call,
                           struct kx_quota_usage *out, struct kx_error *err)
{
    const struct kx_ask ask = {c, KX_GETQUOTAUSAGE, path, NULL, call, 0};
    return kx_ask_read(&ask, &kx_json_quota_usage, out, err);
}

/* The server's words are the other way round: -1 clears a quota, and one that is not named stays.
 */
static void append_quota(GString *params, const char *name, int64_t quota)
{
    if (quota == -1) return;
    kx_url_append_query_int(params, name, quota == INT64_MAX ? -1 : quota);
}

int kx_webhdfs_set_quota(struct kx_client *c, const char *path, int64_t names, int64_t space,
                         const struct kx_call *call, struct kx_error *err)
{
    g_autoptr(GString) params = g_string_new(NULL);
    append_quota(params, "namespacequota", names);
    append_quota(params, "storagespacequota", space);
    const struct kx_ask ask = {c, KX_SETQUOTA, path, params->str, call, 0};
    return params->len == 0 ? 0 : kx_ask_done(&ask, err);
}

int kx_webhdfs_set_type_quota(struct kx_client *c, const char *path, const char *type,
                              int64_t space, const struct kx_call *call, struct kx_error *err)
{
    g_autoptr(GString) params = g_string_new(NULL);
    kx_url_append_query(params, "storagetype", type);
    append_quota(params, "storagespacequota", space);
    const struct kx_ask ask = {c, KX_SETQUOTABYSTORAGETYPE, path, params->str, call, 0};
    return space == -1 ? 0 : kx_ask_done(&ask, err);
}

void kx_checksum_clear(struct kx_checksum *sum)
{
    g_free(sum->algorithm);
    g_free(sum->bytes);
    *sum = (struct kx_checksum){0};
}

int kx_webhdfs_checksum(struct kx_client *c, const char *path, const struct kx_call *call,
                        struct kx_checksum *out, struct kx_error *err)
{
    const struct kx_ask ask = {c, KX_GETFILECHECKSUM, path, NULL, call, 0};
    return kx_ask_read(&ask, &kx_json_checksum, out, err);
}

static void location_clear(gpointer element)
{
    struct kx_block_location *location = element;
    g_strfreev(location->hosts);
    g_strfreev(location->names);
}

int kx_webhdfs_block_locations(struct kx_client *c, const char *path, int64_t offset,
                               int64_t length, const struct kx_call *call, GArray **out,
                               struct kx_error *err)
{
    g_autoptr(GString) params = g_string_new(NULL);
    kx_url_append_query_int(params, "offset", offset);
    kx_url_append_query_int(params, "length", length);
    const struct kx_ask ask = {c,    KX_GETFILEBLOCKLOCATIONS, path, params->str,
                               call, KX_ARRAY_BYTES_MAX};
    return kx_ask_array(&ask, &kx_json_block_locations, location_clear, out, err);
}

int kx_webhdfs_space(struct kx_client *c, const struct kx_call *call, struct kx_space *out,
                     struct kx_error *err)
{
    struct kx_features *features = kx_client_features(c);
    const struct kx_ask ask = {c, KX_GETSTATUS, "/", NULL, call, 0};
    if (kx_feature_get(features, KX_FEATURE_SPACE) == KX_NO)
        return kx_ask_about(&ask, kx_error_set(err, EOPNOTSUPP, "the server has no GETSTATUS"),
                            err);
    int rc = kx_ask_read(&ask, &kx_json_space, out, err);
    if (rc == 0) kx_feature_set(features, KX_FEATURE_SPACE, KX_YES);
    if (rc == -EOPNOTSUPP) kx_feature_set(features, KX_FEATURE_SPACE, KX_NO);
    return rc;
}

int kx_webhdfs_server_defaults(struct kx_client *c, const struct kx_call *call,
                               struct kx_server_defaults *out, struct kx_error *err)
{
    const struct kx_ask ask = {c, KX_GETSERVERDEFAULTS, "/", NULL, call, 0};
    return kx_ask_read(&ask, &kx_json_server_defaults, out, err);
}

static int ask_path(const struct kx_ask *ask, char **out, struct kx_error *err)
{
    g_autofree char *path = NULL;
    int rc = kx_ask_read(ask, &kx_json_path, &path, err);
    if (rc < 0) return rc;
    if (kx_path_check(path, NULL) < 0)
        return kx_ask_about(ask, kx_error_set(err, EPROTO, "the answer is no path: %s", path), err);
    *out = g_steal_pointer(&path);
    return 0;
}

int kx_webhdfs_home(struct kx_client *c, const struct kx_call *call, char **out,
                    struct kx_error *err)
{
    const struct kx_ask ask = {c, KX_GETHOMEDIRECTORY, "/", NULL, call, 0};
    return ask_path(&ask, out, err);
}

int kx_webhdfs_trash_root(struct kx_client *c, const char *path, const struct kx_call *call,
                          char **out, struct kx_error *err)
{
    const struct kx_ask ask = {c, KX_GETTRASHROOT, path, NULL, call, 0};
    return ask_path(&ask, out, err);
}
