/* Several threads at one reader: turns, interruptions, and that all come to an end. */
#include <errno.h>

#include "reading.h"

#define STEP    ((size_t)(128 * KIB))
#define THREADS 4
#define LONG_MS 60000
#define SOON_US (10 * G_USEC_PER_SEC)

/* Reads of one thread: from `begin`, `count` times, each `stride` further. */
struct job {
    struct reading *reading;
    int64_t begin, stride;
    size_t size;
    int count;
    struct kx_cancel *cancel;
    int64_t result; /* the first that was wrong; 0: all were right */
    gint *done;     /* of THREADS threads, how many reads each has done; NULL: they do not wait */
    int number;     /* of this one */
};

/* The kernel reads ahead so far and no further: none is more than a read before the slowest. */
static void wait_for_slowest(const struct job *job, int round)
{
    for (int i = 0; job->done && i < THREADS; i++)
        while (g_atomic_int_get(&job->done[i]) < round - 1)
            g_thread_yield();
}

static gpointer run_job(gpointer data)
{
    struct job *job = data;
    const struct kx_call call = {.cancel = job->cancel};
    for (int i = 0; i < job->count; i++) {
        wait_for_slowest(job, i);
        int64_t got =
            reading_read(job->reading, job->begin + i * job->stride, job->size, &call, NULL);
        if (job->done) g_atomic_int_inc(&job->done[job->number]);
        if (got == (int64_t)job->size) continue;
        job->result = got < 0 ? got : -EMSGSIZE;
        if (job->done) g_atomic_int_set(&job->done[job->number], G_MAXINT);
        break;
    }
    return NULL;
}

static void run_jobs(struct job *jobs, int count)
{
    GThread *threads[THREADS];
    for (int i = 0; i < count; i++)
        threads[i] = g_thread_new("reader", run_job, &jobs[i]);
    for (int i = 0; i < count; i++)
        g_thread_join(threads[i]);
    for (int i = 0; i < count; i++)
        assert_int_equal(jobs[i].result, 0);
}

/* As the kernel's read-ahead does it: every thread takes each fourth piece. */
static void threads_share_a_stream(void **state)
{
    struct reading *reading = *state;
    struct job jobs[THREADS];
    gint done[THREADS] = {0};
    fake_reads_set_pace(reading->client, 50, true);
    for (int i = 0; i < THREADS; i++)
        jobs[i] = (struct job){.reading = reading,
                               .done = done,
                               .number = i,
                               .begin = i * (int64_t)STEP,
                               .stride = THREADS * (int64_t)STEP,
                               .size = STEP,
                               .count = 40};
    run_jobs(jobs, THREADS);
    assert_int_equal(fake_reads_count(reading->client), 1);
}

/* The kernel's largest: several are under way, and the last may come first. */
static void large_reads_that_overtake_each_other_are_one_stream(void **state)
{
    struct reading *reading = *state;
    struct job jobs[3];
    fake_reads_set_pace(reading->client, 100, true);
    for (int64_t at = 0; at < 63 * MIB; at += 3 * MIB) {
        for (int i = 0; i < 3; i++)
            jobs[i] = (struct job){
                .reading = reading, .begin = at + (2 - i) * MIB, .size = (size_t)MIB, .count = 1};
        run_jobs(jobs, 3);
    }
    assert_int_equal(fake_reads_count(reading->client), 1);
}

static void threads_read_in_different_places(void **state)
{
    struct reading *reading = *state;
    struct job jobs[THREADS];
    for (int i = 0; i < THREADS; i++)
        jobs[i] = (struct job){
            .reading = reading, .begin = i * 15 * MIB, .stride = 4096, .size = 4096, .count = 100};
    run_jobs(jobs, THREADS);
}

/* A read that has got the stream keeps it until it has what it wants: otherwise two large reads in
 * different places would take it from each other again and again. */
static void a_read_is_not_robbed_of_its_stream(void **state)
{
    struct reading *reading = *state;
    struct job jobs[THREADS];
    const int count = 6;
    fake_reads_set_pace(reading->client, 300, false);
    for (int i = 0; i < THREADS; i++)
        jobs[i] = (struct job){.reading = reading,
                               .begin = i * 15 * MIB,
                               .stride = 3 * MIB - 1,
                               .size = (size_t)MIB,
                               .count = count};
    run_jobs(jobs, THREADS);
    assert_in_range(fake_reads_count(reading->client), 1, THREADS * count);
}

