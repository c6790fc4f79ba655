/* The times of a coordinator's next runs. What the real server makes is compared with them in
 * tests/system/test_oozie_next.py. */
#include <errno.h>
#include <string.h>

#include "oozie/calendar.h"
#include "oozie/cron.h"
#include "oozie/nominal.h"
#include "oozie/oozie.h"
#include "support.h"

static int64_t ms_of(const char *text)
{
    if (!*text) return 0;
    g_autofree char *whole = g_strdup_printf("%s:00Z", text);
    g_autoptr(GDateTime) at = g_date_time_new_from_iso8601(whole, NULL);
    assert_non_null(at);
    return g_date_time_to_unix(at) * 1000;
}

/* "2026-03-01T00:00 2026-03-02T00:00" */
static char *texts_of(const GArray *times)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < times->len; i++) {
        g_autoptr(GDateTime) at =
            g_date_time_new_from_unix_utc(g_array_index(times, int64_t, i) / 1000);
        g_autofree char *text = g_date_time_format(at, "%Y-%m-%dT%H:%M");
        g_string_append_printf(out, "%s%s", i ? " " : "", text);
    }
    return g_string_free(out, FALSE);
}

static const char FAR[] = "2100-01-01T00:00";

static const struct {
    const char *frequency, *unit, *zone, *start, *end, *next;
    enum kx_end_of end_of;
    const char *expected; /* up to four */
} CASES[] = {
    {"90", "MINUTE", "UTC", "2026-03-01T00:00", "2026-03-01T04:30", "", KX_END_OF_NONE,
     "2026-03-01T00:00 2026-03-01T01:30 2026-03-01T03:00"},
    {"12", "HOUR", "Europe/Berlin", "2026-03-28T12:00", FAR, "2026-03-29T00:00", KX_END_OF_NONE,
     "2026-03-29T00:00 2026-03-29T12:00 2026-03-30T00:00 2026-03-30T12:00"},
    {"1", "DAY", "Europe/Berlin", "2026-03-27T23:00", FAR, "", KX_END_OF_NONE,
     "2026-03-27T23:00 2026-03-28T23:00 2026-03-29T22:00 2026-03-30T22:00"},
    {"1", "DAY", "Europe/Berlin", "2026-10-23T22:00", FAR, "2026-10-24T22:00", KX_END_OF_NONE,
     "2026-10-24T22:00 2026-10-25T23:00 2026-10-26T23:00 2026-10-27T23:00"},
    {"1", "DAY", "GMT+0530", "2026-03-27T23:00", "2026-03-28T23:00", "", KX_END_OF_NONE,
     "2026-03-27T23:00"},
    {"2", "WEEK", "America/Los_Angeles", "2026-03-01T08:00", FAR, "2026-03-15T07:00",
     KX_END_OF_NONE, "2026-03-15T07:00 2026-03-29T07:00 2026-04-12T07:00 2026-04-26T07:00"},
    {"1", "MONTH", "UTC", "2026-01-31T00:00", FAR, "", KX_END_OF_NONE,
     "2026-01-31T00:00 2026-02-28T00:00 2026-03-31T00:00 2026-04-30T00:00"},
    {"1", "MONTH", "UTC", "2023-12-31T00:00", FAR, "2024-02-29T00:00", KX_END_OF_NONE,
     "2024-02-29T00:00 2024-03-31T00:00 2024-04-30T00:00 2024-05-31T00:00"},
    {"4", "YEAR", "UTC", "2096-02-29T00:00", "2110-01-01T00:00", "", KX_END_OF_NONE,
     "2096-02-29T00:00 2100-02-28T00:00 2104-02-29T00:00 2108-02-29T00:00"},
    {"1", "DAY", "Europe/Berlin", "2026-03-27T08:00", FAR, "", KX_END_OF_DAY,
     "2026-03-27T23:00 2026-03-28T23:00 2026-03-29T22:00 2026-03-30T22:00"},
    {"1", "DAY", "UTC", "2026-03-27T08:00", FAR, "2026-03-30T00:00", KX_END_OF_NONE,
     "2026-03-30T00:00 2026-03-31T00:00 2026-04-01T00:00 2026-04-02T00:00"},
    {"1", "MONTH", "UTC", "2026-01-31T08:00", FAR, "", KX_END_OF_MONTH,
     "2026-02-01T00:00 2026-03-01T00:00 2026-04-01T00:00 2026-05-01T00:00"},
    {"1", "WEEK", "UTC", "2026-03-25T08:00", FAR, "2026-03-29T00:00", KX_END_OF_WEEK,
     "2026-03-29T00:00 2026-04-05T00:00 2026-04-12T00:00 2026-04-19T00:00"},
    {"1", "WEEK", "UTC", "2026-03-25T08:00", FAR, "2026-04-06T00:00", KX_END_OF_WEEK,
     "2026-04-06T00:00 2026-04-13T00:00 2026-04-20T00:00 2026-04-27T00:00"},
    {"1", "DAY", "UTC", "1999-01-01T00:00", FAR, "2026-03-01T00:00", KX_END_OF_NONE,
     "2026-03-01T00:00 2026-03-02T00:00 2026-03-03T00:00 2026-03-04T00:00"},
    {"1", "MONTH", "UTC", "1970-01-31T00:00", FAR, "2026-02-28T00:00", KX_END_OF_NONE,
     "2026-02-28T00:00 2026-03-31T00:00 2026-04-30T00:00 2026-05-31T00:00"},
    {"0 10 * * *", "CRON", "UTC", "2026-03-01T10:00", FAR, "", KX_END_OF_NONE,
     "2026-03-01T10:00 2026-03-02T10:00 2026-03-03T10:00 2026-03-04T10:00"},
    {"0 10 * * *", "CRON", "UTC", "2026-03-01T10:01", "2026-03-03T10:00", "", KX_END_OF_NONE,
     "2026-03-02T10:00"},
    {"0 10 * * MON-FRI", "CRON", "Europe/Berlin", "2026-03-26T00:00", FAR, "", KX_END_OF_NONE,
     "2026-03-26T10:00 2026-03-27T10:00 2026-03-30T09:00 2026-03-31T09:00"},
};

