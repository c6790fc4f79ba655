/* A range of a file over connections that break, and against what real servers answered. */
#include "rest/download.h"

#include <errno.h>
#include <string.h>

#include "fake.h"
#include "pulled.h"
#include "scene.h"

#define MIB ((gint64)1024 * 1024)

static const struct kx_version VERSION = {.file_id = 7, .mtime_ms = 5};

static int read_range(struct fake *f, gint64 offset, gint64 length,
                      const struct kx_version *version, gint64 *came)
{
    return pulled_range(f->client, "/f", offset, length, version, came, &f->err);
}

static struct fake *begin(const struct fake_answer *answers, unsigned count, int stall_ms)
{
    const struct world_options options = {.stall_ms = stall_ms};
    return fake_new(answers, count, &options);
}

static void check(const struct fake_answer *answers, unsigned count, gint64 offset, gint64 length,
                  const char *offsets)
{
    struct fake *f = begin(answers, count, 0);
    gint64 came;
    fake_expect(f, read_range(f, offset, length, &VERSION, &came), 0);
    assert_int_equal(came, length);
    assert_string_equal(f->offsets->str, offsets);
    assert_null(f->err.message);
    fake_free(f);
}

static void one_stream_when_all_is_well(void **state)
{
    (void)state;
    const struct fake_answer well[] = {{FAKE_WHOLE, 0}};
    check(well, 1, 0, 1, "0 ");
    check(well, 1, 0, 5 * MIB + 1, "0 ");
    check(well, 1, 1000 * MIB + 7, 3 * MIB, "1048576007 ");
}

static void a_cut_stream_goes_on_at_the_next_byte(void **state)
{
    (void)state;
    const struct fake_answer cuts[] = {
        {FAKE_CUT, 500}, {FAKE_CUT, MIB}, {FAKE_CUT, 1}, {FAKE_WHOLE, 0}};
    check(cuts, 4, 0, 3 * MIB, "0 500 1049076 1049077 ");
    check(cuts, 4, 10, 3 * MIB, "10 510 1049086 1049087 ");
}

static void a_short_body_is_never_the_end(void **state)
{
    (void)state;
    const struct fake_answer lies[] = {
        {FAKE_SHORT, 500}, {FAKE_SHORT, 131072}, {FAKE_SHORT, 0}, {FAKE_WHOLE, 0}};
    check(lies, 4, 0, MIB, "0 500 131572 131572 ");
}

static void more_than_asked_for_is_cut_off(void **state)
{
    (void)state;
    const struct fake_answer more[] = {{FAKE_LONG, 1000}};
    check(more, 1, 0, 100, "0 ");
    check(more, 1, 0, MIB + 100, "0 ");
}

static void a_silent_stream_is_opened_again(void **state)
{
    (void)state;
    const struct fake_answer answers[] = {{FAKE_SILENT, 1000}, {FAKE_WHOLE, 0}};
    struct fake *f = begin(answers, 2, 800);
    gint64 came, start = g_get_monotonic_time();
    fake_expect(f, read_range(f, 0, 10000, &VERSION, &came), 0);
    assert_int_equal(came, 10000);
    assert_true(g_get_monotonic_time() - start < 3 * G_USEC_PER_SEC);
    assert_string_equal(f->offsets->str, "0 1000 "); /* what has come is not asked for again */
    fake_free(f);
}

static void a_silent_server_is_given_up(void **state)
{
    (void)state;
    const struct fake_answer answers[] = {{FAKE_SILENT, 1000}, {FAKE_SILENT, 0}};
    struct fake *f = begin(answers, 2, 800);
    gint64 came, start = g_get_monotonic_time();
    fake_expect(f, read_range(f, 0, 10000, &VERSION, &came), -ETIMEDOUT);
    assert_int_equal(came, 1000);
    assert_int_equal(f->opens, 2);
    assert_true(g_get_monotonic_time() - start < 5 * G_USEC_PER_SEC);
    fake_free(f);
}

static void a_stream_that_never_gets_further_is_given_up(void **state)
{
    (void)state;
    const struct fake_answer answers[] = {{FAKE_CUT, 1000}, {FAKE_CUT, 0}};
    struct fake *f = begin(answers, 2, 600);
    gint64 came;
    fake_expect(f, read_range(f, 0, 10000, &VERSION, &came), -EIO);
    assert_int_equal(came, 1000);
    assert_in_range(f->opens, 3, 20);
    assert_string_equal(f->err.path, "/f");
    fake_free(f);
}

