#include "fs/names/attr.h"

#include "fake_clock.h"
#include "fake_writer.h"
#include "fs/mount.h"
#include "fs/names/identity.h"
#include "fs/names/inode.h"
#include "support.h"

struct scene {
    struct fake_clock clock;
    struct kx_mount mount;
    struct kx_inode *root, *inode; /* the inode: /a, of 1000 bytes */
};

static int setup(void **state)
{
    struct scene *scene = g_new0(struct scene, 1);
    fake_clock_init(&scene->clock);
    scene->mount.clock = &scene->clock.clock;
    scene->mount.identity = kx_identity_new(-1, -1);
    const struct kx_status root = {.type = KX_TYPE_DIRECTORY, .file_id = 1};
    const struct kx_status file = {
        .file_id = 10, .length = 1000, .mode = 0644, .mtime_ms = 5000, .atime_ms = 4000};
    scene->mount.inodes = kx_inodes_new("/", &root, scene->clock.now);
    scene->root = kx_inodes_find(scene->mount.inodes, KX_ROOT_NODE);
    scene->inode =
        kx_inodes_adopt(scene->mount.inodes, scene->root, "a", &file, UINT64_MAX, scene->clock.now);
    *state = scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;
    kx_inode_unref(scene->inode);
    kx_inode_unref(scene->root);
    kx_inodes_free(scene->mount.inodes);
    kx_identity_free(scene->mount.identity);
    g_free(scene);
    return 0;
}

static void fill(struct scene *scene, const struct kx_status *status, struct stat *st)
{
    kx_attr_fill(&scene->mount, status, 77, st);
}

static void a_file(void **state)
{
    struct stat st;
    struct kx_status status = {.type = KX_TYPE_FILE,
                               .file_id = 10,
                               .length = 1025,
                               .block_bytes = 134217728,
                               .mode = 01640,
                               .mtime_ms = 1600000000123,
                               .atime_ms = 1600000001456,
                               .owner = g_ref_string_new("root"),
                               .group = g_ref_string_new("root")};
    fill(*state, &status, &st);
    kx_status_clear(&status);
    assert_int_equal(st.st_ino, 77);
    assert_int_equal(st.st_mode, S_IFREG | 01640);
    assert_int_equal(st.st_nlink, 1);
    assert_int_equal(st.st_size, 1025);
    assert_int_equal(st.st_blocks, 3);
    assert_int_equal(st.st_uid, 0);
    assert_int_equal(st.st_gid, 0);
    assert_int_equal(st.st_mtim.tv_sec, 1600000000);
    assert_int_equal(st.st_mtim.tv_nsec, 123000000);
    assert_int_equal(st.st_atim.tv_sec, 1600000001);
    assert_int_equal(st.st_atim.tv_nsec, 456000000);
    assert_memory_equal(&st.st_ctim, &st.st_mtim, sizeof st.st_ctim);
}

static void a_directory_and_a_link(void **state)
{
    struct stat st;
    struct kx_status status = {.type = KX_TYPE_DIRECTORY, .mode = 01777, .mtime_ms = 5000};
    fill(*state, &status, &st);
    assert_int_equal(st.st_mode, S_IFDIR | 01777);
    assert_int_equal(st.st_nlink, 2);
    assert_int_equal(st.st_blocks, 0);
    assert_int_equal(st.st_atim.tv_sec, 5); /* HDFS keeps no access time: the other one */
    status = (struct kx_status){.type = KX_TYPE_SYMLINK, .mode = 0777};
    fill(*state, &status, &st);
    assert_int_equal(st.st_mode, S_IFLNK | 0777);
}

static void blocks_are_rounded_up(void **state)
{
    static const int64_t CASES[][2] = {
        {0, 0},   {1, 1},          {512, 1},
        {513, 2}, {1048576, 2048}, {((int64_t)1 << 50) + 1, (((int64_t)1 << 50) / 512) + 1}};
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        struct stat st;
        const struct kx_status status = {.length = CASES[i][0]};
        fill(*state, &status, &st);
        assert_int_equal(st.st_blocks, CASES[i][1]);
        assert_int_equal(st.st_size, CASES[i][0]);
    }
}

static void times_before_the_epoch(void **state)
{
    struct stat st;
    const struct kx_status status = {.mtime_ms = -1500, .atime_ms = -1000};
    fill(*state, &status, &st);
    assert_int_equal(st.st_mtim.tv_sec, -2);
    assert_int_equal(st.st_mtim.tv_nsec, 500000000);
    assert_int_equal(st.st_atim.tv_sec, -1);
    assert_int_equal(st.st_atim.tv_nsec, 0);
}

static void an_owner_that_nobody_told(void **state)
{
    struct stat st;
    const struct kx_status status = {.mode = 0644};
    fill(*state, &status, &st);
    assert_true(st.st_uid >= KX_FOREIGN_ID_MIN);
    assert_true(st.st_gid >= KX_FOREIGN_ID_MIN);
}

static void what_is_known_has_an_age(void **state)
{
    struct scene *scene = *state;
    struct stat st;
    fake_clock_pass(&scene->clock, 300);
    assert_int_equal(kx_attr_known(&scene->mount, scene->inode, &st), 300);
    assert_int_equal(st.st_ino, 10);
    assert_int_equal(st.st_size, 1000);
    kx_inode_expire(scene->inode);
    assert_int_equal(kx_attr_known(&scene->mount, scene->inode, &st), -1);
    assert_int_equal(st.st_size, 1000);
}

static void our_own_changes_come_first(void **state)
{
    struct scene *scene = *state;
    struct stat st;
    g_autoptr(kx_writer) writer = fake_writer_new();
    kx_inode_set_writer(scene->inode, kx_writer_ref(writer));
    fake_clock_pass(&scene->clock, 300);
    fake_writer_say(writer, &(struct kx_overlay){.length = 7, .mtime_ms = 7, .mode = 0600});
    assert_int_equal(kx_attr_known(&scene->mount, scene->inode, &st), 300);
    assert_int_equal(st.st_size, 1000); /* nothing is unpublished: the server is right */
    fake_writer_say(writer, &(struct kx_overlay){.dirty = true, .length = 7, .mtime_ms = 9000});
    kx_inode_expire(scene->inode);
    assert_int_equal(kx_attr_known(&scene->mount, scene->inode, &st), 0);
    assert_int_equal(st.st_size, 7);
    assert_int_equal(st.st_mtim.tv_sec, 9);
    assert_int_equal(st.st_mode, S_IFREG | 0644);
    fake_writer_say(writer, &(struct kx_overlay){.dirty = true, .length = 8, .mode = 0600});
    assert_int_equal(kx_attr_known(&scene->mount, scene->inode, &st), 0);
    assert_int_equal(st.st_mode, S_IFREG | 0600);
    kx_inode_set_writer(scene->inode, NULL);
}

#define attr_test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        attr_test(a_file),
        attr_test(a_directory_and_a_link),
        attr_test(blocks_are_rounded_up),
        attr_test(times_before_the_epoch),
        attr_test(an_owner_that_nobody_told),
        attr_test(what_is_known_has_an_age),
        attr_test(our_own_changes_come_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
