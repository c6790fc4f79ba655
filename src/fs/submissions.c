#include <errno.h>
#include <string.h>

#include "fs/submissions_private.h"

static void entry_free(gpointer data)
{
    struct kx_submissions_entry *entry = data;
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

void kx_submissions_call_back(struct kx_submissions *all, const char *url)
{
    g_atomic_pointer_set(&all->callback, url);
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
    g_free(submission->preview);
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

void kx_submissions_set_text(struct kx_submissions *all, struct kx_submissions_entry *entry,
                             GBytes *text)
{
    if (entry->known.text) all->bytes -= g_bytes_get_size(entry->known.text);
    g_clear_pointer(&entry->known.text, g_bytes_unref);
    entry->known.text = g_bytes_ref(text);
    entry->known.changed_ms = wall_ms(all);
    all->bytes += g_bytes_get_size(text);
}

struct kx_submissions_entry *kx_submissions_entry_for(struct kx_submissions *all, const char *name,
                                                      struct kx_error *err)
{
    struct kx_submissions_entry *entry = g_hash_table_lookup(all->entries, name);
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
    entry = g_new0(struct kx_submissions_entry, 1);
    g_autoptr(GBytes) nothing = g_bytes_new(NULL, 0);
    kx_submissions_set_text(all, entry, nothing);
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
    struct kx_submissions_entry *entry =
        whole ? kx_submissions_entry_for(all, KX_DEFAULTS_NAME, NULL) : NULL;
    if (entry && g_bytes_get_size(entry->known.text) == 0)
        kx_submissions_set_text(all, entry, text);
    g_mutex_unlock(&all->mutex);
}

static void copy_out(const struct kx_submission *from, struct kx_submission *out)
{
    *out = (struct kx_submission){.text = g_bytes_ref(from->text),
                                  .id = g_strdup(from->id),
                                  .ids = g_strdup(from->ids),
                                  .error = g_strdup(from->error),
                                  .preview = g_strdup(from->preview),
                                  .folder = from->folder,
                                  .changed_ms = from->changed_ms};
}

int kx_submissions_find(struct kx_submissions *all, const char *name, struct kx_submission *out,
                        struct kx_error *err)
{
    if (strcmp(name, KX_DEFAULTS_NAME) == 0) ensure_defaults(all, NULL);
    g_mutex_lock(&all->mutex);
    const struct kx_submissions_entry *entry = g_hash_table_lookup(all->entries, name);
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

/* Is a name in a folder, not deeper?  @return what it is called there; NULL. */
static const char *name_in(const char *folder, const char *name)
{
    const char *rest = name;
    if (*folder && (!g_str_has_prefix(name, folder) || name[strlen(folder)] != '/')) return NULL;
    if (*folder) rest += strlen(folder) + 1;
    return strchr(rest, '/') ? NULL : rest;
}

void kx_submissions_names(struct kx_submissions *all, const char *folder, bool folders,
                          GPtrArray *out)
{
    GHashTableIter iter;
    gpointer name, value;
    g_mutex_lock(&all->mutex);
    g_hash_table_iter_init(&iter, all->entries);
    while (g_hash_table_iter_next(&iter, &name, &value)) {
        const struct kx_submissions_entry *entry = value;
        const char *here = name_in(folder, name);
        if (here && entry->known.folder == folders && strcmp(here, KX_DEFAULTS_NAME) != 0)
            g_ptr_array_add(out, g_strdup(here));
    }
    g_mutex_unlock(&all->mutex);
    if (!*folder && !folders) g_ptr_array_add(out, g_strdup(KX_DEFAULTS_NAME));
    g_ptr_array_sort(out, by_name);
}

/* The folder that a name is in is there. Mutex held. */
static int check_folder(struct kx_submissions *all, const char *name, struct kx_error *err)
{
    const char *slash = strrchr(name, '/');
    g_autofree char *folder = slash ? g_strndup(name, (gsize)(slash - name)) : NULL;
    const struct kx_submissions_entry *entry =
        folder ? g_hash_table_lookup(all->entries, folder) : NULL;
    return !folder || (entry && entry->known.folder) ? 0 : no_such(folder, err);
}

struct kx_submissions_entry *kx_submissions_file_for(struct kx_submissions *all, const char *name,
                                                     struct kx_error *err)
{
    struct kx_submissions_entry *entry = NULL;
    if (check_folder(all, name, err) == 0) entry = kx_submissions_entry_for(all, name, err);
    if (!entry || !entry->known.folder) return entry;
    kx_error_set(err, EISDIR, "%s is a folder", name);
    return NULL;
}

int kx_submissions_make(struct kx_submissions *all, const char *name, struct kx_error *err)
{
    KX_ERROR_AUTO(own);
    struct kx_error *to = err ? err : &own;
    g_mutex_lock(&all->mutex);
    struct kx_submissions_entry *entry = kx_submissions_file_for(all, name, to);
    g_autoptr(GBytes) nothing = g_bytes_new(NULL, 0);
    if (entry) kx_submissions_set_text(all, entry, nothing);
    g_mutex_unlock(&all->mutex);
    return entry ? 0 : -to->code;
}

int kx_submissions_make_folder(struct kx_submissions *all, const char *name, struct kx_error *err)
{
    KX_ERROR_AUTO(own);
    struct kx_error *to = err ? err : &own;
    g_mutex_lock(&all->mutex);
    int result = check_folder(all, name, to);
    if (result == 0 && g_hash_table_contains(all->entries, name))
        result = kx_error_set(to, EEXIST, "%s is there", name);
    struct kx_submissions_entry *entry =
        result == 0 ? kx_submissions_entry_for(all, name, to) : NULL;
    if (entry) entry->known.folder = true;
    g_mutex_unlock(&all->mutex);
    return result < 0 ? result : entry ? 0 : -to->code;
}

/* Is something in a folder? Mutex held. */
static bool has_files(struct kx_submissions *all, const char *folder)
{
    GHashTableIter iter;
    gpointer name;
    g_hash_table_iter_init(&iter, all->entries);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        if (g_str_has_prefix(name, folder) && ((char *)name)[strlen(folder)] == '/') return true;
    return false;
}

int kx_submissions_remove(struct kx_submissions *all, const char *name, struct kx_error *err)
{
    int result = 0;
    g_mutex_lock(&all->mutex);
    struct kx_submissions_entry *entry = g_hash_table_lookup(all->entries, name);
    if (entry && entry->busy) {
        result = kx_error_set(err, EBUSY, "%s is on its way to Oozie", name);
    } else if (entry && entry->known.folder && has_files(all, name)) {
        result = kx_error_set(err, ENOTEMPTY, "%s has files; the verb discard removes all", name);
    } else if (entry) {
        all->bytes -= g_bytes_get_size(entry->known.text);
        g_hash_table_remove(all->entries, name);
    } else if (strcmp(name, KX_DEFAULTS_NAME) != 0) {
        result = no_such(name, err);
    }
    g_mutex_unlock(&all->mutex);
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

/* "old/lib/a.jar" -> "new/lib/a.jar". Mutex held. */
static void move_entries(struct kx_submissions *all, const char *name, const char *to)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    GHashTableIter iter;
    gpointer key;
    g_hash_table_iter_init(&iter, all->entries);
    while (g_hash_table_iter_next(&iter, &key, NULL))
        if (g_str_has_prefix(key, name) && strchr("/", ((char *)key)[strlen(name)]))
            g_ptr_array_add(names, key);
    for (guint i = 0; i < names->len; i++) {
        gpointer old = NULL, entry = NULL;
        g_hash_table_steal_extended(all->entries, g_ptr_array_index(names, i), &old, &entry);
        g_hash_table_insert(all->entries, g_strconcat(to, (char *)old + strlen(name), NULL), entry);
        g_free(old);
    }
}

int kx_submissions_rename_folder(struct kx_submissions *all, const char *name, const char *to,
                                 struct kx_error *err)
{
    int result = 0;
    g_mutex_lock(&all->mutex);
    const struct kx_submissions_entry *entry = g_hash_table_lookup(all->entries, name);
    if (!entry)
        result = no_such(name, err);
    else if (entry->busy)
        result = kx_error_set(err, EBUSY, "%s is on its way to Oozie", name);
    else if (g_hash_table_contains(all->entries, to))
        result = kx_error_set(err, EEXIST, "%s is there", to);
    else
        move_entries(all, name, to);
    g_mutex_unlock(&all->mutex);
    return result;
}
