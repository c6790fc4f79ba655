#include <errno.h>
#include <string.h>

#include "oozie/application.h"
#include "oozie/xml_application.h"

#define SLA_NAMESPACE  "uri:oozie:sla:"
#define WANTED_MAX     1000
#define DEPTH_MAX      200
#define EXPRESSION_MAX 1000 /* bytes */

static const struct {
    const char *root, *file, *property;
} KINDS[] = {
    [KX_JOB_WORKFLOW] = {"workflow-app", "workflow.xml", "oozie.wf.application.path"},
    [KX_JOB_COORDINATOR] = {"coordinator-app", "coordinator.xml", "oozie.coord.application.path"},
    [KX_JOB_BUNDLE] = {"bundle-app", "bundle.xml", "oozie.bundle.application.path"},
};

/* What is a constant in an expression, or what a dataset's path is filled with. */
static const char *const KNOWN[] = {"KB",    "MB",   "GB",     "TB",   "PB",    "YEAR", "MONTH",
                                    "DAY",   "HOUR", "MINUTE", "true", "false", "null", "not",
                                    "empty", "and",  "or",     "div",  "mod",   "eq",   "ne",
                                    "lt",    "gt",   "le",     "ge",   NULL};

const char *kx_application_file(enum kx_job_kind kind)
{
    return KINDS[kind].file;
}

const char *kx_application_property(enum kx_job_kind kind)
{
    return KINDS[kind].property;
}

static bool is_first(char c)
{
    return g_ascii_isalpha(c) || c == '_';
}

static bool is_next(char c)
{
    return is_first(c) || g_ascii_isdigit(c);
}

/* Each once, in order. */
static void note(GPtrArray *all, const char *text)
{
    for (guint i = 0; i < all->len; i++)
        if (strcmp(g_ptr_array_index(all, i), text) == 0) return;
    if (all->len < WANTED_MAX) g_ptr_array_add(all, g_strdup(text));
}

static void want(struct kx_application *out, const char *name)
{
    bool known = g_strv_contains(KNOWN, name);
    note(known ? out->expressions : out->wanted, name);
}

static bool is_name(const char *text)
{
    if (!is_first(*text)) return false;
    while (is_next(*text))
        text++;
    return !*text;
}

/* The brace that ends an expression, outside of its strings.  @return NULL: there is none. */
static const char *end_of(const char *at)
{
    char quote = 0;
    for (int left = EXPRESSION_MAX; *at && left > 0; at++, left--) {
        if (quote)
            quote = *at == quote ? 0 : quote;
        else if (*at == '\'' || *at == '"')
            quote = *at;
        else if (*at == '}')
            return at;
    }
    return NULL;
}

/* "${name}" is wanted: in a longer expression a name may stand for what exists at run time only.
 * @return where to go on. */
static const char *scan_one(struct kx_application *out, const char *at)
{
    const char *end = end_of(at + 2);
    if (!end) return at + 2;
    g_autofree char *inner = g_strndup(at + 2, (gsize)(end - at - 2));
    g_strstrip(inner);
    if (is_name(inner))
        want(out, inner);
    else if (*inner)
        note(out->expressions, inner);
    return at + 2;
}

static void scan(struct kx_application *out, const char *text)
{
    for (const char *at = text; at && (at = strstr(at, "${"));)
        at = scan_one(out, at);
}

static void scan_attributes(struct kx_application *out, const xmlNode *node)
{
    for (const xmlAttr *attribute = node->properties; attribute; attribute = attribute->next) {
        xmlChar *value = xmlNodeGetContent((const xmlNode *)attribute);
        scan(out, (const char *)value);
        xmlFree(value);
    }
}

static void scan_tree(struct kx_application *out, const xmlNode *node, int depth)
{
    for (; node && depth < DEPTH_MAX; node = node->next) {
        if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE)
            scan(out, (const char *)node->content);
        if (node->type != XML_ELEMENT_NODE) continue;
        out->level |= kx_xml_is(node, "info") && node->ns &&
                      g_str_has_prefix((const char *)node->ns->href, SLA_NAMESPACE);
        scan_attributes(out, node);
        scan_tree(out, node->children, depth + 1);
    }
}

static char *content_of(const xmlNode *parent, const char *name)
{
    for (const xmlNode *node = parent->children; node; node = node->next) {
        if (!kx_xml_is(node, name)) continue;
        xmlChar *text = xmlNodeGetContent(node);
        char *own = g_strdup((const char *)text);
        xmlFree(text);
        return own;
    }
    return NULL;
}

/* <parameters><property><name>..</name><value>..</value></property></parameters> */
static void read_parameters(struct kx_application *out, const xmlNode *root)
{
    for (const xmlNode *node = root->children; node; node = node->next) {
        if (!kx_xml_is(node, "parameters")) continue;
        for (const xmlNode *one = node->children; one; one = one->next) {
            if (!kx_xml_is(one, "property")) continue;
            g_autofree char *name = content_of(one, "name"), *value = content_of(one, "value");
            if (name && value) kx_configuration_set(out->defaults, g_strstrip(name), value);
            if (name && !value) want(out, g_strstrip(name));
        }
    }
}

static int kind_of(const xmlNode *root, enum kx_job_kind *kind, struct kx_error *err)
{
    for (size_t i = 0; root && i < G_N_ELEMENTS(KINDS); i++) {
        if (!kx_xml_is(root, KINDS[i].root)) continue;
        *kind = (enum kx_job_kind)i;
        return 0;
    }
    return kx_error_set(err, EINVAL,
                        "<%s> is neither a workflow-app nor a coordinator-app nor a bundle-app",
                        root ? (const char *)root->name : "");
}

int kx_application_read(const char *text, size_t length, struct kx_application *out,
                        struct kx_error *err)
{
    g_autoptr(kx_xml) document = NULL;
    *out = (struct kx_application){0};
    int result = kx_xml_read(text, length, &document, err);
    const xmlNode *root = result == 0 ? xmlDocGetRootElement(document) : NULL;
    if (result == 0) result = kind_of(root, &out->kind, err);
    if (result < 0) return result;
    xmlChar *name = xmlGetProp(root, (const xmlChar *)"name");
    out->name = g_strdup(name ? (const char *)name : "");
    xmlFree(name);
    out->frequency = kx_xml_attribute(root, "frequency");
    out->wanted = g_ptr_array_new_with_free_func(g_free);
    out->expressions = g_ptr_array_new_with_free_func(g_free);
    out->defaults = kx_configuration_new();
    scan_attributes(out, root);
    scan_tree(out, root->children, 0);
    read_parameters(out, root);
    return 0;
}

void kx_application_clear(struct kx_application *application)
{
    g_free(application->name);
    g_free(application->frequency);
    if (application->wanted) g_ptr_array_free(application->wanted, TRUE);
    if (application->expressions) g_ptr_array_free(application->expressions, TRUE);
    kx_configuration_free(application->defaults);
    *application = (struct kx_application){0};
}

char *kx_application_missing(const struct kx_application *application,
                             const struct kx_configuration *values)
{
    GString *missing = g_string_new(NULL);
    for (guint i = 0; i < application->wanted->len; i++) {
        const char *name = g_ptr_array_index(application->wanted, i);
        if (kx_configuration_get(values, name) || kx_configuration_get(application->defaults, name))
            continue;
        g_string_append_printf(missing, "%s%s", missing->len ? " " : "", name);
    }
    return g_string_free(missing, FALSE);
}
