/* Files of collected logs that Hadoop's own classes have written (tests/fixtures/logs). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rest/collected_file.h"
#include "rest/tfile.h"
#include "support.h"

#define CONTAINER "container_1795321157010_0002_01_%06d"

struct opened {
    char *bytes;
    gsize length;
    struct kx_stream *stream, *awake;
    struct kx_collected_file *file;
};

static void open_bytes(struct opened *opened, gsize length)
{
    opened->stream = kx_stream_memory(opened->bytes, length);
    opened->file = kx_collected_file_new(opened->stream, (int64_t)length, 1000, &opened->awake);
}

static void close_file(struct opened *opened)
{
    kx_collected_file_free(opened->file);
    kx_stream_free(opened->stream);
}

static void load(const char *name, struct opened *opened)
{
    g_autofree char *path = g_strconcat(KX_LOG_FIXTURES "/", name, NULL);
    *opened = (struct opened){0};
    if (!g_file_get_contents(path, &opened->bytes, &opened->length, NULL)) fail_msg("%s", path);
}

/* All of a container's log, joined. */
static char *whole(struct opened *opened, const char *container, const char *name)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0;; i++) {
        struct kx_collected_record *record = NULL;
        KX_ERROR_AUTO(err);
        int result = kx_collected_file_record(opened->file, i, NULL, &record, &err);
        if (result < 0) fail_msg("%s", err.message);
        if (result == 0) break;
        if (strcmp(kx_collected_container(record), container) != 0) continue;
        for (guint k = 0;; k++) {
            const struct kx_collected_log *log = NULL;
            result = kx_collected_file_log(opened->file, record, k, NULL, &log, &err);
            if (result < 0) fail_msg("%s", err.message);
            if (result == 0) break;
            if (strcmp(log->name, name) != 0) continue;
            g_autofree char *room = g_malloc((size_t)log->length + 1);
            result =
                kx_stream_read_all(log->stream, log->offset, room, (size_t)log->length, NULL, &err);
            if (result < 0) fail_msg("%s", err.message);
            g_string_append_len(text, room, (gssize)log->length);
        }
    }
    return g_string_free(text, FALSE);
}

/* What the fixtures were made from. */
static char *expected(int container, unsigned rounds)
{
    GString *text = g_string_new(NULL);
    for (unsigned round = 0; round < rounds; round++)
        for (int i = 0; i < (container == 2 ? 3 : 200); i++)
            g_string_append_printf(text, "container %d line %d\n", container, i);
    return g_string_free(text, FALSE);
}

static void check_file(const char *name, unsigned rounds)
{
    struct opened opened;
    load(name, &opened);
    open_bytes(&opened, opened.length);
    for (int turn = 0; turn < 2; turn++) /* the second time from what is known */
        for (int i = 3; i > 0; i--) {
            g_autofree char *container = g_strdup_printf(CONTAINER, i);
            g_autofree char *out = whole(&opened, container, "stdout");
            g_autofree char *err = whole(&opened, container, "prelaunch.err");
            g_autofree char *right = expected(i, rounds);
            assert_string_equal(out, right);
            assert_string_equal(err, "");
        }
    close_file(&opened);
    g_free(opened.bytes);
}

static void what_hadoop_writes_is_read(void **state)
{
    (void)state;
    check_file("tfile-none", 1);
    check_file("tfile-gz", 1);
    check_file("ifile-none", 1);
    check_file("ifile-gz", 1);
    check_file("ifile-rounds", 2);
}

/* Whatever is missing at the end, the index is not there. */
static void what_is_cut_is_refused(void **state)
{
    static const char *const NAMES[] = {"tfile-none", "ifile-none"};
    (void)state;
    for (size_t n = 0; n < G_N_ELEMENTS(NAMES); n++) {
        struct opened opened;
        load(NAMES[n], &opened);
        for (gsize length = 0; length < opened.length; length += 1 + length / 50) {
            struct kx_collected_record *record = NULL;
            KX_ERROR_AUTO(err);
            open_bytes(&opened, length);
            assert_int_equal(kx_collected_file_record(opened.file, 0, NULL, &record, &err),
                             -EPROTO);
            close_file(&opened);
        }
        g_free(opened.bytes);
    }
}

/* A block that counts how much of it was read. */
struct counted {
    struct kx_stream stream;
    struct kx_stream *below;
    uint64_t bytes;
};

static int read_counted(struct kx_stream *stream, int64_t offset, void *to, size_t want,
                        size_t *got, const struct kx_call *call, struct kx_error *err)
{
    struct counted *counted = (struct counted *)stream;
    int result = counted->below->read(counted->below, offset, to, want, got, call, err);
    counted->bytes += *got;
    return result;
}

static void free_nothing(struct kx_stream *stream)
{
    (void)stream;
}

#define CHUNK ((size_t)1000)

static void append_chunk(GByteArray *block, int number, size_t length, bool last)
{
    /* a number from -4,096 to 4,095 in two bytes */
    int value = last ? (int)length : -(int)length;
    const uint8_t head[2] = {(uint8_t)((value >> 8) - 52), (uint8_t)value};
    guint before = block->len;
    g_byte_array_append(block, head, 2);
    g_byte_array_set_size(block, before + 2 + (guint)length);
    for (size_t i = 0; i < length; i++)
        block->data[before + 2 + i] = (uint8_t)((size_t)number * 7 + i);
}

/* The end is found, and a place in the middle, without what lies before. */
static void far_places_cost_little(void **state)
{
    g_autoptr(GByteArray) block = g_byte_array_new();
    const int count = 5000, odd = 3001;
    (void)state;
    for (int i = 0; i < count; i++)
        append_chunk(block, i, i == odd ? CHUNK - 300 : CHUNK, false);
    append_chunk(block, count, 10, true);
    struct counted counted = {
        {.read = read_counted, .free = free_nothing}, kx_stream_memory(block->data, block->len), 0};
    struct kx_stream *value = kx_tfile_value(&counted.stream, 0);
    int64_t end = 0, length = (int64_t)count * (int64_t)CHUNK - 300 + 10;
    uint8_t bytes[20];
    size_t got = 0;
    assert_int_equal(value->read(value, 4000 * (int64_t)CHUNK - 305, bytes, 10, &got, NULL, NULL),
                     0);
    assert_int_equal(got, 10);
    assert_int_equal(bytes[4], (uint8_t)(3999 * 7 + 999));
    assert_int_equal(bytes[5], (uint8_t)(4000 * 7));
    assert_int_equal(kx_tfile_value_end(value, NULL, &end, NULL), 0);
    assert_int_equal(end, block->len);
    assert_int_equal(value->read(value, length - 3, bytes, 10, &got, NULL, NULL), 0);
    assert_int_equal(got, 3);
    assert_true(counted.bytes < 5000);
    kx_stream_free(value);
    kx_stream_free(counted.below);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_hadoop_writes_is_read),
        cmocka_unit_test(what_is_cut_is_refused),
        cmocka_unit_test(far_places_cost_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
