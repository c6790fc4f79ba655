/* A file that another client writes: when it is looked for, and what is read behind the length that
 * the NameNode knows. */
#include "fs/data/growth.h"

#include <errno.h>

#include "rest/inodes.h"
#include "rest/visible.h"
#include "writing.h"

#define PERIOD KX_GROWTH_PERIOD_MS

/* What the server says, and how often it was asked. One test at a time. */
struct server {
    bool written, unknown;
    int64_t visible, at;
    int looks, lengths, opens, pulls;
    struct kx_extent part;
    char path[64];
};

struct kx_transfer {
    char alive;
};

static struct server *server(void)
{
    static struct server one;
    return &one;
}

int kx_visible_is_written(struct kx_client *client, const char *path, const struct kx_call *call,
                          bool *out, struct kx_error *err)
{
    (void)client, (void)call;
    server()->looks++;
    g_strlcpy(server()->path, path, sizeof(server()->path));
    if (server()->unknown) return kx_error_set(err, EOPNOTSUPP, "no such operation");
    *out = server()->written;
    return 0;
}

int kx_visible_length(struct kx_client *client, const char *path, int64_t known,
                      const struct kx_call *call, int64_t *out, struct kx_error *err)
{
    (void)client, (void)path, (void)call, (void)err;
    server()->lengths++;
    *out = MAX(known, server()->visible);
    return 0;
}

int kx_visible_open(struct kx_client *client, const char *path, int64_t known,
                    const struct kx_extent *part, const struct kx_call *call,
                    struct kx_transfer **out, int64_t *at, struct kx_error *err)
{
    (void)client, (void)path, (void)known, (void)call, (void)err;
    server()->opens++;
    server()->part = *part;
    *at = server()->at;
    *out = g_new0(struct kx_transfer, 1);
    return 0;
}

/* Blocks of ten bytes, each with the number of its place: 0 at first. */
int kx_transfer_pull(struct kx_transfer *transfer, size_t want, const struct kx_limits *limits,
                     struct kx_block **out, struct kx_error *err)
{
    (void)transfer, (void)want, (void)limits, (void)err;
    int64_t at = server()->at + 10 * server()->pulls++;
    if (at >= server()->visible) return 0;
    static struct kx_pool *pool;
    if (!pool) pool = kx_pool_new(0);
    *out = kx_pool_take(pool);
    (*out)->length = (size_t)MIN(10, server()->visible - at);
    for (size_t i = 0; i < (*out)->length; i++)
        (*out)->data[i] = (char)(at + (int64_t)i);
    return 1;
}

void kx_transfer_free(struct kx_transfer *transfer)
{
    g_free(transfer);
}

struct kx_limits kx_client_body_limits(const struct kx_client *client, const struct kx_call *call)
{
    (void)client, (void)call;
    return (struct kx_limits){0};
}

char *kx_inodes_path(struct kx_client *client, const char *path, uint64_t file_id)
{
    (void)client, (void)path;
    return g_strdup_printf("/.reserved/.inodes/%u", (unsigned)file_id);
}

static struct kx_status status_of(int64_t length)
{
    return (struct kx_status){.file_id = 77, .mtime_ms = 5, .length = length, .block_bytes = 100};
}

static struct kx_inode *made(struct writing *w, int64_t length)
{
    *server() = (struct server){.written = true};
    const struct kx_status status = status_of(length);
    return kx_inodes_adopt(w->mount.inodes, w->d, "f", &status, UINT64_MAX, w->clock.now);
}

static void an_empty_file_is_looked_at_when_it_is_opened(void **state)
{
    struct writing *w = *state;
    g_autoptr(kx_inode) empty = made(w, 0);
    server()->visible = 64;
    kx_growth_opened(&w->mount, empty, NULL);
    assert_int_equal(kx_inode_visible(empty), 64);
    assert_string_equal(server()->path, "/.reserved/.inodes/77");
    kx_growth_opened(&w->mount, empty, NULL); /* it does not look empty any more */
    assert_int_equal(server()->looks, 1);
}

static void others_are_not(void **state)
{
    struct writing *w = *state;
    g_autoptr(kx_inode) inode = made(w, 50);
    kx_growth_opened(&w->mount, inode, NULL);
    assert_int_equal(server()->looks, 0);
}

static void what_nobody_writes_is_as_long_as_it_is(void **state)
{
    struct writing *w = *state;
    g_autoptr(kx_inode) inode = made(w, 0);
    server()->written = false;
    server()->visible = 64;
    kx_growth_opened(&w->mount, inode, NULL);
    assert_int_equal(kx_inode_visible(inode), 0);
    assert_int_equal(server()->lengths, 0);
    server()->unknown = true; /* a server that cannot say who writes: its length is asked for */
    kx_growth_opened(&w->mount, inode, NULL);
    assert_int_equal(kx_inode_visible(inode), 64);
}

