/* The runs of a coordinator, of a bundle, and what can be changed of it. */
#include <errno.h>
#include <string.h>

#include "oozie/oozie_private.h"

/* "1-3,5". With a word that the server does not understand it would take the whole coordinator. */
static bool is_numbers(const char *scope)
{
    g_auto(GStrv) parts = g_strsplit(scope, ",", -1);
    for (char **part = parts; *part; part++) {
        size_t first = strspn(*part, "0123456789");
        const char *rest = *part + first;
        if (!first || (*rest && *rest != '-')) return false;
        if (*rest && (!rest[1] || rest[1 + strspn(rest + 1, "0123456789")])) return false;
    }
    return parts[0] != NULL;
}

/* "2026-03-01T00:00Z::2026-03-05T00:00Z" */
static bool is_dates(const char *scope)
{
    const char *middle = strstr(scope, "::");
    return middle && middle > scope && middle[2] && !strstr(middle + 2, "::") &&
           !scope[strspn(scope, "0123456789-:TZ+")];
}

static void add_flags(GString *params, const struct kx_oozie_runs *runs)
{
    if (strcmp(runs->action, "coord-rerun") != 0) return;
    kx_url_append_query(params, "refresh", runs->refresh ? "true" : "false");
    kx_url_append_query(params, "nocleanup", runs->nocleanup ? "true" : "false");
    if (runs->failed) kx_url_append_query(params, "failed", "true");
}

int kx_oozie_check_runs(const char *scope, bool *dates, struct kx_error *err)
{
    *dates = is_dates(scope);
    return *dates || is_numbers(scope)
               ? 0
               : kx_error_set(err, EINVAL,
                              "%s: runs are 1-3,5 or 2026-03-01T00:00Z::2026-03-05T00:00Z", scope);
}

int kx_oozie_runs(struct kx_oozie *oozie, const struct kx_job_id *id,
                  const struct kx_oozie_runs *runs, const struct kx_call *call,
                  struct kx_error *err)
{
    bool dates = false;
    int result = kx_oozie_check_runs(runs->scope, &dates, err);
    if (result < 0) return result;
    g_autoptr(GString) params = g_string_new(NULL);
    g_autoptr(GBytes) body = NULL;
    g_autoptr(kx_answer) answer = NULL;
    kx_url_append_query(params, "action", runs->action);
    kx_url_append_query(params, "type", dates ? "date" : "action");
    kx_url_append_query(params, "scope", runs->scope);
    add_flags(params, runs);
    result = kx_oozie_put(oozie, id, params->str, runs->body, call, &body, NULL, err);
    if (result == 0 && g_bytes_get_size(body)) result = kx_answer_parse(body, &answer, err);
    if (result < 0) return result;
    const struct kx_item *done = answer ? kx_item_at(kx_answer_root(answer), "actions") : NULL;
    return kx_item_count(done)
               ? 0
               : kx_error_set(err, EBUSY, "Oozie has done nothing: %s of %s", runs->scope, id->job);
}

/* Names that it has not would be passed over in silence.  @out owned: all its names, or those. */
static int check_names(const struct kx_item *bundle, const char *wanted, char **out,
                       struct kx_error *err)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const struct kx_item *all = kx_item_at(bundle, "bundleCoordJobs");
    for (size_t i = 0; i < kx_item_count(all); i++) {
        char *name = kx_item_text(kx_item_element(all, i), "coordJobName");
        if (name) g_ptr_array_add(names, name);
    }
    g_ptr_array_add(names, NULL);
    g_auto(GStrv) parts = g_strsplit(wanted ? wanted : "", ",", -1);
    for (char **part = parts; *part; part++)
        if (!g_strv_contains((const char *const *)names->pdata, *part))
            return kx_error_set(err, ENOENT, "%s: the bundle has no such coordinator", *part);
    *out = wanted ? g_strdup(wanted) : g_strjoinv(",", (GStrv)names->pdata);
    return 0;
}

