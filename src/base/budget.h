/* How much memory may be used together: a number that is taken from and given back to. It only
 * counts; who finds it exhausted lets go of something.
 *
 * Threads: all functions from any thread; none blocks. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"

struct kx_budget;

/** @limit bytes; 0: none. */
struct kx_budget *kx_budget_new(int64_t limit);
void kx_budget_free(struct kx_budget *budget); /* NULL is fine; all must have been given back */

/** Take so many bytes when that stays within the limit. NULL budget: always.  @return whether. */
bool kx_budget_try(struct kx_budget *budget, int64_t bytes);

/** Would kx_budget_try give so many now? */
bool kx_budget_has(struct kx_budget *budget, int64_t bytes);

/** Take them in any case: what nobody can be refused, so that nobody waits for ever. */
void kx_budget_take(struct kx_budget *budget, int64_t bytes);
void kx_budget_give(struct kx_budget *budget, int64_t bytes);

/** How much is taken, and could be; 0 for NULL. A limit of 0 is none. */
int64_t kx_budget_used(struct kx_budget *budget);
int64_t kx_budget_limit(const struct kx_budget *budget);

KX_DEFINE_AUTOPTR(kx_budget, kx_budget_free)
