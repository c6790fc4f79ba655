#include "fs/errors.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fake_clock.h"
#include "support.h"

struct book {
    struct fake_clock clock;
    struct kx_errors *errors;
    struct kx_log *log;
    enum kx_log_level level; /* of the last line */
    GString *lines;
};

static void write_down(void *context, enum kx_log_level level, const char *line)
{
    struct book *book = context;
    book->level = level;
    g_string_append_printf(book->lines, "%s\n", line);
}

static int setup(void **state)
{
    struct book *book = g_new0(struct book, 1);
    fake_clock_init(&book->clock);
    book->lines = g_string_new(NULL);
    book->log = kx_log_new(KX_LOG_DEBUG, write_down, book);
    book->errors = kx_errors_new(book->log, &book->clock.clock);
    *state = book;
    return 0;
}

static int teardown(void **state)
{
    struct book *book = *state;
    kx_errors_free(book->errors);
    kx_log_free(book->log);
    g_string_free(book->lines, TRUE);
    g_free(book);
    return 0;
}

static void add(struct book *book, const char *path, int code, const char *message)
{
    KX_ERROR_AUTO(err);
    kx_error_set(&err, code, "%s", message);
    kx_error_about(&err, "OPEN", path);
    kx_errors_add(book->errors, NULL, &err);
}

static void check_last(struct book *book, const char *path, const char *expected)
{
    g_autofree char *line = kx_errors_last(book->errors, path);
    if (g_strcmp0(line, expected) != 0) fail_msg("%s: \"%s\", not \"%s\"", path, line, expected);
}

static void the_last_error_of_a_path(void **state)
{
    struct book *book = *state;
    check_last(book, "/a", NULL);
    add(book, "/a", EACCES, "denied");
    add(book, "/b", EIO, "cut");
    check_last(book, "/a", "OPEN /a: denied (Permission denied)");
    add(book, "/a", EIO, "cut too");
    check_last(book, "/a", "OPEN /a: cut too (Input/output error)");
    check_last(book, "/b", "OPEN /b: cut (Input/output error)");
    check_last(book, "/", NULL);
}

static void errors_are_logged_by_their_weight(void **state)
{
    struct book *book = *state;
    add(book, "/a", EACCES, "denied");
    assert_int_equal(book->level, KX_LOG_WARNING);
    static const int LIGHT[] = {ENOENT, ENODATA, EINTR};
    for (size_t i = 0; i < G_N_ELEMENTS(LIGHT); i++) {
        add(book, "/a", LIGHT[i], "as usual");
        assert_int_equal(book->level, KX_LOG_DEBUG);
    }
    add(book, NULL, EIO, "of no path");
    assert_int_equal(book->level, KX_LOG_WARNING);
    assert_non_null(strstr(book->lines->str, "OPEN: of no path (Input/output error)\n"));
}

static void secrets_are_not_kept(void **state)
{
    struct book *book = *state;
    add(book, "/a", EIO, "GET http://u:p@h/a?delegation=secret");
    check_last(book, "/a", "OPEN /a: GET http://***@h/a?delegation=*** (Input/output error)");
    assert_null(strstr(book->lines->str, "secret"));
}

static void an_error_may_be_kept_under_one_more_path(void **state)
{
    struct book *book = *state;
    KX_ERROR_AUTO(err);
    kx_error_set(&err, EINVAL, "HDFS allows no ':' in a name");
    kx_error_about(&err, NULL, "/d/a:b");
    kx_errors_note(book->errors, NULL, "/d", &err);
    check_last(book, "/d", "/d/a:b: HDFS allows no ':' in a name (Invalid argument)");
    check_last(book, "/d/a:b", NULL);
    assert_int_equal(book->lines->len, 0); /* the log has it once, by kx_errors_add */
}

static void add_numbered(struct book *book, int number)
{
    g_autofree char *path = g_strdup_printf("/f%d", number);
    add(book, path, EIO, "cut");
}

static bool knows(struct book *book, int number)
{
    g_autofree char *path = g_strdup_printf("/f%d", number);
    g_autofree char *line = kx_errors_last(book->errors, path);
    return line != NULL;
}

