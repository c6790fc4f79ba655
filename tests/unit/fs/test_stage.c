/* The local copy: what it says of itself in a record, what of it the server can take in place, how
 * much room it takes. */
#include "fs/data/stage.h"

#include <errno.h>
#include <glib/gstdio.h>

#include "expect.h"
#include "fake_files.h"

#define MIB ((int64_t)1024 * 1024)

struct staging {
    struct kx_client *client;
    char *folder;
    struct kx_room room;
    struct kx_stage *stage;
};

static int setup(void **state)
{
    struct staging *s = g_new0(struct staging, 1);
    s->client = fake_files_new();
    s->folder = g_dir_make_tmp("knoxfs-test-XXXXXX", NULL);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct staging *s = *state;
    kx_stage_free(s->stage);
    int64_t used = s->room.used_bytes;
    g_autofree char *file = g_build_filename(s->folder, "f", NULL);
    g_unlink(file);
    int left = g_rmdir(s->folder);
    struct kx_client *client = s->client;
    g_free(s->folder);
    g_free(s);
    fake_files_free(client);
    assert_int_equal(left, 0);
    assert_int_equal(used, 0); /* what it took it has given back */
    return 0;
}

#define stage_test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

static void begin(struct staging *s, const char *base, int64_t length)
{
    KX_ERROR_AUTO(err);
    const struct kx_stage_place place = {s->folder, "f", &s->room};
    g_clear_pointer(&s->stage, kx_stage_free);
    if (kx_stage_new(&place, base, length, &s->stage, &err) != 0) fail_msg("%s", err.message);
}

static int put(struct staging *s, int64_t offset, const char *text)
{
    return kx_stage_write(s->stage, offset, text, strlen(text), NULL);
}

static void check_content(struct staging *s, const char *expected)
{
    KX_ERROR_AUTO(err);
    gsize length = strlen(expected);
    g_autofree char *room = g_malloc0(length + 1);
    assert_int_equal(kx_stage_length(s->stage), length);
    if (kx_stage_read(s->stage, s->client, 0, length, NULL, room, &err) != 0)
        fail_msg("%s", err.message);
    assert_string_equal(room, expected);
}

/* --- in a record and back --- */

static int restore(struct staging *s, const struct kx_record *record, struct kx_error *err)
{
    const struct kx_stage_place place = {s->folder, record->file, &s->room};
    return kx_stage_restore(&place, record, &s->stage, err);
}

/* As if the process had ended here. */
static void end_and_restore(struct staging *s, struct kx_record *record)
{
    KX_ERROR_AUTO(err);
    assert_int_equal(kx_stage_keep(s->stage, NULL), 0);
    kx_stage_describe(s->stage, record);
    kx_stage_leave(s->stage, true);
    g_clear_pointer(&s->stage, kx_stage_free);
    assert_int_equal(s->room.used_bytes, 0);
    if (restore(s, record, &err) != 0) fail_msg("%s", err.message);
}

static void only_what_was_written_is_here(void **state)
{
    struct staging *s = *state;
    g_autoptr(kx_record) record = kx_record_new();
    fake_files_put(s->client, "/f", "0123456789");
    begin(s, "/f", 10);
    put(s, 2, "ab");
    put(s, 12, "end");
    kx_stage_resize(s->stage, 14, NULL);
    end_and_restore(s, record);
    assert_string_equal(record->file, "f");
    assert_string_equal(record->here, "2-4,12-14");
    assert_string_equal(record->base, "/f");
    assert_int_equal(record->base_length, 10);
    assert_int_equal(record->length, 14);
    assert_int_equal(s->room.used_bytes, 4);
    char room[14];
    assert_int_equal(kx_stage_read(s->stage, s->client, 0, 14, NULL, room, NULL), 0);
    assert_memory_equal(room, "01ab456789\0\0en", 14);
    int64_t cut;
    assert_true(kx_stage_changed(s->stage));
    assert_false(kx_stage_only_grown(s->stage, &cut)); /* nobody knows what the server has now */
    assert_false(kx_stage_only_tail(s->stage, 4, &cut));
}

