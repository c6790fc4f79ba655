/* Which DataNodes are remembered, whose turn it is, and when the NameNode is asked again. */
#include "rest/datanodes.h"

#include <string.h>

#include "fake_clock.h"
#include "support.h"

#define QUERY "?op=CREATE&user.name=root&namenoderpcaddress=nn:8020&overwrite=true"

static const struct kx_direct CREATE = {"CREATE", "al ice", "/c d", "&overwrite=true", NULL};

struct memory {
    struct fake_clock fake;
    struct kx_datanodes *datanodes;
    struct kx_endpoint endpoint;
};

static int setup(void **state)
{
    struct memory *m = g_new0(struct memory, 1);
    fake_clock_init(&m->fake);
    m->datanodes = kx_datanodes_new(&m->fake.clock);
    assert_int_equal(kx_endpoint_parse("http://nn:9870", &m->endpoint, NULL), 0);
    *state = m;
    return 0;
}

static int teardown(void **state)
{
    struct memory *m = *state;
    kx_datanodes_free(m->datanodes);
    kx_endpoint_clear(&m->endpoint);
    g_free(m);
    return 0;
}

static void learn(struct memory *m, const char *origin)
{
    g_autofree char *url = g_strconcat(origin, "/webhdfs/v1/a/b" QUERY, NULL);
    kx_datanodes_learn(m->datanodes, &m->endpoint, &CREATE, url);
}

/* @return owned; NULL: ask the NameNode */
static char *turn(struct memory *m)
{
    return kx_datanodes_url(m->datanodes, &CREATE);
}

/* Whose turns they are, by their first letters. */
static void check_turns(struct memory *m, const char *expected)
{
    g_autoptr(GString) turns = g_string_new(NULL);
    for (size_t i = 0; i <= strlen(expected); i++) {
        g_autofree char *url = turn(m);
        if (!url) break;
        g_string_append_c(turns, url[strlen("http://")]);
    }
    assert_string_equal(turns->str, expected);
}

static void a_url_is_made_of_what_was_learned(void **state)
{
    struct memory *m = *state;
    assert_null(turn(m));
    learn(m, "http://a:9864");
    g_autofree char *url = turn(m);
    assert_string_equal(url, "http://a:9864/webhdfs/v1/c%20d?op=CREATE&user.name=al%20ice&"
                             "namenoderpcaddress=nn:8020&overwrite=true");
}

static void the_namenode_is_asked_again_and_again(void **state)
{
    struct memory *m = *state;
    learn(m, "http://a:1");
    check_turns(m, "aaaa");
    learn(m, "http://b:1");
    check_turns(m, "abab");
    for (int turns = 2 * KX_KNOWN_FEW; turns <= 2 * KX_KNOWN_TURNS; turns *= 2) {
        learn(m, "http://b:1"); /* nothing new */
        int came = 0;
        for (char *url; (url = turn(m)); g_free(url))
            came++;
        assert_int_equal(came, MIN(turns, KX_KNOWN_TURNS));
    }
    learn(m, "http://c:1");
    check_turns(m, "abca");
}

static void old_ones_are_forgotten(void **state)
{
    struct memory *m = *state;
    learn(m, "http://a:1");
    fake_clock_pass(&m->fake, KX_KNOWN_MS / 2);
    learn(m, "http://b:1");
    fake_clock_pass(&m->fake, KX_KNOWN_MS / 2);
    check_turns(m, "bbbb");
    fake_clock_pass(&m->fake, KX_KNOWN_MS / 2);
    learn(m, "http://a:1");
    fake_clock_pass(&m->fake, KX_KNOWN_MS);
    check_turns(m, "");
    for (int i = 0; i <= KX_KNOWN_MAX; i++) {
        g_autofree char *origin = g_strdup_printf("http://%c%d:1", i ? 'x' : 'o', i);
        learn(m, origin);
    }
    check_turns(m, "xxxx"); /* not the first one any more */
}

static void another_namenode_is_asked_first(void **state)
{
    struct memory *m = *state;
    learn(m, "http://a:1");
    check_turns(m, "aaaa");
    learn(m, "http://a:1");
    kx_datanodes_moved(m->datanodes);
    check_turns(m, "");
    learn(m, "http://b:1"); /* of the same nameservice: what was known is good */
    check_turns(m, "abab");
    kx_datanodes_moved(m->datanodes);
    const struct kx_direct create = {.op = "CREATE", .user = "root", .path = "/a"};
    kx_datanodes_learn(m->datanodes, &m->endpoint, &create,
                       "http://c:1/webhdfs/v1/a?op=CREATE&namenoderpcaddress=nn2:8020");
    check_turns(m, "cccc"); /* of another address: nothing else is */
}

