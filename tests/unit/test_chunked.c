/* Bodies in chunks: the same payload and the same verdict wherever the bytes are divided. */
#include "support.h"

#include <string.h>

#include "rest/chunked.h"

#define LINE(text) text "\r\n"

/* Payload out of bytes.  @return how many bytes were gone over. */
static size_t feed(struct kx_chunked *chunks, const char *data, size_t length, GByteArray *payload)
{
    size_t here, all = length;
    const char *piece;
    while ((here = kx_chunked_next(chunks, &data, &length, &piece)))
        g_byte_array_append(payload, (const guint8 *)piece, (guint)here);
    return all - length;
}

/* What must come out of a stream. */
struct expected {
    const char *payload;
    size_t length;
    const char *wrong; /* a part of the words; NULL: nothing is */
    bool over;
    size_t used; /* bytes of the stream */
};

static void check(const struct kx_chunked *chunks, const GByteArray *payload, size_t used,
                  const struct expected *expected, size_t split)
{
    const char *wrong = kx_chunked_wrong(chunks);
    bool right = payload->len == expected->length && used == expected->used &&
                 (!payload->len || memcmp(payload->data, expected->payload, payload->len) == 0) &&
                 kx_chunked_is_over(chunks) == (expected->over || expected->wrong) &&
                 kx_chunked_has_begun(chunks) == (used > 0);
    right = right && (!expected->wrong == !wrong) && (!wrong || strstr(wrong, expected->wrong));
    if (!right)
        fail_msg("split at %zu: %u bytes of payload, %zu used, over: %d, wrong: %s", split,
                 payload->len, used, kx_chunked_is_over(chunks), wrong ? wrong : "nothing");
}

static void check_split(const char *data, size_t length, size_t split,
                        const struct expected *expected)
{
    struct kx_chunked chunks;
    g_autoptr(GByteArray) payload = g_byte_array_new();
    kx_chunked_init(&chunks);
    assert_false(kx_chunked_has_begun(&chunks));
    /* exact allocations, behind which reading is seen */
    g_autofree char *first = g_memdup2(data, split),
                    *second = g_memdup2(data + split, length - split);
    size_t used = feed(&chunks, first, split, payload);
    used += feed(&chunks, second, length - split, payload);
    check(&chunks, payload, used, expected, split);
}

static void check_stream(const char *data, size_t length, const struct expected *expected)
{
    struct kx_chunked chunks;
    size_t used = 0;
    g_autoptr(GByteArray) payload = g_byte_array_new();
    for (size_t split = 0; split <= length; split++)
        check_split(data, length, split, expected);
    kx_chunked_init(&chunks);
    for (size_t at = 0; at < length; at++)
        used += feed(&chunks, data + at, 1, payload);
    check(&chunks, payload, used, expected, length + 1);
}

static void what_is_right_comes_whole(void **state)
{
    static const struct {
        const char *stream, *payload;
        size_t behind; /* bytes of something else */
    } ROWS[] = {
        {LINE("0") LINE(""), "", 0},
        {LINE("5") LINE("hello") LINE("0") LINE(""), "hello", 0},
        {LINE("5") LINE("hello") LINE("1") LINE("!") LINE("0") LINE(""), "hello!", 0},
        {LINE("0000A") LINE("0123456789") LINE("1e") LINE("0123456789abcdef0123456789abcd")
             LINE("000") LINE(""),
         "01234567890123456789abcdef0123456789abcd", 0},
        {LINE("2") LINE("\r\n") LINE("4") LINE("0\r\n\r") LINE("0") LINE(""), "\r\n0\r\n\r", 0},
        {LINE("3;a=b;c=\"d e\"") LINE("abc") LINE("2 \t;x") LINE("de") LINE("0;last") LINE(""),
         "abcde", 0},
        {LINE("3  ") LINE("abc") LINE("0 ") LINE(""), "abc", 0},
        {LINE("3;\xc3\xa9") LINE("abc") LINE("0") LINE(""), "abc", 0},
        {LINE("3") LINE("abc") LINE("0") LINE("A: b") LINE("Digest: \tx;y") LINE(""), "abc", 0},
        {"3\nabc\n0\nA: b\n\n", "abc", 0},
        {LINE("3") LINE("abc") LINE("0") LINE("") "HTTP/1.1 200 OK", "abc", 15},
        {"3\nabc\n0\n\n\n", "abc", 1},
    };
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        size_t length = strlen(ROWS[i].stream);
        const struct expected expected = {.payload = ROWS[i].payload,
                                          .length = strlen(ROWS[i].payload),
                                          .over = true,
                                          .used = length - ROWS[i].behind};
        check_stream(ROWS[i].stream, length, &expected);
    }
}

static void what_is_cut_off_is_not_over(void **state)
{
    static const char STREAM[] =
        LINE("5") LINE("hello") LINE("6;a") LINE(" world") LINE("0") LINE("A: b") LINE("");
    static const char PAYLOAD[] = "hello world";
    (void)state;
    for (size_t length = 0; length < sizeof STREAM - 1; length++) {
        size_t first = length < 3 ? 0 : MIN(length - 3, 5),
               begun = sizeof(LINE("5") LINE("hello") LINE("6;a")) - 1;
        size_t second = length < begun ? 0 : MIN(length - begun, 6);
        const struct expected expected = {
            .payload = PAYLOAD, .length = first + second, .used = length};
        check_stream(STREAM, length, &expected);
    }
}

