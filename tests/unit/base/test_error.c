#include "base/error.h"

#include <errno.h>

#include "support.h"

static void it_begins_as_no_error(void **state)
{
    (void)state;
    KX_ERROR_AUTO(err);
    assert_int_equal(err.code, 0);
    assert_null(err.message);
    kx_error_clear(&err);
    kx_error_clear(NULL);
}

static void set_gives_the_negative_code(void **state)
{
    (void)state;
    KX_ERROR_AUTO(err);
    assert_int_equal(kx_error_set(&err, ENOENT, "no %s of %d", "file", 7), -ENOENT);
    assert_int_equal(err.code, ENOENT);
    assert_string_equal(err.message, "no file of 7");
    assert_int_equal(kx_error_set(NULL, EIO, "nobody asks"), -EIO);
}

static void set_replaces_everything(void **state)
{
    (void)state;
    KX_ERROR_AUTO(err);
    kx_error_set(&err, EACCES, "first");
    err.http_status = 403;
    err.unsent = TRUE;
    err.exception = g_strdup("AccessControlException");
    err.request = g_strdup("GET http://host/");
    kx_error_about(&err, "OPEN", "/a");
    kx_error_set(&err, EIO, "second, after \"%s\" of %s", err.message, err.path);
    assert_string_equal(err.message, "second, after \"first\" of /a");
    assert_int_equal(err.http_status, 0);
    assert_false(err.unsent);
    assert_null(err.exception);
    assert_null(err.request);
    assert_null(err.op);
    assert_null(err.path);
}

static void prefix_puts_words_in_front(void **state)
{
    (void)state;
    KX_ERROR_AUTO(err);
    kx_error_set(&err, EIO, "cut");
    kx_error_prefix(&err, "upload %d", 3);
    kx_error_prefix(&err, "close");
    assert_string_equal(err.message, "close: upload 3: cut");
    assert_int_equal(err.code, EIO);
    kx_error_prefix(NULL, "nobody");
}

static void prefix_without_a_message_uses_the_code(void **state)
{
    (void)state;
    KX_ERROR_AUTO(err);
    err.code = ENOSPC;
    kx_error_prefix(&err, "append");
    g_autofree char *expected = g_strdup_printf("append: %s", g_strerror(ENOSPC));
    assert_string_equal(err.message, expected);
}

static void the_innermost_name_stays(void **state)
{
    (void)state;
    KX_ERROR_AUTO(err);
    kx_error_set(&err, EIO, "cut");
    kx_error_about(&err, "OPEN", NULL);
    kx_error_about(&err, "READ", "/inner");
    kx_error_about(&err, "CLOSE", "/outer");
    assert_string_equal(err.op, "OPEN");
    assert_string_equal(err.path, "/inner");
    kx_error_about(NULL, "OPEN", "/a");
}

static void a_copy_has_its_own_strings(void **state)
{
    (void)state;
    KX_ERROR_AUTO(to);
    kx_error_set(&to, EINVAL, "what was there before");
    {
        KX_ERROR_AUTO(from);
        kx_error_set(&from, EACCES, "denied");
        kx_error_about(&from, "DELETE", "/a");
        from.http_status = 403;
        from.exception = g_strdup("AccessControlException");
        from.request = g_strdup("DELETE http://host/a");
        kx_error_copy(&to, &from);
        assert_ptr_not_equal(to.message, from.message);
        assert_string_equal(from.message, "denied");
    }
    assert_int_equal(to.code, EACCES);
    assert_int_equal(to.http_status, 403);
    assert_string_equal(to.message, "denied");
    assert_string_equal(to.op, "DELETE");
    assert_string_equal(to.path, "/a");
    assert_string_equal(to.exception, "AccessControlException");
    assert_string_equal(to.request, "DELETE http://host/a");
    kx_error_copy(&to, &to);
    assert_string_equal(to.message, "denied");
}

static void check_line(const struct kx_error *err, const char *expected)
{
    g_autofree char *line = kx_error_format(err);
    assert_string_equal(line, expected);
}

static void a_line_for_a_person(void **state)
{
    (void)state;
    KX_ERROR_AUTO(err);
    kx_error_set(&err, EACCES, "user=bob");
    check_line(&err, "user=bob (Permission denied)");
    kx_error_about(&err, NULL, "/a b");
    check_line(&err, "/a b: user=bob (Permission denied)");
    err.http_status = 403;
    kx_error_about(&err, "OPEN", NULL);
    check_line(&err, "OPEN /a b: user=bob (HTTP 403, Permission denied)");
    err.exception = g_strdup("AccessControlException");
    check_line(&err, "OPEN /a b: user=bob (AccessControlException, HTTP 403, Permission denied)");
}

static void a_line_without_words(void **state)
{
    (void)state;
    KX_ERROR_AUTO(err);
    err.code = EIO;
    kx_error_about(&err, "OPEN", NULL);
    check_line(&err, "OPEN: no reason given (Input/output error)");
}

static void a_line_is_one_line(void **state)
{
    (void)state;
    KX_ERROR_AUTO(err);
    kx_error_set(&err, EIO, "two\r\nlines\t\x1b[31m red\x7f, caf\xc3\xa9");
    kx_error_about(&err, NULL, "/a\nb");
    check_line(&err, "/a b: two  lines  [31m red , caf\xc3\xa9 (Input/output error)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_begins_as_no_error),
        cmocka_unit_test(set_gives_the_negative_code),
        cmocka_unit_test(set_replaces_everything),
        cmocka_unit_test(prefix_puts_words_in_front),
        cmocka_unit_test(prefix_without_a_message_uses_the_code),
        cmocka_unit_test(the_innermost_name_stays),
        cmocka_unit_test(a_copy_has_its_own_strings),
        cmocka_unit_test(a_line_for_a_person),
        cmocka_unit_test(a_line_without_words),
        cmocka_unit_test(a_line_is_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
