/* What other clients have done to the name of a file that is being written. */
#include <errno.h>

#include "fs/data/writer_private.h"
#include "fs/errors.h"
#include "fs/journal/journal.h"
#include "fs/mount.h"
#include "fs/names/inode.h"
#include "rest/webhdfs.h"

/* What was seen so shortly ago, by the open or by our own publishing, is not asked for again. */
#define JUST_SEEN_MS 200

static int64_t now_ms(const struct kx_writer *writer)
{
    const struct kx_clock *clock = writer->mount->clock;
    return clock->now_ms(clock);
}

void kx_writer_see(struct kx_writer *writer, const char *path, const struct kx_call *call)
{
    struct kx_status status = {0};
    writer->seen = (struct kx_version){0};
    if (kx_webhdfs_stat(writer->mount->client, path, call, &status, NULL) == 0)
        writer->seen = (struct kx_version){status.file_id, status.mtime_ms};
    kx_status_clear(&status);
}

void kx_writer_begin_in_place(struct kx_writer *writer)
{
    KX_ERROR_AUTO(err);
    writer->seen.mtime_ms = KX_TIME_OURS;
    if (!writer->record || writer->record->base_mtime_ms == KX_TIME_OURS) return;
    writer->record->base_mtime_ms = KX_TIME_OURS;
    if (kx_journal_put(writer->mount->journal, writer->record, true, &err) < 0)
        kx_errors_add(writer->mount->errors, NULL, &err);
}

static bool is_seen(const struct kx_writer *writer, const struct kx_status *status)
{
    return writer->unsure || writer->seen.file_id == 0 ||
           (writer->seen.file_id == status->file_id &&
            (writer->seen.mtime_ms == KX_TIME_OURS || writer->seen.mtime_ms == status->mtime_ms));
}

/* @return as kx_webhdfs_stat, but -ESTALE when nothing is there. */
static int ask(struct kx_writer *writer, const char *path, const struct kx_call *call,
               struct kx_status *out, struct kx_error *err)
{
    int result = kx_webhdfs_stat(writer->mount->client, path, call, out, err);
    return result == -ENOENT
               ? kx_error_set(err, ESTALE, "another client has removed the file meanwhile")
               : result;
}

int kx_writer_check_theirs(struct kx_writer *writer, const char *path, const struct kx_call *call,
                           struct kx_status *status, struct kx_error *err)
{
    struct kx_status now = {0};
    int result = ask(writer, path, call, &now, err);
    if (result == 0 && !is_seen(writer, &now))
        result =
            kx_error_set(err, ESTALE, "another client has changed the file since it was opened");
    if (result == 0 && status)
        *status = now;
    else
        kx_status_clear(&now);
    return result;
}

void kx_writer_note_in_place(struct kx_writer *writer, uint64_t file_id)
{
    writer->seen = (struct kx_version){file_id, file_id ? KX_TIME_OURS : 0};
    writer->seen_ms = now_ms(writer);
}

/* Bytes for the end of the file, wherever that is, or for the place where it was? */
static bool may_append(const struct kx_writer *writer, const struct kx_status *now, bool anywhere)
{
    if (anywhere) return writer->seen.file_id == 0 || writer->seen.file_id == now->file_id;
    return is_seen(writer, now) && now->length == writer->length;
}

int kx_writer_check_end(struct kx_writer *writer, const char *path, bool anywhere,
                        const struct kx_call *call, struct kx_error *err)
{
    bool strict = writer->mount->options->write == KX_WRITE_EXCLUSIVE;
    if (strict) return kx_writer_check_exclusive(writer, path, call, err);
    if (writer->seen_ms && now_ms(writer) - writer->seen_ms < JUST_SEEN_MS) return 0;
    struct kx_status now = {0};
    int result = ask(writer, path, call, &now, err);
    if (result == 0 && !may_append(writer, &now, anywhere))
        result =
            kx_error_set(err, ESTALE, "another client has changed the file since it was opened");
    if (result == 0) {
        writer->seen = (struct kx_version){now.file_id, now.mtime_ms};
        g_mutex_lock(&writer->mutex);
        writer->length = now.length;
        g_mutex_unlock(&writer->mutex);
    }
    kx_status_clear(&now);
    return result;
}

int kx_writer_check_source(struct kx_writer *writer, int64_t from, int64_t to,
                           const struct kx_call *call, struct kx_error *err)
{
    bool ours = writer->hidden.name || writer->base != KX_WRITE_SERVER;
    if (ours || kx_stage_has(writer->stage, from, to)) return 0;
    g_autofree char *path = kx_inode_path(writer->inode);
    return path ? kx_writer_check_theirs(writer, path, call, NULL, err) : 0;
}

int kx_writer_check_exclusive(struct kx_writer *writer, const char *path,
                              const struct kx_call *call, struct kx_error *err)
{
    if (writer->mount->options->write != KX_WRITE_EXCLUSIVE) return 0;
    if (writer->base != KX_WRITE_NEW) return kx_writer_check_theirs(writer, path, call, NULL, err);
    struct kx_status now = {0};
    int result = kx_webhdfs_stat(writer->mount->client, path, call, &now, err);
    kx_status_clear(&now);
    if (result == 0)
        return kx_error_set(err, ESTALE, "another client has made a file of that name meanwhile");
    if (result == -ENOENT) kx_error_clear(err);
    return result == -ENOENT ? 0 : result;
}
