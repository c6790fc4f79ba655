#include "oozie/notice.h"

#include <errno.h>
#include <string.h>

#include "support.h"

#define TOKEN "0123456789abcdef"
#define JOB   "0000012-260101120000000-oozie-root-W"
#define REST  " HTTP/1.1\r\nHost: here:1\r\nAccept: */*\r\n\r\n"

static int read_text(const char *text, char **job)
{
    *job = NULL;
    return kx_notice_read(text, strlen(text), TOKEN, job);
}

static void a_notice_names_a_job(void **state)
{
    (void)state;
    static const char *const GOOD[] = {
        "GET /" TOKEN "/" JOB REST,
        "GET /" TOKEN "/" JOB " HTTP/1.0\r\n\r\n",
        "GET /" TOKEN "/" JOB "@3" REST,
    };
    for (size_t i = 0; i < G_N_ELEMENTS(GOOD); i++) {
        g_autofree char *job = NULL;
        assert_int_equal(read_text(GOOD[i], &job), 0);
        assert_string_equal(job, JOB);
    }
}

static void it_comes_in_pieces(void **state)
{
    (void)state;
    static const char WHOLE[] = "GET /" TOKEN "/" JOB REST;
    for (size_t length = 0; length < strlen(WHOLE); length++) {
        char *job = NULL;
        g_autofree char *piece = g_memdup2(WHOLE, length);
        assert_int_equal(kx_notice_read(length ? piece : "", length, TOKEN, &job), -EAGAIN);
        assert_null(job);
    }
}

static void all_else_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int result;
    } BAD[] = {
        {"POST /" TOKEN "/" JOB REST, -EINVAL},
        {"P", -EINVAL},
        {"GET /", -EAGAIN},
        {"GET / HTTP/1.1\r\n\r\n", -ENOENT},
        {"GET /" TOKEN REST, -ENOENT},
        {"GET /" TOKEN "/" REST, -ENOENT},
        {"GET /" TOKEN "/garbage" REST, -ENOENT},
        {"GET /0123456789abcdee/" JOB REST, -ENOENT},
        {"GET /0123456789abcde/" JOB REST, -ENOENT},
        {"GET /" TOKEN "0/" JOB REST, -ENOENT},
        {"GET //" JOB REST, -ENOENT},
        {"GET /" TOKEN "/" JOB "\r\n\r\n", -EINVAL},
        {"GET /" TOKEN "/" JOB " SPDY\r\n\r\n", -EINVAL},
        {"GET /" TOKEN "/" JOB "\r\n x HTTP/1.1\r\n\r\n", -EINVAL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++) {
        char *job = NULL;
        int result = read_text(BAD[i].text, &job);
        if (result != BAD[i].result || job) fail_msg("%s: %d", BAD[i].text, result);
    }
}

static void it_has_an_end(void **state)
{
    (void)state;
    char *job = NULL;
    g_autofree char *more = g_strnfill(KX_NOTICE_BYTES_MAX, 'x');
    memcpy(more, "GET /", 5);
    assert_int_equal(kx_notice_read(more, KX_NOTICE_BYTES_MAX - 1, TOKEN, &job), -EAGAIN);
    assert_int_equal(kx_notice_read(more, KX_NOTICE_BYTES_MAX, TOKEN, &job), -EINVAL);
    static const char NUL[] = "GET /" TOKEN "/a\0b" REST;
    assert_int_equal(kx_notice_read(NUL, sizeof NUL - 1, TOKEN, &job), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_notice_names_a_job),
        cmocka_unit_test(it_comes_in_pieces),
        cmocka_unit_test(all_else_is_refused),
        cmocka_unit_test(it_has_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
