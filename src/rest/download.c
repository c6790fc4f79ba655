#include "rest/download.h"

#include <errno.h>

#include "rest/inodes.h"
#include "rest/retry.h"
#include "rest/webhdfs.h"

struct kx_download {
    struct kx_client *client;
    char *path;
    char *inode_path;             /* by which it is opened; NULL: by its path */
    int64_t next, end;            /* the bytes still to come: [next, end) of the file */
    int64_t begin;                /* where in the file the present stream began */
    struct kx_version version;    /* file_id 0: not looked at */
    struct kx_transfer *transfer; /* NULL between a cut and the next try */
    size_t window_bytes;          /* 0: the client's */
    bool broken;                  /* a stream broke: the NameNode says where it goes on */
    int failures;                 /* in a row, without a byte in between */
    int64_t progress_ms;          /* when the last byte came, or the caller began to wait */
    struct kx_error lost; /* what the stream ended with, while there are bytes that came before */
};

static int say_replaced(const struct kx_download *d, struct kx_error *err)
{
    kx_error_set(err, ESTALE, "the file was replaced or removed while it was read");
    kx_error_about(err, "OPEN", d->path);
    return -ESTALE;
}

/* OPEN from the next byte to the end of the range. */
static int ask(struct kx_download *d, const struct kx_call *call, struct kx_error *err)
{
    const struct kx_open what = {.path = d->inode_path ? d->inode_path : d->path,
                                 .offset = d->next,
                                 .length = d->end - d->next,
                                 .direct = !d->broken,
                                 .window_bytes = d->window_bytes};
    int result = kx_client_open(d->client, &what, call, &d->transfer, err);
    if (result == 0 || !d->inode_path) return result;
    g_free(err->path);
    err->path = g_strdup(d->path); /* as the user knows it */
    return result;
}

/* An OPEN by number has failed so: is the file gone, or does the server know no numbers?
 *  @return 0: it is to be opened by its name; -ESTALE; or what it was. */
static int judge_number(struct kx_download *d, const struct kx_call *call, struct kx_error *err)
{
    bool refused = err->http_status / 100 == 4 && (!err->exception || err->code == EINVAL);
    if (err->code != ENOENT && !refused) return -err->code;
    struct kx_status now = {0};
    KX_ERROR_AUTO(look);
    int result = kx_webhdfs_stat(d->client, d->path, call, &now, &look);
    bool there = result == 0 && now.file_id == d->version.file_id;
    kx_status_clear(&now);
    if (there) {
        kx_inodes_refused(d->client);
        g_clear_pointer(&d->inode_path, g_free);
        kx_error_clear(err);
        return 0;
    }
    if (err->code != ENOENT) return -err->code;
    return say_replaced(d, err);
}

/* Opened by its name, where somebody has got its first bytes already: is it still that file? What
 * another client has appended meanwhile is no matter.  @return 0; -ESTALE; what the look failed
 * with. */
static int check_name(struct kx_download *d, const struct kx_call *call, struct kx_error *err)
{
    if (d->inode_path || !d->version.file_id || d->next == 0) return 0;
    struct kx_status now = {0};
    int result = kx_webhdfs_stat(d->client, d->path, call, &now, err);
    bool same = result == 0 && now.file_id == d->version.file_id;
    kx_status_clear(&now);
    if (same) return 0;
    g_clear_pointer(&d->transfer, kx_transfer_free);
    return result == 0 || result == -ENOENT ? say_replaced(d, err) : result;
}

static int stream_open(struct kx_download *d, const struct kx_call *call, struct kx_error *err)
{
    d->begin = d->next;
    int result = ask(d, call, err);
    if (result < 0 && d->inode_path) {
        result = judge_number(d, call, err);
        if (result == 0) result = ask(d, call, err);
    }
    if (result == 0) result = check_name(d, call, err);
    if (result != -ERANGE) return result;
    /* The range was in the file when it was last looked at. */
    kx_error_prefix(err, "another client has made the file shorter meanwhile");
    err->code = ESTALE;
    return -ESTALE;
}

int kx_download_open(struct kx_client *client, const struct kx_download_range *range,
                     const struct kx_call *call, struct kx_download **out, struct kx_error *err)
{
    struct kx_download *d = g_new0(struct kx_download, 1);
    d->client = client;
    d->path = g_strdup(range->path);
    d->next = range->offset;
    d->end = range->offset + range->length;
    d->window_bytes = range->window_bytes;
    if (range->version) d->version = *range->version;
    d->inode_path = kx_inodes_path(client, range->path, d->version.file_id);
    KX_ERROR_AUTO(own);
    int result = stream_open(d, call, err ? err : &own);
    if (result < 0)
        kx_download_close(d);
    else
        *out = d;
    return result;
}

/* Before a file is opened again: is it still the one whose first bytes were delivered? Asked by its
 * number, a file that was replaced and lives on in a snapshot shows the other one's. */
static int check_version(struct kx_download *d, const struct kx_call *call, struct kx_error *err)
{
    if (!d->version.file_id) return 0;
    struct kx_status now = {0};
    int result =
        kx_webhdfs_stat(d->client, d->inode_path ? d->inode_path : d->path, call, &now, err);
    bool same =
        result == 0 && now.file_id == d->version.file_id && now.mtime_ms == d->version.mtime_ms;
    kx_status_clear(&now);
    if (result == 0 && same) return 0;
    return result == 0 || result == -ENOENT ? say_replaced(d, err) : result;
}

