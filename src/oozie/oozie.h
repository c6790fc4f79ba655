/* A client of one Oozie server: workflows, coordinators, bundles and the server itself.
 *
 * What it knows of Oozie (5.2.1, recorded in tests/fixtures/oozie): errors are in headers, and
 * those of a PUT have no body; an unknown job is 400 with E0604 or E0605, never 404; a verb that is
 * not possible in the job's state answers 200 and does nothing, so the state is read before and
 * after; a coordinator's actions come only with `len=`; pages begin at 1; `show=status` needs v2,
 * which is asked for once, and v1 is used where it is not there.
 *
 * A verb that finds the job locked (an action is being started) waits 5 s and is then queued for 10
 * s more, while the answer is 200: so its effect is waited for, up to KX_OOZIE_SETTLE_MS.
 *
 * What is asked of one job is shared by all who ask within KX_OOZIE_FRESH_MS, or
 * KX_OOZIE_ENDED_MS when the job has ended (a rerun by somebody else is seen then).
 *
 * Threads: any.  Ownership: records are references.  Errors: as kx_service_run; err->exception is
 * Oozie's code. */
#pragma once
#include "oozie/job_id.h"
#include "rest/json_answer.h"
#include "rest/service.h"

#define KX_OOZIE_FRESH_MS   2000
#define KX_OOZIE_ENDED_MS   60000
#define KX_OOZIE_LIST_MS    5000
#define KX_OOZIE_KEPT_MAX   512                       /* answers */
#define KX_OOZIE_KEPT_SIZE  ((size_t)4 * 1024 * 1024) /* bytes of JSON of them all */
#define KX_OOZIE_SHARED_MAX ((size_t)512 * 1024)      /* of a listing: a longer one is not shared */
#define KX_OOZIE_SETTLE_MS  30000                     /* for a verb to show in the job's state */

struct kx_oozie;

/** @base "http://host:11000/oozie", copied; @client borrowed for its life.  @return owned. */
struct kx_oozie *kx_oozie_new(struct kx_client *client, const char *base);
void kx_oozie_free(struct kx_oozie *oozie); /* NULL is fine */
struct kx_service *kx_oozie_service(struct kx_oozie *oozie);

/** The errno of one of Oozie's codes ("E0604"); 0: none in particular. */
int kx_oozie_errno(const char *code, const char *message);

/** Something of the server: "admin/build-version", "admin/status". */
int kx_oozie_admin(struct kx_oozie *oozie, const char *what, const struct kx_call *call,
                   struct kx_answer **out, struct kx_error *err);

/** The server's clock, in milliseconds since the epoch: when it answered a question of its state.
 */
int kx_oozie_clock(struct kx_oozie *oozie, const struct kx_call *call, int64_t *out,
                   struct kx_error *err);

/* One page of a listing. */
struct kx_oozie_page {
    enum kx_job_kind kind;
    const char *filter; /* Oozie's: "status=RUNNING;user=bob"; NULL: all */
    int offset, count;  /* from 1 */
    bool alone;         /* of many: the answer is not shared with who asks later */
};
/** The answer has "total" and an array: see kx_oozie_jobs. */
int kx_oozie_list(struct kx_oozie *oozie, const struct kx_oozie_page *page,
                  const struct kx_call *call, struct kx_answer **out, struct kx_error *err);

/** What was answered for this page within KX_OOZIE_LIST_MS; nothing is asked.  @return a reference;
 * NULL: nothing. */
struct kx_answer *kx_oozie_list_kept(struct kx_oozie *oozie, const struct kx_oozie_page *page);

/** The jobs of a page, or the actions of a job: the array, whatever the kind calls it. */
const struct kx_item *kx_oozie_jobs(const struct kx_answer *record, enum kx_job_kind kind);

/** What is known of a job; of a coordinator its first 1000 actions, too.  @return -ENOENT. */
int kx_oozie_job(struct kx_oozie *oozie, const struct kx_job_id *id, const struct kx_call *call,
                 struct kx_answer **out, struct kx_error *err);