static void the_next_times(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autoptr(GArray) times = g_array_new(FALSE, FALSE, sizeof(int64_t));
        const struct kx_nominal of = {.frequency = CASES[i].frequency,
                                      .unit = CASES[i].unit,
                                      .zone = CASES[i].zone,
                                      .start_ms = ms_of(CASES[i].start),
                                      .end_ms = ms_of(CASES[i].end),
                                      .next_ms = ms_of(CASES[i].next),
                                      .end_of = CASES[i].end_of};
        int result = kx_nominal_times(&of, 4, times, NULL);
        g_autofree char *said = texts_of(times);
        if (result != 0 || strcmp(said, CASES[i].expected) != 0)
            fail_msg("%s %s from %s: %d %s", of.frequency, of.unit, CASES[i].start, result, said);
    }
}

static void what_is_not_known_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *frequency, *unit, *zone, *next;
        enum kx_end_of end_of;
        int result;
    } BAD[] = {
        {"1", "DAY", "Europe/Nowhere", "", KX_END_OF_NONE, -EOPNOTSUPP},
        {"1", "MOON", "UTC", "", KX_END_OF_NONE, -EOPNOTSUPP},
        {"0", "DAY", "UTC", "", KX_END_OF_NONE, -EOPNOTSUPP},
        {"0 10 * *", "CRON", "UTC", "", KX_END_OF_NONE, -EOPNOTSUPP},
        {"", "CRON", "UTC", "", KX_END_OF_NONE, -EOPNOTSUPP},
        {"1", "WEEK", "UTC", "", KX_END_OF_WEEK, -ENODATA},
        {"1", "DAY", "UTC", "2026-03-05T07:30", KX_END_OF_NONE, -ENODATA},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++) {
        KX_ERROR_AUTO(err);
        g_autoptr(GArray) times = g_array_new(FALSE, FALSE, sizeof(int64_t));
        const struct kx_nominal of = {.frequency = BAD[i].frequency,
                                      .unit = BAD[i].unit,
                                      .zone = BAD[i].zone,
                                      .start_ms = ms_of("2026-03-01T00:00"),
                                      .end_ms = ms_of(FAR),
                                      .next_ms = ms_of(BAD[i].next),
                                      .end_of = BAD[i].end_of};
        assert_int_equal(kx_nominal_times(&of, 4, times, &err), BAD[i].result);
        assert_int_equal(err.code, -BAD[i].result);
        assert_int_equal(times->len, 0);
    }
}

