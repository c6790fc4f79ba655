#include "fs/tree/tree.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "grove.h"
#include "support.h"

static const struct kx_tree_who ALICE = {.uid = 1000, .thread = 1};
static const struct kx_tree_who BOB = {.uid = 1001, .thread = 2};
static const struct kx_tree_who ROOT = {.uid = 0, .thread = 3};

static void check_content(struct kx_tree_file *file, const char *expected)
{
    gsize length;
    g_autoptr(GBytes) piece = grove_read(file, 0, 1000);
    const char *bytes = g_bytes_get_data(piece, &length);
    if (length != strlen(expected) || memcmp(bytes, expected, length) != 0)
        fail_msg("\"%.*s\", not \"%s\"", (int)length, bytes, expected);
}

static int64_t size_of(struct kx_tree_node *node)
{
    struct stat st;
    assert_int_equal(kx_tree_stat(node, NULL, &st, NULL), 0);
    return st.st_size;
}

static void names_lead_to_nodes(void **state)
{
    struct grove *g = *state;
    assert_int_equal(grove_look(g, "/t/file"), 0);
    assert_int_equal(grove_look(g, "/t/unseen"), 0);
    assert_int_equal(grove_look(g, "/t/nothing"), -ENOENT);
    assert_int_equal(grove_look(g, "/t/things/a"), 0);
    assert_int_equal(grove_look(g, "/t/things/c"), -ENOENT);
    assert_int_equal(grove_look(g, "/t/things/c.txt"), -ENOENT);
    assert_int_equal(grove_look(g, "/t/things/b.txt"), 0);
    assert_int_equal(grove_look(g, "/t/things/b/any"), 0);
    assert_int_equal(grove_look(g, "/t/things/b/none"), -ENOENT);
    assert_int_equal(grove_look(g, "/README"), -ENOENT); /* the mount's root is HDFS's */
    assert_true(kx_tree_has_name(g->tree, "t"));
    assert_false(kx_tree_has_name(g->tree, "things"));
    assert_false(kx_tree_has_name(NULL, "t"));
}

static void a_number_lasts_while_it_is_known(void **state)
{
    struct grove *g = *state;
    g_autoptr(kx_tree_node) node = grove_find(g, "/t/file");
    const uint64_t number = kx_tree_node_number(node);
    assert_true(kx_tree_owns(number));
    assert_false(kx_tree_owns(1));
    g_autoptr(kx_tree_node) again = grove_find(g, "/t/file");
    assert_ptr_equal(node, again);
    kx_tree_looked_up(node);
    kx_tree_looked_up(node);
    g_clear_pointer(&again, kx_tree_node_unref);
    g_clear_pointer(&node, kx_tree_node_unref);
    kx_tree_forget(g->tree, number, 1);
    node = kx_tree_find(g->tree, number);
    assert_non_null(node);
    g_clear_pointer(&node, kx_tree_node_unref);
    kx_tree_forget(g->tree, number, 1);
    assert_null(kx_tree_find(g->tree, number));
    node = grove_find(g, "/t/file");
    assert_true(kx_tree_node_number(node) > number); /* never used twice */
}

static void attributes_are_of_the_row_and_the_text(void **state)
{
    struct grove *g = *state;
    struct stat st, again;
    g_autoptr(kx_tree_node) file = grove_find(g, "/t/value");
    assert_int_equal(kx_tree_stat(file, NULL, &st, NULL), 0);
    assert_int_equal(st.st_mode, S_IFREG | 0400);
    assert_int_equal(st.st_size, 8);
    assert_int_equal(st.st_blocks, 1);
    assert_int_equal(st.st_uid, 1000);
    assert_int_equal(st.st_gid, 100);
    fake_clock_pass(&g->clock, 5000);
    assert_int_equal(kx_tree_stat(file, NULL, &again, NULL), 0);
    assert_memory_equal(&st, &again, sizeof(st)); /* the same text: the same time */
    g_string_assign(g->content, "CONTENT");
    assert_int_equal(kx_tree_stat(file, NULL, &again, NULL), 0);
    assert_int_equal(again.st_mtim.tv_sec - st.st_mtim.tv_sec, 5);
    g_string_assign(g->content, "Content"); /* at the same time */
    assert_int_equal(kx_tree_stat(file, NULL, &st, NULL), 0);
    assert_int_not_equal(st.st_mtim.tv_nsec, again.st_mtim.tv_nsec);
    g_autoptr(kx_tree_node) part = grove_find(g, "/t/things/a/p");
    assert_int_equal(kx_tree_stat(part, NULL, &st, NULL), 0);
    assert_int_equal(st.st_mode, S_IFREG | 0400);
    assert_int_equal(st.st_mtim.tv_sec, 1);
    g->fails = ENODATA; /* what cannot be made is there all the same */
    assert_int_equal(size_of(file), 0);
}

