/* What is mounted where, as the kernel tells it in /proc/PID/mountinfo.
 *
 * Unlike stat(2), reading that asks no file system: a driver may look for its own mount. Threads:
 * any. Blocking: reads /proc only. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/** The device (st_dev) of what is mounted at a path, the last when there are several. @path
 * absolute, without symlinks.  @return false: nothing is, or it cannot be known. */
bool kx_mountinfo_at(const char *path, dev_t *out);

/** The device of a mount of a process by its number ("mnt_id" of /proc/PID/fdinfo).  @return false:
 * it has none of that number, or that cannot be known. */
bool kx_mountinfo_of(pid_t pid, uint64_t id, dev_t *out);
