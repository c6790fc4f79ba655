/* The end of a file exchanged in place: TRUNCATE and APPEND instead of sending all of it again. */
#include <errno.h>

#include "fs/data/cut.h"
#include "fs/data/writer_private.h"
#include "fs/mount.h"

static int append_tail(struct kx_writer *writer, const char *path, int64_t cut,
                       const struct kx_call *call, struct kx_error *err)
{
    struct kx_client *client = writer->mount->client;
    if (kx_stage_length(writer->stage) == cut) return 0;
    g_autoptr(kx_upload) upload = NULL;
    int result = kx_upload_open(client, path, NULL, call, &upload, err);
    const struct kx_range tail = {cut, kx_stage_length(writer->stage)};
    if (result == 0) result = kx_stage_send(writer->stage, client, tail, upload, call, err);
    return result == 0 ? kx_upload_finish(upload, call, err) : result;
}

int kx_writer_prepare_exchange(struct kx_writer *writer, int64_t cut, const struct kx_call *call,
                               struct kx_error *err)
{
    if (kx_stage_length(writer->stage) == cut) return 0; /* TRUNCATE alone is one atomic step */
    int result = kx_stage_load(writer->stage, writer->mount->client, cut, call, err);
    if (result < 0) return result;
    int64_t before_ms = writer->seen.mtime_ms;
    writer->seen.mtime_ms = KX_TIME_OURS;
    result = kx_writer_keep(writer, KX_RECORD_CUTTING, NULL, err);
    if (result < 0) writer->seen.mtime_ms = before_ms;
    return result;
}

int kx_writer_exchange_tail(struct kx_writer *writer, const char *path, int64_t cut,
                            const struct kx_call *call, struct kx_error *err)
{
    struct kx_sending sending;
    writer->cutting = true;
    kx_writer_begin_in_place(writer);
    kx_writer_begin_sending(writer, call, &sending);
    int result = kx_cut_file(writer->mount, path, cut, call, err);
    if (result == 0) result = append_tail(writer, path, cut, &sending.call, err);
    result = kx_writer_end_sending(writer, &sending, result, err);
    /* From here on the server's file is whole up to `cut` at least: the next try sends all of it,
     * and replaces the file in one step. */
    if (result < 0) kx_stage_base_cut(writer->stage, cut);
    return result;
}
