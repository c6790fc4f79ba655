#include "rest/collected_file.h"

#include <errno.h>
#include <string.h>

#include "rest/ifile.h"
#include "rest/tfile.h"

#define LOGS_MAX 100000 /* of one record */

struct kx_collected_record {
    char *container;
    GPtrArray *logs;         /* of struct kx_collected_log */
    bool whole;              /* all of them */
    guint block;             /* where it is in a TFile */
    struct kx_stream *value; /* NULL: not read yet, or no TFile's */
};

struct kx_collected_file {
    struct kx_stream *stream, **awake;
    int64_t end, mtime_ms;
    bool opened, whole;     /* its index was read; all records are known */
    GPtrArray *records;     /* of struct kx_collected_record */
    GPtrArray *streams;     /* what else it has made, to be freed from the end */
    GArray *blocks;         /* of a TFile, else NULL */
    struct kx_stream **raw; /* of each block: NULL: not needed yet */
    guint block;            /* where the next record is */
    int64_t in_block;       /* how many of that block's are known */
};

const char *kx_collected_container(const struct kx_collected_record *record)
{
    return record->container;
}

static void log_free(gpointer data)
{
    struct kx_collected_log *log = data;
    g_free(log->name);
    g_free(log);
}

static void record_free(gpointer data)
{
    struct kx_collected_record *record = data;
    kx_stream_free(record->value);
    g_ptr_array_free(record->logs, TRUE);
    g_free(record->container);
    g_free(record);
}

struct kx_collected_file *kx_collected_file_new(struct kx_stream *stream, int64_t end,
                                                int64_t mtime_ms, struct kx_stream **awake)
{
    struct kx_collected_file *file = g_new0(struct kx_collected_file, 1);
    file->stream = stream;
    file->awake = awake;
    file->end = end;
    file->mtime_ms = mtime_ms;
    file->records = g_ptr_array_new_with_free_func(record_free);
    file->streams = g_ptr_array_new();
    return file;
}

void kx_collected_file_free(struct kx_collected_file *file)
{
    if (!file) return;
    g_ptr_array_free(file->records, TRUE);
    for (guint i = file->streams->len; i > 0; i--)
        kx_stream_free(g_ptr_array_index(file->streams, i - 1));
    g_ptr_array_free(file->streams, TRUE);
    if (file->blocks) g_array_free(file->blocks, TRUE);
    g_free(file->raw);
    g_free(file);
}

bool kx_collected_file_is_plain(const struct kx_collected_file *file)
{
    return file->blocks != NULL;
}

static struct kx_stream *keep(struct kx_collected_file *file, struct kx_stream *stream)
{
    g_ptr_array_add(file->streams, stream);
    return stream;
}

/* What a region becomes. */
static struct kx_stream *region_stream(struct kx_collected_file *file,
                                       const struct kx_region *region)
{
    struct kx_stream *part =
        keep(file, kx_stream_part(file->stream, region->offset, region->length));
    return region->packing == KX_PACKED_GZ ? keep(file, kx_stream_inflated(part, file->awake))
                                           : part;
}

static struct kx_collected_record *add_record(struct kx_collected_file *file, char *container)
{
    struct kx_collected_record *record = g_new0(struct kx_collected_record, 1);
    record->container = container;
    record->logs = g_ptr_array_new_with_free_func(log_free);
    g_ptr_array_add(file->records, record);
    return record;
}

static void add_log(struct kx_collected_record *record, struct kx_collected_log log)
{
    g_ptr_array_add(record->logs, g_memdup2(&log, sizeof log));
}

/* A whole index, inflated.  @return how long it is, or -errno. */
static int64_t read_index(struct kx_collected_file *file, const struct kx_region *region,
                          uint8_t **out, const struct kx_call *call, struct kx_error *err)
{
    struct kx_stream *awake = NULL;
    g_autoptr(kx_stream) part = kx_stream_part(file->stream, region->offset, region->length);
    g_autoptr(kx_stream) inflated =
        region->packing == KX_PACKED_GZ ? kx_stream_inflated(part, &awake) : NULL;
    struct kx_stream *stream = inflated ? inflated : part;
    GByteArray *bytes = g_byte_array_new();
    size_t got = 1;
    int result = 0;
    while (result == 0 && got && bytes->len <= KX_TFILE_INDEX_MAX) {
        guint before = bytes->len;
        g_byte_array_set_size(bytes, before + 65536);
        result = stream->read(stream, before, bytes->data + before, 65536, &got, call, err);
        g_byte_array_set_size(bytes, before + (guint)got);
    }
    int64_t length = bytes->len;
    *out = g_byte_array_free(bytes, FALSE);
    if (result == 0 && length > (int64_t)KX_TFILE_INDEX_MAX)
        result = kx_error_set(err, EFBIG, "the collected log's index is too long");
    return result < 0 ? result : length;
}

