#include "fs/data/cut.h"

#include <errno.h>

#include "fs/mount.h"
#include "rest/webhdfs.h"

#define RECOVERY_PAUSE_MS 100 /* between looks whether the server has finished cutting a block */

/* A cut inside a block ends later, by the DataNodes: the file cannot be written or cut again
 * before. The length is right at once; that it can be cut to its own length says that it is done.
 */
static int wait_for_recovery(struct kx_mount *mount, const char *path, int64_t length,
                             const struct kx_call *call, struct kx_error *err)
{
    const struct kx_clock *clock = mount->clock;
    int64_t until = clock->now_ms(clock) + mount->options->timeout_ms;
    while (clock->now_ms(clock) < until) {
        if (kx_cancel_sleep(call ? call->cancel : NULL, RECOVERY_PAUSE_MS) < 0)
            return kx_error_set(err, EINTR, "interrupted");
        bool done = false;
        int result = kx_webhdfs_truncate(mount->client, path, length, call, &done, err);
        if (result == 0 && done) return 0;
        if (result < 0 && result != -EBUSY) return result;
    }
    return kx_error_set(err, ETIMEDOUT, "the server is still cutting the file's last block");
}

int kx_cut_file(struct kx_mount *mount, const char *path, int64_t length,
                const struct kx_call *call, struct kx_error *err)
{
    bool done = false;
    int result = kx_webhdfs_truncate(mount->client, path, length, call, &done, err);
    return result == 0 && !done ? wait_for_recovery(mount, path, length, call, err) : result;
}
