/* Storage policies and erasure-coding policies. */
#include <errno.h>

#include "rest/webhdfs_call.h"

void kx_storage_policy_clear(struct kx_storage_policy *policy)
{
    g_free(policy->name);
    g_strfreev(policy->storage_types);
    *policy = (struct kx_storage_policy){0};
}

static void policy_clear(gpointer element)
{
    kx_storage_policy_clear(element);
}

int kx_webhdfs_storage_policies(struct kx_client *c, const struct kx_call *call, GArray **out,
                                struct kx_error *err)
{
    const struct kx_ask ask = {c, KX_GETALLSTORAGEPOLICY, "/", NULL, call, 0};
    return kx_ask_array(&ask, &kx_json_storage_policies, policy_clear, out, err);
}

int kx_webhdfs_get_storage_policy(struct kx_client *c, const char *path, const struct kx_call *call,
                                  struct kx_storage_policy *out, struct kx_error *err)
{
    const struct kx_ask ask = {c, KX_GETSTORAGEPOLICY, path, NULL, call, 0};
    return kx_ask_read(&ask, &kx_json_storage_policy, out, err);
}

int kx_webhdfs_set_storage_policy(struct kx_client *c, const char *path, const char *name,
                                  const struct kx_call *call, struct kx_error *err)
{
    g_autofree char *params = kx_params_new("storagepolicy", name, NULL);
    const struct kx_ask ask = {c, KX_SETSTORAGEPOLICY, path, params, call, 0};
    return kx_ask_done(&ask, err);
}

int kx_webhdfs_unset_storage_policy(struct kx_client *c, const char *path,
                                    const struct kx_call *call, struct kx_error *err)
{
    const struct kx_ask ask = {c, KX_UNSETSTORAGEPOLICY, path, NULL, call, 0};
    return kx_ask_done(&ask, err);
}

int kx_webhdfs_satisfy_storage_policy(struct kx_client *c, const char *path,
                                      const struct kx_call *call, struct kx_error *err)
{
    const struct kx_ask ask = {c, KX_SATISFYSTORAGEPOLICY, path, NULL, call, 0};
    return kx_ask_done(&ask, err);
}

int kx_webhdfs_get_ec_policy(struct kx_client *c, const char *path, const struct kx_call *call,
                             char **name, struct kx_error *err)
{
    const struct kx_ask ask = {c, KX_GETECPOLICY, path, NULL, call, 0};
    g_autofree char *found = NULL;
    KX_ERROR_AUTO(own);
    int rc = kx_ask_read(&ask, &kx_json_ec_policy, &found, &own);
    if (rc < 0 && rc != -ENODATA) return kx_error_hand(&own, rc, err);
    *name = g_steal_pointer(&found);
    return 0;
}

int kx_webhdfs_ec_policies(struct kx_client *c, const struct kx_call *call, char ***names,
                           struct kx_error *err)
{
    const struct kx_ask ask = {c, KX_GETECPOLICIES, "/", NULL, call, 0};
    g_autoptr(GBytes) body = NULL;
    int rc = kx_ask_body(&ask, &body, err);
    return rc < 0 ? rc : kx_ask_about(&ask, kx_json_read_ec_policies(body, names, err), err);
}

int kx_webhdfs_set_ec_policy(struct kx_client *c, const char *path, const char *name,
                             const struct kx_call *call, struct kx_error *err)
{
    g_autofree char *params = kx_params_new("ecpolicy", name, NULL);
    const struct kx_ask ask = {c, KX_SETECPOLICY, path, params, call, 0};
    return kx_ask_done(&ask, err);
}

static enum kx_fate fate_of_unset(const struct kx_ask *ask, const void *context)
{
    g_autofree char *name = NULL;
    (void)context;
    int rc = kx_webhdfs_get_ec_policy(ask->client, ask->path, ask->call, &name, NULL);
    if (rc < 0) return KX_FATE_UNKNOWN;
    return name ? KX_FATE_UNDONE : KX_FATE_DONE;
}

int kx_webhdfs_unset_ec_policy(struct kx_client *c, const char *path, const struct kx_call *call,
                               struct kx_error *err)
{
    const struct kx_ask ask = {c, KX_UNSETECPOLICY, path, NULL, call, 0};
    return kx_ask_done_settled(&ask, fate_of_unset, NULL, err);
}
