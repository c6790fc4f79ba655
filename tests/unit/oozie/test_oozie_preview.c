/* What verbs would do, told from what Oozie says of a job. */
#include <errno.h>
#include <string.h>

#include "oozie/oozie.h"
#include "oozie/workflow.h"
#include "support.h"

#define RUN(number, day, status)                                                                   \
    "{\"actionNumber\":" number ",\"nominalTime\":\"Sun, " day                                     \
    " Mar 2026 00:00:00 GMT\",\"status\":\"" status "\"}"
static const char JOB[] =
    "{\"frequency\":\"1\",\"timeUnit\":\"DAY\",\"timeZone\":\"UTC\",\"concurrency\":2,"
    "\"pauseTime\":null,"
    "\"startTime\":\"Sun, 01 Mar 2026 00:00:00 GMT\",\"endTime\":\"Thu, 05 Mar 2026 00:00:00 GMT\","
    "\"status\":\"RUNNING\",\"actions\":[" RUN("1", "01", "SUCCEEDED") "," RUN(
        "2", "02", "FAILED") "," RUN("3", "03", "RUNNING") "," RUN("4", "04", "WAITING") "]}";

static struct kx_answer *parse(const char *text)
{
    struct kx_answer *answer = NULL;
    g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
    assert_int_equal(kx_answer_parse(bytes, &answer, NULL), 0);
    return answer;
}

static void runs_are_told_with_what_stands_against_them(void **state)
{
    (void)state;
    static const struct {
        const char *action, *scope, *expected;
        int result;
    } CASES[] = {
        {"coord-rerun", "1-2",
         "1\t2026-03-01T00:00Z\tSUCCEEDED\trerun\n2\t2026-03-02T00:00Z\tFAILED\trerun\n", 0},
        {"coord-rerun", "2,3",
         "2\t2026-03-02T00:00Z\tFAILED\trerun\n"
         "3\t2026-03-03T00:00Z\tRUNNING\tnot possible: it has not ended\n",
         -EBUSY},
        {"coord-rerun", "2026-03-02T00:00Z::2026-03-02T12:00Z",
         "2\t2026-03-02T00:00Z\tFAILED\trerun\n", 0},
        {"coord-rerun", "4-9",
         "4\t2026-03-04T00:00Z\tWAITING\tnot possible: it has not ended\n"
         "5 more: not made yet, or not among the first 1000\n",
         -EBUSY},
        {"coord-rerun", "2,8",
         "2\t2026-03-02T00:00Z\tFAILED\trerun\n1 more: not made yet, or not among the first 1000\n",
         0},
        {"coord-rerun", "8", "1 more: not made yet, or not among the first 1000\n", -EBUSY},
        {"ignore", "1-2",
         "1\t2026-03-01T00:00Z\tSUCCEEDED\tnot possible: it has not failed\n"
         "2\t2026-03-02T00:00Z\tFAILED\tignore\n",
         -EBUSY},
        {"ignore", "2", "2\t2026-03-02T00:00Z\tFAILED\tignore\n", 0},
        {"kill", "2-4",
         "2\t2026-03-02T00:00Z\tFAILED\tnot possible: it has ended\n"
         "3\t2026-03-03T00:00Z\tRUNNING\tkill\n4\t2026-03-04T00:00Z\tWAITING\tkill\n",
         0},
        {"kill", "1", "1\t2026-03-01T00:00Z\tSUCCEEDED\tnot possible: it has ended\n", -EBUSY},
        {"kill", "all", "", -EINVAL},
        {"ignore", "1-", "", -EINVAL},
    };
    g_autoptr(kx_answer) job = parse(JOB);
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autoptr(GString) out = g_string_new(NULL);
        const struct kx_oozie_runs runs = {.action = CASES[i].action, .scope = CASES[i].scope};
        int result = kx_oozie_preview_runs(kx_answer_root(job), &runs, out, NULL);
        if (result != CASES[i].result || strcmp(out->str, CASES[i].expected) != 0)
            fail_msg("%s %s: %d\n%s", CASES[i].action, CASES[i].scope, result, out->str);
    }
}

