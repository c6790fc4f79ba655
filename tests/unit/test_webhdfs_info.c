/* Listings, sums and places against what a real server answered. */
#include <errno.h>
#include <string.h>

#include "rest/webhdfs.h"
#include "scene.h"

static void list_in_pages(void **state)
{
    struct scene *s = *state;
    struct kx_page page;
    replay_load(s->replay, "liststatus-batch-first");
    scene_expect(s, kx_webhdfs_list(s->client, "/rec/batch", NULL, NULL, &page, &s->err), 0);
    assert_int_equal(page.entries->len, 7);
    kx_page_clear(&page);
    replay_load(s->replay, "liststatus-batch-startafter");
    scene_expect(s, kx_webhdfs_list(s->client, "/rec/batch", "f3", NULL, &page, &s->err), 0);
    assert_int_equal(page.entries->len, 3);
    assert_string_equal(g_array_index(page.entries, struct kx_status, 0).name, "f4");
    kx_page_clear(&page);
    assert_int_equal(kx_feature_get(kx_client_features(s->client), KX_FEATURE_LIST_AFTER), KX_YES);
    replay_load(s->replay, "liststatus-batch-last");
    scene_expect(s, kx_webhdfs_list(s->client, "/rec/batch", "f6", NULL, &page, &s->err), 0);
    assert_int_equal(page.entries->len, 0);
    assert_int_equal(page.remaining, 0);
    kx_page_clear(&page);
}

static void list_on_httpfs_gives_no_entry_twice(void **state)
{
    struct scene *s = *state;
    struct kx_page page;
    replay_load(s->replay, "httpfs-liststatus-batch-startafter");
    scene_expect(s, kx_webhdfs_list(s->client, "/rec/batch", "f3", NULL, &page, &s->err), 0);
    assert_int_equal(page.entries->len, 3);
    assert_string_equal(g_array_index(page.entries, struct kx_status, 0).name, "f4");
    assert_int_equal(page.remaining, 0);
    assert_int_equal(kx_feature_get(kx_client_features(s->client), KX_FEATURE_LIST_AFTER), KX_NO);
    kx_page_clear(&page);
}

static void list_of_a_server_without_batches(void **state)
{
    struct scene *s = *state;
    struct kx_page page;
    replay_answer(s->replay, "GET", "/webhdfs/v1/rec/d?op=LISTSTATUS_BATCH&user.name=root", 400,
                  "{\"RemoteException\":{\"exception\":\"IllegalArgumentException\",\"message\":"
                  "\"Invalid value for webhdfs parameter \\\"op\\\": No enum constant\"}}");
    replay_load(s->replay, "liststatus-dir");
    scene_expect(s, kx_webhdfs_list(s->client, "/rec/d", NULL, NULL, &page, &s->err), 0);
    assert_int_equal(page.entries->len, 7);
    assert_null(s->err.message);
    kx_page_clear(&page);
    assert_int_equal(kx_feature_get(kx_client_features(s->client), KX_FEATURE_LIST_BATCH), KX_NO);
    replay_load(s->replay, "liststatus-special-names"); /* not asked for batches again */
    scene_expect(s, kx_webhdfs_list(s->client, "/rec/names", "a&b=c", NULL, &page, &s->err), 0);
    assert_int_equal(page.entries->len, 5);
    assert_string_equal(g_array_index(page.entries, struct kx_status, 0).name, "a+b");
    kx_page_clear(&page);
}

static void list_behind_a_name_that_is_gone(void **state)
{
    struct scene *s = *state;
    struct kx_page page;
    kx_feature_set(kx_client_features(s->client), KX_FEATURE_LIST_BATCH, KX_NO);
    replay_load(s->replay, "liststatus-special-names");
    scene_expect(s, kx_webhdfs_list(s->client, "/rec/names", "a'", NULL, &page, &s->err), 0);
    assert_int_equal(page.entries->len, 5); /* behind the two that are not ASCII, and a&b=c */
    assert_string_equal(g_array_index(page.entries, struct kx_status, 0).name, "a+b");
    kx_page_clear(&page);
}

#define ENTRY(name)                                                                                \
    "{\"pathSuffix\":\"" name "\",\"type\":\"FILE\",\"length\":1,\"permission\":\"644\","          \
    "\"modificationTime\":5}"
#define BATCH(entries, remaining)                                                                  \
    "{\"DirectoryListing\":{\"partialListing\":{\"FileStatuses\":{\"FileStatus\":[" entries        \
    "]}},\"remainingEntries\":" remaining "}}"

static void list_behind_a_percent(void **state)
{
    struct scene *s = *state;
    struct kx_page page;
    replay_answer(s->replay, "GET",
                  "/webhdfs/v1/d?op=LISTSTATUS_BATCH&user.name=root&startafter=a%2541b", 200,
                  BATCH(ENTRY("aAc"), "7"));
    scene_expect(s, kx_webhdfs_list(s->client, "/d", "a%41b", NULL, &page, &s->err), 0);
    assert_int_equal(page.entries->len, 1);
    assert_int_equal(page.remaining, 7);
    kx_page_clear(&page);
}

