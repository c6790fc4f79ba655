/* RENAME on a NameNode, which obeys renameoptions=, and on HttpFS, which does not. */
#include <errno.h>
#include <string.h>

#include "rest/webhdfs.h"
#include "scene.h"

#define RENAME(from, to) "/webhdfs/v1" from "?op=RENAME&user.name=root&destination=" to
#define STAT(path)       "/webhdfs/v1" path "?op=GETFILESTATUS&user.name=root"
#define SAME                                                                                       \
    "{\"RemoteException\":{\"exception\":\"FileAlreadyExistsException\",\"message\":\"The source " \
    "and destination are the same\"}}"
#define MISSING                                                                                    \
    "{\"RemoteException\":{\"exception\":\"FileNotFoundException\",\"message\":\"File does not "   \
    "exist\"}}"
#define FILE_STATUS                                                                                \
    "{\"FileStatus\":{\"pathSuffix\":\"\",\"type\":\"FILE\",\"length\":1,\"permission\":\"644\","  \
    "\"modificationTime\":5}}"
#define DIRECTORY_STATUS                                                                           \
    "{\"FileStatus\":{\"pathSuffix\":\"\",\"type\":\"DIRECTORY\",\"length\":0,\"permission\":"     \
    "\"755\",\"modificationTime\":5}}"

static void known(struct scene *s, enum kx_known obeys)
{
    kx_feature_set(kx_client_features(s->client), KX_FEATURE_RENAME_OPTIONS, obeys);
}

static enum kx_known learned(struct scene *s)
{
    return kx_feature_get(kx_client_features(s->client), KX_FEATURE_RENAME_OPTIONS);
}

static void the_first_rename_learns_what_the_server_obeys(void **state)
{
    struct scene *s = *state;
    replay_answer(s->replay, "PUT", RENAME("/a", "/a") "&renameoptions=NONE", 403, SAME);
    replay_answer(s->replay, "PUT", RENAME("/a", "/b") "&renameoptions=NONE", 200, "");
    scene_expect(s, kx_webhdfs_rename(s->client, "/a", "/b", NULL, &s->err), 0);
    assert_int_equal(learned(s), KX_YES);
    replay_answer(s->replay, "PUT", RENAME("/b", "/c") "&renameoptions=NONE", 200, "");
    scene_expect(s, kx_webhdfs_rename(s->client, "/b", "/c", NULL, &s->err), 0);
    assert_int_equal(replay_requests(s->replay), 3);
}

/* HttpFS cuts it off a parameter, and would replace "/b". */
static void a_blank_at_the_end_of_a_name_stays(void **state)
{
    struct scene *s = *state;
    replay_answer(s->replay, "PUT", RENAME("/a%20", "/a%20/") "&renameoptions=NONE", 200,
                  "{\"boolean\":false}");
    replay_answer(s->replay, "GET", "/webhdfs/v1/b%20?op=GETFILESTATUS&user.name=root", 404,
                  MISSING);
    replay_answer(s->replay, "PUT", RENAME("/a%20", "/b%20/"), 200, "{\"boolean\":true}");
    scene_expect(s, kx_webhdfs_rename(s->client, "/a ", "/b ", NULL, &s->err), 0);
    assert_int_equal(learned(s), KX_NO);
}

static void a_missing_source_is_learned_from_too(void **state)
{
    struct scene *s = *state;
    replay_answer(s->replay, "PUT", RENAME("/a", "/a") "&renameoptions=NONE", 404, MISSING);
    scene_expect(s, kx_webhdfs_rename(s->client, "/a", "/b", NULL, &s->err), -ENOENT);
    assert_int_equal(learned(s), KX_YES);
}

static void a_refused_question_teaches_nothing(void **state)
{
    struct scene *s = *state;
    replay_answer(s->replay, "PUT", RENAME("/a", "/a") "&renameoptions=NONE", 403,
                  "{\"RemoteException\":{\"exception\":\"AccessControlException\",\"message\":"
                  "\"Permission denied\"}}");
    scene_expect(s, kx_webhdfs_rename(s->client, "/a", "/b", NULL, &s->err), -EACCES);
    assert_int_equal(learned(s), KX_UNKNOWN);
}

