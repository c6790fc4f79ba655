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
    check_refused("[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]", shape, EPROTO, "not JSON");
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

/* --- listings --- */

static const struct kx_status *entry(const struct kx_json_listing *listing, guint i)
{
    return &g_array_index(listing->page.entries, struct kx_status, i);
}

static void read_recorded(const char *name, struct kx_json_listing *out)
{
    KX_ERROR_AUTO(err);
    g_autoptr(GBytes) body = recording_body(name);
    if (kx_json_read_listing(body, out, &err) < 0) fail_msg("%s: %s", name, err.message);
}

static void check_listing(const char *name, guint entries, int64_t remaining, const char *first)
{
    struct kx_json_listing listing;
    read_recorded(name, &listing);
    assert_int_equal(listing.page.entries->len, entries);
    assert_int_equal(listing.page.remaining, remaining);
    assert_int_equal(listing.dropped, 0);
    assert_false(listing.of_file);
    if (entries) assert_string_equal(entry(&listing, 0)->name, first);
    kx_page_clear(&listing.page);
}

static void listings_of_both_forms(void **state)
{
    (void)state;
    check_listing("liststatus-dir", 7, 0, "chunked.txt");
    check_listing("liststatus-empty", 0, 0, NULL);
    check_listing("liststatus-dot-snapshot", 2, 0, "s1");
    check_listing("liststatus-batch-first", 7, 0, "f0");
    check_listing("liststatus-batch-startafter", 3, 0, "f4");
    check_listing("liststatus-batch-last", 0, 0, NULL);
    check_listing("httpfs-liststatus", 8, 0, "chunked.txt");
    check_listing("httpfs-liststatus-batch", 7, 0, "f0");
    check_listing("liststatus-special-names", 12, 0, "\xc3\xa4-\xc3\xbc");
}

static void special_names_come_as_they_are(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"\xc3\xa4-\xc3\xbc",
                                        "\xe6\x97\xa5\xe6\x9c\xac",
                                        "*star[1]",
                                        "a b",
                                        "a#b?c",
                                        "a%b",
                                        "a&b=c",
                                        "a+b",
                                        "a;b",
                                        "back\\slash",
                                        "q\"uote",
                                        "tab\there"};
    struct kx_json_listing listing;
    read_recorded("liststatus-special-names", &listing);
    assert_int_equal(listing.page.entries->len, G_N_ELEMENTS(NAMES));
    for (guint i = 0; i < G_N_ELEMENTS(NAMES); i++)
        assert_string_equal(entry(&listing, i)->name, NAMES[i]);
    kx_page_clear(&listing.page);
}

static void the_listing_of_a_file_is_told(void **state)
{
    (void)state;
    struct kx_json_listing listing;
    read_recorded("liststatus-file", &listing);
    assert_true(listing.of_file);
    assert_int_equal(listing.page.entries->len, 0);
    kx_page_clear(&listing.page);
}

#define REST "\",\"type\":\"FILE\",\"length\":1,\"permission\":\"644\",\"modificationTime\":5}"

static void names_that_cannot_be_are_dropped(void **state)
{
    (void)state;
    struct kx_json_listing listing;
    g_autofree char *longest = g_strnfill(255, 'n');
    g_autofree char *text = g_strconcat(
        "{\"FileStatuses\":{\"FileStatus\":[{\"pathSuffix\":\"." REST ",{\"pathSuffix\":\".." REST
        ",{\"pathSuffix\":\"a/b" REST ",{\"pathSuffix\":\"../../etc" REST
        ",{\"pathSuffix\":\"nul\\u0000x" REST ",{\"pathSuffix\":\"",
        longest, "n" REST ",{\"pathSuffix\":\"", longest, REST ",{\"pathSuffix\":\"good" REST "]}}",
        NULL);
    g_autoptr(GBytes) body = text_bytes(text);
    assert_int_equal(kx_json_read_listing(body, &listing, NULL), 0);
    assert_int_equal(listing.dropped, 6);
    assert_int_equal(listing.page.entries->len, 2);
    assert_string_equal(entry(&listing, 1)->name, "good");
    kx_page_clear(&listing.page);
}

static void check_no_listing(const char *text, const char *reason)
{
    KX_ERROR_AUTO(err);
    struct kx_json_listing listing;
    g_autoptr(GBytes) body = text_bytes(text);
    int rc = kx_json_read_listing(body, &listing, &err);
    kx_page_clear(&listing.page);
    if (rc != -EPROTO) fail_msg("%s: %d", text, rc);
    assert_error(&err, EPROTO, NULL, reason);
}

