/* How much the kernel reads ahead in one mount.
 *
 * 128 KiB unless somebody says otherwise, which only root may do, under /sys/class/bdi: not
 * possible is no error. It counts for files that are opened afterwards. Threads: any. Blocking: no.
 */
#pragma once
#include <stdint.h>
#include <sys/types.h>

/** @device st_dev of the mount; @bytes in whole KiB.  @return 0; -EACCES, -EROFS, -ENOENT (no such
 * mount, or no /sys), ... */
int kx_readahead_set(dev_t device, int64_t bytes);
