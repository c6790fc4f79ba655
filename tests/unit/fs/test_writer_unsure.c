/* A step to the name whose answer did not come, and what is recorded meanwhile. */
#include <errno.h>

#include "fs/journal/journal.h"
#include "writing.h"

/* The rename was done, and nobody knows. */
static void lose_answer(struct writing *w)
{
    fake_files_fail(w->client, "REPLACE", ETIMEDOUT, true);
}

/* /d/a, "0123456789" on the server, and "01AB456789" when it is published. */
static struct kx_writer *changed(struct writing *w)
{
    writing_journal(w, KX_WRITE_DIRECT);
    fake_files_put(w->client, "/d/a", "0123456789");
    struct kx_writer *writer = writing_open(w, KX_WRITE_SERVER);
    writing_put(writer, 2, "AB");
    return writer;
}

static void a_rename_that_was_done_is_not_done_again(void **state)
{
    struct writing *w = *state;
    KX_ERROR_AUTO(err);
    struct kx_writer *writer = changed(w);
    lose_answer(w);
    assert_int_equal(kx_writer_publish(writer, NULL, &err), -ETIMEDOUT);
    g_free(fake_files_requests(w->client));
    writing_publish(writer);
    writing_check_requests(w, "STAT " HIDDEN(0) "\nSTAT /d/a\nSTAT /d/a\nSTAT /d/a\n");
    kx_writer_close(writer);
    writing_check_only(w, "01AB456789");
}

/* Bytes that only the hidden file had are read, and sent, from where it is now. */
static void what_came_to_its_name_is_the_base_there(void **state)
{
    struct writing *w = *state;
    KX_ERROR_AUTO(err);
    struct kx_writer *writer = changed(w);
    lose_answer(w);
    assert_int_equal(kx_writer_publish(writer, NULL, &err), -ETIMEDOUT);
    writing_check_read(writer, 0, 10, "01AB456789");
    writing_put(writer, 7, "Z");
    writing_publish(writer);
    kx_writer_close(writer);
    writing_check_only(w, "01AB456Z89");
}

static void a_rename_that_was_not_done_is_done_again(void **state)
{
    struct writing *w = *state;
    KX_ERROR_AUTO(err);
    struct kx_writer *writer = changed(w);
    fake_files_fail(w->client, "REPLACE", ETIMEDOUT, false);
    assert_int_equal(kx_writer_publish(writer, NULL, &err), -ETIMEDOUT);
    writing_publish(writer);
    kx_writer_close(writer);
    writing_check_only(w, "01AB456789");
}

static struct kx_record *only_record(struct writing *w)
{
    g_autoptr(GPtrArray) records = kx_journal_records(w->mount.journal);
    assert_int_equal(records->len, 1);
    return kx_journal_find(w->mount.journal, ((struct kx_record *)records->pdata[0])->id);
}

/* Should we be killed now, the next mount must not take our own file for another client's. */
static void its_record_expects_the_new_file_too(void **state)
{
    struct writing *w = *state;
    writing_journal(w, KX_WRITE_BACK);
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    writing_put(writer, 0, "first");
    lose_answer(w);
    assert_int_equal(kx_writer_publish(writer, NULL, NULL), -ETIMEDOUT);
    fake_files_hold(w->client, "STAT");
    writing_put(writer, 0, "2nd, and longer");
    writing_acknowledge(writer);
    g_autoptr(kx_record) record = only_record(w);
    assert_false(record->fresh);
    assert_int_equal(record->base_file_id, 0);
    fake_files_hold(w->client, NULL);
    kx_writer_close(writer);
    writing_drain(w);
    writing_check_only(w, "2nd, and longer");
    writing_check_records(w, "");
}

/* A newer content is recorded before it comes to the name of an older one that is recorded. */
static void the_record_goes_before_the_name(void **state)
{
    struct writing *w = *state;
    KX_ERROR_AUTO(err);
    writing_journal(w, KX_WRITE_BACK);
    writing_held(w, KX_WRITE_NEW, "first");
    struct kx_writer *writer = writing_open(w, KX_WRITE_SERVER);
    writing_put(writer, 5, " and more");
    fake_files_hold(w->client, NULL);
    writing_drain(w);
    writing_check_records(w, "queued /d/a 5 -\n");
    fake_files_fail(w->client, "CREATE", EACCES, false);
    assert_int_equal(kx_writer_publish(writer, NULL, &err), -EACCES);
    writing_check_records(w, "queued /d/a 14 -\n");
    writing_publish(writer);
    kx_writer_close(writer);
    writing_check_only(w, "first and more");
    writing_check_records(w, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        writing_test(a_rename_that_was_done_is_not_done_again),
        writing_test(what_came_to_its_name_is_the_base_there),
        writing_test(a_rename_that_was_not_done_is_done_again),
        writing_test(its_record_expects_the_new_file_too),
        writing_test(the_record_goes_before_the_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
