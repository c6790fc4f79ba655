/* Several streams for one reader: each byte is fetched once, and all come to an end. */
#include "fs/data/streams.h"
#include "reading.h"

#define STEP    ((size_t)(128 * KIB))
#define LENGTH  (64 * MIB + 100)
#define SLOW_US 10000 /* a block: some 12 MB/s of each stream */

static int64_t fetched(struct reading *reading)
{
    int64_t sum = 0;
    for (unsigned i = 0; i < fake_reads_count(reading->client); i++)
        sum += fake_reads_stream(reading->client, i).given;
    return sum;
}

static void read_from(struct reading *reading, int64_t from, int64_t to)
{
    for (int64_t at = from; at < to; at += (int64_t)STEP)
        reading_check(reading, at, STEP);
}

static void a_slow_stream_gets_others_beside_it(void **state)
{
    struct reading *reading = *state;
    fake_reads_set_pace(reading->client, SLOW_US, false);
    kx_reads_set_streams(reading->reads, 8);
    read_from(reading, 0, LENGTH);
    assert_in_range(fake_reads_count(reading->client), 3, 10);
    assert_in_range(fetched(reading), LENGTH, LENGTH + MIB);
    read_from(reading, LENGTH, LENGTH); /* behind the end is nothing */
}

/* Nobody has said how many there may be: a long way to DataNodes is worth several. */
static void a_long_way_gets_others_by_itself(void **state)
{
    struct reading *reading = *state;
    fake_reads_set_pace(reading->client, SLOW_US, false);
    fake_reads_set_distance(reading->client, 2 * KX_STREAMS_FAR_US, true);
    kx_reads_set_streams(reading->reads, 0);
    read_from(reading, 0, LENGTH);
    assert_in_range(fake_reads_count(reading->client), 3, 10);
    assert_in_range(fetched(reading), LENGTH, LENGTH + MIB);
}

/* A gateway is asked once, however slow it is. */
static void a_gateway_gets_none_by_itself(void **state)
{
    struct reading *reading = *state;
    fake_reads_set_pace(reading->client, SLOW_US / 2, false);
    fake_reads_set_distance(reading->client, 2 * KX_STREAMS_FAR_US, false);
    kx_reads_set_streams(reading->reads, 0);
    read_from(reading, 0, LENGTH);
    assert_int_equal(fake_reads_count(reading->client), 1);
    assert_int_equal(fetched(reading), LENGTH);
}

static void one_stream_is_one(void **state)
{
    struct reading *reading = *state;
    fake_reads_set_pace(reading->client, SLOW_US / 4, false);
    kx_reads_set_streams(reading->reads, 1);
    read_from(reading, 0, LENGTH);
    assert_int_equal(fake_reads_count(reading->client), 1);
    assert_int_equal(fetched(reading), LENGTH);
}

/* The first test has shown that there are several by then. */
static void who_goes_leaves_nothing_behind(void **state)
{
    struct reading *reading = *state;
    fake_reads_set_pace(reading->client, SLOW_US, false);
    kx_reads_set_streams(reading->reads, 8);
    reading->target.length = 4 * LENGTH; /* more than all pieces together may be ahead */
    read_from(reading, 0, 34 * MIB);
    kx_reader_free(reading->reader);
    reading->reader = NULL;
    for (int i = 0; i < 3000 && fake_reads_blocks(reading->client) > 0; i++)
        g_usleep(5000);
    assert_int_equal(fake_reads_blocks(reading->client), 0);
    assert_true(fetched(reading) < 4 * LENGTH);
}

static void who_jumps_goes_on_as_one(void **state)
{
    struct reading *reading = *state;
    fake_reads_set_pace(reading->client, SLOW_US, false);
    kx_reads_set_streams(reading->reads, 8);
    read_from(reading, 0, 34 * MIB);
    unsigned before = fake_reads_count(reading->client);
    for (int64_t at = 63; at > 56; at--)
        reading_check(reading, at * MIB, 4096);
    assert_in_range(fake_reads_count(reading->client) - before, 0, 7);
    read_from(reading, 20 * MIB, 24 * MIB);
    read_from(reading, 34 * MIB, 36 * MIB);
}

/* @return the first one that goes to the end of the file, but for the very first. */
static struct fake_stream taken_back(struct reading *reading)
{
    for (unsigned i = 1; i < fake_reads_count(reading->client); i++) {
        struct fake_stream stream = fake_reads_stream(reading->client, i);
        if (stream.offset + stream.length == reading->target.length) return stream;
    }
    return (struct fake_stream){0};
}

/* Readings of a pace that all streams share.  @return whether it went on as one. */
static bool goes_back(struct reading *reading)
{
    fake_reads_set_pace(reading->client, SLOW_US / 2, false);
    fake_reads_share_pace(reading->client);
    kx_reads_set_streams(reading->reads, 8);
    reading->target.length = 2 * LENGTH;
    read_from(reading, 0, 2 * LENGTH);
    assert_in_range(fetched(reading), 2 * LENGTH, 2 * LENGTH + MIB);
    return fake_reads_count(reading->client) >= 3 && taken_back(reading).length > LENGTH;
}

/* What limits all of them together is seen, and it goes on as one; it is tried again later. A
 * machine that is busy with other things may make one reading look otherwise. */
static void what_brings_nothing_is_taken_back(void **state)
{
    bool seen = goes_back(*state);
    for (int more = 0; more < 9 && !seen; more++) {
        reading_teardown(state);
        reading_setup(state);
        seen = goes_back(*state);
    }
    assert_true(seen);
}

/* Each piece that two readers may have is of the one budget. */
static void readers_share_the_memory(void **state)
{
    struct reading *reading = *state;
    struct kx_reader *first = reading->reader;
    fake_reads_set_pace(reading->client, SLOW_US / 2, false);
    kx_reads_set_streams(reading->reads, 8);
    reading->reader = kx_reads_open(reading->reads, 2);
    struct kx_reader *second = reading->reader;
    for (int64_t at = 0; at < LENGTH; at += (int64_t)STEP) {
        reading->reader = first;
        reading_check(reading, at, STEP);
        reading->reader = second;
        reading_check(reading, at, STEP);
        assert_true(kx_budget_used(reading->budget) < 200 * MIB);
    }
    assert_in_range(fetched(reading), 2 * LENGTH, 2 * LENGTH + 2 * MIB);
    reading->reader = first;
    kx_reader_free(second);
}

/* Random reads never get more than they ask for. */
static void random_reads_have_no_company(void **state)
{
    struct reading *reading = *state;
    fake_reads_set_pace(reading->client, SLOW_US, false);
    kx_reads_set_streams(reading->reads, 8);
    for (int64_t i = 0; i < 60; i++)
        reading_check(reading, (i * 37 % 61 + 2) * MIB, 4096);
    assert_in_range(fake_reads_count(reading->client), 50, 60);
    assert_in_range(fetched(reading), 0, 3 * 256 * KIB + 60 * 64 * KIB);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        reading_test(a_slow_stream_gets_others_beside_it),
        reading_test(a_long_way_gets_others_by_itself),
        reading_test(a_gateway_gets_none_by_itself),
        reading_test(one_stream_is_one),
        reading_test(who_goes_leaves_nothing_behind),
        reading_test(who_jumps_goes_on_as_one),
        reading_test(random_reads_have_no_company),
        reading_test(what_brings_nothing_is_taken_back),
        reading_test(readers_share_the_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
