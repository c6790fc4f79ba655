/* How bytes go between libfuse and the kernel.
 * Threads: called by main once; the functions it installs run in all workers. */
#pragma once
#include "fs/fuse/fuse_call.h"

/** Our own reading and writing on a mounted session: plain system calls, but that the answer to
 * INIT also says that directory operations may run in parallel. libfuse 3.14 forgets it, although
 * FUSE_CAP_PARALLEL_DIROPS was wanted (seen in its answer), and then all lookups of a directory
 * wait for each other: with a server that does not answer, the n-th for n times the deadline. And
 * that there are no privileges for a write to take away: otherwise the kernel asks for the
 * attribute security.capability before every single write.
 *  @return 0 or -errno. Call it after fuse_session_mount, before the loop. */
int kx_fuse_install_io(struct fuse_session *session);