static void a_dear_file_is_made_when_it_is_opened(void **state)
{
    struct grove *g = *state;
    g_autoptr(kx_tree_node) node = grove_find(g, "/t/dear");
    assert_int_equal(size_of(node), 0);
    assert_int_equal(g->made, 0);
    struct kx_tree_file *file = grove_open(g, "/t/dear", O_RDONLY);
    assert_int_equal(g->made, 1);
    assert_int_equal(size_of(node), 8);
    kx_tree_close(file);
    assert_int_equal(size_of(node), 8); /* as it was last seen */
    assert_int_equal(g->made, 1);
}

static void an_open_file_is_a_snapshot(void **state)
{
    struct grove *g = *state;
    struct kx_tree_file *file = grove_open(g, "/t/file", O_RDONLY);
    assert_false(kx_tree_file_is_direct(file));
    g_string_assign(g->content, "something else\n");
    check_content(file, "content\n");
    assert_int_equal(size_of(kx_tree_file_node(file)), 8);
    g_autoptr(GBytes) piece = grove_read(file, 3, 2), end = grove_read(file, 8, 10);
    g_autoptr(GBytes) far = grove_read(file, INT64_MAX, 10);
    assert_int_equal(g_bytes_get_size(end), 0);
    assert_int_equal(g_bytes_get_size(far), 0);
    kx_tree_close(file);
    assert_int_equal(g_bytes_get_size(piece), 2);
    assert_memory_equal(g_bytes_get_data(piece, NULL), "te", 2); /* also after the close */
    file = grove_open(g, "/t/file", O_RDONLY);
    check_content(file, "something else\n");
    kx_tree_close(file);
}

static int try_open(struct grove *g, const char *path, int flags, const struct kx_tree_who *who,
                    struct kx_tree_file **out)
{
    g_autoptr(kx_tree_node) node = grove_find(g, path);
    return kx_tree_open(node, flags, who, NULL, out, NULL);
}

static void two_contents_are_two_nodes(void **state)
{
    struct grove *g = *state;
    struct kx_tree_file *first = grove_open(g, "/t/file", O_RDONLY), *second = NULL;
    struct kx_tree_file *same = grove_open(g, "/t/file", O_RDONLY);
    assert_ptr_equal(kx_tree_file_node(first), kx_tree_file_node(same));
    g_string_assign(g->content, "longer content\n");
    assert_int_equal(try_open(g, "/t/file", O_RDONLY, &BOB, &second), -ESTALE);
    assert_int_equal(try_open(g, "/t/file", O_RDONLY, &BOB, &second), 0);
    assert_ptr_not_equal(kx_tree_file_node(first), kx_tree_file_node(second));
    assert_false(kx_tree_file_is_direct(second));
    check_content(first, "content\n");
    check_content(second, "longer content\n");
    assert_int_equal(size_of(kx_tree_file_node(first)), 8);
    assert_int_equal(size_of(kx_tree_file_node(second)), 15);
    struct stat a, b;
    assert_int_equal(kx_tree_stat(kx_tree_file_node(first), NULL, &a, NULL), 0);
    assert_int_equal(kx_tree_stat(kx_tree_file_node(second), NULL, &b, NULL), 0);
    assert_int_equal(a.st_ino, b.st_ino);
    kx_tree_close(first);
    kx_tree_close(same);
    kx_tree_close(second);
}

static void nobody_is_sent_away_twice(void **state)
{
    struct grove *g = *state;
    struct kx_tree_file *files[3] = {grove_open(g, "/t/file", O_RDONLY)};
    g_string_assign(g->content, "second");
    assert_int_equal(try_open(g, "/t/file", O_RDONLY, &BOB, &files[1]), -ESTALE);
    assert_int_equal(try_open(g, "/t/file", O_RDONLY, &ROOT, &files[1]), 0);
    g_string_assign(g->content, "third"); /* before bob comes back */
    assert_int_equal(try_open(g, "/t/file", O_RDONLY, &BOB, &files[2]), 0);
    assert_true(kx_tree_file_is_direct(files[2]));
    check_content(files[1], "second");
    check_content(files[2], "third");
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++)
        kx_tree_close(files[i]);
}

static void a_node_that_lost_its_name_sends_away(void **state)
{
    struct grove *g = *state;
    struct kx_tree_file *first = grove_open(g, "/t/file", O_RDONLY), *second = NULL;
    g_autoptr(kx_tree_node) old = kx_tree_node_ref(kx_tree_file_node(first));
    g_string_assign(g->content, "second");
    assert_int_equal(try_open(g, "/t/file", O_RDONLY, &BOB, &second), -ESTALE);
    assert_int_equal(kx_tree_open(old, O_RDONLY, &ROOT, NULL, &second, NULL), -ESTALE);
    assert_int_equal(try_open(g, "/t/file", O_RDONLY, &ROOT, &second), 0);
    check_content(second, "second");
    kx_tree_close(first);
    kx_tree_close(second);
}

