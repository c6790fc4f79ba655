/* An empty file that is made at once under a name that was opened with O_EXCL (-o excl=open), so
 * that no other client gets the name: a lock file holds between machines.
 *
 * It is written down in the journal until the file has its content: that of a killed mount is
 * removed by the next one. Threads: any. */
#pragma once
#include "rest/client.h"

struct kx_mount;

/** @return 0; -EEXIST: somebody else has the name. Blocking: a CREATE. */
int kx_placeholder_make(struct kx_mount *mount, const char *path, uint32_t mode,
                        const struct kx_call *call, struct kx_error *err);

/** The file has its content, or belongs to somebody else now. */
void kx_placeholder_settle(struct kx_mount *mount, const char *path);

/** Nothing came of it: remove it, if it is still empty.  @return 0, also when there is none.
 * Blocking: two requests. */
int kx_placeholder_remove(struct kx_mount *mount, const char *path, const struct kx_call *call,
                          struct kx_error *err);