static void changes_are_told_with_what_is_now(void **state)
{
    (void)state;
    static const struct {
        const char *changes, *expected;
        int result;
    } CASES[] = {
        {"endtime=2026-03-08T00:00Z", "endtime\t2026-03-05T00:00Z\t2026-03-08T00:00Z\nruns\t4\t7\n",
         0},
        {"concurrency=3;pausetime=2026-03-03T00:00Z",
         "concurrency\t2\t3\npausetime\t-\t2026-03-03T00:00Z\n", 0},
        {"pausetime=", "pausetime\t-\t-\n", 0},
        {"status=KILLED", "status\tRUNNING\tKILLED\n", 0},
        {"endtime=tomorrow", "", -EINVAL},
        {"endtime=", "", -EINVAL},
        {"concurrency=x", "", -EINVAL},
        {"nothing=1", "", -EINVAL},
        {"nothing", "", -EINVAL},
        {"", "", 0},
    };
    g_autoptr(kx_answer) job = parse(JOB);
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autoptr(GString) out = g_string_new(NULL);
        int result = kx_oozie_preview_change(kx_answer_root(job), CASES[i].changes, out, NULL);
        if (result != CASES[i].result || strcmp(out->str, CASES[i].expected) != 0)
            fail_msg("%s: %d\n%s", CASES[i].changes, result, out->str);
    }
}

static void a_rerun_is_told_by_action(void **state)
{
    (void)state;
    static const char TEXT[] = "<workflow-app name='w'><start to='a'/>"
                               "<action name='a'><fs/><ok to='b'/><error to='k'/></action>"
                               "<action name='b'><shell/><ok to='c'/><error to='k'/></action>"
                               "<action name='c'><fs/><ok to='e'/><error to='k'/></action>"
                               "<kill name='k'><message/></kill><end name='e'/></workflow-app>";
    g_autoptr(kx_workflow) workflow = NULL;
    g_autoptr(GHashTable) states = g_hash_table_new(g_str_hash, g_str_equal);
    const struct kx_progress progress = {.states = states};
    char a[] = "a", b[] = "b", ok[] = "OK", error[] = "ERROR";
    g_hash_table_insert(states, a, ok);
    g_hash_table_insert(states, b, error);
    assert_int_equal(kx_workflow_read(TEXT, strlen(TEXT), NULL, &workflow, NULL), 0);
    static const struct {
        const char *skip, *expected;
        int result;
    } CASES[] = {
        {NULL, "a\tfs\tOK\tskipped\nb\tshell\tERROR\tagain\nc\tfs\t-\twhen it is come to\n", 0},
        {"", "a\tfs\tOK\tagain\nb\tshell\tERROR\tagain\nc\tfs\t-\twhen it is come to\n", 0},
        {"a", "a\tfs\tOK\tskipped\nb\tshell\tERROR\tagain\nc\tfs\t-\twhen it is come to\n", 0},
        {"b", "a\tfs\tOK\tagain\nb\tshell\tERROR\tskipped\nc\tfs\t-\twhen it is come to\n",
         -EINVAL},
        {"a,x", "a\tfs\tOK\tskipped\nb\tshell\tERROR\tagain\nc\tfs\t-\twhen it is come to\n",
         -EINVAL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autoptr(GString) out = g_string_new(NULL);
        int result = kx_oozie_preview_rerun(workflow, &progress, CASES[i].skip, out, NULL);
        if (result != CASES[i].result || strcmp(out->str, CASES[i].expected) != 0)
            fail_msg("%s: %d\n%s", CASES[i].skip ? CASES[i].skip : "-", result, out->str);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_are_told_with_what_stands_against_them),
        cmocka_unit_test(changes_are_told_with_what_is_now),
        cmocka_unit_test(a_rerun_is_told_by_action),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
