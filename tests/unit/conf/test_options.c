#include "conf/options.h"

#include <errno.h>
#include <string.h>

#include "conf/options_table.h"
#include "support.h"
/* knoxfs WORDS...  @return as kx_options_parse. */
static int parse(struct kx_options *out, struct kx_error *err, ...)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    va_list words;
    va_start(words, err);
    g_ptr_array_add(argv, (char *)(uintptr_t) "knoxfs");
    for (const char *word; (word = va_arg(words, const char *));)
        g_ptr_array_add(argv, (char *)(uintptr_t)word);
    va_end(words);
    g_ptr_array_add(argv, NULL);
    return kx_options_parse((int)argv->len - 1, (char **)argv->pdata, out, err);
}

/* knoxfs -o LIST http://nn /mnt, which must be right. */
static void parse_list(const char *list, struct kx_options *out)
{
    KX_ERROR_AUTO(err);
    if (parse(out, &err, "-o", list, "http://nn", "/mnt", NULL) != 0)
        fail_msg("-o %s: %s", list, err.message);
}

static void check_refused(const char *list, const char *message)
{
    KX_ERROR_AUTO(err);
    struct kx_options options;
    if (parse(&options, &err, "-o", list, "http://nn", "/mnt", NULL) != -EINVAL)
        fail_msg("-o %s was taken", list);
    assert_int_equal(err.code, EINVAL);
    assert_string_equal(err.message, message);
    assert_null(options.endpoint); /* nothing is left to free */
}

static void without_options_there_are_defaults(void **state)
{
    (void)state;
    struct kx_options o;
    assert_int_equal(parse(&o, NULL, "http://nn:9870/a", "/mnt", NULL), 0);
    assert_string_equal(o.endpoint, "http://nn:9870/a");
    assert_string_equal(o.mountpoint, "/mnt");
    assert_false(o.foreground || o.debug || o.help || o.version);
    assert_false(o.read_only || o.allow_other || o.default_permissions);
    assert_true(o.attr_timeout_s == 1 && o.entry_timeout_s == 1 && o.negative_timeout_s == 1);
    assert_true(o.dir_timeout_s == 10 && o.uid == -1 && o.gid == -1);
    assert_true(o.timeout_ms == 30000 && o.data_timeout_ms == 60000 &&
                o.connect_timeout_ms == 5000);
    assert_true(o.replication == 0 && o.block_bytes == 0 && o.mem_bytes == 268435456);
    assert_true(o.log_level == KX_LOG_WARNING && !o.user && !o.fsname && !o.log_file);
    assert_string_equal(o.stage_dir, "/var/tmp");
    assert_int_equal(o.kernel->len, 0);
    kx_options_clear(&o);
}

/* --- every option, with a value that is right --- */
enum sort { FLAG, WHOLE, REAL, TEXT, LEVEL, CHOICE };

