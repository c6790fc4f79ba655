#include "rest/upload.h"

#include <errno.h>

#include "rest/datanodes.h"
#include "rest/errno_map.h"
#include "rest/retry.h"
#include "rest/verify.h"

#define TRIES_MAX                                                                                  \
    3 /* a DataNode keeps dead connections to a restarted NameNode, one a user (seen) */
#define PAUSE_MS         100
#define APPEND_TRIES_MAX 7 /* some 5 s in all: a block report comes within a few */

struct kx_upload {
    struct kx_client *client;
    enum kx_op op;
    char *path;
    char *params; /* NULL: none */
    const char *late;
    bool overwrite;
    struct kx_transfer *transfer; /* NULL: nothing was sent yet */
    GByteArray *kept;             /* all bytes, as long as there are few; NULL: too many */
    struct kx_sum *sum;           /* NULL: not verified */
    int64_t length;
    int tries;    /* that failed */
    bool direct;  /* the transfer goes to a DataNode that no redirect has named for it */
    bool touched; /* a transfer was begun: some server may have made the file */
    bool ending;
};

/* A NameNode encodes this twice in its Location, and a DataNode decodes it twice. Knox encodes it
 * once more, and the DataNode then knows no such flag; but what is added to Knox's redirect it
 * passes on as it is (Hadoop 3.4.2, Knox 2.0.0). */
#define SYNCED "&createflag=CREATE%2CSYNC_BLOCK"

static char *create_params(const struct kx_create *how, int64_t block_bytes)
{
    GString *params = g_string_new("&");
    g_string_append_printf(params, "overwrite=%s&createparent=%s",
                           how->overwrite ? "true" : "false",
                           how->create_parent ? "true" : "false");
    if (how->mode) g_string_append_printf(params, "&permission=%o", how->mode);
    if (how->replication) g_string_append_printf(params, "&replication=%u", how->replication);
    if (block_bytes) g_string_append_printf(params, "&blocksize=%" G_GINT64_FORMAT, block_bytes);
    return g_string_free(params, FALSE);
}

/* Have a transfer that takes bytes.  @length of all of them; -1: not known yet. */
static int transfer_open(struct kx_upload *upload, int64_t length, const struct kx_call *call,
                         struct kx_error *err)
{
    const struct kx_send send = {.op = upload->op,
                                 .path = upload->path,
                                 .params = upload->params,
                                 .late = upload->late,
                                 .length = length,
                                 .direct =
                                     length >= 0 && upload->tries == 0 && upload->op == KX_CREATE};
    KX_ERROR_AUTO(own);
    struct kx_error *to = err ? err : &own;
    int result =
        kx_client_upload(upload->client, &send, call, &upload->transfer, &upload->direct, to);
    /* Interrupted it may be out already, and a DataNode makes the file for the request's head alone
     * (seen). */
    upload->touched |= result == 0 || (!to->unsent && !to->http_status);
    return result;
}

/* Begin, or begin anew: open the transfer and give it what was kept. Interrupted, it has not begun.
 */
static int transfer_begin(struct kx_upload *upload, int64_t length, const struct kx_call *call,
                          struct kx_error *err)
{
    const struct kx_limits limits = kx_client_body_limits(upload->client, call);
    int result = transfer_open(upload, length, call, err);
    if (result == 0 && upload->kept && upload->kept->len > 0)
        result = kx_transfer_write(upload->transfer, upload->kept->data, upload->kept->len, &limits,
                                   err);
    if (result == -EINTR) g_clear_pointer(&upload->transfer, kx_transfer_free);
    return result;
}

