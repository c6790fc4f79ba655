/* A local copy whose other bytes are the server's: of the file that was meant, and no other. */
#include <errno.h>
#include <glib/gstdio.h>

#include "expect.h"
#include "fake_files.h"
#include "fs/data/stage.h"
#include "rest/download.h"

struct staging {
    struct kx_client *client;
    char *folder;
    struct kx_stage *stage;
    struct kx_version version;
};

/* "0123456789" at /d/f, of which "ab" has taken two. */
static int setup(void **state)
{
    struct staging *s = g_new0(struct staging, 1);
    s->client = fake_files_new();
    s->folder = g_dir_make_tmp("knoxfs-test-XXXXXX", NULL);
    fake_files_put(s->client, "/d/f", "0123456789");
    s->version = (struct kx_version){fake_files_id(s->client, "/d/f"), 1};
    const struct kx_stage_place place = {s->folder, "f", NULL};
    *state = s;
    return kx_stage_new(&place, "/d/f", 10, &s->stage, NULL) == 0
               ? kx_stage_write(s->stage, 2, "ab", 2, NULL)
               : -1;
}

static int teardown(void **state)
{
    struct staging *s = *state;
    kx_stage_free(s->stage);
    g_rmdir(s->folder);
    g_free(s->folder);
    fake_files_free(s->client);
    g_free(s);
    return 0;
}

#define base_test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

static void check(struct staging *s, int expected)
{
    char room[10];
    KX_ERROR_AUTO(err);
    assert_int_equal(kx_stage_read(s->stage, s->client, 0, 10, NULL, room, &err), expected);
    if (expected == 0) assert_memory_equal(room, "01ab456789", 10);
}

static void replace(struct staging *s)
{
    fake_files_move(s->client, "/d", "/old");
    fake_files_put(s->client, "/d/f", "abcdefghij");
}

static void another_file_at_the_name_is_not_read(void **state)
{
    struct staging *s = *state;
    kx_stage_follow(s->stage, "/d/f", &s->version);
    replace(s);
    check(s, -ESTALE);
    assert_int_equal(kx_stage_load(s->stage, s->client, 4, NULL, NULL), -ESTALE);
    assert_false(kx_stage_has(s->stage, 0, 1));       /* nor is any of it kept */
    kx_stage_follow(s->stage, "/old/f", &s->version); /* that is where it is now */
    check(s, 0);
}

static void what_is_here_already_stays_readable(void **state)
{
    struct staging *s = *state;
    kx_stage_follow(s->stage, "/d/f", &s->version);
    check(s, 0);
    replace(s);
    check(s, 0);
}

/* What this mount has put there itself is another file, whose number nobody has asked for. */
static void of_our_own_content_no_number_is_known(void **state)
{
    struct staging *s = *state;
    kx_stage_follow(s->stage, "/d/f", &s->version);
    fake_files_put(s->client, "/d/f", "01ab456789");
    kx_stage_published(s->stage, "/d/f");
    check(s, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        base_test(another_file_at_the_name_is_not_read),
        base_test(what_is_here_already_stays_readable),
        base_test(of_our_own_content_no_number_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
