/* Folders: an application of several files, which is handed in when that is said. */
#include <errno.h>
#include <string.h>

#include "fs/submissions_private.h"
#include "oozie/application.h"
#include "oozie/workflow.h"

#define PROPERTIES "job.properties"

/* What a folder has at one moment. */
struct staged {
    GPtrArray
        *files; /* owned: of struct kx_submit_file, but scratch, the main one and properties */
    GBytes *main, *properties; /* owned; NULL: there is none */
    enum kx_job_kind kind;     /* of the main one */
};

static void file_free(gpointer data)
{
    struct kx_submit_file *file = data;
    g_free(file->name);
    g_bytes_unref(file->text);
    g_free(file);
}

static void staged_clear(struct staged *staged)
{
    g_clear_pointer(&staged->files, g_ptr_array_unref);
    g_clear_pointer(&staged->main, g_bytes_unref);
    g_clear_pointer(&staged->properties, g_bytes_unref);
}

/* Mutex held. */
static void collect(const struct kx_submissions *all, const char *folder, struct staged *out)
{
    GHashTableIter iter;
    gpointer name, value;
    g_hash_table_iter_init(&iter, all->entries);
    while (g_hash_table_iter_next(&iter, &name, &value)) {
        const struct kx_submissions_entry *entry = value;
        size_t length = strlen(folder);
        if (!g_str_has_prefix(name, folder) || ((char *)name)[length] != '/') continue;
        if (entry->known.folder || kx_submissions_is_scratch(name)) continue;
        struct kx_submit_file *file = g_new0(struct kx_submit_file, 1);
        file->name = g_strdup((char *)name + length + 1);
        file->text = g_bytes_ref(entry->known.text);
        g_ptr_array_add(out->files, file);
    }
}

/* @return owned; NULL: there is none. It is not among the others any more. */
static GBytes *take(struct staged *staged, const char *name)
{
    for (guint i = 0; i < staged->files->len; i++) {
        const struct kx_submit_file *file = g_ptr_array_index(staged->files, i);
        if (strcmp(file->name, name) != 0) continue;
        GBytes *text = g_bytes_ref(file->text);
        g_ptr_array_remove_index(staged->files, i);
        return text;
    }
    return NULL;
}

static int read_values(const struct staged *staged, struct kx_configuration *values,
                       struct kx_error *err)
{
    gsize length = 0;
    const char *bytes = staged->properties ? g_bytes_get_data(staged->properties, &length) : "";
    int result = kx_configuration_read(values, length ? bytes : "", length, err);
    if (result < 0) kx_error_prefix(err, PROPERTIES);
    return result;
}

static bool has_file(const struct staged *staged, const char *name)
{
    for (guint i = 0; i < staged->files->len; i++)
        if (strcmp(((struct kx_submit_file *)g_ptr_array_index(staged->files, i))->name, name) == 0)
            return true;
    return false;
}

/* The application itself: the one whose path the properties name, else a bundle before its
 * coordinators, and a coordinator before its workflow. */
static void choose_main(struct staged *staged, const struct kx_configuration *own)
{
    int chosen = -1;
    for (int kind = KX_JOB_WORKFLOW; kind <= KX_JOB_BUNDLE; kind++)
        if (has_file(staged, kx_application_file((enum kx_job_kind)kind))) chosen = kind;
    for (int kind = KX_JOB_WORKFLOW; kind <= KX_JOB_BUNDLE; kind++)
        if (kx_configuration_get(own, kx_application_property((enum kx_job_kind)kind)) &&
            has_file(staged, kx_application_file((enum kx_job_kind)kind)))
            chosen = kind;
    if (chosen < 0) return;
    staged->kind = (enum kx_job_kind)chosen;
    staged->main = take(staged, kx_application_file(staged->kind));
}

/* @own filled with what job.properties says. */
static int look_into(struct kx_submissions *all, const char *name, struct staged *out,
                     struct kx_configuration *own, struct kx_error *err)
{
    out->files = g_ptr_array_new_with_free_func(file_free);
    g_mutex_lock(&all->mutex);
    const struct kx_submissions_entry *entry = g_hash_table_lookup(all->entries, name);
    bool there = entry && entry->known.folder;
    if (there) collect(all, name, out);
    g_mutex_unlock(&all->mutex);
    if (!there) return kx_error_set(err, ENOENT, "%s: there is no such folder here", name);
    out->properties = take(out, PROPERTIES);
    int result = read_values(out, own, err);
    choose_main(out, own);
    return result;
}

static int nothing_there(const char *name, struct kx_error *err)
{
    return kx_error_set(
        err, EINVAL,
        "%s has no application: put workflow.xml, coordinator.xml or bundle.xml into "
        "it",
        name);
}

