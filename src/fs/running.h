/* The files jobs/ID/.running that the kernel knows: when such a job ends, the kernel is told that
 * the file is gone, so that inotify(7) tells who watches it (IN_DELETE_SELF).
 *
 * The kernel does not say who watches, so all are looked after that it still knows, the newest
 * KX_RUNNING_MAX: together by one request every KX_RUNNING_SOON_MS, later KX_RUNNING_MS, and at
 * once when the mount's bell rings. Before the kernel was told the file stays there, for a moment
 * after the end: a name that is not found any more would leave nothing to tell of.
 *
 * Threads: any; one of its own, while there is something to look after. */
#pragma once
#include <stdbool.h>

#include "base/cleanup.h"

#define KX_RUNNING_MAX      100
#define KX_RUNNING_SOON_MS  2000 /* as long as one of them is younger than KX_RUNNING_YOUNG_MS */
#define KX_RUNNING_MS       5000
#define KX_RUNNING_YOUNG_MS 60000

struct kx_mount;
struct kx_running;

struct kx_running *kx_running_new(struct kx_mount *mount); /* owned; the mount is borrowed */
void kx_running_free(struct kx_running *running);          /* NULL is fine */

/** Somebody looks at the file of a job that runs, or that has ended.
 *  @return whether the file is there. */
bool kx_running_look(struct kx_running *running, const char *job, bool ended);

KX_DEFINE_AUTOPTR(kx_running, kx_running_free)
