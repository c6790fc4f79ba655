#include "fs/submissions.h"

#include <errno.h>
#include <string.h>

#include "fs/submit.h"

#define IDS_MAX ((size_t)64 * 1024) /* bytes of the ids of one name */

struct kx_submissions {
    struct kx_client *client;
    struct kx_services *services;
    GMutex mutex;        /* guards what follows */
    GHashTable *entries; /* name -> struct entry */
    size_t bytes;
};

struct entry {
    struct kx_submission known;
    bool busy; /* on its way to Oozie */
};

static void entry_free(gpointer data)
{
    struct entry *entry = data;
    kx_submission_clear(&entry->known);
    g_free(entry);
}

struct kx_submissions *kx_submissions_new(struct kx_client *client, struct kx_services *services)
{
    struct kx_submissions *all = g_new0(struct kx_submissions, 1);
    all->client = client;
    all->services = services;
    all->entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, entry_free);
    g_mutex_init(&all->mutex);
    return all;
}

void kx_submissions_free(struct kx_submissions *all)
{
    if (!all) return;
    g_hash_table_destroy(all->entries);
    g_mutex_clear(&all->mutex);
    g_free(all);
}

void kx_submission_clear(struct kx_submission *submission)
{
    if (submission->text) g_bytes_unref(submission->text);
    g_free(submission->id);
    g_free(submission->ids);
    g_free(submission->error);
    *submission = (struct kx_submission){0};
}

static int64_t wall_ms(const struct kx_submissions *all)
{
    const struct kx_clock *clock = kx_client_clock(all->client);
    return clock->wall_ms(clock);
}

static int no_such(const char *name, struct kx_error *err)
{
    return kx_error_set(err, ENOENT, "%s: there is no such file here", name);
}

/* Replace a text. Mutex held. */
static void set_text(struct kx_submissions *all, struct entry *entry, GBytes *text)
{
    if (entry->known.text) all->bytes -= g_bytes_get_size(entry->known.text);
    g_clear_pointer(&entry->known.text, g_bytes_unref);
    entry->known.text = g_bytes_ref(text);
    entry->known.changed_ms = wall_ms(all);
    all->bytes += g_bytes_get_size(text);
}

/* The entry of a name, made when there is room. Mutex held.  @return NULL: err says why. */
static struct entry *entry_for(struct kx_submissions *all, const char *name, struct kx_error *err)
{
    struct entry *entry = g_hash_table_lookup(all->entries, name);
    if (entry && entry->busy) {
        kx_error_set(err, EBUSY, "%s is on its way to Oozie", name);
        return NULL;
    }
    if (entry) return entry;
    if (g_hash_table_size(all->entries) >= KX_SUBMISSIONS_MAX ||
        all->bytes > KX_SUBMISSIONS_BYTES) {
        kx_error_set(err, ENOSPC, "%u files are kept here: rm forgets one, and ends no job",
                     g_hash_table_size(all->entries));
        return NULL;
    }
    entry = g_new0(struct entry, 1);
    g_autoptr(GBytes) nothing = g_bytes_new(NULL, 0);
    set_text(all, entry, nothing);
    g_hash_table_insert(all->entries, g_strdup(name), entry);
    return entry;
}

/* What the file of defaults has before anybody writes it. */
static GBytes *learned_text(struct kx_submissions *all, const struct kx_call *call)
{
    g_autoptr(kx_configuration) values = kx_configuration_new();
    GString *text = g_string_new("# Values under every submission. These were learned from the "
                                 "cluster; writing this file replaces them.\n");
    kx_submit_learn(all->services, all->client, call, values);
    kx_configuration_write_properties(values, text);
    return g_string_free_to_bytes(text);
}

/* Once it is there, it stays as it is. */
static void ensure_defaults(struct kx_submissions *all, const struct kx_call *call)
{
    g_mutex_lock(&all->mutex);
    bool there = g_hash_table_contains(all->entries, KX_DEFAULTS_NAME);
    g_mutex_unlock(&all->mutex);
    if (there) return;
    g_autoptr(GBytes) text = learned_text(all, call);
    bool whole =
        memmem(g_bytes_get_data(text, NULL), g_bytes_get_size(text), "nameNode=", 9) != NULL;
    g_mutex_lock(&all->mutex);
    struct entry *entry = whole ? entry_for(all, KX_DEFAULTS_NAME, NULL) : NULL;
    if (entry && g_bytes_get_size(entry->known.text) == 0) set_text(all, entry, text);
    g_mutex_unlock(&all->mutex);
}

static void copy_out(const struct kx_submission *from, struct kx_submission *out)
{
    *out = (struct kx_submission){.text = g_bytes_ref(from->text),
                                  .id = g_strdup(from->id),
                                  .ids = g_strdup(from->ids),
                                  .error = g_strdup(from->error),
                                  .changed_ms = from->changed_ms};
}

