/* What a verb would do, told from what Oozie says of the job: nothing is sent. Oozie has no dry run
 * of these. Which states allow what: CoordRerunXCommand, CoordActionsIgnoreXCommand,
 * CoordActionsKillXCommand of 5.2.1. */
#include <errno.h>
#include <string.h>

#include "oozie/oozie_private.h"
#include "oozie/workflow.h"

#define SHOWN_MAX 10000 /* lines */

static const char *const ENDED[] = {"SUCCEEDED", "KILLED",  "FAILED", "TIMEDOUT",
                                    "SKIPPED",   "IGNORED", NULL};
static const char *const FAILED[] = {"FAILED", "KILLED", "TIMEDOUT", NULL};

/* May this be done with a run in this state?  @return NULL: yes; else why not. */
static const char *objection(const char *action, const char *status)
{
    bool ended = g_strv_contains(ENDED, status);
    if (strcmp(action, "coord-rerun") == 0) return ended ? NULL : "it has not ended";
    if (strcmp(action, "kill") == 0) return ended ? "it has ended" : NULL;
    return g_strv_contains(FAILED, status) ? NULL : "it has not failed";
}

/* "1-3,5" */
bool kx_oozie_has_number(const char *scope, int64_t number)
{
    g_auto(GStrv) parts = g_strsplit(scope, ",", -1);
    for (char **part = parts; *part; part++) {
        char *rest = NULL;
        gint64 from = g_ascii_strtoll(*part, &rest, 10);
        gint64 to = *rest == '-' ? g_ascii_strtoll(rest + 1, NULL, 10) : from;
        if (number >= from && number <= to) return true;
    }
    return false;
}

/* "FROM::TO", both included */
bool kx_oozie_has_time(const char *scope, int64_t at_ms)
{
    g_auto(GStrv) ends = g_strsplit(scope, "::", 2);
    return at_ms >= kx_oozie_iso_time(ends[0]) && at_ms <= kx_oozie_iso_time(ends[1]);
}

static void add_run(const struct kx_item *run, const char *verb, const char *against, GString *out)
{
    g_autofree char *number = kx_item_text(run, "actionNumber");
    g_autofree char *status = kx_item_text(run, "status");
    g_autofree char *nominal = kx_item_text(run, "nominalTime");
    g_autoptr(GDateTime) at = g_date_time_new_from_unix_utc(kx_oozie_time(nominal) / 1000);
    g_autofree char *stamp = at ? g_date_time_format(at, "%Y-%m-%dT%H:%MZ") : g_strdup("");
    g_string_append_printf(out, "%s\t%s\t%s\t%s%s%s\n", number ? number : "", stamp,
                           status ? status : "", against ? "not possible" : verb,
                           against ? ": " : "", against ? against : "");
}

/* How many numbers a scope names, at most. */
static gint64 count_numbers(const char *scope)
{
    g_auto(GStrv) parts = g_strsplit(scope, ",", -1);
    gint64 count = 0;
    for (char **part = parts; *part; part++) {
        char *rest = NULL;
        gint64 from = g_ascii_strtoll(*part, &rest, 10);
        gint64 to = *rest == '-' ? g_ascii_strtoll(rest + 1, NULL, 10) : from;
        if (to >= from) count += MIN(to - from + 1, SHOWN_MAX);
    }
    return count;
}

