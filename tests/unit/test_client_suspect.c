/* DataNodes that failed are kept out of the next redirects. */
#include <errno.h>
#include <string.h>

#include "fake.h"
#include "pulled.h"
#include "recording.h"
#include "rest/features.h"
#include "rest/json.h"
#include "rest/upload.h"

#define LENGTH ((gint64)1000)

static struct fake *begin(const struct fake_answer *answers, unsigned count)
{
    const struct world_options options = {.timeout_ms = 4000, .stall_ms = 800};
    return fake_new(answers, count, &options);
}

static int read_range(struct fake *f, gint64 offset, gint64 length, gint64 *came)
{
    return pulled_range(f->client, "/f", offset, length, NULL, came, &f->err);
}

static void check_read(struct fake *f, gint64 offset, gint64 length)
{
    gint64 came;
    fake_expect(f, read_range(f, offset, length, &came), 0);
    assert_int_equal(came, length);
}

/* @excluded of each redirect; @located of each question for names; both since the last check. */
static void check_asked(struct fake *f, const char *excluded, const char *located)
{
    assert_string_equal(f->excluded->str, excluded);
    assert_string_equal(f->located->str, located);
    g_string_truncate(f->excluded, 0);
    g_string_truncate(f->located, 0);
}

static void a_dead_datanode_is_avoided(void **state)
{
    (void)state;
    const struct fake_answer answers[] = {{FAKE_NOWHERE, 0}, {FAKE_WHOLE, 0}};
    struct fake *f = begin(answers, 2);
    check_read(f, 77, LENGTH);
    check_asked(f, "- " FAKE_DEAD " ", "77 ");
    check_read(f, 0, LENGTH); /* another file would do the same */
    check_asked(f, FAKE_DEAD " ", "");
    fake_free(f);
}

static void a_stream_goes_on_without_the_one_that_was_cut(void **state)
{
    (void)state;
    const struct fake_answer answers[] = {{FAKE_CUT, 500}, {FAKE_NOWHERE, 0}, {FAKE_WHOLE, 0}};
    struct fake *f = begin(answers, 3);
    check_read(f, 10, LENGTH);
    assert_string_equal(f->offsets->str, "10 510 ");
    check_asked(f, "- " FAKE_DATANODE " " FAKE_DATANODE "," FAKE_DEAD " ", "10 510 ");
    fake_free(f);
}

static void a_stream_that_ends_early_or_is_silent(void **state)
{
    (void)state;
    static const enum fake_fault FAULTS[] = {FAKE_SHORT, FAKE_SILENT};
    for (size_t i = 0; i < G_N_ELEMENTS(FAULTS); i++) {
        const struct fake_answer answers[] = {{FAULTS[i], 500}, {FAKE_WHOLE, 0}};
        struct fake *f = begin(answers, 2);
        check_read(f, 0, LENGTH);
        check_asked(f, "- " FAKE_DATANODE " ", "0 ");
        fake_free(f);
    }
}

static void a_mute_datanode_costs_half_of_the_time(void **state)
{
    (void)state;
    const struct fake_answer answers[] = {{FAKE_MUTE, 0}, {FAKE_WHOLE, 0}};
    const struct world_options options = {.timeout_ms = 1600};
    struct fake *f = fake_new(answers, 2, &options);
    gint64 start = g_get_monotonic_time();
    check_read(f, 5, LENGTH);
    assert_in_range(g_get_monotonic_time() - start, 800000, 1500000);
    check_asked(f, "- " FAKE_DATANODE " ", "5 ");
    fake_free(f);
    f = fake_new(answers, 2, &options);
    f->no_locations = true; /* then there is no use in asking again */
    gint64 came;
    fake_expect(f, read_range(f, 0, LENGTH, &came), -ETIMEDOUT);
    check_asked(f, "- ", "0 ");
    fake_free(f);
}

static void when_all_are_avoided_none_is(void **state)
{
    (void)state;
    const struct fake_answer answers[] = {{FAKE_CUT, 500}, {FAKE_NOBODY, 0}};
    struct fake *f = begin(answers, 2);
    check_read(f, 0, LENGTH);
    check_asked(f, "- " FAKE_DATANODE " - ", "0 ");
    check_read(f, 0, LENGTH); /* and they are forgotten */
    check_asked(f, "- ", "");
    fake_free(f);
}

