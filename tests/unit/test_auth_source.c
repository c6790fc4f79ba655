/* Where logins come from, and the passes that are made of them. */
#include "rest/auth_source.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "rest/auth_pass.h"
#include "support.h"

static int rc_of(enum kx_source_kind kind, const char *where, const char *host,
                 struct kx_secret **out, struct kx_error *err)
{
    struct kx_source source;
    kx_source_init(&source, kind, where, host);
    int rc = kx_source_read(&source, out, err);
    kx_source_clear(&source);
    return rc;
}

static void check(enum kx_source_kind kind, const char *where, const char *host,
                  const char *expected)
{
    KX_ERROR_AUTO(err);
    g_autoptr(kx_secret) line = NULL;
    if (rc_of(kind, where, host, &line, &err) < 0) fail_msg("%s: %s", where, err.message);
    assert_string_equal(kx_secret_text(line), expected);
}

static void check_refused(enum kx_source_kind kind, const char *where, const char *host, int code,
                          const char *reason)
{
    KX_ERROR_AUTO(err);
    g_autoptr(kx_secret) line = NULL;
    assert_int_equal(rc_of(kind, where, host, &line, &err), -code);
    assert_error(&err, code, NULL, reason);
    assert_null(strstr(err.message, "hunter2"));
}

static void a_command_prints_it(void **state)
{
    (void)state;
    check(KX_SOURCE_COMMAND, "echo a:b:c", NULL, "a:b:c");
    check(KX_SOURCE_COMMAND, "printf '%s' 'a:b c'", NULL, "a:b c");
    check_refused(KX_SOURCE_COMMAND, "echo a:hunter2; exit 3", NULL, EACCES, "has failed");
    check_refused(KX_SOURCE_COMMAND, "kill -9 $$", NULL, EACCES, "has failed");
    check_refused(KX_SOURCE_COMMAND, "true", NULL, EINVAL, "empty");
    check_refused(KX_SOURCE_COMMAND, "echo hunter2; echo hunter2", NULL, EINVAL, "one line");
}

static const char NETRC[] = "machine other login x password hunter2\n"
                            "macdef init\nmachine HOST login no password hunter2\n\n"
                            "machine host\n  login alice\n  password p:w\n"
                            "machine half login bob\n"
                            "default login any password one\n";

static void a_netrc_has_it_by_host(void **state)
{
    (void)state;
    g_autofree char *folder = g_dir_make_tmp("kx-netrc-XXXXXX", NULL);
    g_autofree char *file = g_build_filename(folder, "netrc", NULL);
    assert_true(g_file_set_contents(file, NETRC, -1, NULL));
    assert_int_equal(g_chmod(file, 0600), 0);
    check(KX_SOURCE_NETRC, file, "host", "alice:p:w");
    check(KX_SOURCE_NETRC, file, "HOST", "alice:p:w");
    check(KX_SOURCE_NETRC, file, "nobody", "any:one");
    assert_true(g_file_set_contents(file, "machine a login b password hunter2\n", -1, NULL));
    assert_int_equal(g_chmod(file, 0600), 0);
    check_refused(KX_SOURCE_NETRC, file, "host", ENOENT, "no login and password for host");
    assert_int_equal(g_chmod(file, 0644), 0);
    check_refused(KX_SOURCE_NETRC, file, "a", EACCES, "chmod 600");
    g_unlink(file);
    g_rmdir(folder);
}

static void a_credential_is_in_the_services_folder(void **state)
{
    (void)state;
    g_autofree char *folder = g_dir_make_tmp("kx-credential-XXXXXX", NULL);
    g_autofree char *file = g_build_filename(folder, "knox", NULL);
    assert_true(g_file_set_contents(file, "a:b\n", -1, NULL));
    assert_int_equal(g_chmod(file, 0400), 0);
    g_setenv("CREDENTIALS_DIRECTORY", folder, TRUE);
    check(KX_SOURCE_CREDENTIAL, "knox", NULL, "a:b");
    check_refused(KX_SOURCE_CREDENTIAL, "none", NULL, ENOENT, "none");
    g_unsetenv("CREDENTIALS_DIRECTORY");
    g_unlink(file);
    g_rmdir(folder);
}

