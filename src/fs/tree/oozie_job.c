/* The files of one job. */
#include <errno.h>
#include <string.h>

#include "fs/mount.h"
#include "fs/running.h"
#include "fs/tree/oozie_private.h"
#include "rest/configuration.h"

int kx_oozie_job_member(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    __attribute__((cleanup(kx_job_id_clear))) struct kx_job_id id = {0};
    g_autoptr(kx_answer) record = NULL;
    int result = kx_oozie_job_at(at, &id, &record, err);
    if (result == 0) kx_oozie_add_member(kx_answer_root(record), at->row->data, out);
    return result;
}

int kx_oozie_job_json(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    __attribute__((cleanup(kx_job_id_clear))) struct kx_job_id id = {0};
    g_autoptr(kx_answer) record = NULL;
    int result = kx_oozie_job_at(at, &id, &record, err);
    if (result < 0) return result;
    g_autofree char *json = kx_item_json(kx_answer_root(record));
    g_string_append(out, json);
    return 0;
}

int kx_oozie_job_properties(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    __attribute__((cleanup(kx_job_id_clear))) struct kx_job_id id = {0};
    g_autoptr(kx_answer) record = NULL;
    g_autoptr(kx_configuration) values = kx_configuration_new();
    int result = kx_oozie_job_at(at, &id, &record, err);
    if (result < 0) return result;
    g_autofree char *xml = kx_item_text(kx_answer_root(record), "conf");
    if (xml) result = kx_configuration_read_xml(values, xml, strlen(xml), err);
    if (result == 0) kx_configuration_write_properties(values, out);
    return result;
}

/* `data`: what is shown, and after a blank more of the query. */
int kx_oozie_job_show(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    __attribute__((cleanup(kx_job_id_clear))) struct kx_job_id id = {0};
    g_auto(GStrv) words = g_strsplit(at->row->data, " ", 2);
    g_autoptr(GBytes) bytes = NULL;
    int result = kx_oozie_job_at(at, &id, NULL, err);
    if (result == 0)
        result =
            kx_oozie_show(kx_oozie_of(at, err), &id, words[0], words[1], at->call, &bytes, err);
    if (result < 0) return result;
    gsize length = 0;
    const char *text = g_bytes_get_data(bytes, &length);
    g_string_append_len(out, text, (gssize)length);
    return 0;
}

int kx_oozie_running_look(const struct kx_tree_at *at, struct kx_tree_look *out,
                          struct kx_error *err)
{
    g_autoptr(GString) status = g_string_new(NULL);
    (void)out;
    int result = kx_oozie_running_text(at, status, err);
    if (result < 0) return result;
    return kx_running_look(at->mount->running, kx_tree_bound(at, "id"), kx_oozie_ended(status->str))
               ? 0
               : kx_error_set(err, ENOENT, "the job has ended: %s", status->str);
}

int kx_oozie_running_text(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    static const struct kx_oozie_member STATUS = {"status", false};
    __attribute__((cleanup(kx_job_id_clear))) struct kx_job_id id = {0};
    g_autoptr(kx_answer) record = NULL;
    int result = kx_oozie_job_at(at, &id, &record, err);
    if (result == 0) kx_oozie_add_member(kx_answer_root(record), &STATUS, out);
    return result;
}
