/* The journal: whose leftovers it takes over, and whose not. */
#include "fs/journal/journal.h"

#include <errno.h>
#include <unistd.h>

#include "journaling.h"

#define TWO   "222222222222"
#define THREE "333333333333"

static char *paths(struct kx_journal *journal)
{
    g_autoptr(GPtrArray) records = kx_journal_records(journal);
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < records->len; i++)
        g_string_append_printf(text, "%s ", ((struct kx_record *)records->pdata[i])->path);
    return g_string_free(text, FALSE);
}

static int by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "PATH>TARGET " each, sorted. */
static char *hidden(struct kx_journal *journal)
{
    g_autoptr(GPtrArray) left = kx_journal_hidden_left(journal);
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < left->len; i++) {
        const struct kx_hidden_left *one = left->pdata[i];
        g_ptr_array_add(lines,
                        g_strdup_printf("%s>%s ", one->path, one->target ? one->target : ""));
    }
    g_ptr_array_sort(lines, by_text);
    g_ptr_array_add(lines, NULL);
    return g_strjoinv("", (char **)lines->pdata);
}

static void check_paths(struct kx_journal *journal, const char *expected)
{
    g_autofree char *text = paths(journal);
    assert_string_equal(text, expected);
}

static void check_hidden(struct kx_journal *journal, const char *expected)
{
    g_autofree char *text = hidden(journal);
    assert_string_equal(text, expected);
}

static void make_file(struct kx_journal *journal, const char *name)
{
    g_autofree char *path = g_build_filename(kx_journal_folder(journal), name, NULL);
    assert_true(g_file_set_contents(path, "x", 1, NULL));
}

