#include "fs/names/directory.h"

#include <errno.h>

#include "writing.h"

#define LONG_AGO 11000 /* ms: a page is asked for again */

/* Another client's files /d/f00, /d/f01, ... */
static void put_files(struct writing *w, int count)
{
    for (int i = 0; i < count; i++) {
        g_autofree char *path = g_strdup_printf("/d/f%02d", i);
        fake_files_put(w->client, path, "x");
    }
}

/* Entry number `index` is `name`; NULL: it is behind the last; "" one that is not shown. */
static void check_entry(struct kx_directory *directory, int64_t index, const char *name)
{
    KX_ERROR_AUTO(err);
    struct kx_directory_entry entry;
    int result = kx_directory_entry(directory, index, NULL, &entry, &err);
    if (result < 0) fail_msg("entry %d: %s", (int)index, err.message);
    assert_int_equal(result, name != NULL);
    if (name) assert_string_equal(entry.hidden ? "" : entry.status.name, name);
    kx_directory_entry_clear(&entry);
}

static void check_files(struct kx_directory *directory, int from, int to)
{
    for (int i = from; i < to; i++) {
        g_autofree char *name = g_strdup_printf("f%02d", i);
        check_entry(directory, i, name);
    }
}

static int read_entry(struct kx_directory *directory, const struct kx_call *call,
                      struct kx_error *err)
{
    struct kx_directory_entry entry;
    int result = kx_directory_entry(directory, 0, call, &entry, err);
    kx_directory_entry_clear(&entry);
    return result;
}

/* --- pages --- */

static void an_empty_directory(void **state)
{
    struct writing *w = *state;
    struct kx_directory *directory = kx_directory_open(&w->mount, w->d);
    assert_ptr_equal(kx_directory_inode(directory), w->d);
    writing_check_requests(w, "");
    check_entry(directory, 0, NULL);
    check_entry(directory, 5, NULL);
    writing_check_requests(w, "LIST /d -\n");
    kx_directory_close(directory);
    kx_directory_close(NULL);
}

static void one_request_a_page(void **state)
{
    struct writing *w = *state;
    put_files(w, 25);
    fake_files_set_page(w->client, 10);
    struct kx_directory *directory = kx_directory_open(&w->mount, w->d);
    check_files(directory, 0, 25);
    check_entry(directory, 25, NULL);
    check_entry(directory, 26, NULL);
    writing_check_requests(w, "LIST /d -\nLIST /d f09\nLIST /d f19\n");
    kx_directory_close(directory);
}

static void pages_that_end_exactly(void **state)
{
    struct writing *w = *state;
    put_files(w, 20);
    fake_files_set_page(w->client, 10);
    struct kx_directory *directory = kx_directory_open(&w->mount, w->d);
    check_files(directory, 0, 20);
    check_entry(directory, 20, NULL);
    writing_check_requests(w, "LIST /d -\nLIST /d f09\n");
    kx_directory_close(directory);
}

static void going_back_asks_for_its_page(void **state)
{
    struct writing *w = *state;
    put_files(w, 35);
    fake_files_set_page(w->client, 10);
    struct kx_directory *directory = kx_directory_open(&w->mount, w->d);
    check_files(directory, 0, 35);
    g_free(fake_files_requests(w->client));
    check_files(directory, 14, 16);
    writing_check_requests(w, "LIST /d f09\n");
    check_files(directory, 3, 12);
    writing_check_requests(w, "LIST /d -\nLIST /d f09\n");
    check_files(directory, 20, 35);
    check_entry(directory, 35, NULL);
    writing_check_requests(w, "LIST /d f19\nLIST /d f29\n");
    kx_directory_close(directory);
}

static void a_position_far_ahead(void **state)
{
    struct writing *w = *state;
    put_files(w, 35);
    fake_files_set_page(w->client, 10);
    struct kx_directory *directory = kx_directory_open(&w->mount, w->d);
    check_entry(directory, 31, "f31");
    check_entry(directory, 1000, NULL);
    check_entry(directory, 4, "f04");
    kx_directory_close(directory);
}

static void rewinding_sees_what_is_new(void **state)
{
    struct writing *w = *state;
    put_files(w, 12);
    fake_files_set_page(w->client, 10);
    struct kx_directory *directory = kx_directory_open(&w->mount, w->d);
    check_files(directory, 0, 12);
    put_files(w, 13);
    check_entry(directory, 12, NULL); /* the last page is what it was */
    kx_directory_rewind(directory);
    check_files(directory, 0, 13);
    check_entry(directory, 13, NULL);
    kx_directory_close(directory);
}

