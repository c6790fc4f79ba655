#include "fs/data/growth.h"

#include <errno.h>

#include "fs/data/writer.h"
#include "fs/mount.h"
#include "fs/names/inode.h"
#include "fs/names/lookup.h"
#include "rest/inodes.h"
#include "rest/visible.h"

/* @return 1: another client writes it, or that cannot be told; 0: nobody does. */
static int is_written(struct kx_client *client, const char *path, const struct kx_call *call,
                      struct kx_error *err)
{
    bool written = true;
    int result = kx_visible_is_written(client, path, call, &written, err);
    if (result == -EOPNOTSUPP) kx_error_clear(err);
    return result < 0 && result != -EOPNOTSUPP ? result : written;
}

/* Nobody has asked for this by himself: that it fails is told to nobody but the log. */
static void look(struct kx_mount *mount, struct kx_inode *inode, const struct kx_call *call)
{
    KX_ERROR_AUTO(err);
    g_autoptr(kx_writer) writer = kx_inode_writer(inode);
    g_autofree char *name = writer ? NULL : kx_inode_path(inode);
    if (!name) return; /* it is being written here, or has no name any more */
    struct kx_status status = {0};
    int64_t visible = 0;
    kx_inode_status(inode, &status, 0);
    g_autofree char *number = kx_inodes_path(mount->client, name, status.file_id);
    const char *path = number ? number : name;
    int result = is_written(mount->client, path, call, &err);
    if (result > 0)
        result = kx_visible_length(mount->client, path, status.length, call, &visible, &err);
    if (result == 0 && visible > status.length) kx_inode_note_visible(inode, &status, visible);
    kx_status_clear(&status);
    if (result == 0) return;
    g_autofree char *line = kx_error_format(&err);
    kx_log_write(mount->log, KX_LOG_DEBUG, "how long %s is while it is written: %s", name, line);
}

void kx_growth_opened(struct kx_mount *mount, struct kx_inode *inode, const struct kx_call *call)
{
    if (kx_inode_visible(inode) > 0) return;
    kx_inode_met_end(inode); /* the kernel reads nothing of an empty file, so nobody else says it */
    look(mount, inode, call);
}

void kx_growth_met_end(struct kx_mount *mount, struct kx_inode *inode,
                       const struct kx_status *status, const struct kx_call *call)
{
    bool first = kx_inode_met_end(inode);
    bool whole_blocks =
        status->block_bytes > 0 && status->length > 0 && status->length % status->block_bytes == 0;
    if (first && whole_blocks) look(mount, inode, call);
}

int kx_growth_asked(struct kx_mount *mount, struct kx_inode *inode, const struct kx_call *call,
                    struct kx_error *err)
{
    int64_t now = mount->clock->now_ms(mount->clock);
    bool followed = kx_inode_is_followed(inode, now, KX_GROWTH_PERIOD_MS);
    int result = followed ? kx_refresh_within(mount, inode, KX_GROWTH_PERIOD_MS, call, err)
                          : kx_refresh(mount, inode, call, err);
    if (result == 0 && followed) look(mount, inode, call);
    return result;
}

/* Of a block (consumed) whose first byte is at `at`, what lies in [from, to). */
static void take(struct kx_slices *out, struct kx_block *block, int64_t at, int64_t from,
                 int64_t to)
{
    int64_t begin = MAX(from - at, 0), end = MIN(to - at, (int64_t)block->length);
    g_ptr_array_add(out->blocks, block);
    if (begin >= end) return;
    struct iovec piece = {.iov_base = block->data + begin, .iov_len = (size_t)(end - begin)};
    g_array_append_val(out->pieces, piece);
    out->length += piece.iov_len;
}

int kx_growth_read(struct kx_mount *mount, const char *path, const struct kx_status *status,
                   struct kx_range part, const struct kx_call *call, struct kx_slices *out,
                   struct kx_error *err)
{
    g_autofree char *number = kx_inodes_path(mount->client, path, status->file_id);
    g_autoptr(kx_transfer) transfer = NULL;
    int64_t at = 0;
    const struct kx_extent wanted = {part.from, part.to - part.from};
    int result = kx_visible_open(mount->client, number ? number : path, status->length, &wanted,
                                 call, &transfer, &at, err);
    while (result == 0 && at < part.to) {
        struct kx_block *block = NULL;
        struct kx_limits limits = kx_client_body_limits(mount->client, call);
        int got = kx_transfer_pull(transfer, KX_BLOCK_BYTES, &limits, &block, err);
        if (got <= 0) return got;
        int64_t length = (int64_t)block->length;
        if (at + length <= part.from)
            kx_block_unref(block);
        else
            take(out, block, at, part.from, part.to);
        at += length;
    }
    return result;
}
