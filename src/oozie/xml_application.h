/* Elements of applications, for the files xml_*.c of this folder only.
 * Threads: as rest/xml.h.  Ownership: nodes are borrowed from their document. */
#pragma once
#include <string.h>

#include "oozie/workflow.h"
#include "rest/xml.h"

/** Is it an element of this name, in whatever namespace? */
static inline bool kx_xml_is(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

static inline const xmlNode *kx_xml_child(const xmlNode *parent, const char *name)
{
    for (const xmlNode *node = parent->children; node; node = node->next)
        if (kx_xml_is(node, name)) return node;
    return NULL;
}

/** @return owned; NULL: it has none. */
static inline char *kx_xml_attribute(const xmlNode *node, const char *name)
{
    xmlChar *value = xmlGetNoNsProp(node, (const xmlChar *)name);
    char *own = g_strdup((const char *)value);
    xmlFree(value);
    return own;
}

/** The nodes below <workflow-app>.  @return owned. */
struct kx_workflow *kx_xml_workflow(const xmlNode *root, struct kx_findings *findings);
