/* Blocks of memory of one size, for bytes on their way between a socket and a program.
 *
 * All bytes in flight live in blocks of one pool, so that their sum is known and freed blocks are
 * used again (a fresh 128 KiB from malloc is an mmap and 32 page faults each time).
 *
 * Threads: all functions from any thread.  A block's bytes are written by its one owner until it is
 * shared. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"

#define KX_BLOCK_BYTES                                                                             \
    ((size_t)128 * 1024) /* the kernel's default read-ahead: one FUSE READ, one block */

struct kx_pool;

struct kx_block {
    char *data;    /* KX_BLOCK_BYTES of room */
    size_t length; /* how many are valid, from the start */
    /* below is the pool's own */
    bool mapped;
    struct kx_pool *pool;
    struct kx_block *next;
    gatomicrefcount refs;
};

/** @keep how many free blocks are kept for reuse rather than given back to the system. */
struct kx_pool *kx_pool_new(unsigned keep);

/** All blocks must have come back. */
void kx_pool_free(struct kx_pool *pool);

/** @return owned, length 0, one reference. Never NULL. */
struct kx_block *kx_pool_take(struct kx_pool *pool);

struct kx_block *kx_block_ref(struct kx_block *block);
void kx_block_unref(
    struct kx_block *block); /* the last one gives it back to its pool; NULL is fine */

/** How many blocks are taken now. */
unsigned kx_pool_in_use(struct kx_pool *pool);

KX_DEFINE_AUTOPTR(kx_block, kx_block_unref)
KX_DEFINE_AUTOPTR(kx_pool, kx_pool_free)
