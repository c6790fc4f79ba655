#include "base/clock.h"

#include <glib.h>

static int64_t system_now_ms(const struct kx_clock *clock)
{
    (void)clock;
    return g_get_monotonic_time() / 1000;
}

static int64_t system_wall_ms(const struct kx_clock *clock)
{
    (void)clock;
    return g_get_real_time() / 1000;
}

static uint32_t system_random(const struct kx_clock *clock)
{
    (void)clock;
    return g_random_int();
}

const struct kx_clock *kx_clock_system(void)
{
    static const struct kx_clock clock = {
        .now_ms = system_now_ms, .wall_ms = system_wall_ms, .random = system_random};
    return &clock;
}
