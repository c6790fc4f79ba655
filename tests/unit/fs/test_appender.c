/* A file that lines are appended to: which ones are not taken, and what becomes of its name. */
#include "fs/appender.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support.h"

static int setup(void **state)
{
    *state = g_dir_make_tmp("knoxfs-appender-XXXXXX", NULL);
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    static const char *const NAMES[] = {"f", "old", "link", "fifo", "folder"};
    for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++) {
        g_autofree char *path = g_build_filename(*state, NAMES[i], NULL);
        g_remove(path);
    }
    g_rmdir(*state);
    g_free(*state);
    return 0;
}

static void add(struct kx_appender *appender, const char *text)
{
    assert_int_equal(kx_appender_add(appender, text, strlen(text)), 0);
}

static void check_file(const char *path, const char *expected)
{
    g_autofree char *text = NULL;
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    assert_string_equal(text, expected);
}

static void check_refused(const char *path, int code, const char *words)
{
    KX_ERROR_AUTO(err);
    struct kx_appender *appender = NULL;
    assert_int_equal(kx_appender_open(path, 0, &appender, &err), -code);
    assert_error(&err, code, NULL, words);
    assert_null(appender);
}

static void it_is_made_for_us_alone_and_goes_on(void **state)
{
    g_autofree char *path = g_build_filename(*state, "f", NULL);
    for (int i = 0; i < 2; i++) {
        g_autoptr(kx_appender) appender = NULL;
        assert_int_equal(kx_appender_open(path, 0, &appender, NULL), 0);
        add(appender, i ? "two\n" : "one\n");
    }
    check_file(path, "one\ntwo\n");
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
}

static void what_is_not_ours_alone_is_refused(void **state)
{
    g_autofree char *path = g_build_filename(*state, "f", NULL);
    g_autofree char *link_path = g_build_filename(*state, "link", NULL);
    g_autofree char *fifo = g_build_filename(*state, "fifo", NULL);
    g_autofree char *folder = g_build_filename(*state, "folder", NULL);
    put_file(path, "kept\n");
    assert_int_equal(symlink(path, link_path), 0);
    check_refused(link_path, ELOOP, "symbolic link");
    assert_int_equal(unlink(link_path), 0);
    assert_int_equal(link(path, link_path), 0);
    check_refused(path, EPERM, "another name");
    assert_int_equal(unlink(link_path), 0);
    assert_int_equal(chmod(path, 0620), 0);
    check_refused(path, EPERM, "others may write");
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    check_refused(fifo, ENXIO, fifo);
    assert_int_equal(mkdir(folder, 0700), 0);
    check_refused(folder, EISDIR, folder);
    check_refused("/dev/null", EPERM, "no regular file");
    if (geteuid() == 0) {
        assert_int_equal(chown(path, 65534, 65534), 0);
        check_refused(path, EPERM, "somebody else");
        assert_int_equal(chown(path, 0, 0), 0);
    }
    g_autoptr(kx_appender) appender = NULL;
    assert_int_equal(kx_appender_open(path, 0, &appender, NULL), 0);
    check_file(path, "kept\n");
}

static void one_that_was_moved_away_is_begun_anew(void **state)
{
    g_autofree char *path = g_build_filename(*state, "f", NULL);
    g_autofree char *old = g_build_filename(*state, "old", NULL);
    g_autoptr(kx_appender) appender = NULL;
    assert_int_equal(kx_appender_open(path, 0, &appender, NULL), 0);
    add(appender, "one\n");
    assert_int_equal(rename(path, old), 0);
    add(appender, "two\n");
    check_file(old, "one\n");
    check_file(path, "two\n");
    /* Where no new one can be made the old one goes on. */
    assert_int_equal(unlink(old), 0);
    assert_int_equal(rename(path, old), 0);
    assert_int_equal(symlink("nowhere", path), 0);
    add(appender, "three\n");
    check_file(old, "two\nthree\n");
}

/* As where the disk is full. */
static void what_is_cut_does_not_run_into_the_next_line(void **state)
{
    g_autofree char *path = g_build_filename(*state, "f", NULL);
    g_autoptr(kx_appender) appender = NULL;
    struct rlimit before, little = {.rlim_cur = 6};
    assert_int_equal(kx_appender_open(path, 0, &appender, NULL), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    little.rlim_max = before.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
    int first = kx_appender_add(appender, "12345678\n", 9);
    int second = kx_appender_add(appender, "lost\n", 5);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(first, -EFBIG);
    assert_int_equal(second, -EFBIG);
    add(appender, "next\n");
    check_file(path, "123456\nnext\n");
}

static void it_may_have_to_be_elsewhere(void **state)
{
    KX_ERROR_AUTO(err);
    struct stat st;
    struct kx_appender *appender = NULL;
    g_autofree char *path = g_build_filename(*state, "f", NULL);
    assert_int_equal(stat(*state, &st), 0);
    assert_int_equal(kx_appender_open(path, st.st_dev, &appender, &err), -EINVAL);
    assert_error(&err, EINVAL, NULL, "outside of this mount");
    assert_int_equal(stat(path, &st), -1);
    assert_int_equal(kx_appender_open(path, st.st_dev + 1, &appender, NULL), 0);
    kx_appender_free(appender);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_is_made_for_us_alone_and_goes_on, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_ours_alone_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(one_that_was_moved_away_is_begun_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(it_may_have_to_be_elsewhere, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_cut_does_not_run_into_the_next_line, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
