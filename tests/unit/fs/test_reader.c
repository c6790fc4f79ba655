/* The window of a reader over its stream, read by one thread. */
#include <errno.h>

#include "reading.h"

#define STEP ((size_t)(128 * KIB))

static void in_order_it_is_one_stream(void **state)
{
    struct reading *reading = *state;
    reading->target.length = 5 * MIB + 123;
    for (int64_t at = 0; at < reading->target.length; at += (int64_t)STEP)
        reading_check(reading, at, STEP);
    reading_check(reading, 5 * MIB + 123, STEP);
    reading_check(reading, 50 * MIB, STEP);
    assert_int_equal(fake_reads_count(reading->client), 1);
    reading_check_stream(reading, 0, 0, 5 * MIB + 123);
}

static void reads_of_any_size(void **state)
{
    struct reading *reading = *state;
    static const size_t SIZES[] = {1, 4096, 100000, 1, 131072, 131073, 1048576, 7, 999999};
    fake_reads_set_pace(reading->client, 0, true);
    int64_t at = 0;
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < G_N_ELEMENTS(SIZES); i++) {
            reading_check(reading, at, SIZES[i]);
            at += (int64_t)SIZES[i];
        }
    reading_check(reading, at, 0);
    assert_int_equal(fake_reads_count(reading->client), 1);
}

static void the_end_of_the_file_is_the_end(void **state)
{
    struct reading *reading = *state;
    reading->target.length = 1000;
    reading_check(reading, 0, 4096);
    reading_check(reading, 999, 1);
    reading_check(reading, 999, 100);
    reading_check(reading, 1000, 1);
    reading->target.length = 0;
    reading_check(reading, 0, 4096);
    assert_int_equal(fake_reads_count(reading->client), 1);
}

static void the_first_reads_may_overtake_each_other(void **state)
{
    struct reading *reading = *state;
    static const int ORDER[] = {1, 0, 3, 2, 7, 5, 6, 4, 8, 9};
    for (size_t i = 0; i < G_N_ELEMENTS(ORDER); i++)
        reading_check(reading, ORDER[i] * (int64_t)STEP, STEP);
    assert_int_equal(fake_reads_count(reading->client), 1);
    reading_check_stream(reading, 0, 0, reading->target.length);
}

static void a_first_read_far_inside_begins_there(void **state)
{
    struct reading *reading = *state;
    reading_check(reading, 20 * MIB, STEP);
    reading_check(reading, 20 * MIB + (int64_t)STEP, STEP);
    assert_int_equal(fake_reads_count(reading->client), 1);
    reading_check_stream(reading, 0, 20 * MIB, KX_READ_JUMP_BYTES);
}

static void a_small_file_is_read_as_a_whole(void **state)
{
    struct reading *reading = *state;
    reading->target.length = MIB;
    reading_check(reading, MIB - 4096, 4096);
    for (int64_t at = 0; at < MIB; at += 4096)
        reading_check(reading, at, 4096);
    assert_int_equal(fake_reads_count(reading->client), 1);
    reading_check_stream(reading, 0, 0, MIB);
}

static void what_is_just_behind_the_stream_is_kept(void **state)
{
    struct reading *reading = *state;
    for (int64_t at = 0; at < 8 * MIB; at += (int64_t)STEP)
        reading_check(reading, at, STEP);
    for (int64_t back = (int64_t)STEP; back <= MIB - (int64_t)STEP; back += (int64_t)STEP)
        reading_check(reading, 8 * MIB - back, STEP);
    assert_int_equal(fake_reads_count(reading->client), 1);
    reading_check(reading, 4 * MIB, STEP); /* but not for ever */
    assert_int_equal(fake_reads_count(reading->client), 2);
}

static void a_read_a_little_ahead_waits_for_the_stream(void **state)
{
    struct reading *reading = *state;
    reading_check(reading, 0, STEP);
    reading_check(reading, (int64_t)STEP + MIB, STEP);
    reading_check(reading, (int64_t)STEP, STEP);
    assert_int_equal(fake_reads_count(reading->client), 1);
    reading_check(reading, 2 * (int64_t)STEP + 2 * MIB + 1, STEP);
    assert_int_equal(fake_reads_count(reading->client), 2);
}

