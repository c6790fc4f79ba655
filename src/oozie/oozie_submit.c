/* Jobs are handed in: once, also when the answer is lost. */
#include <errno.h>
#include <string.h>

#include "oozie/oozie_private.h"

#define XML_TYPE     "application/xml;charset=UTF-8"
#define LOST_MS      10000 /* how long a lost job is looked for, and how often */
#define LOST_LOOK_MS 500
#define NEWEST_MAX   20 /* jobs among which a lost one is looked for */

/* A workflow is found by the mark that it was given as its external id. */
static char *find_external(struct kx_oozie *oozie, const char *mark, const struct kx_call *call)
{
    g_autoptr(GString) params = g_string_new(NULL);
    g_autoptr(kx_answer) found = NULL;
    g_autofree char *path = NULL;
    int result = kx_oozie_path(oozie, "/jobs", call, &path, NULL);
    kx_url_append_query(params, "jobtype", "wf");
    kx_url_append_query(params, "external-id", mark);
    if (result == 0) result = kx_service_get(oozie->service, path, params->str, call, &found, NULL);
    return result == 0 ? kx_item_text(kx_answer_root(found), "id") : NULL;
}

static bool carries(struct kx_oozie *oozie, const char *id, const char *mark,
                    const struct kx_call *call)
{
    __attribute__((cleanup(kx_job_id_clear))) struct kx_job_id parsed = {0};
    g_autoptr(kx_answer) info = NULL;
    if (kx_job_id_parse(id, &parsed, NULL) < 0) return false;
    if (kx_oozie_job(oozie, &parsed, call, &info, NULL) < 0) return false;
    g_autofree char *conf = kx_item_text(kx_answer_root(info), "conf");
    return conf && strstr(conf, mark);
}

/* Any other kind: the newest ones are asked for what they were submitted with. */
static char *find_newest(struct kx_oozie *oozie, enum kx_job_kind kind, const char *mark,
                         const struct kx_call *call)
{
    const struct kx_oozie_page page = {.kind = kind, .offset = 1, .count = NEWEST_MAX};
    g_autoptr(kx_answer) listing = NULL;
    kx_kept_drop(oozie->kept, "/jobs");
    if (kx_oozie_list(oozie, &page, call, &listing, NULL) < 0) return NULL;
    const struct kx_item *jobs = kx_oozie_jobs(listing, kind);
    for (size_t i = 0; i < kx_item_count(jobs); i++) {
        g_autofree char *id = kx_oozie_text(kx_item_element(jobs, i), kind, "id");
        if (id && carries(oozie, id, mark, call)) return g_steal_pointer(&id);
    }
    return NULL;
}

static char *find_once(struct kx_oozie *oozie, const struct kx_oozie_order *order,
                       const struct kx_call *call)
{
    if (!order->mark) return NULL;
    return order->external ? find_external(oozie, order->mark, call)
                           : find_newest(oozie, order->kind, order->mark, call);
}

/* A gateway that gives up has left Oozie at work. */
static char *find_soon(struct kx_oozie *oozie, const struct kx_oozie_order *order,
                       const struct kx_call *call, bool at_work)
{
    const struct kx_clock *clock = kx_client_clock(kx_service_client(oozie->service));
    int64_t end_ms = clock->now_ms(clock) + (at_work ? LOST_MS : 0);
    for (;;) {
        char *id = find_once(oozie, order, call);
        if (id || clock->now_ms(clock) >= end_ms) return id;
        if (kx_cancel_sleep(call ? call->cancel : NULL, LOST_LOOK_MS) < 0) return NULL;
    }
}

static int find_lost(struct kx_oozie *oozie, const struct kx_oozie_order *order,
                     const struct kx_call *call, char **out, struct kx_error *err)
{
    char *id = find_soon(oozie, order, call, err->http_status != 0);
    if (id) {
        *out = id;
        return 0;
    }
    static const char *const FOLDERS[] = {[KX_JOB_WORKFLOW] = "jobs/recent",
                                          [KX_JOB_COORDINATOR] = "coordinators",
                                          [KX_JOB_BUNDLE] = "bundles"};
    g_autofree char *words = g_strdup(err->message);
    return kx_error_set(err, EINPROGRESS,
                        "nobody knows whether the job was submitted: its answer was lost (%s); "
                        "before it is done again look for it in .oozie: grep %s %s/*/%s",
                        words ? words : "", order->mark ? order->mark : "NAME",
                        FOLDERS[order->kind],
                        !order->mark      ? "name"
                        : order->external ? "external-id"
                                          : "properties");
}

int kx_oozie_submit(struct kx_oozie *oozie, const struct kx_oozie_order *order,
                    const struct kx_call *call, char **out, struct kx_error *err)
{
    static const char *const PARAMS[] = {[KX_OOZIE_START] = "&action=start",
                                         [KX_OOZIE_HOLD] = NULL,
                                         [KX_OOZIE_DRYRUN] = "&action=dryrun"};
    g_autofree char *path = NULL;
    int result = kx_oozie_path(oozie, "/jobs", call, &path, err);
    if (result < 0) return result;
    struct kx_service_ask ask = {.method = "POST",
                                 .path = path,
                                 .params = PARAMS[order->how],
                                 .type = XML_TYPE,
                                 .body = order->configuration,
                                 .call = call};
    g_autoptr(GBytes) body = NULL;
    g_autoptr(kx_answer) record = NULL;
    result = kx_service_run(oozie->service, &ask, &body, err);
    if (result < 0 && ask.sent_maybe && order->how != KX_OOZIE_DRYRUN)
        return find_lost(oozie, order, call, out, err);
    if (result == 0) result = kx_answer_parse(body, &record, err);
    if (result < 0) return result;
    *out = kx_item_text(kx_answer_root(record), "id");
    kx_kept_drop(oozie->kept, "/jobs");
    return *out ? 0 : kx_error_set(err, EPROTO, "Oozie tells no id of the new job");
}

int kx_oozie_validate(struct kx_oozie *oozie, const char *user, const char *text,
                      const struct kx_call *call, struct kx_error *err)
{
    g_autoptr(GString) params = g_string_new(NULL);
    g_autofree char *path = NULL;
    int result = kx_oozie_path(oozie, "/validate", call, &path, err);
    if (result < 0) return result;
    if (!g_str_has_prefix(path, "/v2/"))
        return kx_error_set(err, EOPNOTSUPP, "this Oozie does not validate: it is too old");
    kx_url_append_query(params, "file", "application.xml");
    kx_url_append_query(params, "user", user);
    struct kx_service_ask ask = {.method = "POST",
                                 .path = path,
                                 .params = params->str,
                                 .type = XML_TYPE,
                                 .body = text,
                                 .call = call};
    return kx_service_run(oozie->service, &ask, NULL, err);
}
