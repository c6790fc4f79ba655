/* Has Oozie done what it was told about alerts? Its records have it (`/v2/sla`): "Enabled" or
 * "Disabled" a run, and the times that are expected of it.
 *
 * Oozie 5.2.1 takes values that mean nothing to it (a negative one) with 200, and leaves out runs
 * that have ended, of which the records tell some time after the coordinator itself. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "oozie/oozie_private.h"

#define RECORD_MAX    1000 /* the server's own */
#define MS_PER_MINUTE 60000.0

struct question {
    struct kx_oozie *oozie;
    const struct kx_job_id *id; /* of a coordinator */
    const struct kx_oozie_sla *sla;
    bool dates;
    const struct kx_call *call;
};

static bool is_meant(const struct question *q, const struct kx_item *record)
{
    const char *scope = q->sla->scope;
    g_autofree char *id = kx_item_text(record, "id");
    const char *number = id && g_str_has_prefix(id, q->id->job) ? strchr(id, '@') : NULL;
    if (!scope) return true;
    if (q->dates) return kx_oozie_has_time(scope, kx_item_number(record, "nominalTime", 0));
    return number && kx_oozie_has_number(scope, g_ascii_strtoll(number + 1, NULL, 10));
}

static int ask_records(const struct question *q, struct kx_answer **answer, struct kx_error *err)
{
    g_autofree char *path = NULL, *filter = g_strconcat("parent_id=", q->id->job, NULL);
    g_autoptr(GString) params = g_string_new(NULL);
    kx_url_append_query(params, "filter", filter);
    kx_url_append_query_int(params, "len", RECORD_MAX);
    int result = kx_oozie_path(q->oozie, "/sla", q->call, &path, err);
    return result < 0 ? result
                      : kx_service_get(q->oozie->service, path, params->str, q->call, answer, err);
}

static int check_alerts(const struct question *q, const struct kx_item *records,
                        struct kx_error *err)
{
    const char *wanted = strcmp(q->sla->action, "sla-enable") == 0 ? "Enabled" : "Disabled";
    for (size_t i = 0; i < kx_item_count(records); i++) {
        const struct kx_item *record = kx_item_element(records, i);
        g_autofree char *status = kx_item_text(record, "slaAlertStatus");
        g_autofree char *run = kx_item_text(record, "id");
        if (!is_meant(q, record) || g_strcmp0(status, wanted) == 0) continue;
        return kx_error_set(err, EBUSY, "Oozie took %s, and %s still is %s", q->sla->action,
                            run ? run : "", status ? status : "unknown");
    }
    return 0;
}

bool kx_oozie_sla_minutes(const char *value, double *out)
{
    static const struct {
        const char *name;
        double minutes;
    } UNITS[] = {{"MINUTES", 1}, {"HOURS", 60}, {"DAYS", 1440}};
    bool evaluated = g_str_has_prefix(value, "${") && g_str_has_suffix(value, "}");
    g_autofree char *inside = evaluated ? g_strndup(value + 2, strlen(value) - 3) : g_strdup(value);
    g_auto(GStrv) factors = g_strsplit(inside, "*", -1);
    *out = 1;
    for (char **factor = factors; *factor; factor++) {
        char *end = NULL, *text = g_strstrip(*factor);
        double number = g_ascii_strtod(text, &end);
        bool known = *text && !*end && (evaluated || !factors[1]);
        for (size_t i = 0; evaluated && i < G_N_ELEMENTS(UNITS); i++) {
            if (strcmp(text, UNITS[i].name) != 0) continue;
            number = UNITS[i].minutes;
            known = true;
        }
        if (!known) return false;
        *out *= number;
    }
    return factors[0] != NULL && isfinite(*out);
}

