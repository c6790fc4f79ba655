#include "oozie/nominal.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "oozie/calendar.h"
#include "oozie/cron.h"

#define STEPS_MAX 100000 /* from the estimate to the time that is looked for */
#define DAYS_7    7

enum unit { MINUTE, HOUR, DAY, WEEK, MONTH, YEAR, UNITS };

static const struct {
    const char *name;
    int64_t longest_ms;
    int count; /* of minutes, hours, days or months */
} UNIT[UNITS] = {
    [MINUTE] = {"MINUTE", KX_MINUTE_MS, 1}, [HOUR] = {"HOUR", KX_HOUR_MS, 1},
    [DAY] = {"DAY", KX_DAY_MS, 1},          [WEEK] = {"WEEK", DAYS_7 *KX_DAY_MS, DAYS_7},
    [MONTH] = {"MONTH", 31 * KX_DAY_MS, 1}, [YEAR] = {"YEAR", 366 * KX_DAY_MS, 12},
};

/* "GMT-0800" and "GMT-08:00" are Java's for "-08:00". */
static GTimeZone *zone_of(const char *name, struct kx_error *err)
{
    bool offset = g_str_has_prefix(name, "GMT") && strlen(name) > strlen("GMT");
    GTimeZone *zone = g_time_zone_new_identifier(offset ? name + strlen("GMT") : name);
    if (!zone)
        kx_error_set(err, EOPNOTSUPP, "%s: a timezone that this machine does not know", name);
    return zone;
}

static gint interval_at(GTimeZone *zone, int64_t ms)
{
    return g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, kx_floor_div(ms, 1000));
}

/* East of UTC, in milliseconds. */
static int64_t offset_at(GTimeZone *zone, int64_t ms)
{
    return (int64_t)g_time_zone_get_offset(zone, interval_at(zone, ms)) * 1000;
}

/* A time on the clock there. Where the clock shows it twice the later one is meant; where it is
 * passed over, as much later. */
static int64_t at_clock(GTimeZone *zone, int64_t clock_ms)
{
    int64_t before = offset_at(zone, clock_ms - KX_DAY_MS);
    int64_t after = offset_at(zone, clock_ms + KX_DAY_MS);
    bool late = offset_at(zone, clock_ms - after) == after;
    return late ? clock_ms - after : clock_ms - before;
}

static int64_t plus_days(GTimeZone *zone, int64_t ms, int64_t days)
{
    int64_t before = offset_at(zone, ms), then = ms + days * KX_DAY_MS;
    int64_t change = before - offset_at(zone, then);
    if (!change) return then;
    int64_t wanted = kx_floor_div(ms + before, KX_DAY_MS) + days;
    int64_t moved = then + change;
    bool same_day = kx_floor_div(moved + offset_at(zone, moved), KX_DAY_MS) == wanted;
    return same_day ? moved : then;
}

static int64_t plus_months(GTimeZone *zone, int64_t ms, int64_t months)
{
    int64_t clock = ms + offset_at(zone, ms);
    int64_t day = kx_floor_div(clock, KX_DAY_MS);
    struct kx_date date = kx_date_of(day);
    int64_t month = date.year * 12 + date.month - 1 + months;
    date.year = kx_floor_div(month, 12);
    date.month = (int)(month - date.year * 12) + 1;
    date.day = MIN(date.day, kx_month_length(date.year, date.month));
    return at_clock(zone, kx_days_of(date) * KX_DAY_MS + clock - day * KX_DAY_MS);
}

static int64_t plus(GTimeZone *zone, int64_t ms, enum unit unit, int64_t number)
{
    if (unit <= HOUR) return ms + number * UNIT[unit].longest_ms;
    return unit <= WEEK ? plus_days(zone, ms, number * UNIT[unit].count)
                        : plus_months(zone, ms, number * UNIT[unit].count);
}

/* The midnight at which a day, week or month ends. @first_day of a week, 0: Sunday. */
static int64_t move_to_end(GTimeZone *zone, int64_t ms, enum kx_end_of end_of, int first_day)
{
    if (end_of == KX_END_OF_NONE) return ms;
    if (end_of == KX_END_OF_MONTH) {
        int64_t then = plus_months(zone, ms, 1);
        struct kx_date date = kx_date_of(kx_floor_div(then + offset_at(zone, then), KX_DAY_MS));
        date.day = 1;
        return at_clock(zone, kx_days_of(date) * KX_DAY_MS);
    }
    int64_t then = plus_days(zone, ms, end_of == KX_END_OF_DAY ? 1 : DAYS_7);
    int64_t day = kx_floor_div(then + offset_at(zone, then), KX_DAY_MS);
    if (end_of == KX_END_OF_WEEK) day -= (kx_weekday_of(day) - first_day + DAYS_7) % DAYS_7;
    return at_clock(zone, day * KX_DAY_MS);
}

struct series {
    GTimeZone *zone;
    enum unit unit;
    int64_t first_ms, step; /* units */
};

