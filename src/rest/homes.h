/* The servers of one list (url.h), and which of them answers.
 *
 * Of several NameNodes one is active; a standby refuses everything but the CREATE that it redirects
 * (measured, Hadoop 3.4.2), and several nodes of a gateway are all as good. An operation begins at
 * the one that did the last thing it was asked for, and goes on to the next when that one refuses
 * as a standby, cannot be reached or says nothing.
 *
 * Threads: all functions from any thread; its own mutex guards what changes (memory work only). */
#pragma once
#include <stdbool.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "rest/url.h"

struct kx_homes;

/** @list copied.  @log borrowed for its life: told when another one answers. */
struct kx_homes *kx_homes_new(const struct kx_endpoint *list, struct kx_log *log);
void kx_homes_free(struct kx_homes *homes); /* NULL is fine */

unsigned kx_homes_count(const struct kx_homes *homes);
/** @return borrowed; constant. */
const struct kx_endpoint *kx_homes_at(const struct kx_homes *homes, unsigned number);

/** The one to begin with. */
unsigned kx_homes_live(struct kx_homes *homes);

/** It did what it was asked for.  @return whether it was another one that did so before. */
bool kx_homes_worked(struct kx_homes *homes, unsigned number);
/** It did not; others begin with the next one. */
void kx_homes_failed(struct kx_homes *homes, unsigned number, const struct kx_error *why);

/** Is the URL of one of their origins? */
bool kx_homes_own(const struct kx_homes *homes, const char *url);
/** Is one of them there? */
bool kx_homes_has(const struct kx_homes *homes, const char *host, int port);

/** Their origins in one word that does not depend on their order.  @return owned. */
char *kx_homes_name(const struct kx_homes *homes);

/** Append a line for each: origin, "live" or "other", and why it did not answer last; a tab
 * between. */
void kx_homes_tell(struct kx_homes *homes, GString *out);

KX_DEFINE_AUTOPTR(kx_homes, kx_homes_free)
