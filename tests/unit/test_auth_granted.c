/* Tokens of Knox's that are given for a ticket. */
#include <errno.h>

#include "desk.h"

#define SHOW "- Negotiate TICKET\n"

static void a_ticket_is_shown_once_for_many_tokens(void **state)
{
    struct visit *v = *state;
    visit_program(v, GOOD WAIT);
    v->desk.proof = "YES";
    v->desk.token_ms = 4000;
    visit_begin_granted(v, NULL);
    assert_null(kx_client_user(v->client));
    check_ask(v, 0, SHOW ASK JWT "1\n");
    assert_string_equal(kx_client_user(v->client), "alice");
    fake_clock_pass(&v->clock, 2999);
    check_ask(v, 0, ASK JWT "1\n");
    fake_clock_pass(&v->clock, 1);
    visit_program(v, "echo error there is no KDC");
    check_ask(v, 0, "- s=1\n" ASK JWT "2\n");
    struct kx_auth_state told;
    kx_auth_state(v->auth, &told);
    assert_string_equal(told.login, "bearer");
    assert_string_equal(told.principal, "alice@R");
    assert_string_equal(told.source, "the ticket cache");
    assert_string_equal(told.user, "alice");
    kx_auth_state_clear(&told);
}

static void a_session_that_has_ended_takes_another_ticket(void **state)
{
    struct visit *v = *state;
    visit_program(v, GOOD);
    v->desk.token_ms = 4000;
    v->desk.session_ms = 3500;
    visit_begin_granted(v, NULL);
    check_ask(v, 0, SHOW ASK JWT "1\n");
    fake_clock_pass(&v->clock, 3000);
    check_ask(v, 0, "- s=1\n" ASK JWT "2\n");
    fake_clock_pass(&v->clock, 3000); /* it is known to have ended */
    check_ask(v, 0, SHOW ASK JWT "3\n");
    g_mutex_lock(&v->desk.mutex);
    v->desk.sessions++; /* it is forgotten */
    g_mutex_unlock(&v->desk.mutex);
    fake_clock_pass(&v->clock, 3000);
    check_ask(v, 0, "- s=2\n" SHOW ASK JWT "4\n");
}

static void a_service_that_gives_no_session_is_shown_a_ticket_each_time(void **state)
{
    struct visit *v = *state;
    visit_program(v, GOOD);
    v->desk.no_cookies = true;
    v->desk.token_ms = 4000;
    visit_begin_granted(v, NULL);
    check_ask(v, 0, SHOW ASK JWT "1\n");
    fake_clock_pass(&v->clock, 3000);
    check_ask(v, 0, SHOW ASK JWT "2\n");
}

static void a_token_that_is_refused_is_got_anew(void **state)
{
    struct visit *v = *state;
    visit_program(v, GOOD);
    visit_begin_granted(v, NULL);
    check_ask(v, 0, SHOW ASK JWT "1\n");
    g_mutex_lock(&v->desk.mutex);
    v->desk.jwts++;
    g_mutex_unlock(&v->desk.mutex);
    check_ask(v, 0, ASK JWT "1\n- s=1\n" ASK JWT "3\n");
}

static void without_a_ticket_it_is_said_once(void **state)
{
    struct visit *v = *state;
    visit_program(v, "echo error there is no ticket");
    visit_begin_granted(v, NULL);
    check_ask(v, -EACCES, "");
    assert_error(&v->err, EACCES, NULL, "there is no ticket");
    check_ask(v, -EACCES, ""); /* the KDC is left alone for a while */
    assert_error(&v->err, EACCES, NULL, "there is no ticket");
    visit_program(v, GOOD);
    fake_clock_pass(&v->clock, KX_REFUSED_MS);
    check_ask(v, 0, SHOW ASK JWT "1\n");
}

static void somebody_elses_token_is_not_taken(void **state)
{
    struct visit *v = *state;
    visit_program(v, GOOD);
    visit_begin_granted(v, "bob");
    check_ask(v, -EACCES, SHOW);
    assert_error(&v->err, EACCES, NULL,
                 "user=bob, but the token for the Kerberos ticket is alice's");
}

static void a_service_that_proves_nothing_is_left(void **state)
{
    struct visit *v = *state;
    visit_program(v, GOOD WAIT);
    v->desk.proof = "NO";
    visit_begin_granted(v, NULL);
    check_ask(v, -EACCES, SHOW);
    assert_error(&v->err, EACCES, NULL, "somebody else");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_ticket_is_shown_once_for_many_tokens),
        test(a_session_that_has_ended_takes_another_ticket),
        test(a_service_that_gives_no_session_is_shown_a_ticket_each_time),
        test(a_token_that_is_refused_is_got_anew),
        test(without_a_ticket_it_is_said_once),
        test(somebody_elses_token_is_not_taken),
        test(a_service_that_proves_nothing_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
