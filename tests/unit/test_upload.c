/* Bytes to a file against what real servers answered, and against servers that go away. */
#include "rest/upload.h"

#include <errno.h>
#include <string.h>

#include "scene.h"
#include "server.h"

static int create(struct scene *s, const char *path, bool overwrite, const char *text)
{
    const struct kx_create how = {.overwrite = overwrite, .create_parent = true};
    return kx_upload_small(s->client, path, &how, text, strlen(text), NULL, &s->err);
}

static void check_sent(struct scene *s, const char *expected)
{
    g_autoptr(GBytes) body = replay_body(s->replay);
    assert_int_equal(g_bytes_get_size(body), strlen(expected));
    assert_memory_equal(g_bytes_get_data(body, NULL), expected, strlen(expected));
}

static void tolerate_defaults(struct scene *s)
{
    replay_tolerate(s->replay, "overwrite");
    replay_tolerate(s->replay, "createparent");
}

static void a_file_is_created(void **state)
{
    struct scene *s = *state;
    tolerate_defaults(s);
    replay_load(s->replay, "create");
    scene_expect(s, create(s, "/rec/d/f.txt", false, "The quick brown fox"), 0);
    check_sent(s, "The quick brown fox");
    replay_load(s->replay, "create-empty");
    scene_expect(s, create(s, "/rec/d/empty", false, ""), 0);
    replay_load(s->replay, "create-expect-100");
    scene_expect(s, create(s, "/rec/d/expect.txt", false, "hello"), 0);
    check_sent(s, "hello");
}

static void what_is_wished_is_asked_for(void **state)
{
    struct scene *s = *state;
    const struct kx_create how = {.overwrite = true,
                                  .create_parent = true,
                                  .mode = 0600,
                                  .replication = 1,
                                  .block_bytes = 1048576};
    tolerate_defaults(s);
    replay_load(s->replay, "create-overwrite-true");
    scene_expect(s, kx_upload_small(s->client, "/rec/d/f2.txt", &how, "x", 1, NULL, &s->err), 0);
}

static void blocks_are_synced_where_it_is_wished(void **state)
{
    struct scene *s = *state;
    const struct kx_create how = {.overwrite = true, .sync_block = true};
    replay_redirect(s->replay, "PUT",
                    "/webhdfs/v1/f?op=CREATE&user.name=root&overwrite=true&createparent=false&"
                    "createflag=CREATE%2CSYNC_BLOCK",
                    "/webhdfs/v1/f?op=CREATE&datanode=1");
    replay_answer(s->replay, "PUT", "/webhdfs/v1/f?op=CREATE&datanode=1", 201, NULL);
    scene_expect(s, kx_upload_small(s->client, "/f", &how, "x", 1, NULL, &s->err), 0);
}

static void pieces_are_one_body(void **state)
{
    struct scene *s = *state;
    struct kx_upload *upload = NULL;
    replay_load(s->replay, "append");
    scene_expect(s, kx_upload_open(s->client, "/rec/d/f2.txt", NULL, NULL, &upload, &s->err), 0);
    scene_expect(s, kx_upload_write(upload, "app", 3, NULL, &s->err), 0);
    scene_expect(s, kx_upload_write(upload, "", 0, NULL, &s->err), 0);
    scene_expect(s, kx_upload_write(upload, "ended", 5, NULL, &s->err), 0);
    assert_int_equal(kx_upload_length(upload), 8);
    scene_expect(s, kx_upload_finish(upload, NULL, &s->err), 0);
    kx_upload_close(upload);
    check_sent(s, "appended");
}

