/* A clock that stands still until the test moves it, and chance that the test decides.
 * Threads: any may read; the test moves it. */
#pragma once
#include "base/clock.h"

struct fake_clock {
    struct kx_clock clock; /* hand this out */
    int64_t now, wall;     /* milliseconds; change them by fake_clock_pass when others read */
    uint32_t chance;       /* what random gives next */
    uint32_t step;         /* and how much more each time */
};

/** now 1,000,000; wall 1,700,000,000,000; chance 0, always. */
void fake_clock_init(struct fake_clock *fake);

void fake_clock_pass(struct fake_clock *fake, int64_t ms);
