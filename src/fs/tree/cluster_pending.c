/* /.cluster/mount/pending: uploads that are not done, a file each, and what can be done about them.
 */
#include <errno.h>

#include "base/log.h"
#include "fs/journal/pending.h"
#include "fs/mount.h"
#include "fs/tree/cluster_private.h"

#define LISTED_MAX 1000 /* of many more the first are shown; all can be named */

/* @return false: it is no id. */
static bool parse_id(const char *text, int64_t *id)
{
    guint64 number = 0;
    if (!g_ascii_string_to_unsigned(text, 10, 1, G_MAXINT64, &number, NULL)) return false;
    *id = (int64_t)number;
    return text[0] != '0'; /* one upload has one name */
}

int kx_cluster_pending_names(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err)
{
    (void)err;
    g_autoptr(GPtrArray) items = kx_pending_list(at->mount);
    for (guint i = 0; i < MIN(items->len, LISTED_MAX); i++) {
        const struct kx_pending_item *item = g_ptr_array_index(items, i);
        g_ptr_array_add(out, g_strdup_printf("%" G_GINT64_FORMAT, item->id));
    }
    return 0;
}

/* @return borrowed from the items; NULL: it is done, or never was. */
static const struct kx_pending_item *find_item(const struct kx_tree_at *at, const GPtrArray *items,
                                               struct kx_error *err)
{
    const char *name = kx_tree_bound(at, "id");
    int64_t id = 0;
    bool valid = parse_id(name, &id);
    for (guint i = 0; valid && i < items->len; i++) {
        const struct kx_pending_item *item = g_ptr_array_index(items, i);
        if (item->id == id) return item;
    }
    kx_error_set(err, ENOENT, "there is no pending upload %s", name);
    return NULL;
}

int kx_cluster_pending_look(const struct kx_tree_at *at, struct kx_tree_look *out,
                            struct kx_error *err)
{
    g_autoptr(GPtrArray) items = kx_pending_list(at->mount);
    const struct kx_pending_item *item = find_item(at, items, err);
    if (!item) return -ENOENT;
    out->mtime_ms = item->since_ms;
    return 0;
}

static char *stamp_of(int64_t ms)
{
    g_autoptr(GDateTime) at = g_date_time_new_from_unix_utc(ms / 1000);
    return at ? g_date_time_format(at, "%Y-%m-%dT%H:%M:%SZ") : g_strdup("");
}

int kx_cluster_pending_text(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    g_autoptr(GPtrArray) items = kx_pending_list(at->mount);
    const struct kx_pending_item *item = find_item(at, items, err);
    if (!item) return -ENOENT;
    g_autofree char *path = g_strescape(item->path, NULL), *since = stamp_of(item->since_ms);
    g_autofree char *reason = kx_redact(item->reason ? item->reason : "");
    g_strdelimit(reason, "\t\r\n", ' ');
    g_string_append_printf(
        out, "path\t%s\nstate\t%s\nbytes\t%" G_GINT64_FORMAT "\nsince\t%s\nreason\t%s\n", path,
        item->state, item->bytes, since, reason);
    return 0;
}

static int id_of(const char *argument, int64_t *id, struct kx_error *err)
{
    return parse_id(argument, id)
               ? 0
               : kx_error_set(err, EINVAL,
                              "%s: the name of a file in /.cluster/mount/pending is expected",
                              argument);
}

int kx_cluster_retry(const struct kx_tree_at *at, const char *argument, struct kx_error *err)
{
    int64_t id = 0;
    int result = id_of(argument, &id, err);
    if (result < 0) return result;
    kx_client_reconnect(at->mount->client); /* what failed a moment ago says nothing of now */
    return kx_pending_retry(at->mount, id, at->call, err);
}

int kx_cluster_drop(const struct kx_tree_at *at, const char *argument, struct kx_error *err)
{
    int64_t id = 0;
    int result = id_of(argument, &id, err);
    return result < 0 ? result : kx_pending_drop(at->mount, id, err);
}
