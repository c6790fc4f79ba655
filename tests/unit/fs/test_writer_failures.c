/* A writer whose requests fail or are interrupted, at every step. */
#include <errno.h>

#include "fs/errors.h"
#include "writing.h"

static void check_failed(struct kx_writer *writer, int code)
{
    KX_ERROR_AUTO(err);
    assert_int_equal(kx_writer_publish(writer, NULL, &err), -code);
    assert_int_equal(err.code, code);
}

/* --- a failure is the file's until it is emptied or closed --- */

static void a_failed_write_is_told_again_and_again(void **state)
{
    struct writing *w = *state;
    KX_ERROR_AUTO(err);
    fake_files_put(w->client, "/d/a", "old");
    struct kx_writer *writer = writing_open(w, KX_WRITE_EMPTIED);
    writing_put(writer, 0, "abc");
    fake_files_fail(w->client, "WRITE", ENOSPC, false);
    assert_int_equal(writing_write(writer, 3, "def", &err), -ENOSPC);
    assert_int_equal(writing_write(writer, 3, "def", &err), -ENOSPC);
    check_failed(writer, ENOSPC);
    check_failed(writer, ENOSPC);
    writing_check_file(w, "/d/a", "old"); /* the hidden file goes when nobody waits for it */
    assert_int_equal(kx_writer_empty(writer, NULL, &err), 0);
    writing_put(writer, 0, "new");
    writing_publish(writer);
    kx_writer_close(writer);
    writing_check_only(w, "new");
}

static void a_failure_of_every_step_keeps_the_old_content(void **state)
{
    struct writing *w = *state;
    static const char *const STEPS[] = {"CREATE", "WRITE", "FINISH", "REPLACE"};
    for (size_t i = 0; i < G_N_ELEMENTS(STEPS); i++) {
        fake_files_put(w->client, "/d/a", "old");
        struct kx_writer *writer = writing_open(w, KX_WRITE_EMPTIED);
        fake_files_fail(w->client, STEPS[i], EDQUOT, false);
        writing_write(writer, 0, "abc", NULL);
        check_failed(writer, EDQUOT);
        check_failed(writer, EDQUOT);
        kx_writer_close(writer);
        writing_check_only(w, "old");
        kx_inode_unref(w->inode);
        w->inode = NULL;
    }
}

static void a_failed_close_is_kept_as_the_files_error(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    writing_put(writer, 0, "abc");
    fake_files_fail(w->client, "FINISH", ENOSPC, false);
    kx_writer_close(writer);
    g_autofree char *line = kx_errors_last(w->mount.errors, "/d/a");
    assert_non_null(line);
    assert_non_null(strstr(line, g_strerror(ENOSPC)));
    writing_check_only(w, NULL);
}

/* What the end of a mount reports: not the failures that a program has had as its answer. */
static void only_an_untold_failure_counts_at_the_end(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    writing_put(writer, 0, "abc");
    fake_files_fail(w->client, "FINISH", ENOSPC, false);
    check_failed(writer, ENOSPC);
    kx_writer_close(writer);
    assert_int_equal(w->mount.failed_closes, 0);
    kx_inode_unref(w->inode);
    w->inode = NULL;
    writer = writing_open(w, KX_WRITE_NEW);
    writing_put(writer, 0, "abc");
    fake_files_fail(w->client, "FINISH", ENOSPC, false);
    kx_writer_close(writer);
    assert_int_equal(w->mount.failed_closes, 1);
}

static void a_file_without_a_name_cannot_be_published(void **state)
{
    struct writing *w = *state;
    KX_ERROR_AUTO(err);
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    writing_put(writer, 0, "abc");
    kx_inodes_remove(w->mount.inodes, w->d, "a"); /* another client's file took the name */
    assert_int_equal(kx_writer_publish(writer, NULL, &err), -ESTALE);
    expect_error(&err, ESTALE, "removed or replaced");
    kx_writer_close(writer);
    writing_check_only(w, NULL);
}

/* --- interrupted, it may be called again --- */

