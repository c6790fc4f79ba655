/* Modes and times that are set while a file is written. */
#include <errno.h>

#include "writing.h"

static void check_mode(struct writing *w, uint32_t expected)
{
    assert_int_equal(fake_files_mode(w->client, "/d/a"), expected);
}

static uint32_t shown_mode(struct kx_writer *writer)
{
    struct kx_overlay overlay;
    kx_writer_overlay(writer, &overlay);
    assert_true(overlay.dirty);
    return overlay.mode;
}

static void a_mode_waits_for_publish(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    assert_int_equal(shown_mode(writer), 0644);
    writing_put(writer, 0, "abc");
    g_free(fake_files_requests(w->client));
    assert_true(kx_writer_defer_mode(writer, 0600));
    assert_int_equal(shown_mode(writer), 0600);
    writing_check_requests(w, "");
    writing_publish(writer);
    writing_check_requests(w, "FINISH \nREPLACE " HIDDEN(0) " /d/a\nCHMOD /d/a 600\n");
    check_mode(w, 0600);
    kx_writer_close(writer);
}

static void times_wait_for_publish(void **state)
{
    struct writing *w = *state;
    struct kx_overlay overlay;
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    writing_put(writer, 0, "abc");
    g_free(fake_files_requests(w->client));
    assert_true(kx_writer_defer_times(writer, 5000, -1));
    assert_true(kx_writer_defer_times(writer, -1, 6000));
    kx_writer_overlay(writer, &overlay);
    assert_int_equal(overlay.mtime_ms, 5000);
    writing_publish(writer);
    writing_check_requests(w, "FINISH \nREPLACE " HIDDEN(0) " /d/a\nTIMES /d/a 5000 6000\n");
    writing_publish(writer);
    kx_writer_close(writer);
    writing_check_requests(w, "");
}

static void what_is_written_now_is_from_now(void **state)
{
    struct writing *w = *state;
    struct kx_overlay overlay;
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    kx_writer_overlay(writer, &overlay);
    assert_int_equal(overlay.mtime_ms, w->clock.wall);
    fake_clock_pass(&w->clock, 700);
    writing_put(writer, 0, "abc");
    kx_writer_overlay(writer, &overlay);
    assert_int_equal(overlay.mtime_ms, w->clock.wall);
    kx_writer_close(writer);
}

static void the_mode_it_was_made_with_needs_no_request(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    assert_true(kx_writer_defer_mode(writer, 0600));
    assert_true(kx_writer_defer_mode(writer, 0644));
    writing_publish(writer);
    writing_check_requests(w, "CREATE /d/a new 644\nFINISH \n");
    kx_writer_close(writer);
}

static void what_is_published_is_changed_on_the_server(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    writing_publish(writer);
    assert_false(kx_writer_defer_mode(writer, 0600));
    assert_false(kx_writer_defer_times(writer, 1, 2));
    kx_writer_close(writer);
}

/* chmod 600, and later back to what it was made with. */
static void a_mode_can_go_back(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    writing_put(writer, 0, "abc");
    assert_true(kx_writer_defer_mode(writer, 0600));
    writing_publish(writer);
    writing_put(writer, 3, "def");
    assert_int_equal(shown_mode(writer), 0600);
    assert_true(kx_writer_defer_mode(writer, 0644));
    writing_publish(writer);
    check_mode(w, 0644);
    kx_writer_close(writer);
}

/* A mode that was set on the server stays when the file is written again. */
static void a_mode_set_in_between_stays(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    writing_put(writer, 0, "abc");
    writing_publish(writer);
    assert_false(kx_writer_defer_mode(writer, 0600)); /* so it is set at once */
    assert_int_equal(kx_webhdfs_set_permission(w->client, "/d/a", 0600, NULL, NULL), 0);
    kx_writer_note_mode(writer, 0600);
    writing_put(writer, 3, "def");
    assert_int_equal(shown_mode(writer), 0600);
    writing_publish(writer);
    check_mode(w, 0600);
    assert_int_equal(kx_writer_empty(writer, NULL, NULL), 0);
    writing_put(writer, 0, "x");
    writing_publish(writer);
    check_mode(w, 0600);
    kx_writer_close(writer);
}

static void an_interrupted_publish_forgets_no_attribute(void **state)
{
    struct writing *w = *state;
    static const char *const STEPS[] = {"FINISH", "REPLACE", "CHMOD", "TIMES"};
    for (size_t i = 0; i < G_N_ELEMENTS(STEPS); i++) {
        struct kx_writer *writer = writing_open(w, KX_WRITE_EMPTIED);
        writing_put(writer, 0, "abc");
        assert_true(kx_writer_defer_mode(writer, 0600));
        assert_true(kx_writer_defer_times(writer, 5000, 6000));
        fake_files_fail(w->client, STEPS[i], EINTR, false);
        assert_int_equal(kx_writer_publish(writer, NULL, NULL), -EINTR);
        assert_int_equal(shown_mode(writer), 0600);
        assert_true(kx_writer_defer_times(writer, 7000, -1)); /* it is not done yet */
        g_free(fake_files_requests(w->client));
        writing_publish(writer);
        check_mode(w, 0600);
        g_autofree char *requests = fake_files_requests(w->client);
        assert_non_null(strstr(requests, "TIMES /d/a 7000 6000\n"));
        kx_writer_close(writer);
        writing_check_requests(w, "");
        writing_check_only(w, "abc");
    }
}

static void a_refused_attribute_is_told_once(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    writing_put(writer, 0, "abc");
    assert_true(kx_writer_defer_mode(writer, 0600));
    fake_files_fail(w->client, "CHMOD", EPERM, false);
    assert_int_equal(kx_writer_publish(writer, NULL, NULL), -EPERM);
    writing_publish(writer); /* the bytes are there, and nothing is left to do */
    kx_writer_close(writer);
    writing_check_only(w, "abc");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        writing_test(a_mode_waits_for_publish),
        writing_test(times_wait_for_publish),
        writing_test(what_is_written_now_is_from_now),
        writing_test(the_mode_it_was_made_with_needs_no_request),
        writing_test(what_is_published_is_changed_on_the_server),
        writing_test(a_mode_can_go_back),
        writing_test(a_mode_set_in_between_stays),
        writing_test(an_interrupted_publish_forgets_no_attribute),
        writing_test(a_refused_attribute_is_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
