#include "fs/data/recovery.h"

#include <errno.h>
#include <string.h>

#include "fs/data/placeholder.h"
#include "fs/data/uploader.h"
#include "fs/data/writer_private.h"
#include "fs/errors.h"
#include "fs/journal/journal.h"
#include "fs/names/attr.h"
#include "fs/names/lookup.h"
#include "rest/webhdfs.h"

struct kx_recovery {
    struct kx_mount *mount;
    struct kx_cancel *cancel;
    GArray *later; /* int64_t, ids of uploads that could not be taken up yet; the thread's */
    GThread *thread;
};

/* --- hidden files --- */

/* A file that was put aside while another took its place: back, unless that came to its name. */
static int put_back(struct kx_mount *mount, const struct kx_hidden_left *left,
                    const struct kx_call *call, struct kx_error *err)
{
    int result = kx_webhdfs_rename(mount->client, left->path, left->target, call, err);
    return result == -EEXIST ? kx_webhdfs_delete(mount->client, left->path, false, call, err)
                             : result;
}

/* @last: a file that is not there will not be there any more. */
static void clean_one(struct kx_mount *mount, const struct kx_hidden_left *left, bool last,
                      struct kx_cancel *cancel)
{
    KX_ERROR_AUTO(err);
    const struct kx_call call = {.cancel = cancel};
    int result = !left->target    ? kx_webhdfs_delete(mount->client, left->path, false, &call, &err)
                 : !*left->target ? kx_placeholder_remove(mount, left->path, &call, &err)
                                  : put_back(mount, left, &call, &err);
    if (result == 0 || (result == -ENOENT && last))
        kx_journal_unhide(mount->journal, left->path);
    else if (result != -ENOENT)
        kx_errors_add(mount->errors, NULL, &err); /* the next mount tries again */
}

/* "Not there" may mean "not yet": a CREATE that was cut, by a kill too, can still be on its way
 * through the DataNode (seen on a busy machine). */
#define LOOKS        6
#define LOOK_WAIT_MS 5000

static void clean_pass(struct kx_recovery *recovery, GHashTable *looks)
{
    g_autoptr(GPtrArray) all = kx_journal_hidden_left(recovery->mount->journal);
    for (guint i = 0; i < all->len && !kx_cancel_fired(recovery->cancel); i++) {
        const struct kx_hidden_left *left = g_ptr_array_index(all, i);
        int seen = 1 + GPOINTER_TO_INT(g_hash_table_lookup(looks, left->path));
        clean_one(recovery->mount, left, seen >= LOOKS, recovery->cancel);
        g_hash_table_replace(looks, g_strdup(left->path), GINT_TO_POINTER(seen));
    }
    if (all->len == 0) g_hash_table_remove_all(looks);
}

/* Uploads look at what is at their names: files that were put aside are back before. */
static void put_back_all(struct kx_mount *mount, const GPtrArray *hidden)
{
    for (guint i = 0; i < hidden->len; i++) {
        const struct kx_hidden_left *left = g_ptr_array_index(hidden, i);
        if (left->target) clean_one(mount, left, true, NULL);
    }
}

/* --- renames --- */

bool kx_recovery_note_move(struct kx_mount *mount, const char *from, const char *to,
                           const struct kx_call *call)
{
    if (!kx_journal_concerns(mount->journal, from, *to ? to : from)) return false;
    struct kx_status status = {0};
    bool known =
        !*to || (kx_webhdfs_stat(mount->client, from, call, &status, NULL) == 0 && status.file_id);
    if (known) kx_journal_move(mount->journal, from, to, status.file_id);
    kx_status_clear(&status);
    return known;
}

/* Killed before the answer: what is at the new path, or not at the old one, says whether it was
 * done. */
static void end_move(struct kx_mount *mount, const struct kx_move_left *move)
{
    bool removal = !*move->to;
    struct kx_status status = {0};
    int result =
        kx_webhdfs_stat(mount->client, removal ? move->from : move->to, NULL, &status, NULL);
    bool same = result == 0 && status.file_id == move->file_id;
    kx_status_clear(&status);
    if (removal ? result == -ENOENT : same)
        kx_journal_moved(mount->journal, move->from, move->to, true);
    else if (result == 0 || result == -ENOENT)
        kx_journal_unmoved(mount->journal, move->from, move->to);
}

