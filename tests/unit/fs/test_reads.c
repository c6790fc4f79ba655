/* Many readers: who shares, who does not wait for whom, and the memory of all of them. */
#include <errno.h>

#include "reading.h"

#define STEP ((size_t)(128 * KIB))

struct job {
    struct reading *reading;
    int64_t offset;
    size_t size;
    int64_t result;
};

static gpointer run_job(gpointer data)
{
    struct job *job = data;
    job->result = reading_read(job->reading, job->offset, job->size, NULL, NULL);
    return NULL;
}

static void readers_of_the_same_bytes_fetch_them_once(void **state)
{
    struct reading *reading = *state;
    struct job jobs[8];
    GThread *threads[G_N_ELEMENTS(jobs)];
    fake_reads_hold(reading->client, 0);
    for (guint i = 0; i < G_N_ELEMENTS(jobs); i++) {
        jobs[i] = (struct job){.reading = reading, .offset = 20 * MIB, .size = (size_t)MIB};
        threads[i] = g_thread_new("reader", run_job, &jobs[i]);
    }
    fake_reads_wait_held(reading->client);
    fake_reads_release(reading->client);
    for (guint i = 0; i < G_N_ELEMENTS(jobs); i++) {
        g_thread_join(threads[i]);
        assert_int_equal(jobs[i].result, MIB);
    }
    assert_int_equal(fake_reads_count(reading->client), 1);
    assert_int_equal(fake_reads_stream(reading->client, 0).given, MIB);
}

static void all_that_have_it_open_share_it(void **state)
{
    struct reading *reading = *state;
    struct kx_reader *first = reading->reader;
    reading_check(reading, 0, STEP);
    reading->reader = kx_reads_open(reading->reads, 1);
    assert_ptr_equal(reading->reader, first);
    reading_check(reading, 0, STEP);
    kx_reader_free(first);
    reading_check(reading, (int64_t)STEP, STEP);
    assert_int_equal(fake_reads_count(reading->client), 1);
    assert_false(fake_reads_stream(reading->client, 0).closed);
    kx_reader_free(reading->reader);
    assert_true(fake_reads_stream(reading->client, 0).closed);
    assert_int_equal(kx_budget_used(reading->budget), 0);
    reading->reader = kx_reads_open(reading->reads, 1);
    reading_check(reading, 0, STEP);
    assert_int_equal(fake_reads_count(reading->client), 2);
}

/* One waits for bytes of a stream that has stopped; another place is read meanwhile. */
static void readers_in_different_places_do_not_wait_for_each_other(void **state)
{
    struct reading *reading = *state;
    struct job job = {.reading = reading, .offset = 40 * MIB, .size = STEP};
    fake_reads_hold(reading->client, 40 * MIB);
    GThread *thread = g_thread_new("reader", run_job, &job);
    fake_reads_wait_held(reading->client);
    for (int i = 0; i < 8; i++)
        reading_check(reading, 10 * MIB + i * (int64_t)STEP, STEP);
    reading_check(reading, 30 * MIB, STEP);
    fake_reads_release(reading->client);
    g_thread_join(thread);
    assert_int_equal(job.result, (int64_t)STEP);
}

/* As many as a benchmark starts: none takes the place from another. */
static void many_that_read_in_order_each_go_on(void **state)
{
    struct reading *reading = *state;
    const int readers = 24;
    for (int64_t at = 0; at < 2 * MIB; at += (int64_t)STEP)
        for (int i = 0; i < readers; i++)
            reading_check(reading, i * 5 * MIB / 2 + at, STEP);
    unsigned before = fake_reads_count(reading->client);
    assert_in_range(before, readers, (unsigned)readers * 12);
    for (unsigned i = 0; i < before; i++)
        for (unsigned j = 0; j < i; j++)
            assert_int_not_equal(fake_reads_stream(reading->client, i).offset,
                                 fake_reads_stream(reading->client, j).offset);
}

/* A read behind the first step, which waits for bytes until they are released. */
static GThread *begin_held(struct job *job)
{
    reading_check(job->reading, 0, STEP);
    fake_reads_hold(job->reading->client, (int64_t)STEP);
    GThread *thread = g_thread_new("reader", run_job, job);
    fake_reads_wait_held(job->reading->client);
    return thread;
}

static void end_held(struct job *job, GThread *thread)
{
    fake_reads_release(job->reading->client);
    g_thread_join(thread);
}