static const struct {
    const char *list;
    size_t at;
    enum sort sort;
    int64_t whole;
    double real;
    const char *text;
} GOOD[] = {
    {"ro", KX_OPTION_AT(read_only), FLAG, 0, 0, NULL},
    {"allow_other", KX_OPTION_AT(allow_other), FLAG, 0, 0, NULL},
    {"default_permissions", KX_OPTION_AT(default_permissions), FLAG, 0, 0, NULL},
    {"sync_block", KX_OPTION_AT(sync_block), FLAG, 0, 0, NULL},
    {"verify", KX_OPTION_AT(verify), FLAG, 0, 0, NULL},
    {"config=/x.conf", KX_OPTION_AT(config), TEXT, 0, 0, "/x.conf"},
    {"auth_file=x", KX_OPTION_AT(auth_file), TEXT, 0, 0, "x"},
    {"auth_command=x", KX_OPTION_AT(auth_command), TEXT, 0, 0, "x"},
    {"netrc=x", KX_OPTION_AT(netrc), TEXT, 0, 0, "x"},
    {"credential=x", KX_OPTION_AT(credential), TEXT, 0, 0, "x"},
    {"token_file=x", KX_OPTION_AT(token_file), TEXT, 0, 0, "x"},
    {"token_url=x", KX_OPTION_AT(token_url), TEXT, 0, 0, "x"},
    {"delegation_file=x", KX_OPTION_AT(delegation_file), TEXT, 0, 0, "x"},
    {"keytab=x", KX_OPTION_AT(keytab), TEXT, 0, 0, "x"},
    {"principal=x", KX_OPTION_AT(principal), TEXT, 0, 0, "x"},
    {"cacert=x", KX_OPTION_AT(cacert), TEXT, 0, 0, "x"},
    {"pin=x", KX_OPTION_AT(pin), TEXT, 0, 0, "x"},
    {"cert=x", KX_OPTION_AT(cert), TEXT, 0, 0, "x"},
    {"key=x", KX_OPTION_AT(key), TEXT, 0, 0, "x"},
    {"datanode_map=a=b:1", KX_OPTION_AT(datanode_map), TEXT, 0, 0, "a=b:1"},
    {"proxy=http://x", KX_OPTION_AT(proxy), TEXT, 0, 0, "http://x"},
    {"no_proxy=x", KX_OPTION_AT(no_proxy), TEXT, 0, 0, "x"},
    {"ask_password", KX_OPTION_AT(ask_password), FLAG, 0, 0, NULL},
    {"insecure_tls", KX_OPTION_AT(insecure_tls), FLAG, 0, 0, NULL},
    {"user=bob", KX_OPTION_AT(user), TEXT, 0, 0, "bob"},
    {"user=a,user=b", KX_OPTION_AT(user), TEXT, 0, 0, "b"},
    {"user=a\\,b\\\\c=d", KX_OPTION_AT(user), TEXT, 0, 0, "a,b\\c=d"},
    {"fsname=my cluster", KX_OPTION_AT(fsname), TEXT, 0, 0, "my cluster"},
    {"stage_dir=/scratch", KX_OPTION_AT(stage_dir), TEXT, 0, 0, "/scratch"},
    {"logfile=/var/knoxfs\\,1,ro", KX_OPTION_AT(log_file), TEXT, 0, 0, "/var/knoxfs,1"},
    {"record=/var/record", KX_OPTION_AT(record_file), TEXT, 0, 0, "/var/record"},
    {"audit=/var/audit", KX_OPTION_AT(audit_file), TEXT, 0, 0, "/var/audit"},
    {"attr_timeout=2.5", KX_OPTION_AT(attr_timeout_s), REAL, 0, 2.5, NULL},
    {"attr_timeout=0", KX_OPTION_AT(attr_timeout_s), REAL, 0, 0, NULL},
    {"dir_timeout=86400", KX_OPTION_AT(dir_timeout_s), REAL, 0, 86400, NULL},
    {"entry_timeout=1e1", KX_OPTION_AT(entry_timeout_s), REAL, 0, 10, NULL},
    {"negative_timeout=0.25", KX_OPTION_AT(negative_timeout_s), REAL, 0, 0.25, NULL},
    {"uid=0", KX_OPTION_AT(uid), WHOLE, 0, 0, NULL},
    {"uid=4294967294", KX_OPTION_AT(uid), WHOLE, 4294967294, 0, NULL},
    {"gid=1000", KX_OPTION_AT(gid), WHOLE, 1000, 0, NULL},
    {"timeout=1", KX_OPTION_AT(timeout_ms), WHOLE, 1000, 0, NULL},
    {"timeout=3600", KX_OPTION_AT(timeout_ms), WHOLE, 3600000, 0, NULL},
    {"data_timeout=1.5", KX_OPTION_AT(data_timeout_ms), WHOLE, 1500, 0, NULL},
    {"connect_timeout=600", KX_OPTION_AT(connect_timeout_ms), WHOLE, 600000, 0, NULL},
    {"replication=1", KX_OPTION_AT(replication), WHOLE, 1, 0, NULL},
    {"replication=512", KX_OPTION_AT(replication), WHOLE, 512, 0, NULL},
    {"blocksize=4096", KX_OPTION_AT(block_bytes), WHOLE, 4096, 0, NULL},
    {"blocksize=128m", KX_OPTION_AT(block_bytes), WHOLE, 134217728, 0, NULL},
    {"blocksize=2G", KX_OPTION_AT(block_bytes), WHOLE, 2147483648, 0, NULL},
    {"stage_max=1T", KX_OPTION_AT(stage_max_bytes), WHOLE, 1099511627776, 0, NULL},
    {"write=direct", KX_OPTION_AT(write), CHOICE, KX_WRITE_DIRECT, 0, NULL},
    {"write=back", KX_OPTION_AT(write), CHOICE, KX_WRITE_BACK, 0, NULL},
    {"write=exclusive", KX_OPTION_AT(write), CHOICE, KX_WRITE_EXCLUSIVE, 0, NULL},
    {"parallel_upload=4", KX_OPTION_AT(parallel_upload), WHOLE, 4, 0, NULL},
    {"streams=4", KX_OPTION_AT(streams), WHOLE, 4, 0, NULL},
    {"hedge", KX_OPTION_AT(hedge), FLAG, 0, 0, NULL},
    {"excl=close", KX_OPTION_AT(excl), CHOICE, KX_EXCL_CLOSE, 0, NULL},
    {"excl=open", KX_OPTION_AT(excl), CHOICE, KX_EXCL_OPEN, 0, NULL},
    {"read_ahead=0", KX_OPTION_AT(read_ahead_bytes), WHOLE, 0, 0, NULL},
    {"read_ahead=4M", KX_OPTION_AT(read_ahead_bytes), WHOLE, 4194304, 0, NULL},
    {"mem=64M", KX_OPTION_AT(mem_bytes), WHOLE, 67108864, 0, NULL},
    {"unmount_timeout=5", KX_OPTION_AT(unmount_timeout_ms), WHOLE, 5000, 0, NULL},
    {"hidevirtual", KX_OPTION_AT(hide_virtual), FLAG, 0, 0, NULL},
    {"novirtual", KX_OPTION_AT(no_virtual), FLAG, 0, 0, NULL},
    {"vroot=.hadoop", KX_OPTION_AT(vroot), TEXT, 0, 0, ".hadoop"},
    {"oozie=http://o:1", KX_OPTION_AT(oozie), TEXT, 0, 0, "http://o:1"},
    {"yarn=http://y:2/ws", KX_OPTION_AT(yarn), TEXT, 0, 0, "http://y:2/ws"},
    {"jobhistory=none", KX_OPTION_AT(jobhistory), TEXT, 0, 0, "none"},
    {"callback=http://c:3", KX_OPTION_AT(callback), TEXT, 0, 0, "http://c:3"},
    {"loglevel=ERROR", KX_OPTION_AT(log_level), LEVEL, KX_LOG_ERROR, 0, NULL},
};

