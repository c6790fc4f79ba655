#include "fs/names/attr.h"

#include "fs/data/writer.h"
#include "fs/mount.h"
#include "fs/names/identity.h"
#include "fs/names/inode.h"

#define STAT_BLOCK_BYTES 512 /* the unit of st_blocks */

static struct timespec from_ms(int64_t ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000};
    if (t.tv_nsec < 0) t.tv_sec--, t.tv_nsec += 1000000000;
    return t;
}

static mode_t type_bits(enum kx_file_type type)
{
    if (type == KX_TYPE_DIRECTORY) return S_IFDIR;
    return type == KX_TYPE_SYMLINK ? S_IFLNK : S_IFREG;
}

void kx_attr_fill(struct kx_mount *mount, const struct kx_status *status, uint64_t ino,
                  struct stat *st)
{
    *st = (struct stat){0};
    st->st_ino = ino;
    st->st_mode = type_bits(status->type) | (status->mode & 07777);
    st->st_nlink = status->type == KX_TYPE_DIRECTORY ? 2 : 1;
    st->st_size = status->length;
    st->st_blksize = 1024 * 1024; /* what cp and cat should ask for at a time, not HDFS's block */
    st->st_blocks = (status->length + STAT_BLOCK_BYTES - 1) / STAT_BLOCK_BYTES;
    st->st_uid = kx_identity_uid(mount->identity, status->owner ? status->owner : "");
    st->st_gid = kx_identity_gid(mount->identity, status->group ? status->group : "");
    st->st_mtim = st->st_ctim = from_ms(status->mtime_ms);
    /* HDFS keeps no access time for directories, and 0 for files where it is turned off. */
    st->st_atim = status->atime_ms ? from_ms(status->atime_ms) : st->st_mtim;
}

int64_t kx_attr_known_status(struct kx_mount *mount, struct kx_inode *inode, struct kx_status *out)
{
    int64_t age = kx_inode_status(inode, out, mount->clock->now_ms(mount->clock));
    out->length = kx_inode_visible(inode);
    g_autoptr(kx_writer) writer = kx_inode_writer(inode);
    if (!writer) return age;
    struct kx_overlay overlay;
    kx_writer_overlay(writer, &overlay);
    if (!overlay.dirty) return age;
    out->length = overlay.length;
    out->mtime_ms = overlay.mtime_ms;
    if (overlay.mode) out->mode = overlay.mode;
    return 0;
}

int64_t kx_attr_known(struct kx_mount *mount, struct kx_inode *inode, struct stat *st)
{
    struct kx_status status = {0};
    int64_t age = kx_attr_known_status(mount, inode, &status);
    kx_attr_fill(mount, &status, inode->ino, st);
    int64_t changed_ms = kx_inode_ctime_ms(inode);
    if (changed_ms > status.mtime_ms) st->st_ctim = from_ms(changed_ms);
    kx_status_clear(&status);
    if (kx_inode_detached(inode)) st->st_nlink = 0;
    return age;
}

void kx_attr_of_made(struct kx_mount *mount, struct kx_inode *parent, enum kx_file_type type,
                     uint32_t mode, struct kx_status *out)
{
    struct kx_status above = {0};
    kx_inode_status(parent, &above, 0);
    const char *user = kx_client_user(mount->client);
    int64_t now = mount->clock->wall_ms(mount->clock);
    *out = (struct kx_status){.type = type,
                              .mode = mode,
                              .mtime_ms = now,
                              .atime_ms = type == KX_TYPE_FILE ? now : 0,
                              .name = g_strdup(""),
                              .owner = g_ref_string_new(user ? user : ""),
                              .group = g_ref_string_new(above.group ? above.group : "")};
    kx_status_clear(&above);
}
