/* Hadoop's form of settings in XML: <configuration><property><name>, <value>.
 *
 * A document is refused that has a document type (Hadoop's never have one, and entities come with
 * it) or is larger than KX_XML_PROPERTIES_BYTES_MAX; nothing is loaded that it refers to, and
 * XInclude is not done.
 * Threads: any. */
#pragma once
#include <glib.h>

#include "base/error.h"

#define KX_XML_PROPERTIES_BYTES_MAX ((size_t)16 * 1024 * 1024)

/** Add the properties of a document; a later one of the same name wins. Blanks around a value go.
 * @name for messages.  @into owned name -> owned value.  @return 0; -EINVAL with the line; -EFBIG.
 */
int kx_xml_properties(const char *text, size_t length, const char *name, GHashTable *into,
                      struct kx_error *err);
