/* write=back: what waits for its upload is changed, moved or removed. */
#include <errno.h>

#include "fs/journal/journal.h"
#include "writing.h"

static void reopened_and_emptied(void **state)
{
    struct writing *w = *state;
    writing_journal(w, KX_WRITE_BACK);
    writing_held(w, KX_WRITE_NEW, "first");
    struct kx_writer *writer = writing_open(w, KX_WRITE_EMPTIED);
    struct kx_overlay overlay;
    kx_writer_overlay(writer, &overlay);
    assert_int_equal(overlay.length, 0);
    writing_check_records(w, "queued /d/a 5 -\n"); /* that is safe until the next close */
    writing_put(writer, 0, "2nd");
    writing_acknowledge(writer);
    kx_writer_close(writer);
    writing_check_records(w, "queued /d/a 3 -\n");
    assert_int_equal(writing_copies(w), 1);
    writing_let_go(w);
    writing_check_only(w, "2nd");
    assert_int_equal(writing_copies(w), 0);
}

/* Others see only what was closed. */
static void half_a_change_is_not_uploaded(void **state)
{
    struct writing *w = *state;
    writing_journal(w, KX_WRITE_BACK);
    writing_held(w, KX_WRITE_NEW, "first");
    struct kx_writer *writer = writing_open(w, KX_WRITE_SERVER);
    writing_put(writer, 0, "FI");
    fake_files_hold(w->client, NULL);
    writing_drain(w); /* the uploader has let it go */
    writing_check_only(w, NULL);
    writing_check_records(w, "queued /d/a 5 -\n");
    writing_put(writer, 2, "RST");
    writing_acknowledge(writer);
    kx_writer_close(writer);
    writing_drain(w);
    writing_check_only(w, "FIRST");
    writing_check_records(w, "");
}

static void cut_by_name_while_it_is_queued(void **state)
{
    struct writing *w = *state;
    writing_journal(w, KX_WRITE_BACK);
    writing_held(w, KX_WRITE_NEW, "abcdef");
    struct kx_writer *writer = kx_inode_writer(w->inode);
    assert_int_equal(kx_writer_resize(writer, 2, NULL, NULL), 1);
    writing_check_records(w, "queued /d/a 2 -\n");
    assert_int_equal(kx_writer_empty(writer, NULL, NULL), 0);
    writing_check_records(w, "queued /d/a 0 -\n");
    kx_writer_unref(writer);
    writing_let_go(w);
    writing_check_only(w, "");
    assert_int_equal(writing_copies(w), 0);
}

static void unlinked_while_it_is_queued(void **state)
{
    struct writing *w = *state;
    writing_journal(w, KX_WRITE_BACK);
    writing_held(w, KX_WRITE_NEW, "abc");
    fake_files_wait_held(w->client); /* the upload has begun: it ends by this */
    struct kx_writer *writer = kx_inode_writer(w->inode);
    assert_int_equal(kx_writer_pause(writer, NULL, NULL), 0);
    kx_writer_resume(writer, true);
    kx_writer_unref(writer);
    kx_inodes_remove(w->mount.inodes, w->d, "a");
    writing_check_records(w, "");
    writing_let_go(w);
    writing_check_only(w, NULL);
    assert_int_equal(writing_copies(w), 0);
}

static void a_removal_that_fails_loses_nothing(void **state)
{
    struct writing *w = *state;
    fake_files_put(w->client, "/d/a", "old");
    writing_journal(w, KX_WRITE_BACK);
    writing_held(w, KX_WRITE_EMPTIED, "abc");
    fake_files_wait_held(w->client);
    struct kx_writer *writer = kx_inode_writer(w->inode);
    assert_int_equal(kx_writer_pause(writer, NULL, NULL), 0);
    kx_writer_resume(writer, false);
    kx_writer_unref(writer);
    writing_let_go(w);
    writing_check_only(w, "abc");
}

static void dropped_while_it_is_queued(void **state)
{
    struct writing *w = *state;
    fake_files_put(w->client, "/d/a", "the server's");
    writing_journal(w, KX_WRITE_BACK);
    writing_held(w, KX_WRITE_EMPTIED, "abc");
    g_autoptr(GPtrArray) records = kx_journal_records(w->mount.journal);
    int64_t id = ((struct kx_record *)records->pdata[0])->id;
    struct kx_writer *writer = kx_writers_of_record(w->mount.writers, id);
    assert_non_null(writer);
    kx_writer_drop(writer);
    kx_writer_unref(writer);
    assert_null(kx_writers_of_record(w->mount.writers, id));
    writing_check_records(w, "");
    writing_let_go(w);
    writing_check_only(w, "the server's");
    assert_int_equal(writing_copies(w), 0);
}

static void moved_while_it_is_queued(void **state)
{
    struct writing *w = *state;
    writing_journal(w, KX_WRITE_BACK);
    writing_held(w, KX_WRITE_NEW, "abc");
    fake_files_move(w->client, "/d", "/e");
    kx_inodes_move(w->mount.inodes, w->root, "d", w->root, "e");
    kx_journal_moved(w->mount.journal, "/d", "/e", false);
    writing_check_records(w, "queued /e/a 3 -\n");
    fake_files_fail(w->client, "FINISH", EIO,
                    false); /* a failure does not bring the old path back */
    writing_let_go(w);
    writing_check_file(w, "/e/a", "abc");
    assert_int_equal(fake_files_count(w->client), 1);
    writing_check_records(w, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        writing_test(reopened_and_emptied),
        writing_test(half_a_change_is_not_uploaded),
        writing_test(cut_by_name_while_it_is_queued),
        writing_test(unlinked_while_it_is_queued),
        writing_test(a_removal_that_fails_loses_nothing),
        writing_test(dropped_while_it_is_queued),
        writing_test(moved_while_it_is_queued),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
