/* From what HDFS says to a struct stat.
 * Threads: any. */
#pragma once
#include <sys/stat.h>

#include "rest/status.h"

struct kx_mount;
struct kx_inode;

/** Fill `st` from a status; size, blocks, times, mode, owner and group; st_ino = ino. */
void kx_attr_fill(struct kx_mount *mount, const struct kx_status *status, uint64_t ino,
                  struct stat *st);

/** What this mount knows of an inode now, its own unpublished changes included.  @return the
 * status' age in ms; -1: it must be asked again (unless there are unpublished changes: then 0). No
 * request. */
int64_t kx_attr_known(struct kx_mount *mount, struct kx_inode *inode, struct stat *st);

/** The same as a status; free it by kx_status_clear. */
int64_t kx_attr_known_status(struct kx_mount *mount, struct kx_inode *inode, struct kx_status *out);

/** What something that this mount has just made looks like, until somebody asks the server: its
 * owner is who we are, its group the directory's (HDFS follows BSD). Free it by kx_status_clear. */
void kx_attr_of_made(struct kx_mount *mount, struct kx_inode *parent, enum kx_file_type type,
                     uint32_t mode, struct kx_status *out);