static int open_tfile(struct kx_collected_file *file, int64_t meta_at, const struct kx_call *call,
                      struct kx_error *err)
{
    const struct kx_region region = {meta_at, file->end - KX_TFILE_TAIL - meta_at, KX_PACKED_NOT};
    g_autofree uint8_t *text = NULL, *blocks = NULL, *records = NULL;
    struct kx_tfile_meta meta;
    int64_t length = read_index(file, &region, &text, call, err);
    if (length < 0) return (int)length;
    int result = kx_tfile_meta(text, (size_t)length, file->end, &meta, err);
    if (result < 0) return result;
    length = read_index(file, &meta.blocks, &blocks, call, err);
    if (length < 0) return (int)length;
    if (file->blocks) g_array_free(file->blocks, TRUE);
    file->blocks = NULL;
    result = kx_tfile_blocks(blocks, (size_t)length, file->end, &file->blocks, err);
    if (result < 0) return result;
    length = read_index(file, &meta.records, &records, call, err);
    if (length < 0) return (int)length;
    g_free(file->raw);
    file->raw = g_new0(struct kx_stream *, file->blocks->len + 1);
    return kx_tfile_records(records, (size_t)length, file->blocks, err);
}

static void add_indexed(struct kx_collected_file *file, GHashTable *known,
                        const struct kx_ifile_log *log)
{
    struct kx_collected_record *record = g_hash_table_lookup(known, log->container);
    if (!record) {
        record = add_record(file, g_strdup(log->container));
        g_hash_table_insert(known, record->container, record);
    }
    record->whole = true;
    add_log(record, (struct kx_collected_log){.name = g_strdup(log->name),
                                              .stream = region_stream(file, &log->region),
                                              .length = log->length,
                                              .mtime_ms = log->mtime_ms});
}

static void add_all_indexed(struct kx_collected_file *file, const GArray *logs)
{
    g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < logs->len; i++)
        add_indexed(file, known, &g_array_index(logs, struct kx_ifile_log, i));
    file->whole = true;
}

static int open_indexed(struct kx_collected_file *file, const uint8_t *tail,
                        const struct kx_call *call, struct kx_error *err)
{
    int result = kx_error_set(err, EPROTO, "it is no collected log of a format that is known");
    for (int kind = 0; kind < KX_IFILE_MARKS && result == -EPROTO; kind++) {
        int64_t offset, length;
        if (!kx_ifile_tail(tail, file->end, kind, &offset, &length)) continue;
        g_autofree uint8_t *text = g_malloc((size_t)length);
        GArray *logs = NULL;
        result = kx_stream_read_all(file->stream, offset, text, (size_t)length, call, err);
        if (result == 0) result = kx_ifile_index(text, (size_t)length, file->end, &logs, err);
        if (result < 0) continue;
        add_all_indexed(file, logs);
        g_array_free(logs, TRUE);
    }
    return result;
}

static int open_file(struct kx_collected_file *file, const struct kx_call *call,
                     struct kx_error *err)
{
    uint8_t tail[MAX(KX_IFILE_TAIL, KX_TFILE_TAIL)];
    if (file->opened) return 0;
    if (file->end < (int64_t)sizeof tail)
        return kx_error_set(err, EPROTO, "the collected log is too short to be one");
    int result = kx_stream_read_all(file->stream, file->end - (int64_t)sizeof tail, tail,
                                    sizeof tail, call, err);
    if (result < 0) return result;
    int64_t meta = kx_tfile_tail(tail + sizeof tail - KX_TFILE_TAIL, file->end, err);
    result = meta == -EPROTO ? open_indexed(file, tail + sizeof tail - KX_IFILE_TAIL, call, err)
             : meta < 0      ? (int)meta
                             : open_tfile(file, meta, call, err);
    file->opened = result == 0;
    if (result == 0) kx_error_clear(err); /* the other format's */
    return result;
}

