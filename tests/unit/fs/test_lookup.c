/* Names and attributes: when a page of a listing is asked for instead of each. */
#include <errno.h>

#include "fs/names/crowd.h"
#include "looking.h"

/* --- when --- */

static void a_crowd_is_one_page(void **state)
{
    struct writing *w = *state;
    struct kx_inode *inodes[FILES] = {NULL};
    looking_fill(w, FILES);
    looking_at(w, FILES, inodes);
    looking_check(w, WORTH, 1);
    for (int i = 0; i < 3; i++) {
        fake_clock_pass(&w->clock, OLD);
        looking_refresh(w, FILES, inodes);
        looking_check(w, 2, 1);
        looking_refresh(w, FILES, inodes);
        looking_check(w, 0, 0);
    }
    looking_end(inodes);
}

static void a_few_are_asked_for_one_by_one(void **state)
{
    struct writing *w = *state;
    struct kx_inode *inodes[FILES] = {NULL};
    looking_fill(w, FILES);
    looking_at(w, WORTH + 1, inodes);
    looking_check(w, WORTH, 1); /* a guess that was wrong */
    for (int i = 0; i < 5; i++) {
        fake_clock_pass(&w->clock, OLD);
        looking_refresh(w, WORTH + 1, inodes);
        looking_check(w, WORTH + 1, 0);
    }
    looking_end(inodes);
}

static void more_than_a_page_is_not_listed(void **state)
{
    struct writing *w = *state;
    looking_fill(w, 1001);
    looking_at(w, FILES, NULL);
    looking_check(w, FILES, 0);
}

/* A page that showed less than there is tells how many entries a page has, and how many there are.
 */
static void a_directory_that_has_grown(void **state)
{
    struct writing *w = *state;
    looking_fill(w, FILES - 1);
    fake_files_set_page(w->client, FILES / 2);
    looking_at(w, FILES, NULL);
    fake_clock_pass(&w->clock, OLD);
    g_free(fake_files_requests(w->client));
    looking_at(w, FILES, NULL);
    looking_check(w, FILES, 0);
}

/* An old HttpFS does not tell. Who reads the directory finds out. */
static void a_server_that_does_not_tell_how_many(void **state)
{
    struct writing *w = *state;
    looking_fill(w, -1);
    looking_at(w, FILES, NULL);
    looking_check(w, FILES, 0);
    fake_clock_pass(&w->clock, OLD);
    kx_inode_note_entries(w->d, FILES, w->clock.now);
    const struct kx_status status = {.type = KX_TYPE_DIRECTORY, .file_id = 2, .children = -1};
    fake_clock_pass(&w->clock, 1);
    kx_inode_unref(
        kx_inodes_adopt(w->mount.inodes, w->root, "d", &status, UINT64_MAX, w->clock.now));
    looking_at(w, FILES, NULL);
    looking_check(w, WORTH, 1);
}

static void names_that_are_not_there(void **state)
{
    struct writing *w = *state;
    looking_fill(w, FILES);
    for (int i = 0; i < FILES; i++) {
        g_autofree char *name = g_strdup_printf("no%d", looking_order(i));
        struct kx_inode *inode = NULL;
        assert_int_equal(kx_lookup(&w->mount, w->d, name, NULL, &inode, NULL), -ENOENT);
    }
    looking_check(w, FILES, 0);
}

static void who_follows_a_file_asks_for_it_alone(void **state)
{
    struct writing *w = *state;
    looking_fill(w, FILES);
    g_autoptr(kx_inode) inode = looking_up(w, 0);
    for (int i = 0; i < 20; i++) {
        fake_clock_pass(&w->clock, 40);
        assert_int_equal(kx_refresh_within(&w->mount, inode, 30, NULL, NULL), 0);
    }
    looking_check(w, 21, 0);
}

static void attributes_that_never_last(void **state)
{
    struct writing *w = *state;
    looking_fill(w, FILES);
    w->options.attr_timeout_s = 0;
    looking_at(w, FILES, NULL);
    looking_check(w, FILES, 0);
}

/* --- together --- */

struct looker {
    struct writing *w;
    struct kx_inode *inode;
    struct kx_cancel *cancel;
    int result;
};

static gpointer refresh_one(gpointer data)
{
    struct looker *looker = data;
    const struct kx_call call = {.cancel = looker->cancel};
    looker->result = kx_refresh(&looker->w->mount, looker->inode, &call, NULL);
    return NULL;
}

/* All are known and too old, and so many have been asked for that the next question is a page. */
static void gather(struct writing *w, struct kx_inode **inodes)
{
    looking_fill(w, FILES);
    looking_at(w, FILES, inodes);
    fake_clock_pass(&w->clock, OLD);
    looking_refresh(w, KX_CROWD_AGAIN, inodes);
    g_free(fake_files_requests(w->client));
}

