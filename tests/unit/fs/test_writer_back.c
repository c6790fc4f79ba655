/* write=back: close is done when the local disk has the file; the uploader goes on. */
#include <errno.h>

#include "fs/data/uploader.h"
#include "fs/journal/journal.h"
#include "writing.h"

static struct kx_overlay overlay_now(struct writing *w)
{
    struct kx_overlay overlay = {0};
    g_autoptr(kx_writer) writer = kx_inode_writer(w->inode);
    if (writer) kx_writer_overlay(writer, &overlay);
    return overlay;
}

static void close_needs_no_server(void **state)
{
    struct writing *w = *state;
    writing_journal(w, KX_WRITE_BACK);
    writing_held(w, KX_WRITE_NEW, "abc");
    writing_check_requests(w, "");
    writing_check_records(w, "queued /d/a 3 -\n");
    assert_int_equal(writing_copies(w), 1);
    assert_true(overlay_now(w).fresh);
    assert_int_equal(overlay_now(w).length, 3);
    writing_let_go(w);
    writing_check_only(w, "abc");
    writing_check_records(w, "");
    assert_int_equal(writing_copies(w), 0);
    assert_false(overlay_now(w).dirty);
}

static void an_empty_file_too(void **state)
{
    struct writing *w = *state;
    writing_journal(w, KX_WRITE_BACK);
    writing_held(w, KX_WRITE_NEW, "");
    writing_check_records(w, "queued /d/a 0 -\n");
    writing_let_go(w);
    writing_check_only(w, "");
}

/* The kernel's release comes after flush: it has nothing to do. */
static void closing_again_costs_nothing(void **state)
{
    struct writing *w = *state;
    writing_journal(w, KX_WRITE_BACK);
    fake_files_hold(w->client, "CREATE");
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    writing_put(writer, 0, "abc");
    for (int i = 0; i < 3; i++)
        writing_acknowledge(writer);
    kx_writer_close(writer);
    writing_check_records(w, "queued /d/a 3 -\n");
    writing_let_go(w);
    writing_check_requests(w, "CREATE " HIDDEN(0) " over 644\nWRITE 3\nFINISH \n"
                                                  "REPLACE " HIDDEN(0) " /d/a\n");
}

static void it_is_read_while_it_is_uploaded(void **state)
{
    struct writing *w = *state;
    writing_journal(w, KX_WRITE_BACK);
    writing_held(w, KX_WRITE_NEW, "abcdef");
    fake_files_wait_held(w->client);
    struct kx_writer *reader = kx_inode_writer(w->inode);
    writing_check_read(reader, 2, 100, "cdef");
    writing_check_read(reader, 6, 100, "");
    kx_writer_unref(reader);
    writing_let_go(w);
}

static void fsync_means_the_server(void **state)
{
    struct writing *w = *state;
    writing_journal(w, KX_WRITE_BACK);
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    writing_put(writer, 0, "abc");
    writing_publish(writer);
    writing_check_only(w, "abc");
    writing_check_records(w, "");
    kx_writer_close(writer);
    writing_drain(w);
    writing_check_only(w, "abc");
}

static void fsync_of_what_is_queued(void **state)
{
    struct writing *w = *state;
    writing_journal(w, KX_WRITE_BACK);
    fake_files_hold(w->client, "CREATE");
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    writing_put(writer, 0, "abc");
    writing_acknowledge(writer);
    fake_files_hold(w->client, NULL);
    writing_publish(writer);
    writing_check_only(w, "abc");
    writing_check_records(w, "");
    kx_writer_close(writer);
    writing_drain(w);
}

/* --- failures --- */

static void what_fails_is_tried_again(void **state)
{
    struct writing *w = *state;
    static const char *const STEPS[] = {"CREATE", "WRITE", "FINISH", "REPLACE"};
    static const int CODES[] = {EIO, ETIMEDOUT, EDQUOT, EACCES, ENOENT};
    writing_journal(w, KX_WRITE_BACK);
    for (size_t i = 0; i < G_N_ELEMENTS(STEPS); i++) {
        fake_files_hold(w->client, "CREATE");
        fake_files_fail(w->client, STEPS[i], CODES[i], false);
        struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
        writing_put(writer, 0, "abc");
        writing_acknowledge(writer);
        kx_writer_close(writer);
        writing_let_go(w);
        writing_check_only(w, "abc");
        writing_check_records(w, "");
        kx_webhdfs_delete(w->client, "/d/a", false, NULL, NULL);
        g_clear_pointer(&w->inode, kx_inode_unref);
    }
}

static void attributes_that_fail_are_tried_again(void **state)
{
    struct writing *w = *state;
    writing_journal(w, KX_WRITE_BACK);
    fake_files_hold(w->client, "CREATE");
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    writing_put(writer, 0, "abc");
    assert_true(kx_writer_defer_mode(writer, 0600));
    assert_true(kx_writer_defer_times(writer, 7000, 8000));
    writing_acknowledge(writer);
    kx_writer_close(writer);
    fake_files_fail(w->client, "CHMOD", ETIMEDOUT, false);
    writing_let_go(w);
    assert_int_equal(fake_files_mode(w->client, "/d/a"), 0600);
    assert_int_equal(fake_files_mtime(w->client, "/d/a"), 7000);
    writing_check_records(w, "");
}

