#include <errno.h>

#include "rest/webhdfs_call.h"

int kx_webhdfs_allow_snapshot(struct kx_client *c, const char *path, const struct kx_call *call,
                              struct kx_error *err)
{
    const struct kx_ask ask = {c, KX_ALLOWSNAPSHOT, path, NULL, call, 0};
    return kx_ask_done(&ask, err);
}

int kx_webhdfs_disallow_snapshot(struct kx_client *c, const char *path, const struct kx_call *call,
                                 struct kx_error *err)
{
    const struct kx_ask ask = {c, KX_DISALLOWSNAPSHOT, path, NULL, call, 0};
    return kx_ask_done(&ask, err);
}

/* Where a snapshot of a directory is seen.  @return owned. */
static char *snapshot_path(const char *directory, const char *name)
{
    g_autofree char *all = kx_path_join(directory, ".snapshot");
    return kx_path_join(all, name);
}

/* The names of two snapshots; NULL: none. */
struct snapshot_names {
    const char *there, *gone;
};

static enum kx_fate fate_of_snapshot(const struct kx_ask *ask, const void *context)
{
    const struct snapshot_names *names = context;
    enum kx_fate fate = KX_FATE_UNKNOWN;
    g_autofree char *there = names->there ? snapshot_path(ask->path, names->there) : NULL;
    g_autofree char *gone = names->gone ? snapshot_path(ask->path, names->gone) : NULL;
    if (there) fate = kx_fate_of_path(ask, there, true);
    if (gone && (!there || fate == KX_FATE_DONE)) fate = kx_fate_of_path(ask, gone, false);
    return fate;
}

int kx_webhdfs_create_snapshot(struct kx_client *c, const char *path, const char *name,
                               const struct kx_call *call, char **created, struct kx_error *err)
{
    g_autofree char *params = kx_params_new("snapshotname", name, NULL);
    const struct snapshot_names wanted = {.there = name};
    const struct kx_ask ask = {c, KX_CREATESNAPSHOT, path, params, call, 0};
    g_autoptr(GBytes) body = NULL;
    g_autofree char *where = NULL;
    bool maybe;
    int rc = kx_ask_settled(&ask, fate_of_snapshot, &wanted, &body, &maybe, err);
    if (rc == 0 && body)
        rc = kx_ask_about(&ask, kx_json_read(body, &kx_json_path, &where, err), err);
    else if (rc == 0)
        where = snapshot_path(path, name);
    if (rc == 0 && created) *created = g_steal_pointer(&where);
    return rc;
}

int kx_webhdfs_delete_snapshot(struct kx_client *c, const char *path, const char *name,
                               const struct kx_call *call, struct kx_error *err)
{
    g_autofree char *params = kx_params_new("snapshotname", name, NULL);
    const struct snapshot_names wanted = {.gone = name};
    const struct kx_ask ask = {c, KX_DELETESNAPSHOT, path, params, call, 0};
    return kx_ask_done_settled(&ask, fate_of_snapshot, &wanted, err);
}

int kx_webhdfs_rename_snapshot(struct kx_client *c, const char *path, const char *from,
                               const char *to, const struct kx_call *call, struct kx_error *err)
{
    g_autofree char *params = kx_params_new("oldsnapshotname", from, "snapshotname", to, NULL);
    const struct snapshot_names wanted = {.there = to, .gone = from};
    const struct kx_ask ask = {c, KX_RENAMESNAPSHOT, path, params, call, 0};
    return kx_ask_done_settled(&ask, fate_of_snapshot, &wanted, err);
}

static void change_clear(gpointer element)
{
    struct kx_snapshot_change *change = element;
    g_free(change->type);
    g_free(change->path);
    g_free(change->target);
}

int kx_webhdfs_snapshot_diff(struct kx_client *c, const char *path, const char *from,
                             const char *to, const struct kx_call *call, GArray **out,
                             struct kx_error *err)
{
    g_autofree char *params =
        kx_params_new("oldsnapshotname", from, "snapshotname", to ? to : "", NULL);
    const struct kx_ask ask = {c, KX_GETSNAPSHOTDIFF, path, params, call, KX_ARRAY_BYTES_MAX};
    return kx_ask_array(&ask, &kx_json_snapshot_changes, change_clear, out, err);
}

int kx_webhdfs_snapshottable(struct kx_client *c, const struct kx_call *call, char ***paths,
                             struct kx_error *err)
{
    const struct kx_ask ask = {
        c, KX_GETSNAPSHOTTABLEDIRECTORYLIST, "/", NULL, call, KX_ARRAY_BYTES_MAX};
    g_autoptr(GBytes) body = NULL;
    int rc = kx_ask_body(&ask, &body, err);
    return rc < 0 ? rc : kx_ask_about(&ask, kx_json_read_snapshottable(body, paths, err), err);
}

int kx_webhdfs_snapshots(struct kx_client *c, const char *path, const struct kx_call *call,
                         char ***names, struct kx_error *err)
{
    const struct kx_ask ask = {c, KX_GETSNAPSHOTLIST, path, NULL, call, KX_ARRAY_BYTES_MAX};
    g_autoptr(GBytes) body = NULL;
    int rc = kx_ask_body(&ask, &body, err);
    return rc < 0 ? rc : kx_ask_about(&ask, kx_json_read_snapshots(body, names, err), err);
}
