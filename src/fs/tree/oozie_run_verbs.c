/* The verbs that are about runs of a coordinator, or of a bundle. */
#include <errno.h>
#include <string.h>

#include "fs/tree/oozie_private.h"
#include "rest/configuration.h"

static int try_runs(const struct kx_tree_at *at, const struct kx_answer *record,
                    const struct kx_oozie_runs *runs, struct kx_error *err)
{
    g_autoptr(GString) out = g_string_new(NULL);
    int result = kx_oozie_preview_runs(kx_answer_root(record), runs, out, err);
    kx_oozie_keep_preview(at, out->str);
    return result;
}

int kx_oozie_on_runs(const struct kx_tree_at *at, const char *action, const char *argument,
                     struct kx_error *err)
{
    __attribute__((cleanup(kx_job_id_clear))) struct kx_job_id id = {0};
    g_autoptr(kx_answer) record = NULL;
    g_autofree char *rest = NULL;
    bool tried = kx_oozie_only_tried(argument, &rest);
    if (!rest)
        return kx_error_set(err, EINVAL, "%s -n: say which runs, as 1-3 or FROM::TO",
                            strcmp(action, "coord-rerun") == 0 ? "rerun" : action);
    g_auto(GStrv) words = g_strsplit_set(rest, " \t", -1);
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
    if (tried) return try_runs(at, record, &runs, err);
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

/* "one,two 2026-03-01T00:00Z::2026-03-05T00:00Z refresh", in any order. */
int kx_oozie_rerun_bundle(const struct kx_tree_at *at, const char *argument, struct kx_error *err)
{
    __attribute__((cleanup(kx_job_id_clear))) struct kx_job_id id = {0};
    g_autoptr(kx_answer) record = NULL;
    g_auto(GStrv) words = g_strsplit_set(argument ? argument : "", " \t", -1);
    struct kx_oozie_again again = {.body = NULL};
    for (char **word = words; *word; word++) {
        const char **text = strstr(*word, "::") ? &again.dates : &again.coordinators;
        if (strcmp(*word, "refresh") == 0)
            again.refresh = true;
        else if (strcmp(*word, "nocleanup") == 0)
            again.nocleanup = true;
        else if (**word && *text)
            return kx_error_set(err, EINVAL, "%s: one list of names and one of dates", *word);
        else if (**word)
            *text = *word;
    }
    int result = kx_oozie_job_at(at, &id, &record, err);
    if (result < 0) return result;
    g_autofree char *conf = kx_item_text(kx_answer_root(record), "conf");
    again.body = conf;
    return kx_oozie_run_again(kx_oozie_of(at, err), &id, &again, at->call, err);
}

int kx_oozie_change_it(const struct kx_tree_at *at, const char *argument, struct kx_error *err)
{
    __attribute__((cleanup(kx_job_id_clear))) struct kx_job_id id = {0};
    g_autoptr(kx_answer) record = NULL;
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *changes = NULL;
    bool tried = kx_oozie_only_tried(argument, &changes);
    int result = kx_oozie_job_at(at, &id, tried ? &record : NULL, err);
    if (result < 0) return result;
    if (!tried) return kx_oozie_change(kx_oozie_of(at, err), &id, argument, at->call, err);
    result = kx_oozie_preview_change(kx_answer_root(record), changes ? changes : "", out, err);
    kx_oozie_keep_preview(at, out->str);
    return result;
}

static int set_values(struct kx_configuration *values, const char *changes, struct kx_error *err)
{
    g_auto(GStrv) parts = g_strsplit(changes ? changes : "", ";", -1);
    for (char **part = parts; *part; part++) {
        g_auto(GStrv) pair = g_strsplit(*part, "=", 2);
        if (**part && (!*pair[0] || !pair[1]))
            return kx_error_set(err, EINVAL, "%s: NAME=VALUE is expected", *part);
        if (**part) kx_configuration_set(values, pair[0], pair[1]);
    }
    return 0;
}

int kx_oozie_update_it(const struct kx_tree_at *at, const char *argument, struct kx_error *err)
{
    __attribute__((cleanup(kx_job_id_clear))) struct kx_job_id id = {0};
    g_autoptr(kx_answer) record = NULL;
    g_autoptr(kx_configuration) values = kx_configuration_new();
    g_autofree char *changes = NULL, *diff = NULL;
    bool tried = kx_oozie_only_tried(argument, &changes);
    int result = kx_oozie_job_at(at, &id, &record, err);
    if (result < 0) return result;
    g_autofree char *xml = kx_item_text(kx_answer_root(record), "conf");
    if (xml) result = kx_configuration_read_xml(values, xml, strlen(xml), err);
    if (result == 0) result = set_values(values, changes, err);
    if (result < 0) return result;
    g_autofree char *body = kx_configuration_xml(values);
    result = kx_oozie_update(kx_oozie_of(at, err), &id, body, tried, at->call, &diff, err);
    if (result == 0 && tried) kx_oozie_keep_preview(at, diff);
    return result;
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
    {.name = "kill", .argument = "[-n]", .help = "end it", .run = kill_run},
    {.name = "rerun",
     .argument = "[refresh] [nocleanup] [failed] [-n]",
     .help =
         "again: look for input again, keep output, failed nodes only; -n: preview says whether",
     .run = rerun_run},
    {.name = "ignore",
     .argument = "[-n]",
     .help = "count it as done though it failed",
     .run = ignore_run},
    {.name = NULL},
};
