#include "pulled.h"

#include "server.h"
#include "support.h"

static void compare(const struct kx_block *block, gint64 offset)
{
    for (size_t i = 0; i < block->length; i++)
        if ((unsigned char)block->data[i] != pattern_byte(offset + (gint64)i))
            fail_msg("a wrong byte at %" G_GINT64_FORMAT, offset + (gint64)i);
}

int pulled_range(struct kx_client *client, const char *path, gint64 offset, gint64 length,
                 const struct kx_version *version, gint64 *came, struct kx_error *err)
{
    struct kx_download *download = NULL;
    *came = 0;
    const struct kx_download_range range = {path, offset, length, version, 0};
    int rc = kx_download_open(client, &range, NULL, &download, err);
    while (rc >= 0) {
        struct kx_block *block = NULL;
        rc = kx_download_pull(download, KX_BLOCK_BYTES, NULL, &block, err);
        if (rc <= 0) break;
        compare(block, offset + *came);
        *came += (gint64)block->length;
        kx_block_unref(block);
        assert_int_equal(kx_download_position(download), offset + *came);
    }
    kx_download_close(download);
    return rc;
}
