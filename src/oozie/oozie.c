#include "oozie/oozie.h"

#include <errno.h>
#include <string.h>

#include "oozie/oozie_private.h"

#define ACTIONS_MAX 1000 /* of a coordinator: the server's own highest */
#define NOT_KEPT    (-1)

/* What the kinds call the same thing. */
static const struct {
    const char *type, *array, *actions;
    struct {
        const char *what, *member;
    } names[4];
} KINDS[] = {
    [KX_JOB_WORKFLOW] = {"wf",
                         "workflows",
                         "actions",
                         {{"id", "id"}, {"name", "appName"}, {"created", "createdTime"}}},
    [KX_JOB_COORDINATOR] = {"coordinator",
                            "coordinatorjobs",
                            "actions",
                            {{"id", "coordJobId"},
                             {"name", "coordJobName"},
                             {"created", "startTime"},
                             {"modified", "lastAction"}}},
    [KX_JOB_BUNDLE] = {"bundle",
                       "bundlejobs",
                       "bundleCoordJobs",
                       {{"id", "bundleJobId"},
                        {"name", "bundleJobName"},
                        {"created", "createdTime"}}},
};

struct kx_oozie *kx_oozie_new(struct kx_client *client, const char *base)
{
    const struct kx_service_config config = {.name = "Oozie",
                                             .base = base,
                                             .client = client,
                                             .code_header = "oozie-error-code",
                                             .message_header = "oozie-error-message",
                                             .code_errno = kx_oozie_errno};
    struct kx_oozie *oozie = g_new0(struct kx_oozie, 1);
    oozie->service = kx_service_new(&config);
    oozie->kept = kx_kept_new(kx_client_clock(client), KX_OOZIE_KEPT_MAX, KX_OOZIE_KEPT_SIZE);
    return oozie;
}

void kx_oozie_free(struct kx_oozie *oozie)
{
    if (!oozie) return;
    kx_service_free(oozie->service);
    kx_kept_free(oozie->kept);
    g_free(oozie);
}

struct kx_service *kx_oozie_service(struct kx_oozie *oozie)
{
    return oozie->service;
}

/* The newest version that both sides know. */
static int learn_version(struct kx_oozie *oozie, const struct kx_call *call, struct kx_error *err)
{
    g_autoptr(kx_answer) versions = NULL;
    int result = kx_service_get(oozie->service, "/versions", NULL, call, &versions, err);
    if (result < 0) return result;
    gint best = 0;
    const struct kx_item *list = kx_answer_root(versions);
    for (size_t i = 0; i < kx_item_count(list); i++) {
        gint64 number = kx_item_number(kx_item_element(list, i), "", 0);
        if (number == 1 || number == 2) best = MAX(best, (gint)number);
    }
    if (!best)
        return kx_error_set(err, EPROTO, "%s is no Oozie of version 4 or later",
                            kx_service_base(oozie->service));
    g_atomic_int_set(&oozie->version, best);
    return 0;
}

int kx_oozie_path(struct kx_oozie *oozie, const char *rest, const struct kx_call *call, char **out,
                  struct kx_error *err)
{
    int result = g_atomic_int_get(&oozie->version) ? 0 : learn_version(oozie, call, err);
    if (result == 0) *out = g_strdup_printf("/v%d%s", g_atomic_int_get(&oozie->version), rest);
    return result;
}

