/* The hidden files of a mount in its journal. A failure is logged: it costs a leftover at most. */
#include "fs/journal/journal_private.h"

static void run(struct kx_journal *journal, sqlite3_stmt *statement)
{
    KX_ERROR_AUTO(err);
    if (kx_sql_run(journal, statement, &err) < 0)
        kx_log_write(journal->log, KX_LOG_ERROR, "%s", err.message);
}

void kx_journal_hide(struct kx_journal *journal, const char *path, const char *target)
{
    if (!journal) return;
    g_mutex_lock(&journal->mutex);
    run(journal, kx_sql_bind(journal, KX_SQL_HIDE, path, journal->mount, target, NULL));
    g_mutex_unlock(&journal->mutex);
}

void kx_journal_unhide(struct kx_journal *journal, const char *path)
{
    if (!journal) return;
    g_mutex_lock(&journal->mutex);
    run(journal, kx_sql_bind(journal, KX_SQL_UNHIDE, path, journal->mount, NULL));
    g_mutex_unlock(&journal->mutex);
}

void kx_journal_leave(struct kx_journal *journal, const char *path)
{
    if (!journal) return;
    g_mutex_lock(&journal->mutex);
    run(journal, kx_sql_bind(journal, KX_SQL_ABANDON, path, journal->mount, NULL));
    g_mutex_unlock(&journal->mutex);
}

static void left_free(gpointer left)
{
    struct kx_hidden_left *hidden = left;
    g_free(hidden->path);
    g_free(hidden->target);
    g_free(hidden);
}

GPtrArray *kx_journal_hidden_left(struct kx_journal *journal)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(left_free);
    if (!journal) return list;
    g_mutex_lock(&journal->mutex);
    sqlite3_stmt *row = kx_sql_bind(journal, KX_SQL_HIDDEN_LEFT, journal->mount, NULL);
    while (kx_sql_step(journal, row)) {
        struct kx_hidden_left *hidden = g_new0(struct kx_hidden_left, 1);
        hidden->path = kx_sql_text(row, 0);
        hidden->target = kx_sql_text(row, 1);
        g_ptr_array_add(list, hidden);
    }
    g_mutex_unlock(&journal->mutex);
    return list;
}
