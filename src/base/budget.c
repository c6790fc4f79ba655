#include "base/budget.h"

#include <stdatomic.h>

struct kx_budget {
    int64_t limit;
    atomic_int_least64_t used;
};

struct kx_budget *kx_budget_new(int64_t limit)
{
    struct kx_budget *budget = g_new0(struct kx_budget, 1);
    budget->limit = limit;
    return budget;
}

void kx_budget_free(struct kx_budget *budget)
{
    if (!budget) return;
    g_assert(atomic_load(&budget->used) == 0);
    g_free(budget);
}

bool kx_budget_try(struct kx_budget *budget, int64_t bytes)
{
    if (!budget) return true;
    int64_t used = atomic_load(&budget->used);
    do {
        if (budget->limit && used + bytes > budget->limit) return false;
    } while (!atomic_compare_exchange_weak(&budget->used, &used, used + bytes));
    return true;
}

bool kx_budget_has(struct kx_budget *budget, int64_t bytes)
{
    return !budget || !budget->limit || atomic_load(&budget->used) + bytes <= budget->limit;
}

void kx_budget_take(struct kx_budget *budget, int64_t bytes)
{
    if (budget) atomic_fetch_add(&budget->used, bytes);
}

void kx_budget_give(struct kx_budget *budget, int64_t bytes)
{
    if (!budget) return;
    int64_t before = atomic_fetch_sub(&budget->used, bytes);
    g_assert(before >= bytes);
}

int64_t kx_budget_used(struct kx_budget *budget)
{
    return budget ? atomic_load(&budget->used) : 0;
}

int64_t kx_budget_limit(const struct kx_budget *budget)
{
    return budget ? budget->limit : 0;
}
