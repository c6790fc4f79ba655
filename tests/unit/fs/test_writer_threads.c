/* Several threads at one writer: turns, interruptions, and that no byte is lost. */
#include <errno.h>

#include "writing.h"

#define THREADS 4
#define WRITES  60
#define SOON_US (10 * G_USEC_PER_SEC)

struct job {
    struct writing *w;
    struct kx_writer *writer;
    struct kx_cancel *cancel;
    char letter;
    int written, interrupted, wrong;
    gint *stop;
};

/* Each write is "<letter>letter>": whole or not at all. */
static gpointer append_many(gpointer data)
{
    struct job *job = data;
    const struct kx_call call = {.cancel = job->cancel};
    const char text[] = {'<', job->letter, job->letter, '>'};
    for (int i = 0; i < WRITES; i++) {
        int result = kx_writer_write(job->writer, 0, true, text, sizeof text, &call, NULL);
        if (result == 0)
            job->written++;
        else if (result == -EINTR)
            job->interrupted++;
        else
            job->wrong++;
        if (i % 8 == 7) {
            result = kx_writer_publish(job->writer, &call, NULL);
            if (result != 0 && result != -EINTR) job->wrong++;
        }
    }
    return NULL;
}

static gpointer look_all_the_time(gpointer data)
{
    struct job *job = data;
    int64_t last = 0;
    while (!g_atomic_int_get(job->stop)) {
        struct kx_overlay overlay;
        kx_writer_overlay(job->writer, &overlay);
        if (overlay.length < last || overlay.length % 4 != 0) job->wrong++;
        last = overlay.length;
        kx_writer_defer_mode(job->writer, 0600);
        kx_writer_defer_times(job->writer, 1000, 2000);
        g_autoptr(GPtrArray) fresh = kx_writers_fresh_in(job->w->mount.writers, job->w->d);
        if (fresh->len > 1) job->wrong++;
        g_thread_yield();
    }
    return NULL;
}

static void check_content(struct writing *w, const struct job *jobs)
{
    g_autofree char *content = fake_files_get(w->client, "/d/a");
    int counts[THREADS] = {0}, expected = 0;
    for (const char *at = content; *at; at += 4) {
        int i = at[1] - 'a';
        assert_true(at[0] == '<' && i >= 0 && i < THREADS && at[2] == at[1] && at[3] == '>');
        counts[i]++;
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(jobs[i].wrong, 0);
        assert_int_equal(counts[i], jobs[i].written);
        expected += jobs[i].written + jobs[i].interrupted;
    }
    assert_int_equal(expected, THREADS * WRITES);
    assert_int_equal(fake_files_count(w->client), 1);
}

static void write_together(struct writing *w, struct kx_cancel *cancel)
{
    gint stop = 0;
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    struct job jobs[THREADS], looking = {.w = w, .writer = writer, .stop = &stop};
    GThread *threads[THREADS], *looker = g_thread_new("look", look_all_the_time, &looking);
    for (int i = 0; i < THREADS; i++) {
        jobs[i] = (struct job){
            .w = w, .writer = writer, .cancel = i % 2 ? cancel : NULL, .letter = (char)('a' + i)};
        threads[i] = g_thread_new("append", append_many, &jobs[i]);
    }
    if (cancel) {
        g_usleep(2000);
        kx_cancel_fire(cancel);
    }
    for (int i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
    g_atomic_int_set(&stop, 1);
    g_thread_join(looker);
    kx_writer_close(writer);
    assert_int_equal(looking.wrong, 0);
    check_content(w, jobs);
}

static void appends_of_threads_are_whole(void **state)
{
    write_together(*state, NULL);
}

static void interrupted_appends_are_not_there(void **state)
{
    g_autoptr(kx_cancel) cancel = kx_cancel_new();
    write_together(*state, cancel);
}

static gpointer publish_held(gpointer data)
{
    struct job *job = data;
    job->wrong = kx_writer_publish(job->writer, NULL, NULL);
    return NULL;
}

static gpointer fire_soon(gpointer data)
{
    g_usleep(20000);
    kx_cancel_fire(data);
    return NULL;
}

static void who_waits_for_another_is_interrupted(void **state)
{
    struct writing *w = *state;
    g_autoptr(kx_cancel) cancel = kx_cancel_new();
    const struct kx_call call = {.cancel = cancel};
    KX_ERROR_AUTO(err);
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    struct job holder = {.writer = writer};
    writing_put(writer, 0, "abc");
    fake_files_hold(w->client, "FINISH");
    GThread *thread = g_thread_new("publish", publish_held, &holder);
    fake_files_wait_held(w->client);
    GThread *firing = g_thread_new("fire", fire_soon, cancel);
    gint64 begun = g_get_monotonic_time();
    assert_int_equal(kx_writer_publish(writer, &call, &err), -EINTR);
    expect_error(&err, EINTR, "interrupted");
    assert_int_equal(kx_writer_write(writer, 3, false, "x", 1, &call, &err), -EINTR);
    assert_true(g_get_monotonic_time() - begun < SOON_US);
    fake_files_set_stall(w->client, 50);
    assert_int_equal(kx_writer_publish(writer, NULL, &err), -ETIMEDOUT);
    expect_error(&err, ETIMEDOUT, "another writer of the file is stuck");
    fake_files_hold(w->client, NULL);
    g_thread_join(thread);
    g_thread_join(firing);
    fake_files_set_stall(w->client, 60000);
    assert_int_equal(holder.wrong, 0);
    kx_writer_close(writer);
    writing_check_only(w, "abc");
}

static gpointer open_and_close(gpointer data)
{
    struct job *job = data;
    const struct kx_write_opts opts = {.base = KX_WRITE_SERVER, .mode = 0644};
    for (int i = 0; i < WRITES; i++) {
        struct kx_writer *writer = NULL;
        if (kx_writer_open(&job->w->mount, job->w->inode, &opts, NULL, &writer, NULL) != 0)
            job->wrong++;
        if (i % 4 == 0 && kx_writer_publish(writer, NULL, NULL) != 0) job->wrong++;
        kx_writer_close(writer);
    }
    return NULL;
}

static void handles_come_and_go(void **state)
{
    struct writing *w = *state;
    fake_files_put(w->client, "/d/a", "");
    kx_writer_close(writing_open(w, KX_WRITE_SERVER));
    struct job jobs[THREADS];
    GThread *threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        jobs[i] = (struct job){.w = w};
        threads[i] = g_thread_new("open", open_and_close, &jobs[i]);
    }
    for (int i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(jobs[i].wrong, 0);
    assert_null(kx_inode_writer(w->inode));
    writing_check_only(w, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        writing_test(appends_of_threads_are_whole),
        writing_test(interrupted_appends_are_not_there),
        writing_test(who_waits_for_another_is_interrupted),
        writing_test(handles_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
