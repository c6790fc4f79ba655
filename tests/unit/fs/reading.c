#include "reading.h"

#include <errno.h>

int reading_setup(void **state)
{
    struct reading *reading = g_new0(struct reading, 1);
    reading->client = fake_reads_new();
    reading->budget = kx_budget_new(256 * MIB);
    reading->reads = kx_reads_new(reading->client, reading->budget, &reading->stats);
    reading->reader = kx_reads_open(reading->reads, 1);
    reading->target = (struct kx_read_target){
        .path = "/f", .length = 64 * MIB + 100, .version = {.file_id = 7, .mtime_ms = 8}};
    *state = reading;
    return 0;
}

int reading_teardown(void **state)
{
    struct reading *reading = *state;
    kx_reader_free(reading->reader);
    kx_reads_free(reading->reads);
    kx_budget_free(reading->budget);
    fake_reads_free(reading->client);
    g_free(reading);
    return 0;
}

static bool is_right(const struct kx_slices *slices, unsigned seed, int64_t offset)
{
    for (guint i = 0; i < slices->pieces->len; i++) {
        const struct iovec *piece = &g_array_index(slices->pieces, struct iovec, i);
        for (size_t at = 0; at < piece->iov_len; at++, offset++)
            if (((const char *)piece->iov_base)[at] != fake_reads_byte(seed, offset)) return false;
    }
    return true;
}

int64_t reading_read(struct reading *reading, int64_t offset, size_t size,
                     const struct kx_call *call, struct kx_error *err)
{
    struct kx_slices slices;
    kx_slices_init(&slices);
    const struct kx_read_target target = reading->target;
    int result = kx_reader_read(reading->reader, &target, offset, size, call, &slices, err);
    int64_t got = (int64_t)slices.length, sum = 0;
    for (guint i = 0; i < slices.pieces->len; i++)
        sum += (int64_t)g_array_index(slices.pieces, struct iovec, i).iov_len;
    bool right =
        sum == got && (result == 0 || got == 0) && is_right(&slices, reading->seed, offset);
    kx_slices_clear(&slices);
    if (!right) return -EBADMSG;
    return result < 0 ? result : got;
}

void reading_check(struct reading *reading, int64_t offset, size_t size)
{
    KX_ERROR_AUTO(err);
    int64_t expected = CLAMP(reading->target.length - offset, 0, (int64_t)size);
    int64_t got = reading_read(reading, offset, size, NULL, &err);
    if (got != expected)
        fail_msg("%" G_GINT64_FORMAT " bytes at %" G_GINT64_FORMAT " instead of %" G_GINT64_FORMAT
                 ": %s",
                 got, offset, expected, err.message ? err.message : "no error");
}

void reading_check_stream(struct reading *reading, unsigned number, int64_t offset, int64_t length)
{
    assert_true(number < fake_reads_count(reading->client));
    struct fake_stream stream = fake_reads_stream(reading->client, number);
    assert_int_equal(stream.offset, offset);
    assert_int_equal(stream.length, length);
}
