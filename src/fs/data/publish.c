/* The way of a written file to its name. Every step may be interrupted and is taken up again by the
 * next call. */
#include <errno.h>

#include "fs/data/placeholder.h"
#include "fs/data/writer_private.h"
#include "fs/errors.h"
#include "fs/journal/journal.h"
#include "fs/mount.h"
#include "fs/names/inode.h"
#include "fs/names/replace.h"
#include "rest/webhdfs.h"

/* Is what we wanted at `path` there? Asked only after a step whose answer we did not wait for. */
static bool is_there(struct kx_writer *writer, const char *path, const struct kx_call *call)
{
    struct kx_status status = {0};
    int result = kx_webhdfs_stat(writer->mount->client, path, call, &status, NULL);
    bool there = result == 0 && status.type == KX_TYPE_FILE && status.length == writer->length;
    kx_status_clear(&status);
    return there;
}

/* A step whose answer did not come may have been done: remember that. */
static int note_fate(struct kx_writer *writer, int result, const struct kx_error *err)
{
    bool unknown = result == -EINTR || (result < 0 && !err->http_status && !err->unsent);
    g_mutex_lock(&writer->mutex);
    if (unknown || result == 0) writer->unsure = unknown;
    g_mutex_unlock(&writer->mutex);
    return result;
}

/* The hidden file has gone, and nobody but us renames it: what is at the name is the content that
 * it had. */
static void take_note_of_rename(struct kx_writer *writer, const char *hidden,
                                const struct kx_status *there, const char *path)
{
    kx_journal_unhide(writer->mount->journal, hidden);
    kx_hidden_clear(&writer->hidden);
    writer->exclusive = false;
    writer->seen = (struct kx_version){there->file_id, there->mtime_ms};
    if (!writer->stage) return;
    kx_stage_follow(writer->stage, path, &writer->seen);
    g_mutex_lock(&writer->mutex);
    writer->base = KX_WRITE_SERVER;
    g_mutex_unlock(&writer->mutex);
}

int kx_writer_find_out(struct kx_writer *writer, const char *path, const struct kx_call *call,
                       struct kx_error *err)
{
    g_autofree char *hidden = writer->unsure ? kx_hidden_where(&writer->hidden) : NULL;
    if (!hidden) return 0;
    struct kx_status status = {0};
    int result = kx_webhdfs_stat(writer->mount->client, hidden, call, &status, err);
    kx_status_clear(&status);
    bool gone = result == -ENOENT;
    if (gone) kx_error_clear(err);
    if (gone) result = kx_webhdfs_stat(writer->mount->client, path, call, &status, err);
    if (gone && result == 0 && status.type == KX_TYPE_FILE)
        take_note_of_rename(writer, hidden, &status, path);
    kx_status_clear(&status);
    if (result == -ENOENT) kx_error_clear(err); /* both have gone: the next step says so */
    if (result < 0 && result != -ENOENT) return result;
    g_mutex_lock(&writer->mutex);
    writer->unsure = false;
    g_mutex_unlock(&writer->mutex);
    return 0;
}

int kx_writer_rename_hidden(struct kx_writer *writer, const char *path, const struct kx_call *call,
                            struct kx_error *err)
{
    struct kx_mount *mount = writer->mount;
    g_autofree char *hidden = kx_hidden_where(&writer->hidden);
    if (!hidden) return kx_error_set(err, ESTALE, "the file's directory was removed");
    bool replace = !(writer->base == KX_WRITE_NEW && writer->exclusive);
    int result = kx_writer_check_exclusive(writer, path, call, err);
    if (result < 0) return result;
    result = replace ? kx_replace(mount, hidden, path, call, err)
                     : kx_webhdfs_rename(mount->client, hidden, path, call, err);
    if (result == 0) {
        kx_journal_unhide(mount->journal, hidden);
        kx_hidden_clear(&writer->hidden);
    }
    return note_fate(writer, result, err);
}

/* Another client made the name first: it is as if it had been there when it was opened. */
static int take_theirs(struct kx_writer *writer, const char *path, const struct kx_call *call,
                       struct kx_error *err)
{
    struct kx_status status = {0};
    int result = kx_webhdfs_stat(writer->mount->client, path, call, &status, err);
    g_mutex_lock(&writer->mutex);
    if (result == 0) {
        writer->base = KX_WRITE_SERVER;
        writer->length = status.length;
        writer->create_mode = status.mode;
    }
    g_mutex_unlock(&writer->mutex);
    kx_status_clear(&status);
    return result;
}

