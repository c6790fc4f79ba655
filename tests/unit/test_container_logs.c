#include "rest/container_logs.h"

#include <errno.h>
#include <string.h>

#include "rest/container_listing.h"
#include "rest/container_nodes.h"
#include "scene.h"

#define APP "application_1795321157010_0002"
#define HEAD(length)                                                                               \
    "Container: container_1795321157010_0002_01_000001 on localhost:20020\n"                       \
    "LogAggregationType: LOCAL\n"                                                                  \
    "====================================================================\n"                       \
    "LogType:stdout\n"                                                                             \
    "LogLastModifiedTime:Sun Nov 22 04:49:41 +0000 2026\n"                                         \
    "LogLength:" length "\nLogContents:\n"
#define END                                                                                        \
    "\nEnd of LogType:stdout.This log file belongs to a running container "                        \
    "(container_1795321157010_0002_01_000001) and so may not be complete.\n"                       \
    "***********************************************************************\n\n\n"

static void check(const char *text, int64_t size, int64_t from, const char *expected)
{
    struct kx_log_piece piece;
    KX_ERROR_AUTO(err);
    if (kx_log_piece(text, strlen(text), size, &piece, &err) < 0) fail_msg("%s", err.message);
    g_autofree char *bytes = g_strndup(piece.bytes, piece.length);
    assert_string_equal(bytes, expected);
    assert_int_equal(piece.from, from);
}

static void bytes_are_told_from_what_surrounds_them(void **state)
{
    (void)state;
    check(HEAD("4") "out\n" END, 1000, 0, "out\n");
    check(HEAD("4") "out\n" END, -1000, 0, "out\n");
    check(HEAD("9") "out\n" END, 4, 0, "out\n");
    check(HEAD("9") "out\n" END, -4, 5, "out\n");
    check(HEAD("0") END, 1000, 0, "");
    /* what a log says itself counts as its own */
    check(HEAD("27") "LogContents:\nLogLength:100\n\n" END, 1000, 0,
          "LogContents:\nLogLength:100\n");
}

static void check_refused(const char *text, int64_t size, int code)
{
    struct kx_log_piece piece;
    KX_ERROR_AUTO(err);
    assert_int_equal(kx_log_piece(text, strlen(text), size, &piece, &err), -code);
}

static void what_is_no_log_is_refused(void **state)
{
    (void)state;
    check_refused("Can not find logs for container:container_1_0001_01_000001", 10, ENOENT);
    check_refused("<html>no</html>", 10, EPROTO);
    check_refused("", 10, EPROTO);
    check_refused("LogContents:\nx\nLogLength:1\n", 10, EPROTO);
    check_refused(HEAD("400") "out\n", 1000, EIO);
    check_refused(HEAD("-4") "out\n", 1000, EIO);
}

static void containers_belong_to_applications(void **state)
{
    (void)state;
    assert_true(kx_logs_is_container("container_1795321157010_0002_01_000001", APP));
    assert_true(kx_logs_is_container("container_e17_1795321157010_0002_01_000001", APP));
    static const char *const WRONG[] = {"container_1795321157010_0003_01_000001",
                                        "container_1795321157010_00021_01_000001",
                                        "container_e_x",
                                        "container_e17",
                                        "container_1795321157010_0002_01",
                                        "container_1795321157010_0002_01_",
                                        "container_1795321157010_0002_01_1x",
                                        "container_1795321157010_0002__1",
                                        "container_",
                                        ""};
    for (size_t i = 0; i < G_N_ELEMENTS(WRONG); i++)
        if (kx_logs_is_container(WRONG[i], APP)) fail_msg("%s", WRONG[i]);
}

#define PART(kind, file, size, second)                                                             \
    "{\"logAggregationType\":\"" kind "\",\"containerLogInfo\":[{\"fileName\":\"" file             \
    "\",\"fileSize\":\"" size "\",\"lastModifiedTime\":\"Sun Nov 22 04:49:" second                 \
    " +0000 2026\"}]}"
#define EMPTY "{\"logAggregationType\":\"LOCAL\",\"containerLogInfo\":[]}"

