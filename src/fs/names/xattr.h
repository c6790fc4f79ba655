/* Extended attributes: HDFS's own pass through; user.hdfs.* is the file's life in HDFS.
 * Threads: any. Blocking: one request, or none for what is known or cannot be. */
#pragma once
#include "fs/names/inode.h"
#include "rest/client.h"

struct kx_mount;

/** @out owned bytes.  -ENODATA: there is none of that name. */
int kx_xattr_get(struct kx_mount *mount, struct kx_inode *inode, const char *name,
                 const struct kx_call *call, GBytes **out, struct kx_error *err);

/** @out owned bytes: the names, each with its NUL. user.hdfs.* are not listed, so that cp -a and
 * rsync -X do not copy them. */
int kx_xattr_list(struct kx_mount *mount, struct kx_inode *inode, const struct kx_call *call,
                  GBytes **out, struct kx_error *err);

/** @flags XATTR_CREATE or XATTR_REPLACE or 0. */
int kx_xattr_set(struct kx_mount *mount, struct kx_inode *inode, const char *name, GBytes *value,
                 int flags, const struct kx_call *call, struct kx_error *err);
int kx_xattr_remove(struct kx_mount *mount, struct kx_inode *inode, const char *name,
                    const struct kx_call *call, struct kx_error *err);
