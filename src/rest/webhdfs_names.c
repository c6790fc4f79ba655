/* Attributes and names, but for RENAME (webhdfs_rename.c). */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "rest/webhdfs_call.h"

#define SOURCES_BYTES_MAX ((size_t)32 * 1024) /* of CONCAT in a URL; a NameNode takes 64 KiB */

int kx_webhdfs_stat(struct kx_client *c, const char *path, const struct kx_call *call,
                    struct kx_status *out, struct kx_error *err)
{
    const struct kx_ask ask = {c, KX_GETFILESTATUS, path, NULL, call, 0};
    g_autoptr(GBytes) body = NULL;
    int rc = kx_ask_body(&ask, &body, err);
    return rc < 0 ? rc : kx_ask_about(&ask, kx_json_status(body, out, err), err);
}

static char *octal(uint32_t mode)
{
    return g_strdup_printf("%o", mode & 07777);
}

int kx_webhdfs_mkdirs(struct kx_client *c, const char *path, uint32_t mode,
                      const struct kx_call *call, struct kx_error *err)
{
    g_autofree char *permission = octal(mode);
    g_autofree char *params = kx_params_new("permission", permission, NULL);
    const struct kx_ask ask = {c, KX_MKDIRS, path, params, call, 0};
    bool done;
    int rc = kx_ask_read(&ask, &kx_json_boolean, &done, err);
    if (rc < 0 || done) return rc;
    return kx_ask_about(&ask, kx_error_set(err, EIO, "the server did not make the directory"), err);
}

static enum kx_fate fate_of_delete(const struct kx_ask *ask, const void *context)
{
    (void)context;
    return kx_fate_of_path(ask, ask->path, false);
}

int kx_webhdfs_delete(struct kx_client *c, const char *path, bool recursive,
                      const struct kx_call *call, struct kx_error *err)
{
    g_autofree char *params = kx_params_new("recursive", recursive ? "true" : "false", NULL);
    const struct kx_ask ask = {c, KX_DELETE, path, params, call, 0};
    g_autoptr(GBytes) body = NULL;
    bool maybe, done = false;
    if (g_str_equal(path, "/"))
        return kx_ask_about(&ask, kx_error_set(err, EBUSY, "the root cannot be deleted"), err);
    int rc = kx_ask_settled(&ask, fate_of_delete, NULL, &body, &maybe, err);
    if (rc < 0 || !body) return rc;
    rc = kx_json_read(body, &kx_json_boolean, &done, err);
    if (rc == 0 && !done && !maybe) rc = kx_error_set(err, ENOENT, "there is nothing to delete");
    return kx_ask_about(&ask, rc, err);
}

int kx_webhdfs_set_permission(struct kx_client *c, const char *path, uint32_t mode,
                              const struct kx_call *call, struct kx_error *err)
{
    g_autofree char *permission = octal(mode);
    g_autofree char *params = kx_params_new("permission", permission, NULL);
    const struct kx_ask ask = {c, KX_SETPERMISSION, path, params, call, 0};
    return kx_ask_done(&ask, err);
}

int kx_webhdfs_set_owner(struct kx_client *c, const char *path, const char *owner,
                         const char *group, const struct kx_call *call, struct kx_error *err)
{
    if (!owner && !group) return 0;
    g_autofree char *params = kx_params_new("owner", owner, "group", group, NULL);
    const struct kx_ask ask = {c, KX_SETOWNER, path, params, call, 0};
    return kx_ask_done(&ask, err);
}

int kx_webhdfs_set_times(struct kx_client *c, const char *path, int64_t mtime_ms, int64_t atime_ms,
                         const struct kx_call *call, struct kx_error *err)
{
    g_autoptr(GString) params = g_string_new(NULL);
    kx_url_append_query_int(params, "modificationtime", mtime_ms);
    kx_url_append_query_int(params, "accesstime", atime_ms);
    const struct kx_ask ask = {c, KX_SETTIMES, path, params->str, call, 0};
    return kx_ask_done(&ask, err);
}