static struct kx_answer *parsed(const char *json)
{
    g_autoptr(GBytes) body = g_bytes_new(json, strlen(json));
    struct kx_answer *answer = NULL;
    assert_int_equal(kx_answer_parse(body, &answer, NULL), 0);
    return answer;
}

static void assert_look(const char *infos, int64_t size, int64_t collected)
{
    g_autofree char *json = g_strdup_printf("{\"containerLogsInfo\":%s}", infos);
    g_autoptr(kx_answer) answer = parsed(json);
    struct kx_log_look look = {0};
    assert_true(kx_listing_is(answer));
    if (!kx_listing_look(answer, "out", &look)) fail_msg("%s", infos);
    assert_int_equal(look.size, size);
    assert_int_equal(look.collected, collected);
}

static void a_log_is_what_was_collected_and_what_is_there(void **state)
{
    (void)state;
    assert_look(PART("LOCAL", "out", "7", "10"), 7, 0);
    assert_look("[" PART("LOCAL", "out", "7", "10") "]", 7, 0);
    assert_look(PART("AGGREGATED", "out", "7", "10"), 7,
                0); /* the history server's: in one place */
    assert_look(
        "[" PART("AGGREGATED", "out", "7", "10") "," PART("AGGREGATED", "out", "5", "20") "]", 12,
        12);
    assert_look("[" PART("LOCAL", "out", "4", "30") "," PART(
                    "AGGREGATED", "out", "7", "10") "," PART("AGGREGATED", "out", "5", "20") "]",
                16, 12);
    /* collected, and not removed yet */
    assert_look("[" PART("LOCAL", "out", "5", "19") "," PART(
                    "AGGREGATED", "out", "7", "10") "," PART("AGGREGATED", "out", "5", "20") "]",
                12, 12);
    assert_look("[" EMPTY "," PART("AGGREGATED", "out", "7", "10") "]", 7, 7);
    assert_look("[" PART("LOCAL", "out", "4", "30") "," PART("AGGREGATED", "err", "7", "10") "]", 4,
                0);
}

static void a_listing_has_each_name_once(void **state)
{
    (void)state;
    g_autoptr(kx_answer) answer =
        parsed("{\"containerLogsInfo\":[" PART("LOCAL", "out", "4", "30") "," PART(
            "AGGREGATED", "err", "7", "10") "," PART("AGGREGATED", "out", "7", "10") "]}");
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    struct kx_log_look look;
    kx_listing_names(answer, names);
    assert_int_equal(names->len, 2);
    assert_string_equal(g_ptr_array_index(names, 0), "out");
    assert_string_equal(g_ptr_array_index(names, 1), "err");
    assert_false(kx_listing_look(answer, "nothing", &look));
    static const char *const NONE[] = {"{}", "{\"containerLogsInfo\":null}",
                                       "{\"containerLogsInfo\":{}}"};
    for (size_t i = 0; i < G_N_ELEMENTS(NONE); i++) {
        g_autoptr(kx_answer) none = parsed(NONE[i]);
        assert_false(kx_listing_is(none));
    }
}

static void what_was_collected_follows_a_live_log(void **state)
{
    (void)state;
    static const char BOTH[] = HEAD("4") "out\n"
                                         "\nEnd of LogType:stdout.\n*****\n\n"
                                         "Container: container_1795321157010_0002_01_000001 on "
                                         "localhost_20020\nLogAggregationType: AGGREGATED\n";
    struct kx_log_piece piece;
    assert_int_equal(kx_log_piece(BOTH, strlen(BOTH), 1000, &piece, NULL), 0);
    assert_true(piece.rounds);
    assert_int_equal(
        kx_log_piece(HEAD("4") "out\n" END, strlen(HEAD("4") "out\n" END), 1000, &piece, NULL), 0);
    assert_false(piece.rounds);
}

#define MASTER  "container_1795321157010_0002_01_000001"
#define MAP     "container_1795321157010_0002_01_000002"
#define CLUSTER "/ws/v1/cluster/apps/" APP
#define TASKS   "/proxy/" APP "/ws/v1/mapreduce/jobs/job_1795321157010_0002/tasks"
#define USER    "?user.name=root"
#define NODES   "/ws/v1/cluster/nodes"

