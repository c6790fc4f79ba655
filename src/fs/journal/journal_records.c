/* The uploads of a mount in its journal. */
#include <glib/gstdio.h>

#include "fs/journal/journal_private.h"

/* The columns of a record, in the order of the statements. */
static void bind_record(sqlite3_stmt *put, const struct kx_record *r)
{
    if (r->id) sqlite3_bind_int64(put, 1, r->id);
    const char *const texts[] = {r->path, r->file, r->reason, r->here, r->base};
    static const int TEXT_AT[] = {3, 4, 7, 8, 9};
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        sqlite3_bind_text(put, TEXT_AT[i], texts[i], -1, SQLITE_TRANSIENT);
    const struct {
        int at;
        int64_t value;
    } numbers[] = {{2, r->state},          {5, r->length},
                   {6, r->since_ms},       {10, (int64_t)r->base_file_id},
                   {11, r->base_mtime_ms}, {12, r->base_length},
                   {13, r->base_hidden},   {14, r->fresh},
                   {15, r->exclusive},     {16, r->mode},
                   {17, r->later_mode},    {18, r->mtime_ms},
                   {19, r->atime_ms}};
    for (guint i = 0; i < G_N_ELEMENTS(numbers); i++)
        sqlite3_bind_int64(put, numbers[i].at, numbers[i].value);
}

static struct kx_record *read_record(sqlite3_stmt *row)
{
    struct kx_record *r = kx_record_new();
    r->id = sqlite3_column_int64(row, 0);
    r->state = (enum kx_record_state)CLAMP(sqlite3_column_int(row, 1), 0, KX_RECORD_FAILED);
    r->path = kx_sql_text(row, 2);
    r->file = kx_sql_text(row, 3);
    r->length = sqlite3_column_int64(row, 4);
    r->since_ms = sqlite3_column_int64(row, 5);
    r->reason = kx_sql_text(row, 6);
    r->here = kx_sql_text(row, 7);
    r->base = kx_sql_text(row, 8);
    r->base_file_id = (uint64_t)sqlite3_column_int64(row, 9);
    r->base_mtime_ms = sqlite3_column_int64(row, 10);
    r->base_length = sqlite3_column_int64(row, 11);
    r->base_hidden = sqlite3_column_int(row, 12) != 0;
    r->fresh = sqlite3_column_int(row, 13) != 0;
    r->exclusive = sqlite3_column_int(row, 14) != 0;
    r->mode = (uint32_t)sqlite3_column_int64(row, 15);
    r->later_mode = (uint32_t)sqlite3_column_int64(row, 16);
    r->mtime_ms = sqlite3_column_int64(row, 17);
    r->atime_ms = sqlite3_column_int64(row, 18);
    return r;
}

int kx_journal_put(struct kx_journal *journal, struct kx_record *record, bool durable,
                   struct kx_error *err)
{
    if (!journal) return 0;
    g_mutex_lock(&journal->mutex);
    sqlite3_stmt *put = kx_sql_bind(journal, KX_SQL_PUT, NULL);
    bind_record(put, record);
    sqlite3_bind_text(put, 20, journal->mount, -1, SQLITE_TRANSIENT);
    int result = durable ? kx_sql_run_durably(journal, put, err) : kx_sql_run(journal, put, err);
    if (result == 0 && !record->id) record->id = sqlite3_last_insert_rowid(journal->database);
    g_mutex_unlock(&journal->mutex);
    return result;
}

void kx_journal_amend(struct kx_journal *journal, int64_t id, uint32_t later_mode, int64_t mtime_ms,
                      int64_t atime_ms)
{
    if (!journal || !id) return;
    KX_ERROR_AUTO(err);
    g_mutex_lock(&journal->mutex);
    sqlite3_stmt *amend = kx_sql_bind(journal, KX_SQL_AMEND, NULL);
    const int64_t values[] = {id, later_mode, mtime_ms, atime_ms};
    for (int i = 0; i < (int)G_N_ELEMENTS(values); i++)
        sqlite3_bind_int64(amend, i + 1, values[i]);
    int result = kx_sql_run(journal, amend, &err);
    g_mutex_unlock(&journal->mutex);
    if (result < 0) kx_log_write(journal->log, KX_LOG_ERROR, "%s", err.message);
}

void kx_journal_remove(struct kx_journal *journal, const struct kx_record *record, bool durable)
{
    if (!journal || !record->id) return;
    KX_ERROR_AUTO(err);
    g_mutex_lock(&journal->mutex);
    sqlite3_stmt *remove = kx_sql_bind(journal, KX_SQL_REMOVE, NULL);
    sqlite3_bind_int64(remove, 1, record->id);
    int result =
        durable ? kx_sql_run_durably(journal, remove, &err) : kx_sql_run(journal, remove, &err);
    g_mutex_unlock(&journal->mutex);
    if (result < 0) kx_log_write(journal->log, KX_LOG_ERROR, "%s", err.message);
    if (result < 0 || !record->file) return;
    g_autofree char *path = g_build_filename(journal->folder, record->file, NULL);
    g_unlink(path);
}

static void record_free(gpointer record)
{
    kx_record_free(record);
}

GPtrArray *kx_journal_records(struct kx_journal *journal)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(record_free);
    if (!journal) return list;
    g_mutex_lock(&journal->mutex);
    sqlite3_stmt *row = kx_sql_bind(journal, KX_SQL_RECORDS, journal->mount, NULL);
    while (kx_sql_step(journal, row))
        g_ptr_array_add(list, read_record(row));
    g_mutex_unlock(&journal->mutex);
    return list;
}

struct kx_record *kx_journal_find(struct kx_journal *journal, int64_t id)
{
    if (!journal) return NULL;
    g_mutex_lock(&journal->mutex);
    sqlite3_stmt *row = kx_sql_bind(journal, KX_SQL_FIND, journal->mount, NULL);
    sqlite3_bind_int64(row, 2, id);
    struct kx_record *record = kx_sql_step(journal, row) ? read_record(row) : NULL;
    sqlite3_reset(row);
    g_mutex_unlock(&journal->mutex);
    return record;
}
