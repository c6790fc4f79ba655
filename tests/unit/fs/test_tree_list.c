#include <errno.h>
#include <string.h>

#include "grove.h"
#include "support.h"

/* NULL behind the last. */
static const char *name_of(struct kx_tree_listing *listing, size_t index, struct stat *st)
{
    const char *name = NULL;
    assert_int_equal(kx_tree_listing_name(listing, index, NULL, &name, st, NULL), 0);
    return name;
}

static char *names_in(struct grove *g, const char *path)
{
    g_autoptr(kx_tree_node) node = grove_find(g, path);
    struct kx_tree_listing *listing = NULL;
    assert_int_equal(kx_tree_list(node, NULL, &listing, NULL), 0);
    GString *names = g_string_new(NULL);
    struct stat st;
    const char *name;
    for (size_t i = 0; (name = name_of(listing, i, &st)); i++)
        g_string_append_printf(names, "%s%s%s", i ? " " : "", name,
                               S_ISDIR(st.st_mode)   ? "/"
                               : S_ISLNK(st.st_mode) ? "@"
                                                     : "");
    kx_tree_listing_free(listing);
    return g_string_free(names, FALSE);
}

static void check_names(struct grove *g, const char *path, const char *expected)
{
    g_autofree char *names = names_in(g, path);
    assert_string_equal(names, expected);
}

static void what_blocks_or_has_no_end_is_not_listed(void **state)
{
    check_names(*state, "/t", "README file value dear ctl things/");
}

static void variables_are_listed_by_their_values(void **state)
{
    struct grove *g = *state;
    check_names(g, "/t/things", "README a/ b/ a.txt b.txt fixed@");
    g->things = "";
    check_names(g, "/t/things", "README fixed@");
    g->things = "a";
    check_names(g, "/t/things/a", "README");
}

static void entries_are_nodes(void **state)
{
    struct grove *g = *state;
    g_autoptr(kx_tree_node) node = grove_find(g, "/t/things");
    struct kx_tree_listing *listing = NULL;
    assert_int_equal(kx_tree_list(node, NULL, &listing, NULL), 0);
    assert_ptr_equal(kx_tree_listing_node(listing), node);
    const unsigned listed = g->listed;
    struct kx_tree_entry entry;
    struct stat shown;
    assert_string_equal(name_of(listing, 3, &shown), "a.txt");
    assert_int_equal(kx_tree_listing_entry(listing, 3, NULL, &entry, NULL), 0);
    assert_int_equal(entry.st.st_ino, shown.st_ino);
    assert_int_equal(entry.st.st_size, strlen("/t/things/a.txt a\n"));
    assert_int_equal(g->listed, listed); /* not once more for an entry */
    g_autoptr(kx_tree_node) found = grove_find(g, "/t/things/a.txt");
    assert_ptr_equal(found, entry.node);
    kx_tree_node_unref(entry.node);
    kx_tree_listing_free(listing);
}

static void what_the_kernel_knows_is_known_by_its_path(void **state)
{
    struct grove *g = *state;
    uint64_t above = 0, number = 0;
    g_autoptr(kx_tree_node) directory = grove_find(g, "/t/things");
    g_autoptr(kx_tree_node) node = grove_find(g, "/t/things/a.txt");
    kx_tree_looked_up(directory);
    assert_false(kx_tree_known(g->tree, "/t/things", "a.txt", &above, &number));
    kx_tree_looked_up(node);
    assert_true(kx_tree_known(g->tree, "/t/things", "a.txt", &above, &number));
    assert_int_equal(above, kx_tree_node_number(directory));
    assert_int_equal(number, kx_tree_node_number(node));
    kx_tree_forget(g->tree, number, 1);
    assert_false(kx_tree_known(g->tree, "/t/things", "a.txt", &above, &number));
    kx_tree_forget(g->tree, above, 1);
}

static void only_directories_are_listed(void **state)
{
    struct grove *g = *state;
    g_autoptr(kx_tree_node) node = grove_find(g, "/t/file");
    struct kx_tree_listing *listing = NULL;
    assert_int_equal(kx_tree_list(node, NULL, &listing, NULL), -ENOTDIR);
}

static struct kx_tree_listing *list_many(struct grove *g, unsigned many)
{
    g->many = many;
    g->pages = 0;
    g_autoptr(kx_tree_node) node = grove_find(g, "/t/many");
    struct kx_tree_listing *listing = NULL;
    assert_int_equal(kx_tree_list(node, NULL, &listing, NULL), 0);
    return listing;
}

static void check_name(struct kx_tree_listing *listing, size_t number)
{
    struct stat st;
    g_autofree char *expected = g_strdup_printf("%zu", number);
    assert_string_equal(name_of(listing, number + 1, &st), expected); /* behind README */
}