static void a_whole_one_needs_no_base(void **state)
{
    struct staging *s = *state;
    g_autoptr(kx_record) record = kx_record_new();
    begin(s, "/f", 4);
    put(s, 0, "abcd");
    put(s, 6, "gh");
    end_and_restore(s, record);
    assert_null(record->base);
    assert_int_equal(record->base_length, 0);
    assert_true(kx_stage_is_whole(s->stage));
    char room[8];
    assert_int_equal(kx_stage_read(s->stage, s->client, 0, 8, NULL, room, NULL), 0);
    assert_memory_equal(room, "abcd\0\0gh", 8);
}

/* Cut and grown again: the base counts only up to the shortest length. */
static void old_bytes_do_not_come_back(void **state)
{
    struct staging *s = *state;
    g_autoptr(kx_record) record = kx_record_new();
    fake_files_put(s->client, "/f", "0123456789");
    begin(s, "/f", 10);
    kx_stage_resize(s->stage, 3, NULL);
    kx_stage_resize(s->stage, 6, NULL);
    end_and_restore(s, record);
    assert_int_equal(record->base_length, 3);
    char room[6];
    assert_int_equal(kx_stage_read(s->stage, s->client, 0, 6, NULL, room, NULL), 0);
    assert_memory_equal(room, "012\0\0\0", 6);
}

static void what_was_written_behind_the_record_is_not_there(void **state)
{
    struct staging *s = *state;
    g_autoptr(kx_record) record = kx_record_new();
    begin(s, NULL, 0);
    put(s, 0, "abc");
    assert_int_equal(kx_stage_keep(s->stage, NULL), 0);
    kx_stage_describe(s->stage, record);
    put(s, 3, "def");
    kx_stage_leave(s->stage, true);
    g_clear_pointer(&s->stage, kx_stage_free);
    assert_int_equal(restore(s, record, NULL), 0);
    check_content(s, "abc");
}

static void a_record_that_makes_no_sense_costs_no_byte(void **state)
{
    struct staging *s = *state;
    static const struct {
        int64_t length, base_length;
        const char *here;
    } CASES[] = {{-1, 0, ""},   {3, -1, ""},    {3, 0, "0-x"},
                 {3, 0, "3-1"}, {3, 0, "0-3,"}, {3, 0, "7"}};
    g_autofree char *path = g_build_filename(s->folder, "f", NULL);
    assert_true(g_file_set_contents(path, "abc", 3, NULL));
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        KX_ERROR_AUTO(err);
        g_autoptr(kx_record) record = kx_record_new();
        record->file = g_strdup("f");
        record->length = CASES[i].length;
        record->base_length = CASES[i].base_length;
        record->here = g_strdup(CASES[i].here);
        assert_int_equal(restore(s, record, &err), -EINVAL);
        expect_error(&err, EINVAL, "makes no sense");
        assert_null(s->stage);
    }
    g_autofree char *content = NULL;
    assert_true(g_file_get_contents(path, &content, NULL, NULL));
    assert_string_equal(content, "abc");
}

static void a_copy_that_has_gone(void **state)
{
    struct staging *s = *state;
    KX_ERROR_AUTO(err);
    g_autoptr(kx_record) record = kx_record_new();
    record->file = g_strdup("f");
    assert_int_equal(restore(s, record, &err), -ENOENT);
}

/* --- what the server can take in place --- */

struct edit {
    int64_t write_at, write_bytes; /* bytes 0: none */
    int64_t resize;                /* -1: none; before the write */
};

static void edit(struct staging *s, const struct edit *e)
{
    if (e->resize >= 0) assert_int_equal(kx_stage_resize(s->stage, e->resize, NULL), 0);
    g_autofree char *bytes = g_strnfill((gsize)e->write_bytes, 'x');
    if (e->write_bytes)
        assert_int_equal(kx_stage_write(s->stage, e->write_at, bytes, (size_t)e->write_bytes, NULL),
                         0);
}