static void httpfs_sends_to_itself(void **state)
{
    struct scene *s = *state;
    tolerate_defaults(s);
    replay_load(s->replay, "httpfs-create-no-data-param");
    replay_answer(s->replay, "PUT", "/webhdfs/v1/rec/h1?op=CREATE&data=true&user.name=root", 201,
                  "");
    scene_expect(s, create(s, "/rec/h1", false, "http fs"), 0);
    check_sent(s, "http fs");
    replay_load(s->replay, "httpfs-append-no-data-param");
    replay_load(s->replay, "httpfs-append");
    struct kx_upload *upload = NULL;
    scene_expect(s, kx_upload_open(s->client, "/rec/h2", NULL, NULL, &upload, &s->err), 0);
    scene_expect(s, kx_upload_write(upload, "more", 4, NULL, &s->err), 0);
    scene_expect(s, kx_upload_finish(upload, NULL, &s->err), 0);
    kx_upload_close(upload);
}

/* It makes the folders that are missing, so it is asked whether there is one. */
static void httpfs_makes_no_folder(void **state)
{
    struct scene *s = *state;
    const struct kx_create how = {.overwrite = true};
    const char *const asked = "/webhdfs/v1/d/data%3Dtrue/h?op=CREATE&user.name=root&overwrite=true&"
                              "createparent=false";
    const char *const target = "/webhdfs/v1/d/data%3Dtrue/h?op=CREATE&data=true&user.name=root";
    const char *const folder = "/webhdfs/v1/d/data%3Dtrue?op=GETFILESTATUS&user.name=root";
    replay_redirect(s->replay, "PUT", asked, target);
    replay_answer(
        s->replay, "GET", folder, 404,
        "{\"RemoteException\":{\"exception\":\"FileNotFoundException\",\"message\":\"\"}}");
    scene_expect(s, kx_upload_small(s->client, "/d/data=true/h", &how, "x", 1, NULL, &s->err),
                 -ENOENT);
    replay_redirect(s->replay, "PUT", asked, target);
    replay_answer(s->replay, "GET", folder, 200, "{\"FileStatus\":{}}");
    replay_answer(s->replay, "PUT", target, 201, NULL);
    scene_expect(s, kx_upload_small(s->client, "/d/data=true/h", &how, "y", 1, NULL, &s->err), 0);
    check_sent(s, "y");
    /* A name like its redirect's word is no such word. */
    replay_redirect(s->replay, "PUT", asked, "/webhdfs/v1/d/data%3Dtrue/h?op=CREATE&datanode=1");
    replay_answer(s->replay, "PUT", "/webhdfs/v1/d/data%3Dtrue/h?op=CREATE&datanode=1", 201, NULL);
    scene_expect(s, kx_upload_small(s->client, "/d/data=true/h", &how, "z", 1, NULL, &s->err), 0);
}

static void check_refused(struct scene *s, const char *name, const char *path, int expected,
                          const char *exception)
{
    replay_load(s->replay, name);
    scene_expect(s, create(s, path, false, "x"), expected);
    assert_error(&s->err, -expected, exception, NULL);
    assert_string_equal(s->err.op, "CREATE");
    assert_string_equal(s->err.path, path);
    assert_in_range(s->err.http_status, 400, 599);
}

static void refusals_come_with_their_reason(void **state)
{
    struct scene *s = *state;
    tolerate_defaults(s);
    check_refused(s, "create-exists-overwrite-false", "/rec/d/f.txt", -EEXIST,
                  "FileAlreadyExistsException");
    check_refused(s, "create-over-directory", "/rec/d/sub", -EISDIR, "FileAlreadyExistsException");
    check_refused(s, "create-parent-is-file", "/rec/d/f.txt/x", -ENOTDIR,
                  "ParentNotDirectoryException");
    check_refused(s, "create-createparent-false", "/rec/nodir/x", -ENOENT, "FileNotFoundException");
    check_refused(s, "create-in-snapshot", "/rec/snap/.snapshot/s1/z", -EROFS,
                  "SnapshotAccessControlException");
    check_refused(s, "create-storage-quota-exceeded", "/rec/q/f1", -EDQUOT,
                  "DSQuotaExceededException");
    check_refused(s, "safemode-create", "/rec/sm.txt", -EROFS, "SafeModeException");
    scene_user(s, "bob");
    check_refused(s, "denied-create", "/rec/newfile", -EACCES, "AccessControlException");
}

