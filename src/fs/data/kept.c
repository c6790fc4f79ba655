/* A writer's content in the journal: safe on the local disk, to be uploaded later. */
#include <errno.h>
#include <glib/gstdio.h>

#include "fs/data/uploader.h"
#include "fs/data/writer_private.h"
#include "fs/errors.h"
#include "fs/journal/journal.h"
#include "fs/mount.h"
#include "fs/names/inode.h"

void kx_writer_stage_place(struct kx_writer *writer, struct kx_stage_place *place, char **name)
{
    struct kx_mount *mount = writer->mount;
    const char *folder = kx_journal_folder(mount->journal);
    *name = g_strdup_printf("%s-%d.part", mount->id, g_atomic_int_add(&mount->local_files, 1));
    *place =
        (struct kx_stage_place){folder ? folder : mount->options->stage_dir, *name, &mount->room};
}

void kx_writer_set_record(struct kx_writer *writer, struct kx_record *record)
{
    writer->record = record;
    g_mutex_lock(&writer->mutex);
    writer->record_id = record ? record->id : 0;
    g_mutex_unlock(&writer->mutex);
}

/* All that the next mount needs to know. */
static void fill_record(struct kx_writer *writer, struct kx_record *record, const char *path)
{
    g_free(record->path);
    record->path = g_strdup(path);
    kx_stage_describe(writer->stage, record);
    record->base_hidden = record->base && writer->hidden.name;
    bool unsure = writer->unsure; /* what is at the name may be ours already */
    record->base_file_id = unsure ? 0 : writer->seen.file_id;
    record->base_mtime_ms = writer->seen.mtime_ms;
    record->exclusive = writer->exclusive && !unsure;
    g_mutex_lock(&writer->mutex);
    record->fresh = writer->base == KX_WRITE_NEW && !unsure;
    record->mode = writer->create_mode;
    record->later_mode = writer->later_mode;
    record->mtime_ms = writer->mtime_ms;
    record->atime_ms = writer->atime_ms;
    g_mutex_unlock(&writer->mutex);
}

/* The copy that the record had before, when it is another one now. */
static void remove_old_copy(struct kx_writer *writer, const char *old)
{
    if (!old || g_strcmp0(old, writer->record->file) == 0) return;
    g_autofree char *path = g_build_filename(kx_journal_folder(writer->mount->journal), old, NULL);
    g_unlink(path);
}

int kx_writer_keep(struct kx_writer *writer, enum kx_record_state state, const char *reason,
                   struct kx_error *err)
{
    struct kx_mount *mount = writer->mount;
    g_autofree char *now = kx_inode_path(writer->inode);
    const char *path = now ? now : writer->known_path;
    if (!mount->journal || !path || !writer->stage)
        return kx_error_set(err, ENOTSUP, "there is no local copy to keep");
    int result = kx_stage_keep(writer->stage, err);
    if (result < 0) return result;
    if (!writer->record) {
        kx_writer_set_record(writer, kx_record_new());
        writer->record->since_ms = mount->clock->wall_ms(mount->clock);
    }
    g_autofree char *old = g_strdup(writer->record->file);
    fill_record(writer, writer->record, path);
    writer->record->state = state;
    g_free(writer->record->reason);
    writer->record->reason = g_strdup(reason);
    result = kx_journal_put(mount->journal, writer->record, true, err);
    kx_writer_set_record(writer, writer->record);
    if (result < 0) return result;
    writer->kept = true;
    kx_stage_leave(writer->stage, true);
    remove_old_copy(writer, old);
    return 0;
}

int kx_writer_spare_record(struct kx_writer *writer, struct kx_error *err)
{
    if (!writer->record || !kx_stage_is_file(writer->stage, writer->record->file)) return 0;
    g_autofree char *name = NULL;
    struct kx_stage_place place;
    kx_writer_stage_place(writer, &place, &name);
    kx_stage_leave(writer->stage, true);
    return kx_stage_fork(writer->stage, name, err);
}

void kx_writer_unkeep(struct kx_writer *writer, bool durable)
{
    if (!writer->record) return;
    g_autoptr(kx_record) record = g_steal_pointer(&writer->record);
    kx_writer_set_record(writer, NULL);
    writer->kept = writer->cutting = false;
    g_mutex_lock(&writer->mutex);
    writer->safe = false;
    g_mutex_unlock(&writer->mutex);
    if (writer->stage && kx_stage_is_file(writer->stage, record->file)) {
        kx_stage_leave(writer->stage, false); /* it is still used, and goes with the stage */
        g_clear_pointer(&record->file, g_free);
    }
    kx_journal_remove(writer->mount->journal, record, durable);
}

/* @return whether the content is safe and its upload is somebody else's business now. */
static bool hand_over(struct kx_writer *writer, const struct kx_call *call)
{
    KX_ERROR_AUTO(err);
    struct kx_mount *mount = writer->mount;
    int result = kx_writer_to_stage(writer, call, &err);
    if (result == 0) result = kx_writer_keep(writer, KX_RECORD_QUEUED, NULL, &err);
    if (result < 0) {
        g_autofree char *line = kx_error_format(&err);
        kx_log_write(mount->log, KX_LOG_WARNING, "uploaded at once, not later: %s", line);
        return false;
    }
    if (!writer->queued) kx_uploader_add(mount->uploader, writer);
    writer->queued = true;
    return true;
}

