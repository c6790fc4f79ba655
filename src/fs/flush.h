/* `flush`: what was written is uploaded, and what is known of files is forgotten, here and in the
 * kernel, so that the next look asks the cluster however long attributes count as true.
 * Threads: any. Blocking: uploads, and reads of the kernel that are on their way. */
#pragma once
#include "base/error.h"
#include "rest/client.h"

struct kx_mount;

/** @path of a file or folder, with all below it, from the mount's root on ("/a/b", "a/b"); NULL:
 * everything. One that is not there is forgotten as such.
 *  @return 0; -EINVAL: a path with ".."; -EIO: not all could be uploaded, the reasons are among the
 *  mount's errors; -EINTR. */
int kx_flush(struct kx_mount *mount, const char *path, const struct kx_call *call,
             struct kx_error *err);
