/* What mount(8) says to its helper mount.knoxfs (recorded from util-linux 2.38). */
#include "conf/options.h"

#include <errno.h>

#include "support.h"

static int parse(const char *line, struct kx_options *out, struct kx_error *err)
{
    g_auto(GStrv) argv = g_strsplit(line, " ", -1);
    return kx_options_parse((int)g_strv_length(argv), argv, out, err);
}

static void check(const char *line, bool fake, const char *user)
{
    KX_ERROR_AUTO(err);
    struct kx_options o;
    if (parse(line, &o, &err) != 0) fail_msg("%s: %s", line, err.message);
    assert_string_equal(o.endpoint, "http://nn:9870/a");
    assert_string_equal(o.mountpoint, "/mnt");
    assert_true(o.by_mount);
    assert_false(o.foreground || o.version);
    assert_int_equal(o.fake, fake);
    if (user)
        assert_string_equal(o.user, user);
    else
        assert_null(o.user);
    kx_options_clear(&o);
}

static void a_helper_understands_its_caller(void **state)
{
    (void)state;
    check("/sbin/mount.knoxfs http://nn:9870/a /mnt -o rw", false, NULL);
    check("/sbin/mount.knoxfs http://nn:9870/a /mnt -v -o ro,user=bob,exec,suid,dev", false, "bob");
    check("/sbin/mount.knoxfs http://nn:9870/a /mnt -s -o rw,nosymfollow,nosuid,nodev", false,
          NULL);
    check("mount.knoxfs http://nn:9870/a /mnt -f -n -o rw,lazytime,strictatime,noexec,nosuid,nodev,"
          "allow_other,user,nofail,_netdev",
          true, NULL);
    check("mount.knoxfs http://nn:9870/a /mnt -N 4711 -o rw -t hdfs", false, NULL);
}

static void others_mean_what_they_say(void **state)
{
    (void)state;
    struct kx_options o;
    KX_ERROR_AUTO(err);
    assert_int_equal(parse("knoxfs -f http://nn /mnt", &o, NULL), 0);
    assert_true(o.foreground);
    assert_false(o.fake || o.by_mount);
    kx_options_clear(&o);
    assert_int_equal(parse("knoxfs -v http://nn /mnt", &o, NULL), -EINVAL);
    assert_int_equal(parse("/mount.d/knoxfs -o user http://nn /mnt", &o, &err), -EINVAL);
    assert_string_equal(err.message, "-o user: needs a value: user=NAME");
    assert_int_equal(parse("mount.knoxfs http://nn /mnt -x", &o, &err), -EINVAL);
    assert_int_equal(parse("mount.knoxfs http://nn /mnt -t", &o, &err), -EINVAL);
    assert_int_equal(parse("mount.knoxfs http://nn /mnt -o uid", &o, &err), -EINVAL);
    assert_string_equal(err.message, "-o uid: needs a value: uid=N");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_helper_understands_its_caller),
        cmocka_unit_test(others_mean_what_they_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
