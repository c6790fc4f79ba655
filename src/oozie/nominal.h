/* The times that a coordinator's next runs are for, which Oozie does not tell: it makes runs only
 * as far ahead as an hour and its throttle go, and its dry run shows the first hour.
 *
 * They are counted as Oozie 5.2.1 does (CoordMaterializeTransitionXCommand, java.util.Calendar): n
 * units after the start in the coordinator's timezone, the 31st being the last day of shorter
 * months, a day keeping its hour when clocks change; ends of days, weeks and months; and cron's
 * frequencies on Oozie's own clock, of which those a day or more apart follow the change of the
 * coordinator's clocks (but the first one of each lot that Oozie makes does not).
 *
 * Threads: pure functions; timezones are read from this machine's files. */
#pragma once
#include <glib.h>
#include <stdint.h>

#include "base/error.h"

enum kx_end_of { KX_END_OF_NONE, KX_END_OF_DAY, KX_END_OF_WEEK, KX_END_OF_MONTH };

/* As Oozie tells it of the job; texts borrowed, times in milliseconds since the epoch. */
struct kx_nominal {
    const char *frequency; /* "1", or "0 10 * * *" */
    const char *unit;      /* MINUTE, HOUR, DAY, WEEK, MONTH, YEAR, CRON */
    const char *zone;      /* "Europe/Berlin", "GMT+0530" */
    const char *own_zone;  /* Oozie's: "UTC" or "GMT+0530"; for cron only */
    int64_t start_ms, end_ms;
    int64_t next_ms;       /* the first that it has not made; 0: it has made none */
    enum kx_end_of end_of; /* as the frequency says; where next_ms is told, that tells it */
};

/** What "${coord:endOfDays(1)}" and the like mean. */
enum kx_end_of kx_nominal_end_of(const char *expression);

/** Append up to `most` times (int64_t), from next_ms on and before end_ms.
 *  @return 0; -EOPNOTSUPP: a timezone or frequency that is not known here; -ENODATA: not to be told
 * yet. */
int kx_nominal_times(const struct kx_nominal *of, guint most, GArray *out, struct kx_error *err);
