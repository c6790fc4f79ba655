/* Whose request is it: HDFS's (fuse_ops.h) or the virtual trees' (fuse_tree.h)? By the number of
 * the node; in the mount's root by the name, too. Threads: as fuse_ops.h. */
#pragma once
#include "fs/fuse/fuse_call.h"

/** Every operation but init. */
struct fuse_lowlevel_ops kx_fuse_operations(void);