static bool is_set(const struct kx_options *o, size_t i)
{
    const void *at = (const char *)o + GOOD[i].at;
    switch (GOOD[i].sort) {
    case FLAG:
        return *(const bool *)at;
    case WHOLE:
        return *(const int64_t *)at == GOOD[i].whole;
    case REAL:
        return *(const double *)at == GOOD[i].real;
    case CHOICE:
        return *(const int *)at == (int)GOOD[i].whole;
    case LEVEL:
        return *(const enum kx_log_level *)at == (enum kx_log_level)GOOD[i].whole;
    default:
        return g_strcmp0(*(char *const *)at, GOOD[i].text) == 0;
    }
}

static void every_option_is_understood(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(GOOD); i++) {
        struct kx_options options;
        parse_list(GOOD[i].list, &options);
        if (!is_set(&options, i)) fail_msg("-o %s has not set its value", GOOD[i].list);
        kx_options_clear(&options);
    }
}

static bool is_tried(const struct kx_option_row *row)
{
    for (size_t i = 0; i < G_N_ELEMENTS(GOOD); i++)
        if (GOOD[i].at == row->at && g_str_has_prefix(GOOD[i].list, row->name)) return true;
    return false;
}

static void no_option_is_forgotten_here(void **state)
{
    (void)state;
    size_t count;
    const struct kx_option_row *rows = kx_option_rows(&count);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(rows[i].name, rows[j].name);
        bool ours = rows[i].kind != KX_OPTION_KERNEL && rows[i].kind != KX_OPTION_IGNORED;
        if (ours && !is_tried(&rows[i])) fail_msg("add -o %s to this test", rows[i].name);
        assert_int_equal(ours, rows[i].help != NULL);
    }
}

static void words_of_mount_and_fstab(void **state)
{
    (void)state;
    struct kx_options o;
    parse_list("defaults,nosuid,rw,_netdev,nofail,x-systemd.automount,noexec,users,,noauto", &o);
    assert_int_equal(o.kernel->len, 2);
    assert_string_equal(o.kernel->pdata[0], "nosuid");
    assert_string_equal(o.kernel->pdata[1], "noexec");
    assert_false(o.read_only);
    kx_options_clear(&o);
}

/* --- values that are wrong --- */

