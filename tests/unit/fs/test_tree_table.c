#include "fs/tree/tree_table.h"

#include <errno.h>
#include <string.h>

#include "fs/tree/cluster_mount.h"
#include "grove.h"
#include "support.h"

static struct kx_tree_index *make_index(void)
{
    const struct kx_tree_rows rows = grove_rows();
    struct kx_tree_index *index = NULL;
    assert_int_equal(kx_tree_index_new(&rows, 1, &index, NULL), 0);
    return index;
}

/* The pattern that a path leads to, and the values on its way. */
static char *match(const struct kx_tree_index *index, const char *path)
{
    const struct kx_tree_place *place = kx_tree_index_root(index);
    g_auto(GStrv) names = g_strsplit(path + 1, "/", -1);
    GString *said = g_string_new(NULL);
    for (char **name = names; *name && place; name++) {
        g_autofree char *value = NULL;
        place = kx_tree_place_child(place, *name, &value);
        if (value) g_string_append_printf(said, " %s", value);
    }
    g_string_prepend(said, place ? place->row->pattern : "nothing");
    return g_string_free(said, FALSE);
}

static void patterns_are_matched(void **state)
{
    (void)state;
    static const struct {
        const char *path, *expected;
    } CASES[] = {
        {"/t", "/t"},
        {"/t/file", "/t/file"},
        {"/t/unseen", "/t/unseen"},
        {"/t/File", "nothing"},
        {"/t/fil", "nothing"},
        {"/t/files", "nothing"},
        {"/u", "nothing"},
        {"/t/file/x", "nothing"}, /* a file has nothing below */
        {"/t/things/a", "/t/things/{thing} a"},
        {"/t/things/fixed", "/t/things/fixed"},         /* a plain name wins */
        {"/t/things/a.txt", "/t/things/{thing}.txt a"}, /* more text wins */
        {"/t/things/.txt", "/t/things/{thing} .txt"},   /* a value is never empty */
        {"/t/things/a.b.txt", "/t/things/{thing}.txt a.b"},
        {"/t/things/a/p", "/t/things/{thing}/{part} a p"},
        {"/t/README", "/README"},
        {"/t/things/README", "/README"},
    };
    g_autoptr(kx_tree_index) index = make_index();
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autofree char *said = match(index, CASES[i].path);
        if (strcmp(said, CASES[i].expected) != 0)
            fail_msg("%s: %s, not %s", CASES[i].path, said, CASES[i].expected);
    }
}

static int no_text(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    (void)at, (void)out, (void)err;
    return 0;
}

