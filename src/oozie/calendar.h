/* Days and months by numbers, for the files of this folder: GDateTime ends at the year 9999 and
 * is an object each.
 * Threads: pure functions. */
#pragma once
#include <stdint.h>

#define KX_MINUTE_MS ((int64_t)60 * 1000)
#define KX_HOUR_MS   (60 * KX_MINUTE_MS)
#define KX_DAY_MS    (24 * KX_HOUR_MS)

struct kx_date {
    int64_t year;
    int month, day; /* from 1 */
};

/** Days since 1970-01-01 of a date of the Gregorian calendar. */
int64_t kx_days_of(struct kx_date date);
struct kx_date kx_date_of(int64_t days);
int kx_month_length(int64_t year, int month);
/** 0: Sunday. */
int kx_weekday_of(int64_t days);
/** Rounded down. */
int64_t kx_floor_div(int64_t value, int64_t by);