static int hand_in(struct kx_submissions *all, const char *name, enum kx_staged_verb verb,
                   struct staged *staged, const struct kx_call *call, char **out,
                   struct kx_error *err)
{
    static const enum kx_oozie_how HOW[] = {[KX_STAGED_START] = KX_OOZIE_START,
                                            [KX_STAGED_SUBMIT] = KX_OOZIE_HOLD,
                                            [KX_STAGED_DRYRUN] = KX_OOZIE_DRYRUN};
    g_autoptr(kx_configuration) values = kx_configuration_new(), own = kx_configuration_new();
    g_autofree char *where = g_strconcat("/.oozie/submit/", name, "/" PROPERTIES, NULL);
    struct kx_oozie *oozie = kx_services_oozie(all->services);
    if (!oozie) return kx_error_set(err, EHOSTUNREACH, "this mount has no Oozie");
    int result = look_into(all, name, staged, own, err);
    if (result == 0) result = kx_submissions_defaults(all, call, values, err);
    if (result == 0) result = read_values(staged, values, err);
    if (result < 0) return result;
    const struct kx_submit what = {.client = all->client,
                                   .oozie = oozie,
                                   .values = values,
                                   .where = where,
                                   .call = call,
                                   .last = true,
                                   .how = HOW[verb],
                                   .beside = staged->files};
    if (staged->main) return kx_submit_xml(&what, staged->main, out, err);
    if (!staged->properties) return nothing_there(name, err);
    return kx_submit_properties(&what, staged->properties, out, err);
}

static int begin(struct kx_submissions *all, const char *name, struct kx_error *err)
{
    int result = 0;
    g_mutex_lock(&all->mutex);
    struct kx_submissions_entry *entry = g_hash_table_lookup(all->entries, name);
    if (!entry || !entry->known.folder)
        result = kx_error_set(err, ENOENT, "%s: there is no such folder here", name);
    else if (entry->busy)
        result = kx_error_set(err, EBUSY, "%s is on its way to Oozie", name);
    else
        entry->busy = true;
    g_mutex_unlock(&all->mutex);
    return result;
}

/* A dry run that was taken: there is no job, and no reason any more. @words consumed. */
static void keep_preview(struct kx_submissions *all, const char *name, char *words)
{
    g_autoptr(GString) text = g_string_new(words);
    g_string_replace(text, "\r", "", 0);
    if (!g_str_has_suffix(text->str, "\n")) g_string_append_c(text, '\n');
    g_free(words);
    g_mutex_lock(&all->mutex);
    struct kx_submissions_entry *entry = g_hash_table_lookup(all->entries, name);
    entry->busy = false; /* so it was not removed */
    g_free(entry->known.preview);
    entry->known.preview = g_strdup(text->str);
    g_clear_pointer(&entry->known.error, g_free);
    g_mutex_unlock(&all->mutex);
}

int kx_staged_hand_in(struct kx_submissions *all, const char *name, enum kx_staged_verb verb,
                      const struct kx_call *call, struct kx_error *err)
{
    KX_ERROR_AUTO(own);
    struct kx_error *to = err ? err : &own;
    __attribute__((cleanup(staged_clear))) struct staged staged = {0};
    char *id = NULL;
    int result = begin(all, name, to);
    if (result < 0) return result;
    result = hand_in(all, name, verb, &staged, call, &id, to);
    if (result == 0 && verb == KX_STAGED_DRYRUN)
        keep_preview(all, name, id);
    else
        kx_submissions_settle(all, name, id, to);
    if (result < 0 && staged.main)
        kx_submissions_add_hints(all, name, kx_application_file(staged.kind), staged.main);
    return result;
}

int kx_staged_discard(struct kx_submissions *all, const char *name, struct kx_error *err)
{
    GHashTableIter iter;
    gpointer key, value;
    int result = 0;
    g_mutex_lock(&all->mutex);
    const struct kx_submissions_entry *entry = g_hash_table_lookup(all->entries, name);
    if (!entry || entry->busy)
        result = kx_error_set(err, entry ? EBUSY : ENOENT, "%s %s", name,
                              entry ? "is on its way to Oozie" : "is not there");
    g_hash_table_iter_init(&iter, all->entries);
    while (result == 0 && g_hash_table_iter_next(&iter, &key, &value)) {
        if (!g_str_has_prefix(key, name) || !strchr("/", ((char *)key)[strlen(name)])) continue;
        all->bytes -= g_bytes_get_size(((struct kx_submissions_entry *)value)->known.text);
        g_hash_table_iter_remove(&iter);
    }
    g_mutex_unlock(&all->mutex);
    return result;
}

static void add_line(GString *out, const char *name, const char *value, const char *from)
{
    g_autofree char *shown = g_strdelimit(g_strdup(value), "\t\r\n", ' ');
    g_autofree char *called = g_strdelimit(g_strdup(name), "\t\r\n", ' ');
    g_string_append_printf(out, "%s\t%s\t%s\n", called, shown, from);
}

/* Where the value of a name is from: what is nearest to the application wins. */
static void tell_value(const char *name, const struct kx_configuration *own,
                       const struct kx_configuration *defaults,
                       const struct kx_application *application, GString *out)
{
    const struct {
        const char *from, *value;
    } places[] = {{PROPERTIES, kx_configuration_get(own, name)},
                  {KX_DEFAULTS_NAME, kx_configuration_get(defaults, name)},
                  {"parameters", kx_configuration_get(application->defaults, name)},
                  {"submission", strcmp(name, KX_SUBMIT_PLACE) == 0 ? "-" : NULL}};
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        if (!places[i].value) continue;
        add_line(out, name, places[i].value, places[i].from);
        return;
    }
    add_line(out, name, "MISSING", "-");
}

