/* A file of our own on the local disk: without a name while nobody would miss it, with one when it
 * must outlive the process.
 *
 * Threads: reading from any number at once; everything else one caller at a time.  Blocking: the
 * local disk.  Errors are the disk's, with the folder's name. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "fs/data/ranges.h"

struct kx_local_file;

/** An empty file. @name the one that kx_local_file_keep gives it.  @return 0 or -errno. */
int kx_local_file_new(const char *folder, const char *name, struct kx_local_file **out,
                      struct kx_error *err);

/** One that was kept, and is left as by kx_local_file_leave.  @return 0; -ENOENT, ... */
int kx_local_file_reopen(const char *folder, const char *name, struct kx_local_file **out,
                         struct kx_error *err);

/** A copy of the ranges of another one, and its length; ranges may be shared on the disk.  @name of
 * the new one. */
int kx_local_file_copy(const struct kx_local_file *from, const struct kx_ranges *ranges,
                       int64_t length, const char *name, struct kx_local_file **out,
                       struct kx_error *err);

/** Close it; unless it was left (kx_local_file_leave) it is gone. NULL is fine. */
void kx_local_file_free(struct kx_local_file *file);

int kx_local_file_write(struct kx_local_file *file, int64_t offset, const void *data, size_t length,
                        struct kx_error *err);
/** -EIO when the file has not so many. */
int kx_local_file_read(const struct kx_local_file *file, int64_t offset, void *room, size_t length,
                       struct kx_error *err);
/** Shorter: the bytes behind are gone; longer: zeros. */
int kx_local_file_resize(struct kx_local_file *file, int64_t length, struct kx_error *err);

/** Its bytes and its name are on the disk when this returns 0. */
int kx_local_file_keep(struct kx_local_file *file, struct kx_error *err);

/** Its name stays after kx_local_file_free: a record refers to it; or no more. */
void kx_local_file_leave(struct kx_local_file *file, bool leave);

const char *kx_local_file_name(const struct kx_local_file *file);

KX_DEFINE_AUTOPTR(kx_local_file, kx_local_file_free)
