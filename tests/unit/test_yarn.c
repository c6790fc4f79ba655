#include "rest/yarn.h"

#include <errno.h>

#include "scene.h"
#include "support.h"

#define APP "application_1795321157010_0001"

static const char CAPACITY[] =
    "{\"scheduler\":{\"schedulerInfo\":{\"type\":\"capacityScheduler\",\"queueName\":\"root\","
    "\"queues\":{\"queue\":[{\"queueName\":\"a\",\"queues\":{\"queue\":[{\"queueName\":\"b\"}]}},"
    "{\"queueName\":\"default\",\"queues\":null}]}}}}";
static const char FAIR[] =
    "{\"scheduler\":{\"schedulerInfo\":{\"type\":\"fairScheduler\",\"rootQueue\":{"
    "\"queueName\":\"root\",\"childQueues\":{\"queue\":[{\"queueName\":\"root.a\",\"childQueues\":"
    "{\"queue\":[{\"queueName\":\"root.a.b\"}]}}]}}}}}";

static void take(const char *path, const struct kx_item *queue, void *context)
{
    assert_non_null(queue);
    g_string_append_printf(context, "%s ", path);
}

static void assert_queues(const char *json, const char *expected)
{
    g_autoptr(GBytes) body = g_bytes_new_static(json, strlen(json));
    g_autoptr(GString) said = g_string_new(NULL);
    g_autoptr(kx_answer) answer = NULL;
    assert_int_equal(kx_answer_parse(body, &answer, NULL), 0);
    kx_yarn_queues(answer, take, said);
    assert_string_equal(said->str, expected);
}

static void queues_have_full_paths(void **state)
{
    (void)state;
    assert_queues(CAPACITY, "root root.a root.a.b root.default ");
    assert_queues(FAIR, "root root.a root.a.b ");
    assert_queues("{\"scheduler\":null}", "");
    assert_queues("{}", "");
}

static void identifiers_are_told_from_other_names(void **state)
{
    (void)state;
    static const char *const WRONG[] = {"",
                                        "application_",
                                        "application_1",
                                        "application_1_",
                                        "application__1",
                                        "application_1_1x",
                                        "application_1_1/state",
                                        "job_1795321157010_0001",
                                        "application_1_111111111111111111111"};
    assert_true(kx_yarn_is_app(APP));
    for (size_t i = 0; i < G_N_ELEMENTS(WRONG); i++)
        assert_false(kx_yarn_is_app(WRONG[i]));
    assert_true(kx_yarn_ended("KILLED") && kx_yarn_ended("FINISHED") && kx_yarn_ended("FAILED"));
    assert_false(kx_yarn_ended("RUNNING") || kx_yarn_ended(NULL));
}

static struct kx_yarn *yarn_of(struct scene *scene)
{
    g_autofree char *base = g_strdup_printf("http://127.0.0.1:%d/ws", replay_port(scene->replay));
    return kx_yarn_new(scene->client, base);
}

static void answer(struct scene *scene, const char *method, const char *path, const char *json)
{
    g_autofree char *url = g_strconcat("/ws/v1/cluster/apps/" APP, path, "?user.name=root", NULL);
    replay_answer(scene->replay, method, url, 200, json);
}

static void a_kill_that_did_nothing_is_busy(void **state)
{
    struct scene *scene = *state;
    g_autoptr(kx_yarn) yarn = yarn_of(scene);
    answer(scene, "GET", "", "{\"app\":{\"id\":\"" APP "\",\"state\":\"RUNNING\"}}");
    answer(scene, "PUT", "/state", "{\"state\":\"FINISHING\"}");
    answer(scene, "GET", "", "{\"app\":{\"id\":\"" APP "\",\"state\":\"FINISHED\"}}");
    int result = kx_yarn_act(yarn, APP, KX_YARN_KILL, NULL, NULL, &scene->err);
    scene_expect(scene, result, -EBUSY);
    assert_error(&scene->err, EBUSY, NULL, "is FINISHED still");
}

static void what_has_ended_is_not_killed(void **state)
{
    struct scene *scene = *state;
    g_autoptr(kx_yarn) yarn = yarn_of(scene);
    answer(scene, "GET", "", "{\"app\":{\"id\":\"" APP "\",\"state\":\"KILLED\"}}");
    int result = kx_yarn_act(yarn, APP, KX_YARN_KILL, NULL, NULL, &scene->err);
    scene_expect(scene, result, -EBUSY);
    assert_int_equal(replay_requests(scene->replay), 1);
    kx_error_clear(&scene->err);
    assert_int_equal(kx_yarn_act(yarn, APP, KX_YARN_PRIORITY, "high", NULL, &scene->err), -EINVAL);
    assert_int_equal(kx_yarn_act(yarn, APP, KX_YARN_MOVE, "a\"b", NULL, &scene->err), -EINVAL);
    assert_int_equal(replay_requests(scene->replay), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(queues_have_full_paths),
        cmocka_unit_test(identifiers_are_told_from_other_names),
        cmocka_unit_test_setup_teardown(a_kill_that_did_nothing_is_busy, scene_setup,
                                        scene_teardown),
        cmocka_unit_test_setup_teardown(what_has_ended_is_not_killed, scene_setup, scene_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