int kx_oozie_preview_runs(const struct kx_item *job, const struct kx_oozie_runs *runs, GString *out,
                          struct kx_error *err)
{
    bool dates = false;
    int result = kx_oozie_check_runs(runs->scope, &dates, err);
    const char *verb = strcmp(runs->action, "coord-rerun") == 0 ? "rerun" : runs->action;
    bool kills = strcmp(runs->action, "kill") == 0;
    const struct kx_item *all = kx_item_at(job, "actions");
    gint64 fit = 0, seen = 0;
    for (size_t i = 0; result == 0 && i < kx_item_count(all); i++) {
        const struct kx_item *run = kx_item_element(all, i);
        g_autofree char *status = kx_item_text(run, "status");
        g_autofree char *nominal = kx_item_text(run, "nominalTime");
        bool meant = dates
                         ? kx_oozie_has_time(runs->scope, kx_oozie_time(nominal))
                         : kx_oozie_has_number(runs->scope, kx_item_number(run, "actionNumber", 0));
        if (!meant || !status) continue;
        const char *against = objection(runs->action, status);
        add_run(run, verb, against, out);
        seen++;
        fit += against == NULL;
    }
    if (result < 0) return result;
    gint64 asked = dates ? seen : count_numbers(runs->scope);
    if (seen < asked)
        g_string_append_printf(out,
                               "%" G_GINT64_FORMAT " more: not made yet, or not among the first "
                               "1000\n",
                               asked - seen);
    /* Oozie refuses all when one of them does not fit, but kills what can be killed; of numbers
     * that are not there it says nothing as long as others are. */
    bool refused = fit == 0 || (!kills && fit < seen);
    return refused ? kx_error_set(err, EBUSY,
                                  "Oozie would refuse it: of %s %" G_GINT64_FORMAT " can be done",
                                  runs->scope, fit)
                   : 0;
}

/* How many runs there are up to an end; -1: not to be told by counting. */
static gint64 count_runs(const struct kx_item *job, int64_t end_ms)
{
    static const struct {
        const char *unit;
        gint64 minutes;
    } UNITS[] = {{"MINUTE", 1}, {"HOUR", 60}, {"DAY", 24 * 60}};
    g_autofree char *unit = kx_item_text(job, "timeUnit");
    g_autofree char *zone = kx_item_text(job, "timeZone");
    g_autofree char *often = kx_item_text(job, "frequency"),
                    *start = kx_item_text(job, "startTime");
    guint64 number = 0;
    if (!often || !g_ascii_string_to_unsigned(often, 10, 1, G_MAXINT32, &number, NULL)) return -1;
    for (size_t i = 0; unit && i < G_N_ELEMENTS(UNITS); i++) {
        if (strcmp(unit, UNITS[i].unit) != 0) continue;
        if (UNITS[i].minutes > 60 && g_strcmp0(zone, "UTC") != 0) return -1; /* days of 23 hours */
        gint64 step = (gint64)number * UNITS[i].minutes * 60 * 1000;
        gint64 span = end_ms - kx_oozie_time(start);
        return span <= 0 ? 0 : (span + step - 1) / step;
    }
    return -1;
}

static void add_change(const char *name, const char *now, const char *then, GString *out)
{
    g_string_append_printf(out, "%s\t%s\t%s\n", name, now, then);
}

static void add_end(const struct kx_item *job, int64_t now_ms, int64_t then_ms, GString *out)
{
    gint64 now = count_runs(job, now_ms), then = count_runs(job, then_ms);
    g_autofree char *before = g_strdup_printf("%" G_GINT64_FORMAT, now);
    g_autofree char *after = g_strdup_printf("%" G_GINT64_FORMAT, then);
    if (now >= 0 && then >= 0) add_change("runs", before, after, out);
}

static char *stamp_of(int64_t ms)
{
    g_autoptr(GDateTime) at = ms ? g_date_time_new_from_unix_utc(ms / 1000) : NULL;
    return at ? g_date_time_format(at, "%Y-%m-%dT%H:%MZ") : g_strdup("-");
}

