/* One large file as several streams at once, over as many DataNodes (-o parallel_upload).
 *
 * The parts are hidden files beside the name, each of whole blocks; CONCAT makes one file of them
 * without moving a byte, and that is renamed like any other hidden file. Threads: the caller holds
 * the writer's gate; it makes threads of its own and waits for them. */
#pragma once
#include "fs/data/writer_private.h"

/** Send the staged content in parts, if that is wanted and it is large enough.  @return 1, @out the
 * hidden file that has all of it; 0: not in parts (too small, or the server does not join files:
 * then nothing of it is left); -errno: likewise nothing is left. */
int kx_parallel_upload(struct kx_writer *writer, const struct kx_call *call, struct kx_hidden *out,
                       struct kx_error *err);