static void a_file_that_was_replaced_is_not_mixed(void **state)
{
    (void)state;
    const struct fake_answer answers[] = {{FAKE_CUT, 500}, {FAKE_WHOLE, 0}};
    struct fake *f = begin(answers, 2, 0);
    gint64 came;
    f->file_id = 8;
    fake_expect(f, read_range(f, 0, 10000, &VERSION, &came), -ESTALE);
    assert_int_equal(came, 500);
    assert_string_equal(f->offsets->str, "0 ");
    fake_free(f);
    f = begin(answers, 2, 0);
    f->file_id = 0; /* removed */
    fake_expect(f, read_range(f, 0, 10000, &VERSION, &came), -ESTALE);
    fake_free(f);
    f = begin(answers, 2, 0);
    f->file_id = 8;
    fake_expect(f, read_range(f, 0, 10000, NULL, &came), 0); /* the caller does not care */
    fake_free(f);
}

/* Opened by its name: a range behind the first byte is of the file that was known, or of none. */
static void a_range_of_another_file_is_refused(void **state)
{
    (void)state;
    const struct fake_answer well[] = {{FAKE_WHOLE, 0}};
    for (guint64 there = 0; there < 10; there += 8) { /* removed; replaced */
        struct fake *f = begin(well, 1, 0);
        gint64 came;
        f->file_id = there;
        fake_expect(f, read_range(f, 5000, 10000, &VERSION, &came), -ESTALE);
        assert_int_equal(came, 0);
        fake_free(f);
    }
    struct fake *f = begin(well, 1, 0);
    const struct kx_version appended_to = {.file_id = 7, .mtime_ms = 4};
    gint64 came;
    fake_expect(f, read_range(f, 5000, 10000, &appended_to, &came), 0);
    fake_free(f);
}

static void a_refusal_on_the_way_is_final(void **state)
{
    (void)state;
    const struct fake_answer answers[] = {{FAKE_CUT, 500}, {FAKE_REFUSE, 0}};
    struct fake *f = begin(answers, 2, 0);
    gint64 came;
    fake_expect(f, read_range(f, 0, 10000, NULL, &came), -ENOENT);
    assert_int_equal(came, 500);
    assert_int_equal(f->opens, 2);
    fake_free(f);
}

static void a_dead_datanode_is_no_obstacle(void **state)
{
    (void)state;
    const struct fake_answer answers[] = {{FAKE_NOWHERE, 0}, {FAKE_GATEWAY, 0}, {FAKE_WHOLE, 0}};
    struct fake *f = begin(answers, 3, 0);
    gint64 came;
    fake_expect(f, read_range(f, 0, 1000, NULL, &came), 0);
    assert_int_equal(came, 1000);
    assert_int_equal(f->redirects, 3);
    fake_free(f);
}

static void a_second_redirect_is_not_followed(void **state)
{
    (void)state;
    const struct fake_answer answers[] = {{FAKE_CIRCLE, 0}};
    struct fake *f = begin(answers, 1, 0);
    gint64 came;
    fake_expect(f, read_range(f, 0, 1000, NULL, &came), -EPROTO);
    assert_int_equal(f->err.http_status, 307);
    assert_int_equal(f->opens, 1);
    fake_free(f);
}

static gpointer fire_soon(gpointer cancel)
{
    g_usleep(150000);
    kx_cancel_fire(cancel);
    return NULL;
}

static void a_cancel_ends_a_pull(void **state)
{
    (void)state;
    const struct fake_answer answers[] = {{FAKE_SILENT, 0}};
    struct fake *f = begin(answers, 1, 0);
    struct kx_cancel *cancel = kx_cancel_new();
    const struct kx_call call = {.cancel = cancel};
    struct kx_download *download = NULL;
    struct kx_block *block = NULL;
    const struct kx_download_range range = {.path = "/f", .length = 100};
    fake_expect(f, kx_download_open(f->client, &range, &call, &download, &f->err), 0);
    GThread *thread = g_thread_new("fire", fire_soon, cancel);
    fake_expect(f, kx_download_pull(download, 100, &call, &block, &f->err), -EINTR);
    g_thread_join(thread);
    kx_download_close(download);
    kx_cancel_unref(cancel);
    fake_free(f);
}

/* A server that answers with the file itself, and its length untold. */
static void serve_itself(struct connection *connection, void *context)
{
    struct request request;
    (void)context;
    if (!connection_read_head(connection, &request)) return;
    request_clear(&request);
    if (connection_print(connection, "HTTP/1.1 200 OK\r\n\r\n"))
        connection_write_pattern(connection, 0, 64 * MIB);
}

