/* Bodies in chunks whose payload is received right to where it belongs, by plans. */
#include "support.h"

#include <string.h>

#include "rest/chunked.h"

#define ROOMS 4

/* A server's bytes, and who receives them by plans. */
struct flow {
    GByteArray *stream, *payload;
    GArray *edges; /* where in the stream payload begins and ends */
    struct kx_chunked chunks;
    GByteArray *got;
    unsigned calls;
    size_t copied; /* that were not received where they belong */
};

static void add_chunk(struct flow *flow, size_t size, const char *extension)
{
    g_autofree char *line =
        g_strdup_printf("%s%zx%s\r\n", flow->stream->len ? "\r\n" : "", size, extension);
    g_byte_array_append(flow->stream, (const guint8 *)line, (guint)strlen(line));
    g_array_append_val(flow->edges, flow->stream->len);
    for (size_t i = 0; i < size; i++) {
        guint8 byte = (guint8)(flow->payload->len * 7 + flow->payload->len / 251);
        g_byte_array_append(flow->stream, &byte, 1);
        g_byte_array_append(flow->payload, &byte, 1);
    }
    g_array_append_val(flow->edges, flow->stream->len);
}

static struct flow flow_new(void)
{
    return (struct flow){.stream = g_byte_array_new(),
                         .payload = g_byte_array_new(),
                         .edges = g_array_new(FALSE, FALSE, sizeof(guint)),
                         .got = g_byte_array_new()};
}

static void flow_end(struct flow *flow)
{
    static const char END[] = "\r\n0\r\n\r\n";
    g_byte_array_append(flow->stream, (const guint8 *)END, sizeof END - 1);
}

static void flow_free(struct flow *flow)
{
    g_byte_array_unref(flow->stream);
    g_byte_array_unref(flow->payload);
    g_byte_array_unref(flow->got);
    g_array_unref(flow->edges);
}

/* As recvmsg does: at most so many bytes, in order.  @return how many. */
static size_t receive(const struct kx_chunked_plan *plan, const guint8 *data, size_t length)
{
    size_t at = 0;
    for (int i = 0; i < plan->count && at < length; i++) {
        size_t here = MIN(plan->pieces[i].iov_len, length - at);
        assert_true(plan->pieces[i].iov_len > 0);
        memcpy(plan->pieces[i].iov_base, data + at, here);
        at += here;
    }
    assert_true(plan->count > 0 && plan->count <= KX_PLAN_PIECES);
    return at;
}

/* One call, which brings at most so many bytes.  @return how many it has brought. */
static size_t flow_call(struct flow *flow, size_t at, size_t most, size_t room_bytes)
{
    struct kx_chunked_plan plan;
    struct kx_chunked_rest rest;
    size_t here;
    const char *piece;
    struct iovec room[ROOMS];
    g_autofree char *rooms = g_malloc(room_bytes * ROOMS);
    for (size_t i = 0; i < ROOMS; i++)
        room[i] = (struct iovec){.iov_base = rooms + i * room_bytes, .iov_len = room_bytes};
    kx_chunked_plan(&plan, &flow->chunks, room, ROOMS);
    size_t length = MIN(most, flow->stream->len - at);
    size_t got = receive(&plan, flow->stream->data + at, length);
    size_t placed = kx_chunked_landed(&plan, &flow->chunks, got, &rest);
    assert_in_range(placed, 0, room_bytes * ROOMS);
    g_byte_array_append(flow->got, (const guint8 *)rooms, (guint)placed);
    if (rest.length > 0) memset(rooms, 0xff, room_bytes * ROOMS); /* "may be overwritten then" */
    flow->copied += rest.length;
    assert_true(got > 0);
    while ((here = kx_chunked_next(&flow->chunks, &rest.data, &rest.length, &piece)))
        g_byte_array_append(flow->got, (const guint8 *)piece, (guint)here);
    g_free(rest.copy);
    flow->calls++;
    return got;
}

