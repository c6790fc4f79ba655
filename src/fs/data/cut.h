/* The server's TRUNCATE, to its end.
 * Threads: any.  Blocking: some requests; a cut inside a block waits for the DataNodes' recovery,
 * seconds. */
#pragma once
#include "rest/client.h"

struct kx_mount;

/** Cut the server's file to `length`, at most its own, and wait until it can be written again.
 * @return 0; -ETIMEDOUT: it is cut, but the recovery goes on; -errno. */
int kx_cut_file(struct kx_mount *mount, const char *path, int64_t length,
                const struct kx_call *call, struct kx_error *err);
