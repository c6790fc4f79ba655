#include "rest/stream.h"

#include <errno.h>
#include <string.h>

int kx_stream_read_all(struct kx_stream *stream, int64_t offset, void *to, size_t want,
                       const struct kx_call *call, struct kx_error *err)
{
    size_t got = 0;
    int result = stream->read(stream, offset, to, want, &got, call, err);
    if (result == 0 && got < want)
        result = kx_error_set(err, EIO, "the file ends at a place where it cannot");
    return result;
}

struct memory {
    struct kx_stream stream;
    const char *bytes;
    size_t length;
};

static int read_memory(struct kx_stream *stream, int64_t offset, void *to, size_t want, size_t *got,
                       const struct kx_call *call, struct kx_error *err)
{
    const struct memory *memory = (struct memory *)stream;
    (void)call, (void)err;
    *got = 0;
    if (offset < 0 || (uint64_t)offset >= memory->length) return 0;
    *got = MIN(want, memory->length - (size_t)offset);
    memcpy(to, memory->bytes + offset, *got);
    return 0;
}

static void free_plain(struct kx_stream *stream)
{
    g_free(stream);
}

struct kx_stream *kx_stream_memory(const void *bytes, size_t length)
{
    struct memory *memory = g_new0(struct memory, 1);
    memory->stream = (struct kx_stream){.read = read_memory, .free = free_plain};
    memory->bytes = bytes;
    memory->length = length;
    return &memory->stream;
}

struct part {
    struct kx_stream stream;
    struct kx_stream *below;
    int64_t offset, length;
};

static int read_part(struct kx_stream *stream, int64_t offset, void *to, size_t want, size_t *got,
                     const struct kx_call *call, struct kx_error *err)
{
    const struct part *part = (struct part *)stream;
    *got = 0;
    if (offset < 0 || offset >= part->length || !want) return 0;
    size_t here = (size_t)MIN((int64_t)want, part->length - offset);
    return part->below->read(part->below, part->offset + offset, to, here, got, call, err);
}

struct kx_stream *kx_stream_part(struct kx_stream *below, int64_t offset, int64_t length)
{
    struct part *part = g_new0(struct part, 1);
    part->stream = (struct kx_stream){.read = read_part, .free = free_plain};
    part->below = below;
    part->offset = offset;
    part->length = length;
    return &part->stream;
}
