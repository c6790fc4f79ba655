/* What a page of a listing is taken for, when it answers for names. */
#include <errno.h>
#include <string.h>

#include "fs/names/attr.h"
#include "looking.h"

/* Files that are known, and of which a page will be asked for the next time. */
static void know(struct writing *w, struct kx_inode **inodes)
{
    looking_fill(w, FILES);
    looking_at(w, FILES, inodes);
    fake_clock_pass(&w->clock, OLD);
    g_free(fake_files_requests(w->client));
}

static void another_file_is_stale(void **state)
{
    struct writing *w = *state;
    struct kx_inode *inodes[FILES] = {NULL};
    KX_ERROR_AUTO(err);
    know(w, inodes);
    struct kx_inode *old = inodes[1], *other = inodes[2];
    looking_put(w, 1, "another");
    looking_put(w, 2, "another");
    looking_refresh(w, WORTH, inodes);
    g_free(fake_files_requests(w->client));
    assert_int_equal(kx_refresh(&w->mount, old, NULL, &err), -ESTALE);
    expect_error(&err, ESTALE, "another file has taken the name");
    assert_false(kx_inode_detached(old)); /* whoever writes it has its name still */
    assert_int_equal(kx_refresh_opening(&w->mount, other, NULL, &err), -ESTALE);
    assert_true(kx_inode_detached(other));
    g_autoptr(kx_inode) fresh = looking_up(w, 2);
    assert_int_equal(looking_length(w, fresh), 7);
    looking_check(w, 0, 0); /* the page has said it all */
    looking_end(inodes);
}

static void what_has_grown_or_was_cut(void **state)
{
    struct writing *w = *state;
    struct kx_inode *inodes[FILES] = {NULL};
    know(w, inodes);
    struct kx_inode *grown = inodes[1], *cut = inodes[2], *read = inodes[3];
    fake_files_change(w->client, "/d/f01", "xxxxx");
    fake_files_change(w->client, "/d/f02", "");
    fake_files_change(w->client, "/d/f03", "");
    kx_inode_note_reader(read, true);
    looking_refresh(w, WORTH, inodes);
    g_free(fake_files_requests(w->client));
    assert_int_equal(kx_refresh(&w->mount, grown, NULL, NULL), 0);
    assert_int_equal(kx_refresh(&w->mount, cut, NULL, NULL), 0);
    assert_int_equal(looking_length(w, grown), 5);
    assert_int_equal(looking_length(w, cut), 0);
    assert_int_equal(kx_refresh(&w->mount, read, NULL, NULL), -ESTALE); /* he has its bytes */
    looking_check(w, 0, 0);
    kx_inode_note_reader(read, false);
    looking_end(inodes);
}

/* Changed here after the page was asked for: the file, or names of the directory. */
static void own_changes_are_newer(void **state)
{
    struct writing *w = *state;
    struct kx_inode *inodes[FILES] = {NULL};
    know(w, inodes);
    looking_refresh(w, WORTH, inodes);
    g_free(fake_files_requests(w->client));
    kx_inode_expire(inodes[looking_order(WORTH)]);
    looking_refresh(w, FILES, inodes);
    looking_check(w, 1, 0);
    fake_clock_pass(&w->clock, OLD);
    looking_refresh(w, WORTH, inodes);
    looking_check(w, 2, 1);
    kx_inodes_remove(w->mount.inodes, w->d, "f09");
    looking_refresh(w, WORTH + 3, inodes); /* of seven there are three left to be asked for */
    looking_check(w, 3, 0);
    looking_end(inodes);
}

/* A directory in which one is changed after the other, as by chown -R: no page helps. */
static void changes_one_after_the_other(void **state)
{
    struct writing *w = *state;
    struct kx_inode *inodes[FILES] = {NULL};
    know(w, inodes);
    for (int i = 0; i < 10; i++)
        for (int j = 0; j < FILES; j++) {
            kx_inode_expire(inodes[j]);
            assert_int_equal(kx_refresh(&w->mount, inodes[j], NULL, NULL), 0);
        }
    unsigned pages = 0;
    g_autofree char *requests = fake_files_requests(w->client);
    for (const char *at = requests; (at = strstr(at, "LIST")); at++)
        pages++;
    assert_in_range(pages, 1, 10 * 2 + 4); /* one for half of them, and while that is found out */
    looking_end(inodes);
}

/* A file that is only begun here is not the one that a page had under its name. */
static void a_file_that_is_made_here(void **state)
{
    struct writing *w = *state;
    KX_ERROR_AUTO(err);
    looking_fill(w, FILES);
    looking_at(w, FILES / 2, NULL);
    g_free(fake_files_requests(w->client));
    struct kx_status status;
    uint64_t replaced = fake_files_id(w->client, "/d/f07");
    looking_put(w, 7, "made");
    kx_attr_of_made(&w->mount, w->d, KX_TYPE_FILE, 0644, &status);
    g_autoptr(kx_inode) made =
        kx_inodes_adopt(w->mount.inodes, w->d, "f07", &status, kx_inodes_epoch(w->mount.inodes), 0);
    kx_status_clear(&status);
    assert_int_equal(kx_refresh(&w->mount, made, NULL, &err), 0);
    looking_check(w, 1, 0);
    kx_inode_status(made, &status, w->clock.now);
    assert_int_equal(status.length, 4);
    assert_int_not_equal(status.file_id, replaced);
    kx_status_clear(&status);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        writing_test(another_file_is_stale),    writing_test(what_has_grown_or_was_cut),
        writing_test(own_changes_are_newer),    writing_test(changes_one_after_the_other),
        writing_test(a_file_that_is_made_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
