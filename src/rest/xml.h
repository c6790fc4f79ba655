/* XML as it comes from users and servers: read without a network, without a DTD's entities, without
 * any other file, within libxml2's own bounds of depth and size.
 *
 * Threads: a document belongs to one thread. */
#pragma once
#include <libxml/tree.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"

typedef struct _xmlDoc kx_xml;
void kx_xml_free(kx_xml *document); /* NULL is fine */

/** @return 0; -EINVAL with the line and column of what is wrong. */
int kx_xml_read(const char *text, size_t length, kx_xml **out, struct kx_error *err);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(kx_xml, kx_xml_free)
