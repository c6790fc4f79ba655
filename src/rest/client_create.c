/* Where a CREATE's redirect leads to tells whether the server heeds createparent=.
 *
 * HttpFS does not: it makes the folders that are missing (measured, Hadoop 3.4.2). So there the
 * folder is looked at before the bytes are sent, or a file would bring back a folder that another
 * client has removed. HttpFS is known by its redirect, which is the only one that says data=true; a
 * gateway that hides what its redirects say is taken for one of a NameNode. */
#include <string.h>

#include "rest/client_private.h"

/* Not in the path, where it may be a folder's name. */
static bool is_of_httpfs(const char *target)
{
    const char *query = strchr(target, '?');
    return query && (g_str_has_prefix(query, "?data=true") || strstr(query, "&data=true"));
}

/* Its failure is the CREATE's, of which no byte has left. */
static int folder_is_there(const struct kx_operation *o, struct kx_error *err)
{
    const struct kx_clock *clock = o->client->config.clock;
    g_autofree char *folder = g_path_get_dirname(o->path);
    int64_t left_ms = o->limits.deadline_ms - clock->now_ms(clock);
    const struct kx_call call = {.cancel = o->limits.cancel, .timeout_ms = (int)MAX(left_ms, 1)};
    const struct kx_ask ask = {o->client, KX_GETFILESTATUS, folder, NULL, &call, 0};
    if (strcmp(folder, "/") == 0) return 0;
    int rc = kx_client_run(&ask, NULL, NULL, err);
    if (rc < 0 && !err->http_status) err->unsent = TRUE;
    return rc;
}

int kx_operation_learn_create(const struct kx_operation *o, const char *target,
                              struct kx_error *err)
{
    bool heeded = !is_of_httpfs(target);
    kx_feature_set(&o->client->features, KX_FEATURE_CREATE_PARENT, heeded ? KX_YES : KX_NO);
    kx_operation_learn(o, target);
    bool must_be_there = o->params && strstr(o->params, "createparent=false");
    return heeded || !must_be_there ? 0 : folder_is_there(o, err);
}
