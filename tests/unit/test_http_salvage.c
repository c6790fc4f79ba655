/* What is left in a socket after sending failed. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rest/http_private.h"
#include "support.h"

struct left {
    struct kx_pool *pool;
    struct kx_http http;
    struct kx_transfer transfer;
};

static void left_init(struct left *left, const char *bytes, long status)
{
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(write(pair[0], bytes, strlen(bytes)), strlen(bytes));
    close(pair[0]);
    *left = (struct left){.pool = kx_pool_new(1)};
    left->http.config.pool = left->pool;
    left->transfer.http = &left->http;
    left->transfer.second_fd = pair[1];
    left->transfer.status = status;
    left->transfer.headers_in = g_array_new(FALSE, FALSE, sizeof(struct kx_header));
    g_mutex_init(&left->transfer.mutex);
    g_cond_init(&left->transfer.changed);
}

static void left_clear(struct left *left)
{
    for (guint i = 0; i < left->transfer.headers_in->len; i++) {
        g_free(g_array_index(left->transfer.headers_in, struct kx_header, i).name);
        g_free(g_array_index(left->transfer.headers_in, struct kx_header, i).value);
    }
    kx_salvage_drop(&left->transfer);
    assert_int_equal(left->transfer.second_fd, -1);
    g_array_unref(left->transfer.headers_in);
    kx_block_queue_clear(&left->transfer.in);
    g_mutex_clear(&left->transfer.mutex);
    g_cond_clear(&left->transfer.changed);
    kx_pool_free(left->pool);
}

static void check(const char *bytes, CURLcode expected, long status, size_t body)
{
    struct left left;
    left_init(&left, bytes, 100);
    CURLcode result = kx_salvage_try(&left.transfer, CURLE_SEND_ERROR);
    if (result != expected) fail_msg("%s: %d, not %d", bytes, (int)result, (int)expected);
    assert_int_equal(left.transfer.status, status);
    assert_int_equal(left.transfer.in.bytes, body);
    assert_int_equal(left.transfer.head_complete, status != 100);
    left_clear(&left);
}

static void an_answer_is_found(void **state)
{
    (void)state;
    check("HTTP/1.1 403 Forbidden\r\ncontent-length: 6\r\n\r\ndenied", CURLE_OK, 403, 6);
    check("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 Forbidden\r\ncontent-length: 6\r\n\r\ndenied",
          CURLE_OK, 403, 6);
    check("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n", CURLE_OK, 403, 0);
}

static void half_an_answer_is_half(void **state)
{
    (void)state;
    check("HTTP/1.1 403 Forbidden\r\ncontent-length: 60\r\n\r\ndenied", CURLE_PARTIAL_FILE, 403, 6);
    check("HTTP/1.1 403 Forbidden\r\n\r\n", CURLE_PARTIAL_FILE, 403, 0);
}

static void no_answer_is_none(void **state)
{
    (void)state;
    check("", CURLE_SEND_ERROR, 100, 0);
    check("garbage\r\n\r\n", CURLE_SEND_ERROR, 100, 0);
    check("HTTP", CURLE_SEND_ERROR, 100, 0);
}

static void a_cut_head_is_no_answer(void **state)
{
    (void)state;
    struct left left;
    left_init(&left, "HTTP/1.1 403 Forbidden\r\ncontent-le", 0);
    assert_int_equal(kx_salvage_try(&left.transfer, CURLE_SEND_ERROR), CURLE_SEND_ERROR);
    assert_false(left.transfer.head_complete);
    left_clear(&left);
}

static void only_a_failed_send_is_looked_at(void **state)
{
    (void)state;
    struct left left;
    left_init(&left, "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n", 0);
    assert_int_equal(kx_salvage_try(&left.transfer, CURLE_OK), CURLE_OK);
    assert_int_equal(kx_salvage_try(&left.transfer, CURLE_RECV_ERROR), CURLE_RECV_ERROR);
    left.transfer.status = 403; /* libcurl has read a part of it */
    assert_int_equal(kx_salvage_try(&left.transfer, CURLE_SEND_ERROR), CURLE_SEND_ERROR);
    assert_false(left.transfer.head_complete);
    left_clear(&left);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_found),
        cmocka_unit_test(half_an_answer_is_half),
        cmocka_unit_test(no_answer_is_none),
        cmocka_unit_test(a_cut_head_is_no_answer),
        cmocka_unit_test(only_a_failed_send_is_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
