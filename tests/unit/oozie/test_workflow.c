/* Workflows as graphs: what is found to be wrong, and how they are drawn. */
#include "oozie/workflow.h"

#include <errno.h>
#include <string.h>

#include "support.h"

#define APP(rest)                                                                                  \
    "<workflow-app name='w' xmlns='uri:oozie:workflow:1.0'>\n" rest "</workflow-app>\n"
#define ACT(name, ok) "<action name='" name "'><fs/><ok to='" ok "'/><error to='fail'/></action>\n"
#define ENDS          "<kill name='fail'><message>m</message></kill>\n<end name='end'/>\n"

/* What is found, with "wf" for the file. */
static char *found_in(const char *text)
{
    g_autoptr(kx_findings) findings = kx_findings_new();
    GString *out = g_string_new(NULL);
    kx_application_check(text, strlen(text), findings);
    kx_findings_write(findings, "wf", out);
    assert_true(kx_findings_fatal(findings) == (strstr(out->str, ": error: ") != NULL));
    return g_string_free(out, FALSE);
}

static void assert_found(const char *text, const char *expected)
{
    g_autofree char *found = found_in(text);
    if (strcmp(found, expected) != 0)
        fail_msg("%s\nwas found to be:\n%s\ninstead of\n%s", text, found, expected);
}

static const char FLOW[] = APP(
    "<start to='split'/>\n"
    "<fork name='split'><path start='left'/><path start='right'/></fork>\n" ACT("left", "both") ACT(
        "right", "both") "<join name='both' to='choose'/>\n"
                         "<decision name='choose'><switch><case to='last'>${a &lt; 'b\"'}</case>"
                         "<default to='end'/></switch></decision>\n" ACT("last", "end") ENDS);

static void a_sound_workflow_has_no_findings(void **state)
{
    (void)state;
    assert_found(FLOW, "");
    assert_found(APP("<parameters/><global/><start to='a'/>" ACT("a", "end") ENDS), "");
}

/* A text, and what must be among the lines that are found. */
static void each_slip_is_found_in_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } CASES[] = {
        {APP("<start to='a'/>\n" ACT("a", "ende") ENDS),
         "wf:3: error: E0708: \"a\" leads to \"ende\", and there is no such node: did you mean "
         "\"end\"?"},
        {APP("<start to='nowhere'/>\n" ENDS),
         "wf:2: error: E0708: \"start\" leads to \"nowhere\", and there is no such node: add it"},
        {APP("<start to='a'/>\n" ACT("a", "a") ENDS), "wf:3: error: E0706: \"a\" leads to itself"},
        {APP("<start to='a'/>\n" ACT("a", "b") ACT("b", "a") ENDS),
         "wf:4: error: E0707: a circle: a -> b -> a;"},
        {APP("<start to='end'/>\n" ACT("a", "end") ENDS), "wf:3: warning: nothing leads to \"a\""},
        {APP(ENDS), "wf:1: error: E0701: there is no <start>"},
        {APP("<start to='a'/><kill name='a'><message/></kill>"),
         "wf:1: error: E0701: there is no <end>"},
        {APP("<start to='a'/>\n" ACT("a", "end") ACT("a", "end") ENDS),
         "wf:4: error: E0705: a second node \"a\": the first is in line 3"},
        {APP("<start to='end'/>\n<start to='end'/>\n" ENDS),
         "wf:3: error: E0701: a second <start>: the first is in line 2"},
        {APP("<start to='a'/>\n<action name='a'><fs/><ok to='end'/></action>\n" ENDS),
         "wf:3: error: E0701: action \"a\" has no <error>"},
        {APP("<start to='a'/>\n<action name='a'><ok to='end'/><error to='end'/></action>\n" ENDS),
         "wf:3: error: E0701: action \"a\" does nothing"},
        {APP("<start to='a'/>\n<action name='a'><fs/><okk to='end'/><error "
             "to='end'/></action>\n" ENDS),
         "wf:3: error: E0701: <okk> is not allowed in <action name=\"a\">"},
        {APP("<start to='a'/>\n<action name='a'><odd/><ok to='end'/><error "
             "to='end'/></action>\n" ENDS),
         "wf:3: warning: <odd> of action \"a\" is no action that Oozie brings along"},
        {APP("<start to='1a'/>\n" ACT("1a", "end") ENDS),
         "wf:3: error: E0701: \"1a\" cannot be a name"},
        {APP("<start to='d'/>\n<decision name='d'><switch><case to='end'>x</case></switch>"
             "</decision>\n" ENDS),
         "wf:3: error: E0701: decision \"d\" has no <default>"},
        {APP("<start to='end'/>\n<nod name='x'/>\n" ENDS), "wf:3: error: E0701: <nod> is no node"},
        {APP("<start/>\n" ENDS), "wf:2: error: E0701: <start> does not say where to go: add to="},
        {APP("<start to='end'/>\n<kill name='k'/>\n<end name='end'/>"),
         "wf:3: error: E0701: kill \"k\" has no <message>"},
        {"<workflow-app name='w'><start to='end'/><end name='end'/></workflow-app>",
         "wf:1: error: E0701: <workflow-app> says no schema: add xmlns=\"uri:oozie:workflow:1.0\""},
        {"<workflow-app name='w' xmlns='uri:oozie:workflow:0.9'><start to='end'/><end name='end'/>"
         "</workflow-app>",
         "\"uri:oozie:workflow:0.9\" is no schema of a workflow"},
        {"<workflow-app name='w'>\n<start to='a'/>\n<end",
         "wf:3: error: E0701: not well-formed XML"},
        {"<configuration/>", "wf:1: error: E0701: <configuration> is no workflow-app"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autofree char *found = found_in(CASES[i].text);
        if (!strstr(found, CASES[i].expected))
            fail_msg("%s\nis not in\n%s", CASES[i].expected, found);
    }
}

