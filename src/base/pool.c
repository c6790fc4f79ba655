#include "base/pool.h"

#include <sys/mman.h>

struct kx_pool {
    GMutex mutex;          /* guards all below */
    struct kx_block *free; /* kept for the next who takes one */
    unsigned kept, keep, in_use;
};

struct kx_pool *kx_pool_new(unsigned keep)
{
    struct kx_pool *pool = g_new0(struct kx_pool, 1);
    g_mutex_init(&pool->mutex);
    pool->keep = keep;
    return pool;
}

/* Straight from the system, and straight back. malloc maps the first ones, but takes later ones out
 * of heaps that keep what is freed (a block is as long as its threshold, which grows): a hundred
 * MiB were seen to stay after sixteen readers. When the system maps no more pieces
 * (vm.max_map_count), malloc it is. */
static void block_room(struct kx_block *block)
{
#ifndef __SANITIZE_ADDRESS__
    void *data =
        mmap(NULL, KX_BLOCK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    block->mapped = data != MAP_FAILED;
    if (block->mapped) block->data = data;
#endif
    if (!block->mapped) block->data = g_malloc(KX_BLOCK_BYTES);
}

static void block_free(struct kx_block *block)
{
    if (block->mapped)
        munmap(block->data, KX_BLOCK_BYTES);
    else
        g_free(block->data);
    g_free(block);
}

void kx_pool_free(struct kx_pool *pool)
{
    if (!pool) return;
    g_assert(pool->in_use == 0);
    while (pool->free) {
        struct kx_block *block = pool->free;
        pool->free = block->next;
        block_free(block);
    }
    g_mutex_clear(&pool->mutex);
    g_free(pool);
}

struct kx_block *kx_pool_take(struct kx_pool *pool)
{
    g_mutex_lock(&pool->mutex);
    struct kx_block *block = pool->free;
    if (block) {
        pool->free = block->next;
        pool->kept--;
    }
    pool->in_use++;
    g_mutex_unlock(&pool->mutex);
    if (!block) {
        block = g_new0(struct kx_block, 1);
        block->pool = pool;
        block_room(block);
    }
    block->length = 0;
    block->next = NULL;
    g_atomic_ref_count_init(&block->refs);
    return block;
}

struct kx_block *kx_block_ref(struct kx_block *block)
{
    g_atomic_ref_count_inc(&block->refs);
    return block;
}

void kx_block_unref(struct kx_block *block)
{
    if (!block || !g_atomic_ref_count_dec(&block->refs)) return;
    struct kx_pool *pool = block->pool;
    g_mutex_lock(&pool->mutex);
    pool->in_use--;
    gboolean keep = pool->kept < pool->keep;
    if (keep) {
        block->next = pool->free;
        pool->free = block;
        pool->kept++;
    }
    g_mutex_unlock(&pool->mutex);
    if (!keep) block_free(block);
}

unsigned kx_pool_in_use(struct kx_pool *pool)
{
    g_mutex_lock(&pool->mutex);
    unsigned in_use = pool->in_use;
    g_mutex_unlock(&pool->mutex);
    return in_use;
}