static int append(struct scene *s, const char *path)
{
    g_autoptr(kx_upload) upload = NULL;
    int rc = kx_upload_open(s->client, path, NULL, NULL, &upload, &s->err);
    if (rc == 0) rc = kx_upload_write(upload, "x", 1, NULL, &s->err);
    return rc < 0 ? rc : kx_upload_finish(upload, NULL, &s->err);
}

static void appends_are_refused(void **state)
{
    struct scene *s = *state;
    replay_load(s->replay, "append-missing"); /* by the NameNode, before any byte */
    scene_expect(s, append(s, "/rec/d/none"), -ENOENT);
    replay_load(s->replay, "append-directory");
    scene_expect(s, append(s, "/rec/d/sub"), -EISDIR);
    replay_load(s->replay, "safemode-append");
    scene_expect(s, append(s, "/rec/d/f2.txt"), -EROFS);
}

/* The NameNode's refusal, which the DataNode passes on. */
static void append_early(struct scene *s, const char *exception, const char *message)
{
    g_autofree char *body =
        g_strdup_printf("{\"RemoteException\":{\"exception\":\"%s\",\"javaClassName\":\"x.%s\","
                        "\"message\":\"%s\"}}",
                        exception, exception, message);
    replay_redirect(s->replay, "POST", "/webhdfs/v1/f?op=APPEND&user.name=root",
                    "/webhdfs/v1/f?op=APPEND&datanode=1");
    replay_answer(s->replay, "POST", "/webhdfs/v1/f?op=APPEND&datanode=1", 403, body);
}

static void an_append_waits_for_the_last_block(void **state)
{
    struct scene *s = *state;
    append_early(s, "IOException",
                 "append: lastBlock=blk_1_2 of src=/f is not sufficiently replicated yet.");
    append_early(s, "RetriableException",
                 "append: lastBlock=blk_1_2 of src=/f is COMMITTED but not yet COMPLETE.");
    replay_redirect(s->replay, "POST", "/webhdfs/v1/f?op=APPEND&user.name=root",
                    "/webhdfs/v1/f?op=APPEND&datanode=1");
    replay_answer(s->replay, "POST", "/webhdfs/v1/f?op=APPEND&datanode=1", 200, "");
    scene_expect(s, append(s, "/f"), 0);
    check_sent(s, "x");
    append_early(s, "AlreadyBeingCreatedException",
                 "Failed to APPEND_FILE /f for A on B because "
                 "this file lease is currently owned by C on D");
    scene_expect(s, append(s, "/f"), -EBUSY); /* somebody else writes: at once */
}

static void a_first_step_that_breaks_is_asked_again(void **state)
{
    struct scene *s = *state;
    tolerate_defaults(s);
    replay_answer(s->replay, "PUT", "/webhdfs/v1/rec/d/f.txt?op=CREATE&user.name=root", 0, "");
    replay_load(s->replay, "create");
    scene_expect(s, create(s, "/rec/d/f.txt", false, "bytes"), 0);
    check_sent(s, "bytes");
}

static void a_body_that_may_have_arrived_is_not_sent_again(void **state)
{
    struct scene *s = *state;
    tolerate_defaults(s);
    replay_load_cut(s->replay, "create");
    scene_expect(s, create(s, "/rec/d/f.txt", false, "bytes"), -EIO);
    assert_int_equal(s->err.http_status, 0);
    assert_false(s->err.unsent);
    assert_int_equal(replay_requests(s->replay), 2);
}

static void a_server_that_takes_the_name_without_the_bytes(void **state)
{
    struct scene *s = *state;
    tolerate_defaults(s);
    replay_answer(s->replay, "PUT", "/webhdfs/v1/f?op=CREATE&user.name=root", 201, "");
    scene_expect(s, create(s, "/f", false, "bytes"), -EPROTO);
}

