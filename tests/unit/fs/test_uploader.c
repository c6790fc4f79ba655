/* The uploads in the background, with writers that do as they are told: how many at once, what is
 * tried again, what is left at the end. */
#include "fs/data/uploader.h"

#include <errno.h>

#include "expect.h"
#include "fake_clock.h"
#include "fs/data/writer_private.h"
#include "fs/errors.h"
#include "fs/mount.h"
#include "fs/names/inode.h"

#define WRITERS 20

/* What stands for a writer; the first of these is what the uploader sees. */
struct told {
    struct kx_writer writer;
    struct scene *scene;
    int results[4]; /* of its tries, the last one for all that follow */
    int tries, held, released;
    int reason; /* with which it was released */
};

struct scene {
    struct fake_clock clock;
    struct kx_mount mount;
    struct told told[WRITERS];
    GMutex mutex; /* guards what follows, and what is told */
    GCond changed;
    bool closed; /* uploads wait until it is opened, or are interrupted */
    int busy, most;
    GString *order; /* the writers' letters as they were tried */
};

static int setup(void **state)
{
    struct scene *s = g_new0(struct scene, 1);
    fake_clock_init(&s->clock);
    const struct kx_status folder = {.type = KX_TYPE_DIRECTORY, .file_id = 1};
    s->mount = (struct kx_mount){.clock = &s->clock.clock,
                                 .errors = kx_errors_new(NULL, &s->clock.clock),
                                 .inodes = kx_inodes_new("/", &folder, 1)};
    s->order = g_string_new(NULL);
    g_mutex_init(&s->mutex);
    g_cond_init(&s->changed);
    for (int i = 0; i < WRITERS; i++) {
        s->told[i].scene = s;
        s->told[i].writer.inode = kx_inodes_find(s->mount.inodes, KX_ROOT_NODE);
    }
    s->mount.uploader = kx_uploader_new(&s->mount);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    kx_uploader_free(s->mount.uploader);
    for (int i = 0; i < WRITERS; i++) {
        assert_int_equal(s->told[i].held, s->told[i].released);
        kx_inode_unref(s->told[i].writer.inode);
    }
    kx_inodes_free(s->mount.inodes);
    kx_errors_free(s->mount.errors);
    g_string_free(s->order, TRUE);
    g_mutex_clear(&s->mutex);
    g_cond_clear(&s->changed);
    g_free(s);
    return 0;
}

/* --- the writers --- */

struct kx_writer *kx_writer_hold(struct kx_writer *writer)
{
    struct told *told = (struct told *)(void *)writer;
    g_mutex_lock(&told->scene->mutex);
    told->held++;
    g_mutex_unlock(&told->scene->mutex);
    return writer;
}

void kx_writer_release(struct kx_writer *writer, const struct kx_error *why)
{
    struct told *told = (struct told *)(void *)writer;
    g_mutex_lock(&told->scene->mutex);
    told->released++;
    told->reason = why ? why->code : 0;
    g_cond_broadcast(&told->scene->changed);
    g_mutex_unlock(&told->scene->mutex);
}

static void wake(void *context)
{
    struct scene *s = context;
    g_mutex_lock(&s->mutex);
    g_cond_broadcast(&s->changed);
    g_mutex_unlock(&s->mutex);
}

/* @return whether it was interrupted. */
static bool wait_while_closed(struct scene *s, struct kx_cancel *cancel)
{
    struct kx_cancel_watch watch = {.wake = wake, .context = s};
    kx_cancel_watch(cancel, &watch);
    g_mutex_lock(&s->mutex);
    while (s->closed && !kx_cancel_fired(cancel))
        g_cond_wait(&s->changed, &s->mutex);
    bool interrupted = s->closed;
    g_mutex_unlock(&s->mutex);
    kx_cancel_unwatch(cancel, &watch);
    return interrupted;
}

int kx_writer_upload(struct kx_writer *writer, const struct kx_call *call, struct kx_error *err)
{
    struct told *told = (struct told *)(void *)writer;
    struct scene *s = told->scene;
    g_mutex_lock(&s->mutex);
    s->busy++;
    s->most = MAX(s->most, s->busy);
    g_string_append_c(s->order, (char)('a' + (told - s->told)));
    g_cond_broadcast(&s->changed);
    g_mutex_unlock(&s->mutex);
    bool interrupted = wait_while_closed(s, call->cancel);
    g_mutex_lock(&s->mutex);
    s->busy--;
    int result = told->results[MIN(told->tries, (int)G_N_ELEMENTS(told->results) - 1)];
    told->tries++;
    g_mutex_unlock(&s->mutex);
    if (interrupted || result < 0) kx_error_set(err, interrupted ? EINTR : -result, "as told");
    return interrupted ? -EAGAIN : result;
}

struct kx_writer *kx_writer_ref(struct kx_writer *writer)
{
    return writer;
}

