/* What a killed mount was just doing to a name, and what cannot be taken up at once. */
#include <errno.h>

#include "recovering.h"

/* A part of /d/a is in the copy, the rest in a hidden file of the dead mount. */
static struct kx_record *changed_hidden(void)
{
    struct kx_record *record = whole("0123456789");
    record->here = (g_free(record->here), g_strdup("2-4"));
    record->base = g_strdup("/d/.h");
    record->base_length = 10;
    record->base_hidden = true;
    return record;
}

static void the_rest_is_in_a_hidden_file(void **state)
{
    struct writing *w = *state;
    g_autoptr(kx_record) record = changed_hidden();
    fake_files_put(w->client, "/d/.h", "abcdefghij");
    leave_and_recover(w, record, "..XY......");
    writing_drain(w);
    writing_check_only(w, "abXYefghij"); /* and the hidden file has gone */
    writing_check_records(w, "");
}

/* Killed behind the rename of the hidden file, with a newer change on the local disk. */
static void the_hidden_file_has_come_to_the_name(void **state)
{
    struct writing *w = *state;
    g_autoptr(kx_record) record = changed_hidden();
    fake_files_put(w->client, "/d/a", "abcdefghij");
    leave_and_recover(w, record, "..XY......");
    writing_drain(w);
    writing_check_only(w, "abXYefghij");
    writing_check_records(w, "");
}

static void the_hidden_file_has_gone_with_its_bytes(void **state)
{
    struct writing *w = *state;
    g_autoptr(kx_record) record = changed_hidden();
    fake_files_put(w->client, "/d/a", "of another length");
    leave_and_recover(w, record, "..XY......");
    check_failed(w, "the rest of its bytes");
    writing_check_only(w, "of another length");
}

static void wait_until_done(struct writing *w)
{
    for (bool left = true; left;) {
        g_autoptr(GPtrArray) records = kx_journal_records(w->mount.journal);
        left = records->len > 0;
    }
}

static void what_cannot_be_looked_at_is_taken_up_later(void **state)
{
    struct writing *w = *state;
    KX_ERROR_AUTO(err);
    g_autoptr(kx_record) record = whole("abc");
    struct kx_journal *journal = dead_journal(w);
    if (kx_journal_put(journal, record, true, &err) < 0) fail_msg("%s", err.message);
    make_copy(journal, "abc");
    kx_journal_close(journal);
    writing_journal(w, KX_WRITE_BACK);
    fake_files_fail(w->client, "STAT", ETIMEDOUT, false);
    struct kx_recovery *recovery = kx_recovery_start(&w->mount);
    wait_until_done(w);
    kx_recovery_free(recovery);
    writing_check_only(w, "abc");
    assert_int_equal(writing_copies(w), 0);
}

/* --- a rename whose answer the dead mount did not see --- */

static void leave_move(struct writing *w, struct kx_record *record, const char *from,
                       const char *to, uint64_t file_id)
{
    KX_ERROR_AUTO(err);
    struct kx_journal *journal = dead_journal(w);
    if (kx_journal_put(journal, record, true, &err) < 0) fail_msg("%s", err.message);
    make_copy(journal, "abc");
    assert_true(kx_journal_concerns(journal, from, *to ? to : from));
    kx_journal_move(journal, from, to, file_id);
    kx_journal_close(journal);
    writing_journal(w, KX_WRITE_BACK);
    kx_recovery_free(kx_recovery_start(&w->mount));
    writing_drain(w);
    g_autoptr(GPtrArray) moves = kx_journal_moves_left(w->mount.journal);
    assert_int_equal(moves->len, 0);
}

static void its_folder_has_another_name_now(void **state)
{
    struct writing *w = *state;
    g_autoptr(kx_record) record = whole("abc");
    record->path = (g_free(record->path), g_strdup("/old/a"));
    leave_move(w, record, "/old", "/d", 2);
    writing_check_only(w, "abc");
    writing_check_records(w, "");
}

static void its_folder_has_kept_its_name(void **state)
{
    struct writing *w = *state;
    g_autoptr(kx_record) record = whole("abc");
    leave_move(w, record, "/d", "/new", 2);
    writing_check_only(w, "abc");
}

static void a_file_that_was_renamed_over_it_stays(void **state)
{
    struct writing *w = *state;
    g_autoptr(kx_record) record = whole("abc");
    fake_files_put(w->client, "/d/a", "newer, by a rename");
    leave_move(w, record, "/d/b", "/d/a", fake_files_id(w->client, "/d/a"));
    writing_check_only(w, "newer, by a rename");
    writing_check_records(w, "");
}

static void a_file_that_was_not_renamed_over_it(void **state)
{
    struct writing *w = *state;
    g_autoptr(kx_record) record = whole("abc");
    fake_files_put(w->client, "/d/a", "old");
    record->base_file_id = fake_files_id(w->client, "/d/a");
    record->base_mtime_ms = fake_files_mtime(w->client, "/d/a");
    leave_move(w, record, "/d/b", "/d/a", record->base_file_id + 1);
    writing_check_only(w, "abc");
    writing_check_records(w, "");
}

/* Killed behind the DELETE: it does not come back, and its bytes are nobody's business any more. */
static void a_file_that_was_removed(void **state)
{
    struct writing *w = *state;
    g_autoptr(kx_record) record = whole("abcdef");
    record->here = (g_free(record->here), g_strdup("0-3"));
    record->base = g_strdup("/d/a");
    record->base_length = 6;
    record->base_file_id = 77;
    leave_move(w, record, "/d/a", "", 0);
    assert_int_equal(fake_files_count(w->client), 0);
    writing_check_records(w, "");
}

static void a_file_that_was_not_removed(void **state)
{
    struct writing *w = *state;
    g_autoptr(kx_record) record = whole("abc");
    fake_files_put(w->client, "/d/a", "old");
    record->base_file_id = fake_files_id(w->client, "/d/a");
    record->base_mtime_ms = fake_files_mtime(w->client, "/d/a");
    leave_move(w, record, "/d/a", "", 0);
    writing_check_only(w, "abc");
    writing_check_records(w, "");
}

static void others_are_not_concerned(void **state)
{
    struct writing *w = *state;
    KX_ERROR_AUTO(err);
    g_autoptr(kx_record) record = whole("abc");
    struct kx_journal *journal = dead_journal(w);
    assert_false(kx_journal_concerns(journal, "/d", "/e"));
    if (kx_journal_put(journal, record, true, &err) < 0) fail_msg("%s", err.message);
    assert_true(kx_journal_concerns(journal, "/d", "/e"));
    assert_true(kx_journal_concerns(journal, "/x", "/d/a"));
    assert_false(kx_journal_concerns(journal, "/x", "/d/ab"));
    assert_false(kx_journal_concerns(journal, "/d/a", "/d/b")); /* it is settled before */
    kx_journal_hide(journal, "/h/.h", NULL);
    assert_true(kx_journal_concerns(journal, "/h", "/i"));
    kx_journal_close(journal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        writing_test(the_rest_is_in_a_hidden_file),
        writing_test(the_hidden_file_has_come_to_the_name),
        writing_test(the_hidden_file_has_gone_with_its_bytes),
        writing_test(what_cannot_be_looked_at_is_taken_up_later),
        writing_test(its_folder_has_another_name_now),
        writing_test(its_folder_has_kept_its_name),
        writing_test(a_file_that_was_renamed_over_it_stays),
        writing_test(a_file_that_was_not_renamed_over_it),
        writing_test(a_file_that_was_removed),
        writing_test(a_file_that_was_not_removed),
        writing_test(others_are_not_concerned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