/* --- pages that have waited too long --- */

static void an_old_page_is_asked_for_again(void **state)
{
    struct writing *w = *state;
    put_files(w, 15);
    fake_files_set_page(w->client, 10);
    struct kx_directory *directory = kx_directory_open(&w->mount, w->d);
    check_files(directory, 0, 4);
    g_free(fake_files_requests(w->client));
    fake_clock_pass(&w->clock, LONG_AGO);
    kx_webhdfs_delete(w->client, "/d/f00", false, NULL, NULL); /* was shown already */
    kx_webhdfs_delete(w->client, "/d/f05", false, NULL, NULL);
    g_free(fake_files_requests(w->client));
    check_entry(directory, 4, "f04");
    writing_check_requests(w, "LIST /d f03\n");
    check_entry(directory, 5, "f06"); /* f05 is gone, and nothing else is left out */
    for (int i = 6; i < 14; i++) {
        g_autofree char *name = g_strdup_printf("f%02d", i + 1);
        check_entry(directory, i, name);
    }
    check_entry(directory, 14, NULL);
    kx_directory_close(directory);
}

static void our_own_changes_make_a_page_old(void **state)
{
    struct writing *w = *state;
    put_files(w, 5);
    struct kx_directory *directory = kx_directory_open(&w->mount, w->d);
    check_files(directory, 0, 2);
    g_free(fake_files_requests(w->client));
    kx_webhdfs_delete(w->client, "/d/f03", false, NULL, NULL);
    kx_inodes_remove(w->mount.inodes, w->d, "f03");
    kx_inode_expire(w->d);
    g_free(fake_files_requests(w->client));
    check_entry(directory, 2, "f02");
    check_entry(directory, 3, "f04");
    check_entry(directory, 4, NULL);
    writing_check_requests(w, "LIST /d f01\n");
    kx_directory_close(directory);
}

/* --- files that are only here --- */

static void a_fresh_file_comes_last(void **state)
{
    struct writing *w = *state;
    put_files(w, 3);
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    writing_put(writer, 0, "abcde");
    struct kx_directory *directory = kx_directory_open(&w->mount, w->d);
    KX_ERROR_AUTO(err);
    struct kx_directory_entry entry;
    check_entry(directory, 0, ""); /* its hidden file */
    check_entry(directory, 3, "f02");
    assert_int_equal(kx_directory_entry(directory, 4, NULL, &entry, &err), 1);
    assert_string_equal(entry.status.name, "a");
    assert_ptr_equal(entry.local, w->inode);
    assert_int_equal(entry.status.length, 5);
    kx_directory_entry_clear(&entry);
    check_entry(directory, 5, NULL);
    kx_directory_close(directory);
    kx_writer_close(writer);
}

static void a_file_is_shown_once(void **state)
{
    struct writing *w = *state;
    put_files(w, 25);
    fake_files_put(w->client, "/d/a", "now");
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW); /* another client was faster */
    fake_files_set_page(w->client, 10);
    struct kx_directory *directory = kx_directory_open(&w->mount, w->d);
    check_entry(directory, 0, "a");
    check_entry(directory, 25, "f24");
    check_entry(directory, 26, NULL);
    kx_directory_close(directory);
    kx_writer_close(writer);
}

/* Published while the listing is read: it is on the server's later page, and not at the end again.
 */
static void a_file_published_meanwhile_is_shown_once(void **state)
{
    struct writing *w = *state;
    static const char *const FILES[] = {"/d/0", "/d/1", "/d/2"};
    for (size_t i = 0; i < G_N_ELEMENTS(FILES); i++)
        fake_files_put(w->client, FILES[i], "x");
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    fake_files_set_page(w->client, 2);
    struct kx_directory *directory = kx_directory_open(&w->mount, w->d);
    check_entry(directory, 0, "0");
    check_entry(directory, 1, "1");
    writing_publish(writer);
    check_entry(directory, 2, "2");
    check_entry(directory, 3, "a");
    check_entry(directory, 4, NULL);
    kx_directory_close(directory);
    kx_writer_close(writer);
}

