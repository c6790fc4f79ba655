/* write=exclusive: never over what another client has changed; and what happens without it. */
#include <errno.h>

#include "fs/data/reader.h"
#include "fs/journal/journal.h"
#include "writing.h"

enum shape { WHOLE, APPENDED, CHANGED, EMPTIED, NEW };

static struct kx_writer *write_shape(struct writing *w, enum shape shape)
{
    static const enum kx_write_base BASES[] = {KX_WRITE_EMPTIED, KX_WRITE_SERVER, KX_WRITE_SERVER,
                                               KX_WRITE_EMPTIED, KX_WRITE_NEW};
    if (shape != NEW) fake_files_put(w->client, "/d/a", "0123456789");
    struct kx_writer *writer = writing_open(w, BASES[shape]);
    if (shape == WHOLE || shape == NEW) writing_put(writer, 0, "mine");
    if (shape == CHANGED) writing_put(writer, 2, "X");
    return writer;
}

/* An append begins when its first bytes come: after the other client's change here. */
static int finish(struct kx_writer *writer, enum shape shape, struct kx_error *err)
{
    int result = shape == APPENDED ? writing_write(writer, 10, "more", err) : 0;
    return result == 0 ? kx_writer_publish(writer, NULL, err) : result;
}

static void each_shape_is_refused(void **state)
{
    struct writing *w = *state;
    writing_journal(w, KX_WRITE_EXCLUSIVE);
    for (enum shape shape = WHOLE; shape <= NEW; shape++) {
        KX_ERROR_AUTO(err);
        struct kx_writer *writer = write_shape(w, shape);
        fake_files_put(w->client, "/d/a", "theirs");
        if (finish(writer, shape, &err) != -ESTALE) fail_msg("shape %d: %s", shape, err.message);
        expect_error(&err, ESTALE, "another client");
        kx_writer_close(writer);
        writing_check_only(w, "theirs");
        kx_webhdfs_delete(w->client, "/d/a", false, NULL, NULL);
        g_clear_pointer(&w->inode, kx_inode_unref);
    }
}

static void a_removed_file_is_not_made_again(void **state)
{
    struct writing *w = *state;
    writing_journal(w, KX_WRITE_EXCLUSIVE);
    for (enum shape shape = WHOLE; shape < NEW; shape++) {
        struct kx_writer *writer = write_shape(w, shape);
        kx_webhdfs_delete(w->client, "/d/a", false, NULL, NULL);
        int result = finish(writer, shape, NULL);
        if (result != -ESTALE) fail_msg("shape %d: %d", shape, result);
        kx_writer_close(writer);
        writing_check_only(w, NULL);
        g_clear_pointer(&w->inode, kx_inode_unref);
    }
}

static void alone_it_works_again_and_again(void **state)
{
    struct writing *w = *state;
    static const char *const EXPECTED[] = {"mine", "0123456789more", "01X3456789", "", "mine"};
    writing_journal(w, KX_WRITE_EXCLUSIVE);
    for (enum shape shape = WHOLE; shape <= NEW; shape++) {
        KX_ERROR_AUTO(err);
        struct kx_writer *writer = write_shape(w, shape);
        if (finish(writer, shape, &err) != 0) fail_msg("shape %d: %s", shape, err.message);
        writing_check_only(w, EXPECTED[shape]);
        writing_put(writer, 0, "again"); /* what it published itself is what it has seen */
        writing_publish(writer);
        kx_writer_close(writer);
        kx_webhdfs_delete(w->client, "/d/a", false, NULL, NULL);
        g_clear_pointer(&w->inode, kx_inode_unref);
    }
}

