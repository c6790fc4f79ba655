#include "fs/journal/pending.h"

#include <errno.h>

#include "fs/data/recovery.h"
#include "fs/data/writer.h"
#include "fs/journal/journal.h"
#include "fs/mount.h"

static void item_free(gpointer data)
{
    struct kx_pending_item *item = data;
    g_free(item->path);
    g_free(item->reason);
    g_free(item);
}

GPtrArray *kx_pending_list(struct kx_mount *mount)
{
    GPtrArray *items = g_ptr_array_new_with_free_func(item_free);
    g_autoptr(GPtrArray) records = kx_journal_records(mount->journal);
    for (guint i = 0; i < records->len; i++) {
        const struct kx_record *record = g_ptr_array_index(records, i);
        struct kx_pending_item *item = g_new0(struct kx_pending_item, 1);
        *item = (struct kx_pending_item){.id = record->id,
                                         .path = g_strdup(record->path),
                                         .state = kx_record_state_name(record->state),
                                         .bytes = record->length,
                                         .since_ms = record->since_ms,
                                         .reason = g_strdup(record->reason)};
        g_ptr_array_add(items, item);
    }
    return items;
}

static int find(struct kx_mount *mount, int64_t id, struct kx_record **out, struct kx_error *err)
{
    *out = kx_journal_find(mount->journal, id);
    return *out ? 0
                : kx_error_set(err, ENOENT,
                               "there is no pending upload %" G_GINT64_FORMAT
                               " (ls /.cluster/mount/pending)",
                               id);
}

/* A record that nobody uploads at present. */
static int retry_record(struct kx_mount *mount, const struct kx_record *record,
                        const struct kx_call *call, struct kx_error *err)
{
    struct kx_writer *writer = NULL;
    int result = kx_recovery_take_up(mount, record, true, call, &writer, err);
    if (!writer) return result;
    result = kx_writer_publish(writer, call, err);
    kx_writer_end_retry(writer, result < 0 ? err : NULL);
    return result;
}

int kx_pending_retry(struct kx_mount *mount, int64_t id, const struct kx_call *call,
                     struct kx_error *err)
{
    g_autoptr(kx_record) record = NULL;
    int result = find(mount, id, &record, err);
    if (result < 0) return result;
    g_autoptr(kx_writer) writer = kx_writers_of_record(mount->writers, id);
    return writer ? kx_writer_publish(writer, call, err) : retry_record(mount, record, call, err);
}

int kx_pending_drop(struct kx_mount *mount, int64_t id, struct kx_error *err)
{
    g_autoptr(kx_record) record = NULL;
    int result = find(mount, id, &record, err);
    if (result < 0) return result;
    g_autoptr(kx_writer) writer = kx_writers_of_record(mount->writers, id);
    if (writer) {
        kx_writer_drop(writer);
        return 0;
    }
    kx_recovery_give_up(mount, record);
    return 0;
}
