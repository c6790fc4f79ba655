#include "fs/names/lookup.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fs/data/writer.h"
#include "fs/mount.h"
#include "fs/names/attr.h"
#include "fs/names/told.h"
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
static bool known_within(struct kx_mount *mount, struct kx_inode *child, int64_t within_ms)
{
    struct kx_status status = {0};
    int64_t age = kx_attr_known_status(mount, child, &status);
    kx_status_clear(&status);
    return age >= 0 && age < MAX(within_ms, 1);
}

static bool known_child(struct kx_mount *mount, struct kx_inode *child)
{
    return known_within(mount, child, attr_timeout_ms(mount));
}

static int ask_child(struct kx_mount *mount, struct kx_inode *parent, const char *name,
                     const struct kx_call *call, struct kx_inode **out, struct kx_error *err)
{
    struct kx_told told;
    int result =
        kx_told_ask(mount, parent, name, KX_TOLD_LOOKUP, attr_timeout_ms(mount), call, &told, err);
    if (result == -EINVAL || result == -EILSEQ) /* HDFS cannot hold such a name: it is not there */
        result = kx_error_set(err, ENOENT, "HDFS cannot hold this name");
    if (result == 0)
        *out = kx_inodes_adopt(mount->inodes, parent, name, &told.status, told.epoch, told.at_ms);
    kx_status_clear(&told.status);
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

/* A directory whose name leads on for longer than its attributes are true (dir_timeout): who walks
 * over many of them asks for one after the other, as lookups do, and a page may say it of all. */
static int refresh_by_name(struct kx_mount *mount, struct kx_inode *inode, struct kx_inode *parent,
                           const char *name, const struct kx_call *call, struct kx_error *err)
{
    g_autoptr(kx_inode) child = NULL;
    int result = ask_child(mount, parent, name, call, &child, err);
    if (result < 0 || child == inode) return result;
    return kx_error_set(err, ESTALE, "another file has taken the name");
}

static int say_replaced(struct kx_inode *inode, struct kx_error *err)
{
    g_autofree char *path = kx_inode_path(inode);
    int result = kx_error_set(err, ESTALE, "another file has taken the name");
    kx_error_about(err, NULL, path);
    return result;
}

static int refresh_root(struct kx_mount *mount, struct kx_inode *root, const struct kx_call *call,
                        struct kx_error *err)
{
    g_autofree char *path = NULL;
    int result = kx_path_of(root, &path, err);
    if (result < 0) return result;
    struct kx_status status = {0};
    uint64_t epoch = kx_inodes_epoch(mount->inodes);
    result = kx_webhdfs_stat(mount->client, path, call, &status, err);
    if (result == 0 && !kx_inode_renew(root, &status, epoch, now_ms(mount)))
        result = say_replaced(root, err);
    kx_status_clear(&status);
    return result;
}

/* How old what is known of an inode may be, and who wants to know. */
struct wish {
    int64_t within_ms;
    enum kx_told_to to;
    bool opening; /* another file that has the name takes it: whoever looks it up finds that one */
};

static int refresh_file(struct kx_mount *mount, struct kx_inode *inode, struct kx_inode *parent,
                        const char *name, const struct wish *wish, const struct kx_call *call,
                        struct kx_error *err)
{
    struct kx_told told;
    int result = kx_told_ask(mount, parent, name, wish->to, wish->within_ms, call, &told, err);
    if (result < 0) return result;
    bool same = kx_inode_renew(inode, &told.status, told.epoch, told.at_ms);
    if (!same) result = say_replaced(inode, err);
    if (!same && wish->opening)
        kx_inode_unref(
            kx_inodes_adopt(mount->inodes, parent, name, &told.status, told.epoch, told.at_ms));
    kx_status_clear(&told.status);
    return result;
}

static int refresh(struct kx_mount *mount, struct kx_inode *inode, const struct wish *wish,
                   const struct kx_call *call, struct kx_error *err)
{
    g_autoptr(kx_inode) parent = NULL;
    g_autofree char *name = NULL;
    if (known_within(mount, inode, wish->within_ms) || kx_inode_detached(inode))
        return 0; /* nobody to ask about a file without a name */
    if (!kx_inode_place(inode, &parent, &name)) return refresh_root(mount, inode, call, err);
    if (inode->directory) return refresh_by_name(mount, inode, parent, name, call, err);
    return refresh_file(mount, inode, parent, name, wish, call, err);
}

int kx_refresh_within(struct kx_mount *mount, struct kx_inode *inode, int64_t within_ms,
                      const struct kx_call *call, struct kx_error *err)
{
    const struct wish wish = {within_ms, KX_TOLD_FOLLOWER, false};
    return refresh(mount, inode, &wish, call, err);
}

int kx_refresh(struct kx_mount *mount, struct kx_inode *inode, const struct kx_call *call,
               struct kx_error *err)
{
    const struct wish wish = {attr_timeout_ms(mount), KX_TOLD_REFRESH, false};
    return refresh(mount, inode, &wish, call, err);
}

int kx_refresh_opening(struct kx_mount *mount, struct kx_inode *inode, const struct kx_call *call,
                       struct kx_error *err)
{
    const struct wish wish = {attr_timeout_ms(mount) / 2, KX_TOLD_REFRESH, true};
    return refresh(mount, inode, &wish, call, err);
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
