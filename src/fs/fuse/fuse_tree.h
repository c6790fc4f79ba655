/* The virtual trees (fs/tree) as operations of the kernel, by the same names as fuse_ops.h has them
 * for HDFS. fuse_route.c asks which of the two a request is for.
 * Threads: as fuse_ops.h. */
#pragma once
#include "fs/fuse/fuse_call.h"
#include "fs/tree/tree.h"

/* fuse_tree.c: names */
void kx_tree_op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name);
void kx_tree_op_getattr(fuse_req_t req, fuse_ino_t node);
void kx_tree_op_setattr(fuse_req_t req, fuse_ino_t node, const struct stat *attr, int to_set,
                        struct fuse_file_info *fi);
void kx_tree_op_access(fuse_req_t req, fuse_ino_t node, int mask);
void kx_tree_op_statfs(fuse_req_t req);
void kx_tree_op_readlink(fuse_req_t req, fuse_ino_t node);
void kx_tree_op_opendir(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi);
void kx_tree_op_readdir(fuse_req_t req, size_t size, off_t offset, struct fuse_file_info *fi,
                        bool plus);
void kx_tree_op_releasedir(fuse_req_t req, struct fuse_file_info *fi);
void kx_tree_op_getxattr(fuse_req_t req, fuse_ino_t node, const char *name, size_t size);
void kx_tree_op_listxattr(fuse_req_t req, size_t size);

/** A change of names, or of what cannot be changed: `code` with the reason, remembered for the
 * path. */
void kx_tree_op_refuse(fuse_req_t req, fuse_ino_t node, const char *name, int code);

/* fuse_tree_file.c: open files */
void kx_tree_op_open(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi);
void kx_tree_op_read(fuse_req_t req, size_t size, off_t offset, struct fuse_file_info *fi);
void kx_tree_op_write(fuse_req_t req, const char *data, size_t size, off_t offset,
                      struct fuse_file_info *fi);
void kx_tree_op_poll(fuse_req_t req, struct fuse_file_info *fi, struct fuse_pollhandle *handle);
void kx_tree_op_release(fuse_req_t req, struct fuse_file_info *fi);

/* fuse_tree_drop.c: documents that programs write. Names that the trees do not take are refused. */
void kx_tree_op_create(fuse_req_t req, fuse_ino_t parent, const char *name,
                       struct fuse_file_info *fi);
void kx_tree_op_flush(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi);
void kx_tree_op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name);
void kx_tree_op_remove(fuse_req_t req, fuse_ino_t parent, const char *name, bool folder);
void kx_tree_op_rename(fuse_req_t req, fuse_ino_t parent, const char *name, const char *to,
                       unsigned flags);

/** Set the size of a document that is written; its mode and times mean nothing. It is in the audit.
 *  @return 0 or -errno. */
int kx_fuse_tree_cut(struct kx_fuse_call *c, struct kx_tree_node *node, const struct stat *attr,
                     int to_set, struct fuse_file_info *fi);

/** A file is open: tell the kernel. Ends the call. */
void kx_fuse_tree_opened(struct kx_fuse_call *c, struct kx_tree_file *file,
                         struct fuse_file_info *fi, const struct fuse_entry_param *entry);

/** May what the node stands for be changed now?  @return 0; -EROFS. */
int kx_fuse_tree_may_change(struct kx_fuse_call *c, const struct kx_tree_node *node);

/** A reference, or NULL after the call was answered with ESTALE. */
struct kx_tree_node *kx_fuse_tree_node(struct kx_fuse_call *c, fuse_ino_t node);

/** Answer with a result (0 or -errno); an error is kept under the node's path (NULL: its own). */
void kx_fuse_tree_reply(struct kx_fuse_call *c, int result, const struct kx_tree_node *node);

/** Tell the kernel of a node that was asked for or made. Ends the call.  @entry its attributes are
 * there; the rest is filled in. */
void kx_fuse_tree_reply_entry(struct kx_fuse_call *c, struct kx_tree_node *node,
                              struct fuse_entry_param *entry);
