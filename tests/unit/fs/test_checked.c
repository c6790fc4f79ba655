/* What is read in order is summed and compared before its last byte is handed out. */
#include "fs/data/checked.h"

#include <errno.h>
#include <string.h>

#include "rest/verify.h"
#include "writing.h"

#define LENGTH 1000

/* What the server answers. One test at a time. */
struct server {
    const char *wanted; /* the content whose sum it has */
    int begin, compare; /* errors, positive; 0: none */
    int begun, compared;
};

static struct server *server(void)
{
    static struct server one;
    return &one;
}

static struct kx_sum *sum_new(void)
{
    const struct kx_sum_form form = {.kind = KX_CRC32C, .block_bytes = 512, .crc_bytes = 512};
    return kx_sum_new(&form);
}

int kx_verify_begin(struct kx_client *client, int64_t *block_bytes, const struct kx_call *call,
                    struct kx_sum **out, struct kx_error *err)
{
    (void)client, (void)block_bytes, (void)call;
    server()->begun++;
    if (server()->begin) return kx_error_set(err, server()->begin, "no answer");
    *out = sum_new();
    return 0;
}

int kx_verify_read(struct kx_client *client, const char *path, struct kx_sum *sum,
                   const struct kx_call *call, struct kx_error *err)
{
    (void)client, (void)path, (void)call;
    server()->compared++;
    if (server()->compare) return kx_error_set(err, server()->compare, "no answer");
    g_autoptr(kx_sum) right = sum_new();
    kx_sum_feed(right, server()->wanted, LENGTH);
    g_autofree char *theirs = kx_sum_text(right), *ours = kx_sum_text(sum);
    return strcmp(theirs, ours) == 0 ? 0 : kx_error_set(err, EIO, "%s, not %s", ours, theirs);
}

struct checking {
    struct kx_checked *checked;
    struct kx_pool *pool;
    char content[LENGTH];
    struct kx_status status;
    unsigned generation;
    struct kx_error err;
};

static int setup(void **state)
{
    struct writing *w;
    writing_setup((void **)&w);
    struct checking *c = g_new0(struct checking, 1);
    for (int i = 0; i < LENGTH; i++)
        c->content[i] = (char)(i * 7 + i / 256);
    c->pool = kx_pool_new(0);
    c->status =
        (struct kx_status){.file_id = 7, .mtime_ms = 5, .length = LENGTH, .block_bytes = 512};
    c->checked = kx_checked_new(&w->mount);
    *server() = (struct server){.wanted = c->content};
    void **both = g_new0(void *, 2);
    both[0] = w;
    both[1] = c;
    *state = both;
    return 0;
}

static struct checking *of(void **state)
{
    return ((void **)*state)[1];
}

static int teardown(void **state)
{
    struct checking *c = of(state);
    void *w = ((void **)*state)[0];
    kx_checked_free(c->checked);
    assert_int_equal(kx_pool_in_use(c->pool), 0); /* what waited was given back */
    kx_pool_free(c->pool);
    kx_error_clear(&c->err);
    g_free(c);
    g_free(*state);
    return writing_teardown(&w);
}

#define checked_test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

/* [from, to) passes. */
static int pass(struct checking *c, int from, int to)
{
    struct kx_slices slices;
    kx_slices_init(&slices);
    struct kx_block *block = kx_pool_take(c->pool);
    block->length = (size_t)(to - from);
    memcpy(block->data, c->content + from, block->length);
    struct iovec piece = {.iov_base = block->data, .iov_len = block->length};
    g_ptr_array_add(slices.blocks, block);
    g_array_append_val(slices.pieces, piece);
    slices.length = block->length;
    const struct kx_checked_part part = {
        .path = "/f", .status = &c->status, .generation = c->generation, .offset = from};
    kx_error_clear(&c->err);
    int result = kx_checked_pass(c->checked, &part, &slices, NULL, &c->err);
    kx_slices_clear(&slices);
    return result;
}