/* A mode that the server refuses does not keep a content waiting that is at its name. */
static void attributes_that_are_refused_are_given_up(void **state)
{
    struct writing *w = *state;
    writing_journal(w, KX_WRITE_BACK);
    fake_files_hold(w->client, "CREATE");
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    writing_put(writer, 0, "abc");
    kx_writer_defer_mode(writer, 0600);
    kx_writer_defer_times(writer, 7000, -1);
    writing_acknowledge(writer);
    kx_writer_close(writer);
    fake_files_fail(w->client, "CHMOD", EPERM, false);
    fake_files_hold(w->client, NULL);
    writing_drain(w);
    writing_check_only(w, "abc");
    writing_check_records(w, "");
    assert_int_equal(fake_files_mode(w->client, "/d/a"), 0644);
    assert_int_equal(fake_files_mtime(w->client, "/d/a"), 7000);
}

static void attributes_set_after_the_close_are_in_the_record(void **state)
{
    struct writing *w = *state;
    writing_journal(w, KX_WRITE_BACK);
    writing_held(w, KX_WRITE_NEW, "abc");
    struct kx_writer *writer = kx_inode_writer(w->inode);
    assert_true(kx_writer_defer_mode(writer, 0640));
    assert_true(kx_writer_defer_times(writer, 9000, -1));
    kx_writer_unref(writer);
    g_autoptr(GPtrArray) records = kx_journal_records(w->mount.journal);
    const struct kx_record *record = records->pdata[0];
    assert_int_equal(record->later_mode, 0640);
    assert_int_equal(record->mtime_ms, 9000);
    writing_let_go(w);
    assert_int_equal(fake_files_mode(w->client, "/d/a"), 0640);
    assert_int_equal(fake_files_mtime(w->client, "/d/a"), 9000);
}

static void what_can_never_be_uploaded_waits_for_a_person(void **state)
{
    struct writing *w = *state;
    writing_journal(w, KX_WRITE_BACK);
    fake_files_hold(w->client, "CREATE");
    struct kx_writer *writer = writing_open_exclusive(w);
    writing_put(writer, 0, "mine");
    writing_acknowledge(writer);
    kx_writer_close(writer);
    fake_files_put(w->client, "/d/a", "theirs");
    fake_files_hold(w->client, NULL);
    assert_int_equal(kx_uploader_finish(w->mount.uploader, NULL), 1);
    writing_check_only(w, "theirs");
    g_autoptr(GPtrArray) records = kx_journal_records(w->mount.journal);
    assert_int_equal(records->len, 1);
    const struct kx_record *record = records->pdata[0];
    assert_int_equal(record->state, KX_RECORD_FAILED);
    assert_non_null(strstr(record->reason, "File exists"));
    assert_int_equal(writing_copies(w), 1);
}

/* Other bytes are needed that another client has changed: nothing of his is replaced. */
static void a_changed_base_waits_for_a_person(void **state)
{
    struct writing *w = *state;
    writing_journal(w, KX_WRITE_BACK);
    fake_files_put(w->client, "/d/a", "0123456789");
    struct kx_writer *writer = writing_open(w, KX_WRITE_SERVER);
    writing_put(writer, 3, "x");
    fake_files_put(w->client, "/d/a", "theirs, and longer");
    writing_acknowledge(writer);
    kx_writer_close(writer);
    assert_int_equal(kx_uploader_finish(w->mount.uploader, NULL) > 1, 0);
    writing_check_only(w, "theirs, and longer");
    g_autoptr(GPtrArray) records = kx_journal_records(w->mount.journal);
    assert_int_equal(records->len, 1);
    assert_int_equal(((struct kx_record *)records->pdata[0])->state, KX_RECORD_FAILED);
}

/* --- no room --- */

static void no_room_says_so_and_what_was_taken_is_not_lost(void **state)
{
    struct writing *w = *state;
    writing_journal(w, KX_WRITE_BACK);
    w->mount.room.max_bytes = 6;
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    KX_ERROR_AUTO(err);
    writing_put(writer, 0, "abcd");
    assert_int_equal(writing_write(writer, 4, "efgh", &err), -ENOSPC);
    expect_error(&err, ENOSPC, "stage_max");
    writing_acknowledge(writer); /* what was taken is not lost */
    kx_writer_close(writer);
    writing_drain(w);
    writing_check_only(w, "abcd");
    assert_int_equal(w->mount.room.used_bytes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        writing_test(close_needs_no_server),
        writing_test(an_empty_file_too),
        writing_test(closing_again_costs_nothing),
        writing_test(it_is_read_while_it_is_uploaded),
        writing_test(fsync_means_the_server),
        writing_test(fsync_of_what_is_queued),
        writing_test(what_fails_is_tried_again),
        writing_test(attributes_that_fail_are_tried_again),
        writing_test(attributes_that_are_refused_are_given_up),
        writing_test(attributes_set_after_the_close_are_in_the_record),
        writing_test(what_can_never_be_uploaded_waits_for_a_person),
        writing_test(a_changed_base_waits_for_a_person),
        writing_test(no_room_says_so_and_what_was_taken_is_not_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
