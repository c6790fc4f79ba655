#include "fs/data/parallel.h"

#include <errno.h>

#include "fs/journal/journal.h"
#include "fs/mount.h"
#include "rest/webhdfs.h"

#define PARTS_MAX           64
#define DEFAULT_BLOCK_BYTES ((int64_t)128 * 1024 * 1024) /* dfs.blocksize of hdfs-default.xml */
#define JOINED_AT_ONCE      8 /* the sources are in the request's line: 8 paths of 1,000 bytes */

struct part {
    int64_t from, to;
    struct kx_hidden hidden;
};

struct parallel {
    struct kx_writer *writer;
    const struct kx_call *call;
    struct part parts[PARTS_MAX];
    gint count, next, failed; /* next and failed: atomic */
    GMutex mutex;             /* guards err */
    struct kx_error err;      /* the first failure */
};

static int64_t block_bytes(struct kx_writer *writer, const struct kx_call *call)
{
    struct kx_mount *mount = writer->mount;
    if (mount->options->block_bytes) return mount->options->block_bytes;
    struct kx_server_defaults defaults = {0};
    int result = kx_webhdfs_server_defaults(mount->client, call, &defaults, NULL);
    return result == 0 && defaults.block_bytes > 0 ? defaults.block_bytes : DEFAULT_BLOCK_BYTES;
}

/* A stream gets whole blocks, so that the joined file has the blocks of one that was sent whole. */
static void divide(struct parallel *p, int64_t length, int64_t block)
{
    int64_t blocks = (length + block - 1) / block;
    int64_t parts = MIN(blocks, PARTS_MAX), each = (blocks + parts - 1) / parts * block;
    for (int64_t from = 0; from < length; from += each)
        p->parts[p->count++] = (struct part){.from = from, .to = MIN(from + each, length)};
}

static int send_part(struct parallel *p, struct part *part, struct kx_error *err)
{
    struct kx_writer *writer = p->writer;
    g_autoptr(kx_upload) upload = NULL;
    int result = kx_writer_create_hidden(writer, &part->hidden, p->call, &upload, err);
    if (result == 0)
        result = kx_stage_send(writer->stage, writer->mount->client,
                               (struct kx_range){part->from, part->to}, upload, p->call, err);
    if (result == 0) result = kx_upload_finish(upload, p->call, err);
    return result;
}

static void note_failure(struct parallel *p, const struct kx_error *err)
{
    g_mutex_lock(&p->mutex);
    if (!p->err.code) kx_error_copy(&p->err, err);
    g_mutex_unlock(&p->mutex);
    g_atomic_int_set(&p->failed, 1);
}

static gpointer work(gpointer data)
{
    struct parallel *p = data;
    while (!g_atomic_int_get(&p->failed)) {
        gint i = g_atomic_int_add(&p->next, 1);
        if (i >= p->count) break;
        KX_ERROR_AUTO(err);
        if (send_part(p, &p->parts[i], &err) < 0) note_failure(p, &err);
    }
    return NULL;
}

static int send_all(struct parallel *p, int64_t streams, struct kx_error *err)
{
    g_autoptr(GPtrArray) threads = g_ptr_array_new();
    for (gint i = 1; i < MIN(streams, p->count); i++)
        g_ptr_array_add(threads, g_thread_new("upload", work, p));
    work(p);
    for (guint i = 0; i < threads->len; i++)
        g_thread_join(g_ptr_array_index(threads, i));
    if (!p->err.code) return 0;
    kx_error_copy(err, &p->err);
    return -err->code;
}

/* The parts behind the first, some at a time. */
static int join(struct parallel *p, const char *first, struct kx_error *err)
{
    int result = 0;
    for (gint i = 1; result == 0 && i < p->count; i += JOINED_AT_ONCE) {
        g_auto(GStrv) sources = g_new0(char *, JOINED_AT_ONCE + 1);
        for (gint j = 0; j < JOINED_AT_ONCE && i + j < p->count; j++)
            sources[j] = kx_hidden_where(&p->parts[i + j].hidden);
        result = kx_webhdfs_concat(p->writer->mount->client, first, (const char *const *)sources,
                                   p->call, err);
        for (gint j = 0; result == 0 && sources[j]; j++) {
            kx_journal_unhide(p->writer->mount->journal, sources[j]);
            kx_hidden_clear(&p->parts[i + j].hidden);
        }
    }
    return result;
}

static int join_all(struct parallel *p, struct kx_error *err)
{
    g_autofree char *first = kx_hidden_where(&p->parts[0].hidden);
    if (!first) return kx_error_set(err, ESTALE, "the file's directory was removed");
    int result = join(p, first, err);
    bool never = result == -ENOTSUP || result == -EINVAL || result == -EPERM || result == -EACCES;
    if (!never) return result;
    g_autofree char *line = kx_error_format(err);
    kx_log_write(p->writer->mount->log, KX_LOG_WARNING,
                 "the server does not join files, they are sent in one stream from now on: %s",
                 line);
    g_atomic_int_set(&p->writer->mount->joins_refused, 1);
    kx_error_clear(err);
    return -ENOTSUP;
}

int kx_parallel_upload(struct kx_writer *writer, const struct kx_call *call, struct kx_hidden *out,
                       struct kx_error *err)
{
    struct kx_mount *mount = writer->mount;
    int64_t streams = mount->options->parallel_upload, length = kx_stage_length(writer->stage);
    if (streams < 2 || g_atomic_int_get(&mount->joins_refused)) return 0;
    int64_t block = block_bytes(writer, call);
    if (length <= block) return 0;
    struct parallel p = {.writer = writer, .call = call};
    g_mutex_init(&p.mutex);
    divide(&p, length, block);
    int result = send_all(&p, streams, err);
    if (result == 0) result = join_all(&p, err);
    for (gint i = 0; result < 0 && i < p.count; i++)
        kx_writer_discard(writer, &p.parts[i].hidden);
    if (result == 0) *out = p.parts[0].hidden;
    kx_error_clear(&p.err);
    g_mutex_clear(&p.mutex);
    return result == -ENOTSUP ? 0 : result < 0 ? result : 1;
}
