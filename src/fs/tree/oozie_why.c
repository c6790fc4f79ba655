/* Why a job has failed: its first action that has, what YARN says of the application, and the end
 * of what that wrote. */
#include <errno.h>
#include <string.h>

#include "fs/mount.h"
#include "fs/services.h"
#include "fs/tree/oozie_private.h"
#include "rest/container_logs.h"

#define DEEP_MAX      8 /* sub-workflows of sub-workflows */
#define APPS_MAX      4 /* of one action */
#define CONTAINER_MAX 20
#define LINES_MAX     50
#define END_BYTES     ((int64_t)64 * 1024) /* of a log that are looked at */
#define SAID_MAX      4096                 /* bytes of what YARN says */

static void add_reason(GString *out, const struct kx_item *action)
{
    static const struct {
        const char *title;
        struct kx_oozie_member member;
    } LINES[] = {
        {"action", {"name", false}},          {"type", {"type", false}},
        {"status", {"status", false}},        {"code", {"errorCode", false}},
        {"message", {"errorMessage", false}}, {"application", {"externalId", false}},
        {"state", {"externalStatus", false}}, {"started", {"startTime", true}},
        {"ended", {"endTime", true}},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(LINES); i++) {
        g_autoptr(GString) value = g_string_new(NULL);
        kx_oozie_add_member(action, &LINES[i].member, value);
        if (value->len) g_string_append_printf(out, "%s:\t%s\n", LINES[i].title, value->str);
    }
}

/* The first action that failed; of those that end the job ("kill" nodes) only where nothing else
 * did.  @return borrowed; NULL: none. */
static const struct kx_item *first_failed(const struct kx_answer *record)
{
    static const char *const BAD[] = {"ERROR", "FAILED", "KILLED", NULL};
    const struct kx_item *actions = kx_item_at(kx_answer_root(record), "actions");
    for (size_t i = 0; i < kx_item_count(actions); i++) {
        const struct kx_item *action = kx_item_element(actions, i);
        g_autofree char *status = kx_item_text(action, "status");
        if (status && g_strv_contains(BAD, status)) return action;
    }
    for (size_t i = 0; i < kx_item_count(actions); i++) {
        g_autofree char *code = kx_item_text(kx_item_element(actions, i), "errorCode");
        if (code) return kx_item_element(actions, i);
    }
    return NULL;
}

/* Several lines become lines of their own, behind a tab. */
static void add_lines(GString *out, const char *title, const char *text)
{
    g_autofree char *short_text = g_strndup(text, SAID_MAX);
    g_auto(GStrv) lines = g_strsplit(g_strstrip(short_text), "\n", -1);
    for (char **line = lines; *line; line++)
        g_string_append_printf(out, "%s\t%s\n", line == lines ? title : "", *line);
}

/* @return whether it went well, so that nothing more is to be said of it. */
static bool add_app(const struct kx_tree_at *at, const char *app, GString *out, char **said)
{
    KX_ERROR_AUTO(err);
    g_autoptr(kx_answer) answer = NULL;
    struct kx_yarn *yarn = kx_services_yarn(at->mount->services);
    if (!yarn || kx_yarn_app(yarn, app, at->call, &answer, &err) < 0) {
        g_string_append_printf(out, "\napp:\t%s: %s\n", app,
                               err.message ? err.message : "this mount has no YARN (-o yarn=URL)");
        return false;
    }
    g_autofree char *state = kx_item_text(kx_answer_root(answer), "app/state");
    g_autofree char *result = kx_item_text(kx_answer_root(answer), "app/finalStatus");
    *said = kx_item_text(kx_answer_root(answer), "app/diagnostics");
    if (g_strcmp0(result, "SUCCEEDED") == 0) return true;
    g_string_append_printf(out, "\napp:\t%s %s %s\n", app, state ? state : "?",
                           result ? result : "?");
    if (*said && **said) add_lines(out, "diagnostics:", *said);
    return false;
}

/* The last lines of some bytes; the first one may have been cut when there are more before it. */
static void add_end(GString *out, GBytes *bytes, bool cut)
{
    gsize length = 0;
    const char *text = g_bytes_get_data(bytes, &length), *start = text + length;
    if (length && start[-1] == '\n') start--;
    for (int lines = 0; start > text; start--)
        if (start[-1] == '\n' && ++lines == LINES_MAX) break;
    if (start == text && cut) {
        const char *end = memchr(text, '\n', length);
        if (end) start = end + 1;
    }
    g_string_append_len(out, start, (gssize)(text + length - start));
    if (length && text[length - 1] != '\n') g_string_append_c(out, '\n');
}

