/* Delegation tokens that a login by ticket gets, renews and gives back. */
#include <errno.h>

#include "desk.h"

#define TOKEN TICKET "GETDELEGATIONTOKEN s=1\nRENEWDELEGATIONTOKEN s=1\n"

static void a_token_is_prolonged_and_cancelled(void **state)
{
    struct visit *v = *state;
    visit_program(v, GOOD);
    v->desk.tokens = true;
    v->desk.token_ms = 4000;
    visit_begin(v, KX_LOGIN_NEGOTIATE, NULL);
    check_ask(v, 0, TOKEN ASK "t1\n");
    fake_clock_pass(&v->clock, 2999);
    check_ask(v, 0, ASK "t1\n");
    fake_clock_pass(&v->clock, 1);
    check_ask(v, 0, "RENEWDELEGATIONTOKEN s=1\n" ASK "t1\n");
    kx_client_free(g_steal_pointer(&v->client));
    check_seen(v, "CANCELDELEGATIONTOKEN t1\n");
}

static void a_token_that_cannot_be_prolonged_is_replaced(void **state)
{
    struct visit *v = *state;
    visit_program(v, GOOD);
    v->desk.tokens = v->desk.no_prolonging = true;
    v->desk.token_ms = 4000;
    visit_begin(v, KX_LOGIN_NEGOTIATE, NULL);
    check_ask(v, 0, TOKEN ASK "t1\n");
    check_ask(v, 0, ASK "t1\n");
    g_mutex_lock(&v->desk.mutex);
    g_string_append(v->desk.seen, ASK "\n"); /* from now on none is prolonged */
    g_mutex_unlock(&v->desk.mutex);
    fake_clock_pass(&v->clock, 3000);
    check_ask(v, 0,
              ASK
              "\nRENEWDELEGATIONTOKEN s=1\nGETDELEGATIONTOKEN s=1\nRENEWDELEGATIONTOKEN s=1\n" ASK
              "t2\n");
}

static void a_token_that_is_refused_is_got_anew(void **state)
{
    struct visit *v = *state;
    visit_program(v, GOOD);
    v->desk.tokens = true;
    visit_begin(v, KX_LOGIN_NEGOTIATE, NULL);
    check_ask(v, 0, TOKEN ASK "t1\n");
    g_mutex_lock(&v->desk.mutex);
    v->desk.given++; /* somebody has cancelled it */
    g_mutex_unlock(&v->desk.mutex);
    check_ask(v, 0,
              ASK "t1\n" TICKET "GETDELEGATIONTOKEN s=2\nRENEWDELEGATIONTOKEN s=2\n" ASK "t3\n");
}

static void a_server_that_refuses_its_own_tokens_is_asked_without(void **state)
{
    struct visit *v = *state;
    visit_program(v, GOOD);
    v->desk.tokens = v->desk.no_own_tokens = true;
    visit_begin(v, KX_LOGIN_NEGOTIATE, NULL);
    check_ask(v, 0, TOKEN ASK "t1\n" TICKET ASK "s=2\n");
    check_ask(v, 0, ASK "s=2\n");
}

static void a_token_that_ends_on_its_way_is_got_anew(void **state)
{
    struct visit *v = *state;
    visit_program(v, GOOD);
    v->desk.tokens = v->desk.no_own_tokens = true;
    v->desk.token_ms = 0;
    visit_begin(v, KX_LOGIN_NEGOTIATE, NULL);
    check_ask(v, -EACCES,
              TOKEN ASK "t1\n" TICKET "GETDELEGATIONTOKEN s=2\nRENEWDELEGATIONTOKEN s=2\n" ASK
                        "t2\n" TICKET "GETDELEGATIONTOKEN s=3\nRENEWDELEGATIONTOKEN s=3\n" ASK
                        "t3\n");
}

/* The second server knows what the first one has given: a pair of NameNodes. */
static void a_token_is_good_at_the_other_server(void **state)
{
    struct visit *v = *state;
    visit_program(v, GOOD);
    v->desk.tokens = v->second.tokens = true;
    v->desk.token_ms = 4000;
    v->second.given = 1;
    v->second.sessions = 7;
    visit_begin_pair(v);
    check_ask(v, 0, TOKEN ASK "t1\n");
    visit_leave_first(v);
    visit_program(v, "echo error there is no KDC");
    check_ask(v, 0, ASK "t1\n");
    visit_program(v, GOOD);
    fake_clock_pass(&v->clock, 3000);
    check_ask(v, 0, TICKET "RENEWDELEGATIONTOKEN s=8\n" ASK "t1\n");
    kx_client_free(g_steal_pointer(&v->client));
    check_seen(v, "CANCELDELEGATIONTOKEN t1\n");
}

/* Two servers that have nothing in common. */
static void a_server_that_does_not_know_the_others_token_gives_its_own(void **state)
{
    struct visit *v = *state;
    visit_program(v, GOOD);
    v->desk.tokens = v->second.tokens = true;
    v->second.given = 5;
    visit_begin_pair(v);
    check_ask(v, 0, TOKEN ASK "t1\n");
    visit_leave_first(v);
    check_ask(v, 0, ASK "t1\n" TOKEN ASK "t6\n");
    check_ask(v, 0, ASK "t6\n");
}

/* It is shown nowhere else again. */
static void a_token_that_was_cancelled_is_not_lent(void **state)
{
    struct visit *v = *state;
    visit_program(v, GOOD);
    v->desk.tokens = v->second.tokens = true;
    v->second.given = 1;
    visit_begin_pair(v);
    check_ask(v, 0, TOKEN ASK "t1\n");
    visit_leave_first(v);
    check_ask(v, 0, ASK "t1\n");
    g_mutex_lock(&v->second.mutex);
    v->second.given++;
    g_mutex_unlock(&v->second.mutex);
    check_ask(v, 0, ASK "t1\n" TOKEN ASK "t3\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_token_is_prolonged_and_cancelled),
        test(a_token_that_cannot_be_prolonged_is_replaced),
        test(a_token_that_is_refused_is_got_anew),
        test(a_server_that_refuses_its_own_tokens_is_asked_without),
        test(a_token_that_ends_on_its_way_is_got_anew),
        test(a_token_is_good_at_the_other_server),
        test(a_server_that_does_not_know_the_others_token_gives_its_own),
        test(a_token_that_was_cancelled_is_not_lent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