/** What is kept of a job (NULL: of all), and of listings, is asked for anew. */
void kx_oozie_forget(struct kx_oozie *oozie, const char *job);

/** A text of a job: `show` is "definition", "log", "errorlog", "auditlog" or "graph"; @params more
 * of the query, or NULL. */
int kx_oozie_show(struct kx_oozie *oozie, const struct kx_job_id *id, const char *show,
                  const char *params, const struct kx_call *call, GBytes **out,
                  struct kx_error *err);

/** SUCCEEDED, KILLED, FAILED, DONEWITHERROR, IGNORED. */
bool kx_oozie_ended(const char *status);

/** A member of a listing's or of a job's object that is called otherwise in each kind: "status",
 * "id", "name", "created".  @return owned; NULL: none. */
char *kx_oozie_text(const struct kx_item *job, enum kx_job_kind kind, const char *what);

/** Milliseconds since the epoch of "Sun, 22 Nov 2026 05:01:37 GMT"; 0: none. */
int64_t kx_oozie_time(const char *text);

enum kx_verb {
    KX_VERB_START,
    KX_VERB_SUSPEND,
    KX_VERB_RESUME,
    KX_VERB_KILL,
    KX_VERB_RERUN,
    KX_VERB_IGNORE /* a coordinator only */
};
const char *kx_verb_name(enum kx_verb verb);

/** Is the verb possible for a job in this state? (A workflow in PREP is not suspended, a
 * coordinator is: Oozie 5.2.1.) */
bool kx_verb_fits(enum kx_verb verb, enum kx_job_kind kind, const char *status);

/** Do it, and wait until the job's state shows it.
 *  @body of a rerun: the configuration; else NULL.
 *  @return 0: it is done; -EBUSY: the job's state does not allow it, or nothing happened. */
int kx_oozie_act(struct kx_oozie *oozie, const struct kx_job_id *id, enum kx_verb verb,
                 const char *body, const struct kx_call *call, struct kx_error *err);

/* What is done with runs of a coordinator. */
struct kx_oozie_runs {
    const char *action; /* "coord-rerun", "kill" or "ignore" */
    const char *scope;  /* "1-3,5" or "2026-03-01T00:00Z::2026-03-05T00:00Z" */
    const char *body;   /* of a rerun: the configuration; else NULL */
    /* of a rerun: look for its input again; do not remove its output; the failed nodes only */
    bool refresh, nocleanup, failed;
};
/** @return 0; -EINVAL: these are no runs; -EBUSY: there are none, or not in this state (E1018,
 * E1024), or nothing happened. */
int kx_oozie_runs(struct kx_oozie *oozie, const struct kx_job_id *id,
                  const struct kx_oozie_runs *runs, const struct kx_call *call,
                  struct kx_error *err);

/* What is run again of a bundle. */
struct kx_oozie_again {
    const char *coordinators; /* "one,two", by their names; NULL: all */
    const char *dates;        /* "2026-03-01T00:00Z::2026-03-05T00:00Z"; NULL: all */
    const char *body;         /* the configuration */
    bool refresh, nocleanup;  /* as in struct kx_oozie_runs */
};
/** @return 0: the bundle runs; -EINVAL: these are no dates; -ENOENT: it has no such coordinator;
 * -EBUSY: it has not ended, or still shows its end afterwards. */
int kx_oozie_run_again(struct kx_oozie *oozie, const struct kx_job_id *id,
                       const struct kx_oozie_again *again, const struct kx_call *call,
                       struct kx_error *err);

/** "endtime=2026-03-07T00:00Z;concurrency=3;pausetime=...;status=RUNNING" of a coordinator. @return
 * 0; -EINVAL: Oozie does not like it, or it is none (then nothing is sent); -EBUSY: it does not
 * show it. */