/* @key under which the answer is kept.  @for_ms how long; 0: as the job's state says; NOT_KEPT. */
static int ask_now(struct kx_oozie *oozie, const char *key, const char *rest, const char *params,
                   int64_t for_ms, const struct kx_call *call, struct kx_answer **out,
                   struct kx_error *err)
{
    g_autofree char *path = NULL;
    int result = kx_oozie_path(oozie, rest, call, &path, err);
    if (result < 0) return result;
    struct kx_service_ask ask = {.path = path, .params = params, .call = call};
    g_autoptr(GBytes) body = NULL;
    result = kx_service_run(oozie->service, &ask, &body, err);
    if (result == 0) result = kx_answer_parse(body, out, err);
    if (result < 0 || for_ms == NOT_KEPT) return result;
    const size_t size = g_bytes_get_size(body);
    if (for_ms == KX_OOZIE_LIST_MS && size > KX_OOZIE_SHARED_MAX) return 0;
    if (!for_ms) {
        g_autofree char *status = kx_item_text(kx_answer_root(*out), "status");
        for_ms = kx_oozie_ended(status) ? KX_OOZIE_ENDED_MS : KX_OOZIE_FRESH_MS;
    }
    kx_kept_add(oozie->kept, key, *out, size, for_ms);
    return 0;
}

/* What is kept of an earlier answer, or of one that somebody waits for already. */
static int ask_kept(struct kx_oozie *oozie, const char *rest, const char *params, int64_t for_ms,
                    const struct kx_call *call, struct kx_answer **out, struct kx_error *err)
{
    g_autofree char *key = g_strconcat(rest, params, NULL);
    *out = kx_kept_enter(oozie->kept, key, call ? call->cancel : NULL);
    if (*out) return 0;
    int result = ask_now(oozie, key, rest, params, for_ms, call, out, err);
    kx_kept_leave(oozie->kept, key);
    return result;
}

int kx_oozie_admin(struct kx_oozie *oozie, const char *what, const struct kx_call *call,
                   struct kx_answer **out, struct kx_error *err)
{
    g_autofree char *rest = g_strconcat("/", what, NULL);
    return ask_kept(oozie, rest, NULL, KX_OOZIE_FRESH_MS, call, out, err);
}

int kx_oozie_clock(struct kx_oozie *oozie, const struct kx_call *call, int64_t *out,
                   struct kx_error *err)
{
    g_autofree char *path = NULL, *date = NULL;
    int result = kx_oozie_path(oozie, "/admin/status", call, &path, err);
    struct kx_service_ask ask = {
        .path = path, .call = call, .header = "Date", .header_value = &date};
    if (result == 0) result = kx_service_run(oozie->service, &ask, NULL, err);
    if (result < 0) return result;
    *out = kx_oozie_time(date);
    return *out ? 0 : kx_error_set(err, ENODATA, "Oozie does not say what time it is");
}

static GString *params_of(const struct kx_oozie_page *page)
{
    GString *params = g_string_new(NULL);
    kx_url_append_query(params, "jobtype", KINDS[page->kind].type);
    kx_url_append_query(params, "filter", page->filter);
    kx_url_append_query_int(params, "offset", page->offset);
    kx_url_append_query_int(params, "len", page->count);
    return params;
}

struct kx_answer *kx_oozie_list_kept(struct kx_oozie *oozie, const struct kx_oozie_page *page)
{
    g_autoptr(GString) params = params_of(page);
    g_autofree char *key = g_strconcat("/jobs", params->str, NULL);
    return kx_kept_find(oozie->kept, key);
}

int kx_oozie_list(struct kx_oozie *oozie, const struct kx_oozie_page *page,
                  const struct kx_call *call, struct kx_answer **out, struct kx_error *err)
{
    g_autoptr(GString) params = params_of(page);
    return page->alone ? ask_now(oozie, NULL, "/jobs", params->str, NOT_KEPT, call, out, err)
                       : ask_kept(oozie, "/jobs", params->str, KX_OOZIE_LIST_MS, call, out, err);
}

const struct kx_item *kx_oozie_jobs(const struct kx_answer *record, enum kx_job_kind kind)
{
    const struct kx_item *root = kx_answer_root(record);
    const struct kx_item *jobs = kx_item_at(root, KINDS[kind].array);
    return jobs ? jobs : kx_item_at(root, KINDS[kind].actions);
}

