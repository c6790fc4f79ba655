/* A body in chunks: all at once, byte by byte, and by plans that receive so many bytes a call as
 * the first two bytes of the input say. It must be the same. */
#include <string.h>

#include "fuzz.h"
#include "rest/chunked.h"

#define ROOM_BYTES 9000
#define ROOMS      3

struct outcome {
    struct kx_chunked chunks;
    GByteArray *payload;
    size_t used;
};

static struct outcome outcome_new(void)
{
    struct outcome outcome = {.payload = g_byte_array_new()};
    kx_chunked_init(&outcome.chunks);
    return outcome;
}

static void feed(struct outcome *to, const char *data, size_t length)
{
    size_t here, all = length;
    const char *payload;
    while ((here = kx_chunked_next(&to->chunks, &data, &length, &payload))) {
        FUZZ_CHECK(here + length <= all && payload + here == data);
        g_byte_array_append(to->payload, (const guint8 *)payload, (guint)here);
    }
    FUZZ_CHECK(length == 0 || kx_chunked_is_over(&to->chunks));
    to->used += all - length;
}

static size_t receive(const struct kx_chunked_plan *plan, const char *data, size_t length)
{
    size_t at = 0;
    FUZZ_CHECK(plan->count > 0 && plan->count <= KX_PLAN_PIECES);
    for (int i = 0; i < plan->count && at < length; i++) {
        size_t here = MIN(plan->pieces[i].iov_len, length - at);
        FUZZ_CHECK(plan->pieces[i].iov_len > 0);
        memcpy(plan->pieces[i].iov_base, data + at, here);
        at += here;
    }
    return at;
}

/* @return how many bytes were received. */
static size_t call(struct outcome *to, char *rooms, const char *data, size_t length)
{
    struct kx_chunked_plan plan;
    struct kx_chunked_rest rest;
    struct iovec room[ROOMS];
    for (size_t i = 0; i < ROOMS; i++)
        room[i] = (struct iovec){.iov_base = rooms + i * ROOM_BYTES, .iov_len = ROOM_BYTES};
    kx_chunked_plan(&plan, &to->chunks, room, ROOMS);
    size_t got = receive(&plan, data, length);
    size_t placed = kx_chunked_landed(&plan, &to->chunks, got, &rest);
    FUZZ_CHECK(placed <= ROOM_BYTES * ROOMS && rest.length <= got);
    g_byte_array_append(to->payload, (const guint8 *)rooms, (guint)placed);
    if (rest.length > 0) memset(rooms, 0xff, ROOM_BYTES * ROOMS); /* it must not lie in there */
    feed(to, rest.data, rest.length);
    g_free(rest.copy);
    return got;
}

static void check_same(const struct outcome *a, const struct outcome *b)
{
    FUZZ_CHECK(kx_chunked_is_over(&a->chunks) == kx_chunked_is_over(&b->chunks));
    FUZZ_CHECK(kx_chunked_wrong(&a->chunks) == kx_chunked_wrong(&b->chunks));
    FUZZ_CHECK(a->payload->len == b->payload->len);
    FUZZ_CHECK(!a->payload->len || !memcmp(a->payload->data, b->payload->data, a->payload->len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) return 0;
    size_t step = 1 + data[0] + (size_t)data[1] * 256, length = size - 2;
    g_autofree char *exact = g_memdup2(data + 2, length);
    g_autofree char *rooms = g_malloc(ROOM_BYTES * ROOMS);
    struct outcome whole = outcome_new(), bytes = outcome_new(), planned = outcome_new();
    feed(&whole, exact, length);
    for (size_t at = 0; at < length; at++)
        feed(&bytes, exact + at, 1);
    for (size_t at = 0; at < length && !kx_chunked_is_over(&planned.chunks);)
        at += call(&planned, rooms, exact + at, MIN(step, length - at));
    FUZZ_CHECK(whole.used == bytes.used);
    check_same(&whole, &bytes);
    check_same(&whole, &planned);
    g_byte_array_unref(whole.payload);
    g_byte_array_unref(bytes.payload);
    g_byte_array_unref(planned.payload);
    return 0;
}