static void pages_are_made_as_they_are_read(void **state)
{
    struct grove *g = *state;
    struct stat st;
    struct kx_tree_listing *listing = list_many(g, 1000);
    assert_int_equal(g->pages, 1); /* opendir(3) tells whether there is something */
    assert_string_equal(name_of(listing, 0, &st), "README");
    for (size_t i = 0; i < 1000; i++) {
        check_name(listing, i);
        assert_int_equal(g->pages, i / GROVE_PAGE + 1);
    }
    assert_null(name_of(listing, 1001, &st));
    kx_tree_listing_free(listing);
    assert_int_equal(g->open_pages, 0);
    listing = list_many(g, 0);
    assert_null(name_of(listing, 1, &st));
    kx_tree_listing_free(listing);
}

static void a_page_back_is_still_there_and_the_beginning_is_asked_for_anew(void **state)
{
    struct grove *g = *state;
    struct kx_tree_listing *listing = list_many(g, 45);
    check_name(listing, 32);
    assert_int_equal(g->pages, 4);
    check_name(listing, 20); /* the kernel goes back to what did not fit */
    assert_int_equal(g->pages, 4);
    check_name(listing, 44);
    check_name(listing, 0);
    assert_int_equal(g->pages, 6);
    check_name(listing, 44);
    assert_int_equal(g->open_pages, 1);
    kx_tree_listing_free(listing);
}

static void a_page_that_fails_is_asked_for_again(void **state)
{
    struct grove *g = *state;
    struct kx_tree_listing *listing = list_many(g, 45);
    const char *name = "";
    struct stat st;
    g->fails = EIO;
    check_name(listing, 9);
    assert_int_equal(kx_tree_listing_name(listing, 11, NULL, &name, &st, NULL), -EIO);
    g->fails = 0;
    check_name(listing, 10);
    kx_tree_listing_free(listing);
    g->fails = EACCES;
    g_autoptr(kx_tree_node) node = grove_find(g, "/t/many");
    assert_int_equal(kx_tree_list(node, NULL, &listing, NULL), -EACCES);
    assert_int_equal(g->open_pages, 0);
}

static void a_page_says_how_its_names_look(void **state)
{
    struct grove *g = *state;
    struct kx_tree_listing *listing = list_many(g, 5);
    struct kx_tree_entry entry;
    assert_int_equal(kx_tree_listing_entry(listing, 4, NULL, &entry, NULL), 0);
    assert_int_equal(entry.st.st_mtim.tv_sec, 3);
    assert_int_equal(entry.st.st_mode, S_IFDIR | 0555);
    assert_int_equal(entry.keep_ms, 5);
    kx_tree_node_unref(entry.node);
    assert_int_equal(kx_tree_listing_entry(listing, 6, NULL, &entry, NULL), -ENOENT);
    kx_tree_listing_free(listing);
}

/* Its files are those of the other directory, with their own path and the variable's value. */
static void a_directory_may_have_what_another_one_has(void **state)
{
    struct grove *g = *state;
    g->many = 5;
    struct kx_tree_file *file = grove_open(g, "/t/many/3/x", O_RDONLY);
    g_autoptr(GBytes) text = grove_read(file, 0, 100);
    assert_int_equal(g_bytes_get_size(text), strlen("x of 3\n"));
    assert_memory_equal(g_bytes_get_data(text, NULL), "x of 3\n", strlen("x of 3\n"));
    g_autofree char *path = kx_tree_shown_path(kx_tree_file_node(file));
    assert_string_equal(path, "/t/many/3/x");
    kx_tree_close(file);
    assert_int_equal(grove_look(g, "/t/many/3/none"), -ENOENT);
    assert_int_equal(grove_look(g, "/t/many/5"), -ENOENT);
    check_names(g, "/t/many/3", "README");
}

static void the_root_shows_the_trees(void **state)
{
    struct grove *g = *state;
    assert_string_equal(kx_tree_root_name(g->tree, 0), "t");
    assert_null(kx_tree_root_name(g->tree, 1));
    grove_plant(g, NULL, true);
    assert_null(kx_tree_root_name(g->tree, 0));
    assert_int_equal(grove_look(g, "/t/file"), 0); /* there all the same */
    assert_null(kx_tree_root_name(NULL, 0));
}

static void the_trees_may_be_below_one_directory(void **state)
{
    struct grove *g = *state;
    grove_plant(g, "below", false);
    assert_string_equal(kx_tree_root_name(g->tree, 0), "below");
    assert_null(kx_tree_root_name(g->tree, 1));
    assert_int_equal(grove_look(g, "/t"), -ENOENT);
    check_names(g, "/below", "README t/");
    g_autoptr(kx_tree_node) node = grove_find(g, "/below/t/file");
    g_autofree char *path = kx_tree_shown_path(node);
    assert_string_equal(path, "/below/t/file");
}

