/* The answer never comes: was it done? Each operation whose result can stay unknown looks. */
#include <errno.h>
#include <string.h>

#include "rest/webhdfs.h"
#include "scene.h"

/* Knox 2.0.0's page, its title as recorded. */
#define KNOX_500                                                                                   \
    "<html><head>\n<title>Error 500 javax.servlet.ServletException: "                              \
    "javax.servlet.ServletException: org.apache.shiro.subject.ExecutionException: "                \
    "java.security.PrivilegedActionException: java.io.IOException: Service connectivity "          \
    "error.</title>\n</head></html>"
#define OP(path, op) "/webhdfs/v1" path "?op=" op "&user.name=root"
#define STAT(path)   OP(path, "GETFILESTATUS")
#define MISSING                                                                                    \
    "{\"RemoteException\":{\"exception\":\"FileNotFoundException\",\"message\":\"File does not "   \
    "exist\"}}"
#define NO_XATTR                                                                                   \
    "{\"RemoteException\":{\"exception\":\"XAttrNotFoundException\",\"message\":\"not found\"}}"
#define FILE_STATUS                                                                                \
    "{\"FileStatus\":{\"pathSuffix\":\"\",\"type\":\"FILE\",\"length\":5000,\"permission\":"       \
    "\"644\",\"modificationTime\":5}}"

static void there(struct scene *s, const char *target)
{
    replay_answer(s->replay, "GET", target, 200, FILE_STATUS);
}

static void gone(struct scene *s, const char *target)
{
    replay_answer(s->replay, "GET", target, 404, MISSING);
}

static void a_rename_that_was_done(void **state)
{
    struct scene *s = *state;
    kx_feature_set(kx_client_features(s->client), KX_FEATURE_RENAME_OPTIONS, KX_YES);
    replay_load_cut(s->replay, "rename-overwrite");
    gone(s, STAT("/rec/ren/r1b"));
    there(s, STAT("/rec/ren/r2"));
    scene_expect(
        s, kx_webhdfs_rename_replace(s->client, "/rec/ren/r1b", "/rec/ren/r2", NULL, &s->err), 0);
}

static void a_rename_that_was_not_done(void **state)
{
    struct scene *s = *state;
    kx_feature_set(kx_client_features(s->client), KX_FEATURE_RENAME_OPTIONS, KX_YES);
    replay_load_cut(s->replay, "rename-overwrite");
    there(s, STAT("/rec/ren/r1b"));
    replay_load(s->replay, "rename-overwrite"); /* asked once more */
    scene_expect(
        s, kx_webhdfs_rename_replace(s->client, "/rec/ren/r1b", "/rec/ren/r2", NULL, &s->err), 0);
    assert_int_equal(replay_requests(s->replay), 3);
    assert_null(s->err.message);
}

static void a_rename_that_is_never_done(void **state)
{
    struct scene *s = *state;
    kx_feature_set(kx_client_features(s->client), KX_FEATURE_RENAME_OPTIONS, KX_YES);
    for (int i = 0; i < 2; i++) {
        replay_load_cut(s->replay, "rename-overwrite");
        there(s, STAT("/rec/ren/r1b"));
    }
    scene_expect(s,
                 kx_webhdfs_rename_replace(s->client, "/rec/ren/r1b", "/rec/ren/r2", NULL, &s->err),
                 -EIO);
    assert_int_equal(s->err.http_status, 0);
    assert_string_equal(s->err.op, "RENAME");
}

static void a_rename_that_is_done_late(void **state)
{
    struct scene *s = *state;
    kx_feature_set(kx_client_features(s->client), KX_FEATURE_RENAME_OPTIONS, KX_YES);
    replay_answer(s->replay, "PUT", OP("/a", "RENAME") "&destination=/b&renameoptions=NONE", 0, "");
    there(s, STAT("/a"));
    replay_answer(s->replay, "PUT", OP("/a", "RENAME") "&destination=/b&renameoptions=NONE", 404,
                  MISSING);
    gone(s, STAT("/a"));
    there(s, STAT("/b"));
    scene_expect(s, kx_webhdfs_rename(s->client, "/a", "/b", NULL, &s->err), 0);
}

static void a_gateway_that_gives_up_on_a_rename(void **state)
{
    struct scene *s = *state;
    kx_feature_set(kx_client_features(s->client), KX_FEATURE_RENAME_OPTIONS, KX_YES);
    replay_answer(s->replay, "PUT", OP("/a", "RENAME") "&destination=/b&renameoptions=NONE", 500,
                  KNOX_500);
    gone(s, STAT("/a"));
    there(s, STAT("/b"));
    scene_expect(s, kx_webhdfs_rename(s->client, "/a", "/b", NULL, &s->err), 0);
}

