/* The login by ticket: sessions, and children that go wrong. */
#include <errno.h>

#include "desk.h"

#define NO_TOKENS "GETDELEGATIONTOKEN s=1\n"

static void a_ticket_is_shown_once_a_session(void **state)
{
    struct visit *v = *state;
    visit_program(v, GOOD WAIT);
    v->desk.proof = "YES";
    visit_begin(v, KX_LOGIN_NEGOTIATE, NULL);
    check_ask(v, 0, TICKET NO_TOKENS ASK "s=1\n");
    check_ask(v, 0, ASK "s=1\n");
    assert_string_equal(kx_client_user(v->client), "alice");
    struct kx_auth_state told;
    kx_auth_state(v->auth, &told);
    assert_string_equal(told.login, "negotiate");
    assert_string_equal(told.principal, "alice@R");
    assert_int_equal(told.ticket_ms, INT64_C(2000000000000));
    kx_auth_state_clear(&told);
}

static void a_server_that_wants_one_is_shown_one(void **state)
{
    struct visit *v = *state;
    visit_program(v, GOOD);
    visit_begin(v, KX_LOGIN_SIMPLE, NULL);
    assert_string_equal(kx_client_user(v->client), "root");
    check_ask(v, 0, ASK "root\n" TICKET NO_TOKENS ASK "s=1\n");
    assert_false(kx_auth_is_simple(v->auth));
    assert_string_equal(kx_client_user(v->client), "alice");
}

static void somebody_elses_ticket_is_not_taken(void **state)
{
    struct visit *v = *state;
    visit_program(v, GOOD);
    visit_begin(v, KX_LOGIN_SIMPLE, "bob");
    check_ask(v, -EACCES, ASK "root\n" TICKET);
    assert_error(&v->err, EACCES, NULL, "user=bob, but the Kerberos ticket is alice's");
}

static void a_server_that_proves_nothing_is_left(void **state)
{
    struct visit *v = *state;
    visit_program(v, GOOD WAIT);
    v->desk.proof = "NO";
    visit_begin(v, KX_LOGIN_NEGOTIATE, NULL);
    check_ask(v, -EACCES, TICKET);
    assert_error(&v->err, EACCES, NULL, "somebody else");
}

static void a_session_is_renewed_before_it_ends(void **state)
{
    struct visit *v = *state;
    visit_program(v, GOOD);
    v->desk.session_ms = 4000;
    visit_begin(v, KX_LOGIN_NEGOTIATE, NULL);
    check_ask(v, 0, TICKET NO_TOKENS ASK "s=1\n");
    fake_clock_pass(&v->clock, 2999);
    check_ask(v, 0, ASK "s=1\n");
    fake_clock_pass(&v->clock, 1);
    check_ask(v, 0, TICKET "GETDELEGATIONTOKEN s=2\n" ASK "s=2\n");
}

static void a_session_that_is_not_renewed_lasts_to_its_end(void **state)
{
    struct visit *v = *state;
    visit_program(v, GOOD);
    v->desk.session_ms = 4000;
    visit_begin(v, KX_LOGIN_NEGOTIATE, NULL);
    check_ask(v, 0, TICKET NO_TOKENS ASK "s=1\n");
    visit_program(v, "echo error there is no ticket");
    fake_clock_pass(&v->clock, 3000);
    check_ask(v, 0, ASK "s=1\n");
    fake_clock_pass(&v->clock, 1000);
    check_ask(v, -EACCES, "");
    assert_error(&v->err, EACCES, NULL, "there is no ticket");
    visit_program(v, GOOD);
    check_ask(v, -EACCES, ""); /* the failure speaks for those who come next */
    fake_clock_pass(&v->clock, 1000);
    check_ask(v, 0, TICKET "GETDELEGATIONTOKEN s=2\n" ASK "s=2\n");
}

static void a_session_that_the_server_has_forgotten_is_got_anew(void **state)
{
    struct visit *v = *state;
    visit_program(v, GOOD);
    visit_begin(v, KX_LOGIN_NEGOTIATE, NULL);
    check_ask(v, 0, TICKET NO_TOKENS ASK "s=1\n");
    g_mutex_lock(&v->desk.mutex);
    v->desk.sessions++;
    g_mutex_unlock(&v->desk.mutex);
    check_ask(v, 0, ASK "s=1\n" TICKET "GETDELEGATIONTOKEN s=3\n" ASK "s=3\n");
    g_mutex_lock(&v->desk.mutex);
    v->desk.no_sessions = true;
    g_mutex_unlock(&v->desk.mutex);
    check_ask(v, -EACCES, ASK "s=3\n" TICKET "GETDELEGATIONTOKEN s=4\n" ASK "s=4\n");
    check_ask(v, -EACCES, ""); /* nor is the KDC asked for each request of such a server */
}

/* Whatever a child does, the caller gets one clear error. */
static void a_child_that_goes_wrong(void **state)
{
    static const struct {
        const char *lines, *words;
    } ROWS[] = {{"echo error no ticket, kinit", "no ticket, kinit"},
                {"kill -SEGV $$", "crashed"},
                {"exit 0", "ended without an answer"},
                {"echo nonsense; exit 1", "ended without an answer"},
                {"echo ok", "ended without an answer"},
                {"printf 'principal alice@R\\ntoken half'", "ended without an answer"},
                {"head -c 200000 /dev/zero", "ended without an answer"}};
    struct visit *v = *state;
    visit_program(v, "exit 0");
    visit_begin(v, KX_LOGIN_NEGOTIATE, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        visit_program(v, ROWS[i].lines);
        check_ask(v, -EACCES, "");
        assert_error(&v->err, EACCES, NULL, ROWS[i].words);
        fake_clock_pass(&v->clock, 1000);
    }
    visit_program(v, GOOD "; read answer; kill -SEGV $$");
    v->desk.proof = "YES";
    check_ask(v, -EACCES, TICKET);
    assert_error(&v->err, EACCES, NULL, "crashed");
}

#define THREADS 8

static gpointer ask_status(gpointer data)
{
    struct kx_status status = {0};
    int rc = kx_webhdfs_stat(data, "/f", NULL, &status, NULL);
    kx_status_clear(&status);
    return GINT_TO_POINTER(rc);
}

static void many_threads_show_it_once(void **state)
{
    struct visit *v = *state;
    GThread *threads[THREADS];
    visit_program(v, GOOD);
    visit_begin(v, KX_LOGIN_NEGOTIATE, NULL);
    for (int i = 0; i < THREADS; i++)
        threads[i] = g_thread_new("asks", ask_status, v->client);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(GPOINTER_TO_INT(g_thread_join(threads[i])), 0);
    assert_int_equal(v->desk.sessions, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_ticket_is_shown_once_a_session),
        test(a_server_that_wants_one_is_shown_one),
        test(somebody_elses_ticket_is_not_taken),
        test(a_server_that_proves_nothing_is_left),
        test(a_session_is_renewed_before_it_ends),
        test(a_session_that_is_not_renewed_lasts_to_its_end),
        test(a_session_that_the_server_has_forgotten_is_got_anew),
        test(a_child_that_goes_wrong),
        test(many_threads_show_it_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
