/* The verbs of a job's ctl file. */
#include <errno.h>
#include <string.h>

#include "fs/tree/oozie_private.h"
#include "rest/configuration.h"

static int act(const struct kx_tree_at *at, enum kx_verb verb, const char *body,
               struct kx_error *err)
{
    __attribute__((cleanup(kx_job_id_clear))) struct kx_job_id id = {0};
    int result = kx_oozie_job_at(at, &id, NULL, err);
    return result < 0 ? result : kx_oozie_act(kx_oozie_of(at, err), &id, verb, body, at->call, err);
}

/* Only the list of verbs asks this: who writes one is told by the server's own state. */
static bool fits(const struct kx_tree_at *at, enum kx_verb verb)
{
    __attribute__((cleanup(kx_job_id_clear))) struct kx_job_id id = {0};
    g_autoptr(kx_answer) record = NULL;
    if (kx_oozie_job_at(at, &id, &record, NULL) < 0) return false;
    g_autofree char *status = kx_item_text(kx_answer_root(record), "status");
    return status && kx_verb_fits(verb, id.kind, status);
}

#define VERB(word, VALUE)                                                                          \
    static int run_##word(const struct kx_tree_at *at, const char *argument, struct kx_error *err) \
    {                                                                                              \
        (void)argument;                                                                            \
        return act(at, VALUE, NULL, err);                                                          \
    }                                                                                              \
    static bool can_##word(const struct kx_tree_at *at)                                            \
    {                                                                                              \
        return fits(at, VALUE);                                                                    \
    }

VERB(start, KX_VERB_START)
VERB(suspend, KX_VERB_SUSPEND)
VERB(resume, KX_VERB_RESUME)
VERB(kill, KX_VERB_KILL)

static bool can_rerun(const struct kx_tree_at *at)
{
    return fits(at, KX_VERB_RERUN);
}

/* "failed", or "skip=a,b": the job's own configuration with what Oozie wants besides. */
static int run_rerun(const struct kx_tree_at *at, const char *words, struct kx_error *err)
{
    __attribute__((cleanup(kx_job_id_clear))) struct kx_job_id id = {0};
    g_autoptr(kx_answer) record = NULL;
    g_autoptr(kx_configuration) values = kx_configuration_new();
    g_autofree char *rest = NULL;
    bool tried = kx_oozie_only_tried(words, &rest);
    const char *argument = rest ? rest : "";
    bool failed = strcmp(argument, "failed") == 0, skip = g_str_has_prefix(argument, "skip=");
    if (!failed && !skip && strcmp(argument, "all") != 0)
        return kx_error_set(err, EINVAL, "rerun %s: failed, all or skip=NODE,NODE is expected",
                            argument);
    if (tried && !can_rerun(at))
        return kx_error_set(err, EBUSY, "rerun is not possible: the job has not ended");
    if (tried)
        return kx_oozie_try_rerun(at, failed ? NULL : skip ? argument + strlen("skip=") : "", err);
    int result = kx_oozie_job_at(at, &id, &record, err);
    if (result < 0) return result;
    g_autofree char *xml = kx_item_text(kx_answer_root(record), "conf");
    if (xml) result = kx_configuration_read_xml(values, xml, strlen(xml), err);
    if (result < 0) return result;
    kx_configuration_remove(values, "oozie.wf.rerun.skip.nodes");
    kx_configuration_set(values, "oozie.wf.rerun.failnodes", failed ? "true" : "false");
    if (skip) {
        kx_configuration_remove(values, "oozie.wf.rerun.failnodes");
        kx_configuration_set(values, "oozie.wf.rerun.skip.nodes", argument + strlen("skip="));
    }
    g_autofree char *body = kx_configuration_xml(values);
    return kx_oozie_act(kx_oozie_of(at, err), &id, KX_VERB_RERUN, body, at->call, err);
}

/* All of it, or some of its runs. */
static int run_kill_runs(const struct kx_tree_at *at, const char *argument, struct kx_error *err)
{
    g_autofree char *runs = NULL;
    bool tried = kx_oozie_only_tried(argument, &runs);
    if (tried && !runs)
        return kx_error_set(err, EINVAL, "kill -n: say which runs, as 1-3 or FROM::TO");
    return runs ? kx_oozie_on_runs(at, "kill", argument, err) : run_kill(at, NULL, err);
}