static int write_to_ctl(struct grove *g, const char *data, size_t length, struct kx_error *err)
{
    struct kx_tree_file *file = grove_open(g, "/t/ctl", O_WRONLY);
    int result = kx_tree_write(file, data, length, 0, NULL, err);
    kx_tree_close(file);
    return result;
}

static void a_write_is_one_verb(void **state)
{
    struct grove *g = *state;
    static const char *const LINES[] = {"say a", "say a b\n", " say \t x  \n", "start\n"};
    g->idle = true;
    for (size_t i = 0; i < G_N_ELEMENTS(LINES); i++)
        assert_int_equal(write_to_ctl(g, LINES[i], strlen(LINES[i]), NULL), 0);
    assert_string_equal(g->calls->str, "[a][a b][x][]");
}

static void a_wrong_line_is_refused(void **state)
{
    struct grove *g = *state;
    static const struct {
        const char *line;
        int result;
        const char *message;
    } CASES[] = {
        {"", -EINVAL, "a verb is missing; reading this file lists them"},
        {"\n", -EINVAL, "a verb is missing; reading this file lists them"},
        {"shout a\n", -EINVAL, "there is no verb shout; possible now: say, refuse"},
        {"SAY a\n", -EINVAL, "there is no verb SAY; possible now: say, refuse"},
        {"say\n", -EINVAL, "say needs WORDS: note the words"},
        {"start now\n", -EINVAL, "start takes nothing after it, and was given now"},
        {"say a\nsay b\n", -EINVAL, "one verb a write is taken"},
        {"say \xff\n", -EINVAL, "this is no text"},
        {"start\n", -EBUSY, "start is not possible now"},
        {"refuse\n", -EPERM, "not today"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        KX_ERROR_AUTO(err);
        int result = write_to_ctl(g, CASES[i].line, strlen(CASES[i].line), &err);
        if (result != CASES[i].result || g_strcmp0(err.message, CASES[i].message) != 0)
            fail_msg("\"%s\": %d, %s", CASES[i].line, result, err.message);
    }
    assert_string_equal(g->calls->str, "");
    assert_int_equal(write_to_ctl(g, "say \0x", 6, NULL), -EINVAL);
}

static void a_line_has_an_end(void **state)
{
    struct grove *g = *state;
    g_autofree char *line = g_strnfill(KX_TREE_LINE_MAX + 1, 'x');
    memcpy(line, "say ", 4);
    assert_int_equal(write_to_ctl(g, line, KX_TREE_LINE_MAX + 1, NULL), -EMSGSIZE);
    assert_int_equal(write_to_ctl(g, line, KX_TREE_LINE_MAX, NULL), 0);
    assert_int_equal(g->calls->len, KX_TREE_LINE_MAX - 4 + 2);
}

static void reading_lists_the_verbs_that_are_valid(void **state)
{
    struct grove *g = *state;
    gsize length;
    struct kx_tree_file *file = grove_open(g, "/t/ctl", O_RDWR);
    assert_true(kx_tree_file_is_direct(file)); /* what is written must not be seen when read */
    g_autoptr(GBytes) piece = grove_read(file, 0, 1000);
    const char *text = g_bytes_get_data(piece, &length);
    g_autofree char *said = g_strndup(text, length);
    assert_string_equal(said, "say WORDS             note the words\n"
                              "refuse                never\n");
    kx_tree_close(file);
    g->idle = true;
    file = grove_open(g, "/t/ctl", O_RDONLY);
    g_autoptr(GBytes) later = grove_read(file, 0, 1000);
    text = g_bytes_get_data(later, &length);
    g_autofree char *more = g_strndup(text, length);
    assert_non_null(strstr(more, "\nstart                 note nothing\n"));
    kx_tree_close(file);
}

#define list_test(function) cmocka_unit_test_setup_teardown(function, grove_setup, grove_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        list_test(what_blocks_or_has_no_end_is_not_listed),
        list_test(variables_are_listed_by_their_values),
        list_test(entries_are_nodes),
        list_test(what_the_kernel_knows_is_known_by_its_path),
        list_test(only_directories_are_listed),
        list_test(pages_are_made_as_they_are_read),
        list_test(a_page_back_is_still_there_and_the_beginning_is_asked_for_anew),
        list_test(a_page_that_fails_is_asked_for_again),
        list_test(a_page_says_how_its_names_look),
        list_test(a_directory_may_have_what_another_one_has),
        list_test(the_root_shows_the_trees),
        list_test(the_trees_may_be_below_one_directory),
        list_test(a_write_is_one_verb),
        list_test(a_wrong_line_is_refused),
        list_test(a_line_has_an_end),
        list_test(reading_lists_the_verbs_that_are_valid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
