#include "fs/data/writer.h"

#include <errno.h>

#include "base/gate.h"
#include "fs/data/placeholder.h"
#include "fs/data/writer_private.h"
#include "fs/errors.h"
#include "fs/journal/journal.h"
#include "fs/mount.h"
#include "fs/names/inode.h"

static struct kx_writer *writer_new(struct kx_mount *mount, struct kx_inode *inode,
                                    const struct kx_write_opts *opts)
{
    struct kx_writer *writer = g_new0(struct kx_writer, 1);
    g_atomic_ref_count_init(&writer->refs);
    writer->mount = mount;
    writer->inode = kx_inode_ref(inode);
    kx_gate_init(&writer->gate);
    g_mutex_init(&writer->mutex);
    g_cond_init(&writer->read);
    writer->mtime_ms = writer->atime_ms = -1;
    writer->litter = g_array_new(FALSE, FALSE, sizeof(struct kx_hidden));
    writer->base = opts->base;
    writer->exclusive = opts->exclusive;
    writer->seen = opts->seen;
    writer->seen_ms = opts->seen_ms;
    writer->placeholder = opts->placeholder;
    writer->known_path = kx_inode_path(inode);
    writer->create_mode = opts->mode;
    writer->length = opts->base == KX_WRITE_SERVER ? opts->length : 0;
    writer->dirty = opts->base != KX_WRITE_SERVER;
    writer->changed_ms = mount->clock->wall_ms(mount->clock);
    return writer;
}

struct kx_writer *kx_writer_ref(struct kx_writer *writer)
{
    g_atomic_ref_count_inc(&writer->refs);
    return writer;
}

void kx_writer_unref(struct kx_writer *writer)
{
    if (!writer || !g_atomic_ref_count_dec(&writer->refs)) return;
    kx_upload_close(writer->upload);
    kx_stage_free(writer->stage);
    kx_record_free(writer->record);
    g_free(writer->known_path);
    kx_error_clear(&writer->failure);
    kx_hidden_clear(&writer->hidden);
    g_array_free(writer->litter, TRUE);
    kx_inode_unref(writer->inode);
    kx_gate_clear(&writer->gate);
    g_mutex_clear(&writer->mutex);
    g_cond_clear(&writer->read);
    g_free(writer);
}

int kx_writer_open(struct kx_mount *mount, struct kx_inode *inode, const struct kx_write_opts *opts,
                   const struct kx_call *call, struct kx_writer **out, struct kx_error *err)
{
    struct kx_writers *all = mount->writers;
    g_mutex_lock(&all->mutex);
    struct kx_writer *writer = kx_inode_writer(inode);
    bool fresh = !writer;
    if (fresh) {
        writer = writer_new(mount, inode, opts);
        kx_inode_set_writer(inode, kx_writer_ref(writer));
        g_ptr_array_add(all->list, writer);
    }
    writer->opens++;
    g_mutex_unlock(&all->mutex);
    int result = !fresh && opts->base == KX_WRITE_EMPTIED ? kx_writer_empty(writer, call, err) : 0;
    if (result < 0)
        kx_writer_close(writer);
    else
        *out = writer;
    return result;
}

static bool is_abandoned(struct kx_writer *writer)
{
    g_mutex_lock(&writer->mutex);
    bool abandoned = writer->abandoned;
    g_mutex_unlock(&writer->mutex);
    return abandoned;
}

/* What could not be brought to its name, and was reported so: the local copy stays for a person to
 * decide about. */
static void keep_failed(struct kx_writer *writer, const struct kx_error *why)
{
    KX_ERROR_AUTO(err);
    if (!writer->stage || !writer->dirty || writer->abandoned || !writer->mount->journal) return;
    g_autofree char *reason = kx_error_format(why);
    enum kx_record_state state = writer->cutting ? KX_RECORD_CUTTING : KX_RECORD_FAILED;
    if (kx_writer_keep(writer, state, reason, &err) < 0)
        kx_errors_add(writer->mount->errors, NULL, &err);
    else
        kx_log_write(writer->mount->log, KX_LOG_ERROR,
                     "%s was not uploaded; its content is kept as %" G_GINT64_FORMAT,
                     writer->record->path, writer->record->id);
}

/* The hidden file that the record needs is the record's now. */
static void spare_base(struct kx_writer *writer)
{
    for (guint i = 0; writer->record && writer->record->base_hidden && i < writer->litter->len;) {
        struct kx_hidden *hidden = &g_array_index(writer->litter, struct kx_hidden, i);
        g_autofree char *name = g_path_get_basename(writer->record->base);
        if (g_str_equal(hidden->name, name)) {
            kx_hidden_clear(hidden);
            g_array_remove_index_fast(writer->litter, i);
        } else {
            i++;
        }
    }
}

/* What programs have seen of it, and the kernel has in its pages, is not what is at the name. */
static void forget_content(struct kx_writer *writer)
{
    kx_inode_changed(writer->inode, true, writer->length, writer->changed_ms);
    (void)kx_inode_keep_pages(writer->inode); /* takes note that it has nothing of that file */
}

