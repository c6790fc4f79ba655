/* A writer whose bytes come anywhere: the local file, and what publish makes of it. */
#include <errno.h>

#include "fs/data/reader.h"
#include "writing.h"

static void bytes_in_the_middle(void **state)
{
    struct writing *w = *state;
    fake_files_put(w->client, "/d/a", "0123456789");
    struct kx_writer *writer = writing_open(w, KX_WRITE_SERVER);
    writing_put(writer, 3, "xyz");
    writing_check_requests(w, "");
    writing_check_read(writer, 0, 100, "012xyz6789");
    writing_check_file(w, "/d/a", "0123456789");
    writing_publish(writer);
    kx_writer_close(writer);
    writing_check_only(w, "012xyz6789");
}

static void a_new_file_out_of_order(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    writing_put(writer, 4, "efgh");
    writing_put(writer, 0, "abcd");
    writing_check_read(writer, 2, 4, "cdef");
    kx_writer_close(writer);
    writing_check_only(w, "abcdefgh");
}

static void in_order_first_and_then_back(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    writing_put(writer, 0, "abcdef");
    writing_put(writer, 2, "XY");
    writing_check_read(writer, 0, 6, "abXYef");
    writing_put(writer, 6, "gh");
    writing_publish(writer);
    writing_check_only(w, "abXYefgh");
    writing_put(writer, 0, "Z");
    kx_writer_close(writer);
    writing_check_only(w, "ZbXYefgh");
}

static void a_resized_file(void **state)
{
    struct writing *w = *state;
    fake_files_put(w->client, "/d/a", "0123456789");
    struct kx_writer *writer = writing_open(w, KX_WRITE_SERVER);
    assert_int_equal(kx_writer_resize(writer, 5, NULL, NULL), 0); /* the server can do it */
    writing_put(writer, 0, "X");
    assert_int_equal(kx_writer_resize(writer, 5, NULL, NULL), 1);
    writing_check_read(writer, 0, 100, "X1234");
    writing_put(writer, 7, "Y"); /* two zeros in between, not the old bytes */
    kx_writer_close(writer);
    struct kx_status status = {0};
    assert_int_equal(kx_webhdfs_stat(w->client, "/d/a", NULL, &status, NULL), 0);
    assert_int_equal(status.length, 8);
    kx_status_clear(&status);
    writing_check_only(w, "X1234"); /* up to the first zero */
}

static void only_growth_is_appended(void **state)
{
    struct writing *w = *state;
    fake_files_put(w->client, "/d/a", "0123");
    struct kx_writer *writer = writing_open(w, KX_WRITE_SERVER);
    assert_int_equal(kx_writer_resize(writer, 6, NULL, NULL), 1);
    writing_put(writer, 4, "ab");
    writing_publish(writer);
    writing_check_requests(w, "STAT /d/a\nAPPEND /d/a\nWRITE 2\nFINISH \nSTAT /d/a\n");
    kx_writer_close(writer);
    writing_check_only(w, "0123ab");
}

static void many_pieces(void **state)
{
    struct writing *w = *state;
    g_autoptr(GRand) chance = g_rand_new_with_seed(5);
    g_autofree char *model = g_strnfill(3000, '.');
    fake_files_put(w->client, "/d/a", model);
    struct kx_writer *writer = writing_open(w, KX_WRITE_SERVER);
    for (int i = 0; i < 300; i++) {
        char text[] = {(char)g_rand_int_range(chance, 'a', 'z'), 'Q', '\0'};
        int64_t at = g_rand_int_range(chance, 0, 2998);
        writing_put(writer, at, text);
        memcpy(model + at, text, 2);
        if (i % 40 == 0) writing_check_read(writer, 0, 3000, model);
        if (i % 100 == 0) writing_publish(writer);
    }
    kx_writer_close(writer);
    writing_check_only(w, model);
}

/* --- failures: nothing that is here is lost --- */

static void check_recovers(struct writing *w, enum kx_write_base base, const char *word, int code,
                           bool done, const char *expected)
{
    struct kx_writer *writer = writing_open(w, base);
    if (base == KX_WRITE_NEW) writing_put(writer, 0, "0123456789");
    writing_put(writer, 12, "end"); /* behind a hole: the part in order is whole by now */
    writing_put(writer, 10, "..");
    if (base != KX_WRITE_NEW) writing_put(writer, 2, "XY");
    fake_files_fail(w->client, word, code, done);
    int result = kx_writer_publish(writer, NULL, NULL);
    if (result != 0 && result != -code) fail_msg("%s: %d", word, result);
    fake_files_fail(w->client, "", 0, false); /* the order is off, if it did not come to it */
    writing_publish(writer);
    writing_check_read(writer, 0, 100, expected);
    kx_writer_close(writer);
    writing_check_only(w, expected);
    kx_inode_unref(w->inode);
    w->inode = NULL;
}

