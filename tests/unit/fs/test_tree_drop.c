/* Documents that programs write, with a row that notes what it is given. */
#include <errno.h>
#include <string.h>

#include "fake_clock.h"
#include "fs/tree/tree.h"
#include "support.h"

struct box {
    struct fake_clock clock;
    struct kx_tree *tree;
    GHashTable *texts; /* name -> owned text */
    GString *calls;
    int answer; /* of the next put */
};

static struct box *box_of(const struct kx_tree_at *at)
{
    return (struct box *)(void *)at->mount; /* the engine only hands it on */
}

static const char *name_of(const struct kx_tree_at *at)
{
    return kx_tree_bound(at, "name");
}

static int box_look(const struct kx_tree_at *at, struct kx_tree_look *out, struct kx_error *err)
{
    (void)out;
    const char *text = g_hash_table_lookup(box_of(at)->texts, name_of(at));
    return text && strcmp(text, "folder") != 0 ? 0 : kx_error_set(err, ENOENT, "none");
}

static int box_names(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err)
{
    GHashTableIter iter;
    gpointer name;
    (void)err;
    g_hash_table_iter_init(&iter, box_of(at)->texts);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        g_ptr_array_add(out, g_strdup(name));
    return 0;
}

static int box_text(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    const char *text = g_hash_table_lookup(box_of(at)->texts, name_of(at));
    if (!text) return kx_error_set(err, ENOENT, "none");
    g_string_append(out, text);
    return 0;
}

static int box_make(const struct kx_tree_at *at, struct kx_error *err)
{
    (void)err;
    g_hash_table_insert(box_of(at)->texts, g_strdup(name_of(at)), g_strdup(""));
    return 0;
}

static int box_put(const struct kx_tree_at *at, GBytes *text, bool last, struct kx_error *err)
{
    struct box *box = box_of(at);
    gsize length = 0;
    const char *bytes = g_bytes_get_data(text, &length);
    char *own = g_strndup(bytes ? bytes : "", length);
    g_string_append_printf(box->calls, "[%s=%s%s]", name_of(at), own, last ? " last" : "");
    g_hash_table_insert(box->texts, g_strdup(name_of(at)), own);
    return box->answer ? kx_error_set(err, box->answer, "as the test wants it") : 0;
}

static int box_remove(const struct kx_tree_at *at, struct kx_error *err)
{
    return g_hash_table_remove(box_of(at)->texts, name_of(at)) ? 0
                                                               : kx_error_set(err, ENOENT, "none");
}

static int box_make_folder(const struct kx_tree_at *at, struct kx_error *err)
{
    (void)err;
    g_hash_table_insert(box_of(at)->texts, g_strdup(name_of(at)), g_strdup("folder"));
    return 0;
}

static bool is_folder(const struct kx_tree_at *at)
{
    const char *text = g_hash_table_lookup(box_of(at)->texts, name_of(at));
    return g_strcmp0(text, "folder") == 0;
}

static int box_folder_look(const struct kx_tree_at *at, struct kx_tree_look *out,
                           struct kx_error *err)
{
    (void)out;
    return is_folder(at) ? 0 : kx_error_set(err, ENOENT, "none");
}

static int box_rename(const struct kx_tree_at *at, const struct kx_tree_at *to,
                      struct kx_error *err)
{
    (void)err;
    g_string_append_printf(box_of(at)->calls, "[%s>%s]", name_of(at), name_of(to));
    return 0;
}

static const struct kx_tree_drop DROP = {
    .make = box_make, .put = box_put, .remove = box_remove, .rename = box_rename};

static const struct kx_tree_drop FOLDER = {
    .make = box_make_folder, .remove = box_remove, .rename = box_rename};

