/* Hadoop's settings, and a job's properties: names and values, in Java's two forms, <configuration>
 * and lines of NAME=VALUE.
 *
 * Bounded: at most KX_CONFIGURATION_MAX properties and KX_CONFIGURATION_BYTES of text. XML is read
 * without a network, without entities of its own and without anything beside the text itself.
 *
 * Threads: one at a time.  Errors: -EINVAL with the line. */
#pragma once
#include <glib.h>

#include "base/cleanup.h"
#include "base/error.h"

#define KX_CONFIGURATION_MAX   10000
#define KX_CONFIGURATION_BYTES ((size_t)4 * 1024 * 1024)

struct kx_configuration;

struct kx_configuration *kx_configuration_new(void);         /* owned, empty */
void kx_configuration_free(struct kx_configuration *values); /* NULL is fine */

/** @value copied; it replaces an earlier one, at its place. */
void kx_configuration_set(struct kx_configuration *values, const char *name, const char *value);
void kx_configuration_remove(struct kx_configuration *values, const char *name);
const char *kx_configuration_get(const struct kx_configuration *values, const char *name);
guint kx_configuration_count(const struct kx_configuration *values);

/** Add what a text has. */
int kx_configuration_read_xml(struct kx_configuration *values, const char *text, size_t length,
                              struct kx_error *err);
int kx_configuration_read_properties(struct kx_configuration *values, const char *text,
                                     size_t length, struct kx_error *err);

/** Either form: XML when the first character is '<'. */
int kx_configuration_read(struct kx_configuration *values, const char *text, size_t length,
                          struct kx_error *err);

void kx_configuration_write_properties(const struct kx_configuration *values, GString *out);
char *kx_configuration_xml(const struct kx_configuration *values); /* owned */

KX_DEFINE_AUTOPTR(kx_configuration, kx_configuration_free)
