/* The driver's operations, one file a family; fuse_route.c puts them into libfuse's table. Valid
 * replies as in fuse_lowlevel.h. Threads: libfuse calls them from any of its threads, also for one
 * file at once. */
#pragma once
#include "fs/fuse/fuse_call.h"

/* fuse_attr.c */
void kx_op_getattr(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi);
void kx_op_setattr(fuse_req_t req, fuse_ino_t node, struct stat *attr, int to_set,
                   struct fuse_file_info *fi);
void kx_op_access(fuse_req_t req, fuse_ino_t node, int mask);
void kx_op_statfs(fuse_req_t req, fuse_ino_t node);

/* fuse_names.c */
void kx_op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name);
void kx_op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode);
void kx_op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name);
void kx_op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name);
void kx_op_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t to_parent,
                  const char *to_name, unsigned flags);
void kx_op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name);
void kx_op_link(fuse_req_t req, fuse_ino_t node, fuse_ino_t to_parent, const char *to_name);
void kx_op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t device);
void kx_op_readlink(fuse_req_t req, fuse_ino_t node);

/* fuse_dir.c */
void kx_op_opendir(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi);
void kx_op_readdir(fuse_req_t req, fuse_ino_t node, size_t size, off_t offset,
                   struct fuse_file_info *fi);
void kx_op_readdirplus(fuse_req_t req, fuse_ino_t node, size_t size, off_t offset,
                       struct fuse_file_info *fi);
void kx_op_releasedir(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi);
void kx_op_fsyncdir(fuse_req_t req, fuse_ino_t node, int datasync, struct fuse_file_info *fi);

/* fuse_file.c */
void kx_op_open(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi);
void kx_op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
                  struct fuse_file_info *fi);
void kx_op_read(fuse_req_t req, fuse_ino_t node, size_t size, off_t offset,
                struct fuse_file_info *fi);
void kx_op_write(fuse_req_t req, fuse_ino_t node, const char *data, size_t size, off_t offset,
                 struct fuse_file_info *fi);
void kx_op_flush(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi);
void kx_op_fsync(fuse_req_t req, fuse_ino_t node, int datasync, struct fuse_file_info *fi);
void kx_op_fallocate(fuse_req_t req, fuse_ino_t node, int mode, off_t offset, off_t length,
                     struct fuse_file_info *fi);
void kx_op_copy_file_range(fuse_req_t req, fuse_ino_t from, off_t from_offset,
                           struct fuse_file_info *from_fi, fuse_ino_t to, off_t to_offset,
                           struct fuse_file_info *to_fi, size_t length, int flags);
void kx_op_release(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi);

/* fuse_xattr.c */
void kx_op_setxattr(fuse_req_t req, fuse_ino_t node, const char *name, const char *value,
                    size_t size, int flags);
void kx_op_getxattr(fuse_req_t req, fuse_ino_t node, const char *name, size_t size);
void kx_op_listxattr(fuse_req_t req, fuse_ino_t node, size_t size);
void kx_op_removexattr(fuse_req_t req, fuse_ino_t node, const char *name);
