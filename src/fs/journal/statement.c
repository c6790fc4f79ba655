/* The journal's SQL: its tables and its statements. */
#include <errno.h>
#include <stdarg.h>

#include "fs/journal/journal_private.h"

/* Other mounts of the user write their own rows meanwhile, each within ms. */
#define BUSY_MS  10000
#define RETRY_MS 20

static const char SCHEMA[] =
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = NORMAL;" /* kx_sql_run_durably makes it FULL for one commit */
    "PRAGMA wal_autocheckpoint = 1000;"
    "CREATE TABLE IF NOT EXISTS mounts(id TEXT PRIMARY KEY, service TEXT NOT NULL, started_ms "
    "INTEGER);"
    "CREATE TABLE IF NOT EXISTS hidden(path TEXT, mount TEXT, target TEXT, abandoned INTEGER "
    "DEFAULT 0,"
    " PRIMARY KEY(path, mount)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS uploads(id INTEGER PRIMARY KEY AUTOINCREMENT, mount TEXT, state "
    "INTEGER,"
    " path TEXT, file TEXT, length INTEGER, since_ms INTEGER, reason TEXT, here TEXT, base TEXT,"
    " base_file_id INTEGER, base_mtime_ms INTEGER, base_length INTEGER, base_hidden INTEGER,"
    " fresh INTEGER, exclusive INTEGER, mode INTEGER, later_mode INTEGER, mtime_ms INTEGER,"
    " atime_ms INTEGER);"
    "CREATE TABLE IF NOT EXISTS moves(source TEXT, target TEXT, mount TEXT, file_id INTEGER,"
    " PRIMARY KEY(source, target, mount)) WITHOUT ROWID;";

#define COLUMNS                                                                                    \
    "id, state, path, file, length, since_ms, reason, here, base, base_file_id, base_mtime_ms, "   \
    "base_length, base_hidden, fresh, exclusive, mode, later_mode, mtime_ms, atime_ms"

#define BELOW(column) "substr(" column ", 1, length(?1) + 1) = ?1 || '/'"

/* path -> ?2 || the rest behind ?1, for everything below the directory ?1 */
#define MOVED(table, column)                                                                       \
    "UPDATE OR REPLACE " table " SET " column " = ?2 || substr(" column ", length(?1) + 1) WHERE " \
    "mount = ?3 AND " BELOW(column)

static const char *const TEXTS[KX_SQLS] = {
    [KX_SQL_MOUNT_ADD] = "INSERT INTO mounts VALUES(?1, ?2, ?3)",
    [KX_SQL_MOUNT_OTHERS] = "SELECT id, service = ?1 FROM mounts WHERE id <> ?2",
    [KX_SQL_MOUNT_REMOVE] = "DELETE FROM mounts WHERE id = ?1",
    [KX_SQL_ADOPT_HIDDEN] = "UPDATE hidden SET mount = ?1, abandoned = 1 WHERE mount = ?2",
    [KX_SQL_ADOPT_UPLOADS] = "UPDATE uploads SET mount = ?1 WHERE mount = ?2",
    [KX_SQL_MOUNT_EMPTY] = "SELECT 1 WHERE EXISTS(SELECT 1 FROM hidden WHERE mount = ?1) OR "
                           "EXISTS(SELECT 1 FROM uploads WHERE mount = ?1) OR "
                           "EXISTS(SELECT 1 FROM moves WHERE mount = ?1)",
    [KX_SQL_HIDE] = "INSERT OR REPLACE INTO hidden(path, mount, target) VALUES(?1, ?2, ?3)",
    [KX_SQL_ABANDON] = "UPDATE hidden SET abandoned = 1 WHERE path = ?1 AND mount = ?2",
    [KX_SQL_UNHIDE] = "DELETE FROM hidden WHERE path = ?1 AND mount = ?2",
    /* What an upload still needs is no leftover. */
    [KX_SQL_HIDDEN_LEFT] = "SELECT path, target FROM hidden WHERE mount = ?1 AND abandoned AND NOT "
                           "EXISTS(SELECT 1 FROM uploads WHERE base = hidden.path AND base_hidden)",
    [KX_SQL_MOVE_CONCERNS] =
        "SELECT 1 WHERE EXISTS(SELECT 1 FROM uploads WHERE mount = ?3 AND (path = ?2 OR " BELOW(
            "path") ")) OR EXISTS(SELECT 1 FROM hidden WHERE mount = ?3 AND " BELOW("path") ")",
    [KX_SQL_MOVE_BEGIN] = "INSERT OR REPLACE INTO moves VALUES(?1, ?2, ?3, ?4)",
    [KX_SQL_MOVE_END] = "DELETE FROM moves WHERE source = ?1 AND target = ?2 AND mount = ?3",
    [KX_SQL_MOVES] = "SELECT source, target, file_id FROM moves WHERE mount = ?1",
    [KX_SQL_ADOPT_MOVES] = "UPDATE OR REPLACE moves SET mount = ?1 WHERE mount = ?2",
    [KX_SQL_MOVE_HIDDEN] = MOVED("hidden", "path"),
    [KX_SQL_MOVE_TARGETS] = MOVED("hidden", "target"),
    [KX_SQL_MOVE_UPLOADS] = MOVED("uploads", "path"),
    [KX_SQL_MOVE_BASES] = MOVED("uploads", "base"),
    [KX_SQL_MOVE_OVERTAKEN] = "DELETE FROM uploads WHERE path = ?1 AND mount = ?2 AND state <> ?3",
    [KX_SQL_PUT] =
        "INSERT OR REPLACE INTO uploads(" COLUMNS ", mount) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, "
        "?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
    [KX_SQL_AMEND] = "UPDATE uploads SET later_mode = CASE WHEN ?2 THEN ?2 ELSE later_mode END, "
                     "mtime_ms = CASE WHEN ?3 >= 0 THEN ?3 ELSE mtime_ms END, "
                     "atime_ms = CASE WHEN ?4 >= 0 THEN ?4 ELSE atime_ms END WHERE id = ?1",
    [KX_SQL_REMOVE] = "DELETE FROM uploads WHERE id = ?1",
    [KX_SQL_RECORDS] = "SELECT " COLUMNS " FROM uploads WHERE mount = ?1 ORDER BY id",
    [KX_SQL_FIND] = "SELECT " COLUMNS " FROM uploads WHERE mount = ?1 AND id = ?2",
    [KX_SQL_FILES] = "SELECT 1 FROM uploads WHERE file = ?1",
};