static void a_delete_that_was_done(void **state)
{
    struct scene *s = *state;
    replay_load_cut(s->replay, "delete-recursive");
    gone(s, STAT("/rec/ren"));
    scene_expect(s, kx_webhdfs_delete(s->client, "/rec/ren", true, NULL, &s->err), 0);
}

static void a_delete_that_was_not_done(void **state)
{
    struct scene *s = *state;
    replay_load_cut(s->replay, "delete-recursive");
    there(s, STAT("/rec/ren"));
    replay_load_cut(s->replay, "delete-recursive");
    there(s, STAT("/rec/ren"));
    scene_expect(s, kx_webhdfs_delete(s->client, "/rec/ren", true, NULL, &s->err), -EIO);
    assert_int_equal(replay_requests(s->replay), 4);
}

static void a_delete_that_is_done_late(void **state)
{
    struct scene *s = *state;
    replay_load_cut(s->replay, "delete-recursive");
    there(s, STAT("/rec/ren"));
    replay_answer(s->replay, "DELETE", OP("/rec/ren", "DELETE") "&recursive=true", 200,
                  "{\"boolean\":false}");
    scene_expect(s, kx_webhdfs_delete(s->client, "/rec/ren", true, NULL, &s->err), 0);
}

static void a_gateway_that_gives_up_on_a_delete(void **state)
{
    struct scene *s = *state;
    replay_answer(s->replay, "DELETE", OP("/rec/ren", "DELETE") "&recursive=true", 500, KNOX_500);
    there(s, STAT("/rec/ren"));
    scene_expect(s, kx_webhdfs_delete(s->client, "/rec/ren", true, NULL, &s->err), -EIO);
    assert_int_equal(s->err.http_status, 500); /* it may still be going on: not asked again */
}

static void nobody_knows_when_looking_fails_too(void **state)
{
    struct scene *s = *state;
    const struct kx_call once = {.attempts = 1};
    replay_load_cut(s->replay, "delete-recursive");
    replay_answer(s->replay, "GET", STAT("/rec/ren"), 403,
                  "{\"RemoteException\":{\"exception\":\"AccessControlException\",\"message\":"
                  "\"Permission denied\"}}");
    scene_expect(s, kx_webhdfs_delete(s->client, "/rec/ren", true, &once, &s->err), -EIO);
}

static void a_truncate_that_was_done(void **state)
{
    struct scene *s = *state;
    bool done = true;
    replay_load_cut(s->replay, "truncate-inside-block");
    there(s, STAT("/rec/d/t.bin"));
    scene_expect(s, kx_webhdfs_truncate(s->client, "/rec/d/t.bin", 5000, NULL, &done, &s->err), 0);
    assert_false(done);
    replay_load_cut(s->replay, "truncate-block-boundary");
    there(s, STAT("/rec/d/t.bin")); /* shorter than that: nobody knows */
    scene_expect(s, kx_webhdfs_truncate(s->client, "/rec/d/t.bin", 8192, NULL, &done, &s->err),
                 -EIO);
}

static void a_concat_that_was_done(void **state)
{
    struct scene *s = *state;
    const char *const sources[] = {"/rec/concat/c2", "/rec/concat/c3", NULL};
    replay_load_cut(s->replay, "concat");
    gone(s, STAT("/rec/concat/c2"));
    scene_expect(s, kx_webhdfs_concat(s->client, "/rec/concat/c1", sources, NULL, &s->err), 0);
    replay_load_cut(s->replay, "concat");
    there(s, STAT("/rec/concat/c2"));
    replay_load(s->replay, "concat");
    scene_expect(s, kx_webhdfs_concat(s->client, "/rec/concat/c1", sources, NULL, &s->err), 0);
}

#define GET_NOTE OP("/rec/d/f.txt", "GETXATTRS") "&xattr.name=user.note&encoding=hex"

static void attributes_that_were_set_or_removed(void **state)
{
    struct scene *s = *state;
    struct kx_client *c = s->client;
    replay_load_cut(s->replay, "setxattr-create");
    replay_load(s->replay, "getxattrs-one-hex");
    scene_expect(s,
                 kx_webhdfs_set_xattr(c, "/rec/d/f.txt", "user.note", "Hello", 5, KX_XATTR_CREATE,
                                      NULL, &s->err),
                 0);
    replay_load_cut(s->replay, "setxattr-create");
    replay_answer(s->replay, "GET", GET_NOTE, 403, NO_XATTR);
    replay_load(s->replay, "setxattr-create");
    scene_expect(s,
                 kx_webhdfs_set_xattr(c, "/rec/d/f.txt", "user.note", "Hello", 5, KX_XATTR_CREATE,
                                      NULL, &s->err),
                 0);
    replay_load_cut(s->replay, "removexattr");
    replay_answer(s->replay, "GET", GET_NOTE, 403, NO_XATTR);
    scene_expect(s, kx_webhdfs_remove_xattr(c, "/rec/d/f.txt", "user.note", NULL, &s->err), 0);
    replay_load_cut(s->replay, "removexattr");
    replay_load(s->replay, "getxattrs-one-hex");
    replay_load(s->replay, "removexattr");
    scene_expect(s, kx_webhdfs_remove_xattr(c, "/rec/d/f.txt", "user.note", NULL, &s->err), 0);
}

