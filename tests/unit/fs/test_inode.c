#include "fs/names/inode.h"

#include "inode_table.h"

#define OWN_INO ((uint64_t)1 << 62)

static void check_path(struct kx_inode *inode, const char *expected)
{
    g_autofree char *path = kx_inode_path(inode);
    if (g_strcmp0(path, expected) != 0) fail_msg("the path is %s, not %s", path, expected);
    assert_int_equal(kx_inode_detached(inode), expected == NULL);
}

/* --- identity --- */

static void the_root_is_there(void **state)
{
    g_autoptr(kx_inode) root = root_of(*state);
    assert_int_equal(root->node, KX_ROOT_NODE);
    assert_int_equal(root->ino, 1);
    assert_true(root->directory);
    check_path(root, "/base");
    assert_null(kx_inodes_find(*state, 2));
    struct kx_inode *parent;
    char *name;
    assert_false(kx_inode_place(root, &parent, &name));
    const struct kx_status status = folder(1);
    g_autoptr(kx_inodes) whole = kx_inodes_new("/", &status, NOW);
    g_autoptr(kx_inode) slash = root_of(whole);
    g_autoptr(kx_inode) child = adopt(slash, "a", file(2, 0, 0));
    check_path(slash, "/");
    check_path(child, "/a");
}

static void a_name_leads_to_one_inode(void **state)
{
    g_autoptr(kx_inode) root = root_of(*state);
    assert_null(kx_inodes_child(*state, root, "a"));
    g_autoptr(kx_inode) first = adopt(root, "a", file(10, 5, 7));
    g_autoptr(kx_inode) again = adopt(root, "a", file(10, 6, 8));
    g_autoptr(kx_inode) child = kx_inodes_child(*state, root, "a");
    g_autoptr(kx_inode) found = kx_inodes_find(*state, first->node);
    g_autoptr(kx_inode) other = adopt(root, "b", file(11, 0, 0));
    assert_ptr_equal(again, first);
    assert_ptr_equal(child, first);
    assert_ptr_equal(found, first);
    assert_ptr_not_equal(other, first);
    assert_int_equal(first->ino, 10);
    assert_false(first->directory);
    check_path(first, "/base/a");
    assert_int_equal(kx_inodes_count(*state), 3);
}

static void another_file_id_is_another_inode(void **state)
{
    g_autoptr(kx_inode) root = root_of(*state);
    g_autoptr(kx_inode) old = adopt(root, "a", file(10, 5, 7));
    g_autoptr(kx_inode) fresh = adopt(root, "a", file(11, 5, 7));
    assert_ptr_not_equal(fresh, old);
    assert_int_not_equal(fresh->node, old->node);
    check_path(old, NULL);
    check_path(fresh, "/base/a");
    g_autoptr(kx_inode) found = kx_inodes_find(*state, old->node);
    assert_ptr_equal(found, old); /* open handles still have it */
    g_autoptr(kx_inode) directory = adopt(root, "a", folder(11));
    assert_ptr_not_equal(directory, fresh);
    assert_true(directory->directory);
    check_path(fresh, NULL);
}

static void an_unknown_file_id_is_learned_later(void **state)
{
    g_autoptr(kx_inode) root = root_of(*state);
    g_autoptr(kx_inode) a = adopt(root, "a", file(0, 0, 0));
    g_autoptr(kx_inode) b = adopt(root, "b", file(0, 0, 0));
    assert_true(a->ino >= OWN_INO);
    assert_true(b->ino > a->ino);
    uint64_t ino = a->ino;
    g_autoptr(kx_inode) again = adopt(root, "a", file(10, 5, 7));
    assert_ptr_equal(again, a);
    assert_true(a->ino == ino); /* st_ino never changes while it lives */
    g_autoptr(kx_inode) other = adopt(root, "a", file(11, 5, 7));
    assert_ptr_not_equal(other, a);
}

static void renewing_refuses_another_file(void **state)
{
    g_autoptr(kx_inode) root = root_of(*state);
    g_autoptr(kx_inode) inode = adopt(root, "a", file(10, 5, 7));
    struct kx_status out = {0}, same = file(10, 6, 8), other = file(11, 9, 9), type = folder(10),
                     unknown = file(0, 7, 9);
    assert_true(kx_inode_renew(inode, &same, LATEST, NOW + 50));
    assert_false(kx_inode_renew(inode, &other, LATEST, NOW + 90));
    assert_false(kx_inode_renew(inode, &type, LATEST, NOW + 90));
    assert_int_equal(kx_inode_status(inode, &out, NOW + 80), 30);
    assert_int_equal(out.length, 6);
    assert_int_equal(out.mtime_ms, 8);
    assert_true(kx_inode_renew(inode, &unknown, LATEST, NOW + 100));
    assert_int_equal(kx_inode_status(inode, &out, NOW + 100), 0);
    assert_int_equal(out.length, 7);
    check_path(inode, "/base/a");
}