static void a_change_of_the_file_is_seen(void **state)
{
    (void)state;
    g_autofree char *folder = g_dir_make_tmp("kx-change-XXXXXX", NULL);
    g_autofree char *file = g_build_filename(folder, "f", NULL);
    g_autoptr(kx_secret) line = NULL;
    struct kx_source source;
    assert_true(g_file_set_contents(file, "a:b", -1, NULL));
    assert_int_equal(g_chmod(file, 0600), 0);
    kx_source_init(&source, KX_SOURCE_FILE, file, NULL);
    assert_int_equal(kx_source_read(&source, &line, NULL), 0);
    assert_false(kx_source_changed(&source));
    assert_true(g_file_set_contents(file, "a:c", -1, NULL)); /* another file of that name */
    assert_true(kx_source_changed(&source));
    g_unlink(file);
    assert_false(kx_source_changed(&source)); /* nothing to read: what was read stays */
    kx_source_clear(&source);
    g_rmdir(folder);
}

static struct kx_pass *pass_of(enum kx_login login, const char *text, const char *user)
{
    KX_ERROR_AUTO(err);
    struct kx_pass *pass = NULL;
    g_autoptr(kx_secret) line = kx_secret_new(text, strlen(text));
    if (kx_pass_new(login, line, user, &pass, &err) < 0) fail_msg("%s", err.message);
    return pass;
}

static void the_first_colon_splits(void **state)
{
    (void)state;
    g_autoptr(kx_pass) pass = pass_of(KX_LOGIN_BASIC, "alice:pass:word", NULL);
    assert_string_equal(pass->user, "alice");
    assert_string_equal(kx_secret_text(pass->header), "Authorization: Basic YWxpY2U6cGFzczp3b3Jk");
    KX_ERROR_AUTO(err);
    struct kx_pass *none = NULL;
    g_autoptr(kx_secret) line = kx_secret_new("hunter2", 7);
    assert_int_equal(kx_pass_new(KX_LOGIN_BASIC, line, NULL, &none, &err), -EINVAL);
    assert_error(&err, EINVAL, NULL, "USER:PASSWORD");
    assert_null(strstr(err.message, "hunter2"));
}

static void a_token_says_who_and_until_when(void **state)
{
    (void)state;
    /* {"sub":"alice?>","exp":1800000000} in base64url, which has '_' and '-' in it */
    g_autoptr(kx_pass) pass =
        pass_of(KX_LOGIN_BEARER, "e30.eyJzdWIiOiJhbGljZT8-IiwiZXhwIjoxODAwMDAwMDAwfQ.xx", "bob");
    assert_string_equal(pass->user, "alice?>");
    assert_int_equal(pass->expires_ms, INT64_C(1800000000000));
    assert_true(g_str_has_prefix(kx_secret_text(pass->header), "Authorization: Bearer e30."));
    static const char *const SILENT[] = {"opaque", "a.b.c", "..", "a.e30.c", "a.!!!!.c"};
    for (size_t i = 0; i < G_N_ELEMENTS(SILENT); i++) {
        g_autoptr(kx_pass) other = pass_of(KX_LOGIN_BEARER, SILENT[i], "bob");
        assert_string_equal(other->user, "bob");
        assert_int_equal(other->expires_ms, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_prints_it),
        cmocka_unit_test(a_netrc_has_it_by_host),
        cmocka_unit_test(a_credential_is_in_the_services_folder),
        cmocka_unit_test(a_change_of_the_file_is_seen),
        cmocka_unit_test(the_first_colon_splits),
        cmocka_unit_test(a_token_says_who_and_until_when),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