static void snapshots_that_were_made_or_not(void **state)
{
    struct scene *s = *state;
    g_autofree char *created = NULL;
    replay_load_cut(s->replay, "createsnapshot");
    there(s, STAT("/rec/snap/.snapshot/s1"));
    scene_expect(
        s, kx_webhdfs_create_snapshot(s->client, "/rec/snap", "s1", NULL, &created, &s->err), 0);
    assert_string_equal(created, "/rec/snap/.snapshot/s1");
    replay_load_cut(s->replay, "createsnapshot");
    gone(s, STAT("/rec/snap/.snapshot/s1"));
    replay_load(s->replay, "createsnapshot");
    scene_expect(s, kx_webhdfs_create_snapshot(s->client, "/rec/snap", "s1", NULL, NULL, &s->err),
                 0);
    replay_load_cut(s->replay, "deletesnapshot");
    gone(s, STAT("/rec/snap/.snapshot/s1"));
    scene_expect(s, kx_webhdfs_delete_snapshot(s->client, "/rec/snap", "s1", NULL, &s->err), 0);
    replay_load_cut(s->replay, "renamesnapshot");
    there(s, STAT("/rec/snap/.snapshot/s2-renamed"));
    gone(s, STAT("/rec/snap/.snapshot/s2"));
    scene_expect(
        s, kx_webhdfs_rename_snapshot(s->client, "/rec/snap", "s2", "s2-renamed", NULL, &s->err),
        0);
}

static void a_question_is_simply_asked_again(void **state)
{
    struct scene *s = *state;
    struct kx_status status;
    replay_load_cut(s->replay, "getfilestatus-file");
    replay_load(s->replay, "getfilestatus-file");
    scene_expect(s, kx_webhdfs_stat(s->client, "/rec/d/f.txt", NULL, &status, &s->err), 0);
    assert_null(s->err.message);
    kx_status_clear(&status);
    replay_load_cut(s->replay, "setpermission");
    replay_load(s->replay, "setpermission");
    scene_expect(s, kx_webhdfs_set_permission(s->client, "/rec/d/f.txt", 0640, NULL, &s->err), 0);
}

static void a_standby_is_asked_again(void **state)
{
    struct scene *s = *state;
    struct kx_status status;
    replay_answer(s->replay, "GET", STAT("/rec/d/f.txt"), 403,
                  "{\"RemoteException\":{\"exception\":\"StandbyException\",\"message\":"
                  "\"Operation category READ is not supported in state standby\"}}");
    replay_load(s->replay, "getfilestatus-file");
    scene_expect(s, kx_webhdfs_stat(s->client, "/rec/d/f.txt", NULL, &status, &s->err), 0);
    kx_status_clear(&status);
}

static void a_cut_answer_is_no_answer(void **state)
{
    struct scene *s = *state;
    struct kx_status status;
    const struct kx_call once = {.attempts = 1};
    replay_load_cut(s->replay, "getfilestatus-file");
    scene_expect(s, kx_webhdfs_stat(s->client, "/rec/d/f.txt", &once, &status, &s->err), -EIO);
    assert_int_equal(s->err.http_status, 0);
    assert_false(s->err.unsent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(a_rename_that_was_done),
        scene_test(a_rename_that_was_not_done),
        scene_test(a_rename_that_is_never_done),
        scene_test(a_rename_that_is_done_late),
        scene_test(a_gateway_that_gives_up_on_a_rename),
        scene_test(a_delete_that_was_done),
        scene_test(a_delete_that_was_not_done),
        scene_test(a_delete_that_is_done_late),
        scene_test(a_gateway_that_gives_up_on_a_delete),
        scene_test(nobody_knows_when_looking_fails_too),
        scene_test(a_truncate_that_was_done),
        scene_test(a_concat_that_was_done),
        scene_test(attributes_that_were_set_or_removed),
        scene_test(snapshots_that_were_made_or_not),
        scene_test(a_question_is_simply_asked_again),
        scene_test(a_standby_is_asked_again),
        scene_test(a_cut_answer_is_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