static void only_the_end(void **state)
{
    struct staging *s = *state;
    static const struct {
        int64_t base, block;
        struct edit edit;
        int64_t cut; /* -1: the whole file is sent */
    } CASES[] = {
        {10 * MIB, MIB, {10 * MIB - 5, 5, -1}, 9 * MIB},
        {10 * MIB, MIB, {9 * MIB, 5, -1}, 9 * MIB},
        {10 * MIB, MIB, {9 * MIB - 1, 5, -1}, 8 * MIB},
        {10 * MIB, MIB, {5 * MIB, 1, -1}, 5 * MIB},
        {10 * MIB, MIB, {5 * MIB - 1, 1, -1}, -1}, /* less than half would stay */
        {10 * MIB, MIB, {0, 1, -1}, -1},
        {10 * MIB + 7, MIB, {10 * MIB, 1, -1}, 10 * MIB},
        {10 * MIB, MIB, {10 * MIB - 1, 10, -1}, 9 * MIB},   /* and longer */
        {10 * MIB, MIB, {19 * MIB, MIB, 10 * MIB - 1}, -1}, /* too much behind it */
        {10 * MIB, MIB, {0, 0, 7 * MIB + 3}, 7 * MIB + 3},  /* shorter: TRUNCATE alone */
        {10 * MIB, MIB, {0, 0, 1}, 1},
        {10 * MIB, MIB, {0, 0, 0}, -1}, /* nothing is left: made anew */
        {10 * MIB, MIB, {8 * MIB, 10, 7 * MIB + 3}, 7 * MIB},
        {10 * MIB, 0, {10 * MIB - 5, 5, -1}, -1}, /* no server to ask */
        {MIB / 2, MIB, {MIB / 2 - 5, 5, -1}, -1}, /* all of it is one block */
        /* large blocks: cut inside, rather than send more than 32 MiB again */
        {200 * MIB, 128 * MIB, {150 * MIB, 5, -1}, 128 * MIB},
        {200 * MIB, 128 * MIB, {160 * MIB, 5, -1}, 128 * MIB},
        {200 * MIB, 128 * MIB, {160 * MIB + 1, 5, -1}, 160 * MIB + 1},
        {100 * MIB, 128 * MIB, {99 * MIB, 5, -1}, 99 * MIB},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        int64_t cut = 0;
        begin(s, "/f", CASES[i].base);
        edit(s, &CASES[i].edit);
        bool tail = kx_stage_only_tail(s->stage, CASES[i].block, &cut);
        if (tail != (CASES[i].cut >= 0) || (tail && cut != CASES[i].cut))
            fail_msg("case %zu: %d %" G_GINT64_FORMAT, i, tail, cut);
        kx_stage_base_unsure(s->stage);
        assert_false(kx_stage_only_tail(s->stage, CASES[i].block, &cut));
    }
}

static void only_more(void **state)
{
    struct staging *s = *state;
    static const struct {
        struct edit edit;
        bool grown;
    } CASES[] = {{{10, 3, -1}, true}, {{0, 0, 12}, true},  {{15, 3, -1}, true},
                 {{9, 3, -1}, false}, {{10, 3, 9}, false}, {{0, 0, 9}, false},
                 {{0, 0, 10}, false}, {{10, 1, 10}, true}, {{3, 1, -1}, false}};
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        int64_t from = 0;
        begin(s, "/f", 10);
        edit(s, &CASES[i].edit);
        if (kx_stage_only_grown(s->stage, &from) != CASES[i].grown) fail_msg("case %zu", i);
        if (CASES[i].grown) assert_int_equal(from, 10);
        kx_stage_base_cut(s->stage, 9);
        assert_false(kx_stage_only_grown(s->stage, &from));
    }
}

/* --- compared --- */

static void compared_where_it_is_here(void **state)
{
    struct staging *s = *state;
    static const struct {
        const char *theirs;
        bool equal;
    } CASES[] = {{"01ab456789", true},
                 {"zzabzzzzzz", true},
                 {"01aB456789", false},
                 {"01Xb456789", false},
                 {"..ab......", true}};
    fake_files_put(s->client, "/f", "0123456789");
    begin(s, "/f", 10);
    put(s, 2, "ab");
    kx_stage_resize(s->stage, 10, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        bool equal = !CASES[i].equal;
        fake_files_put(s->client, "/theirs", CASES[i].theirs);
        assert_int_equal(kx_stage_load(s->stage, s->client, 10, NULL, NULL), 0);
        int result = kx_stage_compare(s->stage, s->client, "/theirs", NULL, NULL, &equal, NULL);
        assert_int_equal(result, 0);
        if (equal != CASES[i].equal) fail_msg("%s", CASES[i].theirs);
    }
}

