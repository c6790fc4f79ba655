#include "rest/container_logs.h"

#include <errno.h>
#include <string.h>

#include "support.h"

#define APP "application_1795321157010_0002"
#define HEAD(length)                                                                               \
    "Container: container_1795321157010_0002_01_000001 on localhost:20020\n"                       \
    "LogAggregationType: LOCAL\n"                                                                  \
    "====================================================================\n"                       \
    "LogType:stdout\n"                                                                             \
    "LogLastModifiedTime:Sun Nov 22 04:49:41 +0000 2026\n"                                         \
    "LogLength:" length "\nLogContents:\n"
#define END                                                                                        \
    "\nEnd of LogType:stdout.This log file belongs to a running container "                        \
    "(container_1795321157010_0002_01_000001) and so may not be complete.\n"                       \
    "***********************************************************************\n\n\n"

static void check(const char *text, int64_t size, int64_t from, const char *expected)
{
    struct kx_log_piece piece;
    KX_ERROR_AUTO(err);
    if (kx_log_piece(text, strlen(text), size, &piece, &err) < 0) fail_msg("%s", err.message);
    g_autofree char *bytes = g_strndup(piece.bytes, piece.length);
    assert_string_equal(bytes, expected);
    assert_int_equal(piece.from, from);
}

static void bytes_are_told_from_what_surrounds_them(void **state)
{
    (void)state;
    check(HEAD("4") "out\n" END, 1000, 0, "out\n");
    check(HEAD("4") "out\n" END, -1000, 0, "out\n");
    check(HEAD("9") "out\n" END, 4, 0, "out\n");
    check(HEAD("9") "out\n" END, -4, 5, "out\n");
    check(HEAD("0") END, 1000, 0, "");
    /* what a log says itself counts as its own */
    check(HEAD("27") "LogContents:\nLogLength:100\n\n" END, 1000, 0,
          "LogContents:\nLogLength:100\n");
}

static void check_refused(const char *text, int64_t size, int code)
{
    struct kx_log_piece piece;
    KX_ERROR_AUTO(err);
    assert_int_equal(kx_log_piece(text, strlen(text), size, &piece, &err), -code);
}

static void what_is_no_log_is_refused(void **state)
{
    (void)state;
    check_refused("Can not find logs for container:container_1_0001_01_000001", 10, ENOENT);
    check_refused("<html>no</html>", 10, EPROTO);
    check_refused("", 10, EPROTO);
    check_refused("LogContents:\nx\nLogLength:1\n", 10, EPROTO);
    check_refused(HEAD("400") "out\n", 1000, EIO);
    check_refused(HEAD("-4") "out\n", 1000, EIO);
}

static void containers_belong_to_applications(void **state)
{
    (void)state;
    assert_true(kx_logs_is_container("container_1795321157010_0002_01_000001", APP));
    assert_true(kx_logs_is_container("container_e17_1795321157010_0002_01_000001", APP));
    static const char *const WRONG[] = {"container_1795321157010_0003_01_000001",
                                        "container_1795321157010_00021_01_000001",
                                        "container_e_x",
                                        "container_e17",
                                        "container_1795321157010_0002_01",
                                        "container_1795321157010_0002_01_",
                                        "container_1795321157010_0002_01_1x",
                                        "container_1795321157010_0002__1",
                                        "container_",
                                        ""};
    for (size_t i = 0; i < G_N_ELEMENTS(WRONG); i++)
        if (kx_logs_is_container(WRONG[i], APP)) fail_msg("%s", WRONG[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_told_from_what_surrounds_them),
        cmocka_unit_test(what_is_no_log_is_refused),
        cmocka_unit_test(containers_belong_to_applications),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