#define FORK(name, a, b) "<fork name='" name "'><path start='" a "'/><path start='" b "'/></fork>\n"
#define JOIN(name, to)   "<join name='" name "' to='" to "'/>\n"

static void forks_and_joins_belong_together(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } CASES[] = {
        {APP("<start to='f'/>\n" FORK("f", "a", "b") ACT("a", "end") ACT("b", "end") ENDS),
         "wf:4: error: E0730: \"a\" leads to the end inside of fork \"f\""},
        {APP("<start to='f'/>\n" FORK("f", "a", "b") ACT("a", "j") ACT("b", "end") JOIN("j", "end")
                 ENDS),
         "wf:5: error: E0737: \"b\" leads to the end inside of fork \"f\""},
        {APP("<start to='a'/>\n" ACT("a", "j") JOIN("j", "end") ENDS),
         "wf:4: error: E0730: join \"j\" is come to without a fork, from \"a\""},
        {APP("<start to='f'/>\n" FORK("f", "a", "a") ACT("a", "j") JOIN("j", "end") ENDS),
         "wf:3: error: E0744: fork \"f\" leads to \"a\" twice"},
        {APP("<start to='f'/>\n" FORK("f", "a", "b") ACT("a", "c") ACT("b", "c") ACT("c", "j")
                 JOIN("j", "end") ENDS),
         "wf:6: error: E0743: two paths lead to \"c\""},
        {APP("<start to='f'/>\n" FORK("f", "a", "g") ACT("a", "j") FORK("g", "b", "c") ACT("b", "k")
                 ACT("c", "k") JOIN("j", "end") JOIN("k", "j") ENDS),
         ""},
        {APP("<start to='f'/>\n" FORK("f", "a", "g") ACT("a", "j") FORK("g", "b", "c") ACT("b", "j")
                 ACT("c", "k") JOIN("j", "end") JOIN("k", "j") ENDS),
         "E0758: join \"j\" ends fork \"f\" and fork \"g\""},
        {APP("<start to='f'/>\n<fork name='f'><path start='a'/></fork>\n" ACT("a", "j")
                 JOIN("j", "end") ENDS),
         "wf:3: error: E0701: fork \"f\" has 1 path"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autofree char *found = found_in(CASES[i].text);
        if (!strstr(found, CASES[i].expected) || (!*CASES[i].expected && *found))
            fail_msg("%zu: %s\nis not in\n%s", i, CASES[i].expected, found);
    }
}