static void what_is_right_is_compared_once(void **state)
{
    struct checking *c = of(state);
    assert_int_equal(pass(c, 0, 400), 0);
    assert_int_equal(pass(c, 400, 999), 0);
    assert_int_equal(server()->compared, 0);
    assert_int_equal(pass(c, 999, 1000), 0);
    assert_int_equal(pass(c, 0, 1000), 0);
    assert_int_equal(server()->compared, 1);
    assert_int_equal(server()->begun, 1);
}

/* The kernel reads ahead out of order, and some of it twice. */
static void parts_may_overtake_each_other(void **state)
{
    struct checking *c = of(state);
    static const int PARTS[][2] = {{600, 800}, {0, 200}, {100, 300}, {900, 1000},
                                   {300, 400}, {0, 100}, {700, 900}, {400, 600}};
    for (size_t i = 0; i < G_N_ELEMENTS(PARTS); i++)
        assert_int_equal(pass(c, PARTS[i][0], PARTS[i][1]), 0);
    assert_int_equal(server()->compared, 1);
}

static void a_wrong_byte_is_an_error_for_ever(void **state)
{
    struct checking *c = of(state);
    char flipped[LENGTH];
    memcpy(flipped, c->content, LENGTH);
    flipped[123] ^= 1;
    server()->wanted = flipped;
    assert_int_equal(pass(c, 0, 900), 0);
    assert_int_equal(pass(c, 900, 1000), -EIO);
    assert_non_null(strstr(c->err.message, ", not "));
    assert_int_equal(pass(c, 0, 10), -EIO);
    assert_non_null(strstr(c->err.message, ", not "));
    assert_int_equal(server()->compared, 1);
}

/* An error of the question is not one of the file. */
static void who_could_not_be_asked_is_asked_again(void **state)
{
    struct checking *c = of(state);
    server()->begin = ETIMEDOUT;
    assert_int_equal(pass(c, 0, 500), -ETIMEDOUT);
    server()->begin = 0;
    server()->compare = ETIMEDOUT;
    assert_int_equal(pass(c, 0, 500), 0);
    assert_int_equal(pass(c, 500, 1000), -ETIMEDOUT);
    server()->compare = 0;
    assert_int_equal(pass(c, 500, 1000), 0);
    assert_int_equal(server()->compared, 2);
}

static void what_changes_is_not_compared(void **state)
{
    struct checking *c = of(state);
    assert_int_equal(pass(c, 0, 500), 0);
    c->status.mtime_ms++;
    assert_int_equal(pass(c, 500, 1000), 0);
    assert_int_equal(server()->compared, 0);
}

static void what_is_written_here_is_not_compared(void **state)
{
    struct checking *c = of(state);
    assert_int_equal(pass(c, 0, 500), 0);
    c->generation++;
    assert_int_equal(pass(c, 500, 1000), 0);
    assert_int_equal(server()->compared, 0);
}

static void who_jumps_is_not_compared(void **state)
{
    struct checking *c = of(state);
    c->status.length = LENGTH + 2 * KX_CHECKED_AHEAD_BYTES;
    assert_int_equal(pass(c, 0, 100), 0);
    const struct kx_checked_part far = {
        .path = "/f", .status = &c->status, .offset = 2 * KX_CHECKED_AHEAD_BYTES};
    struct kx_slices slices;
    kx_slices_init(&slices);
    slices.length = 100;
    assert_int_equal(kx_checked_pass(c->checked, &far, &slices, NULL, &c->err), 0);
    kx_slices_clear(&slices);
    c->status.length = LENGTH;
    assert_int_equal(pass(c, 100, 1000), 0);
    assert_int_equal(server()->compared, 0);
}

static void what_has_no_such_sum_is_not_compared(void **state)
{
    struct checking *c = of(state);
    c->status.encrypted = true;
    assert_int_equal(pass(c, 0, 1000), 0);
    assert_int_equal(server()->begun + server()->compared, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        checked_test(what_is_right_is_compared_once),
        checked_test(parts_may_overtake_each_other),
        checked_test(a_wrong_byte_is_an_error_for_ever),
        checked_test(who_could_not_be_asked_is_asked_again),
        checked_test(what_changes_is_not_compared),
        checked_test(what_is_written_here_is_not_compared),
        checked_test(who_jumps_is_not_compared),
        checked_test(what_has_no_such_sum_is_not_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