/* @return 1: there was something; 0: it is empty; -errno. */
static int add_stderr(const struct kx_tree_at *at, struct kx_logs *logs, const char *app,
                      const char *container, GString *out, struct kx_error *err)
{
    const struct kx_log_name name = {.app = app, .container = container, .file = "stderr"};
    g_autoptr(GBytes) bytes = NULL;
    struct kx_log_look look;
    int result = kx_logs_look(logs, &name, at->call, &look, err);
    if (result < 0) return result == -ENOENT ? 0 : result;
    if (!look.size) return 0;
    int64_t from = MAX(look.size - END_BYTES, 0);
    result = kx_logs_read(logs, &name, from, (size_t)(look.size - from), at->call, &bytes, err);
    if (result < 0) return result;
    g_string_append_printf(out, "\n%s/%s/stderr, its end:\n", app, container);
    add_end(out, bytes, from > 0);
    return 1;
}

/* The container that YARN names comes first, then all by their names. */
static int by_name(gconstpointer a, gconstpointer b, gpointer data)
{
    const char *x = *(const char *const *)a, *y = *(const char *const *)b, *said = data;
    int named = (said && strstr(said, y) != NULL) - (said && strstr(said, x) != NULL);
    return named ? named : strcmp(x, y);
}

static void add_log(const struct kx_tree_at *at, const char *app, char *said, GString *out)
{
    KX_ERROR_AUTO(err);
    g_autoptr(GPtrArray) containers = g_ptr_array_new_with_free_func(g_free);
    struct kx_logs *logs = kx_services_logs(at->mount->services);
    int result = logs ? kx_logs_containers(logs, app, at->call, containers, &err) : 0;
    g_ptr_array_sort_with_data(containers, by_name, said);
    for (guint i = 0; result == 0 && i < MIN(containers->len, CONTAINER_MAX); i++)
        result = add_stderr(at, logs, app, g_ptr_array_index(containers, i), out, &err);
    if (result < 0)
        g_string_append_printf(out, "stderr:\tcannot be read: %s\n",
                               err.message ? err.message : g_strerror(-result));
}

/* What the action has started, then what has started that: the launcher only knows that something
 * went wrong. */
static void add_apps(const struct kx_tree_at *at, const struct kx_item *action, GString *out)
{
    g_autoptr(GPtrArray) apps = g_ptr_array_new_with_free_func(g_free);
    kx_oozie_action_apps(action, apps);
    for (guint i = 0; i < MIN(apps->len, APPS_MAX); i++) {
        const char *app = g_ptr_array_index(apps, i);
        g_autofree char *said = NULL;
        if (!add_app(at, app, out, &said)) add_log(at, app, said, out);
    }
}

/* @next the sub-workflow that the failed action is; NULL: none. */
static void add_job(const struct kx_tree_at *at, const struct kx_job_id *id,
                    const struct kx_answer *record, GString *out, char **next)
{
    struct kx_job_id child = {0};
    const struct kx_item *found = first_failed(record);
    g_autofree char *status = kx_item_text(kx_answer_root(record), "status");
    g_string_append_printf(out, "%sjob:\t%s %s\n", out->len ? "\n" : "", id->job,
                           status ? status : "");
    if (!found) return;
    add_reason(out, found);
    g_autofree char *external = kx_item_text(found, "externalId");
    if (external && kx_job_id_parse(external, &child, NULL) == 0 && child.kind == KX_JOB_WORKFLOW)
        *next = g_strdup(child.job);
    else
        add_apps(at, found, out);
    kx_job_id_clear(&child);
}

int kx_oozie_job_why(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    struct kx_job_id id = {0};
    g_autoptr(kx_answer) record = NULL;
    g_autofree char *next = NULL;
    int result = kx_oozie_job_at(at, &id, &record, err);
    if (result == 0) add_job(at, &id, record, out, &next);
    kx_job_id_clear(&id);
    for (int deep = 0; result == 0 && next && deep < DEEP_MAX; deep++) {
        g_autoptr(kx_answer) below = NULL;
        g_autofree char *job = g_steal_pointer(&next);
        result = kx_job_id_parse(job, &id, err);
        if (result == 0) result = kx_oozie_job(kx_oozie_of(at, err), &id, at->call, &below, err);
        if (result == 0) add_job(at, &id, below, out, &next);
        kx_job_id_clear(&id);
    }
    return result;
}