static void node_numbers_are_never_used_twice(void **state)
{
    g_autoptr(kx_inode) root = root_of(*state);
    uint64_t last = KX_ROOT_NODE;
    for (int i = 0; i < 100; i++) {
        g_autoptr(kx_inode) inode = adopt(root, "a", file(10, 0, 0));
        assert_true(inode->node > last);
        last = inode->node;
    }
    assert_int_equal(kx_inodes_count(*state), 1);
}

/* --- life --- */

static void an_inode_lives_while_somebody_knows_it(void **state)
{
    g_autoptr(kx_inode) root = root_of(*state);
    struct kx_inode *inode = adopt(root, "a", file(10, 0, 0));
    uint64_t node = inode->node;
    kx_inode_looked_up(inode);
    kx_inode_looked_up(inode);
    kx_inode_unref(inode);
    assert_int_equal(kx_inodes_count(*state), 2);
    kx_inodes_forget(*state, node, 1);
    assert_int_equal(kx_inodes_count(*state), 2);
    kx_inodes_forget(*state, node, 1);
    assert_int_equal(kx_inodes_count(*state), 1);
    assert_null(kx_inodes_find(*state, node));
    assert_null(kx_inodes_child(*state, root, "a"));
    kx_inodes_forget(*state, node, 1);
    kx_inode_unref(NULL);
}

static void a_reference_outlives_the_kernels_lookups(void **state)
{
    g_autoptr(kx_inode) root = root_of(*state);
    struct kx_inode *inode = adopt(root, "a", file(10, 0, 0));
    kx_inode_looked_up(inode);
    kx_inodes_forget(*state, inode->node, 1000);
    check_path(inode, "/base/a");
    assert_ptr_equal(kx_inode_ref(inode), inode);
    kx_inode_unref(inode);
    assert_int_equal(kx_inodes_count(*state), 2);
    kx_inode_looked_up(inode); /* counting begins at nothing again */
    kx_inodes_forget(*state, inode->node, 1);
    kx_inode_unref(inode);
    assert_int_equal(kx_inodes_count(*state), 1);
}

static void children_keep_their_parents(void **state)
{
    g_autoptr(kx_inode) root = root_of(*state);
    struct kx_inode *a = adopt(root, "a", folder(10));
    struct kx_inode *b = adopt(a, "b", folder(11));
    struct kx_inode *c = adopt(b, "c", file(12, 0, 0));
    uint64_t node = c->node;
    kx_inode_looked_up(c);
    kx_inode_unref(a);
    kx_inode_unref(b);
    check_path(c, "/base/a/b/c");
    kx_inode_unref(c);
    assert_int_equal(kx_inodes_count(*state), 4);
    kx_inodes_forget(*state, node, 1);
    assert_int_equal(kx_inodes_count(*state), 1);
}

static void what_the_kernel_knows_goes_with_the_table(void **state)
{
    g_autoptr(kx_inode) root = root_of(*state);
    g_autoptr(kx_inode) a = adopt(root, "a", folder(10));
    g_autoptr(kx_inode) b = adopt(a, "b", file(11, 0, 0));
    g_autoptr(kx_inode) gone = adopt(root, "gone", file(12, 0, 0));
    kx_inode_looked_up(a);
    kx_inode_looked_up(b);
    kx_inode_looked_up(gone);
    kx_inodes_remove(*state, root, "gone");
}

/* --- names --- */

static void a_removed_name_leads_nowhere(void **state)
{
    g_autoptr(kx_inode) root = root_of(*state);
    g_autoptr(kx_inode) directory = adopt(root, "d", folder(10));
    g_autoptr(kx_inode) child = adopt(directory, "a", file(11, 0, 0));
    kx_inodes_remove(*state, root, "d");
    kx_inodes_remove(*state, root, "d");
    check_path(directory, NULL);
    g_autofree char *path = kx_inode_path(child);
    assert_null(path);
    assert_null(kx_inodes_child(*state, root, "d"));
    g_autoptr(kx_inode) fresh = adopt(root, "d", folder(10));
    assert_ptr_not_equal(fresh, directory);
    check_path(fresh, "/base/d");
}

