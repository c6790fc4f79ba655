#include <errno.h>
#include <string.h>

#include "office.h"

#define SHELL   "0000007-261122045852646-oozie-root-W"
#define UNKNOWN "0000000-260101000000000-oozie-root-W"

static void assert_item(const struct kx_item *item, enum kx_job_kind kind, const char *what,
                        const char *expected)
{
    g_autofree char *text = kx_oozie_text(item, kind, what);
    if (g_strcmp0(text, expected) != 0) fail_msg("%s: %s instead of %s", what, text, expected);
}

static void a_job_is_read(void **state)
{
    struct office *o = *state;
    struct kx_job_id id = office_id(SHELL);
    g_autoptr(kx_answer) job = NULL, again = NULL;
    office_versions(o, "[0,1,2]");
    office_load(o, "job-info-shell-succeeded");
    scene_expect(o->scene, kx_oozie_job(o->oozie, &id, NULL, &job, o->err), 0);
    assert_item(kx_answer_root(job), id.kind, "status", "SUCCEEDED");
    assert_item(kx_answer_root(job), id.kind, "name", "shell-wf");
    const struct kx_item *actions = kx_item_at(kx_answer_root(job), "actions");
    assert_int_equal(kx_item_count(actions), 3);
    assert_item(kx_item_element(actions, 1), id.kind, "name", NULL);
    /* the second one asks nobody */
    scene_expect(o->scene, kx_oozie_job(o->oozie, &id, NULL, &again, o->err), 0);
    assert_ptr_equal(job, again);
    assert_int_equal(replay_requests(o->scene->replay), 2);
    kx_job_id_clear(&id);
}

static void an_unknown_job_is_not_there(void **state)
{
    struct office *o = *state;
    struct kx_job_id id = office_id(UNKNOWN);
    g_autoptr(kx_answer) job = NULL;
    office_versions(o, "[0,1,2]");
    office_load(o, "err-unknown-job-info");
    scene_expect(o->scene, kx_oozie_job(o->oozie, &id, NULL, &job, o->err), -ENOENT);
    assert_error(o->err, ENOENT, "E0604", "Job does not exist");
    assert_int_equal(o->err->http_status, 400);
    kx_job_id_clear(&id);
}

static void jobs_are_listed(void **state)
{
    struct office *o = *state;
    const struct kx_oozie_page page = {
        .kind = KX_JOB_WORKFLOW, .filter = "status=RUNNING", .offset = 1, .count = 10};
    g_autoptr(kx_answer) jobs = NULL;
    office_versions(o, "[0,1,2]");
    office_load(o, "jobs-running");
    scene_expect(o->scene, kx_oozie_list(o->oozie, &page, NULL, &jobs, o->err), 0);
    const struct kx_item *list = kx_oozie_jobs(jobs, KX_JOB_WORKFLOW);
    assert_true(kx_item_count(list) >= 1);
    assert_item(kx_item_element(list, 0), KX_JOB_WORKFLOW, "status", "RUNNING");
    g_autofree char *created = kx_oozie_text(kx_item_element(list, 0), KX_JOB_WORKFLOW, "created");
    assert_true(kx_oozie_time(created) > 0);
}

static void an_old_server_is_asked_in_its_version(void **state)
{
    struct office *o = *state;
    struct kx_job_id id = office_id(SHELL);
    g_autoptr(kx_answer) job = NULL;
    office_versions(o, "[0,1]");
    replay_answer(o->scene->replay, "GET", "/oozie/v1/job/" SHELL "?user.name=root&show=info", 200,
                  "{\"status\":\"RUNNING\"}");
    scene_expect(o->scene, kx_oozie_job(o->oozie, &id, NULL, &job, o->err), 0);
    kx_job_id_clear(&id);
}

static void what_is_no_oozie_is_told(void **state)
{
    struct office *o = *state;
    g_autoptr(kx_answer) status = NULL;
    office_versions(o, "[0]");
    scene_expect(o->scene, kx_oozie_admin(o->oozie, "admin/status", NULL, &status, o->err),
                 -EPROTO);
    assert_error(o->err, EPROTO, NULL, "is no Oozie of version 4 or later");
}

static int hand_in(struct office *o, const char *mark, char **id)
{
    const struct kx_oozie_order order = {
        .configuration = "<configuration/>", .mark = mark, .external = true};
    return kx_oozie_submit(o->oozie, &order, NULL, id, o->err);
}

static void a_bad_workflow_has_oozies_words(void **state)
{
    struct office *o = *state;
    g_autofree char *id = NULL;
    office_versions(o, "[0,1,2]");
    office_load(o, "err-app-badschema");
    int rc = hand_in(o, NULL, &id);
    scene_expect(o->scene, rc, -EINVAL);
    assert_error(o->err, EINVAL, "E0701", "element 'mkdirr'");
    g_autoptr(GBytes) sent = replay_body(o->scene->replay);
    assert_int_equal(g_bytes_get_size(sent), strlen("<configuration/>"));
}

