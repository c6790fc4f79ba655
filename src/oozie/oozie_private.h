/* What the files oozie*.c share. Nobody else includes it.
 * Threads: constant after kx_oozie_new, but for the version, which is atomic, and what is kept,
 * which has a lock of its own. */
#pragma once
#include "oozie/oozie.h"
#include "rest/kept.h"

struct kx_oozie {
    struct kx_service *service;
    struct kx_kept *kept;
    gint version; /* of the protocol: 1 or 2; 0: not asked for yet */
};

/** "/v2" + rest.  @rest a path below the version.  @out owned. */
int kx_oozie_path(struct kx_oozie *oozie, const char *rest, const struct kx_call *call, char **out,
                  struct kx_error *err);

/** PUT a change of a job.  @params "&action=..."; @body XML, or NULL.  @out the answer, owned; may
 * be NULL.  @maybe may it have arrived, though it failed? May be NULL. */
int kx_oozie_put(struct kx_oozie *oozie, const struct kx_job_id *id, const char *params,
                 const char *body, const struct kx_call *call, GBytes **out, bool *maybe,
                 struct kx_error *err);

/** Are these runs of a coordinator?  @dates by their times, else by numbers.  @return 0; -EINVAL.
 */
int kx_oozie_check_runs(const char *scope, bool *dates, struct kx_error *err);

/** Is a run meant by a scope that kx_oozie_check_runs has seen: of numbers, of times? */
bool kx_oozie_has_number(const char *scope, int64_t number);
bool kx_oozie_has_time(const char *scope, int64_t at_ms);

/** "2026-03-07T00:00Z" in milliseconds since the epoch; 0: it is something else. */
int64_t kx_oozie_iso_time(const char *text);

/** The state of a job as it is now, not what is kept.  @out owned; @run how often it was run again
 * (workflows), may be NULL. */
int kx_oozie_state(struct kx_oozie *oozie, const struct kx_job_id *id, const struct kx_call *call,
                   char **out, int64_t *run, struct kx_error *err);

/** Look until the job's state shows the verb, for KX_OOZIE_SETTLE_MS at most.  @run as it was
 * before.  @return 0; -EBUSY: it does not. */
int kx_oozie_settle(struct kx_oozie *oozie, const struct kx_job_id *id, enum kx_verb verb,
                    int64_t run, const struct kx_call *call, struct kx_error *err);

/** Does a coordinator show what was told about its alerts?  @dates the scope is of times.
 *  @return 0; -EBUSY: a run that is meant and has not ended does not. */
int kx_oozie_sla_shown(struct kx_oozie *oozie, const struct kx_job_id *id,
                       const struct kx_oozie_sla *sla, bool dates, const struct kx_call *call,
                       struct kx_error *err);

/** How many minutes "90", "${90 * MINUTES}" or "${1.5 * HOURS}" are.  @return false: only Oozie can
 * say. */
bool kx_oozie_sla_minutes(const char *value, double *out);
