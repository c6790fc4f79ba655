/* What the driver calls of a client, but for the bytes of files. */
#include <errno.h>

#include "fake_files_private.h"

struct kx_features *kx_client_features(struct kx_client *client)
{
    return &client->features;
}

const struct kx_clock *kx_client_clock(const struct kx_client *client)
{
    (void)client;
    return kx_clock_system();
}

const char *kx_client_user(const struct kx_client *client)
{
    (void)client;
    return "somebody";
}

int64_t kx_client_stall_ms(const struct kx_client *client)
{
    return client->stall_ms;
}

int kx_webhdfs_stat(struct kx_client *client, const char *path, const struct kx_call *call,
                    struct kx_status *out, struct kx_error *err)
{
    struct request r;
    int code = ENOENT;
    if (request_begin(&r, client, call, "STAT", path)) {
        const struct content *content = fake_find(client, path);
        const uint64_t *folder = g_hash_table_lookup(client->folders, path);
        if (content) {
            *out = (struct kx_status){.file_id = content->file_id,
                                      .length = (int64_t)content->bytes->len,
                                      .mode = content->mode,
                                      .mtime_ms = content->mtime_ms,
                                      .block_bytes = client->block_bytes,
                                      .name = g_strdup("")};
            code = 0;
        } else if (folder) {
            *out = (struct kx_status){
                .type = KX_TYPE_DIRECTORY, .file_id = *folder, .name = g_strdup("")};
            code = 0;
        }
    }
    return request_end(&r, code, err);
}

int kx_webhdfs_delete(struct kx_client *client, const char *path, bool recursive,
                      const struct kx_call *call, struct kx_error *err)
{
    (void)recursive;
    struct request r;
    int code = 0;
    if (request_begin(&r, client, call, "DELETE", path))
        code = g_hash_table_remove(client->files, path) ? 0 : ENOENT;
    return request_end(&r, code, err);
}

static int rename_file(struct kx_client *client, const char *word, const char *from, const char *to,
                       const struct kx_call *call, struct kx_error *err)
{
    struct request r;
    int code = 0;
    g_autofree char *detail = g_strdup_printf("%s %s", from, to);
    if (request_begin(&r, client, call, word, detail)) {
        if (!fake_find(client, from))
            code = ENOENT;
        else if (fake_find(client, to) && g_str_equal(word, "RENAME"))
            code = EEXIST;
        else
            fake_move(client, from, to);
    }
    return request_end(&r, code, err);
}

int kx_webhdfs_rename(struct kx_client *client, const char *from, const char *to,
                      const struct kx_call *call, struct kx_error *err)
{
    return rename_file(client, "RENAME", from, to, call, err);
}

int kx_webhdfs_rename_replace(struct kx_client *client, const char *from, const char *to,
                              const struct kx_call *call, struct kx_error *err)
{
    return rename_file(client, "REPLACE", from, to, call, err);
}

int kx_webhdfs_truncate(struct kx_client *client, const char *path, int64_t length,
                        const struct kx_call *call, bool *done, struct kx_error *err)
{
    struct request r;
    int code = ENOENT;
    g_autofree char *detail = g_strdup_printf("%s %" G_GINT64_FORMAT, path, length);
    if (request_begin(&r, client, call, "TRUNCATE", detail)) {
        struct content *content = fake_find(client, path);
        if (content) {
            if (length < (int64_t)content->bytes->len) fake_touch(client, content);
            g_string_truncate(content->bytes, (gsize)length);
            *done = true;
            code = 0;
        }
    }
    return request_end(&r, code, err);
}

int kx_webhdfs_set_permission(struct kx_client *client, const char *path, uint32_t mode,
                              const struct kx_call *call, struct kx_error *err)
{
    struct request r;
    int code = 0;
    g_autofree char *detail = g_strdup_printf("%s %o", path, mode);
    if (request_begin(&r, client, call, "CHMOD", detail)) {
        struct content *content = fake_find(client, path);
        if (content) content->mode = mode;
        code = content ? 0 : ENOENT;
    }
    return request_end(&r, code, err);
}

int kx_webhdfs_set_times(struct kx_client *client, const char *path, int64_t mtime_ms,
                         int64_t atime_ms, const struct kx_call *call, struct kx_error *err)
{
    struct request r;
    int code = 0;
    g_autofree char *detail =
        g_strdup_printf("%s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT, path, mtime_ms, atime_ms);
    if (request_begin(&r, client, call, "TIMES", detail)) {
        struct content *content = fake_find(client, path);
        if (content && mtime_ms >= 0) content->mtime_ms = mtime_ms;
        code = content ? 0 : ENOENT;
    }
    return request_end(&r, code, err);
}

int kx_webhdfs_server_defaults(struct kx_client *client, const struct kx_call *call,
                               struct kx_server_defaults *out, struct kx_error *err)
{
    struct request r;
    if (request_begin(&r, client, call, "DEFAULTS", "/"))
        *out = (struct kx_server_defaults){.block_bytes = 1024, .bytes_per_checksum = 512};
    return request_end(&r, 0, err);
}

int kx_webhdfs_concat(struct kx_client *client, const char *path, const char *const *sources,
                      const struct kx_call *call, struct kx_error *err)
{
    struct request r;
    int code = ENOENT;
    if (request_begin(&r, client, call, "CONCAT", path)) {
        struct content *content = fake_find(client, path);
        code = content ? 0 : ENOENT;
        for (; code == 0 && *sources; sources++) {
            const struct content *source = fake_find(client, *sources);
            code = source ? 0 : ENOENT;
            if (!source) break;
            g_string_append_len(content->bytes, source->bytes->str, (gssize)source->bytes->len);
            g_hash_table_remove(client->files, *sources);
        }
    }
    return request_end(&r, code, err);
}