static void a_jump_asks_for_little_and_then_for_more(void **state)
{
    struct reading *reading = *state;
    const int64_t begin = 10 * MIB, length = reading->target.length;
    reading_check(reading, 0, STEP);
    for (int64_t at = begin; at < begin + 8 * MIB; at += (int64_t)STEP)
        reading_check(reading, at, STEP);
    unsigned count = fake_reads_count(reading->client);
    assert_in_range(count, 4, 14);
    reading_check_stream(reading, 1, begin, KX_READ_JUMP_BYTES);
    int64_t at = begin, before = 0;
    for (unsigned i = 1; i < count; i++) {
        struct fake_stream stream = fake_reads_stream(reading->client, i);
        assert_int_equal(stream.offset, at);
        assert_true(i < 3 || i == count - 1 || stream.length >= before);
        before = stream.length;
        at += stream.length;
    }
    assert_true(at == length || at >= begin + 8 * MIB);
    for (int64_t on = begin + 8 * MIB; on < begin + 17 * MIB; on += (int64_t)STEP)
        reading_check(reading, on, STEP);
    struct fake_stream last =
        fake_reads_stream(reading->client, fake_reads_count(reading->client) - 1);
    assert_int_equal(last.offset + last.length, length); /* it is read on and on: all of it */
}

static void a_jump_asks_for_all_of_a_large_read(void **state)
{
    struct reading *reading = *state;
    reading_check(reading, 0, STEP);
    reading_check(reading, 10 * MIB, MIB);
    reading_check_stream(reading, 1, 10 * MIB, MIB);
    reading_check(reading, reading->target.length - 100, STEP);
    reading_check_stream(reading, 2, reading->target.length - 100, 100);
}

static void another_jump_begins_small_again(void **state)
{
    struct reading *reading = *state;
    reading_check(reading, 0, STEP);
    for (int64_t at = 10 * MIB; at < 12 * MIB; at += (int64_t)STEP)
        reading_check(reading, at, STEP);
    unsigned before = fake_reads_count(reading->client);
    reading_check(reading, 30 * MIB, STEP);
    reading_check_stream(reading, before, 30 * MIB, KX_READ_JUMP_BYTES);
}

static void random_reads_fetch_what_is_read(void **state)
{
    struct reading *reading = *state;
    g_autoptr(GRand) chance = g_rand_new_with_seed(3);
    reading_check(reading, 0, 4096);
    for (int i = 0; i < 200; i++)
        reading_check(reading, (int64_t)g_rand_int_range(chance, 512, 16000) * 4096, 4096);
    unsigned count = fake_reads_count(reading->client);
    for (unsigned i = 8; i < count; i++)
        assert_in_range(fake_reads_stream(reading->client, i).length, 4096, 4096 + 32 * KIB);
    assert_in_range(count, 190, 201);
}

/* One column of a table: pieces of a megabyte, far from each other, each read in order. */
static void pieces_far_apart_fetch_little_more(void **state)
{
    struct reading *reading = *state;
    const int64_t piece = MIB + 100000;
    int64_t asked = 0, read = 0;
    for (int64_t begin = 3 * MIB; begin + piece < reading->target.length; begin += 4 * MIB) {
        for (int64_t at = begin; at < begin + piece; at += (int64_t)STEP)
            reading_check(reading, at, (size_t)MIN((int64_t)STEP, begin + piece - at));
        read += piece;
    }
    unsigned count = fake_reads_count(reading->client);
    for (unsigned i = 0; i < count; i++)
        asked += fake_reads_stream(reading->client, i).length;
    assert_true(asked * 100 <= read * 112);
    assert_in_range(count, 1, 60);
}

static void memory_is_bounded(void **state)
{
    struct reading *reading = *state;
    for (int64_t at = 0; at < 16 * MIB; at += (int64_t)STEP)
        reading_check(reading, at, STEP);
    const unsigned most = (unsigned)(KX_READ_BEHIND_BYTES / (int64_t)KX_BLOCK_BYTES) + 2;
    assert_in_range(fake_reads_blocks_max(reading->client), 1, most);
    assert_in_range(fake_reads_blocks(reading->client), 1, most);
}

static void slices_outlive_the_reader(void **state)
{
    struct reading *reading = *state;
    struct kx_slices slices;
    kx_slices_init(&slices);
    assert_int_equal(
        kx_reader_read(reading->reader, &reading->target, 100000, 100000, NULL, &slices, NULL), 0);
    kx_reader_free(reading->reader);
    reading->reader = NULL;
    int64_t at = 100000;
    assert_true(slices.pieces->len > 1); /* it crosses a block's end */
    for (guint i = 0; i < slices.pieces->len; i++) {
        const struct iovec *piece = &g_array_index(slices.pieces, struct iovec, i);
        for (size_t j = 0; j < piece->iov_len; j++)
            assert_int_equal(((const char *)piece->iov_base)[j], fake_reads_byte(0, at++));
    }
    assert_int_equal(at, 200000);
    kx_slices_clear(&slices);
}