static gpointer fire_when_held(gpointer data)
{
    struct job *job = data;
    fake_reads_wait_held(job->reading->client);
    kx_cancel_fire(job->cancel);
    return NULL;
}

static void who_waits_for_bytes_is_interrupted(void **state)
{
    struct reading *reading = *state;
    g_autoptr(kx_cancel) cancel = kx_cancel_new();
    struct job job = {.reading = reading, .cancel = cancel};
    const struct kx_call call = {.cancel = cancel};
    KX_ERROR_AUTO(err);
    reading_check(reading, 0, STEP);
    fake_reads_hold(reading->client, (int64_t)STEP);
    GThread *thread = g_thread_new("fire", fire_when_held, &job);
    gint64 begun = g_get_monotonic_time();
    assert_int_equal(reading_read(reading, (int64_t)STEP, STEP, &call, &err), -EINTR);
    assert_true(g_get_monotonic_time() - begun < SOON_US);
    g_thread_join(thread);
    fake_reads_release(reading->client);
    for (int i = 0; i < 4; i++)
        reading_check(reading, i * (int64_t)STEP, STEP);
    assert_int_equal(fake_reads_count(reading->client), 1); /* the stream goes on */
}

static void who_waits_for_another_is_interrupted(void **state)
{
    struct reading *reading = *state;
    g_autoptr(kx_cancel) cancel = kx_cancel_new();
    struct job holder = {.reading = reading, .size = STEP, .count = 1};
    struct job firing = {.reading = reading, .cancel = cancel};
    const struct kx_call call = {.cancel = cancel};
    KX_ERROR_AUTO(err);
    fake_reads_hold(reading->client, 0);
    GThread *thread = g_thread_new("holder", run_job, &holder);
    fake_reads_wait_held(reading->client);
    GThread *other = g_thread_new("fire", fire_when_held, &firing);
    gint64 begun = g_get_monotonic_time();
    assert_int_equal(reading_read(reading, 0, STEP, &call, &err), -EINTR);
    expect_error(&err, EINTR, "interrupted");
    assert_true(g_get_monotonic_time() - begun < SOON_US);
    fake_reads_release(reading->client);
    g_thread_join(thread);
    g_thread_join(other);
    assert_int_equal(holder.result, 0);
}

static void patience_with_another_has_an_end(void **state)
{
    struct reading *reading = *state;
    struct job holder = {.reading = reading, .size = STEP, .count = 1};
    KX_ERROR_AUTO(err);
    fake_reads_set_stall(reading->client, 60);
    fake_reads_hold(reading->client, 0);
    GThread *thread = g_thread_new("holder", run_job, &holder);
    fake_reads_wait_held(reading->client);
    assert_int_equal(reading_read(reading, 0, STEP, NULL, &err), -ETIMEDOUT);
    expect_error(&err, ETIMEDOUT, "the stream of this file is stuck");
    fake_reads_release(reading->client);
    g_thread_join(thread);
    assert_int_equal(holder.result, 0);
}

/* Interruptions at any moment leave the window whole for the others. */
static void interruptions_do_not_hurt_others(void **state)
{
    struct reading *reading = *state;
    fake_reads_set_pace(reading->client, 20, true);
    for (int round = 0; round < 40; round++) {
        g_autoptr(kx_cancel) cancel = kx_cancel_new();
        struct job jobs[THREADS];
        GThread *threads[THREADS];
        for (int i = 0; i < THREADS; i++) {
            jobs[i] = (struct job){.reading = reading,
                                   .begin = (round % 8) * 6 * MIB + i * (int64_t)STEP,
                                   .stride = THREADS * (int64_t)STEP,
                                   .size = STEP,
                                   .count = 4,
                                   .cancel = i % 2 ? cancel : NULL};
            threads[i] = g_thread_new("reader", run_job, &jobs[i]);
        }
        g_usleep((gulong)round * 20);
        kx_cancel_fire(cancel);
        for (int i = 0; i < THREADS; i++)
            g_thread_join(threads[i]);
        for (int i = 0; i < THREADS; i++)
            assert_true(jobs[i].result == 0 || (i % 2 && jobs[i].result == -EINTR));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        reading_test(threads_share_a_stream),
        reading_test(large_reads_that_overtake_each_other_are_one_stream),
        reading_test(threads_read_in_different_places),
        reading_test(a_read_is_not_robbed_of_its_stream),
        reading_test(who_waits_for_bytes_is_interrupted),
        reading_test(who_waits_for_another_is_interrupted),
        reading_test(patience_with_another_has_an_end),
        reading_test(interruptions_do_not_hurt_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