static void check_again_after(struct writing *w, const char *step, bool done,
                              enum kx_write_base base, const char *expected)
{
    struct kx_writer *writer = writing_open(w, base);
    fake_files_fail(w->client, step, EINTR, done);
    KX_ERROR_AUTO(err);
    int result = writing_write(writer, base == KX_WRITE_SERVER ? 3 : 0, "abc", &err);
    if (result == -EINTR) writing_put(writer, base == KX_WRITE_SERVER ? 3 : 0, "abc");
    result = kx_writer_publish(writer, NULL, &err);
    if (result != 0 && result != -EINTR) fail_msg("%s: %s", step, err.message);
    if (result == -EINTR && kx_writer_publish(writer, NULL, &err) != 0)
        fail_msg("%s%s, again: %s", step, done ? " (done)" : "", err.message);
    kx_writer_close(writer);
    writing_check_only(w, expected);
    kx_inode_unref(w->inode);
    w->inode = NULL;
}

static void interrupted_before_a_step(void **state)
{
    struct writing *w = *state;
    static const char *const STEPS[] = {"CREATE", "WRITE", "FINISH", "REPLACE"};
    for (size_t i = 0; i < G_N_ELEMENTS(STEPS); i++) {
        fake_files_put(w->client, "/d/a", "old");
        check_again_after(w, STEPS[i], false, KX_WRITE_EMPTIED, "abc");
        assert_int_equal(kx_webhdfs_delete(w->client, "/d/a", false, NULL, NULL), 0);
        check_again_after(w, STEPS[i], false, KX_WRITE_NEW, "abc");
    }
    static const char *const APPENDING[] = {"APPEND", "WRITE", "FINISH"};
    for (size_t i = 0; i < G_N_ELEMENTS(APPENDING); i++) {
        fake_files_put(w->client, "/d/a", "old");
        check_again_after(w, APPENDING[i], false, KX_WRITE_SERVER, "oldabc");
    }
}

/* The step was done on the server, but nobody was told. */
static void interrupted_after_the_rename(void **state)
{
    struct writing *w = *state;
    fake_files_put(w->client, "/d/a", "old");
    check_again_after(w, "REPLACE", true, KX_WRITE_EMPTIED, "abc");
    check_again_after(w, "REPLACE", true, KX_WRITE_NEW, "abc");
}

static void interrupted_after_an_exclusive_rename(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = writing_open_exclusive(w);
    writing_put(writer, 0, "abc");
    fake_files_fail(w->client, "RENAME", EINTR, true);
    check_failed(writer, EINTR);
    writing_publish(writer);
    kx_writer_close(writer);
    writing_check_only(w, "abc");
}

static void interrupted_after_an_empty_file_was_made(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = writing_open_exclusive(w);
    fake_files_fail(w->client, "FINISH", EINTR, true);
    check_failed(writer, EINTR);
    writing_publish(writer);
    kx_writer_close(writer);
    writing_check_only(w, "");
}

/* fsync is interrupted when all was sent but not yet renamed; the program writes on. */
static void writing_goes_on_after_an_interrupted_publish(void **state)
{
    struct writing *w = *state;
    static const char *const STEPS[] = {"FINISH", "REPLACE"};
    for (size_t i = 0; i < G_N_ELEMENTS(STEPS); i++)
        for (int done = 0; done <= 1; done++) {
            if (i == 0 && done) continue;
            fake_files_put(w->client, "/d/a", "old content");
            struct kx_writer *writer = writing_open(w, KX_WRITE_EMPTIED);
            writing_put(writer, 0, "abc");
            fake_files_fail(w->client, STEPS[i], EINTR, done);
            check_failed(writer, EINTR);
            writing_put(writer, 3, "def");
            writing_publish(writer);
            kx_writer_close(writer);
            writing_check_only(w, "abcdef");
            kx_inode_unref(w->inode);
            w->inode = NULL;
        }
}

static void emptied_after_an_interrupted_publish(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    writing_put(writer, 0, "abc");
    fake_files_fail(w->client, "REPLACE", EINTR, true);
    check_failed(writer, EINTR);
    assert_int_equal(kx_writer_empty(writer, NULL, NULL), 0);
    kx_writer_close(writer);
    writing_check_only(w, "");
}

