#include "rest/json.h"

#include <errno.h>
#include <string.h>

#include "recording.h"
#include "support.h"

static GBytes *text_bytes(const char *text)
{
    return g_bytes_new(text, strlen(text));
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

static void owners_are_shared(void **state)
{
    (void)state;
    struct kx_json_listing listing;
    read_recorded("liststatus-special-names", &listing);
    assert_string_not_equal(entry(&listing, 0)->owner, "");
    for (guint i = 1; i < listing.page.entries->len; i++) {
        assert_ptr_equal(entry(&listing, i)->owner, entry(&listing, 0)->owner);
        assert_ptr_equal(entry(&listing, i)->group, entry(&listing, 0)->group);
    }
    kx_page_clear(&listing.page);
}

#define THREADS 4
#define TIMES   5000

static gpointer read_and_clear(gpointer data)
{
    static char WRONG[] = "it is not understood";
    for (int i = 0; i < TIMES; i++) {
        struct kx_status status = {0};
        if (kx_json_status(data, &status, NULL) < 0) return WRONG;
        kx_status_clear(&status);
    }
    return NULL;
}

/* Each thread may be the last one to have an owner that another one reads. */
static void threads_read_the_same_owner(void **state)
{
    (void)state;
    g_autoptr(GBytes) body = recording_body("getfilestatus-file");
    GThread *threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        threads[i] = g_thread_new("reader", read_and_clear, body);
    for (int i = 0; i < THREADS; i++)
        assert_null(g_thread_join(threads[i]));
}

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
        cmocka_unit_test(listings_of_both_forms),
        cmocka_unit_test(special_names_come_as_they_are),
        cmocka_unit_test(the_listing_of_a_file_is_told),
        cmocka_unit_test(names_that_cannot_be_are_dropped),
        cmocka_unit_test(broken_listings_are_refused),
        cmocka_unit_test(a_listing_that_hides_its_array),
        cmocka_unit_test(floods_are_refused),
        cmocka_unit_test(many_entries),
        cmocka_unit_test(owners_are_shared),
        cmocka_unit_test(threads_read_the_same_owner),
        cmocka_unit_test(attributes_are_decoded),
        cmocka_unit_test(lists_of_names),
        cmocka_unit_test(odd_lists_of_names),
        cmocka_unit_test(exceptions_are_told_from_other_things),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