/* One NAME=VALUE. */
static int preview_pair(const struct kx_item *job, const char *name, const char *value,
                        GString *out, struct kx_error *err)
{
    bool end = strcmp(name, "endtime") == 0, pause = strcmp(name, "pausetime") == 0;
    guint64 number = 0;
    if (strcmp(name, "concurrency") == 0) {
        if (!g_ascii_string_to_unsigned(value, 10, 0, G_MAXINT32, &number, NULL))
            return kx_error_set(err, EINVAL, "concurrency=%s: a number is expected", value);
        g_autofree char *now = kx_item_text(job, name);
        add_change(name, now ? now : "-", value, out);
        return 0;
    }
    if (strcmp(name, "status") == 0) {
        g_autofree char *now = kx_item_text(job, name);
        add_change(name, now ? now : "-", value, out);
        return 0;
    }
    if (!end && !pause)
        return kx_error_set(err, EINVAL,
                            "%s: endtime, pausetime, concurrency or status is expected", name);
    int64_t then_ms = kx_oozie_iso_time(value);
    if (!then_ms && !(pause && !*value)) /* no pause any more */
        return kx_error_set(err, EINVAL, "%s=%s: a time as 2026-03-07T00:00Z is expected", name,
                            value);
    g_autofree char *member = kx_item_text(job, end ? "endTime" : "pauseTime");
    g_autofree char *now = stamp_of(kx_oozie_time(member)), *then = stamp_of(then_ms);
    add_change(name, now, then, out);
    if (end) add_end(job, kx_oozie_time(member), then_ms, out);
    return 0;
}

int kx_oozie_preview_change(const struct kx_item *job, const char *changes, GString *out,
                            struct kx_error *err)
{
    g_auto(GStrv) parts = g_strsplit(changes, ";", -1);
    int result = 0;
    for (char **part = parts; result == 0 && *part; part++) {
        g_auto(GStrv) pair = g_strsplit(*part, "=", 2);
        result = pair[0] && pair[1]
                     ? preview_pair(job, pair[0], pair[1], out, err)
                     : kx_error_set(err, EINVAL, "%s: NAME=VALUE is expected", *part);
    }
    return result;
}

/* Will a node be skipped?  @skip names with commas; NULL: those that went well. */
static bool is_skipped(const struct kx_step *step, const char *state, const char *skip)
{
    if (step->kind != KX_STEP_ACTION) return false;
    if (!skip) return g_strcmp0(state, "OK") == 0;
    g_auto(GStrv) names = g_strsplit(skip, ",", -1);
    return g_strv_contains((const char *const *)names, step->name);
}

static int check_skipped(const struct kx_workflow *workflow, const struct kx_progress *progress,
                         const char *skip, struct kx_error *err)
{
    g_auto(GStrv) names = g_strsplit(skip, ",", -1);
    for (char **name = names; *name; name++) {
        int place = **name ? kx_workflow_find(workflow, *name) : -1;
        const char *state = g_hash_table_lookup(progress->states, *name);
        if (**name && (place < 0 || g_strcmp0(state, "OK") != 0))
            return kx_error_set(err, EINVAL, "%s cannot be skipped: it has not gone well", *name);
    }
    return 0;
}

int kx_oozie_preview_rerun(const struct kx_workflow *workflow, const struct kx_progress *progress,
                           const char *skip, GString *out, struct kx_error *err)
{
    g_autofree int *layers = kx_workflow_layers(workflow);
    int last = -1;
    for (guint i = 0; i < workflow->steps->len; i++)
        last = MAX(last, layers[i]);
    for (int layer = 0; layer <= last; layer++)
        for (guint i = 0; i < workflow->steps->len; i++) {
            const struct kx_step *step = kx_workflow_step(workflow, (int)i);
            if (layers[i] != layer || step->kind != KX_STEP_ACTION) continue;
            const char *state = g_hash_table_lookup(progress->states, step->name);
            g_string_append_printf(out, "%s\t%s\t%s\t%s\n", step->name, step->type,
                                   state ? state : "-",
                                   is_skipped(step, state, skip) ? "skipped"
                                   : state                       ? "again"
                                                                 : "when it is come to");
        }
    return skip ? check_skipped(workflow, progress, skip, err) : 0;
}