/* Staged, so there is a copy: a person can still have it. */
static void what_was_refused_is_kept(void **state)
{
    struct writing *w = *state;
    writing_journal(w, KX_WRITE_EXCLUSIVE);
    struct kx_writer *writer = write_shape(w, CHANGED);
    fake_files_put(w->client, "/d/a", "theirs");
    kx_writer_close(writer);
    writing_check_only(w, "theirs");
    g_autoptr(GPtrArray) records = kx_journal_records(w->mount.journal);
    assert_int_equal(records->len, 1);
    const struct kx_record *record = records->pdata[0];
    assert_int_equal(record->state, KX_RECORD_FAILED);
    assert_non_null(strstr(record->reason, "another client"));
    assert_int_equal(writing_copies(w), 1);
}

static void otherwise_the_last_whole_file_wins(void **state)
{
    struct writing *w = *state;
    static const enum shape WHOLE_ONES[] = {WHOLE, NEW};
    writing_journal(w, KX_WRITE_DIRECT);
    for (size_t i = 0; i < G_N_ELEMENTS(WHOLE_ONES); i++) {
        struct kx_writer *writer = write_shape(w, WHOLE_ONES[i]);
        fake_files_put(w->client, "/d/a", "theirs");
        writing_publish(writer);
        kx_writer_close(writer);
        writing_check_only(w, "mine");
        kx_webhdfs_delete(w->client, "/d/a", false, NULL, NULL);
        g_clear_pointer(&w->inode, kx_inode_unref);
    }
}

/* ... but bytes of the file that is no more are nobody's. */
static void a_part_never_goes_over_anothers_file(void **state)
{
    struct writing *w = *state;
    writing_journal(w, KX_WRITE_DIRECT);
    for (enum shape shape = APPENDED; shape <= CHANGED; shape++) {
        KX_ERROR_AUTO(err);
        struct kx_writer *writer = write_shape(w, shape);
        fake_files_put(w->client, "/d/a", "theirs, longer than ten");
        if (finish(writer, shape, &err) != -ESTALE) fail_msg("shape %d", shape);
        expect_error(&err, ESTALE, "another client");
        kx_writer_close(writer);
        writing_check_only(w, "theirs, longer than ten");
        g_clear_pointer(&w->inode, kx_inode_unref);
    }
}

/* ... even where ours were for the end, wherever that is, and some of them are there. */
static void an_appended_file_is_known_again(void **state)
{
    struct writing *w = *state;
    KX_ERROR_AUTO(err);
    struct kx_writer *writer = write_shape(w, APPENDED);
    assert_int_equal(kx_writer_write(writer, 0, true, "+1", 2, NULL, NULL), 0);
    writing_publish(writer);
    fake_files_put(w->client, "/d/a", "theirs");
    fake_clock_pass(&w->clock, 1000);
    assert_int_equal(kx_writer_write(writer, 0, true, "+2", 2, NULL, &err), -ESTALE);
    expect_error(&err, ESTALE, "another client");
    kx_writer_close(writer);
    writing_check_only(w, "theirs");
}

static void what_is_loaded_is_of_the_same_file(void **state)
{
    struct writing *w = *state;
    KX_ERROR_AUTO(err);
    struct kx_slices slices;
    struct kx_writer *writer = write_shape(w, CHANGED);
    fake_files_put(w->client, "/d/a", "theirs, longer than ten");
    kx_slices_init(&slices);
    assert_int_equal(kx_writer_read(writer, 0, 10, NULL, &slices, &err), -ESTALE);
    expect_error(&err, ESTALE, "another client");
    kx_slices_clear(&slices);
    writing_check_read(writer, 2, 1, "X");
    kx_writer_close(writer);
    writing_check_only(w, "theirs, longer than ten");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        writing_test(each_shape_is_refused),
        writing_test(a_removed_file_is_not_made_again),
        writing_test(alone_it_works_again_and_again),
        writing_test(what_was_refused_is_kept),
        writing_test(otherwise_the_last_whole_file_wins),
        writing_test(a_part_never_goes_over_anothers_file),
        writing_test(an_appended_file_is_known_again),
        writing_test(what_is_loaded_is_of_the_same_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