static const struct kx_tree_row ROWS[] = {
    {.pattern = "/box", .kind = KX_TREE_DIRECTORY, .mode = 0700, .help = "A box"},
    {.pattern = "/box/{name}",
     .kind = KX_TREE_DROP,
     .mode = 0600,
     .help = "a document",
     .text = box_text,
     .names = box_names,
     .look = box_look,
     .drop = &DROP},
    {.pattern = "/box/{name}.id",
     .kind = KX_TREE_VALUE,
     .help = "made by the box",
     .text = box_text,
     .look = box_look},
    {.pattern = "/box/{name}",
     .kind = KX_TREE_DIRECTORY,
     .mode = 0700,
     .help = "a folder of documents",
     .look = box_folder_look,
     .drop = &FOLDER},
    {.pattern = "/box/{name}/made", .kind = KX_TREE_VALUE, .help = "by the box", .text = box_text},
};

static int box_setup(void **state)
{
    struct box *box = g_new0(struct box, 1);
    fake_clock_init(&box->clock);
    box->texts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    box->calls = g_string_new(NULL);
    const struct kx_tree_config config = {
        .mount = (struct kx_mount *)(void *)box, .clock = &box->clock.clock, .owner = 1000};
    const struct kx_tree_rows rows = {ROWS, G_N_ELEMENTS(ROWS)};
    assert_int_equal(kx_tree_new(&config, &rows, 1, &box->tree, NULL), 0);
    *state = box;
    return 0;
}

static int box_teardown(void **state)
{
    struct box *box = *state;
    kx_tree_free(box->tree);
    g_hash_table_destroy(box->texts);
    g_string_free(box->calls, TRUE);
    g_free(box);
    return 0;
}

static struct kx_tree_node *box_directory(struct box *box)
{
    struct kx_tree_node *directory = NULL;
    struct stat st;
    assert_int_equal(kx_tree_lookup(box->tree, NULL, "box", NULL, &directory, &st, NULL), 0);
    return directory;
}

static struct kx_tree_file *box_open(struct box *box, const char *name, int flags, int expected)
{
    static const struct kx_tree_who WHO = {.uid = 1000, .thread = 1};
    g_autoptr(kx_tree_node) directory = box_directory(box), node = NULL;
    struct kx_tree_file *file = NULL;
    struct stat st;
    if (flags & O_CREAT) assert_int_equal(kx_tree_make(directory, name, false, NULL, NULL), 0);
    assert_int_equal(kx_tree_lookup(box->tree, directory, name, NULL, &node, &st, NULL), 0);
    assert_int_equal(kx_tree_open(node, flags & ~O_CREAT, &WHO, NULL, &file, NULL), expected);
    return file;
}

static void box_write(struct kx_tree_file *file, const char *text, int64_t offset)
{
    assert_int_equal(kx_tree_write(file, text, strlen(text), offset, NULL, NULL), 0);
}

static GBytes *read_piece(struct kx_tree_file *file, int64_t offset, size_t size)
{
    GBytes *piece = NULL;
    assert_int_equal(kx_tree_read(file, offset, size, NULL, &piece, NULL), 0);
    return piece;
}

static void assert_reads(struct kx_tree_file *file, const char *expected)
{
    gsize length = 0;
    g_autoptr(GBytes) bytes = read_piece(file, 0, 100);
    const char *text = g_bytes_get_data(bytes, &length);
    assert_int_equal(length, strlen(expected));
    if (length) assert_memory_equal(text, expected, length);
}

static void what_was_written_takes_effect_at_close(void **state)
{
    struct box *box = *state;
    struct kx_tree_file *file = box_open(box, "a", O_RDWR | O_CREAT, 0);
    box_write(file, "world", 6);
    box_write(file, "hello ", 0);
    assert_reads(file, "hello world");
    assert_string_equal(box->calls->str, "");
    assert_int_equal(kx_tree_flush(file, true, NULL, NULL), 0);
    assert_int_equal(kx_tree_flush(file, true, NULL, NULL), 0); /* once */
    kx_tree_close(file);
    assert_string_equal(box->calls->str, "[a=hello world last]");
    struct kx_tree_file *again = box_open(box, "a", O_RDONLY, 0);
    assert_reads(again, "hello world");
    assert_int_equal(kx_tree_flush(again, true, NULL, NULL), 0);
    kx_tree_close(again);
    assert_string_equal(box->calls->str, "[a=hello world last]");
}

