#include "rest/upload.h"

#include <errno.h>

#include "rest/errno_map.h"
#include "rest/verify.h"

#define SMALL_TRIES_MAX                                                                            \
    3 /* a DataNode keeps dead connections to a restarted NameNode, one a user (seen) */
#define SMALL_PAUSE_MS 100

struct kx_upload {
    struct kx_client *client;
    enum kx_op op;
    char *path;
    struct kx_transfer *transfer;
    struct kx_sum *sum; /* NULL: not verified */
    int64_t length;
    bool ending;
};

static char *create_params(const struct kx_create *how, int64_t block_bytes)
{
    GString *params = g_string_new("&");
    g_string_append_printf(params, "overwrite=%s&createparent=%s",
                           how->overwrite ? "true" : "false",
                           how->create_parent ? "true" : "false");
    if (how->mode) g_string_append_printf(params, "&permission=%o", how->mode);
    if (how->replication) g_string_append_printf(params, "&replication=%u", how->replication);
    if (block_bytes) g_string_append_printf(params, "&blocksize=%" G_GINT64_FORMAT, block_bytes);
    if (how->sync_block) kx_url_append_query(params, "createflag", "CREATE,SYNC_BLOCK");
    return g_string_free(params, FALSE);
}

int kx_upload_open(struct kx_client *client, const char *path, const struct kx_create *how,
                   const struct kx_call *call, struct kx_upload **out, struct kx_error *err)
{
    int64_t block_bytes = how ? how->block_bytes : 0;
    g_autoptr(kx_sum) sum = NULL;
    int result = how && how->verify ? kx_verify_begin(client, &block_bytes, call, &sum, err) : 0;
    if (result < 0) return result;
    g_autofree char *params = how ? create_params(how, block_bytes) : NULL;
    enum kx_op op = how ? KX_CREATE : KX_APPEND;
    struct kx_transfer *transfer = NULL;
    result = kx_client_upload(client, op, path, params, call, &transfer, err);
    if (result < 0) return result;
    struct kx_upload *upload = g_new0(struct kx_upload, 1);
    upload->client = client;
    upload->op = op;
    upload->path = g_strdup(path);
    upload->transfer = transfer;
    upload->sum = g_steal_pointer(&sum);
    *out = upload;
    return 0;
}

/* The head has come, or will: what does it say? */
static int answer(struct kx_upload *upload, const struct kx_limits *limits, struct kx_error *err)
{
    int result = kx_transfer_wait_head(upload->transfer, limits, err);
    if (result == 0)
        result = kx_client_judge(upload->client, upload->transfer, upload->op, upload->path, limits,
                                 err);
    return result;
}

int kx_upload_write(struct kx_upload *upload, const void *data, size_t length,
                    const struct kx_call *call, struct kx_error *err)
{
    struct kx_limits limits = kx_client_body_limits(upload->client, call);
    int result = kx_transfer_write(upload->transfer, data, length, &limits, err);
    if (result == 0) {
        upload->length += (int64_t)length;
        if (upload->sum) kx_sum_feed(upload->sum, data, length);
        return 0;
    }
    if (result == -EPIPE) {
        result = answer(upload, &limits, err);
        if (result == 0)
            result = kx_error_set(err, EPROTO,
                                  "the server said it has the file before it had all of it");
    }
    kx_error_about(err, kx_op_info(upload->op)->name, upload->path);
    return result;
}

int64_t kx_upload_length(const struct kx_upload *upload)
{
    return upload->length;
}

int kx_upload_finish(struct kx_upload *upload, const struct kx_call *call, struct kx_error *err)
{
    struct kx_limits limits = kx_client_body_limits(upload->client, call);
    if (!upload->ending) kx_transfer_end_body(upload->transfer);
    upload->ending = true;
    int result = answer(upload, &limits, err);
    if (result == 0 && upload->sum)
        result = kx_verify_end(upload->client, upload->path, upload->sum, call, err);
    if (result < 0) kx_error_about(err, kx_op_info(upload->op)->name, upload->path);
    return result;
}

bool kx_upload_ending(const struct kx_upload *upload)
{
    return upload->ending;
}

void kx_upload_close(struct kx_upload *upload)
{
    if (!upload) return;
    kx_transfer_free(upload->transfer);
    kx_sum_free(upload->sum);
    g_free(upload->path);
    g_free(upload);
}

/* One try of a whole small file. */
struct small {
    const char *path;
    const struct kx_create *how;
    const void *data;
    size_t length;
};

static int upload_once(struct kx_client *client, const struct small *small,
                       const struct kx_call *call, struct kx_error *err)
{
    g_autoptr(kx_upload) upload = NULL;
    int result = kx_upload_open(client, small->path, small->how, call, &upload, err);
    if (result == 0 && small->length > 0)
        result = kx_upload_write(upload, small->data, small->length, call, err);
    return result < 0 ? result : kx_upload_finish(upload, call, err);
}

int kx_upload_small(struct kx_client *client, const char *path, const struct kx_create *how,
                    const void *data, size_t length, const struct kx_call *call,
                    struct kx_error *err)
{
    KX_ERROR_AUTO(own);
    struct kx_error *to = err ? err : &own;
    const struct small small = {path, how, data, length};
    int result = 0;
    for (int tries = 0; tries < SMALL_TRIES_MAX; tries++) {
        if (tries > 0 && kx_cancel_sleep(call ? call->cancel : NULL, SMALL_PAUSE_MS) < 0)
            return kx_error_set(to, EINTR, "interrupted");
        kx_error_clear(to);
        result = upload_once(client, &small, call, to);
        if (result == 0 || !kx_open_is_transient(to)) break;
    }
    return result;
}
