#include "fs/names/identity.h"

#include <grp.h>
#include <pwd.h>

#include "support.h"

#define THREADS 4
#define NOBODY  "no such person.example"

static void a_name_of_this_machine_has_its_number(void **state)
{
    (void)state;
    g_autoptr(kx_identity) identity = kx_identity_new(-1, -1);
    const struct passwd *user = getpwuid(0);
    const struct group *group = getgrgid(0);
    assert_non_null(user);
    assert_non_null(group);
    assert_int_equal(kx_identity_uid(identity, user->pw_name), 0);
    assert_int_equal(kx_identity_gid(identity, group->gr_name), 0);
    g_autofree char *owner = kx_identity_owner(identity, 0);
    g_autofree char *its_group = kx_identity_group(identity, 0);
    assert_string_equal(owner, "root");
    assert_string_equal(its_group, "root");
}

/* The numbers must not change: files keep their owner on every machine and in every version. */
static void a_foreign_name_has_a_stable_number(void **state)
{
    (void)state;
    g_autoptr(kx_identity) identity = kx_identity_new(-1, -1);
    assert_int_equal(kx_identity_uid(identity, NOBODY), 2066256250);
    assert_int_equal(kx_identity_gid(identity, NOBODY), 2066256250);
    assert_int_equal(kx_identity_uid(identity, "h\xc3\xa9l\xc3\xa8ne@REALM"), 1951530004);
    for (int i = 0; i < 2000; i++) {
        g_autofree char *name = g_strdup_printf("%s%d", NOBODY, i);
        uid_t uid = kx_identity_uid(identity, name);
        assert_in_range(uid, KX_FOREIGN_ID_MIN, INT32_MAX);
        assert_int_equal(kx_identity_uid(identity, name), uid);
    }
}

static void a_number_goes_back_to_its_name(void **state)
{
    (void)state;
    g_autoptr(kx_identity) identity = kx_identity_new(-1, -1);
    uid_t uid = kx_identity_uid(identity, NOBODY);
    gid_t gid = kx_identity_gid(identity, "no such group");
    g_autofree char *owner = kx_identity_owner(identity, uid);
    g_autofree char *group = kx_identity_group(identity, gid);
    assert_string_equal(owner, NOBODY);
    assert_string_equal(group, "no such group");
    assert_null(kx_identity_owner(identity, gid)); /* users and groups are apart */
    assert_null(kx_identity_group(identity, uid));
}

static void a_number_without_a_name(void **state)
{
    (void)state;
    g_autoptr(kx_identity) identity = kx_identity_new(-1, -1);
    assert_null(kx_identity_owner(identity, 1999999999));
    assert_null(kx_identity_group(identity, 1999999999));
}

/* A server that tells no owner: the number is nobody's, and no name comes back from it. */
static void an_empty_name_is_nobody(void **state)
{
    (void)state;
    g_autoptr(kx_identity) identity = kx_identity_new(-1, -1);
    uid_t uid = kx_identity_uid(identity, "");
    assert_in_range(uid, KX_FOREIGN_ID_MIN, INT32_MAX);
    assert_null(kx_identity_owner(identity, uid));
}

static void all_files_may_belong_to_one(void **state)
{
    (void)state;
    g_autoptr(kx_identity) identity = kx_identity_new(1234, 4294967294);
    assert_int_equal(kx_identity_uid(identity, "root"), 1234);
    assert_int_equal(kx_identity_uid(identity, NOBODY), 1234);
    assert_int_equal(kx_identity_gid(identity, "root"), 4294967294);
    g_autofree char *owner = kx_identity_owner(identity, 0);
    assert_string_equal(owner, "root");
    g_autoptr(kx_identity) half = kx_identity_new(0, -1);
    assert_int_equal(kx_identity_uid(half, NOBODY), 0);
    assert_in_range(kx_identity_gid(half, NOBODY), KX_FOREIGN_ID_MIN, INT32_MAX);
    kx_identity_free(NULL);
}

static gpointer ask_many(gpointer identity)
{
    guint sum = 0;
    for (int i = 0; i < 300; i++) {
        g_autofree char *name = g_strdup_printf("stranger%d", i % 50);
        uid_t uid = kx_identity_uid(identity, name);
        g_autofree char *back = kx_identity_owner(identity, uid);
        if (g_strcmp0(back, name) != 0) return NULL;
        sum += uid;
    }
    return GUINT_TO_POINTER(sum);
}

static void threads_get_the_same_numbers(void **state)
{
    (void)state;
    g_autoptr(kx_identity) identity = kx_identity_new(-1, -1);
    GThread *threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        threads[i] = g_thread_new("ask", ask_many, identity);
    gpointer expected = ask_many(identity);
    assert_non_null(expected);
    for (int i = 0; i < THREADS; i++)
        assert_ptr_equal(g_thread_join(threads[i]), expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_of_this_machine_has_its_number),
        cmocka_unit_test(a_foreign_name_has_a_stable_number),
        cmocka_unit_test(a_number_goes_back_to_its_name),
        cmocka_unit_test(a_number_without_a_name),
        cmocka_unit_test(an_empty_name_is_nobody),
        cmocka_unit_test(all_files_may_belong_to_one),
        cmocka_unit_test(threads_get_the_same_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