/* Only a file of whole blocks can have one more that does not count yet. */
static void the_end_of_whole_blocks(void **state)
{
    struct writing *w = *state;
    g_autoptr(kx_inode) inode = made(w, 200);
    struct kx_status whole = status_of(200), part = status_of(250);
    kx_inode_note_reader(inode, true);
    kx_growth_met_end(&w->mount, inode, &part, NULL);
    assert_int_equal(server()->looks, 0);
    kx_inode_note_reader(inode, false);
    kx_inode_note_reader(inode, true); /* opened again */
    server()->visible = 230;
    kx_growth_met_end(&w->mount, inode, &whole, NULL);
    assert_int_equal(kx_inode_visible(inode), 230);
    kx_growth_met_end(&w->mount, inode, &whole, NULL); /* once only */
    assert_int_equal(server()->looks, 1);
    kx_inode_note_reader(inode, false);
}

/* The answer is of the file that was asked about. */
static void another_version_has_another_length(void **state)
{
    struct writing *w = *state;
    g_autoptr(kx_inode) inode = made(w, 0);
    const struct kx_status other = {.file_id = 78, .mtime_ms = 5};
    assert_false(kx_inode_note_visible(inode, &other, 99));
    assert_int_equal(kx_inode_visible(inode), 0);
}

/* tail -f: it has met the end, and asks again and again. */
static void who_follows_it_asks_twice_a_second_at_most(void **state)
{
    struct writing *w = *state;
    w->options.attr_timeout_s = 60;
    fake_files_put(w->client, "/d/f", "");
    const struct kx_status status = {.file_id = fake_files_id(w->client, "/d/f"),
                                     .mtime_ms = fake_files_mtime(w->client, "/d/f"),
                                     .block_bytes = 100};
    *server() = (struct server){.written = true, .visible = 64};
    g_autoptr(kx_inode) inode =
        kx_inodes_adopt(w->mount.inodes, w->d, "f", &status, UINT64_MAX, w->clock.now);
    kx_inode_note_reader(inode, true);
    assert_int_equal(kx_growth_asked(&w->mount, inode, NULL, NULL), 0);
    assert_int_equal(server()->looks, 0); /* nobody has met the end */
    kx_inode_met_end(inode);
    for (int i = 0; i < 30; i++) {
        assert_int_equal(kx_growth_asked(&w->mount, inode, NULL, NULL), 0);
        fake_clock_pass(&w->clock, PERIOD / 10);
    }
    assert_in_range(server()->looks, 2, 3);
    assert_int_equal(kx_inode_visible(inode), 64);
    kx_inode_note_reader(inode, false);
}

static void check_part(struct writing *w, int64_t from, int64_t to, int64_t length)
{
    const struct kx_status status = status_of(40);
    struct kx_slices out;
    kx_slices_init(&out);
    server()->pulls = 0;
    int rc =
        kx_growth_read(&w->mount, "/d/f", &status, (struct kx_range){from, to}, NULL, &out, NULL);
    assert_int_equal(rc, 0);
    assert_int_equal(out.length, length);
    int64_t at = from;
    for (guint i = 0; i < out.pieces->len; i++) {
        const struct iovec *piece = &g_array_index(out.pieces, struct iovec, i);
        for (size_t j = 0; j < piece->iov_len; j++)
            assert_int_equal(((const char *)piece->iov_base)[j], (char)at++);
    }
    assert_int_equal(at, from + length);
    kx_slices_clear(&out);
}

/* The stream begins before the part: what is not asked for is left out, to the byte. */
static void bytes_behind_the_known_length(void **state)
{
    struct writing *w = *state;
    *server() = (struct server){.at = 39, .visible = 75};
    check_part(w, 40, 41, 1);
    check_part(w, 40, 60, 20);
    check_part(w, 55, 57, 2);
    check_part(w, 59, 69, 10);
    check_part(w, 70, 90, 5); /* there are no more */
    check_part(w, 75, 90, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        writing_test(an_empty_file_is_looked_at_when_it_is_opened),
        writing_test(others_are_not),
        writing_test(what_nobody_writes_is_as_long_as_it_is),
        writing_test(the_end_of_whole_blocks),
        writing_test(another_version_has_another_length),
        writing_test(who_follows_it_asks_twice_a_second_at_most),
        writing_test(bytes_behind_the_known_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
