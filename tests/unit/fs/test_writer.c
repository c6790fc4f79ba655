/* A writer whose bytes come in order: what begins how, and what publish makes of it. */
#include <errno.h>

#include "fs/errors.h"
#include "fs/names/replace.h"
#include "writing.h"

static struct kx_overlay overlay_of(struct kx_writer *writer)
{
    struct kx_overlay overlay;
    kx_writer_overlay(writer, &overlay);
    return overlay;
}

/* --- a new file --- */

static void a_new_file_comes_whole_to_its_name(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    assert_true(overlay_of(writer).fresh && overlay_of(writer).dirty);
    writing_put(writer, 0, "abc");
    writing_put(writer, 3, "def");
    assert_int_equal(overlay_of(writer).length, 6);
    writing_check_file(w, "/d/a", NULL);
    writing_check_file(w, HIDDEN(0), "abcdef");
    writing_publish(writer);
    writing_check_requests(w, "CREATE " HIDDEN(0) " over 644\nWRITE 3\nWRITE 3\nFINISH \n"
                                                  "REPLACE " HIDDEN(0) " /d/a\n");
    assert_false(overlay_of(writer).fresh || overlay_of(writer).dirty);
    kx_writer_close(writer);
    writing_check_requests(w, "");
    writing_check_only(w, "abcdef");
}

static void what_has_bytes_is_verified_where_it_is_wished(void **state)
{
    struct writing *w = *state;
    w->options.verify = true;
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    writing_put(writer, 0, "abc");
    writing_publish(writer);
    writing_check_requests(w, "CREATE " HIDDEN(0) " over 644 verified\nWRITE 3\nFINISH \n"
                                                  "REPLACE " HIDDEN(0) " /d/a\n");
    writing_put(writer, 1, "B"); /* the local copy's as well */
    writing_publish(writer);
    writing_check_requests(w, "STAT /d/a\nSTAT /d/a\nCREATE " HIDDEN(
                                  1) " over 644 verified\nOPEN /d/a 0 1\nWRITE 1\nWRITE 1\n"
                                     "OPEN /d/a 2 1\nWRITE 1\nFINISH \n"
                                     "REPLACE " HIDDEN(1) " /d/a\nSTAT /d/a\n");
    kx_writer_close(writer);
    writing_check_only(w, "aBc");
}

static void an_empty_file_is_made_at_its_name(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    writing_publish(writer);
    writing_check_requests(w, "CREATE /d/a new 644\nFINISH \n");
    kx_writer_close(writer);
    writing_check_only(w, "");
}

static void an_empty_file_never_replaces_another_clients(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    fake_files_put(w->client, "/d/a", "theirs");
    writing_publish(writer);
    writing_check_only(w, "theirs");
    writing_put(writer, 0, "oh"); /* as if it had been there when it was opened */
    kx_writer_close(writer);
    writing_check_only(w, "oheirs");
}

static void publishing_again_asks_nothing(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    writing_put(writer, 0, "abc");
    writing_publish(writer);
    g_free(fake_files_requests(w->client));
    writing_publish(writer);
    kx_writer_close(writer);
    writing_check_requests(w, "");
}

static void what_comes_after_publish_is_appended(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    writing_put(writer, 0, "abc");
    writing_publish(writer);
    g_free(fake_files_requests(w->client));
    writing_put(writer, 3, "def");
    assert_true(overlay_of(writer).dirty);
    assert_false(overlay_of(writer).fresh);
    writing_publish(writer);
    writing_check_requests(w, "APPEND /d/a\nWRITE 3\nFINISH \n");
    kx_writer_close(writer);
    writing_check_only(w, "abcdef");
}

/* --- exclusively --- */

static void a_name_that_another_made_first_is_theirs(void **state)
{
    struct writing *w = *state;
    KX_ERROR_AUTO(err);
    struct kx_writer *writer = writing_open_exclusive(w);
    writing_put(writer, 0, "ours");
    fake_files_put(w->client, "/d/a", "theirs");
    assert_int_equal(kx_writer_publish(writer, NULL, &err), -EEXIST);
    assert_string_equal(err.path ? err.path : "/d/a", "/d/a");
    assert_int_equal(kx_writer_publish(writer, NULL, &err), -EEXIST);
    kx_writer_close(writer);
    writing_check_only(w, "theirs");
}

static void the_same_of_an_empty_file(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = writing_open_exclusive(w);
    fake_files_put(w->client, "/d/a", "theirs");
    assert_int_equal(kx_writer_publish(writer, NULL, NULL), -EEXIST);
    kx_writer_close(writer);
    writing_check_only(w, "theirs");
}

static void once_published_it_is_ours(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = writing_open_exclusive(w);
    writing_put(writer, 0, "abc");
    writing_publish(writer);
    assert_int_equal(kx_writer_empty(writer, NULL, NULL), 0);
    writing_put(writer, 0, "xy");
    writing_publish(writer);
    kx_writer_close(writer);
    writing_check_only(w, "xy");
}

/* --- a file that is there --- */