static void a_namenode_refuses_what_exists(void **state)
{
    struct scene *s = *state;
    known(s, KX_YES);
    replay_load(s->replay, "rename-options-none");
    scene_expect(s, kx_webhdfs_rename(s->client, "/rec/ren/r2", "/rec/ren/r3", NULL, &s->err),
                 -EEXIST);
    assert_error(&s->err, EEXIST, "FileAlreadyExistsException", "already exists");
    assert_string_equal(s->err.op, "RENAME");
    replay_answer(s->replay, "PUT", RENAME("/file", "/dir") "&renameoptions=NONE", 403,
                  "{\"RemoteException\":{\"exception\":\"IOException\",\"message\":\"Source /file "
                  "and destination /dir must both be directories\"}}");
    scene_expect(s, kx_webhdfs_rename(s->client, "/file", "/dir", NULL, &s->err), -EEXIST);
    assert_int_equal(s->err.code, EEXIST);
}

static void a_namenode_replaces(void **state)
{
    struct scene *s = *state;
    struct kx_client *c = s->client;
    known(s, KX_YES);
    replay_load(s->replay, "rename-overwrite");
    scene_expect(s, kx_webhdfs_rename_replace(c, "/rec/ren/r1b", "/rec/ren/r2", NULL, &s->err), 0);
    replay_load(s->replay, "rename-overwrite-empty-dir");
    scene_expect(s, kx_webhdfs_rename_replace(c, "/rec/ren/e1", "/rec/ren/e2", NULL, &s->err), 0);
    replay_load(s->replay, "rename-overwrite-nonempty-dir");
    scene_expect(s, kx_webhdfs_rename_replace(c, "/rec/ren/dir2", "/rec/ren/dir", NULL, &s->err),
                 -ENOTEMPTY);
    replay_load(s->replay, "rename-missing-source-overwrite");
    scene_expect(s, kx_webhdfs_rename_replace(c, "/rec/ren/none", "/rec/ren/x", NULL, &s->err),
                 -ENOENT);
    replay_load(s->replay, "rename-missing-parent-overwrite");
    scene_expect(s, kx_webhdfs_rename_replace(c, "/rec/ren/r3", "/rec/nope/x", NULL, &s->err),
                 -ENOENT);
    replay_load(s->replay, "rename-under-itself-overwrite");
    scene_expect(s, kx_webhdfs_rename_replace(c, "/rec/ren/dir", "/rec/ren/dir/x/y", NULL, &s->err),
                 -EINVAL);
}

static void a_file_does_not_replace_a_directory(void **state)
{
    struct scene *s = *state;
    known(s, KX_YES);
    replay_load(s->replay, "rename-overwrite-file-onto-dir");
    replay_answer(s->replay, "GET", STAT("/rec/ren/dir2"), 200, DIRECTORY_STATUS);
    scene_expect(
        s, kx_webhdfs_rename_replace(s->client, "/rec/ren/r3", "/rec/ren/dir2", NULL, &s->err),
        -EISDIR);
    replay_load(s->replay, "rename-overwrite-file-onto-dir");
    replay_answer(s->replay, "GET", STAT("/rec/ren/dir2"), 200, FILE_STATUS);
    scene_expect(
        s, kx_webhdfs_rename_replace(s->client, "/rec/ren/r3", "/rec/ren/dir2", NULL, &s->err),
        -ENOTDIR);
    assert_error(&s->err, ENOTDIR, "IOException", "must both be directories");
}

static void a_path_replaces_itself(void **state)
{
    struct scene *s = *state;
    replay_load(s->replay, "getfilestatus-file");
    scene_expect(
        s, kx_webhdfs_rename_replace(s->client, "/rec/d/f.txt", "/rec/d/f.txt", NULL, &s->err), 0);
}

static void httpfs_is_known_by_its_boolean(void **state)
{
    struct scene *s = *state;
    replay_answer(s->replay, "PUT", RENAME("/rec/h7", "/rec/h7") "&renameoptions=NONE", 200,
                  "{\"boolean\":true}");
    replay_answer(s->replay, "GET", STAT("/rec/h8"), 404, MISSING);
    replay_load(s->replay, "httpfs-rename");
    scene_expect(s, kx_webhdfs_rename(s->client, "/rec/h7", "/rec/h8", NULL, &s->err), 0);
    assert_int_equal(learned(s), KX_NO);
}

static void httpfs_replaces_nothing(void **state)
{
    struct scene *s = *state;
    known(s, KX_NO);
    replay_answer(s->replay, "GET", STAT("/rec/h7"), 200, DIRECTORY_STATUS);
    scene_expect(s, kx_webhdfs_rename_replace(s->client, "/rec/h2", "/rec/h7", NULL, &s->err),
                 -EEXIST);
    assert_error(&s->err, EEXIST, NULL, "/rec/h7 exists");
    assert_string_equal(s->err.op, "RENAME");
    assert_int_equal(replay_requests(s->replay), 1); /* never moved into the directory */
}

