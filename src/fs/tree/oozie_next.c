/* The times that a coordinator's next runs are for. The first is what Oozie says; the others are
 * counted (oozie/nominal.h). */
#include <errno.h>
#include <string.h>

#include "fs/tree/oozie_private.h"
#include "fs/tree/shared.h"
#include "oozie/application.h"
#include "oozie/nominal.h"

#define SHOWN 10

/* "${often}" stands for a value of the job. */
static const char *value_of(const char *text, const struct kx_configuration *values,
                            const struct kx_configuration *defaults)
{
    size_t length = strlen(text);
    if (!g_str_has_prefix(text, "${") || text[length - 1] != '}') return text;
    g_autofree char *name = g_strndup(text + 2, length - 3);
    const char *value = kx_configuration_get(values, name);
    if (!value) value = kx_configuration_get(defaults, name);
    return value ? value : text;
}

/* "${coord:endOfDays(1)}" is told by the definition only. */
static int read_end_of(const struct kx_tree_at *at, const struct kx_job_id *id,
                       const struct kx_item *job, enum kx_end_of *out, struct kx_error *err)
{
    g_autoptr(GBytes) definition = NULL;
    g_autoptr(kx_configuration) values = kx_configuration_new();
    g_autofree char *conf = kx_item_text(job, "conf");
    struct kx_application application;
    int result =
        kx_oozie_show(kx_oozie_of(at, err), id, "definition", NULL, at->call, &definition, err);
    if (result == 0 && conf) result = kx_configuration_read_xml(values, conf, strlen(conf), err);
    if (result < 0) return result;
    gsize length = 0;
    const char *text = g_bytes_get_data(definition, &length);
    result = kx_application_read(text, length, &application, err);
    if (result < 0) return result;
    if (application.frequency)
        *out = kx_nominal_end_of(value_of(application.frequency, values, application.defaults));
    kx_application_clear(&application);
    return 0;
}

/* @return owned: the clock that cron's frequencies are for; NULL: Oozie does not say. */
static char *own_zone(const struct kx_tree_at *at)
{
    g_autoptr(kx_answer) all = NULL;
    struct kx_oozie *oozie = kx_oozie_of(at, NULL);
    if (!oozie || kx_oozie_admin(oozie, "admin/configuration", at->call, &all, NULL) < 0)
        return NULL;
    return kx_item_text(kx_answer_root(all), "oozie.processing.timezone");
}

static int64_t time_of(const struct kx_item *job, const char *member)
{
    g_autofree char *text = kx_item_text(job, member);
    return kx_oozie_time(text);
}

static int add_times(const struct kx_tree_at *at, const struct kx_job_id *id,
                     const struct kx_item *job, GString *out, struct kx_error *err)
{
    g_autofree char *frequency = kx_item_text(job, "frequency");
    g_autofree char *unit = kx_item_text(job, "timeUnit"), *zone = kx_item_text(job, "timeZone");
    bool cron = g_strcmp0(unit, "CRON") == 0;
    g_autofree char *own = cron ? own_zone(at) : NULL;
    struct kx_nominal nominal = {.frequency = frequency ? frequency : "",
                                 .unit = unit ? unit : "",
                                 .zone = zone ? zone : "UTC",
                                 .own_zone = own,
                                 .start_ms = time_of(job, "startTime"),
                                 .end_ms = time_of(job, "endTime"),
                                 .next_ms = time_of(job, "nextMaterializedTime")};
    g_autoptr(GArray) times = g_array_new(FALSE, FALSE, sizeof(int64_t));
    int result = cron || nominal.next_ms ? 0 : read_end_of(at, id, job, &nominal.end_of, err);
    if (result == 0) result = kx_nominal_times(&nominal, SHOWN, times, err);
    for (guint i = 0; i < times->len; i++) {
        kx_shared_add_time(g_array_index(times, int64_t, i), out);
        g_string_append_c(out, '\n');
    }
    return result;
}

int kx_oozie_next(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    __attribute__((cleanup(kx_job_id_clear))) struct kx_job_id id = {0};
    g_autoptr(kx_answer) record = NULL;
    int result = kx_oozie_job_at(at, &id, &record, err);
    if (result < 0) return result;
    const struct kx_item *job = kx_answer_root(record);
    g_autofree char *status = kx_item_text(job, "status");
    int64_t next_ms = time_of(job, "nextMaterializedTime");
    bool all_made = next_ms && next_ms >= time_of(job, "endTime");
    return all_made || kx_oozie_ended(status) ? 0 : add_times(at, &id, job, out, err);
}