static void a_change_of_ours_forgets_what_was_read(void **state)
{
    struct reading *reading = *state;
    reading_check(reading, 0, STEP);
    reading_check(reading, 10 * MIB, STEP);
    fake_reads_set_seed(reading->client, 1);
    reading->seed = 1;
    reading->target.generation++;
    reading_check(reading, 10 * MIB, STEP);
    reading_check(reading, 10 * MIB + (int64_t)STEP, STEP);
    assert_int_equal(fake_reads_count(reading->client), 3);
    /* it is like a file that was just opened */
    reading_check_stream(reading, 2, 10 * MIB, KX_READ_JUMP_BYTES);
    reading->target.generation++;
    reading_check(reading, (int64_t)STEP, STEP);
    reading_check_stream(reading, 3, 0, reading->target.length);
}

static void a_file_that_grew_is_read_on(void **state)
{
    struct reading *reading = *state;
    reading->target.length = MIB;
    for (int64_t at = 0; at < MIB; at += (int64_t)STEP)
        reading_check(reading, at, STEP);
    reading_check(reading, MIB, STEP);
    reading->target.length = 2 * MIB;
    for (int64_t at = MIB; at < 2 * MIB; at += (int64_t)STEP)
        reading_check(reading, at, STEP);
    assert_int_equal(fake_reads_count(reading->client), 2);
    reading_check_stream(reading, 1, MIB, MIB);
}

static void the_version_goes_with_the_stream(void **state)
{
    struct reading *reading = *state;
    reading_check(reading, 0, STEP);
    struct kx_version version = fake_reads_stream(reading->client, 0).version;
    assert_int_equal(version.file_id, 7);
    assert_int_equal(version.mtime_ms, 8);
    reading->target.version.file_id = 0; /* unknown: nothing to compare with */
    reading_check(reading, 30 * MIB, STEP);
    assert_int_equal(fake_reads_stream(reading->client, 1).version.mtime_ms, 0);
}

static void an_error_comes_through_and_is_not_the_end(void **state)
{
    struct reading *reading = *state;
    KX_ERROR_AUTO(err);
    fake_reads_fail_open(reading->client, EACCES);
    assert_int_equal(reading_read(reading, 0, STEP, NULL, &err), -EACCES);
    expect_error(&err, EACCES, "the open was told to fail");
    reading_check(reading, 0, STEP);
    fake_reads_fail_pull(reading->client, (int64_t)STEP, ESTALE);
    assert_int_equal(reading_read(reading, (int64_t)STEP, STEP, NULL, &err), -ESTALE);
    assert_int_equal(reading_read(reading, 0, STEP, NULL, NULL), STEP); /* still in the window */
    reading_check(reading, (int64_t)STEP, STEP);
    fake_reads_fail_pull(reading->client, 30 * MIB + 512 * KIB, EIO); /* in the middle of a read */
    assert_int_equal(reading_read(reading, 30 * MIB, MIB, NULL, &err), -EIO);
    reading_check(reading, 30 * MIB, MIB);
}

/* The kernel asks again for what has failed, and others wait behind it. */
static void a_silent_server_is_waited_for_once(void **state)
{
    struct reading *reading = *state;
    KX_ERROR_AUTO(err);
    reading_check(reading, 0, STEP);
    fake_reads_fail_pull(reading->client, (int64_t)STEP, ETIMEDOUT);
    assert_int_equal(reading_read(reading, (int64_t)STEP, STEP, NULL, &err), -ETIMEDOUT);
    assert_int_equal(reading_read(reading, (int64_t)STEP, STEP, NULL, &err), -ETIMEDOUT);
    expect_error(&err, ETIMEDOUT, "the pull was told to fail");
    reading_check(reading, 0, STEP); /* what is there needs no server */
    assert_int_equal(fake_reads_count(reading->client), 1);
    fake_clock_pass(fake_reads_clock(reading->client), 60000);
    reading_check(reading, (int64_t)STEP, STEP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        reading_test(in_order_it_is_one_stream),
        reading_test(reads_of_any_size),
        reading_test(the_end_of_the_file_is_the_end),
        reading_test(the_first_reads_may_overtake_each_other),
        reading_test(a_first_read_far_inside_begins_there),
        reading_test(what_is_just_behind_the_stream_is_kept),
        reading_test(a_read_a_little_ahead_waits_for_the_stream),
        reading_test(a_jump_asks_for_little_and_then_for_more),
        reading_test(a_jump_asks_for_all_of_a_large_read),
        reading_test(another_jump_begins_small_again),
        reading_test(a_small_file_is_read_as_a_whole),
        reading_test(random_reads_fetch_what_is_read),
        reading_test(pieces_far_apart_fetch_little_more),
        reading_test(memory_is_bounded),
        reading_test(slices_outlive_the_reader),
        reading_test(a_change_of_ours_forgets_what_was_read),
        reading_test(a_file_that_grew_is_read_on),
        reading_test(the_version_goes_with_the_stream),
        reading_test(an_error_comes_through_and_is_not_the_end),
        reading_test(a_silent_server_is_waited_for_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