static void a_table_with_a_mistake_is_refused(void **state)
{
    (void)state;
    static const struct kx_tree_row TOP = {
        .pattern = "/t", .kind = KX_TREE_DIRECTORY, .help = "top"};
    static const struct {
        struct kx_tree_row row;
        const char *message;
    } CASES[] = {
        {{.pattern = "/x/y", .kind = KX_TREE_VALUE, .help = "h", .text = no_text},
         "/x/y: there is no directory above it"},
        {{.pattern = "/t/y", .kind = KX_TREE_VALUE, .help = "h"},
         "/t/y: a handler or the help is missing"},
        {{.pattern = "/t/y", .kind = KX_TREE_VALUE, .text = no_text},
         "/t/y: a handler or the help is missing"},
        {{.pattern = "/t/y", .kind = KX_TREE_CTL, .help = "h"},
         "/t/y: a handler or the help is missing"},
        {{.pattern = "/t/y", .kind = KX_TREE_STREAM, .help = "h"},
         "/t/y: a handler or the help is missing"},
        {{.pattern = "/t/{y}", .kind = KX_TREE_VALUE, .help = "h", .text = no_text},
         "/t/{y}: nobody knows its names"},
        {{.pattern = "/t", .kind = KX_TREE_DIRECTORY, .help = "h"}, "/t: it is there twice"},
        {{.pattern = "/t/README", .kind = KX_TREE_VALUE, .help = "h", .text = no_text},
         "/t/README: it is there twice"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        const struct kx_tree_rows rows[] = {{&TOP, 1}, {&CASES[i].row, 1}};
        struct kx_tree_index *index = NULL;
        KX_ERROR_AUTO(err);
        assert_int_equal(kx_tree_index_new(rows, 2, &index, &err), -EINVAL);
        assert_string_equal(err.message, CASES[i].message);
    }
}

static int no_look(const struct kx_tree_at *at, struct kx_tree_look *out, struct kx_error *err)
{
    (void)at, (void)out, (void)err;
    return 0;
}

static void a_directory_is_as_another_one_with_its_variables(void **state)
{
    (void)state;
    static const char *const OTHERS[] = {"/none", "/a", "/a/{x}/b", "/c/{x}"};
    for (size_t i = 0; i < G_N_ELEMENTS(OTHERS); i++) {
        const struct kx_tree_row rows[] = {
            {.pattern = "/a", .kind = KX_TREE_DIRECTORY, .help = "a"},
            {.pattern = "/a/{x}", .kind = KX_TREE_DIRECTORY, .help = "x", .look = no_look},
            {.pattern = "/a/{x}/b", .kind = KX_TREE_DIRECTORY, .help = "b"},
            {.pattern = "/c", .kind = KX_TREE_DIRECTORY, .help = "c"},
            {.pattern = "/c/{x}",
             .kind = KX_TREE_DIRECTORY,
             .help = "x",
             .same_as = OTHERS[i],
             .look = no_look}};
        const struct kx_tree_rows all = {rows, G_N_ELEMENTS(rows)};
        struct kx_tree_index *index = NULL;
        assert_int_equal(kx_tree_index_new(&all, 1, &index, NULL), -EINVAL);
    }
}

static void the_readme_is_the_table(void **state)
{
    (void)state;
    g_autoptr(kx_tree_index) index = make_index();
    g_autofree char *value = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    const struct kx_tree_place *top = kx_tree_place_child(kx_tree_index_root(index), "t", &value);
    kx_tree_readme(top, text);
    assert_string_equal(
        text->str, "A tree.\n\n"
                   "README              This text\n"
                   "file                a file\n"
                   "value               one\n"
                   "dear                made when it is opened\n"
                   "unseen              found by name; not listed\n"
                   "stream              goes on; reading waits for more, and it is not listed\n"
                   "ctl                 verbs\n"
                   "                    echo say WORDS: note the words\n"
                   "                    echo start: note nothing\n"
                   "                    echo refuse: never\n"
                   "things/             Things\n"
                   "many/               Any number; not listed\n");
    g_string_truncate(text, 0);
    g_autofree char *other = NULL;
    kx_tree_readme(kx_tree_place_child(top, "things", &other), text);
    assert_non_null(strstr(text->str, "\nTHING/              a thing\n"));
    assert_non_null(strstr(text->str, "\nTHING.txt           its text\n"));
}

static void the_tables_of_the_driver_are_right(void **state)
{
    (void)state;
    const struct kx_tree_rows rows[] = {kx_cluster_mount_rows()};
    g_autoptr(kx_tree_index) index = NULL;
    KX_ERROR_AUTO(err);
    if (kx_tree_index_new(rows, G_N_ELEMENTS(rows), &index, &err) < 0) fail_msg("%s", err.message);
    g_autofree char *said = match(index, "/.cluster/mount/stats.json");
    assert_string_equal(said, "/.cluster/mount/stats.json");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_are_matched),
        cmocka_unit_test(a_table_with_a_mistake_is_refused),
        cmocka_unit_test(a_directory_is_as_another_one_with_its_variables),
        cmocka_unit_test(the_readme_is_the_table),
        cmocka_unit_test(the_tables_of_the_driver_are_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