static void load_manager(struct scene *scene)
{
    replay_answer(scene->replay, "GET", CLUSTER "/appattempts" USER, 200,
                  "{\"appAttempts\":{\"appAttempt\":[{\"containerId\":\"" MASTER
                  "\",\"nodeHttpAddress\":\"host1:8042\",\"appAttemptId\":\"appattempt_1\"}]}}");
    replay_answer(scene->replay, "GET", CLUSTER "/appattempts/appattempt_1/containers" USER, 200,
                  "{\"container\":[{\"containerId\":\"" MASTER
                  "\",\"nodeHttpAddress\":\"http://host1:8042\"}]}");
    replay_answer(scene->replay, "GET", CLUSTER USER, 200,
                  "{\"app\":{\"state\":\"RUNNING\",\"applicationType\":\"MAPREDUCE\"}}");
}

static struct kx_yarn *yarn_of(struct scene *scene)
{
    g_autofree char *base = g_strdup_printf("http://127.0.0.1:%d/ws", replay_port(scene->replay));
    return kx_yarn_new(scene->client, base);
}

static void a_job_names_containers_that_have_ended(void **state)
{
    struct scene *scene = *state;
    g_autoptr(kx_yarn) yarn = yarn_of(scene);
    g_autoptr(kx_nodes) nodes = kx_nodes_new(scene->client, yarn);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *where = NULL, *master = NULL;
    load_manager(scene);
    replay_answer(scene->replay, "GET", TASKS USER, 200,
                  "{\"tasks\":{\"task\":[{\"id\":\"task_1\",\"state\":\"SCHEDULED\"},"
                  "{\"id\":\"task_2\",\"state\":\"SUCCEEDED\"},{\"id\":\"../x\",\"state\":"
                  "\"SUCCEEDED\"}]}}");
    replay_answer(scene->replay, "GET", TASKS "/task_2/attempts" USER, 200,
                  "{\"taskAttempts\":{\"taskAttempt\":[{\"assignedContainerId\":\"" MAP
                  "\",\"nodeHttpAddress\":\"https://gw/gateway/t/yarn/nodemanager/node?scheme=http"
                  "&host=host2&port=8042\"},{\"assignedContainerId\":\"\"}]}}");
    replay_answer(scene->replay, "GET", NODES USER, 200,
                  "{\"nodes\":{\"node\":{\"nodeHTTPAddress\":\"HOST2:8042\"}}}");
    scene_expect(scene, kx_nodes_containers(nodes, APP, NULL, names, &scene->err), 0);
    assert_int_equal(names->len, 2);
    assert_int_equal(replay_requests(scene->replay), 6);
    scene_expect(scene, kx_nodes_find(nodes, APP, MAP, NULL, &where, &scene->err), 0);
    scene_expect(scene, kx_nodes_find(nodes, APP, MASTER, NULL, &master, &scene->err), 0);
    assert_string_equal(where, "http://host2:8042");
    assert_string_equal(master, "http://host1:8042");
    assert_int_equal(replay_requests(scene->replay), 6);
    /* a task that is done is not asked again */
    replay_answer(scene->replay, "GET", TASKS USER, 200,
                  "{\"tasks\":{\"task\":{\"id\":\"task_2\",\"state\":\"SUCCEEDED\"}}}");
    g_autofree char *none = NULL;
    int result = kx_nodes_find(nodes, APP, "container_1795321157010_0002_01_000009", NULL, &none,
                               &scene->err);
    scene_expect(scene, result, -ENOENT);
}

