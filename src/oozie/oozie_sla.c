/* Alerts of a service level, and the definition of a coordinator that is read again.
 *
 * Oozie 5.2.1 answers 200 to sla-enable and the like of a whole coordinator that has no service
 * level, so its records are looked at afterwards (oozie_sla_shown.c), and the definition where
 * there are none yet; of a bundle those of its coordinators. It wants an XML body's type though it
 * reads none. */
#include <errno.h>
#include <string.h>

#include "oozie/application.h"
#include "oozie/oozie_private.h"

#define EMPTY "<configuration/>"

int kx_oozie_update(struct kx_oozie *oozie, const struct kx_job_id *id, const char *configuration,
                    bool tried, const struct kx_call *call, char **diff, struct kx_error *err)
{
    g_autofree char *status = NULL;
    g_autoptr(GString) params = g_string_new(NULL);
    g_autoptr(GBytes) body = NULL;
    g_autoptr(kx_answer) answer = NULL;
    int result = kx_oozie_state(oozie, id, call, &status, NULL, err);
    if (result == 0 && kx_oozie_ended(status))
        result = kx_error_set(err, EBUSY, "update is not possible: %s is %s", id->job, status);
    if (result < 0) return result;
    kx_url_append_query(params, "action", "update");
    kx_url_append_query(params, "dryrun", tried ? "true" : "false");
    result = kx_oozie_put(oozie, id, params->str, configuration, call, &body, NULL, err);
    if (result == 0) result = kx_answer_parse(body, &answer, err);
    if (result < 0) return result;
    *diff = kx_item_text(kx_answer_root(answer), "update/diff");
    return *diff ? 0 : kx_error_set(err, EPROTO, "Oozie does not say what it has updated");
}

/* "NAME=VALUE;NAME=VALUE" */
static int check_changes(const char *changes, struct kx_error *err)
{
    static const char *const NAMES[] = {"sla-nominal-time", "sla-should-start", "sla-should-end",
                                        "sla-max-duration", NULL};
    g_auto(GStrv) parts = g_strsplit(changes, ";", -1);
    for (char **part = parts; *part; part++) {
        g_auto(GStrv) pair = g_strsplit(*part, "=", 2);
        if (!pair[0] || !g_strv_contains(NAMES, pair[0]) || !pair[1] || !*pair[1])
            return kx_error_set(err, EINVAL,
                                "%s: sla-nominal-time=, sla-should-start=, sla-should-end= or "
                                "sla-max-duration= is expected",
                                *part);
    }
    return 0;
}

static int has_level(struct kx_oozie *oozie, const struct kx_job_id *id, const struct kx_call *call,
                     bool *out, struct kx_error *err)
{
    g_autoptr(GBytes) definition = NULL;
    struct kx_application application;
    int result = kx_oozie_show(oozie, id, "definition", NULL, call, &definition, err);
    if (result < 0) return result;
    gsize length = 0;
    const char *text = g_bytes_get_data(definition, &length);
    result = kx_application_read(text, length, &application, err);
    if (result < 0) return result;
    *out = application.level;
    kx_application_clear(&application);
    return 0;
}

static void free_id(gpointer data)
{
    kx_job_id_clear(data);
    g_free(data);
}

/* Keep a job's id where it has a service level. */
static int add_levelled(struct kx_oozie *oozie, const char *job, const struct kx_call *call,
                        GPtrArray *out, struct kx_error *err)
{
    struct kx_job_id *id = g_new0(struct kx_job_id, 1);
    bool level = false;
    int result = kx_job_id_parse(job, id, err);
    if (result == 0) result = has_level(oozie, id, call, &level, err);
    if (result == 0 && level)
        g_ptr_array_add(out, id);
    else
        free_id(id);
    return result;
}

/* Those of a bundle's coordinators that are meant and have a service level.  @names with commas;
 * NULL: all.  @return -ENOENT: it has none of this name. */
static int add_members(struct kx_oozie *oozie, const struct kx_job_id *id, const char *names,
                       const struct kx_call *call, GPtrArray *out, struct kx_error *err)
{
    g_auto(GStrv) wanted = g_strsplit(names ? names : "", ",", -1);
    g_autoptr(GHashTable) found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(kx_answer) record = NULL;
    int result = kx_oozie_job(oozie, id, call, &record, err);
    const struct kx_item *all =
        result == 0 ? kx_item_at(kx_answer_root(record), "bundleCoordJobs") : NULL;
    for (size_t i = 0; result == 0 && i < kx_item_count(all); i++) {
        g_autofree char *job = kx_item_text(kx_item_element(all, i), "coordJobId");
        g_autofree char *name = kx_item_text(kx_item_element(all, i), "coordJobName");
        if (!job || !name) continue; /* it is not made yet */
        bool meant = !names || g_strv_contains((const char *const *)wanted, name);
        if (meant) result = add_levelled(oozie, job, call, out, err);
        g_hash_table_add(found, g_steal_pointer(&name));
    }
    for (char **name = wanted; result == 0 && *name; name++)
        if (!g_hash_table_contains(found, *name))
            result = kx_error_set(err, ENOENT, "%s has no coordinator %s", id->job, *name);
    return result;
}

int kx_oozie_set_sla(struct kx_oozie *oozie, const struct kx_job_id *id,
                     const struct kx_oozie_sla *sla, const struct kx_call *call,
                     struct kx_error *err)
{
    bool dates = false;
    g_autoptr(GString) params = g_string_new(NULL);
    g_autoptr(GPtrArray) meant = g_ptr_array_new_with_free_func(free_id);
    int result = sla->scope ? kx_oozie_check_runs(sla->scope, &dates, err) : 0;
    if (result == 0 && sla->changes) result = check_changes(sla->changes, err);
    if (result == 0)
        result = id->kind == KX_JOB_BUNDLE
                     ? add_members(oozie, id, sla->coordinators, call, meant, err)
                     : add_levelled(oozie, id->job, call, meant, err);
    if (result == 0 && !meant->len)
        result = kx_error_set(err, EBUSY, "%s has no service level (sla:info)", id->job);
    if (result < 0) return result;
    kx_url_append_query(params, "action", sla->action);
    kx_url_append_query(params, dates ? "date" : "action-list", sla->scope);
    kx_url_append_query(params, "coordinators", sla->coordinators);
    kx_url_append_query(params, "value", sla->changes);
    result = kx_oozie_put(oozie, id, params->str, EMPTY, call, NULL, NULL, err);
    for (guint i = 0; result == 0 && i < meant->len; i++)
        result = kx_oozie_sla_shown(oozie, g_ptr_array_index(meant, i), sla, dates, call, err);
    return result;
}
