/* Renames in the journal of a mount. A failure is logged: a record then keeps a path that is not
 * its own any more. */
#include "fs/journal/journal_private.h"

static void check(struct kx_journal *journal, int result, struct kx_error *err)
{
    if (result < 0) kx_log_write(journal->log, KX_LOG_ERROR, "%s", err->message);
    kx_error_clear(err);
}

static void run(struct kx_journal *journal, sqlite3_stmt *statement)
{
    KX_ERROR_AUTO(err);
    check(journal, kx_sql_run(journal, statement, &err), &err);
}

bool kx_journal_concerns(struct kx_journal *journal, const char *from, const char *to)
{
    if (!journal) return false;
    g_mutex_lock(&journal->mutex);
    sqlite3_stmt *row = kx_sql_bind(journal, KX_SQL_MOVE_CONCERNS, from, to, journal->mount, NULL);
    bool concerns = kx_sql_step(journal, row);
    sqlite3_reset(row);
    g_mutex_unlock(&journal->mutex);
    return concerns;
}

void kx_journal_move(struct kx_journal *journal, const char *from, const char *to, uint64_t file_id)
{
    if (!journal) return;
    KX_ERROR_AUTO(err);
    g_mutex_lock(&journal->mutex);
    sqlite3_stmt *begin = kx_sql_bind(journal, KX_SQL_MOVE_BEGIN, from, to, journal->mount, NULL);
    sqlite3_bind_int64(begin, 4, (int64_t)file_id);
    check(journal, kx_sql_run_durably(journal, begin, &err), &err);
    g_mutex_unlock(&journal->mutex);
}

void kx_journal_moved(struct kx_journal *journal, const char *from, const char *to, bool overtaken)
{
    if (!journal) return;
    KX_ERROR_AUTO(err);
    g_mutex_lock(&journal->mutex);
    check(journal, kx_sql_exec(journal, "BEGIN IMMEDIATE", &err), &err);
    if (overtaken) {
        sqlite3_stmt *gone =
            kx_sql_bind(journal, KX_SQL_MOVE_OVERTAKEN, *to ? to : from, journal->mount, NULL);
        sqlite3_bind_int(gone, 3, KX_RECORD_FAILED);
        run(journal, gone);
    }
    for (enum kx_sql sql = KX_SQL_MOVE_HIDDEN; *to && sql <= KX_SQL_MOVE_BASES; sql++)
        run(journal, kx_sql_bind(journal, sql, from, to, journal->mount, NULL));
    run(journal, kx_sql_bind(journal, KX_SQL_MOVE_END, from, to, journal->mount, NULL));
    check(journal, kx_sql_exec(journal, "COMMIT", &err), &err);
    g_mutex_unlock(&journal->mutex);
}

void kx_journal_unmoved(struct kx_journal *journal, const char *from, const char *to)
{
    if (!journal) return;
    g_mutex_lock(&journal->mutex);
    run(journal, kx_sql_bind(journal, KX_SQL_MOVE_END, from, to, journal->mount, NULL));
    g_mutex_unlock(&journal->mutex);
}

static void left_free(gpointer left)
{
    struct kx_move_left *move = left;
    g_free(move->from);
    g_free(move->to);
    g_free(move);
}

GPtrArray *kx_journal_moves_left(struct kx_journal *journal)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(left_free);
    if (!journal) return list;
    g_mutex_lock(&journal->mutex);
    sqlite3_stmt *row = kx_sql_bind(journal, KX_SQL_MOVES, journal->mount, NULL);
    while (kx_sql_step(journal, row)) {
        struct kx_move_left *move = g_new0(struct kx_move_left, 1);
        move->from = kx_sql_text(row, 0);
        move->to = kx_sql_text(row, 1);
        move->file_id = (uint64_t)sqlite3_column_int64(row, 2);
        g_ptr_array_add(list, move);
    }
    g_mutex_unlock(&journal->mutex);
    return list;
}