/* Receives all of it: first so many bytes, then at most so many a call. */
static void flow_run(struct flow *flow, size_t first, size_t step, size_t room_bytes)
{
    size_t at = 0;
    flow->calls = 0;
    flow->copied = 0;
    g_byte_array_set_size(flow->got, 0);
    kx_chunked_init(&flow->chunks);
    while (at < MIN(first, flow->stream->len))
        at += flow_call(flow, at, first - at, room_bytes);
    while (!kx_chunked_is_over(&flow->chunks))
        at += flow_call(flow, at, step, room_bytes);
    assert_null(kx_chunked_wrong(&flow->chunks));
    assert_int_equal(at, flow->stream->len);
    assert_int_equal(flow->got->len, flow->payload->len);
    assert_memory_equal(flow->got->data, flow->payload->data, flow->payload->len);
}

static void alike_chunks_come_by_few_calls_and_are_not_copied(void **state)
{
    struct flow flow = flow_new();
    (void)state;
    for (int i = 0; i < 70; i++)
        add_chunk(&flow, 8192, "");
    flow_end(&flow);
    flow_run(&flow, 0, G_MAXUINT, 65536);
    /* until it is known how they are, 32 KiB a call come beside; then 256 KiB to where they belong
     */
    assert_in_range(flow.calls, 3, 5);
    assert_in_range(flow.copied, 8192 * 5, 8192 * 10);
    flow_free(&flow);
}

/* Wherever a chunk ends or begins, and whichever part of it has come. */
static void check_every_edge(struct flow *flow)
{
    for (guint i = 0; i < flow->edges->len; i++) {
        guint edge = g_array_index(flow->edges, guint, i);
        for (guint at = MAX(edge, 12) - 12; at <= edge + 12; at++) {
            flow_run(flow, at, G_MAXUINT, 10000);
            flow_run(flow, at, 9999, 65536);
        }
    }
    for (size_t step = 5; step < 12; step += 3) /* a line by more than one call */
        flow_run(flow, 0, step, 4097);
}

static void a_guess_that_fails_loses_nothing(void **state)
{
    static const struct {
        size_t size;
        const char *extension;
    } ODD[] = {{4096, ";longer"}, {4095, ""},  {100, ""},   {1, ""},     {65535, ""},
               {4097, ""},        {40000, ""}, {8192, " "}, {4096, "  "}};
    (void)state;
    for (size_t odd = 0; odd < G_N_ELEMENTS(ODD); odd++) {
        struct flow flow = flow_new();
        for (int i = 0; i < 7; i++)
            add_chunk(&flow, 4096, "");
        add_chunk(&flow, ODD[odd].size, ODD[odd].extension);
        add_chunk(&flow, 4096, "");
        flow_end(&flow);
        check_every_edge(&flow);
        flow_free(&flow);
    }
}

static void chunks_of_any_size_come_whole(void **state)
{
    struct flow flow = flow_new();
    GRand *chance = g_rand_new_with_seed(1);
    (void)state;
    for (int i = 0; i < 40; i++)
        add_chunk(&flow, (size_t)g_rand_int_range(chance, 1, i % 3 ? 20 : 20000),
                  i % 5 ? "" : ";x");
    flow_end(&flow);
    for (size_t step = 13; step < 100000; step *= 2)
        flow_run(&flow, 0, step, 30011);
    g_rand_free(chance);
    flow_free(&flow);
}

/* A chunk that is longer than the room needs nothing beside. */
static void a_large_chunk_is_received_into_its_room_only(void **state)
{
    struct flow flow = flow_new();
    (void)state;
    add_chunk(&flow, 300000, "");
    flow_end(&flow);
    flow_run(&flow, 8, 100000, 10000);
    assert_in_range(flow.copied, 0, 8);
    flow_free(&flow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alike_chunks_come_by_few_calls_and_are_not_copied),
        cmocka_unit_test(a_guess_that_fails_loses_nothing),
        cmocka_unit_test(chunks_of_any_size_come_whole),
        cmocka_unit_test(a_large_chunk_is_received_into_its_room_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