static void frequencies_of_cron(void **state)
{
    (void)state;
    static const struct {
        const char *text, *after, *expected; /* the next three */
    } FIT[] = {
        {"*/20 * * * *", "2026-03-01T23:30", "2026-03-01T23:40 2026-03-02T00:00 2026-03-02T00:20"},
        {"5/30 22-1 ? * *", "2026-03-01T01:35",
         "2026-03-01T22:05 2026-03-01T22:35 2026-03-01T23:05"},
        {"0 0 1,15 * ?", "2026-03-01T00:00", "2026-03-15T00:00 2026-04-01T00:00 2026-04-15T00:00"},
        {"0 0 L * ?", "2026-01-31T00:00", "2026-02-28T00:00 2026-03-31T00:00 2026-04-30T00:00"},
        {"0 0 L-2 * ?", "2026-01-31T00:00", "2026-02-26T00:00 2026-03-29T00:00 2026-04-28T00:00"},
        {"0 0 LW * ?", "2026-02-01T00:00", "2026-02-27T00:00 2026-03-31T00:00 2026-04-30T00:00"},
        {"0 0 15W * ?", "2026-02-01T00:00", "2026-02-16T00:00 2026-03-16T00:00 2026-04-15T00:00"},
        {"0 0 1W * ?", "2026-07-15T00:00", "2026-08-03T00:00 2026-09-01T00:00 2026-10-01T00:00"},
        {"0 0 31W * ?", "2026-02-01T00:00", "2026-03-31T00:00 2026-05-29T00:00 2026-07-31T00:00"},
        {"0 0 ? * 6#3", "2026-03-01T00:00", "2026-03-20T00:00 2026-04-17T00:00 2026-05-15T00:00"},
        {"0 0 ? * FRI#5", "2026-03-01T00:00", "2026-05-29T00:00 2026-07-31T00:00 2026-10-30T00:00"},
        {"0 0 ? * 6L", "2026-03-01T00:00", "2026-03-27T00:00 2026-04-24T00:00 2026-05-29T00:00"},
        {"0 0 ? * L", "2026-03-01T00:00", "2026-03-07T00:00 2026-03-14T00:00 2026-03-21T00:00"},
        {"0 0 ? * FRI-MON", "2026-03-03T00:00",
         "2026-03-06T00:00 2026-03-07T00:00 2026-03-08T00:00"},
        {"0 0 13 * FRI", "2026-03-06T00:00", "2026-03-13T00:00 2026-03-20T00:00 2026-03-27T00:00"},
        {"0 0 10 * MON", "2026-03-02T00:00", "2026-03-09T00:00 2026-03-10T00:00 2026-03-16T00:00"},
        {"0 0 * * MON", "2026-03-02T00:00", "2026-03-09T00:00 2026-03-16T00:00 2026-03-23T00:00"},
        {"0 0 29 feb ?", "2026-03-01T00:00", "2028-02-29T00:00 2032-02-29T00:00 2036-02-29T00:00"},
        {"0 0 30 2 ?", "2026-03-01T00:00", ""},
        {"59 23 31 12 ?", "2026-12-31T23:59", "2027-12-31T23:59 2028-12-31T23:59 2029-12-31T23:59"},
        {"0 0 1 JAN-MAR,12 ?", "2026-03-01T00:00",
         "2026-12-01T00:00 2027-01-01T00:00 2027-02-01T00:00"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(FIT); i++) {
        struct kx_cron cron;
        assert_int_equal(kx_cron_parse(FIT[i].text, &cron, NULL), 0);
        g_autoptr(GArray) times = g_array_new(FALSE, FALSE, sizeof(int64_t));
        int64_t at_ms = ms_of(FIT[i].after);
        while (times->len < 3 && (at_ms = kx_cron_after(&cron, 0, at_ms, ms_of(FAR))))
            g_array_append_val(times, at_ms);
        g_autofree char *said = texts_of(times);
        if (strcmp(said, FIT[i].expected) != 0) fail_msg("%s: %s", FIT[i].text, said);
    }
}

static void another_clock(void **state)
{
    (void)state;
    struct kx_cron cron;
    assert_int_equal(kx_cron_parse("30 0 * * ?", &cron, NULL), 0);
    int64_t east = 5 * KX_HOUR_MS + 30 * KX_MINUTE_MS, from = ms_of("2026-03-01T00:00");
    assert_int_equal(kx_cron_after(&cron, east, from, ms_of(FAR)), ms_of("2026-03-01T19:00"));
    assert_int_equal(kx_cron_after(&cron, east, from, ms_of("2026-03-01T18:59")), 0);
}

static void what_is_no_cron(void **state)
{
    (void)state;
    static const char *const BAD[] = {"",
                                      "1",
                                      "* * * *",
                                      "* * * * * *",
                                      "60 * * * *",
                                      "* 24 * * *",
                                      "* * 0 * ?",
                                      "* * 32 * ?",
                                      "* * * 13 *",
                                      "* * ? * 8",
                                      "* * ? * 6#6",
                                      "* * ? * MOND",
                                      "*/0 * * * *",
                                      "1- * * * *",
                                      "1,, * * * *",
                                      "x * * * *",
                                      "* * W * ?",
                                      "* * L-x * ?",
                                      "* * 1-3W * ?",
                                      "* * LL * ?"};
    for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++) {
        struct kx_cron cron;
        KX_ERROR_AUTO(err);
        if (kx_cron_parse(BAD[i], &cron, &err) != -EOPNOTSUPP) fail_msg("%s", BAD[i]);
    }
}

