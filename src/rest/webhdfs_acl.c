#include "rest/webhdfs_call.h"

void kx_acl_clear(struct kx_acl *acl)
{
    g_free(acl->owner);
    g_free(acl->group);
    g_strfreev(acl->entries);
    *acl = (struct kx_acl){0};
}

int kx_webhdfs_get_acl(struct kx_client *c, const char *path, const struct kx_call *call,
                       struct kx_acl *out, struct kx_error *err)
{
    const struct kx_ask ask = {c, KX_GETACLSTATUS, path, NULL, call, 0};
    return kx_ask_read(&ask, &kx_json_acl, out, err);
}

int kx_webhdfs_set_acl(struct kx_client *c, const char *path, const char *spec,
                       const struct kx_call *call, struct kx_error *err)
{
    g_autofree char *params = kx_params_new("aclspec", spec, NULL);
    const struct kx_ask ask = {c, KX_SETACL, path, params, call, 0};
    return kx_ask_done(&ask, err);
}

int kx_webhdfs_modify_acl(struct kx_client *c, const char *path, const char *spec,
                          const struct kx_call *call, struct kx_error *err)
{
    g_autofree char *params = kx_params_new("aclspec", spec, NULL);
    const struct kx_ask ask = {c, KX_MODIFYACLENTRIES, path, params, call, 0};
    return kx_ask_done(&ask, err);
}

int kx_webhdfs_remove_acl_entries(struct kx_client *c, const char *path, const char *spec,
                                  const struct kx_call *call, struct kx_error *err)
{
    g_autofree char *params = kx_params_new("aclspec", spec, NULL);
    const struct kx_ask ask = {c, KX_REMOVEACLENTRIES, path, params, call, 0};
    return kx_ask_done(&ask, err);
}

int kx_webhdfs_remove_default_acl(struct kx_client *c, const char *path, const struct kx_call *call,
                                  struct kx_error *err)
{
    const struct kx_ask ask = {c, KX_REMOVEDEFAULTACL, path, NULL, call, 0};
    return kx_ask_done(&ask, err);
}

int kx_webhdfs_remove_acl(struct kx_client *c, const char *path, const struct kx_call *call,
                          struct kx_error *err)
{
    const struct kx_ask ask = {c, KX_REMOVEACL, path, NULL, call, 0};
    return kx_ask_done(&ask, err);
}