static void broken_listings_are_refused(void **state)
{
    (void)state;
    check_no_listing("", NULL);
    check_no_listing("null", "FileStatuses");
    check_no_listing("{}", "FileStatuses");
    check_no_listing("{\"FileStatuses\":{}}", "FileStatus");
    check_no_listing("{\"FileStatuses\":{\"FileStatus\":7}}", "no array");
    check_no_listing("{\"FileStatuses\":{\"FileStatus\":[", "not JSON");
    check_no_listing("{\"FileStatuses\":{\"FileStatus\":[]", "not JSON");
    check_no_listing("{\"FileStatuses\":{\"FileStatus\":[]}}}", "not JSON");
    check_no_listing("{\"FileStatuses\":{\"FileStatus\":[,]}}", "not JSON");
    check_no_listing("{\"FileStatuses\":{\"FileStatus\":[7]}}", NULL);
    check_no_listing("{\"FileStatuses\":{\"FileStatus\":[{}]}}", "pathSuffix");
    check_no_listing("{\"FileStatuses\":{\"FileStatus\":[{\"pathSuffix\":\"a" REST, "cut off");
    check_no_listing("{\"FileStatuses\":{\"FileStatus\":[{\"pathSuffix\":\"a" REST "}]}}",
                     "cut off");
    check_no_listing(
        "{\"FileStatuses\":{\"FileStatus\":[{\"pathSuffix\":\"a\",\"type\":\"FILE\"}]}}",
        "missing");
    check_no_listing("{\"DirectoryListing\":{\"partialListing\":{\"FileStatuses\":{\"FileStatus\":"
                     "[]}}}}",
                     "remainingEntries");
    check_no_listing("{\"DirectoryListing\":{\"remainingEntries\":-1,\"partialListing\":{"
                     "\"FileStatuses\":{\"FileStatus\":[]}}}}",
                     "range");
    check_no_listing("{\"x\":{\"FileStatus\":[{\"pathSuffix\":\"a" REST
                     "]},\"FileStatuses\":{\"FileStatus\":[{\"pathSuffix\":\"b" REST "]}}",
                     "another place");
}

static void a_listing_that_hides_its_array(void **state)
{
    (void)state;
    struct kx_json_listing listing;
    g_autoptr(GBytes) body =
        text_bytes("{\"note\":\"\\\"FileStatus\\\":[\",\"FileStatuses\" : { \"FileStatus\" : [ "
                   "{\"pathSuffix\":\"a" REST " , {\"pathSuffix\":\"b" REST " ] } }\n");
    assert_int_equal(kx_json_read_listing(body, &listing, NULL), 0);
    assert_int_equal(listing.page.entries->len, 2);
    kx_page_clear(&listing.page);
    check_no_listing("{\"FileStatuses\":{\"FileStatu\\u0073\":[{\"pathSuffix\":\"a" REST "]}}",
                     "another place");
}

static void floods_are_refused(void **state)
{
    (void)state;
    g_autofree char *filler = g_strnfill(70000, ' ');
    g_autofree char *around =
        g_strconcat("{", filler, "\"FileStatuses\":{\"FileStatus\":[]}}", NULL);
    check_no_listing(around, "no listing");
    g_autofree char *entry_text = g_strconcat(
        "{\"FileStatuses\":{\"FileStatus\":[{\"pathSuffix\":\"a\"", filler, ",\"x\":1}]}}", NULL);
    check_no_listing(entry_text, "not JSON");
}

static void many_entries(void **state)
{
    (void)state;
    struct kx_json_listing listing;
    GString *text = g_string_new("{\"DirectoryListing\":{\"partialListing\":{\"FileStatuses\":{"
                                 "\"FileStatus\":[");
    for (int i = 0; i < 20000; i++)
        g_string_append_printf(text, "%s{\"pathSuffix\":\"f%d" REST, i ? "," : "", i);
    g_string_append(text, "]}},\"remainingEntries\":9007199254740993}}");
    g_autoptr(GBytes) body = g_string_free_to_bytes(text);
    assert_int_equal(kx_json_read_listing(body, &listing, NULL), 0);
    assert_int_equal(listing.page.entries->len, 20000);
    assert_int_equal(listing.page.remaining, 9007199254740993);
    assert_string_equal(entry(&listing, 19999)->name, "f19999");
    kx_page_clear(&listing.page);
}

/* --- attributes, names, exceptions --- */

static void check_xattr(const char *name, const char *attribute, int rc, const char *value)
{
    g_autoptr(GBytes) body = recording_body(name);
    g_autoptr(GBytes) got = NULL;
    assert_int_equal(kx_json_read_xattr(body, attribute, &got, NULL), rc);
    if (rc < 0) return;
    assert_int_equal(g_bytes_get_size(got), strlen(value));
    assert_memory_equal(g_bytes_get_data(got, NULL), value, strlen(value));
}

