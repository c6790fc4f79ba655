/* What a killed mount left, taken up by the next one. */
#include <errno.h>

#include "fs/data/uploader.h"
#include "recovering.h"

static void a_new_file_comes_with_its_attributes(void **state)
{
    struct writing *w = *state;
    g_autoptr(kx_record) record = whole("abc");
    record->fresh = true;
    leave_and_recover(w, record, "abc");
    writing_drain(w);
    writing_check_only(w, "abc");
    assert_int_equal(fake_files_mode(w->client, "/d/a"), 0600);
    assert_int_equal(fake_files_mtime(w->client, "/d/a"), 5000);
    writing_check_records(w, "");
    assert_int_equal(writing_copies(w), 0);
}

static void a_replaced_file_that_nobody_changed(void **state)
{
    struct writing *w = *state;
    g_autoptr(kx_record) record = whole("abc");
    fake_files_put(w->client, "/d/a", "old");
    record->base_file_id = fake_files_id(w->client, "/d/a");
    record->base_mtime_ms = fake_files_mtime(w->client, "/d/a");
    leave_and_recover(w, record, "abc");
    writing_drain(w);
    writing_check_only(w, "abc");
}

static void a_part_that_was_changed(void **state)
{
    struct writing *w = *state;
    g_autoptr(kx_record) record = whole("0123456789");
    fake_files_put(w->client, "/d/a", "abcdefghij");
    record->here = (g_free(record->here), g_strdup("2-4"));
    record->base = g_strdup("/d/a");
    record->base_length = 10;
    record->base_file_id = fake_files_id(w->client, "/d/a");
    record->base_mtime_ms = fake_files_mtime(w->client, "/d/a");
    leave_and_recover(w, record, "..XY......");
    writing_drain(w);
    writing_check_only(w, "abXYefghij");
}

/* Killed between TRUNCATE and APPEND: the time is not the recorded one, and it does not matter. */
static void a_file_that_was_cut_is_whole_again(void **state)
{
    struct writing *w = *state;
    g_autoptr(kx_record) record = whole("0123456789");
    fake_files_put(w->client, "/d/a", "abcdefgh");
    record->state = KX_RECORD_CUTTING;
    record->here = (g_free(record->here), g_strdup("8-10"));
    record->base = g_strdup("/d/a");
    record->base_length = 10;
    record->base_file_id = fake_files_id(w->client, "/d/a");
    record->base_mtime_ms = KX_TIME_OURS;
    fake_files_fail(w->client, "FINISH", EIO, false); /* and it stays so after a failed try */
    leave_and_recover(w, record, "........XY");
    writing_drain(w);
    writing_check_only(w, "abcdefghXY");
    writing_check_records(w, "");
}

static void anothers_file_stays(void **state)
{
    struct writing *w = *state;
    g_autoptr(kx_record) record = whole("mine");
    fake_files_put(w->client, "/d/a", "them");
    record->fresh = true;
    leave_and_recover(w, record, "mine");
    writing_drain(w);
    writing_check_only(w, "them");
    check_failed(w, "another client's file");
    assert_int_equal(writing_copies(w), 1);
}

static void a_file_that_was_changed_since_stays(void **state)
{
    struct writing *w = *state;
    g_autoptr(kx_record) record = whole("mine");
    fake_files_put(w->client, "/d/a", "old");
    record->base_file_id = fake_files_id(w->client, "/d/a");
    record->base_mtime_ms = fake_files_mtime(w->client, "/d/a");
    fake_files_put(w->client, "/d/a", "newer");
    leave_and_recover(w, record, "mine");
    writing_drain(w);
    writing_check_only(w, "newer");
    check_failed(w, "another client's file");
}

/* Killed after the rename: it is there, but for its attributes. */
static void what_was_done_is_not_done_again(void **state)
{
    struct writing *w = *state;
    g_autoptr(kx_record) record = whole("abc");
    record->fresh = true;
    fake_files_put(w->client, "/d/a", "abc");
    leave_and_recover(w, record, "abc");
    assert_int_equal(requests_of(w, "CREATE"), 0);
    writing_check_only(w, "abc");
    assert_int_equal(fake_files_mode(w->client, "/d/a"), 0600);
    assert_int_equal(fake_files_mtime(w->client, "/d/a"), 5000);
    writing_check_records(w, "");
    assert_int_equal(writing_copies(w), 0);
}

static gpointer recover(gpointer mount)
{
    return kx_recovery_start(mount);
}

/* What is looked at begins with the same bytes, but has taken the name only after its length was
 * asked for. */
static void what_takes_the_name_meanwhile_is_anothers(void **state)
{
    struct writing *w = *state;
    KX_ERROR_AUTO(err);
    g_autoptr(kx_record) record = whole("abc");
    record->fresh = true;
    struct kx_journal *journal = dead_journal(w);
    fake_files_put(w->client, "/d/a", "abc");
    if (kx_journal_put(journal, record, true, &err) < 0) fail_msg("%s", err.message);
    make_copy(journal, "abc");
    kx_journal_close(journal);
    writing_journal(w, KX_WRITE_BACK);
    fake_files_hold(w->client, "OPEN");
    GThread *thread = g_thread_new("recovery", recover, &w->mount);
    fake_files_wait_held(w->client);
    fake_files_put(w->client, "/d/a", "abcdef");
    fake_files_hold(w->client, NULL);
    kx_recovery_free(g_thread_join(thread));
    check_failed(w, "Stale");
    assert_int_equal(writing_copies(w), 1);
}

