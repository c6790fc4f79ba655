/* <configuration><property><name>..</name><value>..</value></property></configuration> */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "rest/configuration.h"
#include "rest/xml.h"

static bool is_called(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

/* @return owned by glib; NULL: there is none. */
static char *text_of(const xmlNode *property, const char *name)
{
    for (const xmlNode *node = property->children; node; node = node->next) {
        if (!is_called(node, name)) continue;
        xmlChar *text = xmlNodeGetContent(node);
        char *own = g_strdup(text ? (const char *)text : "");
        xmlFree(text);
        return own;
    }
    return NULL;
}

int kx_configuration_read_xml(struct kx_configuration *values, const char *text, size_t length,
                              struct kx_error *err)
{
    g_autoptr(kx_xml) document = NULL;
    if (length > KX_CONFIGURATION_BYTES)
        return kx_error_set(err, EINVAL, "a configuration of more than %zu bytes",
                            KX_CONFIGURATION_BYTES);
    int result = kx_xml_read(text, length, &document, err);
    if (result < 0) return result;
    const xmlNode *root = xmlDocGetRootElement(document);
    if (!root || !is_called(root, "configuration"))
        return kx_error_set(err, EINVAL, "the first element is not <configuration>");
    for (const xmlNode *node = root->children; node; node = node->next) {
        if (!is_called(node, "property")) continue;
        g_autofree char *name = text_of(node, "name"), *value = text_of(node, "value");
        if (!name || !*g_strstrip(name))
            return kx_error_set(err, EINVAL, "line %d: a property without a name",
                                (int)xmlGetLineNo(node));
        kx_configuration_set(values, name, value ? value : "");
        if (kx_configuration_count(values) > KX_CONFIGURATION_MAX)
            return kx_error_set(err, EINVAL, "more than %d properties", KX_CONFIGURATION_MAX);
    }
    return 0;
}