void kx_writer_unref(struct kx_writer *writer)
{
    (void)writer;
}

void kx_writer_overlay(struct kx_writer *writer, struct kx_overlay *out)
{
    (void)writer;
    *out = (struct kx_overlay){0};
}

/* --- what the tests do --- */

static void add(struct scene *s, int number)
{
    kx_uploader_add(s->mount.uploader, &s->told[number].writer);
}

static void set_closed(struct scene *s, bool closed)
{
    g_mutex_lock(&s->mutex);
    s->closed = closed;
    g_cond_broadcast(&s->changed);
    g_mutex_unlock(&s->mutex);
}

static void wait_busy(struct scene *s, int count)
{
    g_mutex_lock(&s->mutex);
    while (s->busy < count)
        g_cond_wait(&s->changed, &s->mutex);
    g_mutex_unlock(&s->mutex);
}

static void wait_released(struct scene *s, int number)
{
    g_mutex_lock(&s->mutex);
    while (s->told[number].released == 0)
        g_cond_wait(&s->changed, &s->mutex);
    g_mutex_unlock(&s->mutex);
}

static void so_many_at_once(void **state)
{
    struct scene *s = *state;
    set_closed(s, true);
    for (int i = 0; i < WRITERS; i++)
        add(s, i);
    wait_busy(s, KX_UPLOADS_AT_ONCE);
    set_closed(s, false);
    assert_int_equal(kx_uploader_finish(s->mount.uploader, NULL), 0);
    assert_int_equal(s->most, KX_UPLOADS_AT_ONCE);
    for (int i = 0; i < WRITERS; i++) {
        assert_int_equal(s->told[i].tries, 1);
        assert_int_equal(s->told[i].released, 1);
        assert_int_equal(s->told[i].reason, 0);
    }
}

static void one_that_waits_is_not_in_the_way(void **state)
{
    struct scene *s = *state;
    s->told[0].results[0] = s->told[0].results[1] = -EAGAIN;
    add(s, 0);
    g_mutex_lock(&s->mutex);
    while (s->told[0].tries == 0)
        g_cond_wait_until(&s->changed, &s->mutex, g_get_monotonic_time() + 1000);
    g_mutex_unlock(&s->mutex);
    add(s, 1);
    wait_released(s, 1);
    assert_int_equal(s->told[0].released, 0);
    wait_released(s, 0);
    assert_int_equal(s->told[0].tries, 3);
    assert_string_equal(s->order->str, "abaa");
    assert_int_equal(kx_uploader_finish(s->mount.uploader, NULL), 0);
}

static void what_never_works_is_let_go_with_its_reason(void **state)
{
    struct scene *s = *state;
    s->told[0].results[0] = -ESTALE;
    add(s, 0);
    wait_released(s, 0);
    assert_int_equal(s->told[0].reason, ESTALE);
    assert_int_equal(s->told[0].tries, 1);
    assert_int_equal(kx_uploader_finish(s->mount.uploader, NULL), 0); /* it was told before */
}

static void what_is_given_up_at_the_end_counts(void **state)
{
    struct scene *s = *state;
    s->told[0].results[0] = s->told[0].results[1] = -EAGAIN;
    s->told[0].results[2] = -ESTALE;
    set_closed(s, true);
    add(s, 0);
    wait_busy(s, 1);
    set_closed(s, false);
    assert_int_equal(kx_uploader_finish(s->mount.uploader, NULL), 1); /* given up meanwhile */
    assert_int_equal(s->told[0].tries, 3);
    assert_int_equal(s->told[0].reason, ESTALE);
}

static void an_end_that_cannot_wait_leaves_the_rest(void **state)
{
    struct scene *s = *state;
    g_autoptr(kx_cancel) cancel = kx_cancel_new();
    set_closed(s, true);
    for (int i = 0; i < WRITERS; i++)
        add(s, i);
    wait_busy(s, KX_UPLOADS_AT_ONCE);
    kx_cancel_fire(cancel);
    assert_int_equal(kx_uploader_finish(s->mount.uploader, cancel), WRITERS);
    for (int i = 0; i < WRITERS; i++) {
        assert_int_equal(s->told[i].released, 1); /* and its record says what is to be done */
        assert_int_equal(s->told[i].reason, 0);
    }
}

static void freed_without_an_end(void **state)
{
    struct scene *s = *state;
    set_closed(s, true);
    add(s, 0);
    wait_busy(s, 1);
    kx_uploader_free(g_steal_pointer(&s->mount.uploader));
    assert_int_equal(s->told[0].released, 1);
}

#define uploader_test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        uploader_test(so_many_at_once),
        uploader_test(one_that_waits_is_not_in_the_way),
        uploader_test(what_never_works_is_let_go_with_its_reason),
        uploader_test(what_is_given_up_at_the_end_counts),
        uploader_test(an_end_that_cannot_wait_leaves_the_rest),
        uploader_test(freed_without_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
