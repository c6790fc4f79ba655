/* A workflow's text as its nodes. */
#include <errno.h>
#include <string.h>

#include "oozie/workflow_private.h"
#include "oozie/xml_application.h"

struct reader {
    struct kx_workflow *workflow;
    struct kx_findings *findings; /* may be NULL */
    GHashTable *names;            /* name -> line + 1 */
    bool full;
};

static const struct {
    const char *element;
    enum kx_step_kind kind;
} STEPS[] = {{"start", KX_STEP_START},      {"end", KX_STEP_END},   {"kill", KX_STEP_KILL},
             {"action", KX_STEP_ACTION},    {"fork", KX_STEP_FORK}, {"join", KX_STEP_JOIN},
             {"decision", KX_STEP_DECISION}};

/* What may stand among the nodes, and is none. */
static const char *const BESIDE[] = {"parameters", "global", "credentials", "info", NULL};

static const char *const TYPES[] = {"map-reduce", "pig",   "ssh",    "sub-workflow", "fs",
                                    "java",       "hive",  "hive2",  "sqoop",        "email",
                                    "shell",      "spark", "distcp", "git",          NULL};

/* [a-zA-Z_][-_a-zA-Z0-9]* */
static bool is_identifier(const char *name)
{
    if (!g_ascii_isalpha(*name) && *name != '_') return false;
    for (const char *c = name; *c; c++)
        if (!g_ascii_isalnum(*c) && *c != '_' && *c != '-') return false;
    return true;
}

/* @attribute of the element that says where to go. */
static void add_way(struct reader *r, struct kx_step *step, const xmlNode *node,
                    const char *attribute, const char *label)
{
    struct kx_way way = {.label = label, .line = (int)xmlGetLineNo(node), .target = -1};
    way.to = kx_xml_attribute(node, attribute);
    if (!way.to)
        kx_findings_add(r->findings, way.line, "E0701",
                        "<%s> does not say where to go: add %s=\"NODE\"", (const char *)node->name,
                        attribute);
    if (!way.to) way.to = g_strdup("");
    if (strcmp(label, "case") == 0) {
        xmlChar *text = xmlNodeGetContent(node);
        way.when = g_strstrip(g_strdup(text ? (const char *)text : ""));
        xmlFree(text);
    }
    g_array_append_val(step->ways, way);
}

static void unknown_here(struct reader *r, const xmlNode *node, const struct kx_step *step)
{
    kx_findings_add(r->findings, (int)xmlGetLineNo(node), "E0701",
                    "<%s> is not allowed in <%s name=\"%s\">: take it out, or spell it right",
                    (const char *)node->name, step->type, step->name);
}

static void read_action(struct reader *r, struct kx_step *step, const xmlNode *action)
{
    const xmlNode *ok = NULL, *error = NULL, *what = NULL;
    for (const xmlNode *node = action->children; node; node = node->next) {
        if (node->type != XML_ELEMENT_NODE || kx_xml_is(node, "info")) continue;
        const xmlNode **slot = kx_xml_is(node, "ok")      ? &ok
                               : kx_xml_is(node, "error") ? &error
                                                          : &what;
        if (*slot)
            unknown_here(r, node, step);
        else
            *slot = node;
    }
    if (ok) add_way(r, step, ok, "to", "ok");
    if (error) add_way(r, step, error, "to", "error");
    if (!ok || !error)
        kx_findings_add(r->findings, step->line, "E0701",
                        "action \"%s\" has no <%s>: add <%s to=\"NODE\"/>", step->name,
                        ok ? "error" : "ok", ok ? "error" : "ok");
    if (!what) {
        kx_findings_add(r->findings, step->line, "E0701",
                        "action \"%s\" does nothing: put <fs>, <shell> or the like into it",
                        step->name);
        return;
    }
    if (!g_strv_contains(TYPES, (const char *)what->name))
        kx_findings_warn(r->findings, (int)xmlGetLineNo(what),
                         "<%s> of action \"%s\" is no action that Oozie brings along: the server "
                         "must have it configured",
                         (const char *)what->name, step->name);
    g_free(step->type);
    step->type = g_strdup((const char *)what->name);
}

static void read_decision(struct reader *r, struct kx_step *step, const xmlNode *decision)
{
    bool otherwise = false;
    const xmlNode *cases = kx_xml_child(decision, "switch");
    for (const xmlNode *node = cases ? cases->children : NULL; node; node = node->next) {
        if (node->type != XML_ELEMENT_NODE) continue;
        bool is_default = kx_xml_is(node, "default");
        if (is_default || kx_xml_is(node, "case"))
            add_way(r, step, node, "to", is_default ? "default" : "case");
        else
            unknown_here(r, node, step);
        otherwise |= is_default;
    }
    if (!cases)
        kx_findings_add(r->findings, step->line, "E0701",
                        "decision \"%s\" has no <switch>: add one with <case> and <default>",
                        step->name);
    else if (!otherwise)
        kx_findings_add(r->findings, step->line, "E0701",
                        "decision \"%s\" has no <default>: add <default to=\"NODE\"/>", step->name);
}