static void a_failed_publish_may_be_called_again(void **state)
{
    struct writing *w = *state;
    static const char *const STEPS[] = {"CREATE", "WRITE", "FINISH", "REPLACE", "OPEN", "APPEND"};
    static const int CODES[] = {EINTR, EIO};
    for (size_t i = 0; i < G_N_ELEMENTS(STEPS); i++)
        for (size_t j = 0; j < G_N_ELEMENTS(CODES); j++) {
            fake_files_put(w->client, "/d/a", "0123456789");
            check_recovers(w, KX_WRITE_SERVER, STEPS[i], CODES[j], false, "01XY456789..end");
            kx_webhdfs_delete(w->client, "/d/a", false, NULL, NULL);
            check_recovers(w, KX_WRITE_NEW, STEPS[i], CODES[j], false, "0123456789..end");
        }
}

static void a_rename_that_was_done_unheard(void **state)
{
    struct writing *w = *state;
    fake_files_put(w->client, "/d/a", "0123456789");
    check_recovers(w, KX_WRITE_SERVER, "REPLACE", EINTR, true, "01XY456789..end");
    kx_webhdfs_delete(w->client, "/d/a", false, NULL, NULL);
    check_recovers(w, KX_WRITE_NEW, "REPLACE", EINTR, true, "0123456789..end");
}

static void what_cannot_be_published_is_not_left_behind(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = writing_open_exclusive(w);
    writing_put(writer, 0, "abcdef");
    writing_put(writer, 2, "X");
    fake_files_put(w->client, "/d/a", "theirs");
    assert_int_equal(kx_writer_publish(writer, NULL, NULL), -EEXIST);
    assert_int_equal(kx_writer_publish(writer, NULL, NULL), -EEXIST);
    kx_writer_close(writer);
    writing_check_only(w, "theirs");
}

static void no_room_for_the_local_file(void **state)
{
    struct writing *w = *state;
    KX_ERROR_AUTO(err);
    w->options.stage_dir = (char *)(uintptr_t) "/nowhere/at all";
    fake_files_put(w->client, "/d/a", "0123456789");
    struct kx_writer *writer = writing_open(w, KX_WRITE_SERVER);
    assert_int_equal(writing_write(writer, 3, "x", &err), -ENOENT);
    expect_error(&err, ENOENT, "/nowhere/at all");
    writing_put(writer, 10, "in order it goes on");
    kx_writer_close(writer);
    writing_check_only(w, "0123456789in order it goes on");
}

/* --- names change --- */

static void a_renamed_file_is_still_read(void **state)
{
    struct writing *w = *state;
    fake_files_put(w->client, "/d/a", "0123456789");
    struct kx_writer *writer = writing_open(w, KX_WRITE_SERVER);
    writing_put(writer, 3, "x");
    fake_files_move(w->client, "/d", "/e");
    kx_inodes_move(w->mount.inodes, w->root, "d", w->root, "e");
    fake_files_put(w->client, "/d/a", "somebody else's");
    writing_check_read(writer, 0, 10, "012x456789");
    writing_put(writer, 5, "y");
    kx_writer_close(writer);
    writing_check_file(w, "/e/a", "012x4y6789");
    writing_check_file(w, "/d/a", "somebody else's");
    assert_int_equal(fake_files_count(w->client), 2);
}

static void an_unlinked_file_is_read_and_written_on(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    writing_put(writer, 0, "abcdef");
    kx_writer_abandon(writer);
    kx_inodes_remove(w->mount.inodes, w->d, "a");
    writing_check_read(writer, 0, 6, "abcdef");
    writing_put(writer, 2, "XY");
    writing_check_read(writer, 0, 6, "abXYef");
    writing_publish(writer);
    kx_writer_close(writer);
    writing_check_only(w, NULL);
}

/* What only the server had is gone with the name: no other file's bytes come instead. */
static void an_unlinked_files_old_content_is_gone(void **state)
{
    struct writing *w = *state;
    KX_ERROR_AUTO(err);
    struct kx_slices slices;
    fake_files_put(w->client, "/d/a", "0123456789");
    struct kx_writer *writer = writing_open(w, KX_WRITE_SERVER);
    writing_put(writer, 3, "x");
    kx_writer_abandon(writer);
    kx_inodes_remove(w->mount.inodes, w->d, "a");
    fake_files_put(w->client, "/d/a", "somebody else's");
    kx_slices_init(&slices);
    assert_int_equal(kx_writer_read(writer, 0, 10, NULL, &slices, &err), -ESTALE);
    kx_slices_clear(&slices);
    writing_check_read(writer, 3, 1, "x");
    kx_writer_close(writer);
    writing_check_only(w, "somebody else's");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        writing_test(bytes_in_the_middle),
        writing_test(a_new_file_out_of_order),
        writing_test(in_order_first_and_then_back),
        writing_test(a_resized_file),
        writing_test(only_growth_is_appended),
        writing_test(many_pieces),
        writing_test(a_failed_publish_may_be_called_again),
        writing_test(a_rename_that_was_done_unheard),
        writing_test(what_cannot_be_published_is_not_left_behind),
        writing_test(no_room_for_the_local_file),
        writing_test(a_renamed_file_is_still_read),
        writing_test(an_unlinked_file_is_read_and_written_on),
        writing_test(an_unlinked_files_old_content_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