static void days_are_dates(void **state)
{
    (void)state;
    int64_t days = -800000;
    struct kx_date before = kx_date_of(days);
    for (days++; days < 800000; days++) {
        struct kx_date date = kx_date_of(days);
        assert_int_equal(kx_days_of(date), days);
        bool next = date.day == before.day + 1 && date.month == before.month;
        bool first = date.day == 1 && before.day == kx_month_length(before.year, before.month);
        assert_true(next || first);
        before = date;
    }
    assert_int_equal(kx_days_of((struct kx_date){2026, 3, 1}), 20513);
    assert_int_equal(kx_weekday_of(20513), 0);
    assert_int_equal(kx_weekday_of(-1), 3);
}

static void ends_are_told_by_the_expression(void **state)
{
    (void)state;
    assert_int_equal(kx_nominal_end_of("${coord:endOfDays(1)}"), KX_END_OF_DAY);
    assert_int_equal(kx_nominal_end_of("${ coord:endOfWeeks(1)}"), KX_END_OF_WEEK);
    assert_int_equal(kx_nominal_end_of("${coord:endOfMonths(2)}"), KX_END_OF_MONTH);
    assert_int_equal(kx_nominal_end_of("${coord:days(1)}"), KX_END_OF_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_times),
        cmocka_unit_test(what_is_not_known_is_said),
        cmocka_unit_test(frequencies_of_cron),
        cmocka_unit_test(another_clock),
        cmocka_unit_test(what_is_no_cron),
        cmocka_unit_test(days_are_dates),
        cmocka_unit_test(ends_are_told_by_the_expression),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