int kx_submissions_find(struct kx_submissions *all, const char *name, struct kx_submission *out,
                        struct kx_error *err)
{
    if (strcmp(name, KX_DEFAULTS_NAME) == 0) ensure_defaults(all, NULL);
    g_mutex_lock(&all->mutex);
    const struct entry *entry = g_hash_table_lookup(all->entries, name);
    if (entry) copy_out(&entry->known, out);
    g_mutex_unlock(&all->mutex);
    if (entry) return 0;
    if (strcmp(name, KX_DEFAULTS_NAME) != 0) return no_such(name, err);
    *out = (struct kx_submission){.text = learned_text(all, NULL)}; /* as far as it goes now */
    return 0;
}

static int by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void kx_submissions_names(struct kx_submissions *all, GPtrArray *out)
{
    GHashTableIter iter;
    gpointer name;
    g_mutex_lock(&all->mutex);
    g_hash_table_iter_init(&iter, all->entries);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        if (strcmp(name, KX_DEFAULTS_NAME) != 0) g_ptr_array_add(out, g_strdup(name));
    g_mutex_unlock(&all->mutex);
    g_ptr_array_add(out, g_strdup(KX_DEFAULTS_NAME));
    g_ptr_array_sort(out, by_name);
}

int kx_submissions_make(struct kx_submissions *all, const char *name, struct kx_error *err)
{
    KX_ERROR_AUTO(own);
    struct kx_error *to = err ? err : &own;
    g_mutex_lock(&all->mutex);
    struct entry *entry = entry_for(all, name, to);
    g_autoptr(GBytes) nothing = g_bytes_new(NULL, 0);
    if (entry) set_text(all, entry, nothing);
    g_mutex_unlock(&all->mutex);
    return entry ? 0 : -to->code;
}

int kx_submissions_remove(struct kx_submissions *all, const char *name, struct kx_error *err)
{
    int result = 0;
    g_mutex_lock(&all->mutex);
    struct entry *entry = g_hash_table_lookup(all->entries, name);
    if (entry && entry->busy) {
        result = kx_error_set(err, EBUSY, "%s is on its way to Oozie", name);
    } else if (entry) {
        all->bytes -= g_bytes_get_size(entry->known.text);
        g_hash_table_remove(all->entries, name);
    } else if (strcmp(name, KX_DEFAULTS_NAME) != 0) {
        result = no_such(name, err);
    }
    g_mutex_unlock(&all->mutex);
    return result;
}

/* Is a file of this name submitted, or only kept? */
static bool is_document(const char *name)
{
    return *name != '.' && strcmp(name, KX_DEFAULTS_NAME) != 0 &&
           (g_str_has_suffix(name, ".xml") || g_str_has_suffix(name, ".properties"));
}

/* The reason as a text of lines. */
static char *tell(const struct kx_submissions *all, const struct kx_error *err)
{
    g_autoptr(GDateTime) at = g_date_time_new_from_unix_utc(wall_ms(all) / 1000);
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

/* It is over. @id consumed; NULL: refused. */
static void settle(struct kx_submissions *all, const char *name, char *id,
                   const struct kx_error *err)
{
    g_mutex_lock(&all->mutex);
    struct entry *entry = g_hash_table_lookup(all->entries, name);
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

static int submit(struct kx_submissions *all, const char *name, GBytes *text, bool last,
                  const struct kx_call *call, char **id, struct kx_error *err)
{
    struct kx_submission defaults;
    g_autoptr(kx_configuration) values = kx_configuration_new();
    struct kx_oozie *oozie = kx_services_oozie(all->services);
    if (!oozie) return kx_error_set(err, EHOSTUNREACH, "this mount has no Oozie");
    int result = kx_submissions_find(all, KX_DEFAULTS_NAME, &defaults, err);
    gsize length = 0;
    const char *bytes = result == 0 ? g_bytes_get_data(defaults.text, &length) : NULL;
    if (result == 0) result = kx_configuration_read_properties(values, bytes, length, err);
    const char *user = kx_client_user(all->client);
    if (user && !kx_configuration_get(values, "user.name"))
        kx_configuration_set(values, "user.name", user);
    const struct kx_submit what = {
        .client = all->client, .oozie = oozie, .defaults = values, .call = call, .last = last};
    if (result == 0)
        result = g_str_has_suffix(name, ".xml") ? kx_submit_xml(&what, text, id, err)
                                                : kx_submit_properties(&what, text, id, err);
    kx_submission_clear(&defaults);
    return result;
}

int kx_submissions_put(struct kx_submissions *all, const char *name, GBytes *text, bool last,
                       const struct kx_call *call, struct kx_error *err)
{
    KX_ERROR_AUTO(own);
    struct kx_error *to = err ? err : &own;
    bool document = is_document(name) && g_bytes_get_size(text) > 0;
    g_mutex_lock(&all->mutex);
    struct entry *entry = entry_for(all, name, to);
    if (entry) set_text(all, entry, text);
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
    settle(all, name, id, to);
    return result;
}

int kx_submissions_rename(struct kx_submissions *all, const char *name, const char *to,
                          const struct kx_call *call, struct kx_error *err)
{
    struct kx_submission known;
    int result = kx_submissions_find(all, name, &known, err);
    if (result < 0) return result;
    result = kx_submissions_put(all, to, known.text, true, call, err);
    if (result == 0) result = kx_submissions_remove(all, name, err);
    kx_submission_clear(&known);
    return result;
}