/* The last one has closed it: what could not be brought to its name goes, unless it is staged.
 * @why NULL: it is at its name, or its record says enough. */
static void writer_end(struct kx_writer *writer, const struct kx_error *why)
{
    if (kx_gate_enter(&writer->gate, NULL, 0) < 0) return;
    if (why) keep_failed(writer, why);
    if (why && writer->dirty && !writer->abandoned) forget_content(writer);
    kx_writer_cut_upload(writer, &writer->upload, &writer->hidden);
    spare_base(writer);
    kx_writer_clean(writer);
    if (writer->placeholder && !writer->abandoned && !writer->record && writer->known_path)
        kx_placeholder_remove(writer->mount, writer->known_path, NULL, NULL);
    kx_gate_leave(&writer->gate);
}

/* The writers' mutex is held.  @return whether it was the last one. */
static bool drop_open(struct kx_writer *writer)
{
    bool last = --writer->opens == 0;
    if (last) {
        g_ptr_array_remove_fast(writer->mount->writers->list, writer);
        kx_inode_set_writer(writer->inode, NULL);
    }
    return last;
}

struct kx_writer *kx_writer_hold(struct kx_writer *writer)
{
    struct kx_writers *all = writer->mount->writers;
    g_mutex_lock(&all->mutex);
    writer->opens++;
    writer->holds++;
    g_mutex_unlock(&all->mutex);
    return kx_writer_ref(writer);
}

static void let_go(struct kx_writer *writer, bool held, const struct kx_error *why)
{
    struct kx_writers *all = writer->mount->writers;
    g_mutex_lock(&all->mutex);
    if (held) writer->holds--;
    bool last = drop_open(writer);
    g_mutex_unlock(&all->mutex);
    if (last) writer_end(writer, why);
    kx_writer_unref(writer);
}

void kx_writer_release(struct kx_writer *writer, const struct kx_error *why)
{
    let_go(writer, true, why);
}

void kx_writer_end_retry(struct kx_writer *writer, const struct kx_error *why)
{
    let_go(writer, false, why);
}

void kx_writer_let_go(struct kx_writer *writer)
{
    let_go(writer, false, NULL);
}

/* Is there a content that nobody has brought to safety? */
static bool is_unsafe(struct kx_writer *writer)
{
    g_mutex_lock(&writer->mutex);
    bool is_so = writer->dirty && !writer->abandoned && !writer->safe;
    g_mutex_unlock(&writer->mutex);
    return is_so;
}

/* Close it, unless it is the last one who could bring its content to safety: somebody else has
 * changed it by its path meanwhile, and left that to us.  @return whether it is closed. */
static bool try_close(struct kx_writer *writer)
{
    struct kx_writers *all = writer->mount->writers;
    g_mutex_lock(&all->mutex);
    bool stays = writer->opens - writer->holds == 1 && is_unsafe(writer);
    bool last = !stays && drop_open(writer);
    g_mutex_unlock(&all->mutex);
    if (last) writer_end(writer, NULL);
    if (!stays) kx_writer_unref(writer);
    return !stays;
}

bool kx_writer_open_path(struct kx_writer *writer)
{
    struct kx_writers *all = writer->mount->writers;
    g_mutex_lock(&all->mutex);
    bool there = writer->opens > 0;
    if (there) writer->opens++;
    g_mutex_unlock(&all->mutex);
    if (there) kx_writer_ref(writer);
    return there;
}

int kx_writer_close_path(struct kx_writer *writer, const struct kx_call *call, struct kx_error *err)
{
    int result = 0;
    while (result == 0 && !try_close(writer))
        result = kx_writer_acknowledge(writer, call, err);
    if (result < 0) kx_writer_end_retry(writer, err);
    return result;
}

void kx_writer_close(struct kx_writer *writer)
{
    KX_ERROR_AUTO(err);
    struct kx_mount *mount = writer->mount;
    const struct kx_call call = {.cancel = mount->ending};
    bool told = g_atomic_int_get(&writer->told);
    int result = kx_writer_acknowledge(writer, &call, &err);
    while (result == 0 && !try_close(writer))
        result = kx_writer_acknowledge(writer, &call, &err);
    if (result == 0) return;
    if (!is_abandoned(writer)) {
        kx_errors_add(mount->errors, NULL, &err);
        if (!kx_writer_mend(writer) && !told) g_atomic_int_inc(&mount->failed_closes);
    }
    kx_writer_end_retry(writer, &err);
}

int kx_writer_path(struct kx_writer *writer, char **path, struct kx_error *err)
{
    *path = kx_inode_path(writer->inode);
    if (!*path)
        return kx_error_set(err, ESTALE, "the file was removed or replaced by another client");
    g_free(writer->known_path);
    writer->known_path = g_strdup(*path);
    return 0;
}

/* The server has answered, and not with what it finds only when bytes come: there is no hidden
 * file. */
static bool nothing_was_made(const struct kx_writer *writer, const struct kx_error *err)
{
    return writer->upload && err->http_status && err->code != EDQUOT && err->code != ENOSPC &&
           err->code != EIO;
}