static void others_see_the_old_content_until_publish(void **state)
{
    struct writing *w = *state;
    fake_files_put(w->client, "/d/a", "old");
    struct kx_writer *writer = writing_open(w, KX_WRITE_EMPTIED);
    assert_true(overlay_of(writer).dirty);
    assert_false(overlay_of(writer).fresh);
    assert_int_equal(overlay_of(writer).length, 0);
    writing_put(writer, 0, "new one");
    writing_check_file(w, "/d/a", "old");
    writing_publish(writer);
    kx_writer_close(writer);
    writing_check_only(w, "new one");
}

static void an_emptied_file_is_cut_on_the_server(void **state)
{
    struct writing *w = *state;
    fake_files_put(w->client, "/d/a", "old");
    struct kx_writer *writer = writing_open(w, KX_WRITE_EMPTIED);
    writing_publish(writer);
    writing_check_requests(w, "TRUNCATE /d/a 0\n");
    kx_writer_close(writer);
    writing_check_only(w, "");
}

static void an_emptied_file_that_is_gone_is_made(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = writing_open(w, KX_WRITE_EMPTIED);
    writing_publish(writer);
    writing_check_requests(w, "TRUNCATE /d/a 0\nCREATE /d/a over 644\nFINISH \n");
    kx_writer_close(writer);
    writing_check_only(w, "");
}

static void content_stays_and_more_is_appended(void **state)
{
    struct writing *w = *state;
    fake_files_put(w->client, "/d/a", "old");
    struct kx_writer *writer = writing_open(w, KX_WRITE_SERVER);
    assert_false(overlay_of(writer).dirty);
    assert_int_equal(overlay_of(writer).length, 3);
    writing_publish(writer);
    writing_check_requests(w, "");
    assert_int_equal(kx_writer_write(writer, 0, true, "+1", 2, NULL, NULL), 0);
    writing_put(writer, 5, "+2");
    writing_publish(writer);
    writing_check_requests(w, "STAT /d/a\nAPPEND /d/a\nWRITE 2\nWRITE 2\nFINISH \n");
    kx_writer_close(writer);
    writing_check_only(w, "old+1+2");
}

/* It keeps its owner, its rights and its number: it is appended to, not replaced. */
static void an_empty_file_is_appended_to(void **state)
{
    struct writing *w = *state;
    fake_files_put(w->client, "/d/a", "");
    struct kx_writer *writer = writing_open(w, KX_WRITE_SERVER);
    writing_put(writer, 0, "abc");
    writing_publish(writer);
    writing_check_requests(w, "STAT /d/a\nAPPEND /d/a\nWRITE 3\nFINISH \n");
    kx_writer_close(writer);
    struct kx_status status = {0};
    assert_int_equal(kx_webhdfs_stat(w->client, "/d/a", NULL, &status, NULL), 0);
    assert_true(kx_inode_renew(w->inode, &status, UINT64_MAX, 1)); /* the same file */
    kx_status_clear(&status);
}

static void after_a_cut_it_goes_on_there(void **state)
{
    struct writing *w = *state;
    fake_files_put(w->client, "/d/a", "abcdef");
    struct kx_writer *writer = writing_open(w, KX_WRITE_SERVER);
    fake_files_put(w->client, "/d/a", "abc"); /* TRUNCATE */
    kx_writer_cut(writer, 3);
    writing_put(writer, 3, "X");
    writing_publish(writer);
    kx_writer_close(writer);
    writing_check_only(w, "abcX");
}

static void emptying_drops_what_was_written(void **state)
{
    struct writing *w = *state;
    fake_files_put(w->client, "/d/a", "old");
    struct kx_writer *writer = writing_open(w, KX_WRITE_EMPTIED);
    writing_put(writer, 0, "dropped");
    assert_int_equal(kx_writer_empty(writer, NULL, NULL), 0);
    assert_int_equal(overlay_of(writer).length, 0);
    writing_put(writer, 0, "kept");
    writing_publish(writer);
    assert_int_equal(kx_writer_empty(writer, NULL, NULL), 0);
    assert_true(overlay_of(writer).dirty);
    writing_check_file(w, "/d/a", "kept");
    writing_publish(writer);
    kx_writer_close(writer);
    writing_check_only(w, "");
}

/* --- several handles, several files --- */

static void an_inode_has_one_writer(void **state)
{
    struct writing *w = *state;
    struct kx_writer *first = writing_open(w, KX_WRITE_NEW);
    writing_put(first, 0, "abc");
    struct kx_writer *second = writing_open(w, KX_WRITE_SERVER);
    assert_ptr_equal(first, second);
    writing_put(second, 3, "def");
    kx_writer_close(second);
    writing_check_only(w, "abcdef");
    g_autoptr(kx_writer) left = kx_inode_writer(w->inode);
    assert_ptr_equal(left, first);
    writing_put(first, 6, "ghi");
    struct kx_writer *third = writing_open(w, KX_WRITE_EMPTIED);
    writing_put(third, 0, "x");
    kx_writer_close(third);
    kx_writer_close(first);
    writing_check_only(w, "x");
    assert_null(kx_inode_writer(w->inode));
}

static void close_publishes_what_nobody_published(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    writing_put(writer, 0, "abc");
    kx_writer_close(writer);
    writing_check_only(w, "abc");
}

