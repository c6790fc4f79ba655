/* The hidden siblings of a file that is being written: ".NAME.knoxfs-ID-N". */
#include <errno.h>

#include "fs/data/writer_private.h"
#include "fs/journal/journal.h"
#include "fs/mount.h"
#include "fs/names/inode.h"
#include "fs/names/replace.h"
#include "rest/url.h"
#include "rest/webhdfs.h"

#define DROP_TIMEOUT_MS 5000 /* for removing a hidden file: not worth a longer wait */
#define DROP_TRIES      3
#define DROP_PAUSE_MS   150

char *kx_hidden_where(const struct kx_hidden *hidden)
{
    g_autofree char *directory = hidden->name ? kx_inode_path(hidden->directory) : NULL;
    return directory ? kx_path_join(directory, hidden->name) : NULL;
}

void kx_hidden_clear(struct kx_hidden *hidden)
{
    kx_inode_unref(hidden->directory);
    g_free(hidden->name);
    *hidden = (struct kx_hidden){0};
}

int kx_writer_create_hidden(struct kx_writer *writer, struct kx_hidden *hidden,
                            const struct kx_call *call, struct kx_upload **upload,
                            struct kx_error *err)
{
    struct kx_mount *mount = writer->mount;
    g_autofree char *name = NULL;
    struct kx_hidden fresh = {0};
    if (!kx_inode_place(writer->inode, &fresh.directory, &name))
        return kx_error_set(err, ESTALE, "the file was removed or replaced by another client");
    fresh.name = kx_hidden_name(mount, name);
    g_autofree char *path = kx_hidden_where(&fresh);
    g_mutex_lock(&writer->mutex);
    const struct kx_create how = {.overwrite = true,
                                  .mode = writer->create_mode,
                                  .replication = (unsigned)mount->options->replication,
                                  .block_bytes = mount->options->block_bytes,
                                  .sync_block = mount->options->sync_block,
                                  .verify = mount->options->verify};
    g_mutex_unlock(&writer->mutex);
    if (path) kx_journal_hide(mount->journal, path, NULL);
    int result = path ? kx_upload_open(mount->client, path, &how, call, upload, err)
                      : kx_error_set(err, ESTALE, "the file's directory was removed");
    if (result < 0 && path) kx_journal_unhide(mount->journal, path);
    if (result == 0)
        *hidden = fresh;
    else
        kx_hidden_clear(&fresh);
    return result;
}

void kx_writer_discard(struct kx_writer *writer, struct kx_hidden *hidden)
{
    if (hidden->name) g_array_append_val(writer->litter, *hidden);
    *hidden = (struct kx_hidden){0};
}

void kx_writer_follow_hidden(struct kx_writer *writer)
{
    struct kx_upload *upload = writer->upload;
    g_autofree char *path = kx_hidden_where(&writer->hidden);
    if (!path || !upload || kx_upload_touched(upload)) return;
    g_autofree char *before = g_strdup(kx_upload_path(upload));
    if (g_str_equal(path, before)) return;
    kx_journal_hide(writer->mount->journal, path, NULL);
    kx_upload_follow(upload, path);
    kx_journal_unhide(writer->mount->journal, before);
}

void kx_writer_forget_hidden(struct kx_writer *writer, struct kx_hidden *hidden)
{
    g_autofree char *path = kx_hidden_where(hidden);
    if (path) kx_journal_unhide(writer->mount->journal, path);
    kx_hidden_clear(hidden);
}

void kx_writer_cut_upload(struct kx_writer *writer, struct kx_upload **upload,
                          struct kx_hidden *hidden)
{
    if (*upload && !kx_upload_touched(*upload)) {
        kx_journal_unhide(writer->mount->journal, kx_upload_path(*upload));
        kx_hidden_clear(hidden);
    }
    g_clear_pointer(upload, kx_upload_close);
    kx_writer_discard(writer, hidden);
}

void kx_hidden_drop(struct kx_mount *mount, const char *path)
{
    KX_ERROR_AUTO(err);
    const struct kx_call call = {.timeout_ms = DROP_TIMEOUT_MS};
    int result = -ENOENT;
    /* "Not there" may mean "not yet": a CREATE that was cut a moment ago can still be on its way
     * through the DataNode. */
    for (int i = 0; i < DROP_TRIES && result == -ENOENT; i++) {
        if (i > 0) kx_cancel_sleep(NULL, DROP_PAUSE_MS);
        result = kx_webhdfs_delete(mount->client, path, false, &call, &err);
    }
    if (result == 0)
        kx_journal_unhide(mount->journal, path);
    else
        kx_journal_leave(mount->journal, path); /* recovery.c looks again */
    if (result == 0 || result == -ENOENT) return;
    g_autofree char *line = kx_error_format(&err);
    kx_log_write(mount->log, KX_LOG_WARNING, "left behind: %s: %s", path, line);
}

void kx_writer_clean(struct kx_writer *writer)
{
    for (guint i = 0; i < writer->litter->len; i++) {
        struct kx_hidden *hidden = &g_array_index(writer->litter, struct kx_hidden, i);
        g_autofree char *path = kx_hidden_where(hidden);
        if (path) kx_hidden_drop(writer->mount, path);
        kx_hidden_clear(hidden);
    }
    g_array_set_size(writer->litter, 0);
}