static const struct {
    const char *list, *message;
} BAD[] = {
    {"nosuch", "-o nosuch: there is no such option (knoxfs --help lists them)"},
    {"write=fast", "-o write=fast: one of direct|back|exclusive is expected"},
    {"write=", "-o write=: one of direct|back|exclusive is expected"},
    {"mem=1M", "-o mem=1M: must be from 16777216 to 9223372036854775807"},
    {"stage_max=1K", "-o stage_max=1K: must be from 1048576 to 9223372036854775807"},
    {"attr_timeou=1", "-o attr_timeou=1: there is no such option (knoxfs --help lists them)"},
    {"RO", "-o RO: there is no such option (knoxfs --help lists them)"},
    {"=1", "-o =1: there is no such option (knoxfs --help lists them)"},
    {"ro=1", "-o ro=1: it is a switch: yes or no is expected, or nothing"},
    {"allow_other=", "-o allow_other=: it is a switch: yes or no is expected, or nothing"},
    {"nosuid=1", "-o nosuid=1: it is a switch: yes or no is expected, or nothing"},
    {"defaults=1", "-o defaults=1: it is a switch: yes or no is expected, or nothing"},
    {"user", "-o user: needs a value: user=NAME"},
    {"timeout", "-o timeout: needs a value: timeout=S"},
    {"uid", "-o uid: needs a value: uid=N"},
    {"loglevel", "-o loglevel: needs a value: loglevel=LEVEL"},
    {"user=", "-o user=: the value is empty"},
    {"logfile=", "-o logfile=: the value is empty"},
    {"proxy=", "-o proxy=: the value is empty"},
    {"proxy=x:1", "-o proxy: http://HOST:PORT (or https, socks5h, ...) is expected"},
    {"proxy=http://me:word@x:1",
     "-o proxy: it has a login, and everybody on this machine reads command lines: write it into a "
     "profile that is yours alone (chmod 600), or into $https_proxy and $http_proxy"},
    {"fsname=", "-o fsname=: the value is empty"},
    {"uid=bob", "-o uid=bob: a whole number is expected"},
    {"uid=", "-o uid=: a whole number is expected"},
    {"uid=1.5", "-o uid=1.5: a whole number is expected"},
    {"uid=1K", "-o uid=1K: a whole number is expected"},
    {"uid=-1", "-o uid=-1: must be from 0 to 4294967294"},
    {"gid=4294967295", "-o gid=4294967295: must be from 0 to 4294967294"},
    {"gid=99999999999999999999", "-o gid=99999999999999999999: the number is too large"},
    {"replication=0", "-o replication=0: must be from 1 to 512"},
    {"replication=513", "-o replication=513: must be from 1 to 512"},
    {"blocksize=4095", "-o blocksize=4095: must be from 4096 to 9223372036854775807"},
    {"blocksize=-1K", "-o blocksize=-1K: must be from 4096 to 9223372036854775807"},
    {"blocksize=K", "-o blocksize=K: a whole number is expected"},
    {"blocksize=1KB", "-o blocksize=1KB: a whole number is expected"},
    {"blocksize=1E", "-o blocksize=1E: a whole number is expected"},
    {"blocksize=8388608T", "-o blocksize=8388608T: the number is too large"},
    {"blocksize=-9223372036854775808T",
     "-o blocksize=-9223372036854775808T: the number is too large"},
    {"attr_timeout=-1", "-o attr_timeout=-1: seconds from 0 to 86400 are expected"},
    {"attr_timeout=86401", "-o attr_timeout=86401: seconds from 0 to 86400 are expected"},
    {"entry_timeout=1s", "-o entry_timeout=1s: seconds from 0 to 86400 are expected"},
    {"negative_timeout=nan", "-o negative_timeout=nan: seconds from 0 to 86400 are expected"},
    {"negative_timeout=inf", "-o negative_timeout=inf: seconds from 0 to 86400 are expected"},
    {"timeout=0", "-o timeout=0: seconds from 1 to 3600 are expected"},
    {"timeout=", "-o timeout=: seconds from 1 to 3600 are expected"},
    {"data_timeout=0.5", "-o data_timeout=0.5: seconds from 1 to 86400 are expected"},
    {"connect_timeout=601", "-o connect_timeout=601: seconds from 1 to 600 are expected"},
    {"loglevel=loud", "-o loglevel=loud: error, warning, info, debug or trace is expected"},
};

static void wrong_values_are_explained(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++)
        check_refused(BAD[i].list, BAD[i].message);
}