static void a_fresh_file_that_is_gone_is_not_shown(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    struct kx_directory *directory = kx_directory_open(&w->mount, w->d);
    check_entry(directory, 0, "a");
    kx_writer_abandon(writer);
    kx_inodes_remove(w->mount.inodes, w->d, "a");
    check_entry(directory, 0, "");
    check_entry(directory, 1, NULL);
    kx_directory_close(directory);
    kx_writer_close(writer);
}

static void only_our_own_hidden_files_are_hidden(void **state)
{
    struct writing *w = *state;
    fake_files_put(w->client, "/d/.x.knoxfs-" WRITING_ID "-7", "ours");
    fake_files_put(w->client, "/d/.x.knoxfs-ffffffffffff-7", "another mount's");
    struct kx_directory *directory = kx_directory_open(&w->mount, w->d);
    check_entry(directory, 0, "");
    check_entry(directory, 1, ".x.knoxfs-ffffffffffff-7");
    check_entry(directory, 2, NULL);
    kx_directory_close(directory);
}

/* --- errors --- */

static void an_error_is_told_and_not_kept(void **state)
{
    struct writing *w = *state;
    KX_ERROR_AUTO(err);
    put_files(w, 25);
    fake_files_set_page(w->client, 10);
    struct kx_directory *directory = kx_directory_open(&w->mount, w->d);
    fake_files_fail(w->client, "LIST", EACCES, false);
    assert_int_equal(read_entry(directory, NULL, &err), -EACCES);
    check_files(directory, 0, 10);
    fake_files_fail(w->client, "LIST", EINTR, false);
    struct kx_directory_entry entry;
    assert_int_equal(kx_directory_entry(directory, 10, NULL, &entry, &err), -EINTR);
    check_files(directory, 10, 25);
    check_entry(directory, 25, NULL);
    kx_directory_close(directory);
}

static void a_removed_directory(void **state)
{
    struct writing *w = *state;
    KX_ERROR_AUTO(err);
    struct kx_directory *directory = kx_directory_open(&w->mount, w->d);
    kx_inodes_remove(w->mount.inodes, w->root, "d");
    assert_int_equal(read_entry(directory, NULL, &err), -ESTALE);
    writing_check_requests(w, "");
    kx_directory_close(directory);
}

static gpointer read_held(gpointer data)
{
    return GINT_TO_POINTER(read_entry(data, NULL, NULL));
}

static gpointer fire_soon(gpointer data)
{
    g_usleep(20000);
    kx_cancel_fire(data);
    return NULL;
}

static void who_waits_for_another_does_not_wait_for_ever(void **state)
{
    struct writing *w = *state;
    g_autoptr(kx_cancel) cancel = kx_cancel_new();
    const struct kx_call call = {.cancel = cancel};
    KX_ERROR_AUTO(err);
    put_files(w, 3);
    struct kx_directory *directory = kx_directory_open(&w->mount, w->d);
    fake_files_hold(w->client, "LIST");
    GThread *thread = g_thread_new("read", read_held, directory);
    fake_files_wait_held(w->client);
    GThread *firing = g_thread_new("fire", fire_soon, cancel);
    assert_int_equal(read_entry(directory, &call, &err), -EINTR);
    expect_error(&err, EINTR, "interrupted");
    fake_files_set_stall(w->client, 50);
    assert_int_equal(read_entry(directory, NULL, &err), -ETIMEDOUT);
    expect_error(&err, ETIMEDOUT, "the listing is stuck");
    fake_files_hold(w->client, NULL);
    assert_int_equal(GPOINTER_TO_INT(g_thread_join(thread)), 1);
    g_thread_join(firing);
    kx_directory_close(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        writing_test(an_empty_directory),
        writing_test(one_request_a_page),
        writing_test(pages_that_end_exactly),
        writing_test(going_back_asks_for_its_page),
        writing_test(a_position_far_ahead),
        writing_test(rewinding_sees_what_is_new),
        writing_test(an_old_page_is_asked_for_again),
        writing_test(our_own_changes_make_a_page_old),
        writing_test(a_fresh_file_comes_last),
        writing_test(a_file_is_shown_once),
        writing_test(a_file_published_meanwhile_is_shown_once),
        writing_test(a_fresh_file_that_is_gone_is_not_shown),
        writing_test(only_our_own_hidden_files_are_hidden),
        writing_test(an_error_is_told_and_not_kept),
        writing_test(a_removed_directory),
        writing_test(who_waits_for_another_does_not_wait_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