static void a_refusal_is_what_close_says(void **state)
{
    struct box *box = *state;
    KX_ERROR_AUTO(err);
    struct kx_tree_file *file = box_open(box, "a", O_WRONLY | O_CREAT, 0);
    box_write(file, "x", 0);
    box->answer = EINVAL;
    assert_int_equal(kx_tree_flush(file, true, NULL, &err), -EINVAL);
    assert_error(&err, EINVAL, NULL, "as the test wants it");
    assert_int_equal(kx_tree_flush(file, true, NULL, NULL), 0); /* it is not handed over again */
    kx_tree_close(file);
    assert_string_equal(box->calls->str, "[a=x last]");
}

static void what_is_not_complete_waits_for_the_next_close(void **state)
{
    struct box *box = *state;
    struct kx_tree_file *file = box_open(box, "a", O_WRONLY | O_CREAT, 0);
    box_write(file, "x", 0);
    box->answer = EAGAIN;
    assert_int_equal(kx_tree_flush(file, false, NULL, NULL), 0);
    box->answer = 0;
    assert_int_equal(kx_tree_flush(file, true, NULL, NULL), 0);
    kx_tree_close(file);
    assert_string_equal(box->calls->str, "[a=x][a=x last]");
}

static void it_can_be_cut_and_grown_to_a_bound(void **state)
{
    struct box *box = *state;
    struct kx_tree_file *file = box_open(box, "a", O_RDWR | O_CREAT, 0);
    box_write(file, "12345", 0);
    assert_int_equal(kx_tree_cut(file, 2, NULL), 0);
    assert_reads(file, "12");
    assert_int_equal(kx_tree_cut(file, KX_TREE_DROP_MAX + 1, NULL), -EFBIG);
    assert_int_equal(kx_tree_write(file, "x", 1, KX_TREE_DROP_MAX, NULL, NULL), -EFBIG);
    assert_int_equal(kx_tree_write(file, "x", 1, -1, NULL, NULL), -EFBIG);
    box_write(file, "x", 3);
    g_autoptr(GBytes) hole = read_piece(file, 2, 9);
    assert_int_equal(g_bytes_get_size(hole), 2);
    assert_memory_equal(g_bytes_get_data(hole, NULL), "\0x", 2);
    kx_tree_close(file);
    struct kx_tree_file *reader = box_open(box, "a", O_RDONLY, 0);
    assert_int_equal(kx_tree_cut(reader, 0, NULL), -EACCES);
    kx_tree_close(reader);
}

static void opened_again_it_has_what_was_written(void **state)
{
    struct box *box = *state;
    struct kx_tree_file *file = box_open(box, "a", O_WRONLY | O_CREAT, 0);
    box_write(file, "old text", 0);
    assert_int_equal(kx_tree_flush(file, true, NULL, NULL), 0);
    kx_tree_close(file);
    file = box_open(box, "a", O_WRONLY, 0);
    box_write(file, "new", 0);
    assert_int_equal(kx_tree_flush(file, true, NULL, NULL), 0);
    kx_tree_close(file);
    file = box_open(box, "a", O_WRONLY | O_TRUNC, 0);
    box_write(file, "1", 0);
    assert_int_equal(kx_tree_flush(file, true, NULL, NULL), 0);
    kx_tree_close(file);
    assert_string_equal(box->calls->str, "[a=old text last][a=new text last][a=1 last]");
}