/* --- the command line --- */

static void flags_have_a_letter_and_a_word(void **state)
{
    (void)state;
    struct kx_options o;
    assert_int_equal(parse(&o, NULL, "-f", "http://nn", "/mnt", NULL), 0);
    assert_true(o.foreground);
    kx_options_clear(&o);
    assert_int_equal(parse(&o, NULL, "http://nn", "/mnt", "--foreground", NULL), 0);
    assert_true(o.foreground);
    kx_options_clear(&o);
    assert_int_equal(parse(&o, NULL, "-h", NULL), 0);
    assert_true(o.help);
    kx_options_clear(&o);
    assert_int_equal(parse(&o, NULL, "--version", NULL), 0);
    assert_true(o.version);
    kx_options_clear(&o);
}

static void debug_is_foreground_with_every_request(void **state)
{
    (void)state;
    struct kx_options o;
    assert_int_equal(parse(&o, NULL, "-d", "http://nn", "/mnt", NULL), 0);
    assert_true(o.debug && o.foreground);
    assert_int_equal(o.log_level, KX_LOG_TRACE);
    kx_options_clear(&o);
}

static void options_may_stand_anywhere(void **state)
{
    (void)state;
    struct kx_options o;
    assert_int_equal(
        parse(&o, NULL, "-ouser=a", "http://nn", "-o", "ro,uid=1", "/mnt", "-o", "gid=2", NULL), 0);
    assert_string_equal(o.user, "a");
    assert_true(o.read_only);
    assert_int_equal(o.uid, 1);
    assert_int_equal(o.gid, 2);
    assert_string_equal(o.mountpoint, "/mnt");
    kx_options_clear(&o);
}

static void behind_two_dashes_are_operands(void **state)
{
    (void)state;
    struct kx_options o;
    assert_int_equal(parse(&o, NULL, "--", "http://nn", "-o", NULL), 0);
    assert_string_equal(o.mountpoint, "-o");
    kx_options_clear(&o);
    assert_int_equal(parse(&o, NULL, "http://nn", "-", NULL), 0);
    assert_string_equal(o.mountpoint, "-");
    kx_options_clear(&o);
}

#define check_line(expected, ...)                                                                  \
    do {                                                                                           \
        KX_ERROR_AUTO(err);                                                                        \
        struct kx_options options;                                                                 \
        assert_int_equal(parse(&options, &err, __VA_ARGS__, NULL), -EINVAL);                       \
        assert_string_equal(err.message, expected);                                                \
    } while (0)

static void wrong_lines_are_explained(void **state)
{
    (void)state;
    check_line("the mount point is missing: knoxfs [-o OPTION,...] ENDPOINT MOUNTPOINT",
               "http://nn");
    check_line("the endpoint is missing: knoxfs [-o OPTION,...] ENDPOINT MOUNTPOINT", "-f");
    check_line("more: one argument too many", "http://nn", "/mnt", "more");
    check_line("-o needs a value", "http://nn", "/mnt", "-o");
    check_line("-x: there is no such option (knoxfs --help lists them)", "-x", "a", "/mnt");
    check_line("-fd: there is no such option (knoxfs --help lists them)", "-fd", "a", "/mnt");
    check_line("--help=1: there is no such option (knoxfs --help lists them)", "--help=1");
    check_line("--foregroun: there is no such option (knoxfs --help lists them)", "--foregroun");
}

static void nothing_at_all(void **state)
{
    (void)state;
    KX_ERROR_AUTO(err);
    struct kx_options o;
    assert_int_equal(parse(&o, &err, NULL), -EINVAL);
    assert_string_equal(err.message, "the endpoint is missing: knoxfs [-o OPTION,...] ENDPOINT "
                                     "MOUNTPOINT");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_options_there_are_defaults),
        cmocka_unit_test(every_option_is_understood),
        cmocka_unit_test(no_option_is_forgotten_here),
        cmocka_unit_test(words_of_mount_and_fstab),
        cmocka_unit_test(wrong_values_are_explained),
        cmocka_unit_test(flags_have_a_letter_and_a_word),
        cmocka_unit_test(debug_is_foreground_with_every_request),
        cmocka_unit_test(options_may_stand_anywhere),
        cmocka_unit_test(behind_two_dashes_are_operands),
        cmocka_unit_test(wrong_lines_are_explained),
        cmocka_unit_test(nothing_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
