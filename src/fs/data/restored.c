/* A writer made again from what the journal says of it. */
#include <errno.h>

#include "fs/data/writer_private.h"
#include "fs/journal/journal.h"
#include "fs/mount.h"
#include "fs/names/inode.h"

static int restore_stage(struct kx_writer *writer, const struct kx_record *record,
                         struct kx_error *err)
{
    const struct kx_stage_place place = {kx_journal_folder(writer->mount->journal), record->file,
                                         &writer->mount->room};
    int result = kx_stage_restore(&place, record, &writer->stage, err);
    if (result == 0) kx_stage_leave(writer->stage, true);
    return result;
}

/* The base is a hidden file beside the name. */
static void take_hidden(struct kx_writer *writer, const struct kx_record *record)
{
    g_autofree char *name = NULL;
    struct kx_inode *directory = NULL;
    if (!record->base_hidden || !kx_inode_place(writer->inode, &directory, &name)) return;
    writer->hidden.directory = directory;
    writer->hidden.name = g_path_get_basename(record->base);
    kx_journal_hide(writer->mount->journal, record->base, NULL); /* no leftover any more */
}

static struct kx_record *record_again(struct kx_mount *mount, const struct kx_record *record)
{
    struct kx_record *same = kx_journal_find(mount->journal, record->id);
    if (same && same->state == KX_RECORD_FAILED) same->state = KX_RECORD_QUEUED;
    return same;
}

static int fill(struct kx_writer *writer, const struct kx_record *record, struct kx_error *err)
{
    if (writer->stage || writer->upload || kx_writer_users(writer) > 1)
        return kx_error_set(err, EBUSY, "the file is being written");
    struct kx_record *again = record_again(writer->mount, record);
    if (!again) return kx_error_set(err, ENOENT, "it was dropped meanwhile");
    kx_writer_set_record(writer, again);
    int result = restore_stage(writer, record, err);
    if (result < 0) return result;
    take_hidden(writer, record);
    writer->kept = true;
    writer->cutting = record->state == KX_RECORD_CUTTING;
    writer->exclusive = record->exclusive;
    g_mutex_lock(&writer->mutex);
    writer->dirty = true;
    writer->length = record->length;
    writer->changed_ms = record->mtime_ms >= 0 ? record->mtime_ms : record->since_ms;
    writer->create_mode = record->mode;
    writer->later_mode = record->later_mode;
    writer->mtime_ms = record->mtime_ms;
    writer->atime_ms = record->atime_ms;
    g_mutex_unlock(&writer->mutex);
    return 0;
}

static enum kx_write_base base_of(const struct kx_record *record)
{
    if (kx_record_needs_name(record)) return KX_WRITE_SERVER;
    return record->fresh ? KX_WRITE_NEW : KX_WRITE_EMPTIED;
}

int kx_writer_restore(struct kx_mount *mount, struct kx_inode *inode,
                      const struct kx_record *record, struct kx_writer **out, struct kx_error *err)
{
    const struct kx_write_opts opts = {.base = base_of(record),
                                       .length = record->base_length,
                                       .mode = record->mode,
                                       .seen = {record->base_file_id, record->base_mtime_ms}};
    g_autoptr(kx_writer) present = kx_inode_writer(inode);
    if (present) return kx_error_set(err, EBUSY, "the file is being written");
    struct kx_writer *writer = NULL;
    int result = kx_writer_open(mount, inode, &opts, NULL, &writer, err);
    if (result < 0) return result;
    result = kx_writer_enter(writer, NULL, err);
    if (result == 0) {
        result = fill(writer, record, err);
        kx_gate_leave(&writer->gate);
    }
    if (result < 0) {
        kx_writer_let_go(writer);
        return result;
    }
    g_autofree char *name = g_strescape(record->path, NULL);
    kx_log_event(mount->log, KX_LOG_DEBUG, "upload", "%s: taken up from an earlier mount", name);
    *out = writer;
    return 0;
}
