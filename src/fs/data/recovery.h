/* What an earlier mount of the same service left unfinished when it was killed: brought to an end.
 *
 * Threads: run once, before the mount is served; the cleaning goes on in a thread of its own. */
#pragma once
#include "base/cleanup.h"
#include "fs/journal/record.h"
#include "fs/mount.h"

struct kx_recovery;
struct kx_writer;

/** Make the files of unfinished uploads whole again here (they are seen at once, and uploaded in
 * the background), and begin to remove hidden files that nobody needs. Blocking: one or two
 * requests an upload. What cannot be taken up stays in the journal with its reason.
 * Later leftovers are removed by the same thread. @return owned, or NULL without a journal. */
struct kx_recovery *kx_recovery_start(struct kx_mount *mount);

/** Stop the cleaning where it is, and free. NULL is fine. */
void kx_recovery_free(struct kx_recovery *recovery);

/** Take up one upload.  @force: also when somebody else's file is at the name now: it is replaced.
 *  @return 0, @out a reference as of kx_writer_open, or NULL: it turned out to be done; -errno. */
int kx_recovery_take_up(struct kx_mount *mount, const struct kx_record *record, bool force,
                        const struct kx_call *call, struct kx_writer **out, struct kx_error *err);

/** Before a rename, or a removal (@to ""): where it concerns what is recorded it is written down,
 * so that the next mount finds out whether it was done. Blocking: one request then.  @return
 * whether it was written down; the caller ends it by kx_journal_moved or kx_journal_unmoved, unless
 * he does not know. */
bool kx_recovery_note_move(struct kx_mount *mount, const char *from, const char *to,
                           const struct kx_call *call);

/** Remove the record and what it has, here and on the server. */
void kx_recovery_give_up(struct kx_mount *mount, const struct kx_record *record);

KX_DEFINE_AUTOPTR(kx_recovery, kx_recovery_free)
