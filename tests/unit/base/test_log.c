#include "base/log.h"

#include <errno.h>
#include <string.h>

#include "support.h"

#define THREADS 4
#define LINES   200

struct book {
    GPtrArray *lines;
    enum kx_log_level level; /* of the last one */
    gint inside;             /* how many are in the sink now */
    gint crowded;            /* two were at once */
};

static void write_down(void *context, enum kx_log_level level, const char *line)
{
    struct book *book = context;
    if (g_atomic_int_add(&book->inside, 1) != 0) g_atomic_int_set(&book->crowded, 1);
    g_ptr_array_add(book->lines, g_strdup(line));
    book->level = level;
    g_atomic_int_add(&book->inside, -1);
}

static int setup(void **state)
{
    struct book *book = g_new0(struct book, 1);
    book->lines = g_ptr_array_new_with_free_func(g_free);
    *state = book;
    return 0;
}

static int teardown(void **state)
{
    struct book *book = *state;
    g_ptr_array_free(book->lines, TRUE);
    g_free(book);
    return 0;
}

static const char *last_line(const struct book *book)
{
    assert_true(book->lines->len > 0);
    return g_ptr_array_index(book->lines, book->lines->len - 1);
}

static void append_line(void *context, enum kx_log_level level, const char *line)
{
    (void)level;
    g_string_append_printf(context, "%s\n", line);
}

static void lines_above_the_level_are_dropped(void **state)
{
    struct book *book = *state;
    g_autoptr(kx_log) log = kx_log_new(KX_LOG_INFO, write_down, book);
    for (int level = KX_LOG_ERROR; level <= KX_LOG_TRACE; level++)
        kx_log_write(log, (enum kx_log_level)level, "line %d", level);
    assert_int_equal(book->lines->len, 3);
    assert_string_equal(last_line(book), "line 2");
    assert_int_equal(book->level, KX_LOG_INFO);
    assert_true(kx_log_enabled(log, KX_LOG_ERROR));
    assert_true(kx_log_enabled(log, KX_LOG_INFO));
    assert_false(kx_log_enabled(log, KX_LOG_DEBUG));
}

static void the_level_can_be_changed(void **state)
{
    (void)state;
    g_autoptr(GString) lines = g_string_new(NULL), tapped = g_string_new(NULL);
    g_autoptr(kx_log) log = kx_log_new(KX_LOG_WARNING, append_line, lines);
    kx_log_tap(log, append_line, tapped);
    kx_log_write(log, KX_LOG_DEBUG, "dropped");
    kx_log_set_level(log, KX_LOG_DEBUG);
    assert_int_equal(kx_log_get_level(log), KX_LOG_DEBUG);
    kx_log_write(log, KX_LOG_DEBUG, "token=secret");
    assert_string_equal(lines->str, "token=***\n");
    assert_string_equal(tapped->str, lines->str); /* the second sink gets the same */
    kx_log_tap(log, NULL, NULL);
    kx_log_write(log, KX_LOG_DEBUG, "later");
    assert_string_equal(tapped->str, "token=***\n");
    assert_string_equal(lines->str, "token=***\nlater\n");
    kx_log_tap(NULL, append_line, NULL);
}

static void append_event(void *context, const char *what, const char *line)
{
    g_string_append_printf(context, "%s: %s\n", what, line);
}

static void events_are_told_whatever_the_level_is(void **state)
{
    (void)state;
    g_autoptr(GString) lines = g_string_new(NULL), events = g_string_new(NULL);
    g_autoptr(kx_log) log = kx_log_new(KX_LOG_WARNING, append_line, lines);
    kx_log_event(log, KX_LOG_WARNING, "server", "nobody listens");
    kx_log_tap_events(log, append_event, events);
    kx_log_event(log, KX_LOG_DEBUG, "login", "token=%s again\n", "secret");
    kx_log_event(log, KX_LOG_ERROR, "server", "away");
    kx_log_write(log, KX_LOG_ERROR, "a line, and no event");
    assert_string_equal(events->str, "login: token=*** again?\nserver: away\n");
    assert_string_equal(lines->str, "nobody listens\naway\na line, and no event\n");
    kx_log_tap_events(log, NULL, NULL);
    kx_log_event(log, KX_LOG_ERROR, "server", "later");
    assert_true(g_str_has_suffix(events->str, "away\n"));
}

static void no_log_is_fine(void **state)
{
    (void)state;
    kx_log_event(NULL, KX_LOG_ERROR, "server", "nobody reads it");
    kx_log_tap_events(NULL, append_event, NULL);
    kx_log_write(NULL, KX_LOG_ERROR, "nobody reads it");
    assert_false(kx_log_enabled(NULL, KX_LOG_ERROR));
    kx_log_free(NULL);
}

static void a_line_is_redacted_and_is_one(void **state)
{
    struct book *book = *state;
    g_autoptr(kx_log) log = kx_log_new(KX_LOG_INFO, write_down, book);
    kx_log_write(log, KX_LOG_INFO, "a\nb\tc\x7f caf\xc3\xa9 token=secret&x http://u:p@h/");
    assert_string_equal(last_line(book), "a?b?c? caf\xc3\xa9 token=***&x http://***@h/");
}

static void a_line_is_cut_after_it_was_redacted(void **state)
{
    struct book *book = *state;
    g_autoptr(kx_log) log = kx_log_new(KX_LOG_INFO, write_down, book);
    g_autofree char *head = g_strnfill(4090, 'x');
    kx_log_write(log, KX_LOG_INFO, "%s token=secret", head);
    assert_int_equal(strlen(last_line(book)), 4096);
    assert_null(strstr(last_line(book), "sec"));
    g_autofree char *longest = g_strnfill(4096, 'x');
    kx_log_write(log, KX_LOG_INFO, "%s", longest);
    assert_string_equal(last_line(book), longest);
}

static void levels_have_names(void **state)
{
    (void)state;
    enum kx_log_level level = KX_LOG_ERROR;
    for (int i = KX_LOG_ERROR; i <= KX_LOG_TRACE; i++) {
        assert_int_equal(kx_log_level_parse(kx_log_level_name((enum kx_log_level)i), &level), 0);
        assert_int_equal(level, i);
    }
    assert_int_equal(kx_log_level_parse("DEBUG", &level), 0);
    assert_int_equal(level, KX_LOG_DEBUG);
    assert_int_equal(kx_log_level_parse("debu", &level), -EINVAL);
    assert_int_equal(kx_log_level_parse("", &level), -EINVAL);
    assert_int_equal(level, KX_LOG_DEBUG);
}

static gpointer write_many(gpointer data)
{
    for (int i = 0; i < LINES; i++)
        kx_log_write(data, KX_LOG_INFO, "line %d", i);
    return NULL;
}

static void the_sink_gets_one_line_at_a_time(void **state)
{
    struct book *book = *state;
    g_autoptr(kx_log) log = kx_log_new(KX_LOG_INFO, write_down, book);
    GThread *threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        threads[i] = g_thread_new("writer", write_many, log);
    for (int i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
    assert_int_equal(book->crowded, 0);
    assert_int_equal(book->lines->len, THREADS * LINES);
}

#define book_test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        book_test(lines_above_the_level_are_dropped),
        book_test(a_line_is_redacted_and_is_one),
        book_test(a_line_is_cut_after_it_was_redacted),
        book_test(the_sink_gets_one_line_at_a_time),
        cmocka_unit_test(the_level_can_be_changed),
        cmocka_unit_test(events_are_told_whatever_the_level_is),
        cmocka_unit_test(no_log_is_fine),
        cmocka_unit_test(levels_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