static void names_are_made_renamed_and_removed(void **state)
{
    struct box *box = *state;
    g_autoptr(kx_tree_node) directory = box_directory(box);
    assert_true(kx_tree_takes_documents(box->tree, kx_tree_node_number(directory)));
    assert_int_equal(kx_tree_make(directory, "a", false, NULL, NULL), 0);
    assert_int_equal(kx_tree_make(directory, "a.id", false, NULL, NULL), -EPERM);
    assert_int_equal(kx_tree_make(directory, "README", false, NULL, NULL), -EPERM);
    assert_int_equal(kx_tree_rename(directory, "a", "b", NULL, NULL), 0);
    assert_int_equal(kx_tree_rename(directory, "a", "a.id", NULL, NULL), -EPERM);
    assert_int_equal(kx_tree_rename(directory, "README", "b", NULL, NULL), -EPERM);
    assert_int_equal(kx_tree_remove(directory, "a", false, NULL, NULL), 0);
    assert_int_equal(kx_tree_remove(directory, "a", false, NULL, NULL), -ENOENT);
    assert_int_equal(kx_tree_remove(directory, "README", false, NULL, NULL), -EPERM);
    assert_string_equal(box->calls->str, "[a>b]");
}

/* What a name in the box is to the kernel; 0: nothing. */
static mode_t type_of(struct box *box, const char *name)
{
    g_autoptr(kx_tree_node) directory = box_directory(box), node = NULL;
    struct stat st = {0};
    int result = kx_tree_lookup(box->tree, directory, name, NULL, &node, &st, NULL);
    return result == 0 ? st.st_mode & S_IFMT : 0;
}

static void a_name_is_a_file_or_a_folder(void **state)
{
    struct box *box = *state;
    g_autoptr(kx_tree_node) directory = box_directory(box), held = NULL;
    struct stat st;
    assert_int_equal(type_of(box, "a"), 0);
    assert_int_equal(kx_tree_make(directory, "a", true, NULL, NULL), 0);
    assert_int_equal(type_of(box, "a"), S_IFDIR);
    assert_int_equal(kx_tree_lookup(box->tree, directory, "a", NULL, &held, &st, NULL), 0);
    assert_true(kx_tree_is_made_folder(held) && !kx_tree_is_made_folder(directory));
    assert_int_equal(kx_tree_remove(directory, "a", true, NULL, NULL), 0);
    assert_int_equal(kx_tree_make(directory, "a", false, NULL, NULL), 0);
    assert_int_equal(type_of(box, "a"), S_IFREG); /* though the folder is held still */
    assert_int_equal(kx_tree_make(directory, "a.id", true, NULL, NULL), -EPERM);
    assert_int_equal(kx_tree_make(directory, "README", true, NULL, NULL), -EPERM);
}

static void what_the_box_made_goes_with_its_folder(void **state)
{
    struct box *box = *state;
    g_autoptr(kx_tree_node) directory = box_directory(box), folder = NULL;
    struct stat st;
    assert_int_equal(kx_tree_make(directory, "f", true, NULL, NULL), 0);
    assert_int_equal(kx_tree_lookup(box->tree, directory, "f", NULL, &folder, &st, NULL), 0);
    assert_int_equal(kx_tree_remove(folder, "made", false, NULL, NULL), 0);
    assert_int_equal(kx_tree_remove(folder, "README", false, NULL, NULL), 0);
    assert_int_equal(kx_tree_remove(folder, "other", false, NULL, NULL), -EPERM);
    assert_int_equal(kx_tree_remove(directory, "README", false, NULL, NULL), -EPERM);
    assert_int_equal(kx_tree_rename(directory, "f", "g", NULL, NULL), 0);
    assert_int_equal(kx_tree_rename(directory, "none", "g", NULL, NULL), -ENOENT);
    assert_string_equal(box->calls->str, "[f>g]");
}

#define box_test(function) cmocka_unit_test_setup_teardown(function, box_setup, box_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        box_test(what_was_written_takes_effect_at_close),
        box_test(a_refusal_is_what_close_says),
        box_test(what_is_not_complete_waits_for_the_next_close),
        box_test(it_can_be_cut_and_grown_to_a_bound),
        box_test(opened_again_it_has_what_was_written),
        box_test(names_are_made_renamed_and_removed),
        box_test(a_name_is_a_file_or_a_folder),
        box_test(what_the_box_made_goes_with_its_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
