/* Reading a staged file, also while it is on its way to the server. */
#include "fs/data/reader.h"
#include "fs/data/writer_private.h"
#include "fs/mount.h"

static int read_block(struct kx_writer *writer, int64_t offset, size_t size,
                      const struct kx_call *call, struct kx_slices *out, struct kx_error *err)
{
    g_autoptr(kx_block) block = kx_pool_take(writer->mount->pool);
    int result =
        kx_stage_read(writer->stage, writer->mount->client, offset, size, call, block->data, err);
    if (result < 0) return result;
    block->length = size;
    struct iovec piece = {.iov_base = block->data, .iov_len = size};
    g_array_append_val(out->pieces, piece);
    g_ptr_array_add(out->blocks, g_steal_pointer(&block));
    out->length += size;
    return 0;
}

/* Up to the end of the local content, or of `size`. */
static int read_blocks(struct kx_writer *writer, int64_t offset, size_t size,
                       const struct kx_call *call, struct kx_slices *out, struct kx_error *err)
{
    int64_t to = MIN(offset + (int64_t)size, kx_stage_length(writer->stage));
    int result = 0;
    while (result == 0 && offset < to) {
        size_t n = (size_t)MIN(to - offset, (int64_t)KX_BLOCK_BYTES);
        result = read_block(writer, offset, n, call, out, err);
        offset += (int64_t)n;
    }
    return result;
}

/* Beside an upload, which may take minutes, when all of it is here.  @return 1: done; 0: not so;
 * -errno. */
static int read_beside(struct kx_writer *writer, int64_t offset, size_t size,
                       const struct kx_call *call, struct kx_slices *out, struct kx_error *err)
{
    g_mutex_lock(&writer->mutex);
    bool may = writer->sending && kx_stage_has(writer->stage, offset, offset + (int64_t)size);
    if (may) writer->readers++;
    g_mutex_unlock(&writer->mutex);
    if (!may) return 0;
    int result = read_blocks(writer, offset, size, call, out, err);
    g_mutex_lock(&writer->mutex);
    if (--writer->readers == 0) g_cond_broadcast(&writer->read);
    g_mutex_unlock(&writer->mutex);
    return result < 0 ? result : 1;
}

int kx_writer_read(struct kx_writer *writer, int64_t offset, size_t size,
                   const struct kx_call *call, struct kx_slices *out, struct kx_error *err)
{
    int result = read_beside(writer, offset, size, call, out, err);
    if (result != 0) return result;
    result = kx_writer_enter(writer, call, err);
    if (result < 0) return result;
    if (writer->abandoned) result = kx_writer_to_stage(writer, call, err);
    if (result == 0 && writer->stage && writer->known_path && !kx_stage_is_whole(writer->stage))
        result = kx_writer_find_out(writer, writer->known_path, call, err);
    bool local = result == 0 && writer->stage;
    if (local) kx_writer_follow_base(writer);
    int64_t to = local ? MIN(offset + (int64_t)size, kx_stage_length(writer->stage)) : 0;
    if (local && offset < to) result = kx_writer_check_source(writer, offset, to, call, err);
    if (local && result == 0) result = read_blocks(writer, offset, size, call, out, err);
    kx_gate_leave(&writer->gate);
    return result < 0 ? result : local;
}
