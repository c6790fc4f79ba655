/* Names that must survive a power cut.
 * Threads: any.  Blocking: the local disk. */
#pragma once

/** Have the folder's own data, the names in it, on the disk.  @return 0; -errno. */
int kx_sync_folder(const char *folder);
