/* Coordinators as graphs of what they wait for, run and make. */
#include <errno.h>
#include <string.h>

#include "oozie/workflow.h"
#include "support.h"

#define COORD(rest)                                                                                \
    "<coordinator-app name='c' xmlns='uri:oozie:coordinator:0.4'>" rest "</coordinator-app>"
#define DATASET(name, uri) "<dataset name='" name "'><uri-template>" uri "</uri-template></dataset>"
#define IN(dataset)        "<data-in name='i' dataset='" dataset "'/>"
#define OUT(dataset)       "<data-out name='o' dataset='" dataset "'/>"
#define RUNS(path)         "<action><workflow><app-path>" path "</app-path></workflow></action>"

static const char LOAD[] = COORD("<datasets>" DATASET("raw", "/raw/${DAY}") DATASET(
    "clean",
    "/clean/${DAY}") "</datasets>"
                     "<input-events>" IN("raw") "</input-events><output-events>" OUT(
                         "clean") "</output-events>" RUNS("${nameNode}/apps/load/workflow.xml"));
/* The same dataset by another name. */
static const char COUNT[] =
    COORD("<datasets>" DATASET("day", " /clean/${DAY} ") "</datasets><input-events>" IN("day")
              IN("elsewhere") "</input-events>" RUNS("/apps/count"));

static const char *add(struct kx_pipeline *pipeline, const char *name, const char *text)
{
    const char *workflow = NULL;
    const char *node = kx_pipeline_add(pipeline, name, "coordinator");
    assert_int_equal(kx_pipeline_read(pipeline, node, text, strlen(text), &workflow, NULL), 0);
    return workflow;
}

static void assert_graph(struct kx_pipeline *pipeline, const struct kx_progress *progress,
                         const char *expected)
{
    g_autoptr(GString) out = g_string_new(NULL);
    kx_graph_text(kx_pipeline_graph(pipeline), progress, out);
    assert_string_equal(out->str, expected);
    kx_graph_dot(kx_pipeline_graph(pipeline), progress, out);
    kx_graph_svg(kx_pipeline_graph(pipeline), progress, out);
    assert_non_null(strstr(out->str, "</svg>"));
}

static void data_leads_to_a_coordinator_and_on(void **state)
{
    (void)state;
    g_autoptr(kx_pipeline) pipeline = kx_pipeline_new("c");
    assert_string_equal(add(pipeline, "load", LOAD), "load-2");
    assert_graph(pipeline, NULL,
                 "raw\tdataset\t-\tload\nload\tcoordinator\t-\tload-2\n"
                 "load-2\tworkflow\t-\tclean\nclean\tdataset\t-\t\n");
}

static void coordinators_have_datasets_in_common(void **state)
{
    (void)state;
    g_autoptr(kx_pipeline) pipeline = kx_pipeline_new("both");
    g_autoptr(GHashTable) states = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    const char *bundle = kx_pipeline_add(pipeline, "both", "bundle");
    g_hash_table_insert(states, g_strdup("one"), g_strdup("RUNNING"));
    add(pipeline, "one", LOAD);
    add(pipeline, "two", COUNT);
    kx_pipeline_lead(pipeline, bundle, "one");
    kx_pipeline_lead(pipeline, bundle, "two");
    kx_pipeline_lead(pipeline, bundle, "two");
    const struct kx_progress progress = {.states = states};
    assert_graph(pipeline, &progress,
                 "both\tbundle\t-\tone two\nraw\tdataset\t-\tone\nelsewhere\tdataset\t-\ttwo\n"
                 "one\tcoordinator\tRUNNING\tload\nload\tworkflow\t-\tclean\n"
                 "clean\tdataset\t-\ttwo\ntwo\tcoordinator\t-\tcount\ncount\tworkflow\t-\t\n");
}

/* A coordinator that waits for what it made the day before. */
static void what_goes_round_is_drawn_all_the_same(void **state)
{
    (void)state;
    g_autoptr(kx_pipeline) pipeline = kx_pipeline_new("c");
    add(pipeline, "round",
        COORD("<datasets>" DATASET("sum", "/sum") "</datasets><input-events>" IN(
            "sum") "</input-events><output-events>" OUT("sum") "</output-events>" RUNS("/apps/"
                                                                                       "add")));
    assert_graph(pipeline, NULL,
                 "round\tcoordinator\t-\tadd\nadd\tworkflow\t-\tsum\nsum\tdataset\t-\tround\n");
}

static void what_is_no_coordinator_adds_nothing(void **state)
{
    (void)state;
    g_autoptr(kx_pipeline) pipeline = kx_pipeline_new("c");
    const char *workflow = NULL;
    const char *node = kx_pipeline_add(pipeline, "a\tname", "coordinator");
    KX_ERROR_AUTO(err);
    assert_int_equal(kx_pipeline_read(pipeline, node, "<a/>", 4, &workflow, &err), -EINVAL);
    assert_error(&err, EINVAL, NULL, "it is no coordinator-app");
    assert_int_equal(kx_pipeline_read(pipeline, node, "<a", 2, &workflow, NULL), -EINVAL);
    assert_null(workflow);
    assert_graph(pipeline, NULL, "a name\tcoordinator\t-\t\n");
    add(pipeline, "", COORD("<input-events><data-in/></input-events>"));
    assert_graph(pipeline, NULL, "a name\tcoordinator\t-\t\ncoordinator\tcoordinator\t-\t\n");
}

static void it_is_bounded(void **state)
{
    (void)state;
    g_autoptr(kx_pipeline) pipeline = kx_pipeline_new("c");
    for (int i = 0; i < KX_STEPS_MAX; i++)
        assert_non_null(kx_pipeline_add(pipeline, "one", "coordinator"));
    assert_null(kx_pipeline_add(pipeline, "one", "coordinator"));
    kx_pipeline_lead(pipeline, "one", NULL);
    kx_pipeline_lead(pipeline, NULL, "one");
    const char *workflow = "";
    assert_int_equal(kx_pipeline_read(pipeline, "one", LOAD, strlen(LOAD), &workflow, NULL), 0);
    assert_null(workflow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_leads_to_a_coordinator_and_on),
        cmocka_unit_test(coordinators_have_datasets_in_common),
        cmocka_unit_test(what_goes_round_is_drawn_all_the_same),
        cmocka_unit_test(what_is_no_coordinator_adds_nothing),
        cmocka_unit_test(it_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
