/* How far a file can be read that another client is writing.
 *
 * A NameNode tells the length without the block that is being written: 0 for the first block of a
 * new file, the old length while something is appended; the modification time does not change until
 * it is closed. A DataNode serves all that it has got (what was hflushed, at least, and every
 * packet of 64 KiB before). A NameNode refuses OPEN at or past its own length, but for 0; what is
 * opened before that goes on behind it. All measured, Hadoop 3.4.2.
 *
 * Threads: any. Blocking: one request each (OPEN with its redirect), at most the call's time. */
#pragma once
#include "rest/client.h"
#include "rest/datanodes.h"

/** Does somebody have the file open for writing?  @return 0; -EOPNOTSUPP: the server has no
 * GET_BLOCK_LOCATIONS (an old HttpFS); another -errno. */
int kx_visible_is_written(struct kx_client *client, const char *path, const struct kx_call *call,
                          bool *out, struct kx_error *err);

/** How many bytes can be read.  @known the length that GETFILESTATUS tells.  @out at least that. */
int kx_visible_length(struct kx_client *client, const char *path, int64_t known,
                      const struct kx_call *call, int64_t *out, struct kx_error *err);

/** OPEN a part behind `known`: straight from a DataNode that is known, else from the last byte
 * before `known` on.  @out a transfer to be pulled and freed, @at where in the file its first byte
 * is. It may end before the part does. */
int kx_visible_open(struct kx_client *client, const char *path, int64_t known,
                    const struct kx_extent *part, const struct kx_call *call,
                    struct kx_transfer **out, int64_t *at, struct kx_error *err);
