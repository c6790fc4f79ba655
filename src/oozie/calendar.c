#include "oozie/calendar.h"

int64_t kx_floor_div(int64_t value, int64_t by)
{
    int64_t whole = value / by;
    return value % by < 0 ? whole - 1 : whole;
}

/* Years are counted from March on, so that a leap day is the last of one. */
#define ERA_YEARS 400
#define ERA_DAYS  146097
#define EPOCH     719468 /* 1970-01-01 since 0000-03-01 */

int64_t kx_days_of(struct kx_date date)
{
    int64_t year = date.year - (date.month <= 2);
    int64_t era = kx_floor_div(year, ERA_YEARS);
    int64_t of_era = year - era * ERA_YEARS;
    int64_t of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
    return era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH;
}

struct kx_date kx_date_of(int64_t days)
{
    days += EPOCH;
    int64_t era = kx_floor_div(days, ERA_DAYS);
    int64_t of_era = days - era * ERA_DAYS;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int month = (int)((5 * of_year + 2) / 153);
    struct kx_date date = {.day = (int)(of_year - (153 * month + 2) / 5 + 1),
                           .month = month < 10 ? month + 3 : month - 9};
    date.year = year + era * ERA_YEARS + (date.month <= 2);
    return date;
}

int kx_month_length(int64_t year, int month)
{
    struct kx_date next = {
        .year = month == 12 ? year + 1 : year, .month = month == 12 ? 1 : month + 1, .day = 1};
    return (int)(kx_days_of(next) - kx_days_of((struct kx_date){year, month, 1}));
}

int kx_weekday_of(int64_t days)
{
    return (int)(days + 4 - kx_floor_div(days + 4, 7) * 7);
}
