#include "fs/names/xattr.h"

#include <errno.h>
#include <string.h>
#include <sys/xattr.h>

#include "fs/data/writer.h"
#include "fs/errors.h"
#include "fs/mount.h"
#include "fs/names/attr.h"
#include "fs/names/lookup.h"
#include "rest/webhdfs.h"

#define VIRTUAL_PREFIX "user.hdfs."

/* What an attribute of ours is made from. */
struct source {
    struct kx_mount *mount;
    const char *path;
    struct kx_inode *inode;
    struct kx_status *status;
    const struct kx_call *call;
};

static int get_error(const struct source *s, char **out, struct kx_error *err)
{
    *out = kx_errors_last(s->mount->errors, s->path);
    return *out ? 0 : kx_error_set(err, ENODATA, "no operation on it has failed");
}

static int get_replication(const struct source *s, char **out, struct kx_error *err)
{
    (void)err;
    *out = g_strdup_printf("%u", s->status->replication);
    return 0;
}

static int get_block_size(const struct source *s, char **out, struct kx_error *err)
{
    (void)err;
    *out = g_strdup_printf("%" G_GINT64_FORMAT, s->status->block_bytes);
    return 0;
}

static int get_file_id(const struct source *s, char **out, struct kx_error *err)
{
    (void)err;
    *out = g_strdup_printf("%" G_GUINT64_FORMAT, s->status->file_id);
    return 0;
}

static int get_checksum(const struct source *s, char **out, struct kx_error *err)
{
    struct kx_checksum sum = {0};
    int result = kx_webhdfs_checksum(s->mount->client, s->path, s->call, &sum, err);
    /* What stands behind `length` bytes is padding. */
    if (result == 0)
        *out = g_strdup_printf("%s %.*s", sum.algorithm, (int)MIN(2 * sum.length, 1024), sum.bytes);
    kx_checksum_clear(&sum);
    return result;
}

static const struct {
    const char *name;
    bool files_only;
    bool fresh; /* made from the status: it must be the server's, and young */
    int (*get)(const struct source *source, char **out, struct kx_error *err);
} VIRTUAL[] = {
    {VIRTUAL_PREFIX "error", false, false, get_error},
    {VIRTUAL_PREFIX "replication", true, true, get_replication},
    {VIRTUAL_PREFIX "blocksize", true, true, get_block_size},
    {VIRTUAL_PREFIX "fileid", false, true, get_file_id},
    {VIRTUAL_PREFIX "checksum", true, false, get_checksum},
};

/* ls -l and the kernel ask every file for security.* and system.*: HDFS has none of them, and no
 * request is spent on it. */
static bool is_servers(const char *name)
{
    return (g_str_has_prefix(name, "user.") && !g_str_has_prefix(name, VIRTUAL_PREFIX)) ||
           g_str_has_prefix(name, "trusted.");
}

static bool is_fresh(struct kx_inode *inode)
{
    g_autoptr(kx_writer) writer = kx_inode_writer(inode);
    struct kx_overlay overlay = {0};
    if (writer) kx_writer_overlay(writer, &overlay);
    return overlay.fresh;
}

static int refresh_source(const struct source *source, struct kx_error *err)
{
    if (is_fresh(source->inode))
        return kx_error_set(err, ENODATA, "the file is not on the server yet");
    int result = kx_refresh(source->mount, source->inode, source->call, err);
    if (result == 0) kx_attr_known_status(source->mount, source->inode, source->status);
    return result;
}

static int get_virtual(const struct source *source, bool directory, const char *name, GBytes **out,
                       struct kx_error *err)
{
    for (size_t i = 0; i < G_N_ELEMENTS(VIRTUAL); i++) {
        if (strcmp(VIRTUAL[i].name, name) != 0 || (directory && VIRTUAL[i].files_only)) continue;
        char *text = NULL;
        int result = VIRTUAL[i].fresh ? refresh_source(source, err) : 0;
        if (result == 0) result = VIRTUAL[i].get(source, &text, err);
        if (result == 0) *out = g_bytes_new_take(text, strlen(text));
        return result;
    }
    return kx_error_set(err, ENODATA, "there is no attribute %s", name);
}

/* The server must have the file before it can hold an attribute of it. */
static int publish_first(struct kx_inode *inode, const struct kx_call *call, struct kx_error *err)
{
    g_autoptr(kx_writer) writer = kx_inode_writer(inode);
    return writer ? kx_writer_publish(writer, call, err) : 0;
}

int kx_xattr_get(struct kx_mount *mount, struct kx_inode *inode, const char *name,
                 const struct kx_call *call, GBytes **out, struct kx_error *err)
{
    bool own = g_str_has_prefix(name, VIRTUAL_PREFIX);
    if (!own && (!is_servers(name) || is_fresh(inode)))
        return kx_error_set(err, ENODATA, "there is no attribute %s", name);
    g_autofree char *path = NULL;
    int result = kx_path_of(inode, &path, err);
    if (result < 0) return result;
    if (!own) return kx_webhdfs_get_xattr(mount->client, path, name, call, out, err);
    struct kx_status status = {0};
    const struct source source = {mount, path, inode, &status, call};
    result = get_virtual(&source, inode->directory, name, out, err);
    kx_status_clear(&status);
    return result;
}

int kx_xattr_list(struct kx_mount *mount, struct kx_inode *inode, const struct kx_call *call,
                  GBytes **out, struct kx_error *err)
{
    g_autofree char *path = NULL;
    g_auto(GStrv) names = NULL;
    int result = 0;
    if (!is_fresh(inode)) {
        result = kx_path_of(inode, &path, err);
        if (result == 0) result = kx_webhdfs_list_xattrs(mount->client, path, call, &names, err);
    }
    if (result < 0) return result;
    GByteArray *list = g_byte_array_new();
    for (char **name = names; name && *name; name++)
        if (is_servers(*name)) g_byte_array_append(list, (guint8 *)*name, (guint)strlen(*name) + 1);
    *out = g_byte_array_free_to_bytes(list);
    return 0;
}

static int path_to_change(struct kx_inode *inode, const char *name, const struct kx_call *call,
                          char **path, struct kx_error *err)
{
    if (!is_servers(name))
        return kx_error_set(err, EOPNOTSUPP, "HDFS keeps attributes of user. and trusted. only: %s",
                            name);
    int result = publish_first(inode, call, err);
    return result < 0 ? result : kx_path_of(inode, path, err);
}

int kx_xattr_set(struct kx_mount *mount, struct kx_inode *inode, const char *name, GBytes *value,
                 int flags, const struct kx_call *call, struct kx_error *err)
{
    g_autofree char *path = NULL;
    int result = path_to_change(inode, name, call, &path, err);
    if (result < 0) return result;
    enum kx_xattr_how how = flags & XATTR_CREATE    ? KX_XATTR_CREATE
                            : flags & XATTR_REPLACE ? KX_XATTR_REPLACE
                                                    : KX_XATTR_ANY;
    gsize length = 0;
    gconstpointer bytes = g_bytes_get_data(value, &length);
    return kx_webhdfs_set_xattr(mount->client, path, name, bytes, length, how, call, err);
}

int kx_xattr_remove(struct kx_mount *mount, struct kx_inode *inode, const char *name,
                    const struct kx_call *call, struct kx_error *err)
{
    g_autofree char *path = NULL;
    int result = path_to_change(inode, name, call, &path, err);
    return result < 0 ? result : kx_webhdfs_remove_xattr(mount->client, path, name, call, err);
}