void kx_writer_queue(struct kx_writer *writer)
{
    if (kx_gate_enter(&writer->gate, NULL, 0) < 0) return;
    if (!writer->queued) kx_uploader_add(writer->mount->uploader, writer);
    writer->queued = true;
    kx_gate_leave(&writer->gate);
}

void kx_writer_drop(struct kx_writer *writer)
{
    kx_writer_abandon(writer);
    g_autoptr(kx_inode) directory = NULL;
    g_autofree char *name = NULL;
    if (kx_inode_place(writer->inode, &directory, &name))
        kx_inodes_remove(writer->mount->inodes, directory, name);
}

/* Trying again does not help: somebody else decides what is to be at the name. */
static bool is_final(const struct kx_writer *writer, int result)
{
    return result == -ESTALE || result == -EEXIST || result == -EISDIR || writer->failure.code;
}

/* Where the bytes are may have changed with the try: the record must not name a hidden file that
 * goes. */
static int note_failure(struct kx_writer *writer, int result, struct kx_error *err)
{
    KX_ERROR_AUTO(other);
    bool final = is_final(writer, result);
    enum kx_record_state state = final             ? KX_RECORD_FAILED
                                 : writer->cutting ? KX_RECORD_CUTTING
                                                   : KX_RECORD_QUEUED;
    g_autofree char *line = kx_error_format(err);
    const char *reason = result == -EINTR || result == -ECANCELED ? writer->record->reason : line;
    g_autofree char *kept = g_strdup(reason);
    if (writer->dirty && kx_writer_keep(writer, state, kept, &other) < 0)
        kx_errors_add(writer->mount->errors, NULL, &other);
    return final ? result : -EAGAIN;
}

/* Whoever has changed it since it was queued queues it again when he closes it: what is there now
 * is not to be seen by others. */
static bool is_being_changed(struct kx_writer *writer)
{
    return !writer->kept && writer->dirty && kx_writer_users(writer) > 0;
}

static void set_safe(struct kx_writer *writer)
{
    g_mutex_lock(&writer->mutex);
    writer->safe = writer->kept && writer->queued;
    g_mutex_unlock(&writer->mutex);
}

/* One try, which ends when the mount does or when somebody disturbs it. */
static int upload_gated(struct kx_writer *writer, const struct kx_call *call, struct kx_error *err)
{
    kx_writer_set_background(writer, true);
    int result = kx_writer_publish_gated(writer, call, err);
    kx_writer_set_background(writer, false);
    if (result == 0 || writer->record) return result < 0 ? note_failure(writer, result, err) : 0;
    if (writer->dirty) return result;
    kx_errors_add(writer->mount->errors, NULL,
                  err); /* the content is there, an attribute was refused */
    return 0;
}

int kx_writer_upload(struct kx_writer *writer, const struct kx_call *call, struct kx_error *err)
{
    int result = kx_writer_enter(writer, call, err);
    if (result < 0) return -EAGAIN;
    result = is_being_changed(writer) ? 0 : upload_gated(writer, call, err);
    writer->queued = result == -EAGAIN;
    set_safe(writer);
    kx_gate_leave(&writer->gate);
    return result;
}

bool kx_writer_mend(struct kx_writer *writer)
{
    if (!writer->mount->uploader || kx_gate_enter(&writer->gate, NULL, 0) < 0) return false;
    bool mend = writer->cutting && writer->dirty && !writer->abandoned && writer->stage;
    if (mend && !writer->kept) mend = kx_writer_keep(writer, KX_RECORD_CUTTING, NULL, NULL) == 0;
    if (mend && !writer->queued) kx_uploader_add(writer->mount->uploader, writer);
    if (mend) writer->queued = true;
    kx_gate_leave(&writer->gate);
    return mend;
}

void kx_writer_keep_again(struct kx_writer *writer)
{
    KX_ERROR_AUTO(err);
    if (!writer->queued || writer->abandoned || kx_writer_users(writer) > 0) return;
    int result = kx_writer_to_stage(writer, NULL, &err);
    if (result == 0) result = kx_writer_keep(writer, KX_RECORD_QUEUED, NULL, &err);
    if (result < 0) kx_errors_add(writer->mount->errors, NULL, &err);
}

int kx_writer_acknowledge(struct kx_writer *writer, const struct kx_call *call,
                          struct kx_error *err)
{
    if (writer->mount->options->write != KX_WRITE_BACK || !writer->mount->uploader)
        return kx_writer_publish(writer, call, err);
    g_mutex_lock(&writer->mutex);
    bool safe = writer->safe; /* also while it is uploaded, which may take long */
    g_mutex_unlock(&writer->mutex);
    if (safe) return 0;
    int result = kx_writer_enter(writer, call, err);
    if (result < 0) return result;
    bool waits = writer->dirty && !writer->abandoned && !writer->failure.code;
    bool failed = writer->kept && writer->record->state == KX_RECORD_FAILED;
    bool handed = waits && !failed && hand_over(writer, call);
    set_safe(writer);
    kx_gate_leave(&writer->gate);
    return handed ? 0 : kx_writer_publish(writer, call, err);
}
