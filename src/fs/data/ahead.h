/* Small files that are fetched before they are opened, while a program walks through a folder
 * (walk.h): several at once, each with one OPEN, so that a program which reads one file after the
 * other does not wait for each.
 *
 * What came waits in the file's reader (reader.h), which whoever opens the file then shares: he
 * also waits there for what is still on its way, so that no file is asked for twice. It serves him
 * only when fileId, modification time and length are those that his open has seen. What the kernel
 * has in its pages, what is being written here and what is longer than KX_AHEAD_FILE_BYTES is not
 * fetched.
 *
 * Memory: KX_AHEAD_BYTES, at most an eighth of the mount's budget, of which it counts; nothing is
 * begun while that is short. Threads: any; KX_AHEAD_THREADS of its own while there is something to
 * fetch. Its lock is held for memory work only, and may be held when the inode table's and the
 * readers' are taken. */
#pragma once
#include "base/cleanup.h"
#include "fs/names/inode.h"

#define KX_AHEAD_FILE_BYTES ((int64_t)1024 * 1024)
#define KX_AHEAD_BYTES      ((int64_t)8 * 1024 * 1024)
#define KX_AHEAD_THREADS    8
#define KX_AHEAD_FOLDERS    4     /* that are walked through at once */
#define KX_AHEAD_LIST_MS    60000 /* how old a listing may be */

struct kx_mount;
struct kx_ahead;

/** @mount borrowed; its inodes, pages and reads must outlive it.  @return owned. */
struct kx_ahead *kx_ahead_new(struct kx_mount *mount);

/** Cut what is on its way, and forget all. NULL is fine. */
void kx_ahead_free(struct kx_ahead *ahead);

/** A file is opened for reading, its attributes are fresh, and the opener has its reader already.
 * NULL: nothing happens. Does not block. */
void kx_ahead_opened(struct kx_ahead *ahead, struct kx_inode *inode);

KX_DEFINE_AUTOPTR(kx_ahead, kx_ahead_free)
