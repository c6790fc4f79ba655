/* A file of collected logs, of either format, as far as anything in it can be read. */
#include "fuzz.h"
#include "rest/collected_file.h"

#define READ_MAX ((int64_t)100000)
#define LOGS     200 /* of all records together */

static void read_log(const struct kx_collected_log *log)
{
    size_t want = (size_t)MIN(log->length, READ_MAX), got = 0;
    g_autofree char *room = g_malloc(want + 1);
    FUZZ_CHECK(log->length >= 0 && g_utf8_validate(log->name, -1, NULL));
    int result = log->stream->read(log->stream, log->offset, room, want, &got, NULL, NULL);
    FUZZ_CHECK(result < 0 || got <= want);
    got = 0;
    log->stream->read(log->stream, log->offset + log->length / 2, room, want / 2, &got, NULL, NULL);
    FUZZ_CHECK(got <= want / 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kx_stream *awake = NULL;
    g_autofree uint8_t *exact = g_memdup2(data, size);
    g_autoptr(kx_stream) stream = kx_stream_memory(exact, size);
    g_autoptr(kx_collected_file) file = kx_collected_file_new(stream, (int64_t)size, 0, &awake);
    struct kx_collected_record *record = NULL;
    int left = LOGS;
    for (guint i = 0; left && kx_collected_file_record(file, i, NULL, &record, NULL) == 1; i++) {
        const struct kx_collected_log *log = NULL;
        FUZZ_CHECK(kx_collected_container(record) != NULL);
        for (guint k = 0; left; k++, left--) {
            if (kx_collected_file_log(file, record, k, NULL, &log, NULL) != 1) break;
            read_log(log);
        }
        if (left) left--;
    }
    return 0;
}
