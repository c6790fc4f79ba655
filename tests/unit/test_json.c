#include "rest/json.h"

#include <errno.h>
#include <string.h>

#include "recording.h"
#include "support.h"

static GBytes *text_bytes(const char *text)
{
    return g_bytes_new(text, strlen(text));
}

/* --- one object --- */

static void a_boolean_is_read(void **state)
{
    (void)state;
    bool yes = true;
    g_autoptr(GBytes) good = recording_body("mkdirs"), bad = recording_body("delete-missing");
    g_autoptr(GBytes) httpfs = recording_body("httpfs-delete-missing"); /* ends with a new line */
    assert_int_equal(kx_json_read(bad, &kx_json_boolean, &yes, NULL), 0);
    assert_false(yes);
    assert_int_equal(kx_json_read(good, &kx_json_boolean, &yes, NULL), 0);
    assert_true(yes);
    assert_int_equal(kx_json_read(httpfs, &kx_json_boolean, &yes, NULL), 0);
    assert_false(yes);
}

static void check_refused(const char *text, const struct kx_json_shape *shape, int code,
                          const char *reason)
{
    KX_ERROR_AUTO(err);
    g_autoptr(GBytes) body = text_bytes(text);
    char room[256], zeros[256] = {0};
    assert_in_range(shape->size, 1, sizeof room);
    memset(room, 0x55, sizeof room);
    int rc = kx_json_read(body, shape, room, &err);
    if (rc != -code) fail_msg("%s: %d, not %d", text, rc, -code);
    assert_memory_equal(room, zeros, shape->size);
    assert_error(&err, code, NULL, reason);
}

static void what_is_no_answer_is_refused(void **state)
{
    (void)state;
    const struct kx_json_shape *shape = &kx_json_boolean;
    check_refused("", shape, EPROTO, "empty");
    check_refused("{", shape, EPROTO, "not JSON");
    check_refused("{\"boolean\":true", shape, EPROTO, "not JSON");
    check_refused("{\"boolean\":true}x", shape, EPROTO, "not JSON");
    check_refused("{\"boolean\":true}{}", shape, EPROTO, "not JSON");
    check_refused("{boolean:true}", shape, EPROTO, "not JSON");
    check_refused("<html>", shape, EPROTO, "not JSON");
    check_refused("null", shape, ENODATA, "null");
    check_refused("true", shape, EPROTO, "object");
    check_refused("[]", shape, EPROTO, "object");
    check_refused("{}", shape, EPROTO, "\"boolean\" is missing");
    check_refused("{\"boolean\":null}", shape, EPROTO, "missing");
    check_refused("{\"boolean\":\"true\"}", shape, EPROTO, "neither true nor false");
    check_refused("{\"boolean\":1}", shape, EPROTO, "neither true nor false");
    check_refused("{\"boolean\":tru", shape, EPROTO, "not JSON");
    check_refused("{\"boolean\":true,\"x\":\"\xff\"}", shape, EPROTO, "not JSON");
    check_refused("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", shape,
                  EPROTO, "not JSON");
}

static void numbers_are_whole_and_fit(void **state)
{
    (void)state;
    int64_t number = 0;
    g_autoptr(GBytes) largest = text_bytes("{\"long\":9223372036854775807}");
    assert_int_equal(kx_json_read(largest, &kx_json_long, &number, NULL), 0);
    assert_true(number == INT64_MAX);
    check_refused("{\"long\":9223372036854775808}", &kx_json_long, EPROTO, "whole number");
    check_refused("{\"long\":-9223372036854775809}", &kx_json_long, EPROTO, "whole number");
    check_refused("{\"long\":99999999999999999999999}", &kx_json_long, EPROTO, "whole number");
    check_refused("{\"long\":1.5}", &kx_json_long, EPROTO, "whole number");
    check_refused("{\"long\":\"1\"}", &kx_json_long, EPROTO, "whole number");
    check_refused("{\"long\":true}", &kx_json_long, EPROTO, "whole number");
    check_refused("{\"FsStatus\":{\"used\":-1,\"remaining\":1,\"capacity\":1}}", &kx_json_space,
                  EPROTO, "\"used\" is out of its range");
    check_refused("{\"FsStatus\":{\"used\":1,\"remaining\":1}}", &kx_json_space, EPROTO,
                  "\"capacity\" is missing");
    check_refused("{\"FsStatus\":[]}", &kx_json_space, EPROTO, "object");
    check_refused("{\"FsStatus\":null}", &kx_json_space, ENODATA, "null");
    check_refused("{\"Other\":{}}", &kx_json_space, EPROTO, "FsStatus");
}

static void strings_with_nul_are_refused(void **state)
{
    (void)state;
    check_refused("{\"Path\":\"/a\\u0000b\"}", &kx_json_path, EPROTO, "no string");
    check_refused("{\"Path\":7}", &kx_json_path, EPROTO, "no string");
}