static void paths_follow_a_renamed_directory(void **state)
{
    g_autoptr(kx_inode) root = root_of(*state);
    g_autoptr(kx_inode) a = adopt(root, "a", folder(10));
    g_autoptr(kx_inode) b = adopt(a, "b", folder(11));
    g_autoptr(kx_inode) c = adopt(b, "c", file(12, 0, 0));
    g_autoptr(kx_inode) other = adopt(root, "other", folder(13));
    kx_inodes_move(*state, root, "a", root, "z");
    check_path(c, "/base/z/b/c");
    kx_inodes_move(*state, a, "b", other, "b2");
    check_path(c, "/base/other/b2/c");
    check_path(a, "/base/z");
    assert_null(kx_inodes_child(*state, root, "a"));
    g_autoptr(kx_inode) moved = kx_inodes_child(*state, other, "b2");
    assert_ptr_equal(moved, b);
    g_autoptr(kx_inode) parent = NULL;
    g_autofree char *name = NULL;
    assert_true(kx_inode_place(b, &parent, &name));
    assert_ptr_equal(parent, other);
    assert_string_equal(name, "b2");
}

static void moving_takes_over_a_name(void **state)
{
    g_autoptr(kx_inode) root = root_of(*state);
    g_autoptr(kx_inode) from = adopt(root, "from", file(10, 0, 0));
    g_autoptr(kx_inode) to = adopt(root, "to", file(11, 0, 0));
    kx_inodes_move(*state, root, "from", root, "to");
    check_path(to, NULL);
    check_path(from, "/base/to");
    kx_inodes_move(*state, root, "to", root, "to");
    check_path(from, "/base/to");
    /* the source is not known here, but what was at the new name is gone all the same */
    kx_inodes_move(*state, root, "unknown", root, "to");
    check_path(from, NULL);
    kx_inodes_move(*state, root, "unknown", root, "unknown too");
}

static void a_move_frees_what_nobody_knows(void **state)
{
    g_autoptr(kx_inode) root = root_of(*state);
    struct kx_inode *old_parent = adopt(root, "old", folder(10));
    struct kx_inode *target = adopt(root, "target", folder(11));
    struct kx_inode *inode = adopt(old_parent, "a", file(12, 0, 0));
    kx_inode_looked_up(inode);
    kx_inode_unref(inode);
    kx_inodes_move(*state, old_parent, "a", target, "a");
    kx_inode_unref(old_parent);
    kx_inode_unref(target);
    assert_int_equal(kx_inodes_count(*state), 3); /* the root, target and a */
    kx_inodes_forget(*state, inode->node, 1);
    assert_int_equal(kx_inodes_count(*state), 1);
}

static void what_is_below_a_folder(void **state)
{
    g_autoptr(kx_inode) root = root_of(*state);
    g_autoptr(kx_inode) a = adopt(root, "a", folder(10)), b = adopt(root, "b", folder(11));
    g_autoptr(kx_inode) in_a = adopt(a, "f", file(12, 0, 0)), in_b = adopt(b, "f", file(13, 0, 0));
    g_autoptr(kx_inode) gone = adopt(a, "gone", file(14, 0, 0));
    kx_inodes_remove(*state, a, "gone");
    assert_true(kx_inode_is_below(in_a, a) && kx_inode_is_below(a, a));
    assert_true(kx_inode_is_below(in_b, root));
    assert_false(kx_inode_is_below(in_b, a) || kx_inode_is_below(a, in_a));
    assert_false(kx_inode_is_below(gone, a) || kx_inode_is_below(gone, root));
    g_autoptr(GPtrArray) below = kx_inodes_below(*state, a), all = kx_inodes_below(*state, root);
    assert_int_equal(below->len, 2);
    assert_true(g_ptr_array_find(below, a, NULL) && g_ptr_array_find(below, in_a, NULL));
    assert_int_equal(all->len, 5);
}

#define inode_test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        inode_test(the_root_is_there),
        inode_test(a_name_leads_to_one_inode),
        inode_test(another_file_id_is_another_inode),
        inode_test(an_unknown_file_id_is_learned_later),
        inode_test(renewing_refuses_another_file),
        inode_test(node_numbers_are_never_used_twice),
        inode_test(an_inode_lives_while_somebody_knows_it),
        inode_test(a_reference_outlives_the_kernels_lookups),
        inode_test(children_keep_their_parents),
        inode_test(what_the_kernel_knows_goes_with_the_table),
        inode_test(a_removed_name_leads_nowhere),
        inode_test(paths_follow_a_renamed_directory),
        inode_test(moving_takes_over_a_name),
        inode_test(a_move_frees_what_nobody_knows),
        inode_test(what_is_below_a_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