static void end_moves(struct kx_mount *mount)
{
    g_autoptr(GPtrArray) moves = kx_journal_moves_left(mount->journal);
    for (guint i = 0; i < moves->len; i++)
        end_move(mount, g_ptr_array_index(moves, i));
}

/* --- uploads --- */

/* The directory and the name of a path, by the names from the root on. */
static int find_place(struct kx_mount *mount, const char *path, const struct kx_call *call,
                      struct kx_inode **directory, char **name, struct kx_error *err)
{
    g_autoptr(kx_inode) at = kx_inodes_find(mount->inodes, KX_ROOT_NODE);
    g_autofree char *root = kx_inode_path(at);
    size_t skip = strcmp(root, "/") == 0 ? 0 : strlen(root);
    if (strncmp(path, root, skip) != 0 || path[skip] != '/')
        return kx_error_set(err, EXDEV, "%s is not below %s", path, root);
    g_auto(GStrv) names = g_strsplit(path + skip + 1, "/", -1);
    int result = 0;
    guint last = g_strv_length(names) - 1;
    for (guint i = 0; result == 0 && i < last; i++) {
        struct kx_inode *next = NULL;
        result = kx_lookup(mount, at, names[i], call, &next, err);
        if (result < 0) break;
        kx_inode_unref(at);
        at = next;
    }
    if (result < 0) return result;
    *directory = g_steal_pointer(&at);
    *name = g_strdup(names[last]);
    return 0;
}

/* The inode of the name: the server's file, or a new one of which the server does not know yet. */
static int find_inode(struct kx_mount *mount, const struct kx_record *record,
                      const struct kx_call *call, struct kx_inode **out, bool *there,
                      struct kx_error *err)
{
    g_autoptr(kx_inode) directory = NULL;
    g_autofree char *name = NULL;
    int result = find_place(mount, record->path, call, &directory, &name, err);
    if (result < 0) return result;
    result = kx_lookup(mount, directory, name, call, out, err);
    *there = result == 0;
    if (result == 0 && (*out)->directory) {
        g_clear_pointer(out, kx_inode_unref);
        return kx_error_set(err, EISDIR, "a directory is at %s now", record->path);
    }
    if (result != -ENOENT) return result;
    kx_error_clear(err);
    struct kx_status status;
    kx_attr_of_made(mount, directory, KX_TYPE_FILE, record->mode, &status);
    *out =
        kx_inodes_adopt(mount->inodes, directory, name, &status, kx_inodes_epoch(mount->inodes), 0);
    kx_status_clear(&status);
    return 0;
}

/* Is the server's file what it was when the record was written? */
static bool is_as_recorded(struct kx_inode *inode, const struct kx_record *record)
{
    if (record->fresh) return false;
    if (!record->base_file_id) return !record->base || record->base_hidden;
    struct kx_status status = {0};
    kx_inode_status(inode, &status, 0);
    bool same = status.file_id == record->base_file_id &&
                (record->base_mtime_ms == KX_TIME_OURS || status.mtime_ms == record->base_mtime_ms);
    kx_status_clear(&status);
    return same;
}

/* Something else is at the name. Perhaps it is this very content: the mount was killed between the
 * last step and the removal of the record. */
static int judge(struct kx_mount *mount, struct kx_inode *inode, const struct kx_record *record,
                 const struct kx_call *call, bool *done, struct kx_error *err)
{
    const struct kx_stage_place place = {kx_journal_folder(mount->journal), record->file, NULL};
    g_autoptr(kx_stage) stage = NULL;
    struct kx_status status = {0};
    int result = kx_stage_restore(&place, record, &stage, err);
    if (result < 0) return result;
    kx_stage_leave(stage, true);
    kx_inode_status(inode, &status, 0);
    const struct kx_version version = {status.file_id, status.mtime_ms};
    bool equal = false, as_long = status.length == record->length;
    kx_status_clear(&status);
    if (as_long)
        result = kx_stage_compare(stage, mount->client, record->path, &version, call, &equal, err);
    *done = result == 0 && equal;
    if (result < 0 || equal) return result;
    return kx_error_set(err, ESTALE, "another client's file is at %s now", record->path);
}