static void errors_of_the_handler_come_at_open(void **state)
{
    struct grove *g = *state;
    struct kx_tree_file *file = NULL;
    g->fails = ENODATA;
    assert_int_equal(try_open(g, "/t/file", O_RDONLY, &ALICE, &file), -ENODATA);
    assert_int_equal(try_open(g, "/t", O_RDONLY, &ALICE, &file), -EISDIR);
    assert_int_equal(try_open(g, "/t/things/fixed", O_RDONLY, &ALICE, &file), -ELOOP);
}

static void who_may_what(void **state)
{
    struct grove *g = *state;
    static const struct {
        const char *path;
        int flags;
        const struct kx_tree_who *who;
        int result;
    } CASES[] = {
        {"/t/file", O_RDONLY, &ALICE, 0},
        {"/t/file", O_RDONLY, &BOB, 0},
        {"/t/file", O_WRONLY, &ALICE, -EACCES},
        {"/t/file", O_RDWR, &ROOT, -EACCES},
        {"/t/value", O_RDONLY, &BOB, -EACCES},
        {"/t/value", O_RDONLY, &ROOT, 0},
        {"/t/ctl", O_RDWR, &ALICE, 0},
        {"/t/ctl", O_WRONLY | O_TRUNC, &ALICE, 0},
        {"/t/ctl", O_WRONLY, &BOB, -EACCES},
        {"/t/ctl", O_RDWR, &BOB, -EACCES},
        {"/t/ctl", O_RDONLY, &BOB, 0},
        {"/t/ctl", O_WRONLY | O_APPEND, &ROOT, 0},
        {"/t/ctl", O_RDONLY | O_TRUNC, &BOB, -EACCES},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        struct kx_tree_file *file = NULL;
        int result = try_open(g, CASES[i].path, CASES[i].flags, CASES[i].who, &file);
        if (result != CASES[i].result) fail_msg("case %zu: %d", i, result);
        kx_tree_close(file);
    }
    g_autoptr(kx_tree_node) node = grove_find(g, "/t/ctl");
    assert_int_equal(kx_tree_access(node, 1000, X_OK, NULL), -EACCES);
    assert_int_equal(kx_tree_access(node, 0, X_OK, NULL), -EACCES);
    assert_int_equal(kx_tree_access(node, 1001, R_OK, NULL), 0);
    assert_int_equal(kx_tree_access(node, 1001, F_OK, NULL), 0);
}

static void streams_are_counted(void **state)
{
    struct grove *g = *state;
    struct kx_tree_file *files[KX_TREE_STREAMS_MAX], *more = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++)
        files[i] = grove_open(g, "/t/stream", O_RDONLY);
    assert_true(kx_tree_file_is_stream(files[0]));
    assert_true(kx_tree_file_is_direct(files[0]));
    assert_int_equal(try_open(g, "/t/stream", O_RDONLY, &ALICE, &more), -EBUSY);
    kx_tree_close(files[0]);
    files[0] = grove_open(g, "/t/stream", O_RDONLY);
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++)
        kx_tree_close(files[i]);
}

static void links_are_read(void **state)
{
    struct grove *g = *state;
    g_autoptr(kx_tree_node) link = grove_find(g, "/t/things/fixed");
    g_autoptr(kx_tree_node) file = grove_find(g, "/t/file");
    g_autofree char *target = NULL;
    struct stat st;
    assert_int_equal(kx_tree_readlink(link, NULL, &target, NULL), 0);
    assert_string_equal(target, "../file");
    assert_int_equal(kx_tree_stat(link, NULL, &st, NULL), 0);
    assert_int_equal(st.st_mode, S_IFLNK | 0777);
    assert_int_equal(st.st_size, 7);
    assert_int_equal(kx_tree_readlink(file, NULL, &target, NULL), -EINVAL);
}

#define tree_test(function) cmocka_unit_test_setup_teardown(function, grove_setup, grove_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        tree_test(names_lead_to_nodes),
        tree_test(a_number_lasts_while_it_is_known),
        tree_test(attributes_are_of_the_row_and_the_text),
        tree_test(a_dear_file_is_made_when_it_is_opened),
        tree_test(an_open_file_is_a_snapshot),
        tree_test(two_contents_are_two_nodes),
        tree_test(nobody_is_sent_away_twice),
        tree_test(a_node_that_lost_its_name_sends_away),
        tree_test(errors_of_the_handler_come_at_open),
        tree_test(who_may_what),
        tree_test(streams_are_counted),
        tree_test(links_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
