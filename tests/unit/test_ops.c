#include "rest/ops.h"

#include <string.h>

#include "recording.h"
#include "rest/features.h"
#include "support.h"

static void every_operation_has_a_row(void **state)
{
    (void)state;
    for (int op = 0; op < KX_OP_COUNT; op++) {
        const struct kx_op_info *info = kx_op_info((enum kx_op)op);
        assert_non_null(info);
        if (!info->name || !info->method) fail_msg("operation %d has no row", op);
        for (int other = 0; other < op; other++)
            assert_string_not_equal(info->name, kx_op_info((enum kx_op)other)->name);
    }
}

static void only_file_bytes_cannot_be_repeated(void **state)
{
    (void)state;
    for (int op = 0; op < KX_OP_COUNT; op++) {
        const struct kx_op_info *info = kx_op_info((enum kx_op)op);
        assert_int_equal(info->body, info->unknown == KX_NEVER);
        if (info->body) assert_true(info->redirected);
        if (g_str_equal(info->method, "GET")) assert_int_equal(info->unknown, KX_REPEAT);
    }
}

static const struct kx_op_info *find(const char *name)
{
    for (int op = 0; op < KX_OP_COUNT; op++)
        if (g_str_equal(kx_op_info((enum kx_op)op)->name, name)) return kx_op_info((enum kx_op)op);
    return NULL;
}

/* What an exchange asked for.  @return owned. */
static char *operation_of(const struct exchange *exchange)
{
    const char *at = strstr(exchange->target, "op=");
    return at ? g_strndup(at + 3, strcspn(at + 3, "&")) : g_strdup("");
}

/* The table against what servers took: a recorded success was asked with the method of the table,
 * and a NameNode answered with a redirect exactly where the table says so. */
static void the_table_is_what_servers_took(void **state)
{
    (void)state;
    unsigned compared = 0;
    g_auto(GStrv) names = recording_names();
    for (char **name = names; *name; name++) {
        g_autoptr(GPtrArray) all = recording_read(*name);
        const struct exchange *first = all->pdata[0];
        g_autofree char *asked = operation_of(first);
        const struct kx_op_info *info = find(asked);
        bool odd = g_str_equal(first->method, "HEAD") || strstr(first->target, "noredirect") ||
                   g_str_has_prefix(*name, "httpfs-");
        if (!info || odd || first->status >= 400) continue;
        if (!g_str_equal(info->method, first->method) || info->redirected != (first->status == 307))
            fail_msg("%s: %s %s answered %d", *name, first->method, info->name, first->status);
        compared++;
    }
    assert_true(compared > 80);
}

static void features_are_unknown_until_learned(void **state)
{
    (void)state;
    struct kx_features features = {0};
    for (int i = 0; i < KX_FEATURE_COUNT; i++) {
        assert_int_equal(kx_feature_get(&features, (enum kx_feature)i), KX_UNKNOWN);
        assert_non_null(kx_feature_name((enum kx_feature)i));
    }
    kx_feature_set(&features, KX_FEATURE_SPACE, KX_NO);
    assert_int_equal(kx_feature_get(&features, KX_FEATURE_SPACE), KX_NO);
    assert_int_equal(kx_feature_get(&features, KX_FEATURE_LIST_BATCH), KX_UNKNOWN);
    assert_string_equal(kx_known_name(KX_NO), "no");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_has_a_row),
        cmocka_unit_test(only_file_bytes_cannot_be_repeated),
        cmocka_unit_test(the_table_is_what_servers_took),
        cmocka_unit_test(features_are_unknown_until_learned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