static int failed(struct kx_journal *journal, struct kx_error *err)
{
    int what = sqlite3_errcode(journal->database);
    int code = what == SQLITE_FULL ? ENOSPC : what == SQLITE_READONLY ? EROFS : EIO;
    return kx_error_set(err, code, "the list of unfinished uploads in %s: %s (-o stage_dir=)",
                        journal->folder, sqlite3_errmsg(journal->database));
}

int kx_sql_exec(struct kx_journal *journal, const char *text, struct kx_error *err)
{
    if (sqlite3_exec(journal->database, text, NULL, NULL, NULL) == SQLITE_OK) return 0;
    return failed(journal, err);
}

/* SQLite does not wait when two make a database a WAL one at the same time (seen with six mounts in
 * a new folder): it is tried again. */
static int make_tables(struct kx_journal *journal, struct kx_error *err)
{
    int result = kx_sql_exec(journal, SCHEMA, err);
    for (int waited_ms = 0; waited_ms < BUSY_MS; waited_ms += RETRY_MS) {
        int what = sqlite3_errcode(journal->database);
        if (result == 0 || (what != SQLITE_BUSY && what != SQLITE_LOCKED)) break;
        g_usleep(RETRY_MS * 1000);
        kx_error_clear(err);
        result = kx_sql_exec(journal, SCHEMA, err);
    }
    return result;
}

int kx_sql_open(struct kx_journal *journal, struct kx_error *err)
{
    g_autofree char *path = g_build_filename(journal->folder, "journal.db", NULL);
    const int flags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
    int opened = sqlite3_open_v2(path, &journal->database, flags, NULL);
    if (opened != SQLITE_OK) return failed(journal, err);
    sqlite3_busy_timeout(journal->database, BUSY_MS);
    int result = make_tables(journal, err);
    for (int i = 0; result == 0 && i < KX_SQLS; i++)
        if (sqlite3_prepare_v3(journal->database, TEXTS[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &journal->statements[i], NULL) != SQLITE_OK)
            result = failed(journal, err);
    return result;
}

void kx_sql_close(struct kx_journal *journal)
{
    for (int i = 0; i < KX_SQLS; i++)
        sqlite3_finalize(journal->statements[i]);
    sqlite3_close(journal->database);
}

sqlite3_stmt *kx_sql_bind(struct kx_journal *journal, enum kx_sql which, ...)
{
    sqlite3_stmt *statement = journal->statements[which];
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    va_list texts;
    va_start(texts, which);
    const char *text;
    for (int i = 1; (text = va_arg(texts, const char *)); i++)
        sqlite3_bind_text(statement, i, text, -1, SQLITE_TRANSIENT);
    va_end(texts);
    return statement;
}

int kx_sql_run(struct kx_journal *journal, sqlite3_stmt *statement, struct kx_error *err)
{
    int step;
    do
        step = sqlite3_step(statement);
    while (step == SQLITE_ROW);
    int result = step == SQLITE_DONE ? 0 : failed(journal, err);
    sqlite3_reset(statement);
    return result;
}

int kx_sql_run_durably(struct kx_journal *journal, sqlite3_stmt *statement, struct kx_error *err)
{
    int result = kx_sql_exec(journal, "PRAGMA synchronous = FULL", err);
    if (result == 0) result = kx_sql_run(journal, statement, err);
    kx_sql_exec(journal, "PRAGMA synchronous = NORMAL", NULL);
    return result;
}

bool kx_sql_step(struct kx_journal *journal, sqlite3_stmt *statement)
{
    KX_ERROR_AUTO(err);
    int step = sqlite3_step(statement);
    if (step == SQLITE_ROW) return true;
    if (step != SQLITE_DONE) {
        failed(journal, &err);
        kx_log_write(journal->log, KX_LOG_ERROR, "%s", err.message);
    }
    sqlite3_reset(statement);
    return false;
}

char *kx_sql_text(sqlite3_stmt *statement, int column)
{
    return g_strdup((const char *)sqlite3_column_text(statement, column));
}
