#include "base/profiles.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYSTEM_FILE "/etc/knoxfs.conf"

struct kx_profiles {
    GPtrArray *names;     /* owned strings, in order */
    GHashTable *sections; /* name (borrowed) -> GPtrArray of struct kx_setting */
};

static void setting_free(gpointer data)
{
    struct kx_setting *setting = data;
    g_free(setting->name);
    g_free(setting->value);
    g_free(setting->source);
    g_free(setting);
}

char **kx_profiles_places(const char *only)
{
    g_autoptr(GStrvBuilder) places = g_strv_builder_new();
    if (only) {
        g_strv_builder_add(places, only);
    } else {
        g_autofree char *own =
            g_build_filename(g_get_user_config_dir(), "knoxfs", "knoxfs.conf", NULL);
        g_strv_builder_add_many(places, SYSTEM_FILE, own, NULL);
    }
    return g_strv_builder_end(places);
}

/* The open file, whatever becomes of its name, is one that nobody else can change. */
static int check_owner(int fd, const char *file, bool *open_to_all, struct kx_error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0) return kx_error_set(err, errno, "%s: %s", file, g_strerror(errno));
    if (!S_ISREG(st.st_mode)) return kx_error_set(err, EINVAL, "%s: not an ordinary file", file);
    if (st.st_uid != 0 && st.st_uid != geteuid())
        return kx_error_set(err, EPERM, "%s: it belongs to neither you nor root: it is not trusted",
                            file);
    if (st.st_mode & (S_IWGRP | S_IWOTH))
        return kx_error_set(err, EPERM, "%s: others may write it: chmod go-w %s", file, file);
    *open_to_all = st.st_mode & (S_IRGRP | S_IROTH);
    if (st.st_size > KX_PROFILES_BYTES_MAX)
        return kx_error_set(err, EFBIG, "%s: larger than 1 MiB: it is no configuration", file);
    return 0;
}

static int read_all(int fd, const char *file, GString *out, struct kx_error *err)
{
    char buffer[4096];
    ssize_t got;
    while ((got = read(fd, buffer, sizeof(buffer))) != 0) {
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return kx_error_set(err, errno, "%s: %s", file, g_strerror(errno));
        g_string_append_len(out, buffer, got);
        if (out->len > KX_PROFILES_BYTES_MAX)
            return kx_error_set(err, EFBIG, "%s: larger than 1 MiB: it is no configuration", file);
    }
    return 0;
}

static GPtrArray *section_of(struct kx_profiles *profiles, const char *name)
{
    GPtrArray *settings = g_hash_table_lookup(profiles->sections, name);
    if (settings) return settings;
    char *key = g_strdup(name);
    settings = g_ptr_array_new_with_free_func(setting_free);
    g_ptr_array_add(profiles->names, key);
    g_hash_table_insert(profiles->sections, key, settings);
    return settings;
}

/* Put a value in; what an earlier line or file said of the same name goes. */
static void add_setting(GPtrArray *settings, const char *key, const char *value, const char *source,
                        bool open_to_all)
{
    g_autofree char *name = g_strdelimit(g_strdup(key), "-", '_');
    for (guint i = 0; i < settings->len; i++) {
        const struct kx_setting *old = g_ptr_array_index(settings, i);
        if (strcmp(old->name, name) != 0) continue;
        g_ptr_array_remove_index(settings, i);
        break;
    }
    struct kx_setting *setting = g_new(struct kx_setting, 1);
    *setting =
        (struct kx_setting){g_steal_pointer(&name), g_strdup(value), g_strdup(source), open_to_all};
    g_ptr_array_add(settings, setting);
}

/* Where each setting stands: GLib does not tell.  @return "NAME]KEY" -> number of the line; the
 * last of several, as for GLib. */
