#include <errno.h>
#include <string.h>

#include "rest/webhdfs_call.h"

#define VALUE_BYTES_MAX                                                                            \
    ((size_t)16 * 1024) /* dfs.namenode.fs-limits.max-xattr-size, name included */

int kx_webhdfs_list_xattrs(struct kx_client *c, const char *path, const struct kx_call *call,
                           char ***names, struct kx_error *err)
{
    const struct kx_ask ask = {c, KX_LISTXATTRS, path, NULL, call, 0};
    g_autoptr(GBytes) body = NULL;
    int rc = kx_ask_body(&ask, &body, err);
    return rc < 0 ? rc : kx_ask_about(&ask, kx_json_read_xattr_names(body, names, err), err);
}

int kx_webhdfs_get_xattr(struct kx_client *c, const char *path, const char *name,
                         const struct kx_call *call, GBytes **value, struct kx_error *err)
{
    g_autofree char *params = kx_params_new("xattr.name", name, "encoding", "hex", NULL);
    const struct kx_ask ask = {c, KX_GETXATTRS, path, params, call, 0};
    g_autoptr(GBytes) body = NULL;
    int rc = kx_ask_body(&ask, &body, err);
    return rc < 0 ? rc : kx_ask_about(&ask, kx_json_read_xattr(body, name, value, err), err);
}

struct wanted {
    const char *name;
    GBytes *value; /* NULL: the attribute shall be gone */
};

static enum kx_fate fate_of_change(const struct kx_ask *ask, const void *context)
{
    const struct wanted *wanted = context;
    g_autoptr(GBytes) found = NULL;
    int rc = kx_webhdfs_get_xattr(ask->client, ask->path, wanted->name, ask->call, &found, NULL);
    if (rc < 0 && rc != -ENODATA) return KX_FATE_UNKNOWN;
    bool there = rc == 0, same = there && wanted->value && g_bytes_equal(found, wanted->value);
    return same || (!there && !wanted->value) ? KX_FATE_DONE : KX_FATE_UNDONE;
}

static char *hex(const unsigned char *bytes, size_t length)
{
    GString *text = g_string_sized_new(2 + 2 * length);
    g_string_append(text, "0x");
    for (size_t i = 0; i < length; i++)
        g_string_append_printf(text, "%02x", bytes[i]);
    return g_string_free(text, FALSE);
}

int kx_webhdfs_set_xattr(struct kx_client *c, const char *path, const char *name, const void *value,
                         size_t length, enum kx_xattr_how how, const struct kx_call *call,
                         struct kx_error *err)
{
    static const char *const FLAGS[] = {[KX_XATTR_ANY] = "CREATE,REPLACE",
                                        [KX_XATTR_CREATE] = "CREATE",
                                        [KX_XATTR_REPLACE] = "REPLACE"};
    if (length > VALUE_BYTES_MAX)
        return kx_error_set(err, E2BIG, "an attribute of %zu bytes; HDFS allows %zu", length,
                            VALUE_BYTES_MAX);
    g_autofree char *text = length > 0 ? hex(value, length) : NULL;
    g_autofree char *params =
        kx_params_new("xattr.name", name, "xattr.value", text, "flag", FLAGS[how], NULL);
    g_autoptr(GBytes) bytes = g_bytes_new(value, length);
    const struct wanted wanted = {name, bytes};
    const struct kx_ask ask = {c, KX_SETXATTR, path, params, call, 0};
    return kx_ask_done_settled(&ask, fate_of_change, &wanted, err);
}

int kx_webhdfs_remove_xattr(struct kx_client *c, const char *path, const char *name,
                            const struct kx_call *call, struct kx_error *err)
{
    g_autofree char *params = kx_params_new("xattr.name", name, NULL);
    const struct wanted wanted = {name, NULL};
    const struct kx_ask ask = {c, KX_REMOVEXATTR, path, params, call, 0};
    return kx_ask_done_settled(&ask, fate_of_change, &wanted, err);
}