static int create_empty(struct kx_writer *writer, const char *path, const struct kx_call *call,
                        struct kx_error *err)
{
    const struct kx_options *options = writer->mount->options;
    /* Never over somebody else's file: it may have content. */
    const struct kx_create how = {.overwrite = writer->base == KX_WRITE_EMPTIED,
                                  .mode = writer->create_mode,
                                  .replication = (unsigned)options->replication,
                                  .block_bytes = options->block_bytes};
    int result = kx_upload_small(writer->mount->client, path, &how, NULL, 0, call, err);
    if (result != -EEXIST) return result;
    bool ours = writer->unsure && is_there(writer, path, call);
    if (writer->exclusive && !ours) return result;
    kx_error_clear(err); /* we, or another client meanwhile, made it: it is there, as was asked */
    return ours ? 0 : take_theirs(writer, path, call, err);
}

/* Nothing was written: an empty file, made or emptied at its own name in one atomic step. */
static int publish_empty(struct kx_writer *writer, const char *path, const struct kx_call *call,
                         struct kx_error *err)
{
    int result = writer->unsure ? 0 : kx_writer_check_exclusive(writer, path, call, err);
    if (result < 0) return result;
    if (writer->base == KX_WRITE_EMPTIED) {
        bool done;
        kx_writer_begin_in_place(writer);
        result = kx_webhdfs_truncate(writer->mount->client, path, 0, call, &done, err);
        if (result != -ENOENT && result != -ENOTSUP) return result;
    }
    result = create_empty(writer, path, call, err);
    return note_fate(writer, result, err);
}

static int publish_stream(struct kx_writer *writer, const char *path, const struct kx_call *call,
                          struct kx_error *err)
{
    if (writer->upload) {
        kx_writer_follow_hidden(writer);
        int result = kx_upload_finish(writer->upload, call, err);
        if (result < 0) return result;
        g_clear_pointer(&writer->upload, kx_upload_close);
    }
    return writer->hidden.name ? kx_writer_rename_hidden(writer, path, call, err) : 0;
}

/* The content is at its name. */
static void content_done(struct kx_writer *writer, bool streamed)
{
    g_mutex_lock(&writer->mutex);
    bool replaced = writer->base != KX_WRITE_SERVER || writer->stage;
    int64_t length = writer->length, mtime_ms = writer->changed_ms;
    /* An empty file that we have just made is made anew when bytes come: they must not be seen
     * before their end. */
    bool empty = replaced && !streamed && !writer->stage;
    writer->base = empty ? KX_WRITE_EMPTIED : KX_WRITE_SERVER;
    writer->dirty = false;
    g_mutex_unlock(&writer->mutex);
    writer->exclusive = false;
    kx_inode_changed(writer->inode, replaced, length, mtime_ms);
}

/* A record that says what the content was before says now what it is: killed behind the last step,
 * the next mount would take our own newer file for another client's. */
static int record_first(struct kx_writer *writer, const struct kx_call *call, struct kx_error *err)
{
    KX_ERROR_AUTO(other);
    if (!writer->record || writer->kept) return 0;
    int result = kx_writer_to_stage(writer, call, err);
    if (result < 0) return result;
    if (kx_writer_keep(writer, writer->record->state, NULL, &other) < 0)
        kx_errors_add(writer->mount->errors, NULL, &other);
    return 0;
}

static void tell(const struct kx_writer *writer, const char *path, int result,
                 const struct kx_error *err)
{
    struct kx_log *log = writer->mount->log;
    g_autofree char *name = g_strescape(path, NULL);
    if (result == 0)
        kx_log_event(log, KX_LOG_DEBUG, "upload", "%s: %" G_GINT64_FORMAT " bytes", name,
                     writer->length);
    else if (result != -EINTR && result != -ECANCELED)
        kx_log_event(log, KX_LOG_DEBUG, "upload", "%s: failed: %s", name,
                     err->message ? err->message : g_strerror(err->code));
}

static int publish_content(struct kx_writer *writer, const char *path, const struct kx_call *call,
                           struct kx_error *err)
{
    bool streamed = writer->upload || writer->hidden.name;
    int result = kx_writer_find_out(writer, path, call, err);
    if (result == 0) result = record_first(writer, call, err);
    if (result == 0)
        result = writer->stage ? kx_writer_publish_stage(writer, path, call, err)
                 : streamed    ? publish_stream(writer, path, call, err)
                               : publish_empty(writer, path, call, err);
    tell(writer, path, result, err);
    if (result == 0) {
        content_done(writer, streamed);
        return 0;
    }
    if (!writer->stage) return kx_writer_fail(writer, err);
    g_free(err->path);
    err->path = g_strdup(path);
    return result;
}

/* Is it worth another try later, when there is one (the uploader's)? */
static bool is_given_up(const struct kx_writer *writer, int result)
{
    if (result == -EINTR) return false;
    return !writer->queued || result == 0 || result == -EACCES || result == -EPERM ||
           result == -EINVAL || result == -ENOENT;
}