#define COORD(attributes, rest)                                                                    \
    "<coordinator-app name='c' frequency='${coord:days(1)}' timezone='UTC' " attributes            \
    "\n xmlns='uri:oozie:coordinator:0.4'>\n" rest "</coordinator-app>"
#define RUNS "<action><workflow><app-path>x</app-path></workflow></action>"

static void coordinators_and_bundles_are_looked_at(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } CASES[] = {
        {COORD("start='2026-03-01T00:00Z' end='${end}'", RUNS), ""},
        {COORD("start='yesterday' end='2026-03-02T00:00Z'", RUNS),
         "E1003: start=\"yesterday\" is no time"},
        {COORD("start='2026-03-02T00:00Z' end='2026-03-01T00:00Z'", RUNS),
         "E1003: it ends before it starts"},
        {COORD("start='2026-03-02T00:00Z'", RUNS), "E0701: <coordinator-app> has no end"},
        {COORD("start='${a}' end='${b}'", "<action><workflow/></action>"),
         "wf:3: error: E0701: <workflow> has no <app-path>"},
        {COORD("start='${a}' end='${b}'",
               "<datasets><dataset name='one'><uri-template/></dataset></datasets>\n"
               "<input-events><data-in dataset='two'/></input-events>" RUNS),
         "wf:4: error: E1021: there is no dataset \"two\""},
        {"<bundle-app name='b' xmlns='uri:oozie:bundle:0.2'><coordinator name='c'><app-path/>"
         "</coordinator></bundle-app>",
         ""},
        {"<bundle-app name='b' xmlns='uri:oozie:bundle:0.2'>\n<coordinator name='c'><app-path/>"
         "</coordinator>\n<coordinator name='c'/></bundle-app>",
         "wf:3: error: E1304: a second coordinator \"c\""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autofree char *found = found_in(CASES[i].text);
        if (!strstr(found, CASES[i].expected) || (!*CASES[i].expected && *found))
            fail_msg("%zu: %s\nis not in\n%s", i, CASES[i].expected, found);
    }
}

static struct kx_workflow *read_flow(const char *text)
{
    struct kx_workflow *workflow = NULL;
    assert_int_equal(kx_workflow_read(text, strlen(text), NULL, &workflow, NULL), 0);
    return workflow;
}

static void it_is_drawn_from_the_start_on(void **state)
{
    (void)state;
    g_autoptr(kx_workflow) workflow = read_flow(FLOW);
    g_autoptr(GString) out = g_string_new(NULL);
    kx_graph_text(workflow, NULL, out);
    assert_string_equal(out->str, "start\tstart\t-\tsplit\n"
                                  "split\tfork\t-\tleft right\n"
                                  "left\tfs\t-\tboth error:fail\n"
                                  "right\tfs\t-\tboth error:fail\n"
                                  "both\tjoin\t-\tchoose\n"
                                  "choose\tdecision\t-\tcase:last default:end\n"
                                  "last\tfs\t-\tend error:fail\n"
                                  "fail\tkill\t-\t\n"
                                  "end\tend\t-\t\n");
}

