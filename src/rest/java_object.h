/* A reader of objects in Java's serialization (Java Object Serialization Specification, chapter 6),
 * as far as collections of plain objects need it: texts, numbers, references, lists and maps.
 *
 * Bounded: KX_JAVA_DEPTH levels, KX_JAVA_HANDLES things; what is not known is -EPROTO.
 * Threads: any, on data of one's own. */
#pragma once
#include <glib.h>

#include "base/error.h"
#include "rest/bytes.h"

#define KX_JAVA_DEPTH   64
#define KX_JAVA_HANDLES 2000000

/* A field of an object's class that was read. */
struct kx_java_field {
    const char *name; /* all borrowed for the call */
    const char *text; /* of a field that is a text, else NULL */
    int64_t number;   /* of one that is a whole number */
};

/** An object has been read as far as the fields of one of its classes.  @type "java.util.HashMap"
 */
typedef void kx_java_take(const char *type, const struct kx_java_field *fields, size_t count,
                          void *context);

/** @return 0; -EPROTO. */
int kx_java_read(const uint8_t *text, size_t length, kx_java_take *take, void *context,
                 struct kx_error *err);
