/* Answers of a server that are shared for a while: a bounded table by what was asked.
 * Threads: any; its own mutex guards it (memory work only). */
#pragma once
#include "base/clock.h"
#include "rest/json_answer.h"

struct kx_kept;

/** At most `max` answers whose texts had `size` bytes together. @clock borrowed.  @return owned. */
struct kx_kept *kx_kept_new(const struct kx_clock *clock, guint max, size_t size);
void kx_kept_free(struct kx_kept *kept); /* NULL is fine */

/** @return a reference; NULL: none, or its time is over. */
struct kx_answer *kx_kept_find(struct kx_kept *kept, const char *key);

/** Keep it for so long; the oldest go when there is no room. */
void kx_kept_add(struct kx_kept *kept, const char *key, struct kx_answer *record, size_t size,
                 int64_t for_ms);

/** Forget all whose key begins with this. */
void kx_kept_drop(struct kx_kept *kept, const char *prefix);

KX_DEFINE_AUTOPTR(kx_kept, kx_kept_free)