/* The socket is full whenever a little is asked for. */
static void a_window_holds_from_the_first_byte_on(void **state)
{
    (void)state;
    struct server *server = server_new(serve_itself, NULL);
    struct world *world = world_new(server_port(server), NULL);
    const struct kx_download_range range = {
        .path = "/f", .length = 64 * MIB, .window_bytes = 2 * KX_BLOCK_BYTES};
    g_autoptr(kx_download) download = NULL;
    assert_int_equal(kx_download_open(world->client, &range, NULL, &download, NULL), 0);
    unsigned most = kx_pool_in_use(world->pool);
    for (int i = 0; i < 40; i++) {
        g_autoptr(kx_block) block = NULL;
        g_usleep(5000);
        assert_int_equal(kx_download_pull(download, 1, NULL, &block, NULL), 1);
        most = MAX(most, kx_pool_in_use(world->pool));
    }
    assert_in_range(most, 1, 2 + 2); /* and the one that was taken, and one that is begun */
    g_clear_pointer(&download, kx_download_close);
    world_free(world);
    server_free(server);
}

/* --- recorded --- */

static void read_text(struct scene *s, gint64 offset, gint64 length, const char *expected)
{
    struct kx_download *download = NULL;
    struct kx_block *block = NULL;
    const struct kx_download_range range = {
        .path = "/rec/d/f.txt", .offset = offset, .length = length};
    scene_expect(s, kx_download_open(s->client, &range, NULL, &download, &s->err), 0);
    scene_expect(s, kx_download_pull(download, (size_t)length, NULL, &block, &s->err), 1);
    assert_int_equal(block->length, strlen(expected));
    assert_memory_equal(block->data, expected, strlen(expected));
    kx_block_unref(block);
    scene_expect(s, kx_download_pull(download, 1, NULL, &block, &s->err), 0);
    kx_download_close(download);
}

#define FOX "The quick brown fox jumps over the lazy dog.\n"

static void recorded_reads(void **state)
{
    struct scene *s = *state;
    replay_load(s->replay, "open-offset-length");
    read_text(s, 4, 5, "quick");
    replay_load(s->replay, "httpfs-open-offset-length"); /* no redirect */
    read_text(s, 4, 5, "quick");
    replay_tolerate(s->replay, "offset");
    replay_tolerate(s->replay, "length");
    replay_load(s->replay, "open");
    read_text(s, 0, 45, FOX);
    replay_load(s->replay, "safemode-open");
    read_text(s, 0, 45, FOX);
    replay_load(s->replay, "httpfs-open");
    read_text(s, 0, 45, FOX);
}

static void check_refused(struct scene *s, const char *name, const char *path, int expected)
{
    struct kx_download *download = NULL;
    replay_load(s->replay, name);
    const struct kx_download_range range = {.path = path, .offset = 45, .length = 1};
    int rc = kx_download_open(s->client, &range, NULL, &download, &s->err);
    scene_expect(s, rc, expected);
    assert_null(download);
    assert_string_equal(s->err.op, "OPEN");
    assert_string_equal(s->err.path, path);
}

static void recorded_refusals(void **state)
{
    struct scene *s = *state;
    replay_tolerate(s->replay, "offset");
    replay_tolerate(s->replay, "length");
    check_refused(s, "open-missing", "/rec/d/none", -ENOENT);
    check_refused(s, "open-directory", "/rec/d", -EISDIR);
    check_refused(s, "datanode-open-deleted", "/rec/d/gone", -ENOENT);
    check_refused(s, "open-offset-at-end", "/rec/d/f.txt", -ESTALE);
    check_refused(s, "httpfs-open-missing", "/rec/d/none", -ENOENT);
    check_refused(s, "httpfs-open-directory", "/rec/d", -EISDIR);
    check_refused(s, "httpfs-open-offset-beyond-end", "/rec/d/f.txt", -ESTALE);
    scene_user(s, "bob");
    check_refused(s, "open-permission-denied", "/rec/d/f2.txt", -EACCES);
    check_refused(s, "httpfs-open-denied", "/rec/d/f2.txt", -EACCES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_stream_when_all_is_well),
        cmocka_unit_test(a_cut_stream_goes_on_at_the_next_byte),
        cmocka_unit_test(a_short_body_is_never_the_end),
        cmocka_unit_test(more_than_asked_for_is_cut_off),
        cmocka_unit_test(a_silent_stream_is_opened_again),
        cmocka_unit_test(a_silent_server_is_given_up),
        cmocka_unit_test(a_stream_that_never_gets_further_is_given_up),
        cmocka_unit_test(a_file_that_was_replaced_is_not_mixed),
        cmocka_unit_test(a_range_of_another_file_is_refused),
        cmocka_unit_test(a_refusal_on_the_way_is_final),
        cmocka_unit_test(a_dead_datanode_is_no_obstacle),
        cmocka_unit_test(a_second_redirect_is_not_followed),
        cmocka_unit_test(a_cancel_ends_a_pull),
        cmocka_unit_test(a_window_holds_from_the_first_byte_on),
        scene_test(recorded_reads),
        scene_test(recorded_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
