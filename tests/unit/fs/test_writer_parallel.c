/* A large file sent in parts that are joined. */
#include <errno.h>

#include "writing.h"

#define BLOCK 16

static void set_parallel(struct writing *w)
{
    w->options.parallel_upload = 3;
    w->options.block_bytes = BLOCK;
}

static char *text_of(gsize length)
{
    char *text = g_malloc(length + 1);
    for (gsize i = 0; i < length; i++)
        text[i] = (char)('a' + (i * 7 + i / BLOCK) % 26);
    text[length] = '\0';
    return text;
}

static unsigned count(const char *requests, const char *word)
{
    unsigned n = 0;
    for (const char *at = requests; (at = strstr(at, word)); at++)
        n++;
    return n;
}

/* @return how many parts it was sent in; 0: one stream. */
static unsigned copy(struct writing *w, gsize length)
{
    g_autofree char *text = text_of(length);
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    writing_put(writer, 0, text);
    writing_publish(writer);
    g_autofree char *requests = fake_files_requests(w->client);
    kx_writer_close(writer);
    writing_check_only(w, text);
    unsigned created = count(requests, "CREATE ");
    assert_int_equal(count(requests, "CONCAT "), created > 1 ? (created + 6) / 8 : 0);
    return created > 1 ? created : 0;
}

static void parts_are_whole_blocks(void **state)
{
    struct writing *w = *state;
    set_parallel(w);
    static const struct {
        gsize length;
        unsigned parts;
    } CASES[] = {{1, 0},           {BLOCK, 0},           {BLOCK + 1, 2},
                 {2 * BLOCK, 2},   {2 * BLOCK + 1, 3},   {9 * BLOCK, 9},
                 {64 * BLOCK, 64}, {64 * BLOCK + 1, 33}, {200 * BLOCK, 50}};
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        assert_int_equal(copy(w, CASES[i].length), CASES[i].parts);
        kx_webhdfs_delete(w->client, "/d/a", false, NULL, NULL);
        kx_inodes_remove(w->mount.inodes, w->d, "a");
        g_clear_pointer(&w->inode, kx_inode_unref);
    }
}

static void a_part_that_fails_leaves_nothing_and_is_tried_again(void **state)
{
    struct writing *w = *state;
    set_parallel(w);
    static const char *const STEPS[] = {"CREATE", "WRITE", "FINISH", "CONCAT", "REPLACE"};
    g_autofree char *text = text_of(5 * BLOCK + 3);
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    for (size_t i = 0; i < G_N_ELEMENTS(STEPS); i++) {
        KX_ERROR_AUTO(err);
        text[i] = 'X';
        writing_put(writer, 0, text);
        fake_files_fail(w->client, STEPS[i], EIO, false);
        assert_int_equal(kx_writer_publish(writer, NULL, &err), -EIO);
        writing_check_file(w, "/d/a", NULL);
    }
    writing_publish(writer);
    kx_writer_close(writer);
    writing_check_only(w, text);
}

static void a_server_that_does_not_join_gets_one_stream(void **state)
{
    struct writing *w = *state;
    set_parallel(w);
    g_autofree char *text = text_of(3 * BLOCK);
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    writing_put(writer, 0, text);
    fake_files_fail(w->client, "CONCAT", ENOTSUP, false);
    writing_publish(writer);
    text[0] = '!';
    writing_put(writer, 0, text);
    writing_publish(writer);
    kx_writer_close(writer);
    g_autofree char *requests = fake_files_requests(w->client);
    assert_int_equal(count(requests, "CONCAT "), 1); /* it is not asked again */
    writing_check_only(w, text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        writing_test(parts_are_whole_blocks),
        writing_test(a_part_that_fails_leaves_nothing_and_is_tried_again),
        writing_test(a_server_that_does_not_join_gets_one_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
