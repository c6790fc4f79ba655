#include "fake_writer.h"

struct kx_writer {
    gint refs;
    struct kx_overlay overlay;
};

struct kx_writer *fake_writer_new(void)
{
    struct kx_writer *writer = g_new0(struct kx_writer, 1);
    writer->refs = 1;
    return writer;
}

void fake_writer_say(struct kx_writer *writer, const struct kx_overlay *overlay)
{
    writer->overlay = *overlay;
}

unsigned fake_writer_refs(const struct kx_writer *writer)
{
    return (unsigned)g_atomic_int_get(&writer->refs);
}

struct kx_writer *kx_writer_ref(struct kx_writer *writer)
{
    g_atomic_int_inc(&writer->refs);
    return writer;
}

void kx_writer_unref(struct kx_writer *writer)
{
    if (writer && g_atomic_int_dec_and_test(&writer->refs)) g_free(writer);
}

void kx_writer_overlay(struct kx_writer *writer, struct kx_overlay *out)
{
    *out = writer->overlay;
}
