/* A file of our own on the local disk, with and without a name. */
#include "fs/data/local_file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "expect.h"

static int make_folder(void **state)
{
    *state = g_dir_make_tmp("knoxfs-test-XXXXXX", NULL);
    return *state ? 0 : -1;
}

static int remove_folder(void **state)
{
    g_autofree char *folder = *state;
    g_autofree char *file = g_build_filename(folder, "f", NULL);
    g_unlink(file);
    return g_rmdir(folder); /* nothing else was left */
}

#define folder_test(function) cmocka_unit_test_setup_teardown(function, make_folder, remove_folder)

static struct kx_local_file *new_file(const char *folder)
{
    KX_ERROR_AUTO(err);
    struct kx_local_file *file = NULL;
    if (kx_local_file_new(folder, "f", &file, &err) != 0) fail_msg("%s", err.message);
    return file;
}

static struct kx_local_file *again(const char *folder)
{
    KX_ERROR_AUTO(err);
    struct kx_local_file *file = NULL;
    if (kx_local_file_reopen(folder, "f", &file, &err) != 0) fail_msg("%s", err.message);
    return file;
}

static bool is_there(const char *folder)
{
    g_autofree char *path = g_build_filename(folder, "f", NULL);
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

static void check_content(const struct kx_local_file *file, const char *expected)
{
    KX_ERROR_AUTO(err);
    char room[64];
    size_t length = strlen(expected);
    if (kx_local_file_read(file, 0, room, length, &err) != 0) fail_msg("%s", err.message);
    assert_memory_equal(room, expected, length);
    assert_int_equal(kx_local_file_read(file, 0, room, length + 1, &err), -EIO);
    expect_error(&err, EIO, "shorter than it should be");
}

static void without_a_name_it_goes_with_its_process(void **state)
{
    struct kx_local_file *file = new_file(*state);
    assert_false(is_there(*state));
    assert_int_equal(kx_local_file_write(file, 0, "abc", 3, NULL), 0);
    check_content(file, "abc");
    assert_string_equal(kx_local_file_name(file), "f");
    kx_local_file_free(file);
    assert_false(is_there(*state));
}

static void kept_it_has_its_name(void **state)
{
    struct kx_local_file *file = new_file(*state);
    assert_int_equal(kx_local_file_write(file, 0, "abc", 3, NULL), 0);
    assert_int_equal(kx_local_file_keep(file, NULL), 0);
    assert_true(is_there(*state));
    assert_int_equal(kx_local_file_write(file, 3, "def", 3, NULL), 0);
    assert_int_equal(kx_local_file_keep(file, NULL), 0); /* again */
    kx_local_file_free(file);
    assert_false(is_there(*state)); /* nobody has said that it is to be left */
}

static void left_it_can_be_opened_again(void **state)
{
    struct kx_local_file *file = new_file(*state);
    assert_int_equal(kx_local_file_write(file, 0, "abc", 3, NULL), 0);
    assert_int_equal(kx_local_file_keep(file, NULL), 0);
    kx_local_file_leave(file, true);
    kx_local_file_free(file);
    file = again(*state);
    check_content(file, "abc");
    kx_local_file_free(file); /* it stays as it was found */
    file = again(*state);
    check_content(file, "abc");
    kx_local_file_leave(file, false);
    kx_local_file_free(file);
    assert_false(is_there(*state));
}

static void resized(void **state)
{
    struct kx_local_file *file = new_file(*state);
    assert_int_equal(kx_local_file_write(file, 0, "abcdef", 6, NULL), 0);
    assert_int_equal(kx_local_file_resize(file, 2, NULL), 0);
    check_content(file, "ab");
    assert_int_equal(kx_local_file_resize(file, 4, NULL), 0);
    char room[4];
    assert_int_equal(kx_local_file_read(file, 0, room, 4, NULL), 0);
    assert_memory_equal(room, "ab\0\0", 4);
    kx_local_file_free(file);
}

static void a_folder_that_is_not_there_is_named(void **state)
{
    KX_ERROR_AUTO(err);
    struct kx_local_file *file = NULL;
    g_autofree char *folder = g_build_filename(*state, "nowhere", NULL);
    assert_int_equal(kx_local_file_new(folder, "f", &file, &err), -ENOENT);
    expect_error(&err, ENOENT, folder);
    expect_error(&err, ENOENT, "stage_dir");
    assert_int_equal(kx_local_file_reopen(*state, "f", &file, &err), -ENOENT);
    expect_error(&err, ENOENT, *state);
    assert_null(file);
}

static void a_symlink_in_its_place_is_not_followed(void **state)
{
    KX_ERROR_AUTO(err);
    struct kx_local_file *file = NULL;
    g_autofree char *path = g_build_filename(*state, "f", NULL);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_int_equal(kx_local_file_reopen(*state, "f", &file, &err), -ELOOP);
}

static void a_name_that_is_taken_is_not_replaced(void **state)
{
    KX_ERROR_AUTO(err);
    g_autofree char *path = g_build_filename(*state, "f", NULL);
    assert_true(g_file_set_contents(path, "other", -1, NULL));
    struct kx_local_file *file = new_file(*state);
    assert_int_equal(kx_local_file_keep(file, &err), -EEXIST);
    kx_local_file_free(file);
    g_autofree char *content = NULL;
    assert_true(g_file_get_contents(path, &content, NULL, NULL));
    assert_string_equal(content, "other");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        folder_test(without_a_name_it_goes_with_its_process),
        folder_test(kept_it_has_its_name),
        folder_test(left_it_can_be_opened_again),
        folder_test(resized),
        folder_test(a_folder_that_is_not_there_is_named),
        folder_test(a_symlink_in_its_place_is_not_followed),
        folder_test(a_name_that_is_taken_is_not_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
