/* Everything that can be said against a workflow, coordinator or bundle without a server. */
#include <errno.h>

#include "oozie/xml_application.h"

static const char *const WORKFLOWS[] = {"0.1",   "0.2", "0.2.5", "0.3", "0.4",
                                        "0.4.5", "0.5", "1.0",   NULL};
static const char *const COORDINATORS[] = {"0.1", "0.2", "0.3", "0.4", "0.5", NULL};
static const char *const BUNDLES[] = {"0.1", "0.2", NULL};

static int line_of(const xmlNode *node)
{
    return (int)xmlGetLineNo(node);
}

/* "uri:oozie:workflow:1.0" */
static void check_schema(const xmlNode *root, const char *kind, const char *const *versions,
                         struct kx_findings *findings)
{
    g_autofree char *prefix = g_strdup_printf("uri:oozie:%s:", kind);
    const char *uri = root->ns && root->ns->href ? (const char *)root->ns->href : NULL;
    const char *last = versions[0];
    for (size_t i = 0; versions[i]; i++)
        last = versions[i];
    if (!uri)
        kx_findings_add(findings, line_of(root), "E0701", "<%s> says no schema: add xmlns=\"%s%s\"",
                        (const char *)root->name, prefix, last);
    else if (!g_str_has_prefix(uri, prefix) || !g_strv_contains(versions, uri + strlen(prefix)))
        kx_findings_add(findings, line_of(root), "E0701",
                        "\"%s\" is no schema of a %s that Oozie 5 has: the newest is %s%s", uri,
                        kind, prefix, last);
}

/* @return owned; NULL after a finding. */
static char *need_attribute(const xmlNode *node, const char *name, struct kx_findings *findings)
{
    char *value = kx_xml_attribute(node, name);
    if (!value)
        kx_findings_add(findings, line_of(node), "E0701", "<%s> has no %s: add %s=\"...\"",
                        (const char *)node->name, name, name);
    return value;
}

static const xmlNode *need_child(const xmlNode *node, const char *name,
                                 struct kx_findings *findings)
{
    const xmlNode *child = node ? kx_xml_child(node, name) : NULL;
    if (node && !child)
        kx_findings_add(findings, line_of(node), "E0701", "<%s> has no <%s>: add one",
                        (const char *)node->name, name);
    return child;
}

/* Seconds since the epoch of "2026-03-07T00:00Z"; 0: it is written otherwise. */
static int64_t seconds_of(const char *text)
{
    g_autofree char *whole = strlen(text) == strlen("2026-03-07T00:00Z") && text[16] == 'Z'
                                 ? g_strdup_printf("%.16s:00Z", text)
                                 : NULL;
    g_autoptr(GDateTime) at = whole ? g_date_time_new_from_iso8601(whole, NULL) : NULL;
    return at ? g_date_time_to_unix(at) : 0;
}

static void check_time(const xmlNode *root, const char *name, int64_t *out,
                       struct kx_findings *findings)
{
    g_autofree char *text = need_attribute(root, name, findings);
    if (!text || strstr(text, "${")) return; /* known when it is submitted */
    *out = seconds_of(text);
    /* with another time zone configured it is written with an offset */
    if (!*out && !strpbrk(text, "+"))
        kx_findings_add(findings, line_of(root), "E1003",
                        "%s=\"%s\" is no time: write it as 2026-03-07T00:00Z", name, text);
}

/* Each dataset that is used is there, unless others are read from elsewhere. */
static void check_datasets(const xmlNode *root, struct kx_findings *findings)
{
    static const char *const EVENTS[][2] = {{"input-events", "data-in"},
                                            {"output-events", "data-out"}};
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    const xmlNode *sets = kx_xml_child(root, "datasets");
    if (sets && kx_xml_child(sets, "include")) return;
    for (const xmlNode *set = sets ? sets->children : NULL; set; set = set->next) {
        if (!kx_xml_is(set, "dataset")) continue;
        char *name = need_attribute(set, "name", findings);
        if (name) g_hash_table_add(names, name);
        need_child(set, "uri-template", findings);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(EVENTS); i++) {
        const xmlNode *events = kx_xml_child(root, EVENTS[i][0]);
        for (const xmlNode *one = events ? events->children : NULL; one; one = one->next) {
            if (!kx_xml_is(one, EVENTS[i][1])) continue;
            g_autofree char *set = need_attribute(one, "dataset", findings);
            if (set && !g_hash_table_contains(names, set))
                kx_findings_add(findings, line_of(one), "E1021",
                                "there is no dataset \"%s\": add it to <datasets>", set);
        }
    }
}

static void check_coordinator(const xmlNode *root, struct kx_findings *findings)
{
    int64_t start = 0, end = 0;
    check_schema(root, "coordinator", COORDINATORS, findings);
    g_free(need_attribute(root, "name", findings));
    g_free(need_attribute(root, "frequency", findings));
    g_free(need_attribute(root, "timezone", findings));
    check_time(root, "start", &start, findings);
    check_time(root, "end", &end, findings);
    if (start && end && end <= start)
        kx_findings_add(findings, line_of(root), "E1003",
                        "it ends before it starts: give it a later end");
    const xmlNode *action = need_child(root, "action", findings);
    const xmlNode *workflow = need_child(action, "workflow", findings);
    need_child(workflow, "app-path", findings);
    check_datasets(root, findings);
}

static void check_bundle(const xmlNode *root, struct kx_findings *findings)
{
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    check_schema(root, "bundle", BUNDLES, findings);
    g_free(need_attribute(root, "name", findings));
    need_child(root, "coordinator", findings);
    for (const xmlNode *one = root->children; one; one = one->next) {
        if (!kx_xml_is(one, "coordinator")) continue;
        need_child(one, "app-path", findings);
        char *name = need_attribute(one, "name", findings);
        if (name && g_hash_table_contains(names, name))
            kx_findings_add(findings, line_of(one), "E1304",
                            "a second coordinator \"%s\": rename one of them", name);
        if (name) g_hash_table_add(names, name);
    }
}

static void check_workflow(const xmlNode *root, struct kx_findings *findings)
{
    check_schema(root, "workflow", WORKFLOWS, findings);
    g_autoptr(kx_workflow) workflow = kx_xml_workflow(root, findings);
    if (workflow->steps->len < KX_STEPS_MAX) kx_workflow_check(workflow, findings);
}

/* The line that the words of kx_xml_read name. */
static int line_in(const char *words)
{
    const char *at = words ? strstr(words, "line ") : NULL;
    return at ? (int)g_ascii_strtoll(at + strlen("line "), NULL, 10) : 1;
}

void kx_application_check(const char *text, size_t length, struct kx_findings *findings)
{
    g_autoptr(kx_xml) document = NULL;
    KX_ERROR_AUTO(err);
    int result = kx_xml_read(text, length, &document, &err);
    const xmlNode *root = result == 0 ? xmlDocGetRootElement(document) : NULL;
    if (result < 0)
        kx_findings_add(findings, line_in(err.message), "E0701", "%s", err.message);
    else if (root && kx_xml_is(root, "workflow-app"))
        check_workflow(root, findings);
    else if (root && kx_xml_is(root, "coordinator-app"))
        check_coordinator(root, findings);
    else if (root && kx_xml_is(root, "bundle-app"))
        check_bundle(root, findings);
    else
        kx_findings_add(findings, root ? line_of(root) : 1, "E0701",
                        "<%s> is no workflow-app, coordinator-app or bundle-app",
                        root ? (const char *)root->name : "");
}
