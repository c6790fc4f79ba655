/* Folders that the journal does not take, and what it says of them; one that many take at once. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journaling.h"

/* --- many at once --- */

struct opener {
    const char *folder;
    int number;
    GThread *thread;
};

static gpointer open_and_put(gpointer data)
{
    const struct opener *opener = data;
    g_autofree char *mount = g_strdup_printf("%012d", opener->number);
    struct kx_journal *journal = open_as(opener->folder, mount, "s");
    for (int i = 0; i < 20; i++) {
        g_autofree char *path = g_strdup_printf("/%d/%d", opener->number, i);
        put(journal, path, "f");
        kx_journal_hide(journal, path, NULL);
    }
    return journal;
}

static void many_mounts_at_once(void **state)
{
    struct opener openers[6];
    for (int i = 0; i < 6; i++) {
        openers[i] = (struct opener){.folder = *state, .number = i};
        openers[i].thread = g_thread_new("opener", open_and_put, &openers[i]);
    }
    for (int i = 0; i < 6; i++) {
        struct kx_journal *journal = g_thread_join(openers[i].thread);
        g_autoptr(GPtrArray) records = kx_journal_records(journal);
        g_autofree char *mine = g_strdup_printf("/%d/", i);
        unsigned own = 0;
        for (guint j = 0; j < records->len; j++)
            own += g_str_has_prefix(((struct kx_record *)records->pdata[j])->path, mine);
        assert_int_equal(own, 20);
        kx_journal_close(journal);
    }
    g_autoptr(kx_journal) last = open_as(*state, "999999999999", "s");
    g_autoptr(GPtrArray) records = kx_journal_records(last);
    assert_int_equal(records->len, 120);
}

static void check_refused(const char *folder, int code, const char *words)
{
    KX_ERROR_AUTO(err);
    struct kx_journal *journal = NULL;
    const struct kx_journal_config config = {.folder = folder, .service = "s", .mount = ONE};
    assert_int_equal(kx_journal_open(&config, &journal, &err), -code);
    expect_error(&err, code, words);
    expect_error(&err, code, folder);
    expect_error(&err, code, "stage_dir");
}

static char *own_folder(const char *parent)
{
    g_autofree char *name = g_strdup_printf("knoxfs-%u", (unsigned)geteuid());
    return g_build_filename(parent, name, NULL);
}

static void a_folder_that_others_may_read_is_refused(void **state)
{
    g_autofree char *folder = own_folder(*state);
    static const mode_t MODES[] = {0777, 0750, 0701};
    assert_int_equal(g_mkdir(folder, 0700), 0);
    for (size_t i = 0; i < G_N_ELEMENTS(MODES); i++) {
        assert_int_equal(g_chmod(folder, MODES[i]), 0);
        check_refused(*state, EPERM, "0700");
    }
    g_chmod(folder, 0700);
    kx_journal_close(open_as(*state, ONE, "s"));
}

static void somebody_elses_folder_is_refused(void **state)
{
    if (geteuid() != 0) skip();
    g_autofree char *folder = own_folder(*state);
    assert_int_equal(g_mkdir(folder, 0700), 0);
    assert_int_equal(chown(folder, 12345, 12345), 0);
    check_refused(*state, EPERM, "belong to you");
}

static void a_symlink_is_refused(void **state)
{
    g_autofree char *folder = own_folder(*state);
    g_autofree char *elsewhere = g_build_filename(*state, "elsewhere", NULL);
    assert_int_equal(g_mkdir(elsewhere, 0700), 0);
    assert_int_equal(symlink(elsewhere, folder), 0);
    check_refused(*state, ENOTDIR, folder);
}

static void a_folder_that_is_not_there_is_named(void **state)
{
    g_autofree char *folder = g_build_filename(*state, "nowhere", NULL);
    check_refused(folder, ENOENT, "No such file");
    g_autofree char *file = g_build_filename(*state, "file", NULL);
    assert_true(g_file_set_contents(file, "", 0, NULL));
    check_refused(file, ENOTDIR, "Not a directory");
}

static void a_database_that_is_none_is_named(void **state)
{
    g_autofree char *folder = own_folder(*state);
    g_autofree char *file = g_build_filename(folder, "journal.db", NULL);
    assert_int_equal(g_mkdir(folder, 0700), 0);
    assert_true(g_file_set_contents(file, "this is no database, not at all", -1, NULL));
    check_refused(*state, EIO, "not a database");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        folder_test(many_mounts_at_once),
        folder_test(a_folder_that_others_may_read_is_refused),
        folder_test(somebody_elses_folder_is_refused),
        folder_test(a_symlink_is_refused),
        folder_test(a_folder_that_is_not_there_is_named),
        folder_test(a_database_that_is_none_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
