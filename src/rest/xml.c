#include "rest/xml.h"

#include <errno.h>
#include <libxml/parser.h>

#define BYTES_MAX ((size_t)16 * 1024 * 1024)

void kx_xml_free(kx_xml *document)
{
    if (document) xmlFreeDoc(document);
}

int kx_xml_read(const char *text, size_t length, kx_xml **out, struct kx_error *err)
{
    if (length > BYTES_MAX)
        return kx_error_set(err, EINVAL, "an XML text of more than %zu bytes", BYTES_MAX);
    xmlParserCtxtPtr parser = xmlNewParserCtxt();
    if (!parser) return kx_error_set(err, ENOMEM, "no memory for the XML text");
    const int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
                        XML_PARSE_NOCDATA | XML_PARSE_COMPACT;
    xmlDocPtr document = xmlCtxtReadMemory(parser, text, (int)length, NULL, NULL, options);
    int result = 0;
    if (!document || document->intSubset) {
        const xmlError *last = xmlCtxtGetLastError(parser);
        g_autofree char *words = g_strdup(last && last->message ? last->message : "a DTD");
        g_strchomp(words);
        result = kx_error_set(err, EINVAL, "not well-formed XML: line %d, column %d: %s",
                              last ? last->line : 1, last ? last->int2 : 1, words);
        kx_xml_free(document);
        document = NULL;
    }
    xmlFreeParserCtxt(parser);
    *out = document;
    return result;
}
