/* What the files of the journal share: folder.c (the folder and the locks of mounts), statement.c
 * (SQL), journal.c, journal_hidden.c, journal_records.c. Nobody else includes it.
 * Threads: the mutex guards the database. */
#pragma once
#include <sqlite3.h>

#include "fs/journal/journal.h"

/* Every SQL text there is; statement.c has them in a table. */
enum kx_sql {
    KX_SQL_MOUNT_ADD,
    KX_SQL_MOUNT_OTHERS,
    KX_SQL_MOUNT_REMOVE,
    KX_SQL_ADOPT_HIDDEN,
    KX_SQL_ADOPT_UPLOADS,
    KX_SQL_MOUNT_EMPTY,
    KX_SQL_HIDE,
    KX_SQL_UNHIDE,
    KX_SQL_ABANDON,
    KX_SQL_HIDDEN_LEFT,
    KX_SQL_MOVE_CONCERNS,
    KX_SQL_MOVE_BEGIN,
    KX_SQL_MOVE_END,
    KX_SQL_MOVES,
    KX_SQL_ADOPT_MOVES,
    KX_SQL_MOVE_HIDDEN,
    KX_SQL_MOVE_TARGETS,
    KX_SQL_MOVE_UPLOADS,
    KX_SQL_MOVE_BASES,
    KX_SQL_MOVE_OVERTAKEN,
    KX_SQL_PUT,
    KX_SQL_AMEND,
    KX_SQL_REMOVE,
    KX_SQL_RECORDS,
    KX_SQL_FIND,
    KX_SQL_FILES,
    KX_SQLS
};

struct kx_journal {
    char *folder, *mount; /* constant */
    struct kx_log *log;
    int lock;     /* of this mount's lock file */
    int shared;   /* the folder itself, locked (shared) against programs that remove old files */
    GMutex mutex; /* guards the rest */
    sqlite3 *database;
    sqlite3_stmt *statements[KX_SQLS];
};

/** The user's own folder in `parent`, with a shared lock on it: systemd-tmpfiles leaves such
 * folders alone.  @return 0, @out owned path, @shared a descriptor to be closed. */
int kx_folder_make(const char *parent, char **out, int *shared, struct kx_error *err);

/** Hold the lock of a mount.  @return a descriptor; -EWOULDBLOCK: somebody holds it; -errno. */
int kx_folder_lock(const char *folder, const char *mount);
/** Give it up and remove its file. */
void kx_folder_unlock(const char *folder, const char *mount, int lock);

/* All below: the mutex is held (or nobody else knows the journal yet). */

int kx_sql_open(struct kx_journal *journal, struct kx_error *err);
void kx_sql_close(struct kx_journal *journal);

/** The statement, reset, with text parameters bound from 1 on (NULL-terminated; borrowed until it
 * is stepped). */
sqlite3_stmt *kx_sql_bind(struct kx_journal *journal, enum kx_sql which,
                          ...) G_GNUC_NULL_TERMINATED;

/** Run a statement to its end.  @return 0; -errno. */
int kx_sql_run(struct kx_journal *journal, sqlite3_stmt *statement, struct kx_error *err);

/** Run it and sync the disk. */
int kx_sql_run_durably(struct kx_journal *journal, sqlite3_stmt *statement, struct kx_error *err);

int kx_sql_exec(struct kx_journal *journal, const char *text, struct kx_error *err);

/** Next row? Errors are logged and end it. */
bool kx_sql_step(struct kx_journal *journal, sqlite3_stmt *statement);

/** A column's text.  @return owned or NULL. */
char *kx_sql_text(sqlite3_stmt *statement, int column);