/* The local copy goes only after its record, so without one the upload was done: a power cut has
 * brought the record back. */
static bool was_done(struct kx_mount *mount, struct kx_inode *inode, const struct kx_record *record)
{
    g_autofree char *copy = g_build_filename(kx_journal_folder(mount->journal), record->file, NULL);
    struct kx_status status = {0};
    kx_inode_status(inode, &status, 0);
    bool done = status.length == record->length && !g_file_test(copy, G_FILE_TEST_EXISTS);
    kx_status_clear(&status);
    return done;
}

/* Was it brought to its name already?  @force: what is there else does not matter.  @return 0;
 * -ESTALE: something else is there. */
static int is_done(struct kx_mount *mount, struct kx_inode *inode, const struct kx_record *record,
                   bool force, const struct kx_call *call, bool *done, struct kx_error *err)
{
    *done = was_done(mount, inode, record);
    int result = *done ? 0 : judge(mount, inode, record, call, done, err);
    if (result != -ESTALE || !force) return result;
    kx_error_clear(err);
    return 0;
}

void kx_recovery_give_up(struct kx_mount *mount, const struct kx_record *record)
{
    kx_journal_remove(mount->journal, record, true);
    if (record->base_hidden) kx_hidden_drop(mount, record->base);
}

/* The content was at its name already when the mount was killed; what else there was to set? */
static void end_done(struct kx_mount *mount, const struct kx_record *record,
                     const struct kx_call *call)
{
    struct kx_client *client = mount->client;
    KX_ERROR_AUTO(err);
    int result = 0;
    if (record->later_mode)
        result = kx_webhdfs_set_permission(client, record->path, record->later_mode, call, &err);
    if (result == 0 && (record->mtime_ms >= 0 || record->atime_ms >= 0))
        result = kx_webhdfs_set_times(client, record->path, record->mtime_ms, record->atime_ms,
                                      call, &err);
    if (result < 0) kx_errors_add(mount->errors, NULL, &err);
    kx_recovery_give_up(mount, record);
}

/* Has the hidden file with the rest of the bytes gone? Then it is at the name, or was. */
static int find_base(struct kx_mount *mount, const struct kx_record *record,
                     const struct kx_call *call, bool *gone, struct kx_error *err)
{
    if (!record->base_hidden) return 0;
    struct kx_status status = {0};
    int result = kx_webhdfs_stat(mount->client, record->base, call, &status, err);
    kx_status_clear(&status);
    *gone = result == -ENOENT;
    if (!*gone) return result;
    kx_error_clear(err);
    return 0;
}

/* The record of a content whose base has come to its name: killed before its answer came. */
static int follow_base(struct kx_inode *inode, const struct kx_record *record, bool there,
                       struct kx_record *now, struct kx_error *err)
{
    struct kx_status status = {0};
    if (there) kx_inode_status(inode, &status, 0);
    bool same = there && status.length == record->base_length;
    *now = *record; /* strings borrowed */
    now->base = record->path;
    now->base_hidden = false;
    now->base_file_id = status.file_id;
    now->base_mtime_ms = status.mtime_ms;
    kx_status_clear(&status);
    return same ? 0 : kx_error_set(err, ESTALE, "the file has gone that has the rest of its bytes");
}

/* What the writer begins from, as things are now. */
static struct kx_record as_now(const struct kx_record *record, bool there, bool force)
{
    struct kx_record now = *record; /* strings borrowed */
    if (!kx_record_needs_name(record)) now.fresh = record->fresh && !(force && there);
    if (!there) now.fresh = true;
    if (force) now.exclusive = false;
    if (force && !kx_record_needs_name(record)) now.base_file_id = 0;
    return now;
}