static void an_unlinked_file_is_dropped(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    writing_put(writer, 0, "abc");
    g_free(fake_files_requests(w->client));
    kx_writer_abandon(writer);
    kx_inodes_remove(w->mount.inodes, w->d, "a");
    writing_put(writer, 3, "def"); /* who has it open goes on */
    writing_publish(writer);
    writing_check_requests(w, "WRITE 3\n");
    kx_writer_close(writer);
    writing_check_requests(w, "CUT\nDELETE " HIDDEN(0) "\n");
    writing_check_only(w, NULL);
    g_autofree char *line = kx_errors_last(w->mount.errors, "/d/a");
    assert_null(line);
    writer = writing_open(w, KX_WRITE_EMPTIED);
    kx_writer_abandon(writer);
    kx_writer_close(writer);
}

static void files_that_are_only_here_are_listed(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    g_autoptr(GPtrArray) fresh = kx_writers_fresh_in(w->mount.writers, w->d);
    g_autoptr(GPtrArray) elsewhere = kx_writers_fresh_in(w->mount.writers, w->root);
    assert_int_equal(fresh->len, 1);
    assert_ptr_equal(fresh->pdata[0], w->inode);
    assert_int_equal(elsewhere->len, 0);
    writing_publish(writer);
    g_autoptr(GPtrArray) none = kx_writers_fresh_in(w->mount.writers, w->d);
    assert_int_equal(none->len, 0);
    kx_writer_close(writer);
}

static void at_the_end_all_is_published(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    writing_put(writer, 0, "abc");
    fake_files_fail(w->client, "FINISH", ENOSPC, false);
    assert_int_equal(kx_writers_publish_last(w->mount.writers, NULL), 1);
    g_autofree char *line = kx_errors_last(w->mount.errors, "/d/a");
    assert_int_equal(kx_writers_publish_last(w->mount.writers, NULL), 0); /* it was told */
    assert_int_equal(kx_writers_publish_below(w->mount.writers, NULL, NULL), 1);
    kx_writer_close(writer);
    writer = writing_open(w, KX_WRITE_NEW);
    writing_put(writer, 0, "abc");
    assert_int_equal(kx_writers_publish_last(w->mount.writers, NULL), 0);
    kx_writer_close(writer);
    writing_check_only(w, "abc");
}

/* --- names of hidden files --- */

static void check_hidden_name(struct writing *w, const char *name, int number, const char *kept)
{
    g_autofree char *hidden = kx_hidden_name(&w->mount, name);
    g_autofree char *expected = g_strdup_printf(".%s.knoxfs-" WRITING_ID "-%d", kept, number);
    assert_string_equal(hidden, expected);
    assert_true(strlen(hidden) <= 255);
    assert_true(g_utf8_validate(hidden, -1, NULL));
    g_autofree char *mark = kx_hidden_mark(&w->mount);
    assert_non_null(strstr(hidden, mark));
}

static void hidden_names_can_be_names(void **state)
{
    struct writing *w = *state;
    const size_t room = 255 - strlen("..knoxfs-" WRITING_ID "-0");
    g_autofree char *longest = g_strnfill(255, 'x'), *cut = g_strnfill(room, 'x');
    /* the cut goes through a letter */
    GString *letters = g_string_new(room % 3 ? "" : "x"), *kept = g_string_new(letters->str);
    while (letters->len < 253)
        g_string_append(letters, "\xe2\x82\xac"); /* three bytes each */
    while (kept->len + 3 <= room)
        g_string_append(kept, "\xe2\x82\xac");
    check_hidden_name(w, "a", 0, "a");
    check_hidden_name(w, ".b", 1, ".b");
    check_hidden_name(w, longest, 2, cut);
    check_hidden_name(w, letters->str, 3, kept->str);
    g_string_free(letters, TRUE);
    g_string_free(kept, TRUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        writing_test(a_new_file_comes_whole_to_its_name),
        writing_test(what_has_bytes_is_verified_where_it_is_wished),
        writing_test(an_empty_file_is_made_at_its_name),
        writing_test(an_empty_file_never_replaces_another_clients),
        writing_test(publishing_again_asks_nothing),
        writing_test(what_comes_after_publish_is_appended),
        writing_test(a_name_that_another_made_first_is_theirs),
        writing_test(the_same_of_an_empty_file),
        writing_test(once_published_it_is_ours),
        writing_test(others_see_the_old_content_until_publish),
        writing_test(an_emptied_file_is_cut_on_the_server),
        writing_test(an_emptied_file_that_is_gone_is_made),
        writing_test(content_stays_and_more_is_appended),
        writing_test(an_empty_file_is_appended_to),
        writing_test(after_a_cut_it_goes_on_there),
        writing_test(emptying_drops_what_was_written),
        writing_test(an_inode_has_one_writer),
        writing_test(close_publishes_what_nobody_published),
        writing_test(an_unlinked_file_is_dropped),
        writing_test(files_that_are_only_here_are_listed),
        writing_test(at_the_end_all_is_published),
        writing_test(hidden_names_can_be_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
