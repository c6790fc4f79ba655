#include "base/profiles.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sys/stat.h>

#include "support.h"

/* A folder with files, and what is read from them. */
struct place {
    char *folder, *first, *second;
    struct kx_profiles *profiles;
};

static int place_setup(void **state)
{
    struct place *p = g_new0(struct place, 1);
    p->folder = g_dir_make_tmp("knoxfs-test-XXXXXX", NULL);
    p->first = g_build_filename(p->folder, "first.conf", NULL);
    p->second = g_build_filename(p->folder, "second.conf", NULL);
    *state = p;
    return 0;
}

static int place_teardown(void **state)
{
    struct place *p = *state;
    kx_profiles_free(p->profiles);
    g_unlink(p->first);
    g_unlink(p->second);
    g_rmdir(p->folder);
    g_free(p->first);
    g_free(p->second);
    g_free(p->folder);
    g_free(p);
    return 0;
}

static int load(struct place *p, gboolean must, struct kx_error *err)
{
    const char *const files[] = {p->first, p->second, NULL};
    return kx_profiles_load(files, must, &p->profiles, err);
}

static void check(struct place *p, const char *profile, guint i, const char *name,
                  const char *value, const char *file, int line)
{
    const GPtrArray *settings = kx_profiles_find(p->profiles, profile);
    assert_non_null(settings);
    assert_true(i < settings->len);
    const struct kx_setting *setting = g_ptr_array_index(settings, i);
    assert_string_equal(setting->name, name);
    assert_string_equal(setting->value, value);
    g_autofree char *source = g_strdup_printf("%s:%d", file, line);
    assert_string_equal(setting->source, source);
}

static void a_later_file_wins_by_setting(void **state)
{
    struct place *p = *state;
    put_file(p->first,
             "# a comment\n[prod]\nendpoint = http://nn\nauth-file= /a \nro\t=yes\n[test]\n"
             "endpoint=http://t\nendpoint=http://u\n");
    put_file(p->second, "[prod]\nauth_file=/b\n[other]\n");
    assert_int_equal(load(p, FALSE, NULL), 0);
    check(p, "prod", 0, "endpoint", "http://nn", p->first, 3);
    check(p, "prod", 1, "ro", "yes", p->first, 5);
    check(p, "prod", 2, "auth_file", "/b", p->second, 2);
    check(p, "test", 0, "endpoint", "http://u", p->first, 8);
    assert_int_equal(kx_profiles_find(p->profiles, "other")->len, 0);
    assert_null(kx_profiles_find(p->profiles, "nobody"));
    g_autofree char *names = kx_profiles_names(p->profiles);
    assert_string_equal(names, "prod, test, other");
}

static void what_is_not_there_is_nothing_unless_it_must_be(void **state)
{
    struct place *p = *state;
    KX_ERROR_AUTO(err);
    assert_int_equal(load(p, FALSE, NULL), 0);
    g_autofree char *names = kx_profiles_names(p->profiles);
    assert_string_equal(names, "");
    struct kx_profiles *none = NULL;
    const char *const files[] = {p->first, NULL};
    assert_int_equal(kx_profiles_load(files, TRUE, &none, &err), -ENOENT);
    assert_error(&err, ENOENT, NULL, p->first);
    assert_null(none);
}

static void check_refused(struct place *p, int code, const char *words)
{
    KX_ERROR_AUTO(err);
    assert_int_equal(load(p, FALSE, &err), -code);
    assert_error(&err, code, NULL, words);
    assert_non_null(strstr(err.message, p->first));
    assert_null(p->profiles);
}

static void a_file_that_others_can_change_is_not_trusted(void **state)
{
    struct place *p = *state;
    put_file(p->first, "[prod]\nendpoint=http://nn\n");
    assert_int_equal(g_chmod(p->first, 0620), 0);
    check_refused(p, EPERM, "chmod go-w");
    assert_int_equal(g_chmod(p->first, 0602), 0);
    check_refused(p, EPERM, "chmod go-w");
    assert_int_equal(g_chmod(p->first, 0644), 0);
    assert_int_equal(load(p, FALSE, NULL), 0);
}

static void what_is_no_configuration_is_named(void **state)
{
    struct place *p = *state;
    put_file(p->first, "endpoint=http://nn\n");
    check_refused(p, EINVAL, "group");
    put_file(p->first, "[prod]\nendpoint\n");
    check_refused(p, EINVAL, "endpoint");
    put_file(p->first, "[prod\n");
    check_refused(p, EINVAL, "[prod");
    put_file(p->first, "[prod]\nname=\xff\xfe\n");
    assert_int_equal(load(p, FALSE, NULL), 0); /* bytes are the user's own */
    g_clear_pointer(&p->profiles, kx_profiles_free);
    g_autofree char *large = g_strnfill(KX_PROFILES_BYTES_MAX + 1, '#');
    put_file(p->first, large);
    check_refused(p, EFBIG, "1 MiB");
    assert_int_equal(g_unlink(p->first), 0);
    assert_int_equal(g_mkdir(p->first, 0700), 0);
    check_refused(p, EINVAL, "ordinary file");
    assert_int_equal(g_rmdir(p->first), 0);
    assert_int_equal(mkfifo(p->first, 0600), 0);
    check_refused(p, EINVAL, "ordinary file"); /* and nobody waits for its writer */
}

static void the_usual_places_are_the_systems_and_the_users(void **state)
{
    (void)state;
    g_auto(GStrv) usual = kx_profiles_places(NULL), one = kx_profiles_places("/x");
    assert_int_equal(g_strv_length(usual), 2);
    assert_string_equal(usual[0], "/etc/knoxfs.conf");
    assert_true(g_str_has_suffix(usual[1], "/knoxfs/knoxfs.conf"));
    assert_int_equal(g_strv_length(one), 1);
    assert_string_equal(one[0], "/x");
}

#define place_test(function) cmocka_unit_test_setup_teardown(function, place_setup, place_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        place_test(a_later_file_wins_by_setting),
        place_test(what_is_not_there_is_nothing_unless_it_must_be),
        place_test(a_file_that_others_can_change_is_not_trusted),
        place_test(what_is_no_configuration_is_named),
        cmocka_unit_test(the_usual_places_are_the_systems_and_the_users),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