int kx_writer_fail(struct kx_writer *writer, struct kx_error *err)
{
    int result = -err->code;
    char *path = kx_inode_path(writer->inode); /* the user knows nothing of the hidden sibling's */
    if (path) {
        g_free(err->path);
        err->path = path;
    }
    if (result == -EINTR) return result;
    if (nothing_was_made(writer, err)) kx_writer_forget_hidden(writer, &writer->hidden);
    kx_writer_cut_upload(writer, &writer->upload, &writer->hidden);
    kx_error_copy(&writer->failure, err);
    g_atomic_int_set(&writer->told, 1);
    return result;
}

static int start_stream(struct kx_writer *writer, bool append, const struct kx_call *call,
                        struct kx_error *err)
{
    if (writer->base != KX_WRITE_SERVER)
        return kx_writer_create_hidden(writer, &writer->hidden, call, &writer->upload, err);
    g_autofree char *path = NULL;
    int result = kx_writer_path(writer, &path, err);
    if (result == 0) result = kx_writer_check_end(writer, path, append, call, err);
    if (result < 0) return result;
    return kx_upload_open(writer->mount->client, path, NULL, call, &writer->upload, err);
}

/* An end that was begun (fsync, close of a duplicate) and interrupted comes first: no byte can
 * follow it into the same stream. */
static int finish_begun_end(struct kx_writer *writer, const struct kx_call *call,
                            struct kx_error *err)
{
    bool begun = writer->upload ? kx_upload_ending(writer->upload) : writer->hidden.name != NULL;
    return begun && !writer->abandoned ? kx_writer_publish_gated(writer, call, err) : 0;
}

static int write_stream(struct kx_writer *writer, bool append, GBytes *data,
                        const struct kx_call *call, struct kx_error *err)
{
    int result = finish_begun_end(writer, call, err);
    if (result < 0) return result;
    if (!writer->upload) result = start_stream(writer, append, call, err);
    kx_writer_follow_hidden(writer);
    gsize length = 0;
    gconstpointer bytes = g_bytes_get_data(data, &length);
    if (result == 0) result = kx_upload_write(writer->upload, bytes, length, call, err);
    if (result < 0) return kx_writer_fail(writer, err);
    kx_writer_note_change(writer, writer->length + (int64_t)length);
    return 0;
}

static int write_locked(struct kx_writer *writer, int64_t offset, bool append, GBytes *data,
                        const struct kx_call *call, struct kx_error *err)
{
    if (writer->failure.code) {
        kx_error_copy(err, &writer->failure);
        return -err->code;
    }
    if (append) offset = writer->length;
    bool jump = offset != writer->length || (writer->abandoned && !writer->upload) ||
                writer->mount->options->write == KX_WRITE_BACK ||
                (writer->mount->options->parallel_upload > 1 && writer->base != KX_WRITE_SERVER);
    int result = !writer->stage && jump ? kx_writer_to_stage(writer, call, err) : 0;
    if (result < 0) return result;
    return writer->stage ? kx_writer_stage_write(writer, offset, data, call, err)
                         : write_stream(writer, append, data, call, err);
}

int kx_writer_write(struct kx_writer *writer, int64_t offset, bool append, const void *data,
                    size_t length, const struct kx_call *call, struct kx_error *err)
{
    KX_ERROR_AUTO(own);
    struct kx_error *to = err ? err : &own;
    int result = kx_writer_enter_first(writer, call, to);
    if (result < 0) return result;
    g_autoptr(GBytes) bytes = g_bytes_new_static(data, length);
    result = write_locked(writer, offset, append, bytes, call, to);
    kx_gate_leave(&writer->gate);
    return result;
}

int kx_writer_empty(struct kx_writer *writer, const struct kx_call *call, struct kx_error *err)
{
    int result = kx_writer_enter_first(writer, call, err);
    if (result < 0) return result;
    g_clear_pointer(&writer->stage, kx_stage_free);
    kx_writer_cut_upload(writer, &writer->upload, &writer->hidden);
    kx_error_clear(&writer->failure);
    g_atomic_int_set(&writer->told, 0);
    g_mutex_lock(&writer->mutex);
    /* An interrupted step may have made the name already. */
    if (writer->base == KX_WRITE_SERVER || writer->unsure) writer->base = KX_WRITE_EMPTIED;
    if (writer->unsure) writer->seen = (struct kx_version){0};
    writer->unsure = false;
    g_mutex_unlock(&writer->mutex);
    kx_writer_note_change(writer, 0);
    kx_writer_keep_again(writer);
    kx_gate_leave(&writer->gate);
    return 0;
}

void kx_writer_cut(struct kx_writer *writer, int64_t length)
{
    if (kx_gate_enter(&writer->gate, NULL, 0) < 0) return;
    writer->seen = (struct kx_version){0}; /* it has another time now */
    g_mutex_lock(&writer->mutex);
    writer->length = length;
    g_mutex_unlock(&writer->mutex);
    kx_gate_leave(&writer->gate);
}
