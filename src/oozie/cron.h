/* Frequencies of coordinators that are written as for cron(8): "0 10 * * MON-FRI".
 *
 * Five fields: minute, hour, day of the month, month, day of the week (1: Sunday), as Quartz reads
 * them, which Oozie hands them to: lists, ranges, steps, names, "?", L, L-3, LW, 15W, 6L, 6#3.
 * Oozie (CoordCommandUtils of 5.2.1) takes a day that one of its two fields fits, when neither is
 * "*" nor
 * "?".
 *
 * Threads: pure functions. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct kx_cron {
    uint64_t minutes, hours, days, months, weekdays; /* bit n: n fits */
    bool any_day, any_weekday;                       /* that field is "*" or "?" */
    bool last;       /* day of the month: the last one, less `before_last` days */
    int before_last; /* of it */
    bool workday;    /* the weekday of the same month that is nearest to the day */
    bool last_such;  /* the last such weekday of the month */
    int which;       /* the 1st to 5th such weekday of the month; 0: each */
};

/** @return 0; -EOPNOTSUPP: it is not understood here. */
int kx_cron_parse(const char *text, struct kx_cron *out, struct kx_error *err);

/** The first time that fits after `after_ms`, up to `end_ms`; both since the epoch. @offset_ms of
 * the clock that the fields are for, east of UTC.  @return 0: there is none. */
int64_t kx_cron_after(const struct kx_cron *cron, int64_t offset_ms, int64_t after_ms,
                      int64_t end_ms);