static void the_oldest_are_forgotten(void **state)
{
    struct book *book = *state;
    for (int i = 0; i < KX_ERRORS_MAX + 10; i++)
        add_numbered(book, i);
    for (int i = 0; i < KX_ERRORS_MAX + 10; i++)
        assert_int_equal(knows(book, i), i >= 10);
}

static void an_error_that_comes_again_is_a_young_one(void **state)
{
    struct book *book = *state;
    for (int i = 0; i < KX_ERRORS_MAX; i++)
        add_numbered(book, i);
    add_numbered(book, 0);
    for (int i = KX_ERRORS_MAX; i < 2 * KX_ERRORS_MAX - 1; i++)
        add_numbered(book, i);
    assert_true(knows(book, 0));
    assert_false(knows(book, KX_ERRORS_MAX - 1));
    add_numbered(book, -1);
    assert_false(knows(book, 0));
}

static void append_item(const struct kx_errors_item *item, void *context)
{
    g_string_append_printf(context, "%" G_GINT64_FORMAT " %d %s %s\n", item->at_ms % 1000000,
                           item->code, item->path, item->line);
}

static void all_are_shown_the_youngest_last(void **state)
{
    struct book *book = *state;
    add(book, "/a", EACCES, "denied");
    fake_clock_pass(&book->clock, 10);
    add(book, "/b", EIO, "cut");
    add(book, "/a", ENOSPC, "full");
    g_autoptr(GString) all = g_string_new(NULL);
    kx_errors_each(book->errors, append_item, all);
    g_autofree char *expected =
        g_strdup_printf("10 %d /b OPEN /b: cut (Input/output error)\n"
                        "10 %d /a OPEN /a: full (No space left on device)\n",
                        EIO, ENOSPC);
    assert_string_equal(all->str, expected);
}

static void append_shown(const struct kx_errors_item *item, void *context)
{
    kx_errors_format(item, context);
    g_string_append_c(context, '\n');
}

static void it_is_told_who_has_asked_and_what_the_server_said(void **state)
{
    struct book *book = *state;
    g_autoptr(GString) all = g_string_new(NULL), followed = g_string_new(NULL);
    g_autofree char *program = kx_asker_program(getpid());
    const struct kx_asker by = {.user = 1000, .process = getpid()}, kernel = {.user = 7};
    KX_ERROR_AUTO(err);
    kx_error_set(&err, EACCES, "denied");
    kx_error_about(&err, "OPEN", "/a");
    err.http_status = 403;
    kx_errors_add(book->errors, &by, &err);
    kx_errors_note(book->errors, &by, "/", &err); /* not listed twice */
    g_free(err.path);
    err.path = g_strdup("/b");
    kx_errors_add(book->errors, &kernel, &err);
    add(book, "/c", EIO, "cut");
    kx_errors_each(book->errors, append_shown, all);
    g_auto(GStrv) lines = g_strsplit(all->str, "\n", -1);
    g_autofree char *first = g_strdup_printf("\t1000\t%d\t%s\t403\tOPEN /a: denied (HTTP 403, %s)",
                                             (int)getpid(), program, strerror(EACCES));
    assert_true(*program && g_str_has_suffix(lines[0], first));
    assert_non_null(strstr(lines[1], "Z\t7\t-\t-\t403\tOPEN /b: denied"));
    assert_non_null(strstr(lines[2], "Z\t-\t-\t-\t-\tOPEN /c: cut"));
    kx_lines_text(kx_errors_lines(book->errors), followed);
    assert_non_null(strstr(followed->str, first));
    assert_non_null(strstr(followed->str, "Z\t-\t-\t-\t-\tOPEN /c: cut"));
}

#define errors_test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        errors_test(the_last_error_of_a_path),
        errors_test(errors_are_logged_by_their_weight),
        errors_test(secrets_are_not_kept),
        errors_test(an_error_may_be_kept_under_one_more_path),
        errors_test(the_oldest_are_forgotten),
        errors_test(all_are_shown_the_youngest_last),
        errors_test(an_error_that_comes_again_is_a_young_one),
        errors_test(it_is_told_who_has_asked_and_what_the_server_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