static void read_fork(struct reader *r, struct kx_step *step, const xmlNode *fork)
{
    for (const xmlNode *node = fork->children; node; node = node->next) {
        if (node->type != XML_ELEMENT_NODE) continue;
        if (kx_xml_is(node, "path"))
            add_way(r, step, node, "start", "path");
        else
            unknown_here(r, node, step);
    }
    if (step->ways->len < 2)
        kx_findings_add(r->findings, step->line, "E0701",
                        "fork \"%s\" has %u path: give it two, or go on without it", step->name,
                        step->ways->len);
}

static void read_ways(struct reader *r, struct kx_step *step, const xmlNode *node)
{
    switch (step->kind) {
    case KX_STEP_START:
    case KX_STEP_JOIN:
        add_way(r, step, node, "to", "");
        break;
    case KX_STEP_ACTION:
        read_action(r, step, node);
        break;
    case KX_STEP_DECISION:
        read_decision(r, step, node);
        break;
    case KX_STEP_FORK:
        read_fork(r, step, node);
        break;
    case KX_STEP_KILL:
        if (!kx_xml_child(node, "message"))
            kx_findings_add(r->findings, step->line, "E0701",
                            "kill \"%s\" has no <message>: say in it why the job ends", step->name);
        break;
    default:
        break;
    }
}

/* The name that a node has, or would have. */
static char *name_of(struct reader *r, const xmlNode *node, enum kx_step_kind kind)
{
    int line = (int)xmlGetLineNo(node);
    if (kind == KX_STEP_START) return g_strdup(KX_STEP_BEGIN);
    char *name = kx_xml_attribute(node, "name");
    if (!name)
        kx_findings_add(r->findings, line, "E0701", "<%s> has no name: add name=\"...\"",
                        (const char *)node->name);
    else if (!is_identifier(name))
        kx_findings_add(r->findings, line, "E0701",
                        "\"%s\" cannot be a name: letters, digits, _ and - make one, the first no "
                        "digit",
                        name);
    return name ? name : g_strdup("");
}

static bool is_twice(struct reader *r, const struct kx_step *step)
{
    int line = GPOINTER_TO_INT(g_hash_table_lookup(r->names, step->name)) - 1;
    if (line < 0) return false;
    if (step->kind == KX_STEP_START)
        kx_findings_add(r->findings, step->line, "E0701",
                        "a second <start>: the first is in line %d; keep one of them", line);
    else if (*step->name)
        kx_findings_add(r->findings, step->line, "E0705",
                        "a second node \"%s\": the first is in line %d; rename one of them",
                        step->name, line);
    return true;
}

static void read_step(struct reader *r, const xmlNode *node, enum kx_step_kind kind)
{
    struct kx_step *step = kx_step_new(kind, name_of(r, node, kind),
                                       g_strdup((const char *)node->name), (int)xmlGetLineNo(node));
    read_ways(r, step, node);
    if (is_twice(r, step)) {
        kx_step_free(step);
        return;
    }
    g_hash_table_insert(r->names, step->name, GINT_TO_POINTER(step->line + 1));
    g_ptr_array_add(r->workflow->steps, step);
}

static void tell_full(struct reader *r, const xmlNode *node)
{
    if (!r->full)
        kx_findings_warn(r->findings, (int)xmlGetLineNo(node),
                         "more than %d nodes: how they hang together is not checked", KX_STEPS_MAX);
    r->full = true;
}

static void read_child(struct reader *r, const xmlNode *node)
{
    for (size_t i = 0; i < G_N_ELEMENTS(STEPS); i++) {
        if (!kx_xml_is(node, STEPS[i].element)) continue;
        if (r->workflow->steps->len < KX_STEPS_MAX)
            read_step(r, node, STEPS[i].kind);
        else
            tell_full(r, node);
        return;
    }
    if (!g_strv_contains(BESIDE, (const char *)node->name))
        kx_findings_add(r->findings, (int)xmlGetLineNo(node), "E0701",
                        "<%s> is no node of a workflow: take it out, or spell it right",
                        (const char *)node->name);
}

struct kx_workflow *kx_xml_workflow(const xmlNode *root, struct kx_findings *findings)
{
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    struct reader r = {.workflow = kx_workflow_new(), .findings = findings, .names = names};
    r.workflow->name = kx_xml_attribute(root, "name");
    if (!r.workflow->name)
        kx_findings_add(findings, (int)xmlGetLineNo(root), "E0701",
                        "the workflow has no name: add name=\"...\" to <workflow-app>");
    for (const xmlNode *node = root->children; node; node = node->next)
        if (node->type == XML_ELEMENT_NODE) read_child(&r, node);
    kx_workflow_connect(r.workflow);
    return r.workflow;
}

int kx_workflow_read(const char *text, size_t length, struct kx_findings *findings,
                     struct kx_workflow **out, struct kx_error *err)
{
    g_autoptr(kx_xml) document = NULL;
    int result = kx_xml_read(text, length, &document, err);
    const xmlNode *root = result == 0 ? xmlDocGetRootElement(document) : NULL;
    if (result == 0 && (!root || !kx_xml_is(root, "workflow-app")))
        result = kx_error_set(err, EINVAL, "it is no workflow-app");
    if (result == 0) *out = kx_xml_workflow(root, findings);
    return result;
}