/* Nothing but the one that is dead: an error in time, and the true one. */
static void the_only_datanode_is_dead(void **state)
{
    (void)state;
    const struct fake_answer answers[] = {{FAKE_NOWHERE, 0}};
    struct fake *f = begin(answers, 1);
    gint64 came;
    fake_expect(f, read_range(f, 0, LENGTH, &came), -EHOSTDOWN);
    assert_int_equal(f->redirects, 4);
    assert_null(f->err.exception);
    fake_free(f);
}

static void a_server_that_names_nobody_is_asked_once(void **state)
{
    (void)state;
    const struct fake_answer answers[] = {{FAKE_NOWHERE, 0}, {FAKE_NOWHERE, 0}, {FAKE_WHOLE, 0}};
    struct fake *f = begin(answers, 3);
    f->no_locations = true;
    check_read(f, 0, LENGTH);
    check_asked(f, "- - - ", "0 ");
    assert_int_equal(kx_feature_get(kx_client_features(f->client), KX_FEATURE_LOCATED_BLOCKS),
                     KX_NO);
    fake_free(f);
}

static void answers_are_no_reason(void **state)
{
    (void)state;
    const struct fake_answer answers[] = {{FAKE_GATEWAY, 0}, {FAKE_DEAD_RPC, 0}, {FAKE_WHOLE, 0}};
    struct fake *f = begin(answers, 3);
    check_read(f, 0, LENGTH); /* though both were tried again */
    check_asked(f, "- - - ", "");
    fake_free(f);
}

static void an_answer_that_stays_is_bounded(void **state)
{
    (void)state;
    const struct fake_answer answers[] = {{FAKE_DEAD_RPC, 0}};
    struct fake *f = begin(answers, 1);
    gint64 came;
    fake_expect(f, read_range(f, 0, LENGTH, &came), -EIO);
    assert_int_equal(f->opens, 4);
    assert_string_equal(f->err.exception, "EOFException");
    fake_free(f);
}

static void uploads_avoid_what_reads_found(void **state)
{
    (void)state;
    const struct fake_answer answers[] = {{FAKE_NOWHERE, 0}, {FAKE_WHOLE, 0}};
    const struct kx_create how = {.overwrite = true};
    struct fake *f = begin(answers, 2);
    check_read(f, 0, LENGTH);
    check_asked(f, "- " FAKE_DEAD " ", "0 ");
    fake_expect(f, kx_upload_small(f->client, "/g", &how, "x", 1, NULL, &f->err), 0);
    fake_expect(f, kx_upload_small(f->client, "/g", NULL, "x", 1, NULL, &f->err), 0);
    check_asked(f, FAKE_DEAD " " FAKE_DEAD " ", "");
    fake_free(f);
}

static void an_upload_that_has_no_other_takes_them(void **state)
{
    (void)state;
    const struct fake_answer answers[] = {{FAKE_NOWHERE, 0}, {FAKE_WHOLE, 0}, {FAKE_NOBODY, 0}};
    const struct kx_create how = {.overwrite = true};
    struct fake *f = begin(answers, 3);
    check_read(f, 0, LENGTH);
    check_asked(f, "- " FAKE_DEAD " ", "0 ");
    fake_expect(f, kx_upload_small(f->client, "/g", &how, "x", 1, NULL, &f->err), 0);
    check_asked(f, FAKE_DEAD " - ", "");
    fake_free(f);
}

/* A file that is yet to be created has no blocks; one that is appended to has. */
static void what_an_upload_finds(void **state)
{
    (void)state;
    const struct fake_answer answers[] = {{FAKE_NOWHERE, 0}, {FAKE_WHOLE, 0}};
    const struct kx_create how = {.overwrite = true};
    struct fake *f = begin(answers, 2);
    fake_expect(f, kx_upload_small(f->client, "/g", &how, "x", 1, NULL, &f->err), 0);
    check_asked(f, "- - ", "");
    fake_free(f);
    f = begin(answers, 2);
    fake_expect(f, kx_upload_small(f->client, "/g", NULL, "x", 1, NULL, &f->err), 0);
    check_asked(f, "- " FAKE_DEAD " ", "0 ");
    fake_free(f);
}