static int64_t series_at(const struct series *series, int64_t number)
{
    return plus(series->zone, series->first_ms, series->unit, number * series->step);
}

/* The first member of a series that is not before a time. */
static int64_t series_from(const struct series *series, int64_t ms)
{
    int64_t longest = UNIT[series->unit].longest_ms * series->step;
    int64_t number = MAX(0, (ms - series->first_ms) / longest - 1);
    for (int i = 0; i < STEPS_MAX && series_at(series, number) < ms; i++)
        number++;
    return number;
}

/* Which of the series that a frequency may mean has the time that Oozie names. */
static int find_series(const struct kx_nominal *of, struct series *series, struct kx_error *err)
{
    static const struct {
        enum kx_end_of end_of;
        int first_day;
    } MAYBE[] = {{KX_END_OF_NONE, 0},
                 {KX_END_OF_DAY, 0},
                 {KX_END_OF_MONTH, 0},
                 {KX_END_OF_WEEK, 0},
                 {KX_END_OF_WEEK, 1}};
    if (!of->next_ms && of->end_of == KX_END_OF_WEEK)
        return kx_error_set(err, ENODATA,
                            "which day begins a week there is known when Oozie has made a run");
    if (!of->next_ms) {
        series->first_ms = move_to_end(series->zone, of->start_ms, of->end_of, 0);
        return 0;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(MAYBE); i++) {
        series->first_ms =
            move_to_end(series->zone, of->start_ms, MAYBE[i].end_of, MAYBE[i].first_day);
        if (series_at(series, series_from(series, of->next_ms)) == of->next_ms) return 0;
    }
    return kx_error_set(err, ENODATA, "Oozie counts the times of this coordinator otherwise");
}

static int add_series(const struct kx_nominal *of, GTimeZone *zone, int64_t step, guint most,
                      GArray *out, struct kx_error *err)
{
    struct series series = {.zone = zone, .unit = UNITS, .step = step};
    for (enum unit unit = MINUTE; unit < UNITS; unit++)
        if (strcmp(of->unit, UNIT[unit].name) == 0) series.unit = unit;
    if (series.unit == UNITS)
        return kx_error_set(err, EOPNOTSUPP, "%s: no unit that is known here", of->unit);
    int result = find_series(of, &series, err);
    if (result < 0) return result;
    int64_t number = series_from(&series, of->next_ms ? of->next_ms : series.first_ms);
    for (guint i = 0; i < most; i++) {
        int64_t at_ms = series_at(&series, number++);
        if (at_ms >= of->end_ms) break;
        g_array_append_val(out, at_ms);
    }
    return 0;
}

/* What clocks that have changed since the start are behind now. */
static int64_t change_since(GTimeZone *zone, int64_t start_ms, int64_t then_ms)
{
    gint before = interval_at(zone, start_ms), after = interval_at(zone, then_ms);
    if (g_time_zone_is_dst(zone, before) == g_time_zone_is_dst(zone, after)) return 0;
    return offset_at(zone, start_ms) - offset_at(zone, then_ms);
}

static int add_cron(const struct kx_nominal *of, GTimeZone *zone, guint most, GArray *out,
                    struct kx_error *err)
{
    struct kx_cron cron;
    g_autoptr(GTimeZone) own = zone_of(of->own_zone ? of->own_zone : "UTC", err);
    int result = own ? kx_cron_parse(of->frequency, &cron, err) : -EOPNOTSUPP;
    if (result < 0) return result;
    int64_t before = (of->next_ms ? of->next_ms : of->start_ms) - KX_MINUTE_MS;
    int64_t offset = offset_at(own, before); /* such zones do not change it */
    for (guint i = 0; i < most; i++) {
        int64_t at_ms = kx_cron_after(&cron, offset, before, of->end_ms - 1);
        if (!at_ms) break;
        int64_t change = at_ms - before >= KX_DAY_MS ? change_since(zone, of->start_ms, at_ms) : 0;
        before = at_ms;
        at_ms += change;
        g_array_append_val(out, at_ms);
    }
    return 0;
}

enum kx_end_of kx_nominal_end_of(const char *expression)
{
    if (strstr(expression, "coord:endOfDays")) return KX_END_OF_DAY;
    if (strstr(expression, "coord:endOfWeeks")) return KX_END_OF_WEEK;
    return strstr(expression, "coord:endOfMonths") ? KX_END_OF_MONTH : KX_END_OF_NONE;
}

int kx_nominal_times(const struct kx_nominal *of, guint most, GArray *out, struct kx_error *err)
{
    guint64 step = 0;
    g_autoptr(GTimeZone) zone = zone_of(of->zone, err);
    if (!zone) return -EOPNOTSUPP;
    return g_ascii_string_to_unsigned(of->frequency, 10, 1, G_MAXINT32, &step, NULL)
               ? add_series(of, zone, (int64_t)step, most, out, err)
               : add_cron(of, zone, most, out, err);
}
