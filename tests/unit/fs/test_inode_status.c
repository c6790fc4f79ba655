/* What is known of an inode, and for how long. */
#include "fs/names/inode.h"

#include "fake_writer.h"
#include "inode_table.h"

static void what_is_known_has_an_age(void **state)
{
    g_autoptr(kx_inode) root = root_of(*state);
    struct kx_status out = {0}, status = file(10, 5, 7);
    status.owner = g_ref_string_new("bob");
    g_autoptr(kx_inode) inode = kx_inodes_adopt(*state, root, "a", &status, LATEST, NOW);
    kx_status_clear(&status);
    assert_int_equal(kx_inode_status(inode, &out, NOW + 250), 250);
    assert_string_equal(out.owner, "bob");
    assert_int_equal(kx_inode_status(inode, &out, NOW - 5), 0);
    kx_inode_expire(inode);
    assert_int_equal(kx_inode_status(inode, &out, NOW), -1);
    assert_int_equal(out.length, 5);
    kx_status_clear(&out);
}

static void double_length(struct kx_status *status, const void *with)
{
    status->length *= *(const int *)with;
}

static void amending_leaves_the_age(void **state)
{
    g_autoptr(kx_inode) root = root_of(*state);
    g_autoptr(kx_inode) inode = adopt(root, "a", file(10, 5, 7));
    struct kx_status out = {0};
    const int by = 2;
    kx_inode_amend(inode, double_length, &by);
    assert_int_equal(kx_inode_status(inode, &out, NOW + 9), 9);
    assert_int_equal(out.length, 10);
}

static void our_own_changes_are_known_at_once(void **state)
{
    g_autoptr(kx_inode) root = root_of(*state);
    g_autoptr(kx_inode) inode = adopt(root, "a", file(10, 5, 7));
    struct kx_status out = {0};
    unsigned before = kx_inode_generation(inode);
    kx_inode_changed(inode, false, 50, 70);
    assert_int_equal(kx_inode_status(inode, &out, NOW), -1);
    assert_int_equal(out.length, 50);
    assert_int_equal(out.mtime_ms, 70);
    assert_int_equal(out.file_id, 10);
    kx_inode_changed(inode, true, 60, 80);
    assert_int_equal(kx_inode_generation(inode), before + 2);
    kx_inode_status(inode, &out, NOW);
    assert_int_equal(out.file_id, 0);
    g_autoptr(kx_inode) again = adopt(root, "a", file(11, 60, 81)); /* our own new file */
    assert_ptr_equal(again, inode);
    assert_int_equal(inode->ino, 10);
}

/* What the server was asked before a change of ours is older than the change. */
static void an_answer_that_was_overtaken_is_not_taken(void **state)
{
    g_autoptr(kx_inode) root = root_of(*state);
    g_autoptr(kx_inode) inode = adopt(root, "a", file(10, 5, 7));
    struct kx_status out = {0}, answer = file(10, 5, 7), other = file(11, 5, 7);
    uint64_t epoch = kx_inodes_epoch(*state);
    assert_false(kx_inode_touched_since(inode, epoch));
    kx_inode_changed(inode, false, 50, 70);
    assert_true(kx_inode_touched_since(inode, epoch));
    assert_true(kx_inode_renew(inode, &answer, epoch, NOW));
    assert_int_equal(kx_inode_status(inode, &out, NOW), -1); /* it must be asked again */
    assert_int_equal(out.length, 50);
    g_autoptr(kx_inode) same = kx_inodes_adopt(*state, root, "a", &other, epoch, NOW);
    assert_ptr_equal(same, inode);
    epoch = kx_inodes_epoch(*state);
    answer.length = 51;
    assert_true(kx_inode_renew(inode, &answer, epoch, NOW));
    assert_int_equal(kx_inode_status(inode, &out, NOW), 0);
    assert_int_equal(out.length, 51);
}