static void states_and_ways_that_were_gone_are_painted(void **state)
{
    (void)state;
    g_autoptr(kx_workflow) workflow = read_flow(FLOW);
    g_autoptr(GString) text = g_string_new(NULL), dot = g_string_new(NULL),
                       svg = g_string_new(NULL);
    g_autoptr(GHashTable) states = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GHashTable) taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    const struct kx_progress progress = {states, taken};
    g_hash_table_insert(states, g_strdup(KX_STEP_BEGIN), g_strdup("OK"));
    g_hash_table_insert(taken, g_strdup(KX_STEP_BEGIN), g_strdup("split"));
    g_hash_table_insert(states, g_strdup("split"), g_strdup("OK"));
    g_hash_table_insert(taken, g_strdup("split"), g_strdup("*"));
    g_hash_table_insert(states, g_strdup("left"), g_strdup("RUNNING"));
    kx_graph_text(workflow, &progress, text);
    assert_non_null(strstr(text->str, "start\tstart\tOK\tsplit\nsplit\tfork\tOK\t"));
    assert_non_null(strstr(text->str, "left\tfs\tRUNNING\tboth"));
    kx_graph_dot(workflow, &progress, dot);
    assert_non_null(strstr(dot->str, "digraph \"w\" {"));
    assert_non_null(strstr(dot->str, "\"left\" [shape=box, style=filled, color=\"#0969da\""));
    assert_non_null(strstr(dot->str, "\"start\" -> \"split\" [color=\"#1a7f37\", penwidth=2]"));
    assert_non_null(strstr(dot->str, "\"split\" -> \"left\" [color=\"#1a7f37\", penwidth=2]"));
    assert_non_null(strstr(dot->str, "\"split\" -> \"right\" [color=\"#57606a\"]"));
    assert_non_null(strstr(dot->str, "label=\"${a < 'b\\\"'}\""));
    kx_graph_svg(workflow, &progress, svg);
    assert_non_null(strstr(svg->str, "<title>fs: RUNNING</title>"));
    assert_non_null(strstr(svg->str, "<title>case: ${a &lt; &apos;b&quot;&apos;}</title>"));
    assert_true(g_str_has_suffix(svg->str, "</svg>\n"));
}

static void circles_and_holes_are_drawn_all_the_same(void **state)
{
    (void)state;
    g_autoptr(kx_workflow) workflow = read_flow(
        APP("<start to='a'/>" ACT("a", "b") ACT("b", "a") ACT("c", "none") ACT("d", "d")));
    g_autoptr(GString) out = g_string_new(NULL);
    kx_graph_text(workflow, NULL, out);
    kx_graph_dot(workflow, NULL, out);
    kx_graph_svg(workflow, NULL, out);
    assert_non_null(strstr(out->str, "c\tfs\t-\tnone error:fail\n"));
    g_autoptr(kx_workflow) empty = read_flow("<workflow-app/>");
    kx_graph_text(empty, NULL, out);
    kx_graph_dot(empty, NULL, out);
    kx_graph_svg(empty, NULL, out);
}

static void many_nodes_are_bounded(void **state)
{
    (void)state;
    GString *text = g_string_new("<workflow-app name='w' xmlns='uri:oozie:workflow:1.0'>"
                                 "<start to='n0'/>");
    for (int i = 0; i < KX_STEPS_MAX * 2; i++)
        g_string_append_printf(
            text, "<action name='n%d'><fs/><ok to='n%d'/><error to='end'/></action>", i, i + 1);
    g_string_append(text, "<end name='end'/></workflow-app>");
    g_autofree char *found = found_in(text->str);
    assert_non_null(strstr(found, "more than 2000 nodes"));
    g_autoptr(kx_workflow) workflow = read_flow(text->str);
    assert_int_equal(workflow->steps->len, KX_STEPS_MAX);
    g_autoptr(GString) out = g_string_new(NULL);
    kx_graph_svg(workflow, NULL, out);
    g_string_free(text, TRUE);
}

static void what_is_no_workflow_is_refused(void **state)
{
    (void)state;
    struct kx_workflow *workflow = NULL;
    KX_ERROR_AUTO(err);
    assert_int_equal(kx_workflow_read("<a/>", 4, NULL, &workflow, &err), -EINVAL);
    assert_error(&err, EINVAL, NULL, "it is no workflow-app");
    assert_int_equal(kx_workflow_read("<a", 2, NULL, &workflow, &err), -EINVAL);
    assert_null(workflow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_workflow_has_no_findings),
        cmocka_unit_test(each_slip_is_found_in_its_line),
        cmocka_unit_test(forks_and_joins_belong_together),
        cmocka_unit_test(coordinators_and_bundles_are_looked_at),
        cmocka_unit_test(it_is_drawn_from_the_start_on),
        cmocka_unit_test(states_and_ways_that_were_gone_are_painted),
        cmocka_unit_test(circles_and_holes_are_drawn_all_the_same),
        cmocka_unit_test(many_nodes_are_bounded),
        cmocka_unit_test(what_is_no_workflow_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
