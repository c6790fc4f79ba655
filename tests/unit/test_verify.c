/* Verified uploads: what is asked, and what the answer leads to. */
#include "rest/verify.h"

#include <errno.h>
#include <string.h>

#include "rest/upload.h"
#include "scene.h"

/* The sum of "The quick brown fox", and another (each as of one block). */
#define SUM_PREFIX "{\"FileChecksum\":{\"algorithm\":\"MD5-of-0MD5-of-512CRC32C\",\"bytes\":\""
#define SUM_RIGHT                                                                                  \
    SUM_PREFIX "000002000000000000000000ca4c5d89c80756644090748064a008b900000000\",\"length\":28}" \
               "}"
#define SUM_WRONG                                                                                  \
    SUM_PREFIX "000002000000000000000000576f5c08994984ddae875cf2d0b2812600000000\",\"length\":28}" \
               "}"
#define SUM_OF_CRC32                                                                               \
    "{\"FileChecksum\":{\"algorithm\":\"MD5-of-0MD5-of-512CRC32\",\"bytes\":\"00\",\"length\":28}" \
    "}"
#define UNKNOWN_OP                                                                                 \
    "{\"RemoteException\":{\"exception\":\"IllegalArgumentException\",\"message\":"                \
    "\"Invalid value for webhdfs parameter \\\"op\\\": No enum constant\"}}"
#define TARGET(op) "/webhdfs/v1/f?op=" op "&user.name=root"
#define STATUS(more)                                                                               \
    "{\"FileStatus\":{\"pathSuffix\":\"\",\"type\":\"FILE\",\"length\":19,\"permission\":\"644\"," \
    "\"modificationTime\":5,\"fileId\":7" more "}}"

/* The replay stands for both servers; a redirect would come back to it. */
static void expect_create(struct scene *s, const char *block)
{
    g_autofree char *target = g_strdup_printf(
        "/webhdfs/v1/f?op=CREATE&user.name=root&overwrite=true&createparent=false%s", block);
    replay_redirect(s->replay, "PUT", target, "/webhdfs/v1/f?op=CREATE&datanode=1");
    replay_answer(s->replay, "PUT", "/webhdfs/v1/f?op=CREATE&datanode=1", 201, NULL);
}

static int upload(struct scene *s, int64_t block_bytes)
{
    const struct kx_create how = {.overwrite = true, .block_bytes = block_bytes, .verify = true};
    return kx_upload_small(s->client, "/f", &how, "The quick brown fox", 19, NULL, &s->err);
}

static void expect_sum(struct scene *s, const char *answer)
{
    replay_answer(s->replay, "GET", TARGET("GETFILECHECKSUM"), 200, answer);
}

#define DEFAULT_BLOCK "&blocksize=134217728"

static void defaults_are_asked_for_once(void **state)
{
    struct scene *s = *state;
    replay_load(s->replay, "getserverdefaults");
    for (int i = 0; i < 2; i++) {
        expect_create(s, DEFAULT_BLOCK);
        expect_sum(s, SUM_RIGHT);
        scene_expect(s, upload(s, 0), 0);
    }
    expect_create(s, "&blocksize=1048576");
    expect_sum(s, SUM_RIGHT);
    scene_expect(s, upload(s, 1048576), 0);
}

static void another_sum_is_an_error(void **state)
{
    struct scene *s = *state;
    replay_load(s->replay, "getserverdefaults");
    expect_create(s, DEFAULT_BLOCK);
    expect_sum(s, SUM_WRONG);
    replay_answer(s->replay, "GET", TARGET("GETFILESTATUS"), 200, STATUS(""));
    scene_expect(s, upload(s, 0), -EIO);
    assert_error(&s->err, EIO, NULL, "576f5c08994984ddae875cf2d0b28126 instead of ");
    assert_non_null(strstr(s->err.message, "ca4c5d89c80756644090748064a008b9"));
    assert_string_equal(s->err.op, "GETFILECHECKSUM");
}

static void sums_of_other_bytes_are_not_compared(void **state)
{
    static const char *const KEPT[] = {STATUS(",\"encBit\":true"), STATUS(",\"ecBit\":true")};
    struct scene *s = *state;
    replay_load(s->replay, "getserverdefaults");
    for (size_t i = 0; i < G_N_ELEMENTS(KEPT); i++) {
        expect_create(s, DEFAULT_BLOCK);
        expect_sum(s, SUM_WRONG);
        replay_answer(s->replay, "GET", TARGET("GETFILESTATUS"), 200, KEPT[i]);
        scene_expect(s, upload(s, 0), 0);
    }
}

static void another_form_is_learned(void **state)
{
    struct scene *s = *state;
    replay_load(s->replay, "getserverdefaults");
    expect_create(s, DEFAULT_BLOCK);
    expect_sum(s, SUM_OF_CRC32);
    scene_expect(s, upload(s, 0), 0);
    expect_create(s, DEFAULT_BLOCK);
    expect_sum(s, SUM_OF_CRC32); /* it is no sum of that form */
    replay_answer(s->replay, "GET", TARGET("GETFILESTATUS"), 200, STATUS(""));
    scene_expect(s, upload(s, 0), -EIO);
}

static void servers_without_it_are_no_error(void **state)
{
    struct scene *s = *state;
    replay_answer(s->replay, "GET", "/webhdfs/v1/?op=GETSERVERDEFAULTS&user.name=root", 400,
                  UNKNOWN_OP);
    for (int i = 0; i < 2; i++) {
        expect_create(s, ""); /* the default is not known, and not changed */
        replay_answer(s->replay, "GET", TARGET("GETFILECHECKSUM"), 400, UNKNOWN_OP);
        scene_expect(s, upload(s, 0), 0);
        assert_null(s->err.message);
    }
}

static void a_sum_that_cannot_be_had_is_an_error(void **state)
{
    struct scene *s = *state;
    replay_load(s->replay, "getserverdefaults");
    expect_create(s, DEFAULT_BLOCK);
    replay_answer(s->replay, "GET", TARGET("GETFILECHECKSUM"), 403,
                  "{\"RemoteException\":{\"exception\":\"AccessControlException\",\"message\":"
                  "\"Permission denied\"}}");
    scene_expect(s, upload(s, 0), -EACCES);
}

static void what_could_not_be_asked_is_asked_again(void **state)
{
    struct scene *s = *state;
    const struct kx_create how = {.overwrite = true, .verify = true};
    struct kx_upload *upload = NULL;
    replay_load(s->replay, "getserverdefaults");
    expect_create(s, DEFAULT_BLOCK);
    scene_expect(s, kx_upload_open(s->client, "/f", &how, NULL, &upload, &s->err), 0);
    scene_expect(s, kx_upload_write(upload, "The quick brown fox", 19, NULL, &s->err), 0);
    replay_answer(s->replay, "GET", TARGET("GETFILECHECKSUM"), 500,
                  "{\"RemoteException\":{\"exception\":\"IOException\",\"message\":\"busy\"}}");
    scene_expect(s, kx_upload_finish(upload, NULL, &s->err), -EIO);
    expect_sum(s, SUM_RIGHT);
    scene_expect(s, kx_upload_finish(upload, NULL, &s->err), 0);
    kx_upload_close(upload);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(defaults_are_asked_for_once),
        scene_test(another_sum_is_an_error),
        scene_test(sums_of_other_bytes_are_not_compared),
        scene_test(another_form_is_learned),
        scene_test(servers_without_it_are_no_error),
        scene_test(a_sum_that_cannot_be_had_is_an_error),
        scene_test(what_could_not_be_asked_is_asked_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
