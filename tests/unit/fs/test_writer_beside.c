/* A staged file is read while it is on its way to the server. */
#include <errno.h>

#include "fs/data/reader.h"
#include "writing.h"

static gpointer publish(gpointer writer)
{
    return GINT_TO_POINTER(kx_writer_publish(writer, NULL, NULL));
}

static int read_text(struct kx_writer *writer, int64_t offset, size_t size, char *out)
{
    struct kx_slices slices;
    kx_slices_init(&slices);
    int result = kx_writer_read(writer, offset, size, NULL, &slices, NULL);
    for (guint i = 0; i < slices.pieces->len; i++) {
        const struct iovec *piece = &g_array_index(slices.pieces, struct iovec, i);
        memcpy(out, piece->iov_base, piece->iov_len);
        out += piece->iov_len;
    }
    *out = '\0';
    kx_slices_clear(&slices);
    return result;
}

static void check_beside(struct writing *w, const char *held, struct kx_writer *writer,
                         const char *expected)
{
    char got[64];
    fake_files_hold(w->client, held);
    GThread *thread = g_thread_new("publish", publish, writer);
    fake_files_wait_held(w->client);
    assert_int_equal(read_text(writer, 0, 60, got), 1);
    assert_memory_equal(got, expected, strlen(expected));
    assert_int_equal(read_text(writer, 3, 2, got), 1);
    assert_memory_equal(got, expected + 3, 2);
    assert_int_equal(read_text(writer, 60, 2, got), 1); /* behind the end */
    assert_string_equal(got, "");
    fake_files_hold(w->client, NULL);
    assert_int_equal(GPOINTER_TO_INT(g_thread_join(thread)), 0);
}

static void read_while_it_is_sent(void **state)
{
    struct writing *w = *state;
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    writing_put(writer, 5, "world");
    writing_put(writer, 0, "hello");
    check_beside(w, "FINISH", writer, "helloworld");
    writing_put(writer, 12, "!"); /* only more at the end: an append */
    check_beside(w, "FINISH", writer, "helloworld\0\0!");
    kx_writer_close(writer);
    assert_int_equal(fake_files_count(w->client), 1);
}

/* What only the server has cannot be loaded beside the upload: it is waited for. */
static gpointer read_all(gpointer writer)
{
    char got[64];
    int result = read_text(writer, 0, 60, got);
    return GINT_TO_POINTER(result == 1 && strcmp(got, "0X23456789") == 0);
}

static void what_is_not_here_waits_for_the_upload(void **state)
{
    struct writing *w = *state;
    fake_files_put(w->client, "/d/a", "0123456789");
    struct kx_writer *writer = writing_open(w, KX_WRITE_SERVER);
    fake_files_set_stall(w->client, 1); /* the gate's patience, too short for this upload */
    writing_put(writer, 1, "X");
    fake_files_hold(w->client, "FINISH");
    GThread *sender = g_thread_new("publish", publish, writer);
    fake_files_wait_held(w->client);
    GThread *reader = g_thread_new("read", read_all, writer);
    g_usleep(20000);
    fake_files_hold(w->client, NULL);
    assert_int_equal(GPOINTER_TO_INT(g_thread_join(sender)), 0);
    assert_true(GPOINTER_TO_INT(g_thread_join(reader)));
    kx_writer_close(writer);
    writing_check_only(w, "0X23456789");
}

static gpointer pause_it(gpointer data)
{
    struct kx_writer *writer = data;
    return GINT_TO_POINTER(kx_writer_pause(writer, NULL, NULL));
}

/* A name that is taken away cuts the upload that is on its way to it; @gone: or was not taken. */
static void check_cut(struct writing *w, bool gone)
{
    struct kx_writer *writer = writing_open(w, KX_WRITE_NEW);
    writing_put(writer, 5, "world");
    writing_put(writer, 0, "hello");
    fake_files_hold(w->client, "CREATE");
    GThread *sender = g_thread_new("publish", publish, writer);
    fake_files_wait_held(w->client);
    GThread *pauser = g_thread_new("pause", pause_it, writer);
    g_usleep(20000);
    fake_files_hold(w->client, NULL);
    assert_int_equal(GPOINTER_TO_INT(g_thread_join(pauser)), 0);
    writing_check_file(w, "/d/a", NULL);
    kx_writer_resume(writer, gone);
    assert_int_equal(GPOINTER_TO_INT(g_thread_join(sender)), 0);
    writing_check_file(w, "/d/a", gone ? NULL : "helloworld");
    kx_writer_close(writer);
    writing_check_only(w, gone ? NULL : "helloworld");
}

static void a_name_that_goes_cuts_the_upload(void **state)
{
    check_cut(*state, true);
}

static void a_name_that_stays_gets_it_all_the_same(void **state)
{
    check_cut(*state, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        writing_test(read_while_it_is_sent),
        writing_test(what_is_not_here_waits_for_the_upload),
        writing_test(a_name_that_goes_cuts_the_upload),
        writing_test(a_name_that_stays_gets_it_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