/* --- servers in the middle of a body --- */

struct sink {
    GMutex mutex;
    GString *first_headers; /* of the first step */
    gint64 got;
    bool whole, done;
};

static void drain(struct connection *connection, void *context)
{
    struct sink *sink = context;
    struct request request;
    while (connection_read_head(connection, &request)) {
        bool first = !strstr(request.target, "step2");
        connection_read_body(connection, &request);
        g_mutex_lock(&sink->mutex);
        if (first) g_string_append(sink->first_headers, request.head);
        sink->got += request.body->len;
        sink->whole = request.whole;
        sink->done = !first;
        g_mutex_unlock(&sink->mutex);
        if (first) {
            g_autofree char *host = request_header(&request, "Host");
            connection_print(connection,
                             "HTTP/1.1 307 Go\r\nLocation: http://%s%s&step2\r\nContent-Length: 0"
                             "\r\n\r\n",
                             host, request.target);
        } else if (request.whole) {
            connection_print(connection, "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
        }
        request_clear(&request);
        if (!first) return;
    }
}

static void an_upload_that_is_dropped_never_looks_whole(void **state)
{
    (void)state;
    struct sink sink = {.first_headers = g_string_new(NULL)};
    struct server *server = server_new(drain, &sink);
    struct world *world = world_new(server_port(server), NULL);
    const struct kx_create how = {.overwrite = true};
    struct kx_upload *upload = NULL;
    char bytes[1000] = {0};
    assert_int_equal(kx_upload_open(world->client, "/f", &how, NULL, &upload, NULL), 0);
    for (int i = 0; i < 500; i++)
        assert_int_equal(kx_upload_write(upload, bytes, sizeof bytes, NULL, NULL), 0);
    kx_upload_close(upload);
    for (int i = 0; i < 200; i++) {
        g_mutex_lock(&sink.mutex);
        bool done = sink.done;
        g_mutex_unlock(&sink.mutex);
        if (done) break;
        g_usleep(10000);
    }
    world_free(world);
    server_free(server);
    assert_true(sink.done);
    assert_false(sink.whole);
    assert_null(strstr(sink.first_headers->str, "chunked")); /* the first step has no body */
    assert_non_null(strstr(sink.first_headers->str, "Content-Length: 0"));
    g_string_free(sink.first_headers, TRUE);
}

static void a_large_body_arrives(void **state)
{
    (void)state;
    struct sink sink = {.first_headers = g_string_new(NULL)};
    struct server *server = server_new(drain, &sink);
    struct world *world = world_new(server_port(server), NULL);
    const struct kx_create how = {.overwrite = true};
    gint64 length = (gint64)24 * 1024 * 1024 + 5;
    g_autofree char *bytes = g_malloc0((gsize)length);
    assert_int_equal(kx_upload_small(world->client, "/f", &how, bytes, (size_t)length, NULL, NULL),
                     0);
    world_free(world);
    server_free(server);
    assert_int_equal(sink.got, length);
    assert_true(sink.whole);
    g_string_free(sink.first_headers, TRUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(a_file_is_created),
        scene_test(what_is_wished_is_asked_for),
        scene_test(blocks_are_synced_where_it_is_wished),
        scene_test(pieces_are_one_body),
        scene_test(httpfs_sends_to_itself),
        scene_test(httpfs_makes_no_folder),
        scene_test(refusals_come_with_their_reason),
        scene_test(appends_are_refused),
        scene_test(an_append_waits_for_the_last_block),
        scene_test(a_first_step_that_breaks_is_asked_again),
        scene_test(a_body_that_may_have_arrived_is_not_sent_again),
        scene_test(a_server_that_takes_the_name_without_the_bytes),
        cmocka_unit_test(an_upload_that_is_dropped_never_looks_whole),
        cmocka_unit_test(a_large_body_arrives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
