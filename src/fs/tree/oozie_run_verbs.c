/* The verbs of a coordinator that are about its runs. */
#include <errno.h>
#include <string.h>

#include "fs/tree/oozie_private.h"

int kx_oozie_on_runs(const struct kx_tree_at *at, const char *action, const char *argument,
                     struct kx_error *err)
{
    __attribute__((cleanup(kx_job_id_clear))) struct kx_job_id id = {0};
    g_autoptr(kx_answer) record = NULL;
    g_auto(GStrv) words = g_strsplit_set(argument, " \t", -1);
    struct kx_oozie_runs runs = {.action = action, .scope = words[0]};
    bool rerun = strcmp(action, "coord-rerun") == 0;
    for (char **word = words + 1; words[0] && *word; word++) {
        bool *flag = strcmp(*word, "refresh") == 0     ? &runs.refresh
                     : strcmp(*word, "nocleanup") == 0 ? &runs.nocleanup
                     : strcmp(*word, "failed") == 0    ? &runs.failed
                                                       : NULL;
        if (!rerun || (!flag && **word))
            return kx_error_set(err, EINVAL, "%s: no such word here", *word);
        if (flag) *flag = true;
    }
    int result = kx_oozie_job_at(at, &id, &record, err);
    if (result < 0) return result;
    g_autofree char *conf = rerun ? kx_item_text(kx_answer_root(record), "conf") : NULL;
    runs.body = conf;
    return kx_oozie_runs(kx_oozie_of(at, err), &id, &runs, at->call, err);
}

int kx_oozie_rerun_runs(const struct kx_tree_at *at, const char *argument, struct kx_error *err)
{
    return kx_oozie_on_runs(at, "coord-rerun", argument, err);
}

int kx_oozie_ignore_runs(const struct kx_tree_at *at, const char *argument, struct kx_error *err)
{
    return kx_oozie_on_runs(at, "ignore", argument, err);
}

int kx_oozie_change_it(const struct kx_tree_at *at, const char *argument, struct kx_error *err)
{
    __attribute__((cleanup(kx_job_id_clear))) struct kx_job_id id = {0};
    int result = kx_oozie_job_at(at, &id, NULL, err);
    return result < 0 ? result
                      : kx_oozie_change(kx_oozie_of(at, err), &id, argument, at->call, err);
}

/* Of one run: its number goes in front of what was written. */
static int on_this_run(const struct kx_tree_at *at, const char *action, const char *argument,
                       struct kx_error *err)
{
    g_autofree char *words =
        g_strjoin(argument ? " " : NULL, kx_tree_bound(at, "action"), argument, NULL);
    return kx_oozie_on_runs(at, action, words, err);
}

static int kill_run(const struct kx_tree_at *at, const char *argument, struct kx_error *err)
{
    return on_this_run(at, "kill", argument, err);
}

static int rerun_run(const struct kx_tree_at *at, const char *argument, struct kx_error *err)
{
    return on_this_run(at, "coord-rerun", argument, err);
}

static int ignore_run(const struct kx_tree_at *at, const char *argument, struct kx_error *err)
{
    return on_this_run(at, "ignore", argument, err);
}

const struct kx_tree_verb kx_oozie_run_verbs[] = {
    {.name = "kill", .help = "end it", .run = kill_run},
    {.name = "rerun",
     .argument = "[refresh] [nocleanup] [failed]",
     .help = "again: look for input again, keep output, failed nodes only",
     .run = rerun_run},
    {.name = "ignore", .help = "count it as done though it failed", .run = ignore_run},
    {.name = NULL},
};
