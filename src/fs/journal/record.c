#include "fs/journal/record.h"

struct kx_record *kx_record_new(void)
{
    struct kx_record *record = g_new0(struct kx_record, 1);
    record->mtime_ms = record->atime_ms = -1;
    return record;
}

void kx_record_free(struct kx_record *record)
{
    if (!record) return;
    g_free(record->path);
    g_free(record->file);
    g_free(record->reason);
    g_free(record->here);
    g_free(record->base);
    g_free(record);
}

const char *kx_record_state_name(enum kx_record_state state)
{
    static const char *const NAMES[] = {[KX_RECORD_QUEUED] = "queued",
                                        [KX_RECORD_CUTTING] = "cutting",
                                        [KX_RECORD_FAILED] = "failed"};
    return NAMES[state];
}

bool kx_record_needs_name(const struct kx_record *record)
{
    return record->base && !record->base_hidden;
}
