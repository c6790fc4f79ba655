#include "oozie/cron.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

#include "oozie/calendar.h"

#define DAYS_MAX (366 * 100) /* that are looked at for the next time */

enum { MINUTE, HOUR, DAY, MONTH, WEEKDAY, FIELDS };

static const struct {
    int low, high;
    const char *names; /* of three letters each, the first for `low` */
} FIELD[FIELDS] = {
    [MINUTE] = {0, 59, ""},
    [HOUR] = {0, 23, ""},
    [DAY] = {1, 31, ""},
    [MONTH] = {1, 12, "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"},
    [WEEKDAY] = {1, 7, "SUNMONTUEWEDTHUFRISAT"},
};

/* A number or a name at the beginning.  @return where it ends; NULL: neither. */
static const char *take_value(const char *text, int field, int *out)
{
    if (g_ascii_isdigit(*text)) {
        *out = 0;
        while (g_ascii_isdigit(*text) && *out <= FIELD[field].high)
            *out = *out * 10 + (*text++ - '0');
        return *out >= FIELD[field].low && *out <= FIELD[field].high ? text : NULL;
    }
    const char *names = FIELD[field].names;
    for (int i = 0; *names && strlen(text) >= 3 && names[3 * i]; i++) {
        if (g_ascii_strncasecmp(text, names + (ptrdiff_t)3 * i, 3) != 0) continue;
        *out = FIELD[field].low + i;
        return text + 3;
    }
    return NULL;
}

/* From one to the other, around the end when that is smaller. */
static void add_range(uint64_t *bits, int field, int from, int to, int step)
{
    int length = FIELD[field].high - FIELD[field].low + 1;
    if (to < from) to += length;
    for (int value = from; value <= to; value += step)
        *bits |= UINT64_C(1) << ((value - FIELD[field].low) % length + FIELD[field].low);
}

/* "*", "5", "5-9", any of them with "/2". */
static bool add_item(uint64_t *bits, int field, const char *text)
{
    int from = FIELD[field].low, to = FIELD[field].high, step = 1;
    bool all = *text == '*' || *text == '?' || *text == '/';
    const char *rest = all ? text + (*text != '/') : take_value(text, field, &from);
    if (!rest) return false;
    bool single = !all && *rest != '-';
    if (!all && *rest == '-') rest = take_value(rest + 1, field, &to);
    if (!rest) return false;
    if (*rest == '/') {
        guint64 number = 0;
        if (!g_ascii_string_to_unsigned(rest + 1, 10, 1, 60, &number, NULL)) return false;
        step = (int)number;
        rest = "";
    } else if (single) {
        to = from;
    }
    add_range(bits, field, from, to, step);
    return !*rest;
}

static bool add_list(uint64_t *bits, int field, const char *text)
{
    g_auto(GStrv) items = g_strsplit(text, ",", -1);
    for (char **item = items; *item; item++)
        if (!add_item(bits, field, *item)) return false;
    return items[0] != NULL;
}

/* L, LW, L-3, L-3W, 15W, or a list. */
static bool read_days(struct kx_cron *cron, const char *text)
{
    size_t length = strlen(text);
    g_autofree char *own = g_strdup(text);
    if (length && g_ascii_toupper(text[length - 1]) == 'W') {
        cron->workday = true;
        own[--length] = 0;
    }
    if (g_ascii_toupper(*own) != 'L') {
        bool number = *own && own[strspn(own, "0123456789")] == 0;
        return (number || !cron->workday) && add_list(&cron->days, DAY, own);
    }
    guint64 before = 0;
    cron->last = true;
    if (own[1] && (own[1] != '-' || !g_ascii_string_to_unsigned(own + 2, 10, 0, 30, &before, NULL)))
        return false;
    cron->before_last = (int)before;
    return true;
}

/* 6L, 6#3, L (Saturday), or a list. */
static bool read_weekdays(struct kx_cron *cron, const char *text)
{
    int day = FIELD[WEEKDAY].high;
    const char *rest = take_value(text, WEEKDAY, &day);
    if (g_ascii_strcasecmp(text, "L") == 0) {
        cron->weekdays = UINT64_C(1) << day;
        return true;
    }
    if (rest && g_ascii_toupper(*rest) == 'L' && !rest[1]) cron->last_such = true;
    if (rest && *rest == '#' && rest[1] >= '1' && rest[1] <= '5' && !rest[2])
        cron->which = rest[1] - '0';
    if (!cron->last_such && !cron->which) return add_list(&cron->weekdays, WEEKDAY, text);
    cron->weekdays = UINT64_C(1) << day;
    return true;
}

