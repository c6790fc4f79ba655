#include "fs/names/lookup.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fs/data/writer.h"
#include "fs/mount.h"
#include "fs/names/attr.h"
#include "fs/names/pages.h"
#include "rest/webhdfs.h"

#define WALK_STEPS_MIN                                                                             \
    3 /* names asked for one by one before a page of the listing is asked for instead */

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

/* The child from a page of a listing.  @return 1: adopted; 0: no page says anything of it; -ENOENT.
 */
static int child_from_pages(struct kx_mount *mount, struct kx_inode *parent, const char *name,
                            int64_t since_ms, struct kx_inode **out)
{
    struct kx_status status = {0};
    struct kx_page_origin origin = {0};
    int result = kx_pages_find(mount->pages, parent->node, name, since_ms, &status, &origin);
    bool outdated = result != 0 && kx_inode_touched_since(parent, origin.epoch);
    if (outdated) result = 0; /* names were changed here since */
    if (result > 0)
        *out = kx_inodes_adopt(mount->inodes, parent, name, &status, origin.epoch, origin.came_ms);
    kx_status_clear(&status);
    return result;
}

/* A program walks through the directory, asking for name after name: list them from here on. */
static void list_ahead(struct kx_mount *mount, struct kx_inode *parent, const char *before,
                       const struct kx_call *call)
{
    g_autofree char *path = kx_inode_path(parent);
    struct kx_page page = {0};
    uint64_t epoch = kx_inodes_epoch(mount->inodes);
    if (!path || kx_webhdfs_list(mount->client, path, before, call, &page, NULL) < 0) return;
    const struct kx_page_origin origin = {parent->node, before, epoch, now_ms(mount)};
    kx_pages_put(mount->pages, &origin, &page);
    kx_page_clear(&page);
}

static int ask_server(struct kx_mount *mount, struct kx_inode *parent, const char *name,
                      const struct kx_call *call, struct kx_inode **out, struct kx_error *err)
{
    g_autofree char *path = NULL;
    int result = kx_path_in(parent, name, &path, err);
    if (result == -EINVAL || result == -EILSEQ) /* HDFS cannot hold such a name: it is not there */
        return kx_error_set(err, ENOENT, "HDFS cannot hold this name");
    if (result < 0) return result;
    struct kx_status status = {0};
    uint64_t epoch = kx_inodes_epoch(mount->inodes);
    result = kx_webhdfs_stat(mount->client, path, call, &status, err);
    if (result == 0)
        *out = kx_inodes_adopt(mount->inodes, parent, name, &status, epoch, now_ms(mount));
    kx_status_clear(&status);
    return result;
}

static int ask_child(struct kx_mount *mount, struct kx_inode *parent, const char *name,
                     const struct kx_call *call, struct kx_inode **out, struct kx_error *err)
{
    int64_t since = now_ms(mount) - attr_timeout_ms(mount);
    int result = child_from_pages(mount, parent, name, since, out);
    g_autofree char *before = NULL;
    if (result == 0 && kx_inode_walk(parent, name, now_ms(mount), &before) >= WALK_STEPS_MIN) {
        list_ahead(mount, parent, before, call);
        result = child_from_pages(mount, parent, name, since, out);
    }
    if (result > 0) return 0;
    result = ask_server(mount, parent, name, call, out, err);
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

/* Another file has the name: whoever looks it up from now on finds that one. */
static void hand_over(struct kx_mount *mount, struct kx_inode *inode,
                      const struct kx_status *status, uint64_t epoch)
{
    g_autoptr(kx_inode) parent = NULL;
    g_autofree char *name = NULL;
    if (!kx_inode_place(inode, &parent, &name)) return;
    kx_inode_unref(kx_inodes_adopt(mount->inodes, parent, name, status, epoch, now_ms(mount)));
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

static int refresh(struct kx_mount *mount, struct kx_inode *inode, int64_t within_ms, bool opening,
                   const struct kx_call *call, struct kx_error *err)
{
    g_autoptr(kx_inode) parent = NULL;
    g_autofree char *path = NULL, *name = NULL;
    if (known_within(mount, inode, within_ms) || kx_inode_detached(inode))
        return 0; /* nobody to ask about a file without a name */
    if (inode->directory && kx_inode_place(inode, &parent, &name))
        return refresh_by_name(mount, inode, parent, name, call, err);
    int result = kx_path_of(inode, &path, err);
    if (result < 0) return result;
    struct kx_status status = {0};
    uint64_t epoch = kx_inodes_epoch(mount->inodes);
    result = kx_webhdfs_stat(mount->client, path, call, &status, err);
    bool same = result == 0 && kx_inode_renew(inode, &status, epoch, now_ms(mount));
    if (result == 0 && !same && opening) hand_over(mount, inode, &status, epoch);
    kx_status_clear(&status);
    if (result == 0 && !same) {
        result = kx_error_set(err, ESTALE, "another file has taken the name");
        kx_error_about(err, "GETFILESTATUS", path);
    }
    return result;
}

int kx_refresh_within(struct kx_mount *mount, struct kx_inode *inode, int64_t within_ms,
                      const struct kx_call *call, struct kx_error *err)
{
    return refresh(mount, inode, within_ms, false, call, err);
}

int kx_refresh(struct kx_mount *mount, struct kx_inode *inode, const struct kx_call *call,
               struct kx_error *err)
{
    return refresh(mount, inode, attr_timeout_ms(mount), false, call, err);
}

int kx_refresh_opening(struct kx_mount *mount, struct kx_inode *inode, const struct kx_call *call,
                       struct kx_error *err)
{
    return refresh(mount, inode, attr_timeout_ms(mount) / 2, true, call, err);
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
