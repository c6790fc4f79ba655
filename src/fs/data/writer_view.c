/* What a file that is being written looks like, and what is remembered for its publishing. */
#include "fs/data/writer_private.h"
#include "fs/journal/journal.h"
#include "fs/mount.h"

void kx_writer_note_change(struct kx_writer *writer, int64_t length)
{
    const struct kx_clock *clock = writer->mount->clock;
    writer->kept = false;
    g_mutex_lock(&writer->mutex);
    writer->safe = false;
    writer->length = length;
    writer->dirty = true;
    writer->changed_ms = clock->wall_ms(clock);
    g_mutex_unlock(&writer->mutex);
}

/* Mutex held: is there anything that the server does not know? */
static bool is_unpublished(const struct kx_writer *writer)
{
    return writer->dirty || writer->abandoned || writer->later_mode || writer->mtime_ms >= 0 ||
           writer->atime_ms >= 0;
}

void kx_writer_overlay(struct kx_writer *writer, struct kx_overlay *out)
{
    g_mutex_lock(&writer->mutex);
    *out = (struct kx_overlay){
        .dirty = is_unpublished(writer),
        .fresh = writer->dirty && !writer->abandoned && writer->base == KX_WRITE_NEW,
        .unsure = writer->unsure,
        .length = writer->length,
        .mtime_ms = writer->mtime_ms >= 0 ? writer->mtime_ms : writer->changed_ms,
        .mode = writer->later_mode ? writer->later_mode : writer->create_mode};
    g_mutex_unlock(&writer->mutex);
}

bool kx_writer_defer_mode(struct kx_writer *writer, uint32_t mode)
{
    g_mutex_lock(&writer->mutex);
    bool deferred = is_unpublished(writer);
    if (deferred) writer->later_mode = mode;
    int64_t record = writer->record_id;
    g_mutex_unlock(&writer->mutex);
    if (deferred) kx_journal_amend(writer->mount->journal, record, mode, -1, -1);
    return deferred;
}

void kx_writer_note_mode(struct kx_writer *writer, uint32_t mode)
{
    g_mutex_lock(&writer->mutex);
    writer->create_mode = mode;
    g_mutex_unlock(&writer->mutex);
}

void kx_writer_note_mtime(struct kx_writer *writer, int64_t mtime_ms)
{
    if (kx_gate_enter(&writer->gate, NULL, 0) < 0) return;
    writer->seen.mtime_ms = mtime_ms;
    kx_gate_leave(&writer->gate);
}

bool kx_writer_defer_times(struct kx_writer *writer, int64_t mtime_ms, int64_t atime_ms)
{
    g_mutex_lock(&writer->mutex);
    bool deferred = is_unpublished(writer);
    if (deferred && mtime_ms >= 0) writer->mtime_ms = mtime_ms;
    if (deferred && atime_ms >= 0) writer->atime_ms = atime_ms;
    int64_t record = writer->record_id;
    g_mutex_unlock(&writer->mutex);
    if (deferred) kx_journal_amend(writer->mount->journal, record, 0, mtime_ms, atime_ms);
    return deferred;
}