static void a_job_is_submitted(void **state)
{
    struct office *o = *state;
    g_autofree char *id = NULL;
    office_versions(o, "[0,1,2]");
    office_load(o, "submit-shell");
    int rc = hand_in(o, "m", &id);
    scene_expect(o->scene, rc, 0);
    assert_true(g_str_has_suffix(id, "-oozie-root-W"));
}

#define SUBMIT "/oozie/v2/jobs?user.name=root&action=start"
#define LOST   "/oozie/v2/jobs?user.name=root&jobtype=wf&external-id=m"

static void a_lost_answer_is_looked_for(void **state)
{
    struct office *o = *state;
    g_autofree char *id = NULL;
    office_versions(o, "[0,1,2]");
    replay_answer(o->scene->replay, "POST", SUBMIT, 0, NULL);
    replay_answer(o->scene->replay, "GET", LOST, 200, "{\"id\":\"" SHELL "\"}");
    int rc = hand_in(o, "m", &id);
    scene_expect(o->scene, rc, 0);
    assert_string_equal(id, SHELL);
}

static void a_lost_answer_is_never_repeated(void **state)
{
    struct office *o = *state;
    g_autofree char *id = NULL;
    office_versions(o, "[0,1,2]");
    replay_answer(o->scene->replay, "POST", SUBMIT, 0, NULL);
    replay_answer(o->scene->replay, "GET", LOST, 200, "{\"id\":null}");
    int rc = hand_in(o, "m", &id);
    scene_expect(o->scene, rc, -EINPROGRESS);
    assert_error(o->err, EINPROGRESS, NULL,
                 "look for it in .oozie: grep m jobs/recent/*/external-id");
    assert_null(id);
}

/* A gateway's own answer, when what is behind it has said nothing for too long. */
static void a_gateway_that_gives_up_knows_nothing(void **state)
{
    struct office *o = *state;
    g_autofree char *id = NULL;
    office_versions(o, "[0,1,2]");
    replay_answer(o->scene->replay, "POST", SUBMIT, 500, "<html>Server Error</html>");
    replay_answer(o->scene->replay, "GET", LOST, 200, "{\"id\":null}");
    replay_answer(o->scene->replay, "GET", LOST, 200, "{\"id\":\"" SHELL "\"}");
    int rc = hand_in(o, "m", &id);
    scene_expect(o->scene, rc, 0);
    assert_string_equal(id, SHELL);
}

static void codes_are_errnos(void **state)
{
    (void)state;
    static const struct {
        const char *code, *message;
        int number;
    } CASES[] = {{"E0604", "Job does not exist", ENOENT},
                 {"E0605", "Action does not exist", ENOENT},
                 {"E0307", "XML file [x] does not exist", ENOENT},
                 {"E0307", "E0904: Scheme [s3a] not supported", EINVAL},
                 {"E0504", NULL, ENOENT},
                 {"E0508", NULL, EACCES},
                 {"E0501", NULL, EACCES},
                 {"E0701", NULL, EINVAL},
                 {"E0738", NULL, EINVAL},
                 {"E0744", NULL, EINVAL},
                 {"E0401", NULL, EINVAL},
                 {"E0725", NULL, EBUSY},
                 {"E0717", NULL, EBUSY},
                 {"E0805", NULL, EBUSY},
                 {"E0901", NULL, EPERM},
                 {"E0002", NULL, EAGAIN},
                 {"E9999", NULL, 0},
                 {"", NULL, 0}};
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++)
        if (kx_oozie_errno(CASES[i].code, CASES[i].message) != CASES[i].number)
            fail_msg("%s: %d", CASES[i].code, kx_oozie_errno(CASES[i].code, CASES[i].message));
}

static void times_are_read(void **state)
{
    (void)state;
    assert_int_equal(kx_oozie_time("Sun, 22 Nov 2026 05:01:37 GMT"), 1795323697000);
    assert_int_equal(kx_oozie_time("Thu, 01 Jan 1970 00:00:01 GMT"), 1000);
    static const char *const BAD[] = {"",
                                      "x",
                                      "Sun, 22 Nov 2026 05:01:37 CET",
                                      "Sun, 32 Nov 2026 05:01:37 GMT",
                                      "Sun, 22 Nov 99999 05:01:37 GMT",
                                      "Sun, 22 Nov 2026 05:01:-7 GMT",
                                      "Sun, 22 nov 2026 05:01:37 GMT"};
    for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++)
        if (kx_oozie_time(BAD[i]) != 0) fail_msg("%s was taken", BAD[i]);
    assert_int_equal(kx_oozie_time(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        office_test(a_job_is_read),
        office_test(an_unknown_job_is_not_there),
        office_test(jobs_are_listed),
        office_test(an_old_server_is_asked_in_its_version),
        office_test(what_is_no_oozie_is_told),
        office_test(a_bad_workflow_has_oozies_words),
        office_test(a_job_is_submitted),
        office_test(a_lost_answer_is_looked_for),
        office_test(a_lost_answer_is_never_repeated),
        office_test(a_gateway_that_gives_up_knows_nothing),
        cmocka_unit_test(codes_are_errnos),
        cmocka_unit_test(times_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
