/* The bytes of files: what the driver calls of uploads and downloads. */
#include <errno.h>
#include <string.h>

#include "fake_files_private.h"
#include "rest/download.h"

/* --- uploads --- */

struct kx_upload {
    struct kx_client *client;
    struct content
        *content; /* a reference: it follows the file, whatever its name; NULL: not yet */
    char *path;
    struct kx_create how;
    GString *late; /* bytes of a file that is not made yet */
    bool ending, finished;
    int64_t length;
};

void fake_files_set_late(struct kx_client *client, bool late)
{
    client->late = late;
}

static int make(struct kx_client *client, const char *path, const struct kx_create *how,
                const struct kx_call *call, struct content **out, struct kx_error *err)
{
    struct request r;
    int code = 0;
    g_autofree char *detail =
        how ? g_strdup_printf("%s %s %o%s%s", path, how->overwrite ? "over" : "new", how->mode,
                              how->sync_block ? " synced" : "", how->verify ? " verified" : "")
            : g_strdup(path);
    if (request_begin(&r, client, call, how ? "CREATE" : "APPEND", detail)) {
        struct content *content = fake_find(client, path);
        if (how && content && !how->overwrite) code = EEXIST;
        if (!how && !content) code = ENOENT;
        if (how && code == 0) content = fake_make(client, path, how->mode ? how->mode : 0644);
        if (code == 0 && r.code == 0) {
            *out = content;
            g_atomic_int_inc(&content->refs);
        }
    }
    return request_end(&r, code, err);
}

int kx_upload_open(struct kx_client *client, const char *path, const struct kx_create *how,
                   const struct kx_call *call, struct kx_upload **out, struct kx_error *err)
{
    struct content *content = NULL;
    bool late = how && client->late;
    int result = late ? 0 : make(client, path, how, call, &content, err);
    if (result < 0) return result;
    *out = g_new0(struct kx_upload, 1);
    **out = (struct kx_upload){.client = client, .content = content};
    (*out)->path = g_strdup(path);
    if (late) {
        (*out)->how = *how;
        (*out)->late = g_string_new(NULL);
    }
    g_mutex_lock(&client->mutex);
    client->uploads++;
    g_mutex_unlock(&client->mutex);
    return 0;
}

const char *kx_upload_path(const struct kx_upload *upload)
{
    return upload->path;
}

void kx_upload_follow(struct kx_upload *upload, const char *path)
{
    if (upload->content) return;
    g_free(upload->path);
    upload->path = g_strdup(path);
}

bool kx_upload_touched(const struct kx_upload *upload)
{
    return upload->content != NULL;
}

int kx_upload_write(struct kx_upload *upload, const void *data, size_t length,
                    const struct kx_call *call, struct kx_error *err)
{
    struct request r;
    g_autofree char *detail = g_strdup_printf("%zu", length);
    if (!upload->content) {
        g_string_append_len(upload->late, data, (gssize)length);
        upload->length += (int64_t)length;
        return 0;
    }
    if (request_begin(&r, upload->client, call, "WRITE", detail)) {
        g_string_append_len(upload->content->bytes, data, (gssize)length);
        fake_touch(upload->client, upload->content);
        upload->length += (int64_t)length;
    }
    return request_end(&r, 0, err);
}

int64_t kx_upload_length(const struct kx_upload *upload)
{
    return upload->length;
}

int kx_upload_finish(struct kx_upload *upload, const struct kx_call *call, struct kx_error *err)
{
    struct request r;
    upload->ending = true;
    if (!upload->content) {
        int result = make(upload->client, upload->path, &upload->how, call, &upload->content, err);
        if (result < 0) return result;
        g_string_append_len(upload->content->bytes, upload->late->str, (gssize)upload->late->len);
    }
    if (request_begin(&r, upload->client, call, "FINISH", "")) upload->finished = true;
    return request_end(&r, 0, err);
}

bool kx_upload_ending(const struct kx_upload *upload)
{
    return upload->ending;
}

void kx_upload_close(struct kx_upload *upload)
{
    if (!upload) return;
    struct kx_client *client = upload->client;
    g_mutex_lock(&client->mutex);
    if (!upload->finished && upload->content) g_string_append(client->requests, "CUT\n");
    client->uploads--;
    g_mutex_unlock(&client->mutex);
    if (upload->content) fake_content_unref(upload->content);
    if (upload->late) g_string_free(upload->late, TRUE);
    g_free(upload->path);
    g_free(upload);
}

int kx_upload_small(struct kx_client *client, const char *path, const struct kx_create *how,
                    const void *data, size_t length, const struct kx_call *call,
                    struct kx_error *err)
{
    g_autoptr(kx_upload) upload = NULL;
    int result = kx_upload_open(client, path, how, call, &upload, err);
    if (result == 0 && length > 0) result = kx_upload_write(upload, data, length, call, err);
    return result < 0 ? result : kx_upload_finish(upload, call, err);
}

/* --- downloads --- */

struct kx_download {
    struct kx_client *client;
    char *path;
    int64_t next, end;
};

int kx_download_open(struct kx_client *client, const struct kx_download_range *range,
                     const struct kx_call *call, struct kx_download **out, struct kx_error *err)
{
    struct request r;
    int code = 0;
    int64_t end = range->offset + range->length;
    const struct kx_version *version = range->version;
    g_autofree char *detail = g_strdup_printf("%s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT,
                                              range->path, range->offset, range->length);
    if (request_begin(&r, client, call, "OPEN", detail)) {
        const struct content *content = fake_find(client, range->path);
        bool other = content && version && version->file_id &&
                     version->file_id != content->file_id; /* it is opened by its number */
        code = !content ? ENOENT : other ? ESTALE : end > (int64_t)content->bytes->len ? EINVAL : 0;
    }
    int result = request_end(&r, code, err);
    if (result < 0) return result;
    *out = g_new0(struct kx_download, 1);
    **out = (struct kx_download){
        .client = client, .path = g_strdup(range->path), .next = range->offset, .end = end};
    return 0;
}

int kx_download_pull(struct kx_download *download, size_t want, const struct kx_call *call,
                     struct kx_block **out, struct kx_error *err)
{
    struct kx_client *client = download->client;
    if (kx_cancel_fired(call ? call->cancel : NULL)) return kx_error_set(err, EINTR, "interrupted");
    size_t length = MIN(MIN(want, KX_BLOCK_BYTES), (size_t)(download->end - download->next));
    if (length == 0) return 0;
    g_autoptr(kx_block) block = kx_pool_take(client->pool);
    g_mutex_lock(&client->mutex);
    const struct content *content = fake_find(client, download->path);
    bool there = content && download->next + (int64_t)length <= (int64_t)content->bytes->len;
    if (there) memcpy(block->data, content->bytes->str + download->next, length);
    g_mutex_unlock(&client->mutex);
    if (!there) return kx_error_set(err, ESTALE, "the file was replaced while it was read");
    block->length = length;
    download->next += (int64_t)length;
    *out = g_steal_pointer(&block);
    return 1;
}

void kx_download_set_window(struct kx_download *download, size_t bytes)
{
    (void)download, (void)bytes;
}

int64_t kx_download_position(const struct kx_download *download)
{
    return download->next;
}

void kx_download_close(struct kx_download *download)
{
    if (!download) return;
    g_free(download->path);
    g_free(download);
}
