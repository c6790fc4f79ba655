#include <errno.h>
#include <string.h>

#include "office.h"

#define JOB  "0000001-261122045852646-oozie-root-W"
#define INFO "/oozie/v2/job/" JOB "?user.name=root&show=info"
#define KILL "/oozie/v2/job/" JOB "?user.name=root&action=kill"

static void state_is(struct office *o, const char *status, int run)
{
    g_autofree char *body = g_strdup_printf("{\"status\":\"%s\",\"run\":%d}", status, run);
    replay_answer(o->scene->replay, "GET", INFO, 200, body);
}

static int act(struct office *o, enum kx_verb verb, const char *body)
{
    struct kx_job_id id = office_id(JOB);
    int rc = kx_oozie_act(o->oozie, &id, verb, body, NULL, o->err);
    kx_job_id_clear(&id);
    return rc;
}

static void a_running_job_is_killed(void **state)
{
    struct office *o = *state;
    office_versions(o, "[1,2]");
    state_is(o, "RUNNING", 0);
    replay_answer(o->scene->replay, "PUT", KILL, 200, "");
    state_is(o, "RUNNING", 0);
    state_is(o, "KILLED", 0);
    scene_expect(o->scene, act(o, KX_VERB_KILL, NULL), 0);
}

static void an_ended_job_is_busy_and_not_asked(void **state)
{
    struct office *o = *state;
    office_versions(o, "[1,2]");
    state_is(o, "SUCCEEDED", 0);
    scene_expect(o->scene, act(o, KX_VERB_KILL, NULL), -EBUSY);
    assert_error(o->err, EBUSY, NULL, "kill is not possible: " JOB " is SUCCEEDED");
}

static void a_kill_whose_answer_is_lost_is_looked_at(void **state)
{
    struct office *o = *state;
    office_versions(o, "[1,2]");
    state_is(o, "RUNNING", 0);
    replay_answer(o->scene->replay, "PUT", KILL, 0, NULL);
    state_is(o, "KILLED", 0);
    scene_expect(o->scene, act(o, KX_VERB_KILL, NULL), 0);
}

static void a_refusal_without_a_body_has_its_reason(void **state)
{
    struct office *o = *state;
    struct kx_job_id id = office_id("0000130-261122051547093-oozie-root-W");
    office_user(o, "bob");
    replay_tolerate(o->scene->replay, "user.name");
    office_versions(o, "[1,2]");
    replay_answer(o->scene->replay, "GET",
                  "/oozie/v2/job/0000130-261122051547093-oozie-root-W?show=info", 200,
                  "{\"status\":\"RUNNING\"}");
    office_load(o, "err-kill-as-bob");
    scene_expect(o->scene, kx_oozie_act(o->oozie, &id, KX_VERB_KILL, NULL, NULL, o->err), -EACCES);
    assert_error(o->err, EACCES, "E0508", "User [bob] not authorized for WF job");
    kx_job_id_clear(&id);
}

static void a_rerun_has_shown_when_it_counts_one_more(void **state)
{
    struct office *o = *state;
    office_versions(o, "[1,2]");
    state_is(o, "FAILED", 0);
    replay_answer(o->scene->replay, "PUT", "/oozie/v2/job/" JOB "?user.name=root&action=rerun", 200,
                  "");
    state_is(o, "SUCCEEDED", 1);
    scene_expect(o->scene, act(o, KX_VERB_RERUN, "<configuration/>"), 0);
    g_autoptr(GBytes) sent = replay_body(o->scene->replay);
    assert_int_equal(g_bytes_get_size(sent), strlen("<configuration/>"));
}

static void verbs_fit_states(void **state)
{
    (void)state;
    static const char *const STATES[] = {"PREP",      "RUNNING", "SUSPENDED",
                                         "SUCCEEDED", "KILLED",  "FAILED"};
    static const char *const FITS[] = {
        [KX_VERB_START] = "y.....", [KX_VERB_SUSPEND] = ".y....", [KX_VERB_RESUME] = "..y...",
        [KX_VERB_KILL] = "yyy...",  [KX_VERB_RERUN] = "...yyy",   [KX_VERB_IGNORE] = "....yy"};
    for (size_t verb = 0; verb < G_N_ELEMENTS(FITS); verb++)
        for (size_t i = 0; i < G_N_ELEMENTS(STATES); i++)
            if (kx_verb_fits((enum kx_verb)verb, KX_JOB_WORKFLOW, STATES[i]) !=
                (FITS[verb][i] == 'y'))
                fail_msg("%s of %s", kx_verb_name((enum kx_verb)verb), STATES[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        office_test(a_running_job_is_killed),
        office_test(an_ended_job_is_busy_and_not_asked),
        office_test(a_kill_whose_answer_is_lost_is_looked_at),
        office_test(a_refusal_without_a_body_has_its_reason),
        office_test(a_rerun_has_shown_when_it_counts_one_more),
        cmocka_unit_test(verbs_fit_states),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