static struct kx_stream *raw_of(struct kx_collected_file *file, guint block)
{
    const struct kx_tfile_block *one = &g_array_index(file->blocks, struct kx_tfile_block, block);
    if (!file->raw[block]) file->raw[block] = region_stream(file, &one->region);
    return file->raw[block];
}

/* Where in its block the next record is. */
static int next_place(struct kx_collected_file *file, int64_t *out, const struct kx_call *call,
                      struct kx_error *err)
{
    *out = 0;
    if (!file->in_block) return 0;
    const struct kx_collected_record *before =
        g_ptr_array_index(file->records, file->records->len - 1);
    return kx_tfile_value_end(before->value, call, out, err);
}

/* One record more of a block that has several.  @return 1; 0: it has no more. */
static int walk(struct kx_collected_file *file, const struct kx_call *call, struct kx_error *err)
{
    struct kx_stream *raw = raw_of(file, file->block);
    g_autofree char *name = NULL;
    int64_t at, value;
    int result = next_place(file, &at, call, err);
    if (result == 0) result = kx_tfile_key(raw, at, call, &name, &value, err);
    if (result <= 0) return result;
    struct kx_collected_record *record = add_record(file, g_steal_pointer(&name));
    record->block = file->block;
    record->value = kx_tfile_value(raw, value);
    return 1;
}

/* The records of a TFile one after the other; of a block that has only one nothing is read. */
static int next_record(struct kx_collected_file *file, const struct kx_call *call,
                       struct kx_error *err)
{
    while (file->block < file->blocks->len) {
        struct kx_tfile_block *block =
            &g_array_index(file->blocks, struct kx_tfile_block, file->block);
        int result = 0;
        if (block->records == 1 && file->in_block == 0) {
            add_record(file, g_strdup(block->last))->block = file->block;
            result = 1;
        } else if (file->in_block < block->records) {
            result = walk(file, call, err);
        }
        if (result < 0) return result;
        file->in_block++;
        if (result == 0 || file->in_block >= block->records) {
            file->block++;
            file->in_block = 0;
        }
        if (result == 1) return 1;
    }
    file->whole = true;
    return 0;
}

int kx_collected_file_record(struct kx_collected_file *file, guint number,
                             const struct kx_call *call, struct kx_collected_record **out,
                             struct kx_error *err)
{
    int result = open_file(file, call, err);
    while (result >= 0 && number >= file->records->len) {
        if (file->whole) return 0;
        result = next_record(file, call, err);
    }
    if (result < 0) return result;
    *out = g_ptr_array_index(file->records, number);
    return 1;
}

static int next_log(struct kx_collected_file *file, struct kx_collected_record *record,
                    const struct kx_call *call, struct kx_error *err)
{
    guint count = record->logs->len;
    const struct kx_collected_log *last = count ? g_ptr_array_index(record->logs, count - 1) : NULL;
    struct kx_tfile_log log = {0};
    int result = 1;
    if (!record->value) {
        struct kx_stream *raw = raw_of(file, record->block);
        g_autofree char *name = NULL;
        int64_t value = 0;
        result = kx_tfile_key(raw, 0, call, &name, &value, err);
        if (result == 1) record->value = kx_tfile_value(raw, value);
    }
    if (result == 1 && count < LOGS_MAX)
        result =
            kx_tfile_log(record->value, last ? last->offset + last->length : 0, call, &log, err);
    if (result < 0) return result;
    record->whole = result == 0 || count >= LOGS_MAX;
    if (!record->whole)
        add_log(record, (struct kx_collected_log){.name = log.name,
                                                  .stream = record->value,
                                                  .offset = log.offset,
                                                  .length = log.length,
                                                  .mtime_ms = file->mtime_ms});
    return 0;
}

int kx_collected_file_log(struct kx_collected_file *file, struct kx_collected_record *record,
                          guint number, const struct kx_call *call,
                          const struct kx_collected_log **out, struct kx_error *err)
{
    while (number >= record->logs->len) {
        if (record->whole) return 0;
        int result = next_log(file, record, call, err);
        if (result < 0) return result;
    }
    *out = g_ptr_array_index(record->logs, number);
    return 1;
}