int kx_upload_open(struct kx_client *client, const char *path, const struct kx_create *how,
                   const struct kx_call *call, struct kx_upload **out, struct kx_error *err)
{
    int64_t block_bytes = how ? how->block_bytes : 0;
    g_autoptr(kx_upload) upload = g_new0(struct kx_upload, 1);
    upload->client = client;
    upload->op = how ? KX_CREATE : KX_APPEND;
    upload->path = g_strdup(path);
    int result = kx_path_check(path, err);
    if (result == 0 && how && how->verify)
        result = kx_verify_begin(client, &block_bytes, call, &upload->sum, err);
    upload->kept = g_byte_array_new();
    if (result == 0 && how) {
        bool gateway = *kx_client_endpoint(client)->gateway;
        g_autofree char *params = create_params(how, block_bytes);
        upload->late = how->sync_block && gateway ? SYNCED : NULL;
        upload->params = g_strconcat(params, how->sync_block && !gateway ? SYNCED : NULL, NULL);
        upload->overwrite = how->overwrite;
    }
    if (result == 0 && !how) result = transfer_open(upload, -1, call, err);
    if (result == 0)
        *out = g_steal_pointer(&upload);
    else
        kx_error_about(err, kx_op_info(upload->op)->name, path);
    return result;
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

/* What a DataNode answers that was asked without a redirect counts only when it is good: the
 * NameNode may name one that can do it. But "exists" may be our own doing. */
static bool is_worth_a_redirect(const struct kx_upload *upload, const struct kx_error *err)
{
    return upload->direct && err->http_status && (upload->overwrite || err->code != EEXIST);
}

/* The DataNode was sent by a NameNode that is not active. */
static bool is_of_standby(const struct kx_error *err)
{
    return err->http_status && kx_exception_is_transient(err->exception, err->http_status);
}

/* May the same bytes be sent once more?  @pause_ms before that. */
static bool is_worth_a_try(const struct kx_upload *upload, const struct kx_error *err, bool direct,
                           int *pause_ms)
{
    int tries = upload->tries + 1;
    *pause_ms = direct ? 0 : PAUSE_MS;
    bool passes = direct || is_of_standby(err) || kx_open_is_transient(err);
    if (upload->op == KX_CREATE) return passes && tries < TRIES_MAX;
    *pause_ms = kx_retry_pause_ms(kx_client_clock(upload->client), tries, 0);
    return kx_append_is_early(err) && tries < APPEND_TRIES_MAX;
}

/* A try has failed: may there be another one? Then what was sent is taken back, and the reason
 * forgotten. */
static bool take_back(struct kx_upload *upload, const struct kx_call *call, struct kx_error *err)
{
    struct kx_datanodes *datanodes = kx_client_datanodes(upload->client);
    bool direct = upload->transfer && is_worth_a_redirect(upload, err);
    int pause_ms;
    if (!upload->transfer || err->code == EINTR) return false;
    if (direct || !err->http_status)
        kx_datanodes_failed(datanodes, kx_transfer_url(upload->transfer), direct);
    if (is_of_standby(err)) kx_client_leave(upload->client, err);
    if (!upload->kept || !is_worth_a_try(upload, err, direct, &pause_ms)) return false;
    upload->tries++;
    g_autofree char *line = kx_error_format(err);
    kx_log_write(kx_client_log(upload->client), KX_LOG_INFO, "%s; sending it again", line);
    g_clear_pointer(&upload->transfer, kx_transfer_free);
    kx_error_clear(err);
    if (!pause_ms || kx_cancel_sleep(call ? call->cancel : NULL, pause_ms) == 0) return true;
    kx_error_set(err, EINTR, "interrupted");
    return false;
}

/* The last reason is the one that counts: also that of an interruption in between. */
static int failed(const struct kx_upload *upload, struct kx_error *err)
{
    kx_error_about(err, kx_op_info(upload->op)->name, upload->path);
    return -err->code;
}

static void forget_kept(struct kx_upload *upload)
{
    if (!upload->kept) return;
    kx_budget_give(kx_client_budget(upload->client), upload->kept->len);
    g_clear_pointer(&upload->kept, g_byte_array_unref);
}

/* Remember a piece that was taken.  @has_room: the budget has given it already.  @return 0. */
static int keep(struct kx_upload *upload, const void *data, size_t length, bool has_room)
{
    bool few = upload->kept && upload->kept->len + length <= KX_UPLOAD_KEPT_BYTES;
    if (few && !has_room)
        has_room = kx_budget_try(kx_client_budget(upload->client), (int64_t)length);
    if (!few || !has_room) forget_kept(upload);
    if (upload->kept) g_byte_array_append(upload->kept, data, (guint)length);
    if (upload->sum) kx_sum_feed(upload->sum, data, length);
    upload->length += (int64_t)length;
    return 0;
}

static int send_piece(struct kx_upload *upload, const void *data, size_t length,
                      const struct kx_call *call, struct kx_error *err)
{
    const struct kx_limits limits = kx_client_body_limits(upload->client, call);
    int result = upload->transfer ? 0 : transfer_begin(upload, -1, call, err);
    if (result == 0) result = kx_transfer_write(upload->transfer, data, length, &limits, err);
    if (result != -EPIPE) return result;
    result = answer(upload, &limits, err);
    return result < 0 ? result
                      : kx_error_set(err, EPROTO,
                                     "the server said it has the file before it had all of it");
}

int kx_upload_write(struct kx_upload *upload, const void *data, size_t length,
                    const struct kx_call *call, struct kx_error *err)
{
    KX_ERROR_AUTO(own);
    struct kx_error *to = err ? err : &own;
    int result = 0;
    bool waits = upload->op == KX_CREATE && !upload->transfer &&
                 upload->length + (int64_t)length <= KX_UPLOAD_SMALL_BYTES &&
                 kx_budget_try(kx_client_budget(upload->client), (int64_t)length);
    if (!waits) {
        do
            result = send_piece(upload, data, length, call, to);
        while (result < 0 && take_back(upload, call, to));
    }
    return result < 0 ? failed(upload, to) : keep(upload, data, length, waits);
}

int64_t kx_upload_length(const struct kx_upload *upload)
{
    return upload->length;
}

static int end_once(struct kx_upload *upload, const struct kx_call *call, struct kx_error *err)
{
    const struct kx_limits limits = kx_client_body_limits(upload->client, call);
    int result = upload->transfer ? 0 : transfer_begin(upload, upload->length, call, err);
    if (result == -EPIPE) result = 0; /* the answer tells why */
    if (result < 0) return result;
    kx_transfer_end_body(upload->transfer);
    result = answer(upload, &limits, err);
    if (result == 0 && upload->direct) kx_datanodes_worked(kx_client_datanodes(upload->client));
    return result;
}

int kx_upload_finish(struct kx_upload *upload, const struct kx_call *call, struct kx_error *err)
{
    KX_ERROR_AUTO(own);
    struct kx_error *to = err ? err : &own;
    int result;
    upload->ending = true;
    do
        result = end_once(upload, call, to);
    while (result < 0 && take_back(upload, call, to));
    if (result == 0 && upload->sum)
        result = kx_verify_end(upload->client, upload->path, upload->sum, call, to);
    if (result != -EINTR)
        kx_stats_add(kx_client_stats(upload->client),
                     result == 0 ? KX_STAT_UPLOADS : KX_STAT_UPLOADS_FAILED, 1);
    return result < 0 ? failed(upload, to) : 0;
}

bool kx_upload_ending(const struct kx_upload *upload)
{
    return upload->ending;
}

bool kx_upload_touched(const struct kx_upload *upload)
{
    return upload->touched;
}

const char *kx_upload_path(const struct kx_upload *upload)
{
    return upload->path;
}

void kx_upload_follow(struct kx_upload *upload, const char *path)
{
    if (upload->touched) return;
    g_free(upload->path);
    upload->path = g_strdup(path);
}

void kx_upload_close(struct kx_upload *upload)
{
    if (!upload) return;
    kx_transfer_free(upload->transfer);
    forget_kept(upload);
    kx_sum_free(upload->sum);
    g_free(upload->params);
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
