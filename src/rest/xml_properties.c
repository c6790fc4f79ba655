#include "rest/xml_properties.h"

#include <errno.h>
#include <libxml/parser.h>
#include <stdbool.h>
#include <string.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlParserCtxt, xmlFreeParserCtxt)

static bool is_element(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

/* The characters that stand in an element itself: no entity is looked at. */
static char *text_of(const xmlNode *element)
{
    GString *text = g_string_new(NULL);
    for (const xmlNode *node = element->children; node; node = node->next)
        if ((node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE) && node->content)
            g_string_append(text, (const char *)node->content);
    return g_strstrip(g_string_free(text, FALSE));
}

static void take_property(const xmlNode *property, GHashTable *into)
{
    g_autofree char *name = NULL, *value = NULL;
    for (const xmlNode *node = property->children; node; node = node->next) {
        char **place = is_element(node, "name") ? &name : is_element(node, "value") ? &value : NULL;
        if (!place) continue;
        g_free(*place);
        *place = text_of(node);
    }
    if (name && *name && value)
        g_hash_table_replace(into, g_steal_pointer(&name), g_steal_pointer(&value));
}

static int bad_xml(xmlParserCtxt *context, const char *name, struct kx_error *err)
{
    const xmlError *error = xmlCtxtGetLastError(context);
    g_autofree char *message = g_strdup(error && error->message ? error->message : "no XML");
    return kx_error_set(err, EINVAL, "%s: line %d: %s", name, error ? error->line : 0,
                        g_strstrip(message));
}

int kx_xml_properties(const char *text, size_t length, const char *name, GHashTable *into,
                      struct kx_error *err)
{
    if (length > KX_XML_PROPERTIES_BYTES_MAX)
        return kx_error_set(err, EFBIG, "%s: larger than 16 MiB: it is no configuration", name);
    g_autoptr(xmlParserCtxt) context = xmlNewParserCtxt();
    const int how = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING;
    g_autoptr(xmlDoc) document = xmlCtxtReadMemory(context, text, (int)length, NULL, NULL, how);
    if (!document) return bad_xml(context, name, err);
    if (document->intSubset)
        return kx_error_set(err, EINVAL, "%s: a document type is not expected in it", name);
    const xmlNode *root = xmlDocGetRootElement(document);
    if (!root || !is_element(root, "configuration"))
        return kx_error_set(err, EINVAL, "%s: <configuration> is expected", name);
    for (const xmlNode *node = root->children; node; node = node->next)
        if (is_element(node, "property")) take_property(node, into);
    return 0;
}