static bool is_any(const char *text)
{
    return strcmp(text, "*") == 0 || strcmp(text, "?") == 0;
}

int kx_cron_parse(const char *text, struct kx_cron *out, struct kx_error *err)
{
    g_auto(GStrv) words = g_strsplit_set(text, " \t", -1);
    const char *fields[FIELDS] = {0};
    size_t count = 0;
    for (char **word = words; *word; word++) {
        if (**word && count < FIELDS) fields[count] = *word;
        count += **word != 0;
    }
    *out = (struct kx_cron){0};
    bool known = count == FIELDS && add_list(&out->minutes, MINUTE, fields[MINUTE]) &&
                 add_list(&out->hours, HOUR, fields[HOUR]) && read_days(out, fields[DAY]) &&
                 add_list(&out->months, MONTH, fields[MONTH]) &&
                 read_weekdays(out, fields[WEEKDAY]);
    if (!known) return kx_error_set(err, EOPNOTSUPP, "%s: no frequency that is known here", text);
    out->any_day = is_any(fields[DAY]);
    out->any_weekday = is_any(fields[WEEKDAY]);
    return 0;
}

/* The weekday of the same month that is nearest to a day of it. */
static int nearest_workday(struct kx_date date, int length)
{
    int weekday = kx_weekday_of(kx_days_of(date));
    if (weekday == 6) return date.day > 1 ? date.day - 1 : date.day + 2;
    if (weekday == 0) return date.day < length ? date.day + 1 : date.day - 2;
    return date.day;
}

static bool fits_day(const struct kx_cron *cron, struct kx_date date)
{
    int length = kx_month_length(date.year, date.month);
    if (!cron->last && !cron->workday) return cron->days >> date.day & 1;
    int wanted = length - cron->before_last;
    for (int day = 1; !cron->last && day <= length; day++) /* one number, as read_days has seen */
        if (cron->days >> day & 1) wanted = day;
    bool there = wanted >= 1 && (cron->last || cron->days >> wanted & 1);
    if (there && cron->workday)
        wanted = nearest_workday((struct kx_date){date.year, date.month, wanted}, length);
    return there && wanted == date.day;
}

static bool fits_weekday(const struct kx_cron *cron, struct kx_date date, int64_t days)
{
    if (!(cron->weekdays >> (kx_weekday_of(days) + 1) & 1)) return false;
    if (cron->which) return (date.day - 1) / 7 + 1 == cron->which;
    return !cron->last_such || date.day + 7 > kx_month_length(date.year, date.month);
}

static bool fits(const struct kx_cron *cron, int64_t days)
{
    struct kx_date date = kx_date_of(days);
    if (!(cron->months >> date.month & 1)) return false;
    if (cron->any_day) return cron->any_weekday || fits_weekday(cron, date, days);
    if (cron->any_weekday) return fits_day(cron, date);
    return fits_day(cron, date) || fits_weekday(cron, date, days);
}

/* The first minute of the day from this one on; -1: none. */
static int first_minute(const struct kx_cron *cron, int from)
{
    for (int minute = from; minute < 24 * 60; minute++)
        if (cron->hours >> minute / 60 & 1 && cron->minutes >> minute % 60 & 1) return minute;
    return -1;
}

int64_t kx_cron_after(const struct kx_cron *cron, int64_t offset_ms, int64_t after_ms,
                      int64_t end_ms)
{
    int64_t minute = kx_floor_div(after_ms + offset_ms, KX_MINUTE_MS) + 1;
    int64_t day = kx_floor_div(minute, 24 * 60);
    int from = (int)(minute - day * 24 * 60);
    for (int looked = 0; looked < DAYS_MAX; looked++, day++, from = 0) {
        if (day * KX_DAY_MS - offset_ms > end_ms) return 0;
        int found = fits(cron, day) ? first_minute(cron, from) : -1;
        if (found < 0) continue;
        int64_t at_ms = day * KX_DAY_MS + found * KX_MINUTE_MS - offset_ms;
        return at_ms <= end_ms ? at_ms : 0;
    }
    return 0;
}