int kx_oozie_job(struct kx_oozie *oozie, const struct kx_job_id *id, const struct kx_call *call,
                 struct kx_answer **out, struct kx_error *err)
{
    g_autofree char *rest = g_strconcat("/job/", id->job, NULL);
    g_autoptr(GString) params = g_string_new(NULL);
    kx_url_append_query(params, "show", "info");
    if (id->kind == KX_JOB_COORDINATOR) kx_url_append_query_int(params, "len", ACTIONS_MAX);
    return ask_kept(oozie, rest, params->str, 0, call, out, err);
}

void kx_oozie_forget(struct kx_oozie *oozie, const char *job)
{
    g_autofree char *key = g_strconcat("/job/", job, NULL);
    kx_kept_drop(oozie->kept, job ? key : "");
    kx_kept_drop(oozie->kept, "/jobs");
}

int kx_oozie_state(struct kx_oozie *oozie, const struct kx_job_id *id, const struct kx_call *call,
                   char **out, int64_t *run, struct kx_error *err)
{
    g_autofree char *key = g_strconcat("/job/", id->job, NULL);
    g_autoptr(kx_answer) info = NULL;
    kx_kept_drop(oozie->kept, key);
    int result = kx_oozie_job(oozie, id, call, &info, err);
    if (result < 0) return result;
    *out = kx_item_text(kx_answer_root(info), "status");
    if (run) *run = kx_item_number(kx_answer_root(info), "run", 0);
    return *out ? 0 : kx_error_set(err, EPROTO, "Oozie tells no status of %s", id->job);
}

int kx_oozie_show(struct kx_oozie *oozie, const struct kx_job_id *id, const char *show,
                  const char *params, const struct kx_call *call, GBytes **out,
                  struct kx_error *err)
{
    g_autofree char *rest = g_strconcat("/job/", id->job, NULL), *path = NULL;
    g_autoptr(GString) query = g_string_new(NULL);
    kx_url_append_query(query, "show", show);
    if (params) g_string_append(query, params);
    int result = kx_oozie_path(oozie, rest, call, &path, err);
    struct kx_service_ask ask = {.path = path, .params = query->str, .call = call};
    return result < 0 ? result : kx_service_run(oozie->service, &ask, out, err);
}

bool kx_oozie_ended(const char *status)
{
    static const char *const ENDED[] = {"SUCCEEDED",     "KILLED",  "FAILED",
                                        "DONEWITHERROR", "IGNORED", NULL};
    return status && g_strv_contains(ENDED, status);
}

char *kx_oozie_text(const struct kx_item *job, enum kx_job_kind kind, const char *what)
{
    for (size_t i = 0; i < G_N_ELEMENTS(KINDS[kind].names) && KINDS[kind].names[i].what; i++)
        if (strcmp(KINDS[kind].names[i].what, what) == 0)
            return kx_item_text(job, KINDS[kind].names[i].member);
    return kx_item_text(job, what);
}

/* "Sun, 22 Nov 2026 05:01:37 GMT" */
int64_t kx_oozie_time(const char *text)
{
    static const char *const MONTHS[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    g_auto(GStrv) words = g_strsplit_set(text ? text : "", " :", -1);
    if (g_strv_length(words) != 8 || strcmp(words[7], "GMT") != 0) return 0;
    guint64 numbers[5];
    static const int AT[] = {1, 3, 4, 5, 6};
    for (size_t i = 0; i < G_N_ELEMENTS(AT); i++)
        if (!g_ascii_string_to_unsigned(words[AT[i]], 10, 0, 9999, &numbers[i], NULL)) return 0;
    int month = 0;
    while (month < 12 && strcmp(MONTHS[month], words[2]) != 0)
        month++;
    g_autoptr(GDateTime) at =
        g_date_time_new_utc((int)numbers[1], month + 1, (int)numbers[0], (int)numbers[2],
                            (int)numbers[3], (double)numbers[4]);
    return at ? g_date_time_to_unix(at) * 1000 : 0;
}