static void list_of_a_server_that_turns_in_circles(void **state)
{
    struct scene *s = *state;
    struct kx_page page;
    replay_answer(s->replay, "GET", "/webhdfs/v1/d?op=LISTSTATUS_BATCH&user.name=root&startafter=b",
                  200, BATCH(ENTRY("a") "," ENTRY("b"), "1"));
    replay_answer(
        s->replay, "GET", "/webhdfs/v1/d?op=LISTSTATUS&user.name=root", 200,
        "{\"FileStatuses\":{\"FileStatus\":[" ENTRY("a") "," ENTRY("b") "," ENTRY("c") "]}}");
    scene_expect(s, kx_webhdfs_list(s->client, "/d", "b", NULL, &page, &s->err), 0);
    assert_int_equal(page.entries->len, 1);
    assert_string_equal(g_array_index(page.entries, struct kx_status, 0).name, "c");
    assert_int_equal(page.remaining, 0);
    kx_page_clear(&page);
}

static void list_refused(void **state)
{
    struct scene *s = *state;
    struct kx_page page;
    kx_feature_set(kx_client_features(s->client), KX_FEATURE_LIST_BATCH, KX_NO);
    replay_load(s->replay, "liststatus-file");
    scene_expect(s, kx_webhdfs_list(s->client, "/rec/d/f.txt", NULL, NULL, &page, &s->err),
                 -ENOTDIR);
    replay_load(s->replay, "liststatus-missing");
    scene_expect(s, kx_webhdfs_list(s->client, "/rec/none", NULL, NULL, &page, &s->err), -ENOENT);
    scene_user(s, "bob");
    kx_feature_set(kx_client_features(s->client), KX_FEATURE_LIST_BATCH, KX_NO);
    replay_load(s->replay, "denied-liststatus");
    scene_expect(s, kx_webhdfs_list(s->client, "/rec/priv", NULL, NULL, &page, &s->err), -EACCES);
}

static void sums(void **state)
{
    struct scene *s = *state;
    struct kx_content_summary sum;
    struct kx_quota_usage usage;
    replay_load(s->replay, "getcontentsummary");
    scene_expect(s, kx_webhdfs_content_summary(s->client, "/rec/d", NULL, &sum, &s->err), 0);
    assert_int_equal(sum.length, 81);
    assert_int_equal(sum.file_count, 6);
    assert_int_equal(sum.directory_count, 2);
    assert_int_equal(sum.quota, -1);
    replay_load(s->replay, "getcontentsummary-with-quota");
    scene_expect(s, kx_webhdfs_content_summary(s->client, "/rec/d", NULL, &sum, &s->err), 0);
    assert_int_equal(sum.quota, 100);
    assert_int_equal(sum.space_quota, 1073741824);
    replay_load(s->replay, "httpfs-getcontentsummary");
    scene_expect(s, kx_webhdfs_content_summary(s->client, "/rec/d", NULL, &sum, &s->err), 0);
    assert_int_equal(sum.length, 5090);
    replay_load(s->replay, "getquotausage-with-quota");
    scene_expect(s, kx_webhdfs_quota_usage(s->client, "/rec/d", NULL, &usage, &s->err), 0);
    assert_int_equal(usage.file_and_directory_count, 8);
    assert_int_equal(usage.quota, 100);
    replay_load(s->replay, "httpfs-getquotausage");
    scene_expect(s, kx_webhdfs_quota_usage(s->client, "/rec/d", NULL, &usage, &s->err), 0);
    assert_int_equal(usage.space_consumed, 5090);
}

static void quotas_are_set_and_cleared(void **state)
{
    struct scene *s = *state;
    replay_load(s->replay, "setquota");
    scene_expect(s, kx_webhdfs_set_quota(s->client, "/rec/d", 100, 1073741824, NULL, &s->err), 0);
    replay_answer(s->replay, "PUT",
                  "/webhdfs/v1/rec/d?op=SETQUOTA&user.name=root&namespacequota=-1", 200, "");
    scene_expect(s, kx_webhdfs_set_quota(s->client, "/rec/d", INT64_MAX, -1, NULL, &s->err), 0);
    scene_expect(s, kx_webhdfs_set_quota(s->client, "/rec/d", -1, -1, NULL, &s->err), 0);
    replay_answer(s->replay, "PUT",
                  "/webhdfs/v1/rec/d?op=SETQUOTABYSTORAGETYPE&user.name=root&storagetype=SSD&"
                  "storagespacequota=5",
                  200, "");
    scene_expect(s, kx_webhdfs_set_type_quota(s->client, "/rec/d", "SSD", 5, NULL, &s->err), 0);
}