static int run_ignore_runs(const struct kx_tree_at *at, const char *argument, struct kx_error *err)
{
    return argument ? kx_oozie_ignore_runs(at, argument, err) : act(at, KX_VERB_IGNORE, NULL, err);
}

#define SLA(whose, which)                                                                          \
    {.name = "sla-enable",                                                                         \
     .argument = "[" whose "]",                                                                    \
     .help = "alerts are given when its times are missed: " which,                                 \
     .run = kx_oozie_sla_enable},                                                                  \
        {.name = "sla-disable",                                                                    \
         .argument = "[" whose "]",                                                                \
         .help = "no alerts any more",                                                             \
         .run = kx_oozie_sla_disable},                                                             \
    {                                                                                              \
        .name = "sla-change", .argument = "NAME=VALUE;NAME=VALUE [" whose "]",                     \
        .help = "sla-nominal-time, -should-start, -should-end or -max-duration of what has not "   \
                "ended",                                                                           \
        .run = kx_oozie_sla_change                                                                 \
    }

#define SUSPEND                                                                                    \
    {                                                                                              \
        .name = "suspend", .help = "start no more actions until it is resumed",                    \
        .run = run_suspend, .valid = can_suspend, .listed_only = true                              \
    }
#define RESUME                                                                                     \
    {                                                                                              \
        .name = "resume", .help = "go on", .run = run_resume, .valid = can_resume,                 \
        .listed_only = true                                                                        \
    }
#define KILL                                                                                       \
    {                                                                                              \
        .name = "kill", .help = "end it, with what it runs; returns when it is KILLED",            \
        .run = run_kill, .valid = can_kill, .listed_only = true                                    \
    }

const struct kx_tree_verb kx_oozie_verbs[] = {
    {.name = "start",
     .help = "begin a job that is in PREP",
     .run = run_start,
     .valid = can_start,
     .listed_only = true},
    SUSPEND,
    RESUME,
    KILL,
    {.name = "rerun",
     .argument = "failed|all|skip=NODE,NODE [-n]",
     .help = "run it again, with the same configuration: the failed nodes, all, or not these; with "
             "-n only preview says what would run",
     .run = run_rerun,
     .valid = can_rerun,
     .listed_only = true},
    {.name = NULL},
};

const struct kx_tree_verb kx_oozie_bundle_verbs[] = {
    SUSPEND,
    RESUME,
    KILL,
    {.name = "rerun",
     .argument = "[NAME,NAME] [FROM::TO] [refresh] [nocleanup]",
     .help = "run it again: these coordinators, these times; look for input again, keep output",
     .run = kx_oozie_rerun_bundle,
     .valid = can_rerun,
     .listed_only = true},
    {.name = "change",
     .argument = "NAME=VALUE;NAME=VALUE",
     .help = "its endtime or pausetime",
     .run = kx_oozie_change_it},
    SLA("NAME,NAME", "of all its coordinators, or of these"),
    {.name = NULL},
};

const struct kx_tree_verb kx_oozie_coordinator_verbs[] = {
    SUSPEND,
    RESUME,
    {.name = "kill",
     .argument = "[RUNS [-n]]",
     .help = "end it, or only these of its runs: 3 or 1-3,5 or FROM::TO",
     .run = run_kill_runs,
     .valid = can_kill,
     .listed_only = true},
    {.name = "rerun",
     .argument = "RUNS [refresh] [nocleanup] [failed] [-n]",
     .help =
         "runs that have ended again; look for input again, keep output, failed nodes only; with "
         "-n nothing is done, and preview says what would be",
     .run = kx_oozie_rerun_runs},
    {.name = "ignore",
     .argument = "[RUNS [-n]]",
     .help = "count it, when it has failed or was killed, as done, or only these of its runs",
     .run = run_ignore_runs},
    {.name = "change",
     .argument = "NAME=VALUE;NAME=VALUE [-n]",
     .help = "its endtime, concurrency or pausetime; status=RUNNING: it goes on after all",
     .run = kx_oozie_change_it},
    {.name = "update",
     .argument = "[NAME=VALUE;NAME=VALUE] [-n]",
     .help = "read its definition again, with these values of its configuration; with -n only "
             "preview says what would be other",
     .run = kx_oozie_update_it},
    SLA("RUNS", "of all runs, or of these"),
    {.name = NULL},
};
