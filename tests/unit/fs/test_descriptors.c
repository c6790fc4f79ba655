/* What a process has open, and what is mounted where: this process is looked at. */
#include "fs/data/descriptors.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/mountinfo.h"
#include "support.h"

struct opened {
    char *path;
    int fd;
    struct stat st;
};

static int setup(void **state)
{
    struct opened *opened = g_new0(struct opened, 1);
    opened->fd = g_file_open_tmp("knoxfs-XXXXXX", &opened->path, NULL);
    assert_true(opened->fd >= 0);
    assert_int_equal(fstat(opened->fd, &opened->st), 0);
    *state = opened;
    return 0;
}

static int teardown(void **state)
{
    struct opened *opened = *state;
    if (opened->fd >= 0) close(opened->fd);
    unlink(opened->path);
    g_free(opened->path);
    g_free(opened);
    return 0;
}

/* The device as mountinfo has it: that of stat may be another one (btrfs, overlayfs). */
static dev_t device_of(const struct opened *opened)
{
    g_autofree char *path = g_strdup_printf("/proc/self/fdinfo/%d", opened->fd);
    g_autofree char *text = NULL;
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    const char *at = strstr(text, "mnt_id:\t");
    assert_non_null(at);
    dev_t device = 0;
    assert_true(kx_mountinfo_of(getpid(), g_ascii_strtoull(at + 8, NULL, 10), &device));
    return device;
}

static void a_descriptor_of_the_file_is_found(void **state)
{
    struct opened *opened = *state;
    assert_true(kx_descriptors_left(getpid(), device_of(opened), opened->st.st_ino));
    assert_true(kx_descriptors_left(getpid(), 0, opened->st.st_ino));
    assert_false(kx_descriptors_left(getpid(), device_of(opened), opened->st.st_ino + 1));
    close(opened->fd);
    opened->fd = -1;
    assert_false(kx_descriptors_left(getpid(), 0, opened->st.st_ino));
}

static void the_same_number_on_another_mount_is_another_file(void **state)
{
    struct opened *opened = *state;
    dev_t elsewhere;
    assert_true(kx_mountinfo_at("/proc", &elsewhere));
    assert_true(elsewhere != device_of(opened));
    assert_false(kx_descriptors_left(getpid(), elsewhere, opened->st.st_ino));
}

static void one_for_reading_does_not_count(void **state)
{
    struct opened *opened = *state;
    close(opened->fd);
    opened->fd = open(opened->path, O_RDONLY | O_CLOEXEC);
    assert_true(opened->fd >= 0);
    assert_false(kx_descriptors_left(getpid(), device_of(opened), opened->st.st_ino));
}

static void what_is_mounted(void **state)
{
    (void)state;
    struct stat st;
    dev_t device = 0;
    assert_int_equal(stat("/proc", &st), 0);
    assert_true(kx_mountinfo_at("/proc", &device));
    assert_int_equal(device, st.st_dev);
    assert_false(kx_mountinfo_at("/proc/self", &device));
    assert_false(kx_mountinfo_at("", &device));
    assert_false(kx_mountinfo_of(getpid(), UINT64_MAX, &device));
}

#define opened_test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        opened_test(a_descriptor_of_the_file_is_found),
        opened_test(the_same_number_on_another_mount_is_another_file),
        opened_test(one_for_reading_does_not_count),
        cmocka_unit_test(what_is_mounted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