static int64_t now_ms(const struct kx_download *d)
{
    const struct kx_clock *clock = kx_client_clock(d->client);
    return clock->now_ms(clock);
}

/* The stream broke: may it be opened again? Once always: a stream that goes silent in the middle of
 * a block has used up the stall time by then. */
static bool worth_another_try(struct kx_download *d, const struct kx_error *err)
{
    if (err->code == EINTR || err->code == ESTALE || err->http_status) return false;
    return d->failures == 0 || now_ms(d) - d->progress_ms < kx_client_stall_ms(d->client);
}

static int stream_reopen(struct kx_download *d, const struct kx_call *call, struct kx_error *err)
{
    int pause = kx_retry_pause_ms(kx_client_clock(d->client), d->failures, 0);
    int result = kx_cancel_sleep(call ? call->cancel : NULL, pause);
    if (result < 0) return kx_error_set(err, EINTR, "interrupted");
    result = check_version(d, call, err);
    return result < 0 ? result : stream_open(d, call, err);
}

/* The stream is not waited for any more: what came of it goes first. */
static int pull_lost(struct kx_download *d, struct kx_block **out, struct kx_error *err)
{
    *out = kx_transfer_take(d->transfer);
    if (*out) {
        kx_error_clear(err);
        return 1;
    }
    kx_error_copy(err, &d->lost);
    return -err->code;
}

/* One try of a pull.  @return as kx_download_pull, but 0 also when the body ended too early. */
static int pull_once(struct kx_download *d, size_t want, const struct kx_call *call,
                     struct kx_block **out, struct kx_error *err)
{
    if (!d->transfer) {
        int result = stream_reopen(d, call, err);
        if (result < 0) return result;
    }
    if (d->lost.code) return pull_lost(d, out, err);
    struct kx_limits limits = kx_client_body_limits(d->client, call);
    limits.stall_ms = MAX(limits.stall_ms / 2, 1);
    int result = kx_transfer_pull(d->transfer, want, &limits, out, err);
    if (result == -ETIMEDOUT) {
        kx_error_copy(&d->lost, err);
        return pull_lost(d, out, err);
    }
    if (result == 0)
        return kx_error_set(err, EIO,
                            "the body ended %" G_GINT64_FORMAT " bytes before the end of the range",
                            d->end - d->next);
    return result;
}

static void accept_block(struct kx_download *d, struct kx_block *block)
{
    int64_t left = d->end - d->next;
    if ((int64_t)block->length > left) {
        kx_log_write(kx_client_log(d->client), KX_LOG_WARNING,
                     "OPEN %s: the server sends more than was asked for", d->path);
        block->length = (size_t)left;
    }
    d->next += (int64_t)block->length;
    d->failures = 0;
    if (!d->lost.code) d->progress_ms = now_ms(d);
}

/* The stream came from a DataNode that has the block where it began, not always the one where it
 * broke. */
static void suspect_datanode(const struct kx_download *d, const struct kx_call *call,
                             const struct kx_error *err)
{
    const struct kx_broken_step step = {.path = d->inode_path ? d->inode_path : d->path,
                                        .offset = d->begin,
                                        .url = kx_transfer_url(d->transfer),
                                        .why = err,
                                        .cancel = call ? call->cancel : NULL};
    kx_client_suspect(d->client, &step);
}

static void drop_stream(struct kx_download *d, const struct kx_call *call,
                        const struct kx_error *err)
{
    g_autofree char *line = kx_error_format(err);
    kx_log_write(kx_client_log(d->client), KX_LOG_WARNING,
                 "OPEN %s: stream broken at byte %" G_GINT64_FORMAT ", opening it again: %s",
                 d->path, d->next, line);
    if (d->transfer) suspect_datanode(d, call, err);
    g_clear_pointer(&d->transfer, kx_transfer_free);
    kx_error_clear(&d->lost);
    d->failures++;
    d->broken = true;
}

int kx_download_pull(struct kx_download *d, size_t want, const struct kx_call *call,
                     struct kx_block **out, struct kx_error *err)
{
    KX_ERROR_AUTO(own);
    struct kx_error *to = err ? err : &own;
    if (d->next >= d->end) return 0;
    want = (size_t)MIN((int64_t)want, d->end - d->next);
    if (!d->lost.code) d->progress_ms = now_ms(d);
    for (;;) {
        kx_error_clear(to);
        int result = pull_once(d, want, call, out, to);
        if (result > 0) {
            accept_block(d, *out);
            return result;
        }
        kx_error_about(to, "OPEN", d->path);
        if (!worth_another_try(d, to)) return result;
        drop_stream(d, call, to);
    }
}

void kx_download_set_window(struct kx_download *d, size_t bytes)
{
    d->window_bytes = bytes;
    if (d->transfer) kx_transfer_set_window(d->transfer, bytes);
}

int64_t kx_download_position(const struct kx_download *d)
{
    return d->next;
}

void kx_download_close(struct kx_download *d)
{
    if (!d) return;
    kx_transfer_free(d->transfer);
    kx_error_clear(&d->lost);
    g_free(d->inode_path);
    g_free(d->path);
    g_free(d);
}
