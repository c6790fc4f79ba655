/* Names and attributes against what a real server answered. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "rest/webhdfs.h"
#include "scene.h"

static void stat_of_a_file(void **state)
{
    struct scene *s = *state;
    struct kx_status status;
    replay_load(s->replay, "getfilestatus-file");
    scene_expect(s, kx_webhdfs_stat(s->client, "/rec/d/f.txt", NULL, &status, &s->err), 0);
    assert_int_equal(status.length, 45);
    assert_string_equal(status.owner, "root");
    assert_null(s->err.message);
    kx_status_clear(&status);
}

static void stat_of_the_root(void **state)
{
    struct scene *s = *state;
    struct kx_status status;
    replay_load(s->replay, "getfilestatus-root");
    scene_expect(s, kx_webhdfs_stat(s->client, "/", NULL, &status, &s->err), 0);
    assert_int_equal(status.type, KX_TYPE_DIRECTORY);
    kx_status_clear(&status);
}

static void stat_of_nothing_keeps_the_whole_reason(void **state)
{
    struct scene *s = *state;
    struct kx_status status;
    replay_load(s->replay, "getfilestatus-missing");
    scene_expect(s, kx_webhdfs_stat(s->client, "/rec/d/none", NULL, &status, &s->err), -ENOENT);
    assert_error(&s->err, ENOENT, "FileNotFoundException", "File does not exist: /rec/d/none");
    assert_int_equal(s->err.http_status, 404);
    assert_string_equal(s->err.op, "GETFILESTATUS");
    assert_string_equal(s->err.path, "/rec/d/none");
    assert_non_null(strstr(s->err.request, "GET http://127.0.0.1:"));
    assert_non_null(strstr(s->err.request, "/webhdfs/v1/rec/d/none?op=GETFILESTATUS"));
}

static void an_error_is_optional(void **state)
{
    struct scene *s = *state;
    struct kx_status status;
    replay_load(s->replay, "getfilestatus-missing");
    assert_int_equal(kx_webhdfs_stat(s->client, "/rec/d/none", NULL, &status, NULL), -ENOENT);
    assert_int_equal(kx_webhdfs_stat(s->client, "/a:b", NULL, &status, NULL), -EINVAL);
}

static void stat_without_rights(void **state)
{
    struct scene *s = *state;
    struct kx_status status;
    scene_user(s, "bob");
    replay_load(s->replay, "denied-getfilestatus-inside");
    replay_load(s->replay, "getfilestatus-below-file-bob");
    scene_expect(s, kx_webhdfs_stat(s->client, "/rec/priv/x", NULL, &status, &s->err), -EACCES);
    assert_error(&s->err, EACCES, "AccessControlException", "access=EXECUTE");
    scene_expect(s, kx_webhdfs_stat(s->client, "/rec/d/f.txt/x", NULL, &status, &s->err), -ENOTDIR);
}

static void a_bad_user_and_httpfs_errors(void **state)
{
    struct scene *s = *state;
    struct kx_status status;
    scene_user(s, "no such user!");
    replay_answer(s->replay, "GET",
                  "/webhdfs/v1/rec/d/f.txt?op=GETFILESTATUS&user.name=no%20such%20user%21", 400,
                  "{\"RemoteException\":{\"exception\":\"IllegalArgumentException\",\"message\":"
                  "\"Invalid value for webhdfs parameter \\\"user.name\\\"\"}}");
    scene_expect(s, kx_webhdfs_stat(s->client, "/rec/d/f.txt", NULL, &status, &s->err), -EINVAL);
    scene_user(s, "root");
    replay_load(s->replay, "httpfs-getfilestatus-missing");
    scene_expect(s, kx_webhdfs_stat(s->client, "/rec/d/none", NULL, &status, &s->err), -ENOENT);
    assert_error(&s->err, ENOENT, "FileNotFoundException", "/rec/d/none");
}

static void mkdirs(void **state)
{
    struct scene *s = *state;
    replay_load(s->replay, "mkdirs");
    scene_expect(s, kx_webhdfs_mkdirs(s->client, "/rec/d/sub", 0755, NULL, &s->err), 0);
    replay_tolerate(s->replay, "permission");
    replay_load(s->replay, "mkdirs-existing");
    scene_expect(s, kx_webhdfs_mkdirs(s->client, "/rec/d/sub", 0755, NULL, &s->err), 0);
    replay_load(s->replay, "mkdirs-over-file");
    scene_expect(s, kx_webhdfs_mkdirs(s->client, "/rec/d/f.txt", 0755, NULL, &s->err), -EEXIST);
    replay_load(s->replay, "mkdirs-below-file");
    scene_expect(s, kx_webhdfs_mkdirs(s->client, "/rec/d/f.txt/x", 0755, NULL, &s->err), -ENOTDIR);
    replay_load(s->replay, "mkdirs-namespace-quota-exceeded");
    scene_expect(s, kx_webhdfs_mkdirs(s->client, "/rec/q/d1", 0755, NULL, &s->err), -EDQUOT);
    replay_load(s->replay, "safemode-mkdirs");
    scene_expect(s, kx_webhdfs_mkdirs(s->client, "/rec/sm", 0755, NULL, &s->err), -EROFS);
    assert_error(&s->err, EROFS, "SafeModeException", "safe mode");
    replay_load(s->replay, "mkdirs-semicolon");
    scene_expect(s, kx_webhdfs_mkdirs(s->client, "/rec/names/semi%3Bdir", 0755, NULL, &s->err), 0);
}

static void mkdirs_that_no_server_is_asked_for(void **state)
{
    struct scene *s = *state;
    scene_expect(s, kx_webhdfs_mkdirs(s->client, "/rec/names/a:b", 0755, NULL, &s->err), -EINVAL);
    assert_error(&s->err, EINVAL, NULL, "':'");
    assert_string_equal(s->err.op, "MKDIRS");
    scene_expect(s, kx_webhdfs_mkdirs(s->client, "/rec/../x", 0755, NULL, &s->err), -EINVAL);
    scene_expect(s, kx_webhdfs_mkdirs(s->client, "/rec//y", 0755, NULL, &s->err), -EINVAL);
    assert_int_equal(replay_requests(s->replay), 0);
}

static void mkdirs_denied(void **state)
{
    struct scene *s = *state;
    scene_user(s, "bob");
    replay_tolerate(s->replay, "permission");
    replay_load(s->replay, "denied-mkdirs");
    scene_expect(s, kx_webhdfs_mkdirs(s->client, "/rec/newdir", 0755, NULL, &s->err), -EACCES);
    assert_int_equal(s->err.http_status, 403);
    replay_load(s->replay, "httpfs-denied-mkdirs");
    scene_expect(s, kx_webhdfs_mkdirs(s->client, "/rec/newdir", 0755, NULL, &s->err), -EACCES);
    assert_int_equal(s->err.http_status, 500);
}

static void deletes(void **state)
{
    struct scene *s = *state;
    replay_tolerate(s->replay, "recursive");
    replay_load(s->replay, "delete-file");
    scene_expect(s, kx_webhdfs_delete(s->client, "/rec/ren/r3", false, NULL, &s->err), 0);
    replay_load(s->replay, "delete-missing");
    scene_expect(s, kx_webhdfs_delete(s->client, "/rec/ren/r3", false, NULL, &s->err), -ENOENT);
    assert_error(&s->err, ENOENT, NULL, "nothing to delete");
    assert_string_equal(s->err.op, "DELETE");
    replay_load(s->replay, "delete-nonempty");
    scene_expect(s, kx_webhdfs_delete(s->client, "/rec/ren", false, NULL, &s->err), -ENOTEMPTY);
    replay_load(s->replay, "httpfs-delete-missing");
    scene_expect(s, kx_webhdfs_delete(s->client, "/rec/none", false, NULL, &s->err), -ENOENT);
    replay_load(s->replay, "httpfs-delete-nonempty");
    scene_expect(s, kx_webhdfs_delete(s->client, "/rec/hd", false, NULL, &s->err), -ENOTEMPTY);
    replay_load(s->replay, "delete-with-snapshots");
    scene_expect(s, kx_webhdfs_delete(s->client, "/rec/snap", true, NULL, &s->err), -EBUSY);
    scene_expect(s, kx_webhdfs_delete(s->client, "/", true, NULL, &s->err), -EBUSY);
}

static void delete_recursive(void **state)
{
    struct scene *s = *state;
    replay_load(s->replay, "delete-recursive");
    scene_expect(s, kx_webhdfs_delete(s->client, "/rec/ren", true, NULL, &s->err), 0);
}

static void setters(void **state)
{
    struct scene *s = *state;
    struct kx_client *c = s->client;
    replay_load(s->replay, "setpermission");
    scene_expect(s, kx_webhdfs_set_permission(c, "/rec/d/f.txt", 0640, NULL, &s->err), 0);
    replay_load(s->replay, "setpermission-sticky");
    scene_expect(s, kx_webhdfs_set_permission(c, "/rec/d/sub", 01777, NULL, &s->err), 0);
    replay_load(s->replay, "setowner");
    scene_expect(s, kx_webhdfs_set_owner(c, "/rec/d/f.txt", "alice", "users", NULL, &s->err), 0);
    scene_expect(s, kx_webhdfs_set_owner(c, "/rec/d/f.txt", NULL, NULL, NULL, &s->err), 0);
    replay_load(s->replay, "settimes");
    scene_expect(
        s, kx_webhdfs_set_times(c, "/rec/d/f.txt", 1600000000123, 1600000001456, NULL, &s->err), 0);
    replay_load(s->replay, "settimes-dir");
    scene_expect(s, kx_webhdfs_set_times(c, "/rec/d/sub", 1600000000123, -1, NULL, &s->err), 0);
    replay_load(s->replay, "safemode-settimes");
    scene_expect(s, kx_webhdfs_set_times(c, "/rec/d/f.txt", 1600000000123, -1, NULL, &s->err),
                 -EROFS);
    replay_load(s->replay, "setreplication");
    scene_expect(s, kx_webhdfs_set_replication(c, "/rec/d/f.txt", 2, NULL, &s->err), 0);
    replay_load(s->replay, "setreplication-dir");
    scene_expect(s, kx_webhdfs_set_replication(c, "/rec/d/sub", 2, NULL, &s->err), -EINVAL);
    replay_load(s->replay, "httpfs-settimes");
    scene_expect(
        s, kx_webhdfs_set_times(c, "/rec/d/f.txt", 1600000000123, 1600000001456, NULL, &s->err), 0);
}

static void setters_denied(void **state)
{
    struct scene *s = *state;
    scene_user(s, "bob");
    replay_load(s->replay, "denied-setpermission");
    scene_expect(s, kx_webhdfs_set_permission(s->client, "/rec/d/f.txt", 0777, NULL, &s->err),
                 -EPERM);
    replay_load(s->replay, "setowner-not-super");
    scene_expect(s, kx_webhdfs_set_owner(s->client, "/rec/d/f.txt", "bob", NULL, NULL, &s->err),
                 -EPERM);
    replay_load(s->replay, "httpfs-setowner-denied");
    scene_expect(s, kx_webhdfs_set_owner(s->client, "/rec/d/f.txt", "bob", "users", NULL, &s->err),
                 -EPERM);
}

static void truncates(void **state)
{
    struct scene *s = *state;
    bool done = false;
    replay_load(s->replay, "truncate-block-boundary");
    scene_expect(s, kx_webhdfs_truncate(s->client, "/rec/d/t.bin", 8192, NULL, &done, &s->err), 0);
    assert_true(done);
    replay_load(s->replay, "truncate-inside-block");
    scene_expect(s, kx_webhdfs_truncate(s->client, "/rec/d/t.bin", 5000, NULL, &done, &s->err), 0);
    assert_false(done);
    replay_load(s->replay, "truncate-again-too-soon");
    scene_expect(s, kx_webhdfs_truncate(s->client, "/rec/d/t.bin", 4500, NULL, &done, &s->err),
                 -EBUSY);
    replay_load(s->replay, "truncate-larger");
    scene_expect(s, kx_webhdfs_truncate(s->client, "/rec/d/t.bin", 100000, NULL, &done, &s->err),
                 -EINVAL);
    replay_load(s->replay, "httpfs-truncate");
    scene_expect(s, kx_webhdfs_truncate(s->client, "/rec/h8", 0, NULL, &done, &s->err), 0);
    assert_true(done);
}

static void concat(void **state)
{
    struct scene *s = *state;
    const char *const two[] = {"/rec/concat/c2", "/rec/concat/c3", NULL};
    const char *const missing[] = {"/rec/concat/c9", NULL};
    const char *const comma[] = {"/rec/a,b", NULL}, *const none[] = {NULL};
    replay_load(s->replay, "concat");
    scene_expect(s, kx_webhdfs_concat(s->client, "/rec/concat/c1", two, NULL, &s->err), 0);
    replay_load(s->replay, "concat-missing");
    scene_expect(s, kx_webhdfs_concat(s->client, "/rec/concat/c1", missing, NULL, &s->err),
                 -ENOENT);
    scene_expect(s, kx_webhdfs_concat(s->client, "/rec/concat/c1", none, NULL, &s->err), 0);
    scene_expect(s, kx_webhdfs_concat(s->client, "/rec/concat/c1", comma, NULL, &s->err), -EINVAL);
}

static void check_access(void **state)
{
    struct scene *s = *state;
    scene_user(s, "alice");
    replay_load(s->replay, "checkaccess-ok");
    scene_expect(s, kx_webhdfs_check_access(s->client, "/rec/d/f.txt", R_OK, NULL, &s->err), 0);
    scene_user(s, "bob");
    replay_load(s->replay, "checkaccess-denied");
    scene_expect(s, kx_webhdfs_check_access(s->client, "/rec/d/f.txt", W_OK, NULL, &s->err),
                 -EACCES);
}

static void answers_that_make_no_sense(void **state)
{
    struct scene *s = *state;
    struct kx_status status;
    replay_answer(s->replay, "GET", "/webhdfs/v1/x?op=GETFILESTATUS&user.name=root", 200, "{}");
    scene_expect(s, kx_webhdfs_stat(s->client, "/x", NULL, &status, &s->err), -EPROTO);
    assert_string_equal(s->err.path, "/x");
    replay_answer(s->replay, "GET", "/webhdfs/v1/x?op=GETFILESTATUS&user.name=root", 200,
                  "<html>welcome</html>");
    scene_expect(s, kx_webhdfs_stat(s->client, "/x", NULL, &status, &s->err), -EPROTO);
    replay_answer(s->replay, "GET", "/webhdfs/v1/x?op=GETFILESTATUS&user.name=root", 204, "");
    scene_expect(s, kx_webhdfs_stat(s->client, "/x", NULL, &status, &s->err), -EPROTO);
    replay_answer(s->replay, "GET", "/webhdfs/v1/x?op=GETFILESTATUS&user.name=root", 404,
                  "<html><title>no such page</title>");
    scene_expect(s, kx_webhdfs_stat(s->client, "/x", NULL, &status, &s->err), -EPROTO);
    assert_error(&s->err, EPROTO, NULL, "no such page");
    g_autofree char *flood = g_strnfill(2 * 1024 * 1024, ' ');
    replay_answer(s->replay, "GET", "/webhdfs/v1/x?op=GETFILESTATUS&user.name=root", 200, flood);
    scene_expect(s, kx_webhdfs_stat(s->client, "/x", NULL, &status, &s->err), -EMSGSIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(stat_of_a_file),
        scene_test(stat_of_the_root),
        scene_test(stat_of_nothing_keeps_the_whole_reason),
        scene_test(an_error_is_optional),
        scene_test(stat_without_rights),
        scene_test(a_bad_user_and_httpfs_errors),
        scene_test(mkdirs),
        scene_test(mkdirs_that_no_server_is_asked_for),
        scene_test(mkdirs_denied),
        scene_test(deletes),
        scene_test(delete_recursive),
        scene_test(setters),
        scene_test(setters_denied),
        scene_test(truncates),
        scene_test(concat),
        scene_test(check_access),
        scene_test(answers_that_make_no_sense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