/* Somebody waits at the stream for the bytes behind those that are there. */
static void what_is_there_waits_for_nobody(void **state)
{
    struct reading *reading = *state;
    struct job job = {.reading = reading, .offset = (int64_t)STEP, .size = STEP};
    GThread *thread = begin_held(&job);
    reading_check(reading, 0, STEP);
    assert_int_equal(kx_stats_get(&reading->stats, KX_STAT_READ_HITS), 1);
    end_held(&job, thread);
    assert_int_equal(job.result, (int64_t)STEP);
    assert_int_equal(kx_stats_get(&reading->stats, KX_STAT_READS), 3);
    assert_int_equal(kx_stats_get(&reading->stats, KX_STAT_READ_HITS), 1);
}

static void another_version_is_never_mixed_in(void **state)
{
    struct reading *reading = *state;
    reading_check(reading, 0, 3 * STEP);
    fake_reads_set_seed(reading->client, 5);
    reading->seed = 5;
    reading->target.version.mtime_ms++;
    reading_check(reading, 0, 3 * STEP);
    assert_int_equal(fake_reads_count(reading->client), 2);
}

/* A read that began with the old version when a newer one comes: it is told to look again. */
static void a_read_of_an_old_version_begins_again(void **state)
{
    struct reading *reading = *state;
    struct job job = {.reading = reading, .offset = (int64_t)STEP, .size = STEP};
    GThread *thread = begin_held(&job);
    reading->target.version.mtime_ms++;
    reading_check(reading, 0, STEP);
    end_held(&job, thread);
    assert_int_equal(job.result, -EAGAIN);
}

static void who_does_not_read_gives_memory_back(void **state)
{
    struct reading *reading = *state;
    reading_check(reading, 0, STEP);
    assert_int_equal(kx_reads_streams(reading->reads), 1);
    fake_clock_pass(fake_reads_clock(reading->client), KX_READ_IDLE_MS - 1);
    kx_reads_tidy(reading->reads);
    assert_int_equal(kx_reads_streams(reading->reads), 1);
    fake_clock_pass(fake_reads_clock(reading->client), 1);
    kx_reads_tidy(reading->reads);
    assert_int_equal(kx_reads_streams(reading->reads), 0);
    assert_int_equal(kx_budget_used(reading->budget), 0);
    assert_int_equal(fake_reads_blocks(reading->client), 0);
    reading_check(reading, (int64_t)STEP, STEP); /* and goes on where it was */
    reading_check_stream(reading, 1, (int64_t)STEP, reading->target.length - (int64_t)STEP);
}

#define FILES 1000

static void a_thousand_files_stay_within_the_budget(void **state)
{
    struct reading *reading = *state;
    struct kx_reader *own = reading->reader, *readers[FILES];
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < FILES; i++) {
            if (round == 0) readers[i] = kx_reads_open(reading->reads, 100 + (uint64_t)i);
            reading->reader = readers[i];
            reading_check(reading, round * (int64_t)4096, 4096);
            assert_true(kx_budget_used(reading->budget) <= kx_budget_limit(reading->budget));
            assert_true((int64_t)fake_reads_blocks(reading->client) * (int64_t)KX_BLOCK_BYTES <=
                        kx_budget_used(reading->budget));
        }
    assert_in_range(kx_reads_streams(reading->reads), 100, FILES);
    for (int i = 0; i < FILES; i++)
        kx_reader_free(readers[i]);
    assert_int_equal(kx_reads_streams(reading->reads), 0);
    assert_int_equal(kx_budget_used(reading->budget), 0);
    reading->reader = own;
}

/* Nobody waits for memory: who reads gets a least window, whatever there is. */
static void an_exhausted_budget_does_not_stop_a_reader(void **state)
{
    struct reading *reading = *state;
    kx_budget_take(reading->budget, 256 * MIB);
    for (int64_t at = 0; at < 4 * MIB; at += (int64_t)STEP)
        reading_check(reading, at, STEP);
    assert_int_equal(fake_reads_count(reading->client), 1);
    assert_int_equal(fake_reads_stream(reading->client, 0).window, KX_WINDOW_LEAST);
    kx_budget_give(reading->budget, 256 * MIB);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        reading_test(readers_of_the_same_bytes_fetch_them_once),
        reading_test(all_that_have_it_open_share_it),
        reading_test(readers_in_different_places_do_not_wait_for_each_other),
        reading_test(many_that_read_in_order_each_go_on),
        reading_test(what_is_there_waits_for_nobody),
        reading_test(another_version_is_never_mixed_in),
        reading_test(a_read_of_an_old_version_begins_again),
        reading_test(who_does_not_read_gives_memory_back),
        reading_test(a_thousand_files_stay_within_the_budget),
        reading_test(an_exhausted_budget_does_not_stop_a_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
