/* A file that has changed: was it appended to, or cut before? */
#include "fs/data/seen.h"

#include <errno.h>

#include "reading.h"

#define FAR_AWAY (20 * MIB)

/* As an open file does. */
static int check(struct reading *reading)
{
    KX_ERROR_AUTO(err);
    return kx_seen_check(reading->reader, &reading->target, NULL, &err);
}

static void see(struct reading *reading, int64_t offset, size_t size)
{
    struct kx_slices slices;
    kx_slices_init(&slices);
    assert_int_equal(check(reading), 0);
    assert_int_equal(
        kx_reader_read(reading->reader, &reading->target, offset, size, NULL, &slices, NULL), 0);
    kx_seen_note(reading->reader, &reading->target, offset, &slices);
    kx_slices_clear(&slices);
}

static void changes(struct reading *reading, int64_t length)
{
    reading->target.version.mtime_ms++;
    reading->target.length = length;
}

static void other_content(struct reading *reading)
{
    fake_reads_set_seed(reading->client, 5);
    changes(reading, reading->target.length + 1);
}

/* The stream that goes on behind the old end begins a little before it. */
static void appending_costs_no_request(void **state)
{
    struct reading *reading = *state;
    int64_t end = reading->target.length;
    see(reading, end - 100000, 100000);
    for (unsigned i = 1; i <= 3; i++) {
        changes(reading, end + 50000);
        see(reading, end, 50000);
        end += 50000;
        assert_int_equal(fake_reads_count(reading->client), 1 + i);
        reading_check_stream(reading, i, end - 50000 - (int64_t)KX_SEEN_BYTES,
                             50000 + (int64_t)KX_SEEN_BYTES);
    }
}

static void what_has_not_changed_is_not_asked(void **state)
{
    struct reading *reading = *state;
    assert_int_equal(check(reading), 0);
    see(reading, 0, 5000);
    for (int i = 0; i < 5; i++)
        see(reading, i * 1000, 1000);
    assert_int_equal(fake_reads_count(reading->client), 1);
}

static void other_bytes_are_another_file_for_ever(void **state)
{
    struct reading *reading = *state;
    see(reading, FAR_AWAY, 5000);
    other_content(reading);
    assert_int_equal(check(reading), 1);
    assert_int_equal(check(reading), 1);
    changes(reading, reading->target.length + 1);
    assert_int_equal(check(reading), 1);
}

/* What was read of a piece that both versions have is the new one's, too. */
static void the_last_bytes_count(void **state)
{
    struct reading *reading = *state;
    see(reading, FAR_AWAY, 5000);
    see(reading, MIB, 5000);
    changes(reading, reading->target.length + 1);
    assert_int_equal(check(reading), 0);
    reading_check_stream(reading, 2, FAR_AWAY + 5000 - (int64_t)KX_SEEN_BYTES, KX_READ_JUMP_BYTES);
}

static void small_pieces_are_joined(void **state)
{
    struct reading *reading = *state;
    for (int i = 0; i < 7; i++)
        see(reading, FAR_AWAY + 100 * i, i % 2 ? 100 : 130);
    changes(reading, reading->target.length + 1);
    assert_int_equal(check(reading), 0);
    reading_check_stream(reading, 1, FAR_AWAY, KX_READ_JUMP_BYTES);
    for (int i = 7; i < 30; i++)
        see(reading, FAR_AWAY + 100 * i, 100);
    other_content(reading);
    assert_int_equal(check(reading), 1);
    reading_check_stream(reading, 2, FAR_AWAY + 3000 - (int64_t)KX_SEEN_BYTES, KX_READ_JUMP_BYTES);
}

static void own_changes_are_none(void **state)
{
    struct reading *reading = *state;
    see(reading, FAR_AWAY, 5000);
    other_content(reading);
    reading->target.generation++;
    assert_int_equal(check(reading), 0);
    assert_int_equal(fake_reads_count(reading->client), 1);
    see(reading, FAR_AWAY, 5000);
    fake_reads_set_seed(reading->client, 6);
    changes(reading, reading->target.length);
    assert_int_equal(check(reading), 1); /* but the next one is */
}

static void who_cannot_look_says_so(void **state)
{
    struct reading *reading = *state;
    see(reading, FAR_AWAY, 5000);
    other_content(reading);
    fake_reads_fail_open(reading->client, EHOSTDOWN);
    assert_int_equal(check(reading), -EHOSTDOWN);
    assert_int_equal(check(reading), 1);
}

/* Of a block that was being written more had come than the NameNode knows. */
static void behind_the_length_nothing_is_compared(void **state)
{
    struct reading *reading = *state;
    see(reading, FAR_AWAY, 5000);
    fake_reads_set_seed(reading->client, 5);
    changes(reading, FAR_AWAY);
    assert_int_equal(check(reading), 0);
    assert_int_equal(fake_reads_count(reading->client), 1);
    changes(reading, FAR_AWAY + 6000);
    assert_int_equal(check(reading), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        reading_test(appending_costs_no_request),
        reading_test(what_has_not_changed_is_not_asked),
        reading_test(other_bytes_are_another_file_for_ever),
        reading_test(the_last_bytes_count),
        reading_test(small_pieces_are_joined),
        reading_test(own_changes_are_none),
        reading_test(who_cannot_look_says_so),
        reading_test(behind_the_length_nothing_is_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