static void a_struct_that_fails_half_way_is_freed(void **state)
{
    (void)state;
    check_refused("{\"AclStatus\":{\"owner\":\"o\",\"group\":\"g\",\"entries\":[\"a\",7]}}",
                  &kx_json_acl, EPROTO, "\"entries\" has an element");
    check_refused("{\"AclStatus\":{\"owner\":\"o\",\"group\":\"g\",\"permission\":\"888\"}}",
                  &kx_json_acl, EPROTO, "octal");
    check_refused("{\"AclStatus\":{\"owner\":\"o\",\"group\":\"g\",\"permission\":\"17777\"}}",
                  &kx_json_acl, EPROTO, "permission bits");
    check_refused("{\"FileChecksum\":{\"algorithm\":\"a\",\"bytes\":\"b\"}}", &kx_json_checksum,
                  EPROTO, "\"length\" is missing");
}

/* --- FileStatus --- */

static void a_file_status_has_all_its_members(void **state)
{
    (void)state;
    struct kx_status status;
    g_autoptr(GBytes) body = recording_body("getfilestatus-with-acl");
    assert_int_equal(kx_json_status(body, &status, NULL), 0);
    assert_int_equal(status.type, KX_TYPE_FILE);
    assert_int_equal(status.file_id, 18647);
    assert_int_equal(status.length, 45);
    assert_int_equal(status.block_bytes, 134217728);
    assert_int_equal(status.mtime_ms, 1600000000123);
    assert_int_equal(status.atime_ms, 1795322473628);
    assert_int_equal(status.mode, 0664);
    assert_int_equal(status.replication, 1);
    assert_int_equal(status.children, 0);
    assert_true(status.has_acl);
    assert_false(status.encrypted || status.erasure_coded || status.snapshottable);
    assert_string_equal(status.name, "");
    assert_string_equal(status.owner, "alice");
    assert_string_equal(status.group, "users");
    assert_null(status.target);
    kx_status_clear(&status);
    assert_null(status.name);
}

static void a_directory_and_dot_snapshot(void **state)
{
    (void)state;
    struct kx_status status;
    g_autoptr(GBytes) root = recording_body("getfilestatus-root");
    g_autoptr(GBytes) dot = recording_body("getfilestatus-dot-snapshot");
    assert_int_equal(kx_json_status(root, &status, NULL), 0);
    assert_int_equal(status.type, KX_TYPE_DIRECTORY);
    assert_true(status.snapshottable);
    assert_int_equal(status.children, 3);
    kx_status_clear(&status);
    assert_int_equal(kx_json_status(dot, &status, NULL), 0);
    assert_int_equal(status.file_id, 0); /* the server says -1 */
    assert_string_equal(status.owner, "");
    kx_status_clear(&status);
}

static void a_status_may_be_old_but_not_broken(void **state)
{
    (void)state;
    struct kx_status status, copy = {0};
    g_autoptr(GBytes) old = text_bytes(
        "{\"FileStatus\":{\"pathSuffix\":\"x\",\"type\":\"SYMLINK\",\"length\":0,\"permission\":"
        "\"1777\",\"modificationTime\":5,\"symlink\":\"/target\"}}");
    assert_int_equal(kx_json_status(old, &status, NULL), 0);
    assert_int_equal(status.type, KX_TYPE_SYMLINK);
    assert_int_equal(status.children, -1);
    assert_int_equal(status.mode, 01777);
    kx_status_copy(&copy, &status);
    kx_status_clear(&status);
    assert_string_equal(copy.target, "/target");
    assert_string_equal(copy.owner, "");
    kx_status_clear(&copy);
    KX_ERROR_AUTO(err);
    g_autoptr(GBytes) negative = text_bytes(
        "{\"FileStatus\":{\"pathSuffix\":\"\",\"type\":\"FILE\",\"length\":-1,\"permission\":"
        "\"644\",\"modificationTime\":5}}");
    assert_int_equal(kx_json_status(negative, &status, &err), -EPROTO);
    g_autoptr(GBytes) strange = text_bytes(
        "{\"FileStatus\":{\"pathSuffix\":\"\",\"type\":\"SOCKET\",\"length\":1,\"permission\":"
        "\"644\",\"modificationTime\":5}}");
    assert_int_equal(kx_json_status(strange, &status, &err), -EPROTO);
    assert_error(&err, EPROTO, NULL, "type");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_boolean_is_read),
        cmocka_unit_test(what_is_no_answer_is_refused),
        cmocka_unit_test(numbers_are_whole_and_fit),
        cmocka_unit_test(strings_with_nul_are_refused),
        cmocka_unit_test(a_struct_that_fails_half_way_is_freed),
        cmocka_unit_test(a_file_status_has_all_its_members),
        cmocka_unit_test(a_directory_and_dot_snapshot),
        cmocka_unit_test(a_status_may_be_old_but_not_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
