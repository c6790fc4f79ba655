/* A text was closed: is it one that is submitted, and what became of it? */
#include <errno.h>
#include <string.h>

#include "fs/submissions_private.h"
#include "oozie/workflow.h"

#define IDS_MAX ((size_t)64 * 1024) /* bytes of the ids of one name */

bool kx_submissions_is_scratch(const char *name)
{
    const char *slash = strrchr(name, '/');
    const char *base = slash ? slash + 1 : name;
    return *base == '.' || g_str_has_suffix(base, "~");
}

/* Is a file of this name submitted, or only kept? What is in a folder waits for its ctl. */
static bool is_document(const char *name)
{
    return *name != '.' && !strchr(name, '/') && strcmp(name, KX_DEFAULTS_NAME) != 0 &&
           (g_str_has_suffix(name, ".xml") || g_str_has_suffix(name, ".properties"));
}

/* The reason as a text of lines. */
static char *tell(const struct kx_submissions *all, const struct kx_error *err)
{
    const struct kx_clock *clock = kx_client_clock(all->client);
    g_autoptr(GDateTime) at = g_date_time_new_from_unix_utc(clock->wall_ms(clock) / 1000);
    g_autofree char *stamp = g_date_time_format(at, "%Y-%m-%dT%H:%M:%SZ");
    GString *out = g_string_new(NULL);
    if (err->exception) g_string_append_printf(out, "code:\t%s\n", err->exception);
    g_string_append_printf(out, "message:\t%s\n", err->message ? err->message : "");
    if (err->http_status)
        g_string_append_printf(out, "http:\t%ld %s\n", err->http_status,
                               err->request ? err->request : "");
    g_string_append_printf(out, "errno:\t%s\nat:\t%s\n", g_strerror(err->code), stamp);
    return g_string_free(out, FALSE);
}

void kx_submissions_settle(struct kx_submissions *all, const char *name, char *id,
                           const struct kx_error *err)
{
    g_mutex_lock(&all->mutex);
    struct kx_submissions_entry *entry = g_hash_table_lookup(all->entries, name);
    struct kx_submission *known = &entry->known; /* one that is busy is not removed */
    entry->busy = false;
    g_free(known->id);
    g_free(known->error);
    known->error = id ? NULL : tell(all, err);
    known->id = id;
    if (id && strlen(known->ids ? known->ids : "") < IDS_MAX) {
        char *ids = g_strconcat(known->ids ? known->ids : "", id, "\n", NULL);
        g_free(known->ids);
        known->ids = ids;
    }
    g_mutex_unlock(&all->mutex);
}

int kx_submissions_defaults(struct kx_submissions *all, const struct kx_call *call,
                            struct kx_configuration *values, struct kx_error *err)
{
    struct kx_submission defaults;
    (void)call;
    int result = kx_submissions_find(all, KX_DEFAULTS_NAME, &defaults, err);
    if (result < 0) return result;
    gsize length = 0;
    const char *bytes = g_bytes_get_data(defaults.text, &length);
    result = kx_configuration_read_properties(values, bytes, length, err);
    const char *user = kx_client_user(all->client);
    if (user && !kx_configuration_get(values, "user.name"))
        kx_configuration_set(values, "user.name", user);
    const char *callback = g_atomic_pointer_get(&all->callback);
    if (callback) kx_submit_call_back(callback, values);
    kx_submission_clear(&defaults);
    return result;
}

static int submit(struct kx_submissions *all, const char *name, GBytes *text, bool last,
                  const struct kx_call *call, char **id, struct kx_error *err)
{
    g_autoptr(kx_configuration) values = kx_configuration_new();
    struct kx_oozie *oozie = kx_services_oozie(all->services);
    if (!oozie) return kx_error_set(err, EHOSTUNREACH, "this mount has no Oozie");
    int result = kx_submissions_defaults(all, call, values, err);
    if (result < 0) return result;
    const struct kx_submit what = {.client = all->client,
                                   .oozie = oozie,
                                   .values = values,
                                   .where = KX_DEFAULTS_FILE,
                                   .call = call,
                                   .last = last};
    return g_str_has_suffix(name, ".xml") ? kx_submit_xml(&what, text, id, err)
                                          : kx_submit_properties(&what, text, id, err);
}

void kx_submissions_add_hints(struct kx_submissions *all, const char *name, const char *file,
                              GBytes *text)
{
    gsize length = 0;
    const char *bytes = g_bytes_get_data(text, &length);
    g_autoptr(kx_findings) findings = kx_findings_new();
    g_autoptr(GString) lines = g_string_new(NULL);
    kx_application_check(bytes, length, findings);
    kx_findings_write(findings, file, lines);
    g_auto(GStrv) parts = g_strsplit(lines->str, "\n", -1);
    g_mutex_lock(&all->mutex);
    struct kx_submissions_entry *entry = g_hash_table_lookup(all->entries, name);
    for (char **part = parts; entry && entry->known.error && *part; part++) {
        if (!**part) continue;
        char *more = g_strconcat(entry->known.error, "hint:\t", *part, "\n", NULL);
        g_free(entry->known.error);
        entry->known.error = more;
    }
    g_mutex_unlock(&all->mutex);
}

int kx_submissions_put(struct kx_submissions *all, const char *name, GBytes *text, bool last,
                       const struct kx_call *call, struct kx_error *err)
{
    KX_ERROR_AUTO(own);
    struct kx_error *to = err ? err : &own;
    bool document = is_document(name) && g_bytes_get_size(text) > 0;
    g_mutex_lock(&all->mutex);
    struct kx_submissions_entry *entry = kx_submissions_file_for(all, name, to);
    if (entry) kx_submissions_set_text(all, entry, text);
    if (entry) entry->busy = document;
    g_mutex_unlock(&all->mutex);
    if (!entry) return -to->code;
    if (!document) return 0;
    char *id = NULL;
    int result = submit(all, name, text, last, call, &id, to);
    if (result == -EAGAIN && !last) {
        g_mutex_lock(&all->mutex);
        entry->busy = false; /* not removed while it was busy */
        g_mutex_unlock(&all->mutex);
        return result;
    }
    kx_submissions_settle(all, name, id, to);
    if (result < 0 && g_str_has_suffix(name, ".xml"))
        kx_submissions_add_hints(all, name, name, text);
    return result;
}
