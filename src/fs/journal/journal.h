/* What a mount has begun on the server or promised to a program and not finished, kept so that a
 * kill -9 or a power cut loses nothing: hidden files, and uploads that are not done.
 *
 * One SQLite database in a folder of the user's own, for all his mounts; the local copies of files
 * stand beside it. A mount holds a lock while it lives; the next mount of the same service takes
 * over what the dead ones left.
 *
 * Threads: any.  Blocking: local disk only. A journal of NULL is one that keeps nothing: every call
 * is fine. */
#pragma once
#include "base/error.h"
#include "base/log.h"
#include "fs/journal/record.h"

struct kx_journal;

struct kx_journal_config {
    const char *folder;  /* in which "knoxfs-UID" is made, 0700 */
    const char *service; /* whose leftovers are ours: endpoint, path and user */
    const char *mount;   /* this mount's id: no other mount ever has the same */
    struct kx_log *log;  /* borrowed */
    int64_t now_ms;      /* wall clock */
};

/** @return 0; -errno with the folder and the reason: it cannot be made, belongs to somebody else,
 * is open to others, is full. */
int kx_journal_open(const struct kx_journal_config *config, struct kx_journal **out,
                    struct kx_error *err);

/** What is left stays for the next mount. */
void kx_journal_close(struct kx_journal *journal);

/** The folder of the local copies, on the journal's own file system.  @return borrowed; NULL for a
 * journal of NULL. */
const char *kx_journal_folder(const struct kx_journal *journal);

/* --- hidden files. Not synced: a power cut may leave one behind, never lose a byte. --- */

#define KX_HIDDEN_EMPTY                                                                            \
    "" /* as a target: not hidden, but an empty file that waits for its content */

/** A hidden file is about to be made. @target NULL: worth nothing by itself; else the only copy of
 * what was at that path, or KX_HIDDEN_EMPTY. */
void kx_journal_hide(struct kx_journal *journal, const char *path, const char *target);
/** It is gone, or at its name. */
void kx_journal_unhide(struct kx_journal *journal, const char *path);

/** Nobody needs it any more, and it could not be removed yet: one of kx_journal_hidden_left. */
void kx_journal_leave(struct kx_journal *journal, const char *path);

/* --- renames: what is recorded below a directory gets other paths, and the record of a file that
 * is replaced is done with. A removal is one to the path "". */

/** Is there a record of `to`, or of anything below `from`? Then a rename is written down first. */
bool kx_journal_concerns(struct kx_journal *journal, const char *from, const char *to);

/** The file or directory of that id is about to get another path. Returns when the disk knows. */
void kx_journal_move(struct kx_journal *journal, const char *from, const char *to,
                     uint64_t file_id);

/** It has it: what is recorded below it has other paths, too. @overtaken: remove the records of
 * what was at `to`, or was removed (but failed ones). */
void kx_journal_moved(struct kx_journal *journal, const char *from, const char *to, bool overtaken);

/** It was not done. */
void kx_journal_unmoved(struct kx_journal *journal, const char *from, const char *to);

struct kx_move_left {
    char *from, *to; /* owned */
    uint64_t file_id;
};
/** Renames of which dead mounts did not learn whether they were done.  @return owned array of owned
 * struct kx_move_left. */
GPtrArray *kx_journal_moves_left(struct kx_journal *journal);

struct kx_hidden_left {
    char *path, *target; /* owned; target may be NULL */
};
/** The hidden files that dead mounts left and no upload needs.  @return owned array of owned struct
 * kx_hidden_left. */
GPtrArray *kx_journal_hidden_left(struct kx_journal *journal);

/* --- uploads --- */

/** Write a record, new (its id is filled in) or changed. @durable: returns when the disk has it,
 * and with it all that was written before.  @return 0; -EIO, -ENOSPC ... of the folder. */
int kx_journal_put(struct kx_journal *journal, struct kx_record *record, bool durable,
                   struct kx_error *err);

/** Attributes that were set after the record was written (mode 0, times -1: leave). A failure is
 * logged. */
void kx_journal_amend(struct kx_journal *journal, int64_t id, uint32_t later_mode, int64_t mtime_ms,
                      int64_t atime_ms);

/** Done or given up: the record and its local copy go. @durable: it must not come back after a
 * power cut. */
void kx_journal_remove(struct kx_journal *journal, const struct kx_record *record, bool durable);

/** All uploads of this mount, the adopted ones among them, by id.  @return owned array of owned
 * records. */
GPtrArray *kx_journal_records(struct kx_journal *journal);

/** @return owned, or NULL. */
struct kx_record *kx_journal_find(struct kx_journal *journal, int64_t id);

KX_DEFINE_AUTOPTR(kx_journal, kx_journal_close)