static GHashTable *lines_of(const GString *text)
{
    GHashTable *lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_auto(GStrv) all = g_strsplit(text->str, "\n", -1);
    g_autofree char *section = g_strdup("");
    for (guint i = 0; all[i]; i++) {
        const char *line = g_strstrip(all[i]), *end = strchr(line, '=');
        if (*line == '[') {
            g_free(section);
            section = g_strndup(line + 1, strcspn(line + 1, "]"));
        } else if (end && *line != '#') {
            g_autofree char *key = g_strndup(line, (gsize)(end - line));
            g_hash_table_replace(lines, g_strdup_printf("%s]%s", section, g_strchomp(key)),
                                 GUINT_TO_POINTER(i + 1));
        }
    }
    return lines;
}

/* A file that is being read. */
struct source {
    const char *file;
    GKeyFile *keys;
    GHashTable *lines;
    bool open_to_all;
};

static void take_section(struct kx_profiles *profiles, const struct source *from, const char *name)
{
    GPtrArray *settings = section_of(profiles, name);
    g_auto(GStrv) list = g_key_file_get_keys(from->keys, name, NULL, NULL);
    for (char **key = list; key && *key; key++) {
        g_autofree char *value = g_key_file_get_value(from->keys, name, *key, NULL);
        g_autofree char *place = g_strdup_printf("%s]%s", name, *key);
        guint line = GPOINTER_TO_UINT(g_hash_table_lookup(from->lines, place));
        g_autofree char *source = g_strdup_printf("%s:%u", from->file, line);
        if (value) add_setting(settings, *key, g_strstrip(value), source, from->open_to_all);
    }
}

static int parse(struct kx_profiles *profiles, const GString *text, const char *file,
                 bool open_to_all, struct kx_error *err)
{
    g_autoptr(GKeyFile) keys = g_key_file_new();
    g_autoptr(GError) error = NULL;
    if (!text->len) return 0;
    if (!g_key_file_load_from_data(keys, text->str, text->len, G_KEY_FILE_NONE, &error))
        return kx_error_set(err, EINVAL,
                            "%s: %s (a line is [NAME], OPTION = VALUE or # ...; a "
                            "switch is OPTION = yes)",
                            file, error->message);
    g_auto(GStrv) names = g_key_file_get_groups(keys, NULL);
    g_autoptr(GHashTable) lines = lines_of(text);
    const struct source source = {file, keys, lines, open_to_all};
    for (char **name = names; *name; name++)
        take_section(profiles, &source, *name);
    return 0;
}

static int load_file(struct kx_profiles *profiles, const char *file, gboolean must,
                     struct kx_error *err)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0 && !must && (errno == ENOENT || errno == ENOTDIR)) return 0;
    if (fd < 0) return kx_error_set(err, errno, "%s: %s", file, g_strerror(errno));
    g_autoptr(GString) text = g_string_new(NULL);
    bool open_to_all = false;
    int result = check_owner(fd, file, &open_to_all, err);
    if (result == 0) result = read_all(fd, file, text, err);
    close(fd);
    return result < 0 ? result : parse(profiles, text, file, open_to_all, err);
}

int kx_profiles_load(const char *const *files, gboolean must, struct kx_profiles **out,
                     struct kx_error *err)
{
    g_autoptr(kx_profiles) profiles = g_new0(struct kx_profiles, 1);
    profiles->names = g_ptr_array_new_with_free_func(g_free);
    profiles->sections = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                               (GDestroyNotify)(void (*)(void))g_ptr_array_unref);
    for (; *files; files++) {
        int result = load_file(profiles, *files, must, err);
        if (result < 0) return result;
    }
    *out = g_steal_pointer(&profiles);
    return 0;
}

void kx_profiles_free(struct kx_profiles *profiles)
{
    if (!profiles) return;
    g_hash_table_destroy(profiles->sections);
    g_ptr_array_free(profiles->names, TRUE);
    g_free(profiles);
}

const GPtrArray *kx_profiles_find(const struct kx_profiles *profiles, const char *name)
{
    return g_hash_table_lookup(profiles->sections, name);
}

char *kx_profiles_names(const struct kx_profiles *profiles)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (guint i = 0; i < profiles->names->len; i++)
        g_ptr_array_add(names, g_ptr_array_index(profiles->names, i));
    g_ptr_array_add(names, NULL);
    return g_strjoinv(", ", (char **)names->pdata);
}
