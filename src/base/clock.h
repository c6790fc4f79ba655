/* Time, sleep and chance, handed in so that tests decide them.
 *
 * Threads: a clock may be shared by all threads. */
#pragma once
#include <stdint.h>

struct kx_clock {
    int64_t (*now_ms)(const struct kx_clock *clock);  /* monotonic, milliseconds */
    int64_t (*wall_ms)(const struct kx_clock *clock); /* since the epoch, milliseconds */
    uint32_t (*random)(const struct kx_clock *clock); /* any 32 bits; not for secrets */
    void *context;                                    /* the implementation's own */
};

/** The machine's clock.  Never freed. */
const struct kx_clock *kx_clock_system(void);
