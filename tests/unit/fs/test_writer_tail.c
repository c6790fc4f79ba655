/* The changed end of a file exchanged in place: TRUNCATE and APPEND, with a record meanwhile. */
#include <errno.h>

#include "fs/journal/journal.h"
#include "writing.h"

#define OLD "aaaaaaaabbbbbbbbccccccccdddddddd" /* four blocks of 8 */

static struct kx_writer *begin(struct writing *w, enum kx_write_how how)
{
    writing_journal(w, how);
    fake_files_set_block(w->client, 8);
    fake_files_put(w->client, "/d/a", OLD);
    return writing_open(w, KX_WRITE_SERVER);
}

static void a_changed_end_costs_two_requests(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = begin(w, KX_WRITE_DIRECT);
    writing_put(writer, 28, "XYZ!!");
    writing_publish(writer);
    writing_check_requests(w, "STAT /d/a\nOPEN /d/a 24 4\nTRUNCATE /d/a 24\nAPPEND /d/a\n"
                              "WRITE 9\nFINISH \nSTAT /d/a\n");
    writing_check_records(w, "");
    writing_check_read(writer, 20, 100, "ccccddddXYZ!!");
    writing_put(writer, 24, "2");
    kx_writer_close(writer);
    writing_check_only(w, "aaaaaaaabbbbbbbbcccccccc2dddXYZ!!");
}

static void only_shorter_is_one_request(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = begin(w, KX_WRITE_DIRECT);
    writing_put(writer, 30, "x"); /* staged */
    assert_int_equal(kx_writer_resize(writer, 19, NULL, NULL), 1);
    writing_publish(writer);
    writing_check_requests(w, "STAT /d/a\nTRUNCATE /d/a 19\nSTAT /d/a\n");
    kx_writer_close(writer);
    writing_check_only(w, "aaaaaaaabbbbbbbbccc");
}

static void the_beginning_is_sent_whole(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = begin(w, KX_WRITE_DIRECT);
    writing_put(writer, 3, "x");
    writing_publish(writer);
    g_autofree char *requests = fake_files_requests(w->client);
    assert_null(strstr(requests, "TRUNCATE"));
    kx_writer_close(writer);
    writing_check_only(w, "aaaxaaaabbbbbbbbccccccccdddddddd");
}

static void a_record_says_that_the_file_may_be_short(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = begin(w, KX_WRITE_DIRECT);
    writing_put(writer, 28, "XXXX");
    fake_files_fail(w->client, "APPEND", EIO, false);
    assert_int_equal(kx_writer_publish(writer, NULL, NULL), -EIO);
    writing_check_file(w, "/d/a", "aaaaaaaabbbbbbbbcccccccc");
    g_autoptr(GPtrArray) records = kx_journal_records(w->mount.journal);
    assert_int_equal(records->len, 1);
    const struct kx_record *record = records->pdata[0];
    assert_int_equal(record->state, KX_RECORD_CUTTING);
    assert_string_equal(record->here, "24-32");
    assert_string_equal(record->base, "/d/a");
    assert_true(record->base_file_id == fake_files_id(w->client, "/d/a"));
    kx_writer_close(writer);
    writing_check_only(w, "aaaaaaaabbbbbbbbccccccccddddXXXX");
    writing_check_records(w, "");
}

/* Whatever fails in between: all of it is sent then, over what is left of the old one. */
static void a_failure_in_between_is_mended_by_the_next_try(void **state)
{
    struct writing *w = *state;
    static const char *const STEPS[] = {"TRUNCATE", "APPEND", "WRITE", "FINISH"};
    writing_journal(w, KX_WRITE_DIRECT);
    fake_files_set_block(w->client, 8);
    for (size_t i = 0; i < 2 * G_N_ELEMENTS(STEPS); i++) {
        fake_files_put(w->client, "/d/a", OLD);
        struct kx_writer *writer = writing_open(w, KX_WRITE_SERVER);
        writing_put(writer, 28, "XXXX");
        fake_files_fail(w->client, STEPS[i / 2], EIO, i % 2);
        assert_int_equal(kx_writer_publish(writer, NULL, NULL), -EIO);
        g_free(fake_files_requests(w->client));
        writing_publish(writer);
        g_autofree char *requests = fake_files_requests(w->client);
        assert_non_null(strstr(requests, "REPLACE"));
        assert_null(strstr(requests, "TRUNCATE"));
        kx_writer_close(writer);
        writing_check_only(w, "aaaaaaaabbbbbbbbccccccccddddXXXX");
        writing_check_records(w, "");
        g_clear_pointer(&w->inode, kx_inode_unref);
    }
}

/* The program has closed it: the uploader goes on, so that the server's file is not left short. */
static void a_failed_close_is_mended_in_the_background(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = begin(w, KX_WRITE_DIRECT);
    writing_put(writer, 28, "XXXX");
    fake_files_fail(w->client, "APPEND", EIO, false);
    kx_writer_close(writer); /* its only try */
    writing_drain(w);
    writing_check_only(w, "aaaaaaaabbbbbbbbccccccccddddXXXX");
    writing_check_records(w, "");
    assert_int_equal(writing_copies(w), 0);
}

static void anothers_file_is_not_cut(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = begin(w, KX_WRITE_DIRECT);
    writing_put(writer, 28, "XXXX");
    fake_files_put(w->client, "/d/a", "theirs: of the same length, mind");
    assert_int_equal(kx_writer_publish(writer, NULL, NULL), -ESTALE);
    kx_writer_close(writer);
    writing_check_only(w, "theirs: of the same length, mind");
}

/* All of it is here: the last whole file wins, and nothing is added to the other's. */
static void a_whole_growth_replaces_anothers_file(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = begin(w, KX_WRITE_DIRECT);
    assert_int_equal(kx_writer_resize(writer, 33, NULL, NULL), 1);
    writing_check_read(writer, 0, 32, OLD); /* loaded */
    writing_put(writer, 32, "e");
    fake_files_put(w->client, "/d/a", "theirs");
    writing_publish(writer);
    kx_writer_close(writer);
    writing_check_only(w, OLD "e");
}

static void without_room_for_the_end_it_is_sent_whole(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = begin(w, KX_WRITE_DIRECT);
    w->mount.room.max_bytes = 2;
    writing_put(writer, 30, "XX");
    writing_publish(writer);
    g_autofree char *requests = fake_files_requests(w->client);
    assert_null(strstr(requests, "TRUNCATE"));
    kx_writer_close(writer);
    writing_check_only(w, "aaaaaaaabbbbbbbbccccccccddddddXX");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        writing_test(a_changed_end_costs_two_requests),
        writing_test(only_shorter_is_one_request),
        writing_test(the_beginning_is_sent_whole),
        writing_test(a_record_says_that_the_file_may_be_short),
        writing_test(a_failure_in_between_is_mended_by_the_next_try),
        writing_test(a_failed_close_is_mended_in_the_background),
        writing_test(anothers_file_is_not_cut),
        writing_test(a_whole_growth_replaces_anothers_file),
        writing_test(without_room_for_the_end_it_is_sent_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
