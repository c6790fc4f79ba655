/* DataNodes that lately failed somebody, by their transfer names ("10.0.0.7:9866"): what is sent as
 * excludedatanodes=.
 *
 * A NameNode goes on redirecting to a dead DataNode for some ten minutes, and obeys
 * excludedatanodes= of OPEN, CREATE and APPEND only in this form; a name with more than one ':'
 * (IPv6) it refuses as a NumberFormatException (measured, Hadoop 3.4.2). A suspicion is weak, so it
 * is forgotten soon: the node may be well, and what failed a cable.
 *
 * Threads: all functions from any thread; its own mutex guards the names (memory work only). */
#pragma once
#include <glib.h>
#include <stdbool.h>

#include "base/cleanup.h"
#include "base/clock.h"

#define KX_SUSPECTS_MAX   64    /* one more, and the oldest is forgotten */
#define KX_SUSPICION_MS   60000 /* how long one is remembered after it failed last */
#define KX_SUSPECT_LENGTH 64    /* bytes of a name at most */

struct kx_suspects;

/** @clock borrowed for its life.  @return owned, with no names. */
struct kx_suspects *kx_suspects_new(const struct kx_clock *clock);
void kx_suspects_free(struct kx_suspects *suspects); /* NULL is fine */

/** Remember one, or remember it longer.  @name borrowed.  @return false: it is no "ADDRESS:PORT"
 * that a NameNode would take, and is not remembered. */
bool kx_suspects_add(struct kx_suspects *suspects, const char *name);

/** The names that are remembered now, sorted: "10.0.0.7:9866,10.0.0.9:9866".  @return owned; NULL:
 * none. */
char *kx_suspects_list(struct kx_suspects *suspects);

/** Forget all. */
void kx_suspects_drop(struct kx_suspects *suspects);

KX_DEFINE_AUTOPTR(kx_suspects, kx_suspects_free)