/* HttpFS says false: `from`, `to` and the parent of `to` are looked at. NULL: not asked for. */
static void check_reason(struct scene *s, const char *from, const char *to, const char *parent,
                         int expected)
{
    replay_answer(s->replay, "GET", STAT("/rec/h7"), 404, MISSING);
    replay_load(s->replay, "httpfs-rename-onto-existing-file");
    replay_answer(s->replay, "GET", STAT("/rec/h2"), g_str_equal(from, MISSING) ? 404 : 200, from);
    if (to)
        replay_answer(s->replay, "GET", STAT("/rec/h7"), g_str_equal(to, MISSING) ? 404 : 200, to);
    if (parent)
        replay_answer(s->replay, "GET", STAT("/rec"), g_str_equal(parent, MISSING) ? 404 : 200,
                      parent);
    scene_expect(s, kx_webhdfs_rename(s->client, "/rec/h2", "/rec/h7", NULL, &s->err), expected);
}

static void a_false_without_a_reason_is_looked_into(void **state)
{
    struct scene *s = *state;
    known(s, KX_NO);
    check_reason(s, MISSING, NULL, NULL, -ENOENT);
    check_reason(s, FILE_STATUS, FILE_STATUS, NULL, -EEXIST);
    check_reason(s, FILE_STATUS, MISSING, MISSING, -ENOENT);
    check_reason(s, FILE_STATUS, MISSING, FILE_STATUS, -ENOTDIR);
    check_reason(s, FILE_STATUS, MISSING, DIRECTORY_STATUS, -EIO);
    assert_error(&s->err, EIO, NULL, "does not say why");
}

static void a_false_below_itself(void **state)
{
    struct scene *s = *state;
    known(s, KX_NO);
    replay_answer(s->replay, "GET", STAT("/rec/ren/dir/x/y"), 404, MISSING);
    replay_load(s->replay, "rename-under-itself");
    replay_answer(s->replay, "GET", STAT("/rec/ren/dir"), 200, DIRECTORY_STATUS);
    scene_expect(s, kx_webhdfs_rename(s->client, "/rec/ren/dir", "/rec/ren/dir/x/y", NULL, &s->err),
                 -EINVAL);
}

static void names_that_no_server_is_asked_for(void **state)
{
    struct scene *s = *state;
    scene_expect(s, kx_webhdfs_rename(s->client, "/a", "relative", NULL, &s->err), -EINVAL);
    scene_expect(s, kx_webhdfs_rename(s->client, "/a", "/b:c", NULL, &s->err), -EINVAL);
    scene_expect(s, kx_webhdfs_rename_replace(s->client, "/a:b", "/c", NULL, &s->err), -EINVAL);
    assert_int_equal(replay_requests(s->replay), 0);
}

static void denied_and_safe_mode(void **state)
{
    struct scene *s = *state;
    known(s, KX_YES);
    replay_tolerate(s->replay, "renameoptions");
    replay_load(s->replay, "safemode-rename");
    scene_expect(s, kx_webhdfs_rename(s->client, "/rec/d/f.txt", "/rec/d/g", NULL, &s->err),
                 -EROFS);
    scene_user(s, "bob");
    known(s, KX_YES);
    replay_load(s->replay, "denied-rename");
    scene_expect(s, kx_webhdfs_rename(s->client, "/rec/d/f.txt", "/rec/d/g.txt", NULL, &s->err),
                 -EACCES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(the_first_rename_learns_what_the_server_obeys),
        scene_test(a_blank_at_the_end_of_a_name_stays),
        scene_test(a_missing_source_is_learned_from_too),
        scene_test(a_refused_question_teaches_nothing),
        scene_test(a_namenode_refuses_what_exists),
        scene_test(a_namenode_replaces),
        scene_test(a_file_does_not_replace_a_directory),
        scene_test(a_path_replaces_itself),
        scene_test(httpfs_is_known_by_its_boolean),
        scene_test(httpfs_replaces_nothing),
        scene_test(a_false_without_a_reason_is_looked_into),
        scene_test(a_false_below_itself),
        scene_test(names_that_no_server_is_asked_for),
        scene_test(denied_and_safe_mode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
