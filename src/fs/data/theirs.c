/* What other clients have done to the name of a file that is being written. */
#include <errno.h>

#include "fs/data/writer_private.h"
#include "fs/errors.h"
#include "fs/journal/journal.h"
#include "fs/mount.h"
#include "rest/webhdfs.h"

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
        kx_errors_add(writer->mount->errors, &err);
}

static bool is_seen(const struct kx_writer *writer, const struct kx_status *status)
{
    return writer->seen.file_id == 0 ||
           (writer->seen.file_id == status->file_id &&
            (writer->cutting || writer->seen.mtime_ms == KX_TIME_OURS ||
             writer->seen.mtime_ms == status->mtime_ms));
}

int kx_writer_check_theirs(struct kx_writer *writer, const char *path, const struct kx_call *call,
                           struct kx_status *status, struct kx_error *err)
{
    struct kx_status now = {0};
    int result = kx_webhdfs_stat(writer->mount->client, path, call, &now, err);
    if (result == -ENOENT)
        result = kx_error_set(err, ESTALE, "another client has removed the file meanwhile");
    else if (result == 0 && !is_seen(writer, &now))
        result =
            kx_error_set(err, ESTALE, "another client has changed the file since it was opened");
    if (result == 0 && status)
        *status = now;
    else
        kx_status_clear(&now);
    return result;
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