static void a_whole_one_is_compared_to_the_last_byte(void **state)
{
    struct staging *s = *state;
    g_autofree char *data = g_strnfill(300000, 'd');
    begin(s, NULL, 0);
    put(s, 0, data);
    static const int AT[] = {0, 131072, 299999};
    for (size_t i = 0; i < G_N_ELEMENTS(AT); i++) {
        bool equal = false;
        fake_files_put(s->client, "/theirs", data);
        kx_stage_compare(s->stage, s->client, "/theirs", NULL, NULL, &equal, NULL);
        assert_true(equal);
        data[AT[i]] = 'X';
        fake_files_put(s->client, "/theirs", data);
        data[AT[i]] = 'd';
        kx_stage_compare(s->stage, s->client, "/theirs", NULL, NULL, &equal, NULL);
        assert_false(equal);
    }
}

/* --- room --- */

static void the_room_is_what_is_here(void **state)
{
    struct staging *s = *state;
    enum { SIZE = 400, MAX_BYTES = 150 };
    g_autoptr(GRand) chance = g_rand_new_with_seed(11);
    s->room.max_bytes = MAX_BYTES;
    int full = 0;
    for (int round = 0; round < 40; round++) {
        bool here[SIZE] = {false};
        begin(s, NULL, 0);
        for (int step = 0; step < 60; step++) {
            int at = g_rand_int_range(chance, 0, SIZE - 50), n = g_rand_int_range(chance, 1, 50);
            int more = 0, bytes = 0;
            g_autofree char *text = g_strnfill((gsize)n, 'x');
            if (step % 7 == 6) {
                assert_int_equal(kx_stage_resize(s->stage, at, NULL), 0);
                memset(here + at, 0, (size_t)(SIZE - at));
            } else {
                for (int i = at; i < at + n; i++)
                    more += !here[i];
                bool fits = s->room.used_bytes + more <= MAX_BYTES;
                assert_int_equal(put(s, at, text), fits ? 0 : -ENOSPC);
                full += !fits;
                if (fits) memset(here + at, 1, (size_t)n);
            }
            for (int i = 0; i < SIZE; i++)
                bytes += here[i];
            assert_int_equal(s->room.used_bytes, bytes);
        }
    }
    assert_true(full > 50);
}

static void no_room_says_so_and_loses_nothing(void **state)
{
    struct staging *s = *state;
    KX_ERROR_AUTO(err);
    s->room.max_bytes = 5;
    begin(s, NULL, 0);
    assert_int_equal(put(s, 0, "abcd"), 0);
    assert_int_equal(kx_stage_write(s->stage, 4, "efgh", 4, &err), -ENOSPC);
    expect_error(&err, ENOSPC, "stage_max");
    check_content(s, "abcd");
    assert_int_equal(put(s, 0, "ABCD"), 0); /* what is there takes no more */
    assert_int_equal(kx_stage_resize(s->stage, 2, NULL), 0);
    assert_int_equal(put(s, 2, "xyz"), 0);
    check_content(s, "ABxyz");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(only_what_was_written_is_here),
        stage_test(a_whole_one_needs_no_base),
        stage_test(old_bytes_do_not_come_back),
        stage_test(what_was_written_behind_the_record_is_not_there),
        stage_test(a_record_that_makes_no_sense_costs_no_byte),
        stage_test(a_copy_that_has_gone),
        stage_test(only_the_end),
        stage_test(only_more),
        stage_test(compared_where_it_is_here),
        stage_test(a_whole_one_is_compared_to_the_last_byte),
        stage_test(the_room_is_what_is_here),
        stage_test(no_room_says_so_and_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
