#include "fs/submit.h"

#include <errno.h>
#include <string.h>

#include "oozie/application.h"
#include "rest/upload.h"
#include "rest/webhdfs.h"
#include "rest/yarn_conf.h"

#define APPS_FOLDER "/user/%s/.knoxfs/apps/%s-%08x"

/* Take the values of `from` that are not there yet. */
static int merge(const struct kx_configuration *from, struct kx_configuration *to,
                 struct kx_error *err)
{
    g_autoptr(GString) text = g_string_new(NULL);
    kx_configuration_write_properties(from, text);
    return kx_configuration_read_properties(to, text->str, text->len, err);
}

static int check_values(const struct kx_submit *submit, const struct kx_application *application,
                        const struct kx_configuration *values, struct kx_error *err)
{
    g_autofree char *missing = kx_application_missing(application, values);
    if (*missing)
        return kx_error_set(err, EINVAL, "these values are missing: %s; write them into %s",
                            missing, submit->where);
    if (!kx_configuration_get(values, "nameNode"))
        return kx_error_set(err, EINVAL,
                            "where HDFS is could not be learned: write nameNode=hdfs://HOST:PORT "
                            "into " KX_DEFAULTS_FILE);
    return 0;
}

/* A folder that nobody has: an application that is there already would be taken instead. */
static char *fresh_folder(const struct kx_submit *submit, const char *user)
{
    const struct kx_clock *clock = kx_client_clock(submit->client);
    g_autoptr(GDateTime) now = g_date_time_new_from_unix_utc(clock->wall_ms(clock) / 1000);
    g_autofree char *stamp = g_date_time_format(now, "%Y%m%dT%H%M%S");
    return g_strdup_printf(APPS_FOLDER, user, stamp, g_random_int());
}

static int put_file(const struct kx_submit *submit, const char *folder, const char *name,
                    GBytes *text, struct kx_error *err)
{
    const struct kx_create how = {.create_parent = true, .mode = 0644};
    g_autofree char *path = kx_path_join(folder, name);
    gsize length = 0;
    const char *bytes = g_bytes_get_data(text, &length);
    int result = kx_upload_small(submit->client, path, &how, bytes, length, submit->call, err);
    if (result < 0) kx_error_prefix(err, "cannot store the application in HDFS");
    return result;
}

static int put_application(const struct kx_submit *submit, const char *folder,
                           const struct kx_application *application, GBytes *text,
                           struct kx_error *err)
{
    int result = put_file(submit, folder, kx_application_file(application->kind), text, err);
    for (guint i = 0; result == 0 && submit->beside && i < submit->beside->len; i++) {
        const struct kx_submit_file *file = g_ptr_array_index(submit->beside, i);
        result = put_file(submit, folder, file->name, file->text, err);
    }
    return result;
}

static int send(const struct kx_submit *submit, struct kx_configuration *values,
                enum kx_job_kind kind, char **out, struct kx_error *err)
{
    g_autofree char *uuid = g_uuid_string_random();
    g_autofree char *mark = g_strconcat("knoxfs-", uuid, NULL);
    bool external =
        kind == KX_JOB_WORKFLOW && !kx_configuration_get(values, "oozie.wf.external.id");
    if (external) kx_configuration_set(values, "oozie.wf.external.id", mark);
    kx_configuration_set(values, "knoxfs.submission.id", mark);
    g_autofree char *xml = kx_configuration_xml(values);
    const struct kx_oozie_order order = {
        .configuration = xml, .kind = kind, .how = submit->how, .mark = mark, .external = external};
    return kx_oozie_submit(submit->oozie, &order, submit->call, out, err);
}