static void attributes_are_decoded(void **state)
{
    (void)state;
    check_xattr("getxattrs-one-hex", "user.note", 0, "Hello");
    check_xattr("getxattrs-all", "user.note", 0, "Hello");
    check_xattr("getxattrs-all", "user.flag", 0, "");    /* null */
    check_xattr("httpfs-getxattrs", "user.flag", 0, ""); /* "0x" */
    check_xattr("httpfs-getxattrs", "user.h", 0, "h");
    check_xattr("getxattrs-all", "user.none", -ENODATA, NULL);
    check_xattr("getxattrs-one-base64", "user.note", -EPROTO, NULL);
    check_xattr("getxattrs-one-text", "user.note", -EPROTO, NULL);
}

static void check_names(const char *name, int (*read)(GBytes *, char ***, struct kx_error *),
                        const char *expected)
{
    g_autoptr(GBytes) body = recording_body(name);
    g_auto(GStrv) names = NULL;
    assert_int_equal(read(body, &names, NULL), 0);
    g_autofree char *joined = g_strjoinv(" ", names);
    assert_string_equal(joined, expected);
}

static void lists_of_names(void **state)
{
    (void)state;
    check_names("listxattrs", kx_json_read_xattr_names, "user.flag user.note");
    check_names("httpfs-listxattrs", kx_json_read_xattr_names, "user.flag user.h");
    check_names("getsnapshottabledirectorylist", kx_json_read_snapshottable, "/rec/snap");
    check_names("getsnapshotlist", kx_json_read_snapshots, "s1 s2");
    check_names("getecpolicies", kx_json_read_ec_policies,
                "RS-10-4-1024k RS-3-2-1024k RS-6-3-1024k RS-LEGACY-6-3-1024k XOR-2-1-1024k");
}

static void odd_lists_of_names(void **state)
{
    (void)state;
    g_auto(GStrv) names = NULL, paths = NULL;
    g_autoptr(GBytes) null = text_bytes("{\"SnapshottableDirectoryList\":null}");
    assert_int_equal(kx_json_read_snapshottable(null, &names, NULL), 0);
    assert_int_equal(g_strv_length(names), 0);
    g_autoptr(GBytes) root = text_bytes("{\"SnapshottableDirectoryList\":[{\"parentFullPath\":\"\","
                                        "\"dirStatus\":{\"pathSuffix\":\"\"}}]}");
    assert_int_equal(kx_json_read_snapshottable(root, &paths, NULL), 0);
    assert_string_equal(paths[0], "/");
    char **never = NULL;
    g_autoptr(GBytes) evil =
        text_bytes("{\"SnapshotList\":[{\"dirStatus\":{\"pathSuffix\":\"../x\"}}]}");
    assert_int_equal(kx_json_read_snapshots(evil, &never, NULL), -EPROTO);
    g_autoptr(GBytes) flat = text_bytes("{\"XAttrNames\":\"{}\"}");
    assert_int_equal(kx_json_read_xattr_names(flat, &never, NULL), -EPROTO);
    assert_null(never);
}

static void exceptions_are_told_from_other_things(void **state)
{
    (void)state;
    struct kx_remote_exception remote;
    assert_false(kx_json_read_exception("", 0, &remote));
    assert_false(kx_json_read_exception("null", 4, &remote));
    assert_false(kx_json_read_exception("{}", 2, &remote));
    assert_false(kx_json_read_exception("{\"RemoteException\":7}", 21, &remote));
    assert_false(kx_json_read_exception("{\"RemoteException\":{}}", 22, &remote));
    g_autoptr(GBytes) pretty = recording_body("doas-refused");
    gsize length;
    const char *text = g_bytes_get_data(pretty, &length);
    assert_true(kx_json_read_exception(text, length, &remote));
    assert_string_equal(remote.exception, "AuthorizationException");
    kx_remote_exception_clear(&remote);
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
        cmocka_unit_test(listings_of_both_forms),
        cmocka_unit_test(special_names_come_as_they_are),
        cmocka_unit_test(the_listing_of_a_file_is_told),
        cmocka_unit_test(names_that_cannot_be_are_dropped),
        cmocka_unit_test(broken_listings_are_refused),
        cmocka_unit_test(a_listing_that_hides_its_array),
        cmocka_unit_test(floods_are_refused),
        cmocka_unit_test(many_entries),
        cmocka_unit_test(attributes_are_decoded),
        cmocka_unit_test(lists_of_names),
        cmocka_unit_test(odd_lists_of_names),
        cmocka_unit_test(exceptions_are_told_from_other_things),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