/* Does a record show NAME=VALUE? What only Oozie can evaluate counts as shown. */
static bool shows(const struct kx_item *record, const char *name, const char *value)
{
    static const struct {
        const char *name, *member;
        bool from_nominal;
    } TIMES[] = {{"sla-should-start", "expectedStart", true},
                 {"sla-should-end", "expectedEnd", true},
                 {"sla-max-duration", "expectedDuration", false}};
    double minutes = 0;
    int64_t nominal = kx_item_number(record, "nominalTime", 0);
    if (strcmp(name, "sla-nominal-time") == 0)
        return !kx_oozie_iso_time(value) || kx_oozie_iso_time(value) == nominal;
    if (!kx_oozie_sla_minutes(value, &minutes)) return true;
    for (size_t i = 0; i < G_N_ELEMENTS(TIMES); i++) {
        if (strcmp(name, TIMES[i].name) != 0) continue;
        double from = TIMES[i].from_nominal ? (double)nominal : 0;
        double now = (double)kx_item_number(record, TIMES[i].member, -1);
        return fabs(now - (from + minutes * MS_PER_MINUTE)) < MS_PER_MINUTE / 60;
    }
    return true;
}

/* Of a run that has ended nothing is changed.  @id "JOB@3" */
static bool has_ended(const struct kx_answer *job, const char *id)
{
    static const char *const OVER[] = {"SUCCEEDED", "KILLED",  "FAILED", "TIMEDOUT",
                                       "IGNORED",   "SKIPPED", NULL};
    const struct kx_item *runs = kx_oozie_jobs(job, KX_JOB_COORDINATOR);
    for (size_t i = 0; i < kx_item_count(runs); i++) {
        const struct kx_item *run = kx_item_element(runs, i);
        g_autofree char *own = kx_item_text(run, "id"), *status = kx_item_text(run, "status");
        if (g_strcmp0(own, id) == 0) return status && g_strv_contains(OVER, status);
    }
    return false;
}

/* @return owned: the first of the values that a record does not show; NULL: it shows all. */
static char *not_shown(const struct kx_item *record, const char *changes)
{
    g_auto(GStrv) parts = g_strsplit(changes, ";", -1);
    for (char **part = parts; *part; part++) {
        g_auto(GStrv) pair = g_strsplit(*part, "=", 2);
        if (pair[0] && pair[1] && !shows(record, g_strstrip(pair[0]), g_strstrip(pair[1])))
            return g_strdup(*part);
    }
    return NULL;
}

static int check_changes(const struct question *q, const struct kx_item *records,
                         struct kx_error *err)
{
    g_autoptr(kx_answer) job = NULL;
    size_t ended = 0, changed = 0;
    kx_oozie_forget(q->oozie, q->id->job);
    int result = kx_oozie_job(q->oozie, q->id, q->call, &job, err);
    for (size_t i = 0; result == 0 && i < kx_item_count(records); i++) {
        const struct kx_item *record = kx_item_element(records, i);
        g_autofree char *run = kx_item_text(record, "id");
        if (!run || !is_meant(q, record)) continue;
        g_autofree char *missing = not_shown(record, q->sla->changes);
        bool over = missing && has_ended(job, run);
        changed += !missing;
        ended += over;
        if (missing && !over)
            result =
                kx_error_set(err, EBUSY, "Oozie took %s, and %s does not show it", missing, run);
    }
    if (result == 0 && ended && !changed)
        result = kx_error_set(err, EBUSY, "nothing is changed: what is meant of %s has ended",
                              q->id->job);
    return result;
}

int kx_oozie_sla_shown(struct kx_oozie *oozie, const struct kx_job_id *id,
                       const struct kx_oozie_sla *sla, bool dates, const struct kx_call *call,
                       struct kx_error *err)
{
    const struct question q = {.oozie = oozie, .id = id, .sla = sla, .dates = dates, .call = call};
    g_autoptr(kx_answer) answer = NULL;
    int result = ask_records(&q, &answer, err);
    if (result < 0) return result;
    const struct kx_item *records = kx_item_at(kx_answer_root(answer), "slaSummaryList");
    return sla->changes ? check_changes(&q, records, err) : check_alerts(&q, records, err);
}