static int submit_application(const struct kx_submit *submit, GBytes *text,
                              const struct kx_application *application, char **out,
                              struct kx_error *err)
{
    g_autoptr(kx_configuration) values = kx_configuration_new();
    int result = merge(submit->values, values, err);
    const char *user = kx_configuration_get(values, "user.name");
    const char *hdfs = kx_configuration_get(values, "nameNode");
    g_autofree char *folder = fresh_folder(submit, user ? user : "nobody");
    g_autofree char *where = g_strconcat(hdfs ? hdfs : "", folder, NULL);
    if (!kx_configuration_get(values, KX_SUBMIT_PLACE))
        kx_configuration_set(values, KX_SUBMIT_PLACE, where);
    if (result == 0) result = check_values(submit, application, values, err);
    if (result < 0) return result;
    for (int kind = KX_JOB_WORKFLOW; kind <= KX_JOB_BUNDLE; kind++) /* one only is allowed */
        kx_configuration_remove(values, kx_application_property((enum kx_job_kind)kind));
    kx_configuration_set(values, kx_application_property(application->kind), where);
    result = put_application(submit, folder, application, text, err);
    if (result == 0) result = send(submit, values, application->kind, out, err);
    /* What was refused, or only tried, is not needed; where nobody knows, a job may be reading it.
     */
    bool needed = result == -EINPROGRESS || (result == 0 && submit->how != KX_OOZIE_DRYRUN);
    if (!needed) (void)kx_webhdfs_delete(submit->client, folder, true, submit->call, NULL);
    return result;
}

int kx_submit_xml(const struct kx_submit *submit, GBytes *text, char **out, struct kx_error *err)
{
    struct kx_application application;
    gsize length = 0;
    const char *bytes = g_bytes_get_data(text, &length);
    int result = kx_application_read(bytes, length, &application, err);
    if (result < 0 && !submit->last) return -EAGAIN;
    if (result == 0) result = submit_application(submit, text, &application, out, err);
    kx_application_clear(&application);
    return result;
}

int kx_submit_properties(const struct kx_submit *submit, GBytes *text, char **out,
                         struct kx_error *err)
{
    g_autoptr(kx_configuration) values = kx_configuration_new();
    gsize length = 0;
    const char *bytes = g_bytes_get_data(text, &length);
    int result = merge(submit->values, values, err);
    if (result == 0) result = kx_configuration_read(values, bytes, length, err);
    if (result < 0) return result;
    for (int kind = KX_JOB_WORKFLOW; kind <= KX_JOB_BUNDLE; kind++)
        if (kx_configuration_get(values, kx_application_property((enum kx_job_kind)kind)))
            return send(submit, values, (enum kx_job_kind)kind, out, err);
    return kx_error_set(err, EINVAL,
                        "oozie.wf.application.path, oozie.coord.application.path or "
                        "oozie.bundle.application.path is missing");
}

void kx_submit_learn(struct kx_services *services, struct kx_client *client,
                     const struct kx_call *call, struct kx_configuration *values)
{
    g_autoptr(kx_configuration) conf = kx_configuration_new();
    struct kx_service *yarn = kx_services_get(services, KX_SERVICE_YARN);
    const char *user = kx_client_user(client);
    if (user) kx_configuration_set(values, "user.name", user);
    if (!yarn || kx_yarn_conf_read(yarn, call, conf) < 0) return;
    g_autofree char *hdfs = kx_yarn_conf_value(conf, "fs.defaultFS");
    g_autofree char *manager = kx_yarn_conf_value(conf, "yarn.resourcemanager.address");
    if (hdfs && g_str_has_prefix(hdfs, "hdfs://")) kx_configuration_set(values, "nameNode", hdfs);
    if (!manager || g_str_has_prefix(manager, "0.0.0.0")) return;
    kx_configuration_set(values, "resourceManager", manager);
    kx_configuration_set(values, "jobTracker", manager);
}

void kx_submit_call_back(const char *url, struct kx_configuration *values)
{
    static const char *const CALLS[][2] = {
        {"oozie.wf.workflow.notification.url", "$jobId"},
        {"oozie.coord.action.notification.url", "$actionId"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(CALLS); i++) {
        g_autofree char *whole = g_strconcat(url, CALLS[i][1], NULL);
        if (!kx_configuration_get(values, CALLS[i][0]))
            kx_configuration_set(values, CALLS[i][0], whole);
    }
}