static void our_changes_of_names_touch_the_directory(void **state)
{
    g_autoptr(kx_inode) root = root_of(*state);
    g_autoptr(kx_inode) inode = adopt(root, "a", file(10, 5, 7));
    const struct kx_status status = {.type = KX_TYPE_DIRECTORY, .file_id = 12};
    g_autoptr(kx_inode) other = adopt(root, "d", status);
    uint64_t epoch = kx_inodes_epoch(*state);
    kx_inodes_move(*state, root, "a", other, "b");
    assert_true(kx_inode_touched_since(root, epoch));
    assert_true(kx_inode_touched_since(other, epoch));
    epoch = kx_inodes_epoch(*state);
    kx_inodes_remove(*state, other, "b");
    assert_true(kx_inode_touched_since(other, epoch));
    assert_false(kx_inode_touched_since(root, epoch));
    kx_inode_expire(root);
    assert_true(kx_inode_touched_since(root, epoch));
}

static void pages_are_kept_while_the_file_is_the_same(void **state)
{
    g_autoptr(kx_inode) root = root_of(*state);
    g_autoptr(kx_inode) inode = adopt(root, "a", file(10, 5, 7));
    assert_false(kx_inode_keep_pages(inode)); /* there are none yet */
    assert_true(kx_inode_keep_pages(inode));
    struct kx_status changed[] = {file(10, 6, 7), file(10, 6, 8), file(10, 5, 7)};
    for (size_t i = 0; i < G_N_ELEMENTS(changed); i++) {
        assert_true(kx_inode_renew(inode, &changed[i], LATEST, NOW));
        assert_false(kx_inode_keep_pages(inode));
        assert_true(kx_inode_keep_pages(inode));
    }
    kx_inode_changed(inode, false, 6, 9);
    assert_false(kx_inode_keep_pages(inode));
    kx_inode_changed(inode, true, 6, 9); /* its fileId is not known: nothing can be compared */
    assert_false(kx_inode_keep_pages(inode));
    assert_false(kx_inode_keep_pages(inode));
}

static void a_directory_remembers_what_is_absent(void **state)
{
    g_autoptr(kx_inode) root = root_of(*state);
    assert_false(kx_inode_is_absent(root, "a", NOW, 1000));
    kx_inode_note_absent(root, "a", NOW);
    assert_true(kx_inode_is_absent(root, "a", NOW + 1000, 1000));
    assert_false(kx_inode_is_absent(root, "a", NOW + 1001, 1000));
    assert_false(kx_inode_is_absent(root, "b", NOW, 1000));
    kx_inode_note_absent(root, "b", NOW + 5000);
    assert_true(kx_inode_is_absent(root, "b", NOW + 5000, 0));
    assert_false(kx_inode_is_absent(root, "a", NOW + 5000, 10000));
}

static void a_directory_remembers_that_it_is_writable(void **state)
{
    g_autoptr(kx_inode) root = root_of(*state);
    assert_false(kx_inode_is_writable(root, NOW, 1000));
    kx_inode_note_writable(root, NOW);
    assert_true(kx_inode_is_writable(root, NOW + 1000, 1000));
    assert_false(kx_inode_is_writable(root, NOW + 1001, 1000));
}

static void the_writer_is_a_reference(void **state)
{
    g_autoptr(kx_inode) root = root_of(*state);
    g_autoptr(kx_inode) inode = adopt(root, "a", file(10, 5, 7));
    g_autoptr(kx_writer) writer = fake_writer_new();
    assert_null(kx_inode_writer(inode));
    kx_inode_set_writer(inode, kx_writer_ref(writer));
    {
        g_autoptr(kx_writer) asked = kx_inode_writer(inode);
        assert_ptr_equal(asked, writer);
        assert_int_equal(fake_writer_refs(writer), 3);
    }
    kx_inode_set_writer(inode, NULL);
    assert_int_equal(fake_writer_refs(writer), 1);
    assert_null(kx_inode_writer(inode));
}

#define inode_test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        inode_test(what_is_known_has_an_age),
        inode_test(amending_leaves_the_age),
        inode_test(our_own_changes_are_known_at_once),
        inode_test(an_answer_that_was_overtaken_is_not_taken),
        inode_test(our_changes_of_names_touch_the_directory),
        inode_test(pages_are_kept_while_the_file_is_the_same),
        inode_test(a_directory_remembers_what_is_absent),
        inode_test(a_directory_remembers_that_it_is_writable),
        inode_test(the_writer_is_a_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
