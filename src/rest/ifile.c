#include "rest/ifile.h"

#include <errno.h>
#include <string.h>

#include "rest/java_object.h"

bool kx_ifile_tail(const uint8_t *tail, int64_t end, int kind, int64_t *offset, int64_t *length)
{
    static const size_t MARK[KX_IFILE_MARKS] = {32, 36};
    struct kx_bytes bytes = {tail + KX_IFILE_TAIL - MARK[kind] - 4, 4, false};
    *length = (int64_t)kx_bytes_number(&bytes, 4);
    *offset = end - (int64_t)MARK[kind] - 4 - *length;
    return *length > 0 && *length <= (int64_t)KX_IFILE_INDEX_MAX && *offset >= (int64_t)MARK[kind];
}

#define LOGS_MAX    250000
#define NAME_LENGTH 255

struct index {
    GArray *logs; /* of struct kx_ifile_log */
    char *packing;
    int64_t file_length;
    bool damaged;
};

static void clear_log(gpointer data)
{
    struct kx_ifile_log *log = data;
    g_free(log->container);
    g_free(log->name);
}

static const struct kx_java_field *field_of(const struct kx_java_field *fields, size_t count,
                                            const char *name)
{
    static const struct kx_java_field NONE = {.number = 0};
    for (size_t i = 0; i < count; i++)
        if (g_str_has_prefix(fields[i].name, name)) return &fields[i];
    return &NONE;
}

static void take_log(struct index *index, const struct kx_java_field *fields, size_t count)
{
    const char *container = field_of(fields, count, "containerId")->text;
    const char *name = field_of(fields, count, "fileName")->text;
    struct kx_ifile_log log = {
        .region = {.offset = field_of(fields, count, "startIndex")->number,
                   .length = field_of(fields, count, "fileCompressedSize")->number},
        .length = field_of(fields, count, "fileSize")->number,
        .mtime_ms = field_of(fields, count, "lastModif")->number}; /* it was misspelt once */
    int64_t room = index->file_length - log.region.offset;
    bool named =
        container && name && strlen(container) <= NAME_LENGTH && strlen(name) <= NAME_LENGTH;
    if (!named || index->logs->len >= LOGS_MAX || log.length < 0 || log.region.offset < 0 ||
        log.region.length < 0 || log.region.length > room) {
        index->damaged = true;
        return;
    }
    log.container = g_strdup(container);
    log.name = g_strdup(name);
    g_array_append_val(index->logs, log);
}

static void take(const char *type, const struct kx_java_field *fields, size_t count, void *context)
{
    struct index *index = context;
    if (g_str_has_suffix(type, "$IndexedFileLogMeta")) take_log(index, fields, count);
    if (!g_str_has_suffix(type, "$IndexedLogsMeta")) return;
    g_free(index->packing);
    index->packing = g_strdup(field_of(fields, count, "compressName")->text);
}

int kx_ifile_index(const uint8_t *text, size_t length, int64_t file_length, GArray **out,
                   struct kx_error *err)
{
    struct index index = {.file_length = file_length};
    enum kx_packing packing = KX_PACKED_NOT;
    index.logs = g_array_new(FALSE, TRUE, sizeof(struct kx_ifile_log));
    g_array_set_clear_func(index.logs, clear_log);
    int result = kx_java_read(text, length, take, &index, err);
    if (result == 0 && (index.damaged || !index.packing))
        result = kx_error_set(err, EPROTO, "the collected log's index is damaged");
    if (result == 0) result = kx_packing_read(index.packing, &packing, err);
    g_free(index.packing);
    for (guint i = 0; i < index.logs->len; i++)
        g_array_index(index.logs, struct kx_ifile_log, i).region.packing = packing;
    if (result == 0)
        *out = index.logs;
    else
        g_array_free(index.logs, TRUE);
    return result;
}
