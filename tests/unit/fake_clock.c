#include "fake_clock.h"

static int64_t now_ms(const struct kx_clock *clock)
{
    return __atomic_load_n(&((struct fake_clock *)clock->context)->now, __ATOMIC_RELAXED);
}

static int64_t wall_ms(const struct kx_clock *clock)
{
    return __atomic_load_n(&((struct fake_clock *)clock->context)->wall, __ATOMIC_RELAXED);
}

static uint32_t chance(const struct kx_clock *clock)
{
    struct fake_clock *fake = clock->context;
    return __atomic_fetch_add(&fake->chance, fake->step, __ATOMIC_RELAXED);
}

void fake_clock_init(struct fake_clock *fake)
{
    *fake = (struct fake_clock){
        .clock = {.now_ms = now_ms, .wall_ms = wall_ms, .random = chance, .context = fake},
        .now = 1000000,
        .wall = 1700000000000};
}

void fake_clock_pass(struct fake_clock *fake, int64_t ms)
{
    __atomic_fetch_add(&fake->now, ms, __ATOMIC_RELAXED);
    __atomic_fetch_add(&fake->wall, ms, __ATOMIC_RELAXED);
}
