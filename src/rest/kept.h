/* Answers of a server that are shared for a while: a bounded table by what was asked.
 * Threads: any; its own mutex guards it (memory work only). */
#pragma once
#include "base/cancel.h"
#include "base/clock.h"
#include "rest/json_answer.h"

struct kx_kept;

/** At most `max` answers whose texts had `size` bytes together. @clock borrowed.  @return owned. */
struct kx_kept *kx_kept_new(const struct kx_clock *clock, guint max, size_t size);
void kx_kept_free(struct kx_kept *kept); /* NULL is fine */

/** @return a reference; NULL: none, or its time is over. */
struct kx_answer *kx_kept_find(struct kx_kept *kept, const char *key);

/** As kx_kept_find; when there is none, the caller is the one who asks for it, and must call
 * kx_kept_leave afterwards: others who want the same wait for that, at most until their cancel (may
 * be NULL) fires.  @return NULL: ask. */
struct kx_answer *kx_kept_enter(struct kx_kept *kept, const char *key, struct kx_cancel *cancel);
void kx_kept_leave(struct kx_kept *kept, const char *key);

/** Keep it for so long; the oldest go when there is no room. */
void kx_kept_add(struct kx_kept *kept, const char *key, struct kx_answer *record, size_t size,
                 int64_t for_ms);

/** Forget all whose key begins with this. */
void kx_kept_drop(struct kx_kept *kept, const char *prefix);

KX_DEFINE_AUTOPTR(kx_kept, kx_kept_free)