int kx_recovery_take_up(struct kx_mount *mount, const struct kx_record *record, bool force,
                        const struct kx_call *call, struct kx_writer **out, struct kx_error *err)
{
    g_autoptr(kx_inode) inode = NULL;
    bool there = false, done = false, gone = false;
    *out = NULL;
    int result = find_inode(mount, record, call, &inode, &there, err);
    if (result == 0) result = find_base(mount, record, call, &gone, err);
    if (result == 0 && !there && kx_record_needs_name(record))
        result = kx_error_set(err, ESTALE, "the file was removed, which has the rest of its bytes");
    if (result == 0 && there && (gone || !is_as_recorded(inode, record)))
        result = is_done(mount, inode, record, force && !gone, call, &done, err);
    struct kx_record followed = {0};
    if (gone && !done && (result == 0 || result == -ESTALE)) {
        kx_error_clear(err);
        result = follow_base(inode, record, there, &followed, err);
        record = &followed;
    }
    if (result < 0) return result;
    const struct kx_record now = as_now(record, there, force);
    if (!done) return kx_writer_restore(mount, inode, &now, out, err);
    end_done(mount, record, call);
    kx_inode_expire(inode);
    return 0;
}

/* @return whether it is to be tried again. */
static bool note_reason(struct kx_mount *mount, struct kx_record *record, int result,
                        struct kx_error *err)
{
    if (result == -EINTR) return true;
    if (!err->path) err->path = g_strdup(record->path);
    kx_errors_add(mount->errors, NULL, err);
    bool final = result == -ESTALE || result == -EISDIR || result == -ENOENT;
    if (final) record->state = KX_RECORD_FAILED;
    g_free(record->reason);
    record->reason = kx_error_format(err);
    kx_journal_put(mount->journal, record, false, NULL);
    return !final;
}

/* @return whether it is to be tried again: the server does not say what is there. */
static bool take_up(struct kx_mount *mount, struct kx_record *record, struct kx_cancel *cancel)
{
    KX_ERROR_AUTO(err);
    const struct kx_call call = {.cancel = cancel};
    struct kx_writer *writer = NULL;
    int result = kx_recovery_take_up(mount, record, false, &call, &writer, &err);
    if (result < 0) return note_reason(mount, record, result, &err);
    if (!writer) return false;
    kx_writer_queue(writer);
    kx_writer_let_go(writer); /* the uploader's hold stays */
    return false;
}

/* A person may have uploaded or dropped it meanwhile. */
static void take_up_later(struct kx_recovery *recovery)
{
    struct kx_mount *mount = recovery->mount;
    for (guint i = 0; i < recovery->later->len && !kx_cancel_fired(recovery->cancel);) {
        int64_t id = g_array_index(recovery->later, int64_t, i);
        g_autoptr(kx_record) record = kx_journal_find(mount->journal, id);
        g_autoptr(kx_writer) writer = kx_writers_of_record(mount->writers, id);
        bool waits = record && record->state != KX_RECORD_FAILED && !writer;
        if (waits && take_up(mount, record, recovery->cancel))
            i++;
        else
            g_array_remove_index(recovery->later, i);
    }
}

static gpointer work(gpointer data)
{
    struct kx_recovery *recovery = data;
    g_autoptr(GHashTable) looks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    do {
        clean_pass(recovery, looks);
        take_up_later(recovery);
    } while (kx_cancel_sleep(recovery->cancel, LOOK_WAIT_MS) == 0);
    return NULL;
}

struct kx_recovery *kx_recovery_start(struct kx_mount *mount)
{
    if (!mount->journal) return NULL;
    struct kx_recovery *recovery = g_new0(struct kx_recovery, 1);
    recovery->mount = mount;
    recovery->cancel = kx_cancel_new();
    recovery->later = g_array_new(FALSE, FALSE, sizeof(int64_t));
    end_moves(mount);
    g_autoptr(GPtrArray) hidden = kx_journal_hidden_left(mount->journal);
    put_back_all(mount, hidden);
    g_autoptr(GPtrArray) records = kx_journal_records(mount->journal);
    for (guint i = 0; i < records->len; i++) {
        struct kx_record *record = g_ptr_array_index(records, i);
        bool waits = record->state != KX_RECORD_FAILED;
        if (waits && take_up(mount, record, NULL)) g_array_append_val(recovery->later, record->id);
    }
    recovery->thread = g_thread_new("recovery", work, recovery);
    return recovery;
}

void kx_recovery_free(struct kx_recovery *recovery)
{
    if (!recovery) return;
    kx_cancel_fire(recovery->cancel);
    g_thread_join(recovery->thread);
    g_array_free(recovery->later, TRUE);
    kx_cancel_unref(recovery->cancel);
    g_free(recovery);
}