/* --- GET_BLOCK_LOCATIONS --- */

static void clear(gpointer element)
{
    kx_datanode_clear(element);
}

static int read_text(const char *text, GArray *out)
{
    g_autoptr(GBytes) body = g_bytes_new(text, strlen(text));
    return kx_json_read_datanodes(body, out, NULL);
}

static void the_recorded_answer(void **state)
{
    (void)state;
    g_autoptr(GBytes) body = recording_body("get-block-locations-legacy");
    g_autoptr(GArray) all = g_array_new(FALSE, TRUE, sizeof(struct kx_datanode));
    g_array_set_clear_func(all, clear);
    assert_int_equal(kx_json_read_datanodes(body, all, NULL), 0);
    assert_int_equal(all->len, 2); /* the block, and it is the last one */
    for (guint i = 0; i < all->len; i++) {
        const struct kx_datanode *datanode = &g_array_index(all, struct kx_datanode, i);
        assert_string_equal(datanode->name, "127.0.0.1:20002");
        assert_string_equal(datanode->host, "localhost");
        assert_string_equal(datanode->address, "127.0.0.1");
        assert_int_equal(datanode->http_port, 20003);
        assert_int_equal(datanode->https_port, 0);
    }
}

static void answers_of_other_shapes(void **state)
{
    (void)state;
    g_autoptr(GArray) all = g_array_new(FALSE, TRUE, sizeof(struct kx_datanode));
    g_array_set_clear_func(all, clear);
    assert_int_equal(read_text("{\"LocatedBlocks\":null}", all), 0);
    assert_int_equal(
        read_text("{\"LocatedBlocks\":{\"locatedBlocks\":[],\"lastLocatedBlock\":null}}", all), 0);
    assert_int_equal(all->len, 0); /* an empty file */
    assert_int_equal(
        read_text("{\"LocatedBlocks\":{\"locatedBlocks\":[{\"locations\":[{\"name\":\"a:1\"}]}]}}",
                  all),
        0);
    assert_int_equal(all->len, 1);
    static const char *const WRONG[] = {
        "{}",
        "[]",
        "{\"LocatedBlocks\":[]}",
        "{\"LocatedBlocks\":{}}",
        "{\"LocatedBlocks\":{\"locatedBlocks\":{}}}",
        "{\"LocatedBlocks\":{\"locatedBlocks\":[1]}}",
        "{\"LocatedBlocks\":{\"locatedBlocks\":[{\"locations\":[1]}]}}",
        "{\"LocatedBlocks\":{\"locatedBlocks\":[{\"locations\":[{\"hostName\":\"a\"}]}]}}",
        "{\"LocatedBlocks\":{\"locatedBlocks\":[{\"locations\":[{\"name\":\"a:1\",\"infoPort\":"
        "65536}]}]}}"};
    for (size_t i = 0; i < G_N_ELEMENTS(WRONG); i++)
        if (read_text(WRONG[i], all) != -EPROTO) fail_msg("%s was taken", WRONG[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dead_datanode_is_avoided),
        cmocka_unit_test(a_stream_goes_on_without_the_one_that_was_cut),
        cmocka_unit_test(a_stream_that_ends_early_or_is_silent),
        cmocka_unit_test(a_mute_datanode_costs_half_of_the_time),
        cmocka_unit_test(when_all_are_avoided_none_is),
        cmocka_unit_test(the_only_datanode_is_dead),
        cmocka_unit_test(a_server_that_names_nobody_is_asked_once),
        cmocka_unit_test(answers_are_no_reason),
        cmocka_unit_test(an_answer_that_stays_is_bounded),
        cmocka_unit_test(uploads_avoid_what_reads_found),
        cmocka_unit_test(an_upload_that_has_no_other_takes_them),
        cmocka_unit_test(what_an_upload_finds),
        cmocka_unit_test(the_recorded_answer),
        cmocka_unit_test(answers_of_other_shapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