static int check_again(struct kx_oozie *oozie, const struct kx_job_id *id,
                       const struct kx_oozie_again *again, const struct kx_call *call, char **names,
                       struct kx_error *err)
{
    g_autofree char *status = NULL;
    g_autoptr(kx_answer) bundle = NULL;
    if (again->dates && !is_dates(again->dates))
        return kx_error_set(err, EINVAL, "%s: dates are 2026-03-01T00:00Z::2026-03-05T00:00Z",
                            again->dates);
    int result = kx_oozie_state(oozie, id, call, &status, NULL, err);
    if (result == 0) result = kx_oozie_job(oozie, id, call, &bundle, err);
    if (result == 0) result = check_names(kx_answer_root(bundle), again->coordinators, names, err);
    if (result == 0 && !kx_verb_fits(KX_VERB_RERUN, id->kind, status))
        result = kx_error_set(err, EBUSY, "rerun is not possible: %s is %s", id->job, status);
    return result;
}

int kx_oozie_run_again(struct kx_oozie *oozie, const struct kx_job_id *id,
                       const struct kx_oozie_again *again, const struct kx_call *call,
                       struct kx_error *err)
{
    g_autofree char *names = NULL;
    g_autoptr(GString) params = g_string_new(NULL);
    int result = check_again(oozie, id, again, call, &names, err);
    if (result < 0) return result;
    kx_url_append_query(params, "action", "bundle-rerun");
    kx_url_append_query(params, "coord-scope", names);
    kx_url_append_query(params, "date-scope", again->dates);
    kx_url_append_query(params, "refresh", again->refresh ? "true" : "false");
    kx_url_append_query(params, "nocleanup", again->nocleanup ? "true" : "false");
    result = kx_oozie_put(oozie, id, params->str, again->body, call, NULL, NULL, err);
    return result < 0 ? result : kx_oozie_settle(oozie, id, KX_VERB_RERUN, 0, call, err);
}

int64_t kx_oozie_iso_time(const char *text)
{
    if (!text) return 0;
    g_autofree char *minutes = strlen(text) == strlen("2026-03-07T00:00Z") && text[16] == 'Z'
                                   ? g_strdup_printf("%.16s:00Z", text)
                                   : g_strdup(text);
    g_autoptr(GDateTime) at = g_date_time_new_from_iso8601(minutes, NULL);
    return at ? g_date_time_to_unix(at) * 1000 : 0;
}

/* Does the coordinator show NAME=VALUE? */
static bool shows(const struct kx_item *job, const char *name, const char *value)
{
    static const char *const TIMES[][2] = {{"endtime", "endTime"}, {"pausetime", "pauseTime"}};
    for (size_t i = 0; i < G_N_ELEMENTS(TIMES); i++) {
        if (strcmp(name, TIMES[i][0]) != 0) continue;
        g_autofree char *now = kx_item_text(job, TIMES[i][1]);
        return !kx_oozie_iso_time(value) || kx_oozie_iso_time(value) == kx_oozie_time(now);
    }
    g_autofree char *now = kx_item_text(job, name);
    if (strcmp(name, "status") == 0) return now && g_str_has_prefix(now, value); /* ...WITHERROR */
    return strcmp(name, "concurrency") != 0 || g_strcmp0(now, value) == 0;
}

/* "NAME=VALUE"; without a value it is taken away. */
static int check_change(const char *part, struct kx_error *err)
{
    static const char *const NAMES[] = {"endtime=", "concurrency=", "pausetime=", "status="};
    for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++)
        if (g_str_has_prefix(part, NAMES[i])) return 0;
    return kx_error_set(err, EINVAL,
                        "%s: neither endtime=, concurrency=, pausetime= nor status=", part);
}

int kx_oozie_change(struct kx_oozie *oozie, const struct kx_job_id *id, const char *changes,
                    const struct kx_call *call, struct kx_error *err)
{
    g_autoptr(GString) params = g_string_new(NULL);
    g_autoptr(kx_answer) after = NULL;
    g_auto(GStrv) parts = g_strsplit(changes, ";", -1);
    for (char **part = parts; *part; part++)
        if ((**part || !parts[1]) && check_change(*part, err) < 0) return -EINVAL;
    kx_url_append_query(params, "action", "change");
    kx_url_append_query(params, "value", changes);
    int result = kx_oozie_put(oozie, id, params->str, NULL, call, NULL, NULL, err);
    if (result == 0) result = kx_oozie_job(oozie, id, call, &after, err);
    for (char **part = parts; result == 0 && *part; part++) {
        g_auto(GStrv) pair = g_strsplit(*part, "=", 2);
        if (pair[0] && pair[1] && !shows(kx_answer_root(after), pair[0], pair[1]))
            result = kx_error_set(err, EBUSY, "Oozie has not changed it: %s", *part);
    }
    return result;
}
