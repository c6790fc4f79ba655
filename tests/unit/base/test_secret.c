#include "base/secret.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

struct place {
    char *folder, *file;
};

static int place_setup(void **state)
{
    struct place *place = g_new0(struct place, 1);
    place->folder = g_dir_make_tmp("kx-secret-XXXXXX", NULL);
    place->file = g_build_filename(place->folder, "login", NULL);
    *state = place;
    return 0;
}

static int place_teardown(void **state)
{
    struct place *place = *state;
    g_autofree char *link = g_build_filename(place->folder, "link", NULL);
    g_unlink(link);
    g_unlink(place->file);
    g_rmdir(place->folder);
    g_free(place->folder);
    g_free(place->file);
    g_free(place);
    return 0;
}

static void put(const struct place *place, const char *text, gssize length, int mode)
{
    assert_true(g_file_set_contents(place->file, text, length, NULL));
    assert_int_equal(g_chmod(place->file, mode), 0);
}

static void check_read(const struct place *place, const char *expected)
{
    KX_ERROR_AUTO(err);
    g_autoptr(kx_secret) secret = NULL;
    struct stat st = {0};
    assert_int_equal(kx_secret_read_file(place->file, &secret, &st, &err), 0);
    assert_string_equal(kx_secret_text(secret), expected);
    assert_int_equal(kx_secret_length(secret), strlen(expected));
    assert_true(st.st_size > 0);
}

static void check_refused(const char *path, int code, const char *reason)
{
    KX_ERROR_AUTO(err);
    g_autoptr(kx_secret) secret = NULL;
    assert_int_equal(kx_secret_read_file(path, &secret, NULL, &err), -code);
    assert_null(secret);
    assert_error(&err, code, NULL, reason);
    assert_null(strstr(err.message, "hunter2"));
}

static void a_line_is_read_without_its_end(void **state)
{
    const struct place *place = *state;
    put(place, "a:hunter2\n", -1, 0600);
    check_read(place, "a:hunter2");
    put(place, "a:hunter2\r\n", -1, 0400);
    check_read(place, "a:hunter2");
    put(place, "a: b c ", -1, 0600);
    check_read(place, "a: b c ");
}

static void what_is_no_line_is_refused(void **state)
{
    const struct place *place = *state;
    put(place, "", 0, 0600);
    check_refused(place->file, EINVAL, "is empty");
    put(place, "\n", 1, 0600);
    check_refused(place->file, EINVAL, "is empty");
    put(place, "hunter2\nhunter2\n", -1, 0600);
    check_refused(place->file, EINVAL, "more than one line");
    put(place, "hunter2\0x", 9, 0600);
    check_refused(place->file, EINVAL, "control character");
    g_autofree char *large = g_strnfill(KX_SECRET_BYTES_MAX + 1, 'x');
    put(place, large, -1, 0600);
    check_refused(place->file, EFBIG, "too large");
}

static void what_others_can_touch_is_refused(void **state)
{
    const struct place *place = *state;
    static const int MODES[] = {0640, 0604, 0620, 0602, 0610, 0601, 0644, 0666};
    for (size_t i = 0; i < G_N_ELEMENTS(MODES); i++) {
        put(place, "hunter2", -1, MODES[i]);
        check_refused(place->file, EACCES, "chmod 600");
    }
    if (geteuid() == 0) {
        put(place, "hunter2", -1, 0600);
        assert_int_equal(chown(place->file, 65534, 65534), 0);
        check_refused(place->file, EACCES, "somebody else");
    }
}

static void what_is_no_file_is_refused(void **state)
{
    const struct place *place = *state;
    g_autofree char *link = g_build_filename(place->folder, "link", NULL);
    put(place, "hunter2", -1, 0600);
    assert_int_equal(symlink(place->file, link), 0);
    check_refused(link, ELOOP, "symbolic link");
    check_refused(place->folder, EINVAL, "not a regular file");
    check_refused("/dev/null", EINVAL, "not a regular file");
    g_unlink(place->file);
    check_refused(place->file, ENOENT, "login");
}

static void a_guarded_process_leaves_no_core(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        struct rlimit limit = {1, 1};
        kx_secret_guard_process();
        getrlimit(RLIMIT_CORE, &limit);
        _exit(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 && limit.rlim_max == 0 ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_is_read_without_its_end, place_setup,
                                        place_teardown),
        cmocka_unit_test_setup_teardown(what_is_no_line_is_refused, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(what_others_can_touch_is_refused, place_setup,
                                        place_teardown),
        cmocka_unit_test_setup_teardown(what_is_no_file_is_refused, place_setup, place_teardown),
        cmocka_unit_test(a_guarded_process_leaves_no_core),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