/* What its master says of containers 2 to 7. */
static void load_claims(struct scene *scene)
{
    static const char *const CLAIMED[] = {"host2:8042",   "host2:9000",
                                          "127.0.0.1:25", "http://host1:8042/a?host=evil&port=1",
                                          "host1:8042",   "http://u@host2:8042"};
    g_autoptr(GString) attempts = g_string_new("{\"taskAttempts\":{\"taskAttempt\":[");
    for (int i = 0; i < (int)G_N_ELEMENTS(CLAIMED); i++)
        g_string_append_printf(attempts,
                               "%s{\"assignedContainerId\":"
                               "\"container_1795321157010_0002_01_%06d\","
                               "\"nodeHttpAddress\":\"%s\"}",
                               i ? "," : "", i + 2, CLAIMED[i]);
    g_string_append(attempts, "]}}");
    replay_answer(scene->replay, "GET", TASKS USER, 200,
                  "{\"tasks\":{\"task\":{\"id\":\"task_2\",\"state\":\"SUCCEEDED\"}}}");
    replay_answer(scene->replay, "GET", TASKS "/task_2/attempts" USER, 200, attempts->str);
}

static void check_node(struct scene *scene, struct kx_nodes *nodes, int number, const char *where)
{
    g_autofree char *id = g_strdup_printf("container_1795321157010_0002_01_%06d", number);
    g_autofree char *address = NULL;
    replay_answer(scene->replay, "GET", TASKS USER, 200, "{\"tasks\":null}");
    scene_expect(scene, kx_nodes_find(nodes, APP, id, NULL, &address, &scene->err), 0);
    if (strcmp(address, where) != 0) fail_msg("%s: %s", id, address);
}

static void the_nodes_that_a_job_names_are_those_of_yarn(void **state)
{
    struct scene *scene = *state;
    g_autoptr(kx_yarn) yarn = yarn_of(scene);
    g_autoptr(kx_nodes) nodes = kx_nodes_new(scene->client, yarn);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    load_manager(scene);
    load_claims(scene);
    replay_answer(scene->replay, "GET", NODES USER, 200,
                  "{\"nodes\":{\"node\":[{\"nodeHTTPAddress\":\"host2:8042\"},"
                  "{\"nodeHTTPAddress\":\"\"},{\"nodeHTTPAddress\":\"host3:8042\"}]}}");
    scene_expect(scene, kx_nodes_containers(nodes, APP, NULL, names, &scene->err), 0);
    assert_int_equal(names->len, 7);
    static const char *const WHERE[] = {[2] = "http://host2:8042", [6] = "http://host1:8042"};
    for (int i = 2; i <= 7; i += 4) {
        g_autofree char *id = g_strdup_printf("container_1795321157010_0002_01_%06d", i);
        g_autofree char *address = NULL;
        scene_expect(scene, kx_nodes_find(nodes, APP, id, NULL, &address, &scene->err), 0);
        assert_string_equal(address, WHERE[i]);
    }
    check_node(scene, nodes, 3, "");
}

static void what_cannot_be_compared_with_yarn_is_asked_for_again(void **state)
{
    struct scene *scene = *state;
    g_autoptr(kx_yarn) yarn = yarn_of(scene);
    g_autoptr(kx_nodes) nodes = kx_nodes_new(scene->client, yarn);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) again = g_ptr_array_new_with_free_func(g_free);
    load_manager(scene);
    load_claims(scene);
    replay_answer(scene->replay, "GET", NODES USER, 403, "");
    scene_expect(scene, kx_nodes_containers(nodes, APP, NULL, names, &scene->err), 0);
    assert_int_equal(names->len, 1);
    load_claims(scene);
    replay_answer(scene->replay, "GET", NODES USER, 200, "{\"nodes\":null}");
    scene_expect(scene, kx_nodes_containers(nodes, APP, NULL, again, &scene->err), 0);
    assert_int_equal(again->len, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_told_from_what_surrounds_them),
        cmocka_unit_test(what_is_no_log_is_refused),
        cmocka_unit_test(containers_belong_to_applications),
        cmocka_unit_test(a_log_is_what_was_collected_and_what_is_there),
        cmocka_unit_test(a_listing_has_each_name_once),
        cmocka_unit_test(what_was_collected_follows_a_live_log),
        scene_test(a_job_names_containers_that_have_ended),
        scene_test(the_nodes_that_a_job_names_are_those_of_yarn),
        scene_test(what_cannot_be_compared_with_yarn_is_asked_for_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