/* --- a directory above is renamed while the bytes are on their way --- */

static void a_renamed_directory_takes_the_upload_along(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    writing_put(writer, 0, "abc");
    fake_files_move(w->client, "/d", "/e");
    kx_inodes_move(w->mount.inodes, w->root, "d", w->root, "e");
    writing_put(writer, 3, "def");
    writing_publish(writer);
    writing_put(writer, 6, "ghi");
    writing_publish(writer);
    kx_writer_close(writer);
    writing_check_file(w, "/e/a", "abcdefghi");
    assert_int_equal(fake_files_count(w->client), 1);
}

static void a_hidden_file_is_dropped_where_it_is(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    writing_put(writer, 0, "abc");
    fake_files_move(w->client, "/d", "/e");
    kx_inodes_move(w->mount.inodes, w->root, "d", w->root, "e");
    kx_writer_abandon(writer);
    kx_writer_close(writer);
    assert_int_equal(fake_files_count(w->client), 0);
}

/* --- an upload that no server has seen yet --- */

static void what_was_not_begun_is_not_cleared_away(void **state)
{
    struct writing *w = *state;
    fake_files_set_late(w->client, true);
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    writing_put(writer, 0, "abc");
    kx_writer_abandon(writer);
    kx_writer_close(writer);
    writing_check_requests(w, "");
    writer = writing_open(w, KX_WRITE_NEW);
    writing_put(writer, 0, "abc");
    assert_int_equal(kx_writer_empty(writer, NULL, NULL), 0);
    writing_put(writer, 0, "d");
    writing_publish(writer);
    writing_check_requests(w,
                           "CREATE " HIDDEN(2) " over 644\nFINISH \nREPLACE " HIDDEN(2) " /d/a\n");
    kx_writer_close(writer);
    writing_check_requests(w, "");
    writing_check_only(w, "d");
}

static void a_begin_that_fails_leaves_nothing_to_clear_away(void **state)
{
    struct writing *w = *state;
    KX_ERROR_AUTO(err);
    fake_files_set_late(w->client, true);
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    writing_put(writer, 0, "abc");
    fake_files_fail(w->client, "CREATE", EHOSTDOWN, false);
    assert_int_equal(kx_writer_publish(writer, NULL, &err), -EHOSTDOWN);
    kx_writer_close(writer);
    writing_check_requests(w, "CREATE " HIDDEN(0) " over 644\n");
    assert_int_equal(fake_files_count(w->client), 0);
}

static void it_begins_where_its_directory_is(void **state)
{
    struct writing *w = *state;
    fake_files_set_late(w->client, true);
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    writing_put(writer, 0, "abc");
    fake_files_move(w->client, "/d", "/e");
    kx_inodes_move(w->mount.inodes, w->root, "d", w->root, "e");
    writing_publish(writer);
    writing_check_file(w, "/e/a", "abc");
    writing_put(writer, 1, "B"); /* the local copy's base is finished there, too */
    kx_writer_close(writer);
    writing_check_file(w, "/e/a", "aBc");
    assert_int_equal(fake_files_count(w->client), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        writing_test(a_failed_write_is_told_again_and_again),
        writing_test(a_failure_of_every_step_keeps_the_old_content),
        writing_test(a_failed_close_is_kept_as_the_files_error),
        writing_test(only_an_untold_failure_counts_at_the_end),
        writing_test(a_file_without_a_name_cannot_be_published),
        writing_test(interrupted_before_a_step),
        writing_test(interrupted_after_the_rename),
        writing_test(interrupted_after_an_exclusive_rename),
        writing_test(interrupted_after_an_empty_file_was_made),
        writing_test(writing_goes_on_after_an_interrupted_publish),
        writing_test(emptied_after_an_interrupted_publish),
        writing_test(a_renamed_directory_takes_the_upload_along),
        writing_test(a_hidden_file_is_dropped_where_it_is),
        writing_test(what_was_not_begun_is_not_cleared_away),
        writing_test(a_begin_that_fails_leaves_nothing_to_clear_away),
        writing_test(it_begins_where_its_directory_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
