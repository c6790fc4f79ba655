#include "base/pool.h"

#include <string.h>

#include "support.h"

#define THREADS 4
#define TURNS   500

static void a_taken_block_is_empty_and_has_room(void **state)
{
    (void)state;
    g_autoptr(kx_pool) pool = kx_pool_new(2);
    g_autoptr(kx_block) block = kx_pool_take(pool);
    assert_int_equal(block->length, 0);
    memset(block->data, 0x55, KX_BLOCK_BYTES);
    block->length = KX_BLOCK_BYTES;
    assert_int_equal(kx_pool_in_use(pool), 1);
}

static void blocks_are_used_again(void **state)
{
    (void)state;
    g_autoptr(kx_pool) pool = kx_pool_new(1);
    struct kx_block *block = kx_pool_take(pool);
    const char *data = block->data;
    block->length = 17;
    kx_block_unref(block);
    assert_int_equal(kx_pool_in_use(pool), 0);
    block = kx_pool_take(pool);
    assert_ptr_equal(block->data, data);
    assert_int_equal(block->length, 0);
    kx_block_unref(block);
}

static void the_first_that_come_back_are_kept(void **state)
{
    (void)state;
    g_autoptr(kx_pool) pool = kx_pool_new(1);
    struct kx_block *first = kx_pool_take(pool), *second = kx_pool_take(pool);
    const char *data = first->data;
    kx_block_unref(first);
    kx_block_unref(second); /* one too many: given back to the system */
    g_autoptr(kx_block) again = kx_pool_take(pool);
    assert_ptr_equal(again->data, data);
}

/* What is kept and what is not: the leak checker and the address sanitizer look at it. */
static void no_more_than_asked_for_are_kept(void **state)
{
    (void)state;
    for (unsigned keep = 0; keep < 4; keep++) {
        g_autoptr(kx_pool) pool = kx_pool_new(keep);
        struct kx_block *blocks[6];
        for (unsigned round = 0; round < 3; round++) {
            for (unsigned i = 0; i < 6; i++)
                blocks[i] = kx_pool_take(pool);
            assert_int_equal(kx_pool_in_use(pool), 6);
            for (unsigned i = 0; i < 6; i++)
                for (unsigned j = 0; j < i; j++)
                    assert_ptr_not_equal(blocks[i]->data, blocks[j]->data);
            for (unsigned i = 0; i < 6; i++)
                kx_block_unref(blocks[i]);
            assert_int_equal(kx_pool_in_use(pool), 0);
        }
    }
}

static void the_last_reference_gives_it_back(void **state)
{
    (void)state;
    g_autoptr(kx_pool) pool = kx_pool_new(1);
    struct kx_block *block = kx_pool_take(pool);
    assert_ptr_equal(kx_block_ref(block), block);
    kx_block_unref(block);
    assert_int_equal(kx_pool_in_use(pool), 1);
    block->data[0] = 'x';
    kx_block_unref(block);
    assert_int_equal(kx_pool_in_use(pool), 0);
    kx_block_unref(NULL);
    kx_pool_free(NULL);
}

struct user {
    struct kx_pool *pool;
    char mark;
    int wrong;
};

static gpointer use_blocks(gpointer data)
{
    struct user *user = data;
    for (int i = 0; i < TURNS; i++) {
        struct kx_block *block = kx_pool_take(user->pool);
        struct kx_block *second = i % 3 ? NULL : kx_block_ref(block);
        if (block->length != 0) user->wrong++;
        memset(block->data, user->mark, 64);
        g_thread_yield();
        for (int at = 0; at < 64; at++)
            user->wrong += block->data[at] != user->mark;
        block->length = 64;
        kx_block_unref(block);
        kx_block_unref(second);
    }
    return NULL;
}

static void threads_never_share_a_block(void **state)
{
    (void)state;
    g_autoptr(kx_pool) pool = kx_pool_new(2);
    GThread *threads[THREADS];
    struct user users[THREADS];
    for (int i = 0; i < THREADS; i++) {
        users[i] = (struct user){.pool = pool, .mark = (char)('a' + i)};
        threads[i] = g_thread_new("user", use_blocks, &users[i]);
    }
    for (int i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(users[i].wrong, 0);
    assert_int_equal(kx_pool_in_use(pool), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_taken_block_is_empty_and_has_room),
        cmocka_unit_test(blocks_are_used_again),
        cmocka_unit_test(the_first_that_come_back_are_kept),
        cmocka_unit_test(no_more_than_asked_for_are_kept),
        cmocka_unit_test(the_last_reference_gives_it_back),
        cmocka_unit_test(threads_never_share_a_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
