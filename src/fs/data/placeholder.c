#include "fs/data/placeholder.h"

#include <errno.h>

#include "fs/journal/journal.h"
#include "fs/mount.h"
#include "rest/upload.h"
#include "rest/webhdfs.h"

int kx_placeholder_make(struct kx_mount *mount, const char *path, uint32_t mode,
                        const struct kx_call *call, struct kx_error *err)
{
    const struct kx_create how = {.mode = mode,
                                  .replication = (unsigned)mount->options->replication,
                                  .block_bytes = mount->options->block_bytes};
    kx_journal_hide(mount->journal, path, KX_HIDDEN_EMPTY);
    int result = kx_upload_small(mount->client, path, &how, NULL, 0, call, err);
    /* Interrupted, or its answer lost: it may be there, and goes with what is left behind. */
    if (result < 0 && err->http_status) kx_placeholder_settle(mount, path);
    return result;
}

void kx_placeholder_settle(struct kx_mount *mount, const char *path)
{
    kx_journal_unhide(mount->journal, path);
}

int kx_placeholder_remove(struct kx_mount *mount, const char *path, const struct kx_call *call,
                          struct kx_error *err)
{
    struct kx_status status = {0};
    int result = kx_webhdfs_stat(mount->client, path, call, &status, err);
    bool empty = result == 0 && status.type == KX_TYPE_FILE && status.length == 0;
    kx_status_clear(&status);
    if (empty) result = kx_webhdfs_delete(mount->client, path, false, call, err);
    if (result == -ENOENT) {
        kx_error_clear(err);
        result = 0;
    }
    if (result == 0) kx_placeholder_settle(mount, path);
    return result;
}
