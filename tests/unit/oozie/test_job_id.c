#include "oozie/job_id.h"

#include <errno.h>
#include <string.h>

#include "support.h"

static const struct {
    const char *text, *job, *action;
    enum kx_job_kind kind;
} GOOD[] = {
    {"0000012-260101120000000-oozie-root-W", "0000012-260101120000000-oozie-root-W", NULL,
     KX_JOB_WORKFLOW},
    {"9999999-991231235959999-o-C", "9999999-991231235959999-o-C", NULL, KX_JOB_COORDINATOR},
    {"0000000-260101120000000-a.b_c-1-B", "0000000-260101120000000-a.b_c-1-B", NULL, KX_JOB_BUNDLE},
    {"0000012-260101120000000-oozie-root-W@:start:", "0000012-260101120000000-oozie-root-W",
     ":start:", KX_JOB_WORKFLOW},
    {"0000012-260101120000000-oozie-root-C@3", "0000012-260101120000000-oozie-root-C", "3",
     KX_JOB_COORDINATOR},
    {"0000012-260101120000000-oozie-root-W@a@b", "0000012-260101120000000-oozie-root-W", "a@b",
     KX_JOB_WORKFLOW},
    /* an id that has a kind's letter inside */
    {"0000012-260101120000000-W-C-B", "0000012-260101120000000-W-C-B", NULL, KX_JOB_BUNDLE},
};

static void ids_are_taken_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(GOOD); i++) {
        KX_ERROR_AUTO(err);
        struct kx_job_id id = {0};
        if (kx_job_id_parse(GOOD[i].text, &id, &err) != 0)
            fail_msg("%s: %s", GOOD[i].text, err.message);
        assert_int_equal(id.kind, GOOD[i].kind);
        assert_string_equal(id.job, GOOD[i].job);
        if (GOOD[i].action)
            assert_string_equal(id.action, GOOD[i].action);
        else
            assert_null(id.action);
        kx_job_id_clear(&id);
        assert_null(id.job);
    }
}

static const char *const BAD[] = {
    "",
    "W",
    "0000012",
    "000001-260101120000000-oozie-root-W",   /* six digits */
    "00000012-260101120000000-oozie-root-W", /* eight */
    "000001x-260101120000000-oozie-root-W",
    "0000012-26010112000000-oozie-root-W",
    "0000012-2601011200000000-oozie-root-W",
    "0000012-26010112000000x-oozie-root-W",
    "0000012_260101120000000-oozie-root-W",
    "0000012-260101120000000-oozie-root-X",
    "0000012-260101120000000-oozie-root-w",
    "0000012-260101120000000-oozie-root-",
    "0000012-260101120000000-oozie-root",
    "0000012-260101120000000-oozierootW",
    "0000012-260101120000000--W",
    "0000012-260101120000000-W",
    "0000012-260101120000000-oozie/root-W",
    "0000012-260101120000000-oozie root-W",
    "0000012-260101120000000-oozie\nroot-W",
    "0000012-260101120000000-caf\xc3\xa9-W",
    " 0000012-260101120000000-oozie-root-W",
    "0000012-260101120000000-oozie-root-W ",
    "0000012-260101120000000-oozie-root-W@",
    "0000012-260101120000000-oozie-root-W@a/b",
    "0000012-260101120000000-oozie-root-W@../x",
    "@0000012-260101120000000-oozie-root-W",
    "../0000012-260101120000000-oozie-root-W",
};

static void what_is_none_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++) {
        KX_ERROR_AUTO(err);
        struct kx_job_id id = {.job = NULL};
        if (kx_job_id_parse(BAD[i], &id, &err) != -EINVAL) fail_msg("\"%s\" was taken", BAD[i]);
        assert_error(&err, EINVAL, NULL, "not an Oozie id: ");
        assert_non_null(strstr(err.message, "expected 0000000-YYMMDDhhmmssmmm-SYSTEM-W"));
        assert_null(id.job);
        assert_int_equal(kx_job_id_parse(BAD[i], &id, NULL), -EINVAL);
    }
}

static void an_id_is_a_file_name(void **state)
{
    (void)state;
    struct kx_job_id id = {0};
    g_autofree char *system = g_strnfill(255 - strlen("0000012-260101120000000--W"), 's');
    g_autofree char *longest = g_strdup_printf("0000012-260101120000000-%s-W", system);
    g_autofree char *longer = g_strconcat(longest, "@a", NULL);
    assert_int_equal(strlen(longest), 255);
    assert_int_equal(kx_job_id_parse(longest, &id, NULL), 0);
    kx_job_id_clear(&id);
    assert_int_equal(kx_job_id_parse(longer, &id, NULL), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_taken_apart),
        cmocka_unit_test(what_is_none_is_refused),
        cmocka_unit_test(an_id_is_a_file_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