static bool has_file(struct kx_journal *journal, const char *name)
{
    g_autofree char *path = g_build_filename(kx_journal_folder(journal), name, NULL);
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* --- records --- */

static void check_same(const struct kx_record *a, const struct kx_record *b)
{
    assert_int_equal(a->id, b->id);
    assert_int_equal(a->state, b->state);
    assert_string_equal(a->path, b->path);
    assert_string_equal(a->file, b->file);
    assert_int_equal(a->length, b->length);
    assert_int_equal(a->since_ms, b->since_ms);
    assert_int_equal(g_strcmp0(a->reason, b->reason), 0);
    assert_int_equal(g_strcmp0(a->here, b->here), 0);
    assert_int_equal(g_strcmp0(a->base, b->base), 0);
    assert_true(a->base_file_id == b->base_file_id);
    assert_int_equal(a->base_mtime_ms, b->base_mtime_ms);
    assert_int_equal(a->base_length, b->base_length);
    assert_int_equal(a->base_hidden, b->base_hidden);
    assert_int_equal(a->fresh, b->fresh);
    assert_int_equal(a->exclusive, b->exclusive);
    assert_int_equal(a->mode, b->mode);
    assert_int_equal(a->later_mode, b->later_mode);
    assert_int_equal(a->mtime_ms, b->mtime_ms);
    assert_int_equal(a->atime_ms, b->atime_ms);
}

static struct kx_record *full_record(unsigned round)
{
    struct kx_record *r = record_of("/d/\xc3\xa4 'b'", "111111111111-0.part");
    r->state = (enum kx_record_state)(round % 3);
    r->length = INT64_MAX - round;
    r->since_ms = 1;
    r->reason = round ? g_strdup("no space\nleft") : NULL;
    r->here = round ? g_strdup("0-5,7-9") : NULL;
    r->base = round ? g_strdup("/d/b") : NULL;
    r->base_file_id = UINT64_MAX - round;
    r->base_mtime_ms = 2;
    r->base_length = 3;
    r->base_hidden = round & 1;
    r->fresh = round & 2;
    r->exclusive = round & 1;
    r->mode = 0100644;
    r->later_mode = 07777;
    r->mtime_ms = round ? 4 : -1;
    r->atime_ms = round ? 5 : -1;
    return r;
}

static void every_field_comes_back(void **state)
{
    for (unsigned round = 0; round < 4; round++) {
        g_autoptr(kx_journal) journal = open_as(*state, ONE, "s");
        g_autoptr(kx_record) record = full_record(round);
        assert_int_equal(kx_journal_put(journal, record, round & 1, NULL), 0);
        assert_true(record->id > 0);
        g_autoptr(kx_record) same = kx_journal_find(journal, record->id);
        assert_non_null(same);
        check_same(record, same);
        record->length = 77; /* changed, not one more */
        assert_int_equal(kx_journal_put(journal, record, true, NULL), 0);
        g_autoptr(GPtrArray) all = kx_journal_records(journal);
        assert_int_equal(all->len, 1);
        check_same(record, all->pdata[0]);
        kx_journal_remove(journal, record, true);
        assert_null(kx_journal_find(journal, record->id));
    }
}

static void ids_are_not_used_twice(void **state)
{
    g_autoptr(kx_journal) journal = open_as(*state, ONE, "s");
    g_autoptr(kx_record) first = record_of("/a", "f");
    assert_int_equal(kx_journal_put(journal, first, false, NULL), 0);
    kx_journal_remove(journal, first, false);
    assert_true(put(journal, "/b", "g") > first->id);
}

static void the_copy_goes_with_the_record(void **state)
{
    g_autoptr(kx_journal) journal = open_as(*state, ONE, "s");
    make_file(journal, ONE "-0.part");
    g_autoptr(kx_record) record = record_of("/a", ONE "-0.part");
    assert_int_equal(kx_journal_put(journal, record, true, NULL), 0);
    kx_journal_remove(journal, record, true);
    assert_false(has_file(journal, ONE "-0.part"));
}

static void attributes_are_amended(void **state)
{
    g_autoptr(kx_journal) journal = open_as(*state, ONE, "s");
    int64_t id = put(journal, "/a", "f");
    kx_journal_amend(journal, id, 0600, -1, -1);
    kx_journal_amend(journal, id, 0, 7, -1);
    kx_journal_amend(journal, id, 0, -1, 8);
    g_autoptr(kx_record) record = kx_journal_find(journal, id);
    assert_int_equal(record->later_mode, 0600);
    assert_int_equal(record->mtime_ms, 7);
    assert_int_equal(record->atime_ms, 8);
}

static void no_journal_keeps_nothing(void **state)
{
    (void)state;
    g_autoptr(kx_record) record = record_of("/a", "f");
    kx_journal_hide(NULL, "/h", NULL);
    kx_journal_unhide(NULL, "/h");
    kx_journal_moved(NULL, "/a", "/b", false);
    kx_journal_amend(NULL, 1, 0600, 1, 1);
    assert_int_equal(kx_journal_put(NULL, record, true, NULL), 0);
    kx_journal_remove(NULL, record, true);
    assert_null(kx_journal_find(NULL, 1));
    assert_null(kx_journal_folder(NULL));
    g_autoptr(GPtrArray) records = kx_journal_records(NULL);
    g_autoptr(GPtrArray) left = kx_journal_hidden_left(NULL);
    assert_int_equal(records->len + left->len, 0);
    kx_journal_close(NULL);
}

/* --- whose leftovers --- */

static void a_dead_mounts_rows_are_taken_over(void **state)
{
    struct kx_journal *dead = open_as(*state, ONE, "s");
    put(dead, "/a", "f");
    kx_journal_hide(dead, "/h", NULL);
    kx_journal_hide(dead, "/aside", "/a");
    kx_journal_hide(dead, "/done", NULL);
    kx_journal_unhide(dead, "/done");
    check_hidden(dead, ""); /* its own are in use */
    kx_journal_close(dead);
    g_autoptr(kx_journal) next = open_as(*state, TWO, "s");
    check_paths(next, "/a ");
    check_hidden(next, "/aside>/a /h> ");
    kx_journal_unhide(next, "/h");
    kx_journal_hide(next, "/mine", NULL);
    check_hidden(next, "/aside>/a ");
}

static void what_the_second_leaves_is_the_thirds(void **state)
{
    struct kx_journal *dead = open_as(*state, ONE, "s");
    int64_t id = put(dead, "/a", "f");
    kx_journal_close(dead);
    kx_journal_close(open_as(*state, TWO, "s"));
    g_autoptr(kx_journal) third = open_as(*state, THREE, "s");
    g_autoptr(kx_record) record = kx_journal_find(third, id);
    assert_non_null(record);
}

static void a_living_mounts_rows_are_left(void **state)
{
    g_autoptr(kx_journal) living = open_as(*state, ONE, "s");
    int64_t id = put(living, "/a", ONE "-0.part");
    make_file(living, ONE "-0.part");
    make_file(living, ONE "-1.part"); /* no record yet */
    kx_journal_hide(living, "/h", NULL);
    g_autoptr(kx_journal) other = open_as(*state, TWO, "s");
    check_paths(other, "");
    check_hidden(other, "");
    assert_null(kx_journal_find(other, id));
    check_paths(living, "/a ");
    assert_true(has_file(other, ONE "-0.part") && has_file(other, ONE "-1.part"));
}

static void another_services_rows_are_left(void **state)
{
    struct kx_journal *dead = open_as(*state, ONE, "s");
    put(dead, "/a", ONE "-0.part");
    make_file(dead, ONE "-0.part");
    make_file(dead, ONE "-1.part");
    kx_journal_hide(dead, "/h", NULL);
    kx_journal_close(dead);
    struct kx_journal *other = open_as(*state, TWO, "another");
    check_paths(other, "");
    check_hidden(other, "");
    assert_true(has_file(other, ONE "-0.part"));
    assert_false(has_file(other, ONE "-1.part"));
    kx_journal_close(other);
    g_autoptr(kx_journal) same = open_as(*state, THREE, "s");
    check_paths(same, "/a ");
    check_hidden(same, "/h> ");
}

static void copies_that_no_record_needs_are_removed(void **state)
{
    static const char *const STAY[] = {ONE "-0.part", "notes.txt", "no-dash-part", TWO "-0.part"};
    struct kx_journal *dead = open_as(*state, ONE, "s");
    put(dead, "/a", ONE "-0.part");
    for (size_t i = 0; i < G_N_ELEMENTS(STAY); i++)
        make_file(dead, STAY[i]);
    make_file(dead, ONE "-1.part");
    kx_journal_close(dead);
    g_autoptr(kx_journal) next = open_as(*state, TWO, "s"); /* TWO's own are in use */
    for (size_t i = 0; i < G_N_ELEMENTS(STAY); i++)
        assert_true(has_file(next, STAY[i]));
    assert_false(has_file(next, ONE "-1.part"));
}

/* It has its record now: between the two steps the mount was killed. */
static void a_hidden_file_that_an_upload_needs_is_no_leftover(void **state)
{
    struct kx_journal *dead = open_as(*state, ONE, "s");
    g_autoptr(kx_record) record = record_of("/d/a", "f");
    record->base = g_strdup("/d/h");
    record->base_hidden = true;
    kx_journal_hide(dead, "/d/h", NULL);
    assert_int_equal(kx_journal_put(dead, record, true, NULL), 0);
    kx_journal_close(dead);
    g_autoptr(kx_journal) next = open_as(*state, TWO, "s");
    check_hidden(next, "");
    kx_journal_remove(next, record, true);
    check_hidden(next, "/d/h> ");
}

static void moved_directories(void **state)
{
    g_autoptr(kx_journal) journal = open_as(*state, ONE, "s");
    static const char *const PATHS[] = {"/d/a", "/d/e/b", "/dd/c", "/d", "/%/d/x"};
    for (size_t i = 0; i < G_N_ELEMENTS(PATHS); i++)
        put(journal, PATHS[i], "f");
    g_autoptr(kx_record) based = record_of("/d/z", "f");
    based->base = g_strdup("/d/base");
    assert_int_equal(kx_journal_put(journal, based, false, NULL), 0);
    kx_journal_moved(journal, "/d", "/new\xc3\xa4/deep", false);
    check_paths(journal, "/new\xc3\xa4/deep/a /new\xc3\xa4/deep/e/b /dd/c /d /%/d/x "
                         "/new\xc3\xa4/deep/z ");
    g_autoptr(kx_record) now = kx_journal_find(journal, based->id);
    assert_string_equal(now->base, "/new\xc3\xa4/deep/base");
    kx_journal_moved(journal, "/new\xc3\xa4", "/d", false);
    check_paths(journal, "/d/deep/a /d/deep/e/b /dd/c /d /%/d/x /d/deep/z ");
}

static void moved_hidden_files(void **state)
{
    struct kx_journal *dead = open_as(*state, ONE, "s");
    kx_journal_hide(dead, "/d/h", NULL);
    kx_journal_hide(dead, "/d/aside", "/d/a");
    kx_journal_hide(dead, "/e/h", NULL);
    kx_journal_moved(dead, "/d", "/e", false);
    kx_journal_close(dead);
    g_autoptr(kx_journal) next = open_as(*state, TWO, "s");
    check_hidden(next, "/e/aside>/e/a /e/h> ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        folder_test(every_field_comes_back),
        folder_test(ids_are_not_used_twice),
        folder_test(the_copy_goes_with_the_record),
        folder_test(attributes_are_amended),
        folder_test(no_journal_keeps_nothing),
        folder_test(a_dead_mounts_rows_are_taken_over),
        folder_test(what_the_second_leaves_is_the_thirds),
        folder_test(a_living_mounts_rows_are_left),
        folder_test(another_services_rows_are_left),
        folder_test(copies_that_no_record_needs_are_removed),
        folder_test(a_hidden_file_that_an_upload_needs_is_no_leftover),
        folder_test(moved_directories),
        folder_test(moved_hidden_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