static void what_is_wrong_is_told(void **state)
{
    static const struct {
        const char *stream, *payload, *wrong;
        size_t used;
    } ROWS[] = {
        {"\r\n", "", "no size", 1},
        {"hello", "", "no size", 1},
        {" 5\r\n", "", "no size", 1},
        {"-1\r\n", "", "no size", 1},
        {";a\r\n", "", "no size", 1},
        {"5x\r\nhello\r\n", "", "no number", 2},
        {"0x5\r\nhello\r\n", "", "no number", 2},
        {"5 5\r\n", "", "no number", 3},
        {"5\rhello", "", "does not end", 3},
        {"5;a\001\r\n", "", "control character", 4},
        {"5;a\r;b\r\n", "", "does not end", 5},
        {"5\r\nhello!\r\n", "hello", "longer than its size", 9},
        {"5\r\nhello0\r\n\r\n", "hello", "longer than its size", 9},
        {"5\r\nhello\r\r\n", "hello", "longer than its size", 10},
        {"5\r\nhello\r\n\r\n", "hello", "no size", 11},
        {"5\r\nhello\r\n0\r\n A: b\r\n\r\n", "hello", "no trailer", 14},
        {"0\r\nA: \177\r\n\r\n", "", "trailer", 7},
        {"0\r\nA: b\rC", "", "trailer", 9},
        {"0\r\n\rA", "", "behind its last", 5},
        {"8000000000000000\r\n", "", "larger than any file", 16},
        {"fffffffffffffffff\r\n", "", "larger than any file", 16},
        {"00000000000000000008000000000000000", "", "larger than any file", 35},
    };
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        const struct expected expected = {.payload = ROWS[i].payload,
                                          .length = strlen(ROWS[i].payload),
                                          .wrong = ROWS[i].wrong,
                                          .used = ROWS[i].used};
        check_stream(ROWS[i].stream, strlen(ROWS[i].stream), &expected);
    }
    const struct expected nul = {.payload = "", .wrong = "control character", .used = 3};
    check_stream("5;\0\r\n", 5, &nul);
}

/* A stream with so many letters in the middle is over, or they are too many. */
static void check_limit(const char *before, const char *behind, size_t letters, const char *wrong)
{
    struct kx_chunked chunks;
    g_autoptr(GByteArray) payload = g_byte_array_new();
    g_autofree char *many = g_strnfill(letters, '0');
    g_autofree char *stream = g_strconcat(before, many, behind, NULL);
    kx_chunked_init(&chunks);
    feed(&chunks, stream, strlen(stream), payload);
    assert_true(kx_chunked_is_over(&chunks));
    assert_true(!kx_chunked_wrong(&chunks) == !wrong);
    if (wrong) assert_non_null(strstr(kx_chunked_wrong(&chunks), wrong));
}

static void lines_and_trailers_have_limits(void **state)
{
    (void)state;
    const size_t line = KX_CHUNK_LINE_MAX, trailers = KX_CHUNK_TRAILERS_MAX;
    check_limit("0;", "\r\n\r\n", line - 4, NULL);
    check_limit("0;", "\r\n\r\n", line - 3, "too long");
    check_limit("", "\r\n\r\n", line - 2, NULL);
    check_limit("", "\r\n\r\n", line - 1, "too long");
    check_limit("1\r\nx\r\n", "\r\n\r\n", line - 4, NULL); /* the end of the line before counts */
    check_limit("1\r\nx\r\n", "\r\n\r\n", line - 3, "too long");
    check_limit("0\r\nA:", "\r\n\r\n", trailers - 6, NULL);
    check_limit("0\r\nA:", "\r\n\r\n", trailers - 5, "too long");
    check_limit("0\r\nA: b\r\nB:", "\r\n\r\n", trailers - 12, NULL);
    check_limit("0\r\nA: b\r\nB:", "\r\n\r\n", trailers - 11, "too long");
}

static void the_largest_chunk_is_received(void **state)
{
    struct kx_chunked chunks;
    static const char SIZE[] = "7FFFFFFFFFFFFFFF\r\n";
    (void)state;
    kx_chunked_init(&chunks);
    assert_int_equal(kx_chunked_frame(&chunks, SIZE, sizeof SIZE - 1), sizeof SIZE - 1);
    assert_int_equal(kx_chunked_frame(&chunks, "0", 1), 0); /* within a chunk */
    assert_int_equal(kx_chunked_payload(&chunks, (size_t)G_MAXINT64 - 1), G_MAXINT64 - 1);
    assert_int_equal(kx_chunked_payload(&chunks, 100), 1);
    assert_int_equal(kx_chunked_payload(&chunks, 100), 0);
    assert_int_equal(kx_chunked_frame(&chunks, "\r\n0\r\n\r\n", 7), 7);
    assert_true(kx_chunked_is_over(&chunks) && !kx_chunked_wrong(&chunks));
}

static void what_is_refused_stays_so(void **state)
{
    struct kx_chunked chunks;
    (void)state;
    kx_chunked_init(&chunks);
    kx_chunked_refuse(&chunks, "another reason");
    assert_true(kx_chunked_is_over(&chunks) && kx_chunked_has_begun(&chunks));
    assert_int_equal(kx_chunked_frame(&chunks, "0\r\n\r\n", 5), 0);
    assert_int_equal(kx_chunked_payload(&chunks, 5), 0);
    assert_string_equal(kx_chunked_wrong(&chunks), "another reason");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_right_comes_whole),
        cmocka_unit_test(what_is_cut_off_is_not_over),
        cmocka_unit_test(what_is_wrong_is_told),
        cmocka_unit_test(lines_and_trailers_have_limits),
        cmocka_unit_test(the_largest_chunk_is_received),
        cmocka_unit_test(what_is_refused_stays_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