#define LOOKERS 12

/* The page is held while so many want one of it. The first of them, who asks for it, is interrupted
 * when there is a canceller. */
static void refresh_together(struct writing *w, struct kx_inode **inodes, struct kx_cancel *cancel)
{
    struct looker lookers[LOOKERS];
    GThread *threads[LOOKERS];
    fake_files_hold(w->client, "LIST");
    for (int i = 0; i < LOOKERS; i++) {
        struct kx_inode *inode = inodes[looking_order(KX_CROWD_AGAIN + i)];
        lookers[i] = (struct looker){w, inode, i ? NULL : cancel, 1};
        threads[i] = g_thread_new("look", refresh_one, &lookers[i]);
        if (i == 0) fake_files_wait_held(w->client);
    }
    if (cancel) kx_cancel_fire(cancel);
    if (cancel) g_thread_join(threads[0]);
    fake_files_hold(w->client, NULL);
    for (int i = cancel ? 1 : 0; i < LOOKERS; i++)
        g_thread_join(threads[i]);
    for (int i = 0; i < LOOKERS; i++)
        assert_int_equal(lookers[i].result, i == 0 && cancel ? -EINTR : 0);
}

static void several_wait_for_one_page(void **state)
{
    struct writing *w = *state;
    struct kx_inode *inodes[FILES] = {NULL};
    gather(w, inodes);
    refresh_together(w, inodes, NULL);
    looking_check(w, 0, 1);
    looking_end(inodes);
}

static void one_who_is_interrupted_leaves_it_to_the_next(void **state)
{
    struct writing *w = *state;
    struct kx_inode *inodes[FILES] = {NULL};
    g_autoptr(kx_cancel) cancel = kx_cancel_new();
    gather(w, inodes);
    refresh_together(w, inodes, cancel);
    looking_check(w, 1, 2); /* one name: his own question, of which he hears no more */
    looking_end(inodes);
}

static void a_page_that_is_refused(void **state)
{
    struct writing *w = *state;
    looking_fill(w, FILES);
    fake_files_fail(w->client, "LIST", EACCES, false);
    looking_at(w, FILES / 2, NULL);
    looking_check(w, WORTH + 1 + 2 * WORTH,
                  2); /* the second one, which comes, after twice as many */
}

/* What a page says counts from when it was asked for: the server may have said it then. */
static void a_page_that_comes_slowly(void **state)
{
    struct writing *w = *state;
    struct kx_inode *inodes[FILES] = {NULL};
    gather(w, inodes);
    struct looker looker = {w, inodes[looking_order(FILES - 1)], NULL, 1};
    fake_files_hold(w->client, "LIST");
    GThread *thread = g_thread_new("look", refresh_one, &looker);
    fake_files_wait_held(w->client);
    fake_clock_pass(&w->clock, OLD - 101);
    fake_files_hold(w->client, NULL);
    g_thread_join(thread);
    assert_int_equal(looker.result, 0);
    looking_check(w, 0, 1);
    fake_clock_pass(&w->clock, 100);
    assert_int_equal(kx_refresh(&w->mount, inodes[looking_order(FILES - 2)], NULL, NULL), 0);
    looking_check(w, 0, 0);
    fake_clock_pass(&w->clock, 2);
    assert_int_equal(kx_refresh(&w->mount, inodes[looking_order(FILES - 3)], NULL, NULL), 0);
    looking_check(w, 1, 0);
    looking_end(inodes);
}

/* In order it is a walk, and the page begins behind the name that came before; also of a directory
 * of any size. */
static void a_walk_is_listed_from_where_it_is(void **state)
{
    struct writing *w = *state;
    looking_fill(w, 5000);
    for (int i = 10; i < 30; i++)
        kx_inode_unref(looking_up(w, i));
    writing_check_requests(w, "STAT /d/f10\nSTAT /d/f11\nSTAT /d/f12\nLIST /d f12\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        writing_test(a_crowd_is_one_page),
        writing_test(a_few_are_asked_for_one_by_one),
        writing_test(more_than_a_page_is_not_listed),
        writing_test(a_directory_that_has_grown),
        writing_test(a_server_that_does_not_tell_how_many),
        writing_test(names_that_are_not_there),
        writing_test(who_follows_a_file_asks_for_it_alone),
        writing_test(attributes_that_never_last),
        writing_test(several_wait_for_one_page),
        writing_test(one_who_is_interrupted_leaves_it_to_the_next),
        writing_test(a_page_that_is_refused),
        writing_test(a_page_that_comes_slowly),
        writing_test(a_walk_is_listed_from_where_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