static int publish_mode(struct kx_writer *writer, const char *path, const struct kx_call *call,
                        struct kx_error *err)
{
    g_mutex_lock(&writer->mutex);
    uint32_t mode = writer->later_mode, has = writer->create_mode;
    g_mutex_unlock(&writer->mutex);
    int result = mode && mode != has
                     ? kx_webhdfs_set_permission(writer->mount->client, path, mode, call, err)
                     : 0;
    g_mutex_lock(&writer->mutex);
    if (result == 0 && mode) writer->create_mode = mode;
    if (is_given_up(writer, result) && writer->later_mode == mode) writer->later_mode = 0;
    g_mutex_unlock(&writer->mutex);
    return result;
}

static int publish_times(struct kx_writer *writer, const char *path, const struct kx_call *call,
                         struct kx_error *err)
{
    g_mutex_lock(&writer->mutex);
    int64_t mtime_ms = writer->mtime_ms, atime_ms = writer->atime_ms;
    g_mutex_unlock(&writer->mutex);
    if (mtime_ms < 0 && atime_ms < 0) return 0;
    int result = kx_webhdfs_set_times(writer->mount->client, path, mtime_ms, atime_ms, call, err);
    if (result == 0 && mtime_ms >= 0) writer->seen.mtime_ms = mtime_ms;
    g_mutex_lock(&writer->mutex);
    bool over = is_given_up(writer, result);
    if (over && writer->mtime_ms == mtime_ms) writer->mtime_ms = -1;
    if (over && writer->atime_ms == atime_ms) writer->atime_ms = -1;
    g_mutex_unlock(&writer->mutex);
    return result;
}

/* The content is at its name: what is refused for good leaves no record behind. */
static int publish_attributes(struct kx_writer *writer, const char *path,
                              const struct kx_call *call, struct kx_error *err)
{
    KX_ERROR_AUTO(second);
    int result = publish_mode(writer, path, call, err);
    int times = result == -EINTR ? 0 : publish_times(writer, path, call, result ? &second : err);
    if (result == 0) result = times;
    if (result < 0 && is_given_up(writer, result)) kx_writer_unkeep(writer, false);
    return result;
}

/* What stands at the name now is what later changes are compared with, where anybody compares. */
static void note_published(struct kx_writer *writer, const char *path, bool in_place,
                           const struct kx_call *call)
{
    bool compared = writer->stage || writer->mount->options->write == KX_WRITE_EXCLUSIVE;
    kx_writer_note_in_place(writer, in_place ? writer->seen.file_id : 0);
    if (compared && kx_writer_users(writer) > 0) kx_writer_see(writer, path, call);
}

int kx_writer_publish_gated(struct kx_writer *writer, const struct kx_call *call,
                            struct kx_error *err)
{
    if (writer->failure.code) {
        kx_error_copy(err, &writer->failure);
        return -err->code;
    }
    if (writer->abandoned) return 0;
    bool pending =
        writer->dirty || writer->later_mode || writer->mtime_ms >= 0 || writer->atime_ms >= 0;
    if (!pending) return 0;
    g_autofree char *path = NULL;
    int result = kx_writer_path(writer, &path, err);
    if (result < 0) return kx_writer_fail(writer, err);
    bool content = writer->dirty;
    bool in_place = writer->base == KX_WRITE_SERVER && !writer->hidden.name && !writer->stage;
    if (content) result = publish_content(writer, path, call, err);
    if (content && result == 0) note_published(writer, path, in_place, call);
    if (result == 0) result = publish_attributes(writer, path, call, err);
    if (result < 0) return result;
    if (writer->placeholder) kx_placeholder_settle(writer->mount, path);
    writer->placeholder = false;
    kx_writer_unkeep(writer, false);
    kx_writer_clean(writer);
    return 0;
}

/* Cut by somebody who takes the name away: whether that came to pass is known when they have left.
 */
#define STOPPED_PAUSE_MS 5

static int publish_once(struct kx_writer *writer, const struct kx_call *call, bool stay,
                        struct kx_error *err)
{
    int result = kx_writer_enter(writer, call, err);
    if (result < 0) return result;
    result = kx_writer_publish_gated(writer, call, err);
    if (result < 0 || !stay) kx_gate_leave(&writer->gate);
    return result;
}

/* @stay: with the gate held when it is done. */
static int publish(struct kx_writer *writer, const struct kx_call *call, bool stay,
                   struct kx_error *err)
{
    KX_ERROR_AUTO(own);
    struct kx_error *to = err ? err : &own;
    int result = publish_once(writer, call, stay, to);
    while (result == -ECANCELED) {
        if (kx_cancel_sleep(call ? call->cancel : NULL, STOPPED_PAUSE_MS) < 0)
            return kx_error_set(to, EINTR, "interrupted");
        kx_error_clear(to);
        result = publish_once(writer, call, stay, to);
    }
    return result;
}

int kx_writer_publish(struct kx_writer *writer, const struct kx_call *call, struct kx_error *err)
{
    return publish(writer, call, false, err);
}

int kx_writer_publish_and_stay(struct kx_writer *writer, const struct kx_call *call,
                               struct kx_error *err)
{
    return publish(writer, call, true, err);
}
