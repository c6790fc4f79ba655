#include <errno.h>

#include "rest/webhdfs_call.h"

int kx_webhdfs_get_token(struct kx_client *c, const char *renewer, const struct kx_call *call,
                         char **token, struct kx_error *err)
{
    g_autofree char *params = kx_params_new("renewer", renewer, NULL);
    const struct kx_ask ask = {c, KX_GETDELEGATIONTOKEN, "/", params, call, 0};
    int rc = kx_ask_read(&ask, &kx_json_token, token, err);
    if (rc != -ENODATA) return rc;
    rc = kx_error_set(err, EOPNOTSUPP, "the server issues no delegation tokens");
    return kx_ask_about(&ask, rc, err);
}

int kx_webhdfs_renew_token(struct kx_client *c, const char *token, const struct kx_call *call,
                           int64_t *expires_ms, struct kx_error *err)
{
    g_autofree char *params = kx_params_new("token", token, NULL);
    const struct kx_ask ask = {c, KX_RENEWDELEGATIONTOKEN, "/", params, call, 0};
    return kx_ask_read(&ask, &kx_json_long, expires_ms, err);
}

static enum kx_fate fate_of_cancel(const struct kx_ask *ask, const void *context)
{
    int64_t expires_ms;
    int rc = kx_webhdfs_renew_token(ask->client, context, ask->call, &expires_ms, NULL);
    if (rc == -EACCES) return KX_FATE_DONE;
    return rc == 0 ? KX_FATE_UNDONE : KX_FATE_UNKNOWN;
}

int kx_webhdfs_cancel_token(struct kx_client *c, const char *token, const struct kx_call *call,
                            struct kx_error *err)
{
    g_autofree char *params = kx_params_new("token", token, NULL);
    const struct kx_ask ask = {c, KX_CANCELDELEGATIONTOKEN, "/", params, call, 0};
    return kx_ask_done_settled(&ask, fate_of_cancel, token, err);
}
