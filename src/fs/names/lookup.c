#include "fs/names/lookup.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fs/data/writer.h"
#include "fs/mount.h"
#include "fs/names/attr.h"
#include "rest/webhdfs.h"

static int64_t now_ms(const struct kx_mount *mount)
{
    return mount->clock->now_ms(mount->clock);
}

static int64_t attr_timeout_ms(const struct kx_mount *mount)
{
    return (int64_t)(mount->options->attr_timeout_s * 1000);
}

int kx_path_of(struct kx_inode *inode, char **path, struct kx_error *err)
{
    *path = kx_inode_path(inode);
    return *path ? 0 : kx_error_set(err, ESTALE, "the file was removed or replaced");
}

int kx_path_in(struct kx_inode *parent, const char *name, char **path, struct kx_error *err)
{
    g_autofree char *directory = NULL;
    int result = kx_path_of(parent, &directory, err);
    if (result < 0) return result;
    g_autofree char *joined = kx_path_join(directory, name);
    result = kx_path_check(joined, err);
    if (result < 0)
        kx_error_about(err, NULL, joined);
    else
        *path = g_steal_pointer(&joined);
    return result;
}

/* A file that is only here, or known well enough, needs no request. */
static bool known_child(struct kx_mount *mount, struct kx_inode *child)
{
    struct kx_status status = {0};
    int64_t age = kx_attr_known_status(mount, child, &status);
    kx_status_clear(&status);
    return age >= 0 && age < MAX(attr_timeout_ms(mount), 1);
}

static int ask_child(struct kx_mount *mount, struct kx_inode *parent, const char *name,
                     const struct kx_call *call, struct kx_inode **out, struct kx_error *err)
{
    g_autofree char *path = NULL;
    int result = kx_path_in(parent, name, &path, err);
    if (result == -EINVAL || result == -EILSEQ) /* HDFS cannot hold such a name: it is not there */
        return kx_error_set(err, ENOENT, "HDFS cannot hold this name");
    if (result < 0) return result;
    struct kx_status status = {0};
    result = kx_webhdfs_stat(mount->client, path, call, &status, err);
    if (result == 0) *out = kx_inodes_adopt(mount->inodes, parent, name, &status, now_ms(mount));
    kx_status_clear(&status);
    if (result == -ENOENT) {
        kx_inodes_remove(mount->inodes, parent, name);
        kx_inode_note_absent(parent, name, now_ms(mount));
    }
    return result;
}

int kx_lookup(struct kx_mount *mount, struct kx_inode *parent, const char *name,
              const struct kx_call *call, struct kx_inode **out, struct kx_error *err)
{
    struct kx_inode *child = kx_inodes_child(mount->inodes, parent, name);
    if (child && known_child(mount, child)) {
        *out = child;
        return 0;
    }
    kx_inode_unref(child);
    return ask_child(mount, parent, name, call, out, err);
}

int kx_refresh(struct kx_mount *mount, struct kx_inode *inode, const struct kx_call *call,
               struct kx_error *err)
{
    if (known_child(mount, inode)) return 0;
    g_autofree char *path = NULL;
    int result = kx_path_of(inode, &path, err);
    if (result < 0) return result;
    struct kx_status status = {0};
    result = kx_webhdfs_stat(mount->client, path, call, &status, err);
    bool same = result == 0 && kx_inode_renew(inode, &status, now_ms(mount));
    kx_status_clear(&status);
    if (result == 0 && !same) {
        result = kx_error_set(err, ESTALE, "another file has taken the name");
        kx_error_about(err, "GETFILESTATUS", path);
    }
    return result;
}

int kx_check_writable(struct kx_mount *mount, struct kx_inode *directory,
                      const struct kx_call *call, struct kx_error *err)
{
    int64_t within_ms = MAX(attr_timeout_ms(mount), 1000);
    if (kx_inode_is_writable(directory, now_ms(mount), within_ms)) return 0;
    g_autofree char *path = NULL;
    int result = kx_path_of(directory, &path, err);
    if (result == 0) result = kx_webhdfs_check_access(mount->client, path, W_OK | X_OK, call, err);
    if (result == -ENOTSUP) result = 0; /* an old server: it will tell when the file is written */
    if (result == 0) kx_inode_note_writable(directory, now_ms(mount));
    return result;
}
