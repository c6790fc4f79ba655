/* Names and attributes: from what is known while it is young enough, else from the server.
 * Threads: any. Blocking: at most one request each, unless said. Errors are those of
 * rest/webhdfs.h, and -ESTALE: the inode has lost its name. */
#pragma once
#include "fs/names/inode.h"
#include "rest/client.h"

struct kx_mount;

/** The inode behind parent/name.  @out a reference; -ENOENT. */
int kx_lookup(struct kx_mount *mount, struct kx_inode *parent, const char *name,
              const struct kx_call *call, struct kx_inode **out, struct kx_error *err);

/** Make sure that what is known of an inode is at most attr_timeout old, or true by our own
 * unpublished changes. */
int kx_refresh(struct kx_mount *mount, struct kx_inode *inode, const struct kx_call *call,
               struct kx_error *err);

/** The same for a file that is opened: what will expire within half of attr_timeout is asked for
 * now. So a file that another client has replaced is -ESTALE here, at which the kernel looks the
 * name up again and finds the new one, and not at the first read. */
int kx_refresh_opening(struct kx_mount *mount, struct kx_inode *inode, const struct kx_call *call,
                       struct kx_error *err);

/** The same, but at most `within_ms` old. */
int kx_refresh_within(struct kx_mount *mount, struct kx_inode *inode, int64_t within_ms,
                      const struct kx_call *call, struct kx_error *err);

/** The path of an inode.  @return 0, @path owned; -ESTALE. */
int kx_path_of(struct kx_inode *inode, char **path, struct kx_error *err);

/** The path of a name in a directory, checked for what HDFS can hold.  @return 0; -EINVAL,
 * -ENAMETOOLONG, -EILSEQ, -ESTALE. */
int kx_path_in(struct kx_inode *parent, const char *name, char **path, struct kx_error *err);

/** May we make, remove or rename names in this directory?  Asked at most once per attr_timeout and
 * directory. */
int kx_check_writable(struct kx_mount *mount, struct kx_inode *directory,
                      const struct kx_call *call, struct kx_error *err);