static void checksums(void **state)
{
    struct scene *s = *state;
    struct kx_checksum sum;
    replay_load(s->replay, "getfilechecksum"); /* of a DataNode, after a redirect */
    scene_expect(s, kx_webhdfs_checksum(s->client, "/rec/d/f.txt", NULL, &sum, &s->err), 0);
    assert_string_equal(sum.algorithm, "MD5-of-0MD5-of-512CRC32C");
    assert_string_equal(sum.bytes,
                        "000002000000000000000000576f5c08994984ddae875cf2d0b2812600000000");
    assert_int_equal(sum.length, 28);
    kx_checksum_clear(&sum);
    replay_load(s->replay, "getfilechecksum-empty");
    scene_expect(s, kx_webhdfs_checksum(s->client, "/rec/d/empty", NULL, &sum, &s->err), 0);
    assert_string_equal(sum.algorithm, "MD5-of-0MD5-of-0CRC32");
    kx_checksum_clear(&sum);
    replay_load(s->replay, "httpfs-getfilechecksum"); /* no redirect */
    scene_expect(s, kx_webhdfs_checksum(s->client, "/rec/d/f.txt", NULL, &sum, &s->err), 0);
    kx_checksum_clear(&sum);
}

static void block_locations(void **state)
{
    struct scene *s = *state;
    g_autoptr(GArray) blocks = NULL;
    replay_tolerate(s->replay, "offset");
    replay_tolerate(s->replay, "length");
    replay_load(s->replay, "getfileblocklocations");
    scene_expect(
        s, kx_webhdfs_block_locations(s->client, "/rec/d/f.txt", 0, 45, NULL, &blocks, &s->err), 0);
    assert_int_equal(blocks->len, 1);
    const struct kx_block_location *block = &g_array_index(blocks, struct kx_block_location, 0);
    assert_int_equal(block->length, 45);
    assert_string_equal(block->hosts[0], "localhost");
    assert_string_equal(block->names[0], "127.0.0.1:20002");
    assert_null(block->names[1]);
    assert_false(block->corrupt);
}

static void space_and_defaults(void **state)
{
    struct scene *s = *state;
    struct kx_space space;
    struct kx_server_defaults defaults;
    replay_load(s->replay, "getstatus");
    scene_expect(s, kx_webhdfs_space(s->client, NULL, &space, &s->err), 0);
    assert_int_equal(space.capacity, 270553174016);
    assert_int_equal(space.used, 281996);
    assert_int_equal(space.remaining, 71475634176);
    replay_load(s->replay, "getserverdefaults");
    scene_expect(s, kx_webhdfs_server_defaults(s->client, NULL, &defaults, &s->err), 0);
    assert_int_equal(defaults.block_bytes, 134217728);
    assert_int_equal(defaults.write_packet_bytes, 65536);
    assert_int_equal(defaults.replication, 1);
    assert_int_equal(defaults.bytes_per_checksum, 512);
    assert_int_equal(defaults.trash_interval_min, 60);
    assert_false(defaults.encrypt_transfer);
}

static void space_of_an_older_server_is_asked_for_once(void **state)
{
    struct scene *s = *state;
    struct kx_space space;
    replay_answer(s->replay, "GET", "/webhdfs/v1/?op=GETSTATUS&user.name=root", 400,
                  "{\"RemoteException\":{\"exception\":\"IllegalArgumentException\",\"message\":"
                  "\"Invalid value for webhdfs parameter \\\"op\\\": No enum constant\"}}");
    scene_expect(s, kx_webhdfs_space(s->client, NULL, &space, &s->err), -EOPNOTSUPP);
    scene_expect(s, kx_webhdfs_space(s->client, NULL, &space, &s->err), -EOPNOTSUPP);
    assert_int_equal(replay_requests(s->replay), 1);
}

static void places(void **state)
{
    struct scene *s = *state;
    g_autofree char *home = NULL, *trash = NULL, *httpfs = NULL, *evil = NULL;
    replay_load(s->replay, "gethomedirectory");
    scene_expect(s, kx_webhdfs_home(s->client, NULL, &home, &s->err), 0);
    assert_string_equal(home, "/user/root");
    replay_load(s->replay, "gettrashroot");
    scene_expect(s, kx_webhdfs_trash_root(s->client, "/rec/d/f.txt", NULL, &trash, &s->err), 0);
    assert_string_equal(trash, "/user/root/.Trash");
    replay_load(s->replay, "httpfs-gettrashroot");
    scene_expect(s, kx_webhdfs_trash_root(s->client, "/rec", NULL, &httpfs, &s->err), 0);
    replay_answer(s->replay, "GET", "/webhdfs/v1/?op=GETHOMEDIRECTORY&user.name=root", 200,
                  "{\"Path\":\"/user/../..\"}");
    scene_expect(s, kx_webhdfs_home(s->client, NULL, &evil, &s->err), -EPROTO);
    assert_string_equal(s->err.op, "GETHOMEDIRECTORY");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(list_in_pages),
        scene_test(list_on_httpfs_gives_no_entry_twice),
        scene_test(list_of_a_server_without_batches),
        scene_test(list_behind_a_name_that_is_gone),
        scene_test(list_behind_a_percent),
        scene_test(list_of_a_server_that_turns_in_circles),
        scene_test(list_refused),
        scene_test(sums),
        scene_test(quotas_are_set_and_cleared),
        scene_test(checksums),
        scene_test(block_locations),
        scene_test(space_and_defaults),
        scene_test(space_of_an_older_server_is_asked_for_once),
        scene_test(places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