static void failed_ones_are_forgotten(void **state)
{
    struct memory *m = *state;
    learn(m, "http://a:1");
    learn(m, "http://b:1");
    kx_datanodes_failed(m->datanodes, "http://a:1/webhdfs/v1/x?y", false);
    kx_datanodes_failed(m->datanodes, "not a url", true);
    check_turns(m, "bbbb");
    for (int i = 0; i < 2 * KX_KNOWN_FAILED; i++) { /* not in a row */
        kx_datanodes_failed(m->datanodes, "http://a:1/webhdfs/v1/x?y", true);
        kx_datanodes_worked(m->datanodes);
    }
    learn(m, "http://a:1");
    check_turns(m, "baba");
    for (int i = 0; i < KX_KNOWN_FAILED; i++)
        kx_datanodes_failed(m->datanodes, "http://a:1/webhdfs/v1/x?y", true);
    learn(m, "http://a:1");
    check_turns(m, "");
}

static void what_is_not_for_everybody_is_not_remembered(void **state)
{
    static const char *const URLS[] = {
        "http://nn:9870/webhdfs/v1/a" QUERY,           /* a gateway, or HttpFS: itself */
        "http://NN:9870/webhdfs/v1/a" QUERY,           /* */
        "http://dn:9864/gateway/x/webhdfs/v1/a" QUERY, /* not a DataNode's own */
        "http://dn:9864/webhdfs/v1/a" QUERY "&delegation=secret",
        "http://dn:9864/webhdfs/v1/a" QUERY "&_=sealed",
        "http://dn:9864/webhdfs/v1/a" QUERY "&data=true",
        "http://dn:9864/webhdfs/v1/a?op=CREATE&user.name=root",
        "http://dn:9864/webhdfs/v1/a?op=CREATE&namenoderpcaddress=",
        "http://dn:9864/webhdfs/v1/a",
        "http://dn/webhdfs/v1/a" QUERY,
        "dn",
    };
    struct memory *m = *state;
    for (size_t i = 0; i < G_N_ELEMENTS(URLS); i++) {
        kx_datanodes_learn(m->datanodes, &m->endpoint, &CREATE, URLS[i]);
        g_autofree char *url = turn(m);
        if (url) fail_msg("%s was remembered", URLS[i]);
    }
}

static void several_namenodes_end_it(void **state)
{
    struct memory *m = *state;
    learn(m, "http://a:1");
    kx_datanodes_learn(m->datanodes, &m->endpoint, &CREATE,
                       "http://a:1/webhdfs/v1/a?op=CREATE&namenoderpcaddress=nn2:8020");
    check_turns(m, "");
    learn(m, "http://a:1");
    check_turns(m, "");
}

static void an_open_teaches_nothing_of_creates(void **state)
{
    struct memory *m = *state;
    const struct kx_extent range = {0, 100};
    const struct kx_direct open = {"OPEN", "u", "/f", NULL, &range};
    kx_datanodes_learn(
        m->datanodes, &m->endpoint, &open,
        "http://a:1/webhdfs/v1/f?op=OPEN&namenoderpcaddress=nn:8020&offset=0&length=1");
    check_turns(m, "");
    learn(m, "http://b:1");
    check_turns(m, "bbbb");
    g_autofree char *at_first = kx_datanodes_url(m->datanodes, &open);
    assert_true(g_str_has_prefix(at_first, "http://a:1/webhdfs/v1/f?op=OPEN&"));
    const struct kx_direct other = {"OPEN", "u", "/g", NULL, &range};
    g_autoptr(GString) turns = g_string_new(NULL);
    for (char *url; (url = kx_datanodes_url(m->datanodes, &other)); g_free(url))
        g_string_append_c(turns, url[strlen("http://")]);
    assert_string_equal(turns->str, "abab");
    fake_clock_pass(&m->fake, KX_KNOWN_MS);
    assert_null(kx_datanodes_url(m->datanodes, &open));
}

#define memory_test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        memory_test(a_url_is_made_of_what_was_learned),
        memory_test(the_namenode_is_asked_again_and_again),
        memory_test(old_ones_are_forgotten),
        memory_test(another_namenode_is_asked_first),
        memory_test(failed_ones_are_forgotten),
        memory_test(what_is_not_for_everybody_is_not_remembered),
        memory_test(several_namenodes_end_it),
        memory_test(an_open_teaches_nothing_of_creates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
