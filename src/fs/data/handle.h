/* An open file.
 * Threads: any number of calls on one handle at once. Ownership: made by open, freed by close;
 * nothing else refers to it. */
#pragma once
#include "fs/data/reader.h"
#include "fs/data/writer.h"
#include "fs/names/inode.h"

struct kx_mount;
struct kx_handle;

/** Open an inode as open(2)'s flags say; asks the server whether it may be written, when it is
 * opened for that.
 *  @return 0; -EISDIR, -EACCES, -ESTALE, ... */
int kx_handle_open(struct kx_mount *mount, struct kx_inode *inode, int flags,
                   const struct kx_call *call, struct kx_handle **out, struct kx_error *err);

/** Make a file: no such name is on the server (the caller looked). @mode with the umask applied. */
int kx_handle_create(struct kx_mount *mount, struct kx_inode *parent, const char *name, int flags,
                     uint32_t mode, const struct kx_call *call, struct kx_handle **out,
                     struct kx_error *err);

void kx_handle_close(struct kx_handle *handle);

/** What was written through this mount is seen: it is published first. */
int kx_handle_read(struct kx_handle *handle, int64_t offset, size_t size,
                   const struct kx_call *call, struct kx_slices *out, struct kx_error *err);
int kx_handle_write(struct kx_handle *handle, int64_t offset, const void *data, size_t length,
                    const struct kx_call *call, struct kx_error *err);

/** copy_file_range(2): no byte goes through the kernel.  @out is open for writing.  @return how
 * many were copied, fewer than `length` also for a large one or after an interruption; 0: the end
 * of the file; -errno when none was. A failure in the middle comes with the next call, or with
 * close. */
int64_t kx_handle_copy(struct kx_handle *in, int64_t from, struct kx_handle *out, int64_t to,
                       int64_t length, const struct kx_call *call, struct kx_error *err);

/** close(2) of one descriptor: all written bytes are on the server at their name, or safe here
 * (write=back). Without writes: no request. */
int kx_handle_flush(struct kx_handle *handle, const struct kx_call *call, struct kx_error *err);

/** fsync(2): they are on the server at their name. */
int kx_handle_publish(struct kx_handle *handle, const struct kx_call *call, struct kx_error *err);

/** Is it a new or emptied file of which nothing was written yet? */
bool kx_handle_unwritten(struct kx_handle *handle);

/** How many bytes may be asked for ahead of who reads it at this moment; 0: no stream is open. */
int64_t kx_handle_window(struct kx_handle *handle);
struct kx_inode *kx_handle_inode(struct kx_handle *handle); /* borrowed */

/** Change the length of a file, open or not: to 0 and to less by the server's TRUNCATE, to more by
 * a local copy. @by_path: no descriptor will be closed afterwards. */
int kx_truncate(struct kx_mount *mount, struct kx_inode *inode, int64_t length, bool by_path,
                const struct kx_call *call, struct kx_error *err);