int kx_staged_params(struct kx_submissions *all, const char *name, GString *out,
                     struct kx_error *err)
{
    g_autoptr(kx_configuration) own = kx_configuration_new(), defaults = kx_configuration_new();
    __attribute__((cleanup(staged_clear))) struct staged staged = {0};
    struct kx_application application = {0};
    int result = look_into(all, name, &staged, own, err);
    if (result == 0) result = kx_submissions_defaults(all, NULL, defaults, err);
    if (result < 0 || !staged.main) return result;
    gsize length = 0;
    const char *bytes = g_bytes_get_data(staged.main, &length);
    result = kx_application_read(bytes, length, &application, err);
    if (result < 0) kx_error_prefix(err, "%s", kx_application_file(staged.kind));
    for (guint i = 0; result == 0 && i < application.wanted->len; i++)
        tell_value(g_ptr_array_index(application.wanted, i), own, defaults, &application, out);
    for (guint i = 0; result == 0 && i < application.expressions->len; i++)
        add_line(out, g_ptr_array_index(application.expressions, i), "-", "run time");
    kx_application_clear(&application);
    return result;
}

int kx_staged_main(struct kx_submissions *all, const char *name, GBytes **text, const char **file,
                   struct kx_error *err)
{
    g_autoptr(kx_configuration) own = kx_configuration_new();
    __attribute__((cleanup(staged_clear))) struct staged staged = {0};
    int result = look_into(all, name, &staged, own, NULL);
    if (result == -ENOENT) return kx_error_set(err, ENOENT, "%s: there is no such folder", name);
    if (!staged.main) return nothing_there(name, err);
    *text = g_steal_pointer(&staged.main);
    *file = kx_application_file(staged.kind);
    return 0;
}

/* What the server says of the text: "...lineNumber: 3; columnNumber: 5; cvc-...". */
static void ask_oozie(struct kx_submissions *all, const char *file, GBytes *text, const char *user,
                      const struct kx_call *call, GString *out)
{
    static const char LINE[] = "lineNumber: ";
    struct kx_oozie *oozie = kx_services_oozie(all->services);
    gsize length = 0;
    const char *bytes = g_bytes_get_data(text, &length);
    g_autofree char *body = g_strndup(bytes ? bytes : "", length);
    KX_ERROR_AUTO(err);
    int result = oozie ? kx_oozie_validate(oozie, user, body, call, &err)
                       : kx_error_set(&err, EHOSTUNREACH, "this mount has no Oozie");
    const char *words = err.message ? err.message : "", *at = strstr(words, LINE);
    if (result == 0)
        g_string_append_printf(out, "%s: valid, says Oozie\n", file);
    else if (!err.exception)
        g_string_append_printf(out, "%s: Oozie was not asked: %s\n", file, words);
    else
        g_string_append_printf(out, "%s:%d: error: %s (Oozie)\n", file,
                               at ? (int)g_ascii_strtoll(at + strlen(LINE), NULL, 10) : 1, words);
}

static void check_values(const struct staged *staged, const struct kx_configuration *values,
                         struct kx_findings *findings)
{
    struct kx_application application;
    gsize length = 0;
    const char *bytes = g_bytes_get_data(staged->main, &length);
    if (kx_application_read(bytes, length, &application, NULL) == 0) {
        g_autofree char *missing = kx_application_missing(&application, values);
        if (*missing)
            kx_findings_add(findings, 1, "E0738",
                            "these values are missing: %s; write them into " PROPERTIES, missing);
    }
    kx_application_clear(&application);
}

int kx_staged_check(struct kx_submissions *all, const char *name, const struct kx_call *call,
                    GString *out, struct kx_error *err)
{
    g_autoptr(kx_configuration) own = kx_configuration_new(), values = kx_configuration_new();
    g_autoptr(kx_findings) findings = kx_findings_new();
    __attribute__((cleanup(staged_clear))) struct staged staged = {0};
    int result = look_into(all, name, &staged, own, err);
    if (result == 0) result = kx_submissions_defaults(all, call, values, err);
    if (result == 0) result = read_values(&staged, values, err);
    if (result < 0) return result;
    if (!staged.main) {
        KX_ERROR_AUTO(none);
        nothing_there(name, &none);
        g_string_append_printf(out, "%s\n", none.message);
        return 0;
    }
    gsize length = 0;
    const char *bytes = g_bytes_get_data(staged.main, &length);
    const char *file = kx_application_file(staged.kind);
    kx_application_check(bytes, length, findings);
    kx_configuration_set(values, KX_SUBMIT_PLACE, "-");
    check_values(&staged, values, findings);
    kx_findings_write(findings, file, out);
    if (!findings->all->len)
        g_string_append_printf(out, "%s: nothing is wrong, says knoxfs\n", file);
    const char *user = kx_configuration_get(values, "user.name");
    ask_oozie(all, file, staged.main, user ? user : "nobody", call, out);
    return 0;
}