int kx_webhdfs_set_replication(struct kx_client *c, const char *path, unsigned replication,
                               const struct kx_call *call, struct kx_error *err)
{
    g_autoptr(GString) params = g_string_new(NULL);
    kx_url_append_query_int(params, "replication", replication);
    const struct kx_ask ask = {c, KX_SETREPLICATION, path, params->str, call, 0};
    bool done;
    int rc = kx_ask_read(&ask, &kx_json_boolean, &done, err);
    if (rc < 0 || done) return rc;
    return kx_ask_about(&ask, kx_error_set(err, EINVAL, "a directory has no replication"), err);
}

static enum kx_fate fate_of_truncate(const struct kx_ask *ask, const void *context)
{
    const int64_t *length = context;
    struct kx_status status = {0};
    int rc = kx_look(ask, ask->path, &status);
    int64_t now = status.length;
    kx_status_clear(&status);
    if (rc < 0 || now < *length) return KX_FATE_UNKNOWN;
    return now == *length ? KX_FATE_DONE : KX_FATE_UNDONE;
}

int kx_webhdfs_truncate(struct kx_client *c, const char *path, int64_t length,
                        const struct kx_call *call, bool *done, struct kx_error *err)
{
    g_autoptr(GString) params = g_string_new(NULL);
    kx_url_append_query_int(params, "newlength", length);
    const struct kx_ask ask = {c, KX_TRUNCATE, path, params->str, call, 0};
    g_autoptr(GBytes) body = NULL;
    bool maybe;
    int rc = kx_ask_settled(&ask, fate_of_truncate, &length, &body, &maybe, err);
    if (rc < 0) return rc;
    *done = false; /* also when only looking told: block recovery may still be going on */
    if (body) rc = kx_json_read(body, &kx_json_boolean, done, err);
    return kx_ask_about(&ask, rc, err);
}

static enum kx_fate fate_of_concat(const struct kx_ask *ask, const void *context)
{
    const char *const *sources = context;
    return kx_fate_of_path(ask, sources[0], false);
}

/* "/a,/b": the server splits at every comma, whether it was encoded or not. */
static int join_sources(const char *const *sources, GString *out, struct kx_error *err)
{
    for (; *sources; sources++) {
        int rc = kx_path_check(*sources, err);
        if (rc < 0) return rc;
        if (strchr(*sources, ','))
            return kx_error_set(err, EINVAL, "CONCAT takes no source with a ',' in its name");
        g_string_append_printf(out, "%s%s", out->len ? "," : "", *sources);
    }
    return 0;
}

int kx_webhdfs_concat(struct kx_client *c, const char *path, const char *const *sources,
                      const struct kx_call *call, struct kx_error *err)
{
    g_autoptr(GString) joined = g_string_new(NULL);
    int rc = join_sources(sources, joined, err);
    g_autofree char *params = kx_params_new("sources", joined->str, NULL);
    const struct kx_ask ask = {c, KX_CONCAT, path, params, call, 0};
    if (rc == 0 && strlen(params) > SOURCES_BYTES_MAX)
        rc = kx_error_set(err, E2BIG, "too many sources for one URL");
    if (rc < 0 || !sources[0]) return kx_ask_about(&ask, rc, err);
    return kx_ask_done_settled(&ask, fate_of_concat, sources, err);
}

int kx_webhdfs_check_access(struct kx_client *c, const char *path, int mask,
                            const struct kx_call *call, struct kx_error *err)
{
    const char action[] = {mask & R_OK ? 'r' : '-', mask & W_OK ? 'w' : '-',
                           mask & X_OK ? 'x' : '-', '\0'};
    g_autofree char *params = kx_params_new("fsaction", action, NULL);
    const struct kx_ask ask = {c, KX_CHECKACCESS, path, params, call, 0};
    return kx_ask_done(&ask, err);
}