int kx_oozie_change(struct kx_oozie *oozie, const struct kx_job_id *id, const char *changes,
                    const struct kx_call *call, struct kx_error *err);

/** Read a coordinator's definition again, with this configuration. Oozie takes the configuration as
 * a whole: what is not in it is gone.
 *  @tried nothing is done; @diff owned: what is (or would be) other, as Oozie tells it.
 *  @return 0; -EBUSY: it has ended; -EINVAL: start, end, frequency, name and timezone stay (E1023).
 */
int kx_oozie_update(struct kx_oozie *oozie, const struct kx_job_id *id, const char *configuration,
                    bool tried, const struct kx_call *call, char **diff, struct kx_error *err);

/* What is done with the alerts of a coordinator's service level, or of a bundle's. */
struct kx_oozie_sla {
    const char *action;       /* "sla-enable", "sla-disable" or "sla-change" */
    const char *scope;        /* runs, as in struct kx_oozie_runs; NULL: all, later ones too */
    const char *coordinators; /* of a bundle: "one,two"; NULL: all */
    const char *changes;      /* of a change: "sla-max-duration=${30 * MINUTES};..." */
};
/** Runs whose times are long ago (`oozie.sla.disable.alerts.older.than`, 48 hours) begin with
 * alerts disabled.
 *  @return 0; -EINVAL: no runs, or no such value; -ENOENT: no run of this number; -EBUSY: nothing
 * there has a service level, or it does not show what was told. */
int kx_oozie_set_sla(struct kx_oozie *oozie, const struct kx_job_id *id,
                     const struct kx_oozie_sla *sla, const struct kx_call *call,
                     struct kx_error *err);

/* What kx_oozie_runs, _change and a rerun of a workflow would do; nothing is sent. @job the
 * record's object, with its actions. */
/** Append a line a run: number, time, state, and the verb or why it is not possible.
 *  @return 0; -EINVAL; -EBUSY: Oozie would refuse it. */
int kx_oozie_preview_runs(const struct kx_item *job, const struct kx_oozie_runs *runs, GString *out,
                          struct kx_error *err);
/** Append a line a value: name, as it is, as it would be; and how many runs there are then. */
int kx_oozie_preview_change(const struct kx_item *job, const char *changes, GString *out,
                            struct kx_error *err);
struct kx_workflow;
struct kx_progress;
/** Append a line an action of a workflow that is run again: name, type, state, "skipped", "again"
 * or "when it is come to".  @skip names with commas; NULL: what went well.  @return 0; -EINVAL. */
int kx_oozie_preview_rerun(const struct kx_workflow *workflow, const struct kx_progress *progress,
                           const char *skip, GString *out, struct kx_error *err);

enum kx_oozie_how { KX_OOZIE_START, KX_OOZIE_HOLD /* in PREP */, KX_OOZIE_DRYRUN };

/* A job that is handed in. */
struct kx_oozie_order {
    const char *configuration; /* borrowed, as the mark */
    enum kx_job_kind kind;
    enum kx_oozie_how how;
    /* What nobody else has in a configuration: a job whose answer was lost is found by it. NULL: it
     * has none. */
    const char *mark;
    bool external; /* the mark is its oozie.wf.external.id, which one request finds */
};

/** @out owned: the new job's id; of a dry run "OK", or of a coordinator how it is read and its
 * first run.
 *  @return -EINPROGRESS: the answer was lost and nobody knows whether there is a job. */
int kx_oozie_submit(struct kx_oozie *oozie, const struct kx_oozie_order *order,
                    const struct kx_call *call, char **out, struct kx_error *err);

/** Does a text fit Oozie's schema?  @return 0; -EINVAL: no (the reason names the line);
 * -EOPNOTSUPP: this server does not say. */
int kx_oozie_validate(struct kx_oozie *oozie, const char *user, const char *text,
                      const struct kx_call *call, struct kx_error *err);

KX_DEFINE_AUTOPTR(kx_oozie, kx_oozie_free)
