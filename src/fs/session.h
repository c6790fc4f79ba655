/* The mount in the kernel: attach, serve, detach. Knows nothing of HDFS.
 * Threads: used by main only; kx_session_serve starts and ends its workers. */
#pragma once
#include "fs/mount.h"

struct kx_session;

/** Attach the mount at options->mountpoint (absolute).  @return 0 or -errno with the reason. */
int kx_session_new(struct kx_mount *mount, const char *mountpoint, struct kx_session **out,
                   struct kx_error *err);

/** Serve until it is unmounted or SIGINT, SIGTERM or SIGHUP comes.  @return 0 or -errno. */
int kx_session_serve(struct kx_session *session);

/** Detach (if still attached) and free. NULL is fine. */
void kx_session_free(struct kx_session *session);