/* A power cut has brought the record back, not the copy, which goes after it. */
static void a_record_that_came_back_is_no_failure(void **state)
{
    struct writing *w = *state;
    g_autoptr(kx_record) record = whole("abc");
    record->fresh = true;
    fake_files_put(w->client, "/d/a", "abc");
    leave_and_recover(w, record, NULL);
    writing_check_only(w, "abc");
    writing_check_records(w, "");
}

static void a_copy_that_has_gone_is_told(void **state)
{
    struct writing *w = *state;
    g_autoptr(kx_record) record = whole("abc");
    record->fresh = true;
    leave_and_recover(w, record, NULL);
    check_failed(w, "No such file");
}

static void what_has_failed_waits_for_a_person(void **state)
{
    struct writing *w = *state;
    g_autoptr(kx_record) record = whole("abc");
    record->state = KX_RECORD_FAILED;
    record->reason = g_strdup("quota");
    leave_and_recover(w, record, "abc");
    assert_int_equal(requests_of(w, " "), 0);
    check_failed(w, "quota");
    assert_int_equal(writing_copies(w), 1);
}

static void a_person_has_it_uploaded_over_anothers(void **state)
{
    struct writing *w = *state;
    KX_ERROR_AUTO(err);
    g_autoptr(kx_record) record = whole("mine");
    record->state = KX_RECORD_FAILED;
    record->fresh = record->exclusive = true;
    fake_files_put(w->client, "/d/a", "theirs");
    leave_and_recover(w, record, "mine");
    w->options.write = KX_WRITE_EXCLUSIVE;
    struct kx_writer *writer = NULL;
    if (kx_recovery_take_up(&w->mount, record, true, NULL, &writer, &err) < 0)
        fail_msg("%s", err.message);
    writing_publish(writer);
    kx_writer_end_retry(writer, NULL);
    writing_check_only(w, "mine");
    writing_check_records(w, "");
}

static void a_directory_that_has_gone(void **state)
{
    struct writing *w = *state;
    g_autoptr(kx_record) record = whole("abc");
    record->path = (g_free(record->path), g_strdup("/gone/a"));
    leave_and_recover(w, record, "abc");
    check_failed(w, "No such file");
    assert_int_equal(writing_copies(w), 1);
}

/* --- hidden files --- */

static void hidden_files_are_removed(void **state)
{
    struct writing *w = *state;
    struct kx_journal *journal = dead_journal(w);
    fake_files_put(w->client, "/d/.h", "half");
    fake_files_put(w->client, "/d/.other", "not ours");
    kx_journal_hide(journal, "/d/.h", NULL);
    kx_journal_hide(journal, "/d/.never-made", NULL);
    kx_journal_close(journal);
    writing_journal(w, KX_WRITE_DIRECT);
    struct kx_recovery *recovery = kx_recovery_start(&w->mount);
    for (bool left = true; left;) { /* both are settled */
        g_autoptr(GPtrArray) hidden = kx_journal_hidden_left(w->mount.journal);
        left = hidden->len > 0;
    }
    kx_recovery_free(recovery);
    writing_check_file(w, "/d/.other", "not ours");
    assert_int_equal(fake_files_count(w->client), 1);
}

static void check_put_back(struct writing *w, const char *at_name, const char *expected)
{
    struct kx_journal *journal = dead_journal(w);
    fake_files_put(w->client, "/d/.aside", "old");
    if (at_name) fake_files_put(w->client, "/d/a", at_name);
    kx_journal_hide(journal, "/d/.aside", "/d/a");
    kx_journal_close(journal);
    writing_journal(w, KX_WRITE_DIRECT);
    kx_recovery_free(kx_recovery_start(&w->mount)); /* it is done when this returns */
    writing_check_only(w, expected);
    g_autoptr(GPtrArray) hidden = kx_journal_hidden_left(w->mount.journal);
    assert_int_equal(hidden->len, 0);
}

static void what_was_put_aside_is_back(void **state)
{
    check_put_back(*state, NULL, "old");
}

static void what_was_put_aside_is_not_needed(void **state)
{
    check_put_back(*state, "new", "new");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        writing_test(a_new_file_comes_with_its_attributes),
        writing_test(a_replaced_file_that_nobody_changed),
        writing_test(a_part_that_was_changed),
        writing_test(a_file_that_was_cut_is_whole_again),
        writing_test(anothers_file_stays),
        writing_test(a_file_that_was_changed_since_stays),
        writing_test(what_was_done_is_not_done_again),
        writing_test(what_takes_the_name_meanwhile_is_anothers),
        writing_test(a_record_that_came_back_is_no_failure),
        writing_test(a_copy_that_has_gone_is_told),
        writing_test(what_has_failed_waits_for_a_person),
        writing_test(a_person_has_it_uploaded_over_anothers),
        writing_test(a_directory_that_has_gone),
        writing_test(hidden_files_are_removed),
        writing_test(what_was_put_aside_is_back),
        writing_test(what_was_put_aside_is_not_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
