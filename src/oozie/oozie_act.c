/* Verbs that tell the truth, and submission. */
#include <errno.h>
#include <string.h>

#include "oozie/oozie_private.h"

#define XML_TYPE    "application/xml;charset=UTF-8"
#define LOOK_MS     100  /* between two looks at a job's state, at first ... */
#define LOOK_MAX_MS 1000 /* ... and at last */

/* In which states a verb is possible, and in which it has shown (NULL: it has left these). */
static const struct {
    const char *name;
    const char *from[8], *to[6];
} VERBS[] = {
    [KX_VERB_START] = {"start", {"PREP"}, {NULL}},
    [KX_VERB_SUSPEND] = {"suspend",
                         {"RUNNING", "RUNNINGWITHERROR", "PREP"},
                         {"SUSPENDED", "SUSPENDEDWITHERROR", "PREPSUSPENDED"}},
    [KX_VERB_RESUME] = {"resume", {"SUSPENDED", "SUSPENDEDWITHERROR", "PREPSUSPENDED"}, {NULL}},
    [KX_VERB_KILL] = {"kill",
                      {"PREP", "RUNNING", "SUSPENDED", "PAUSED", "RUNNINGWITHERROR",
                       "SUSPENDEDWITHERROR", "PAUSEDWITHERROR"},
                      {"KILLED"}},
    [KX_VERB_RERUN] = {"rerun", {"SUCCEEDED", "KILLED", "FAILED", "DONEWITHERROR"}, {NULL}},
    [KX_VERB_IGNORE] = {"ignore", {"KILLED", "FAILED"}, {"IGNORED"}},
};

static bool among(const char *const *words, size_t count, const char *word)
{
    for (size_t i = 0; i < count && words[i]; i++)
        if (strcmp(words[i], word) == 0) return true;
    return false;
}

const char *kx_verb_name(enum kx_verb verb)
{
    return VERBS[verb].name;
}

bool kx_verb_fits(enum kx_verb verb, enum kx_job_kind kind, const char *status)
{
    if (verb == KX_VERB_SUSPEND && kind == KX_JOB_WORKFLOW && strcmp(status, "PREP") == 0)
        return false;
    return among(VERBS[verb].from, G_N_ELEMENTS(VERBS[verb].from), status);
}

static bool has_shown(enum kx_verb verb, enum kx_job_kind kind, const char *status, bool again)
{
    if (verb == KX_VERB_RERUN && again) return true;
    if (VERBS[verb].to[0]) return among(VERBS[verb].to, G_N_ELEMENTS(VERBS[verb].to), status);
    return !kx_verb_fits(verb, kind, status);
}

/* Oozie answers 200 when it does nothing, too. */
int kx_oozie_settle(struct kx_oozie *oozie, const struct kx_job_id *id, enum kx_verb verb,
                    int64_t run, const struct kx_call *call, struct kx_error *err)
{
    const struct kx_clock *clock = kx_client_clock(kx_service_client(oozie->service));
    int64_t end_ms = clock->now_ms(clock) + KX_OOZIE_SETTLE_MS;
    for (int64_t pause = LOOK_MS;; pause = MIN(pause * 2, LOOK_MAX_MS)) {
        g_autofree char *status = NULL;
        int64_t now_run = run;
        int result = kx_oozie_state(oozie, id, call, &status, &now_run, err);
        if (result < 0 || has_shown(verb, id->kind, status, now_run > run)) return result;
        if (clock->now_ms(clock) + pause > end_ms)
            return kx_error_set(err, EBUSY, "Oozie took %s for %s, and it is still %s",
                                kx_verb_name(verb), id->job, status);
        if (kx_cancel_sleep(call ? call->cancel : NULL, pause) < 0)
            return kx_error_set(err, EINTR, "interrupted");
    }
}

int kx_oozie_put(struct kx_oozie *oozie, const struct kx_job_id *id, const char *params,
                 const char *body, const struct kx_call *call, GBytes **out, bool *maybe,
                 struct kx_error *err)
{
    g_autofree char *rest = g_strconcat("/job/", id->job, NULL), *path = NULL;
    if (maybe) *maybe = false;
    int result = kx_oozie_path(oozie, rest, call, &path, err);
    if (result < 0) return result;
    struct kx_service_ask ask = {.method = "PUT",
                                 .path = path,
                                 .params = params,
                                 .type = body ? XML_TYPE : NULL,
                                 .body = body,
                                 .call = call};
    result = kx_service_run(oozie->service, &ask, out, err);
    kx_kept_drop(oozie->kept, rest);
    if (maybe) *maybe = ask.sent_maybe;
    return result;
}

int kx_oozie_act(struct kx_oozie *oozie, const struct kx_job_id *id, enum kx_verb verb,
                 const char *body, const struct kx_call *call, struct kx_error *err)
{
    g_autofree char *before = NULL;
    bool maybe = false;
    int64_t run = 0;
    int result = kx_oozie_state(oozie, id, call, &before, &run, err);
    if (result < 0) return result;
    if (!kx_verb_fits(verb, id->kind, before))
        return kx_error_set(err, EBUSY, "%s is not possible: %s is %s", kx_verb_name(verb), id->job,
                            before);
    g_autofree char *params = g_strconcat("&action=", kx_verb_name(verb), NULL);
    KX_ERROR_AUTO(lost);
    result = kx_oozie_put(oozie, id, params, body, call, NULL, &maybe, err);
    if (result < 0 && !maybe) return result;
    if (result == 0) return kx_oozie_settle(oozie, id, verb, run, call, err);
    kx_error_copy(&lost, err); /* the answer is lost: the job's state has it */
    int seen = kx_oozie_settle(oozie, id, verb, run, call, err);
    if (seen == -EBUSY) kx_error_copy(err, &lost);
    return seen == -EBUSY ? result : seen;
}
