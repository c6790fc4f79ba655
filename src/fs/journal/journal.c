#include "fs/journal/journal.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "fs/journal/journal_private.h"

static int add_mount(struct kx_journal *journal, const struct kx_journal_config *config,
                     struct kx_error *err)
{
    sqlite3_stmt *add =
        kx_sql_bind(journal, KX_SQL_MOUNT_ADD, config->mount, config->service, NULL);
    sqlite3_bind_int64(add, 3, config->now_ms);
    return kx_sql_run(journal, add, err);
}

/* Other mounts of the user, as "+ID" (of this service) or "-ID". */
static GPtrArray *others(struct kx_journal *journal, const char *service)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
    sqlite3_stmt *row = kx_sql_bind(journal, KX_SQL_MOUNT_OTHERS, service, journal->mount, NULL);
    while (kx_sql_step(journal, row)) {
        g_autofree char *id = kx_sql_text(row, 0);
        g_ptr_array_add(list, g_strconcat(sqlite3_column_int(row, 1) ? "+" : "-", id, NULL));
    }
    return list;
}

static bool has_left_nothing(struct kx_journal *journal, const char *mount)
{
    sqlite3_stmt *row = kx_sql_bind(journal, KX_SQL_MOUNT_EMPTY, mount, NULL);
    bool something = kx_sql_step(journal, row);
    sqlite3_reset(row);
    return !something;
}

/* The mount is dead (we hold its lock): what it left is ours when it was of the same service. */
static int take_over(struct kx_journal *journal, const char *mount, bool ours, struct kx_error *err)
{
    static const enum kx_sql WHAT[] = {KX_SQL_ADOPT_HIDDEN, KX_SQL_ADOPT_UPLOADS,
                                       KX_SQL_ADOPT_MOVES};
    int result = 0;
    for (guint i = 0; ours && result == 0 && i < G_N_ELEMENTS(WHAT); i++)
        result =
            kx_sql_run(journal, kx_sql_bind(journal, WHAT[i], journal->mount, mount, NULL), err);
    if (result == 0 && has_left_nothing(journal, mount))
        result = kx_sql_run(journal, kx_sql_bind(journal, KX_SQL_MOUNT_REMOVE, mount, NULL), err);
    return result;
}

static int adopt(struct kx_journal *journal, const char *service, struct kx_error *err)
{
    g_autoptr(GPtrArray) list = others(journal, service);
    int result = 0;
    for (guint i = 0; result == 0 && i < list->len; i++) {
        const char *other = g_ptr_array_index(list, i);
        int lock = kx_folder_lock(journal->folder, other + 1);
        if (lock < 0) continue; /* it lives */
        result = take_over(journal, other + 1, *other == '+', err);
        kx_folder_unlock(journal->folder, other + 1, lock);
    }
    return result;
}

static bool is_known_file(struct kx_journal *journal, const char *name)
{
    sqlite3_stmt *row = kx_sql_bind(journal, KX_SQL_FILES, name, NULL);
    bool known = kx_sql_step(journal, row);
    sqlite3_reset(row);
    return known;
}

/* A copy "MOUNT-N.part" of a dead mount that no record needs: it was killed before its record was
 * written, or after it was removed. */
static void remove_orphan(struct kx_journal *journal, const char *name)
{
    const char *dash = strchr(name, '-');
    if (!dash || !g_str_has_suffix(name, ".part") || is_known_file(journal, name)) return;
    g_autofree char *mount = g_strndup(name, (gsize)(dash - name));
    if (strcmp(mount, journal->mount) == 0) return;
    int lock = kx_folder_lock(journal->folder, mount);
    if (lock < 0) return;
    g_autofree char *path = g_build_filename(journal->folder, name, NULL);
    if (!is_known_file(journal, name)) g_unlink(path);
    kx_folder_unlock(journal->folder, mount, lock);
}

static void remove_orphans(struct kx_journal *journal)
{
    g_autoptr(GDir) folder = g_dir_open(journal->folder, 0, NULL);
    const char *name;
    while (folder && (name = g_dir_read_name(folder)))
        remove_orphan(journal, name);
}

static int set_up(struct kx_journal *journal, const struct kx_journal_config *config,
                  struct kx_error *err)
{
    journal->lock = kx_folder_lock(journal->folder, journal->mount);
    if (journal->lock < 0)
        return kx_error_set(err, -journal->lock, "cannot lock in %s: %s (-o stage_dir=)",
                            journal->folder, g_strerror(-journal->lock));
    int result = kx_sql_open(journal, err);
    /* One mount at a time looks for dead ones. */
    if (result == 0) result = kx_sql_exec(journal, "BEGIN IMMEDIATE", err);
    if (result < 0) return result;
    result = add_mount(journal, config, err);
    if (result == 0) result = adopt(journal, config->service, err);
    if (result == 0) remove_orphans(journal);
    int ended = kx_sql_exec(journal, result == 0 ? "COMMIT" : "ROLLBACK", result == 0 ? err : NULL);
    return result == 0 ? ended : result;
}

int kx_journal_open(const struct kx_journal_config *config, struct kx_journal **out,
                    struct kx_error *err)
{
    g_autofree char *folder = NULL;
    int shared = -1;
    int result = kx_folder_make(config->folder, &folder, &shared, err);
    if (result < 0) return result;
    g_autoptr(kx_journal) journal = g_new0(struct kx_journal, 1);
    g_mutex_init(&journal->mutex);
    journal->folder = g_steal_pointer(&folder);
    journal->mount = g_strdup(config->mount);
    journal->log = config->log;
    journal->lock = -1;
    journal->shared = shared;
    result = set_up(journal, config, err);
    if (result == 0) *out = g_steal_pointer(&journal);
    return result;
}

void kx_journal_close(struct kx_journal *journal)
{
    if (!journal) return;
    if (journal->statements[KX_SQL_FILES] && has_left_nothing(journal, journal->mount))
        kx_sql_run(journal, kx_sql_bind(journal, KX_SQL_MOUNT_REMOVE, journal->mount, NULL), NULL);
    kx_sql_close(journal);
    if (journal->lock >= 0) kx_folder_unlock(journal->folder, journal->mount, journal->lock);
    close(journal->shared);
    g_mutex_clear(&journal->mutex);
    g_free(journal->folder);
    g_free(journal->mount);
    g_free(journal);
}

const char *kx_journal_folder(const struct kx_journal *journal)
{
    return journal ? journal->folder : NULL;
}
