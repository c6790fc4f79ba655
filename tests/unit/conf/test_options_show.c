#include <errno.h>
#include <string.h>

#include "conf/options.h"
#include "conf/options_table.h"
#include "support.h"

/* knoxfs -o LIST http://nn /mnt */
static int parse_list(const char *list, struct kx_options *out, struct kx_error *err)
{
    const char *const argv[] = {"knoxfs", "-o", list, "http://nn", "/mnt"};
    return kx_options_parse(G_N_ELEMENTS(argv), (char **)(uintptr_t)argv, out, err);
}

static void check_refused(const char *list, const char *message)
{
    KX_ERROR_AUTO(err);
    struct kx_options options;
    assert_int_equal(parse_list(list, &options, &err), -EINVAL);
    assert_string_equal(err.message, message);
}

static void a_directory_of_the_trees_is_one_name(void **state)
{
    (void)state;
    check_refused("vroot=a/b", "-o vroot=a/b: the name of one directory is expected");
    check_refused("vroot=..", "-o vroot=..: the name of one directory is expected");
    check_refused("vroot=.", "-o vroot=.: the name of one directory is expected");
    check_refused("vroot=", "-o vroot=: the value is empty");
}

/* What is in effect, as a line of kx_options_show; NULL: any. */
static void check_shown(const struct kx_options *o, enum kx_log_level level, const char *line)
{
    const struct kx_options_now now = {level, true};
    const struct kx_options_now *changed = level == o->log_level && o->read_only ? NULL : &now;
    g_autofree char *text = kx_options_show(o, changed), *all = g_strconcat("\n", text, NULL);
    g_autofree char *wanted = g_strconcat("\n", line, "\n", NULL);
    if (!strstr(all, wanted)) fail_msg("there is no line \"%s\" in\n%s", line, text);
}

static void what_is_in_effect_is_shown(void **state)
{
    (void)state;
    struct kx_options o;
    assert_int_equal(
        parse_list("ro,timeout=2.5,attr_timeout=0.25,uid=7,nosuid,user=bob,write=back", &o, NULL),
        0);
    static const char *const LINES[] = {"ro\tyes\toption",
                                        "allow_other\tno\tdefault",
                                        "timeout\t2.5\toption",
                                        "attr_timeout\t0.25\toption",
                                        "entry_timeout\t1\tdefault",
                                        "uid\t7\toption",
                                        "gid\t\tdefault",
                                        "nosuid\tyes\toption",
                                        "user\tbob\toption",
                                        "write\tback\toption",
                                        "loglevel\twarning\tdefault",
                                        "stage_dir\t/var/tmp\tdefault"};
    for (size_t i = 0; i < G_N_ELEMENTS(LINES); i++)
        check_shown(&o, KX_LOG_WARNING, LINES[i]);
    check_shown(&o, KX_LOG_DEBUG, "loglevel\tdebug\tctl");
    check_shown(&o, KX_LOG_DEBUG, "ro\tyes\toption");
    kx_options_clear(&o);
    assert_int_equal(parse_list("uid=7", &o, NULL), 0);
    check_shown(&o, KX_LOG_WARNING, "ro\tyes\tctl");
    kx_options_clear(&o);
}

static void help_and_manual_know_every_option(void **state)
{
    (void)state;
    size_t count;
    g_autofree char *help = kx_options_help(), *manual = kx_options_manual();
    /* Its texts are broken into lines. */
    g_autoptr(GRegex) breaks = g_regex_new("\\n {6,}", 0, 0, NULL);
    g_autofree char *unbroken = g_regex_replace_literal(breaks, help, -1, 0, " ", 0, NULL);
    const struct kx_option_row *rows = kx_option_rows(&count);
    for (size_t i = 0; i < count; i++) {
        const char *value = rows[i].value ? rows[i].value : "";
        g_autofree char *in_help =
            g_strdup_printf("\n     %s%s%s ", rows[i].name, *value ? "=" : "", value);
        g_autofree char *in_manual = g_strdup_printf("*%s*", rows[i].name);
        if (rows[i].help) {
            if (!strstr(help, in_help) || !strstr(unbroken, rows[i].help))
                fail_msg("--help does not know %s", rows[i].name);
            if (!strstr(manual, in_manual) || !strstr(manual, rows[i].help))
                fail_msg("the manual does not know %s", rows[i].name);
        }
    }
    const struct kx_flag_row *flags = kx_flag_rows(&count);
    for (size_t i = 0; i < count; i++) {
        g_autofree char *line = g_strdup_printf("-%c, --%s", flags[i].letter, flags[i].word);
        assert_non_null(strstr(help, line));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_directory_of_the_trees_is_one_name),
        cmocka_unit_test(what_is_in_effect_is_shown),
        cmocka_unit_test(help_and_manual_know_every_option),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
