#include "rest/json_answer.h"

#include <errno.h>
#include <string.h>

#include "support.h"

static struct kx_answer *parsed(const char *text)
{
    g_autoptr(GBytes) body = g_bytes_new(text, strlen(text));
    struct kx_answer *record = NULL;
    KX_ERROR_AUTO(err);
    if (kx_answer_parse(body, &record, &err) != 0) fail_msg("%s: %s", text, err.message);
    return record;
}

static void assert_text(const struct kx_item *item, const char *path, const char *expected)
{
    g_autofree char *text = kx_item_text(item, path);
    if (g_strcmp0(text, expected) != 0) fail_msg("%s: %s instead of %s", path, text, expected);
}

static void members_are_found_by_path(void **state)
{
    (void)state;
    g_autoptr(kx_answer) record =
        parsed("{\"a\":{\"b\":{\"c\":\"x\\/y\"}},\"n\":-7,\"big\":9223372036854775807,"
               "\"d\":0.5,\"t\":true,\"z\":null,\"digits\":\"12\",\"l\":[1]}");
    const struct kx_item *root = kx_answer_root(record);
    assert_text(root, "a/b/c", "x/y");
    assert_text(root, "n", "-7");
    assert_text(root, "big", "9223372036854775807");
    assert_text(root, "d", "0.5");
    assert_text(root, "t", "true");
    assert_text(root, "z", NULL);
    assert_text(root, "a", NULL);
    assert_text(root, "a/x/c", NULL);
    assert_text(root, "n/x", NULL);
    assert_text(root, "", NULL);
    assert_text(NULL, "a", NULL);
    assert_int_equal(kx_item_number(root, "n", 1), -7);
    assert_int_equal(kx_item_number(root, "digits", 1), 12);
    assert_int_equal(kx_item_number(root, "t", 1), 1);
    assert_int_equal(kx_item_number(root, "absent", 3), 3);
    g_autofree char *name = g_strnfill(300, 'n');
    assert_null(kx_item_at(root, name));
}

static void one_object_is_an_array_of_one(void **state)
{
    (void)state;
    g_autoptr(kx_answer) record =
        parsed("{\"many\":[{\"i\":1},{\"i\":2}],\"one\":{\"i\":3},\"none\":null,\"word\":\"x\"}");
    const struct kx_item *root = kx_answer_root(record);
    const struct kx_item *many = kx_item_at(root, "many"), *one = kx_item_at(root, "one");
    assert_int_equal(kx_item_count(many), 2);
    assert_text(kx_item_element(many, 1), "i", "2");
    assert_null(kx_item_element(many, 2));
    assert_int_equal(kx_item_count(one), 1);
    assert_text(kx_item_element(one, 0), "i", "3");
    assert_int_equal(kx_item_count(kx_item_at(root, "none")), 0);
    assert_int_equal(kx_item_count(kx_item_at(root, "word")), 0);
    assert_int_equal(kx_item_count(NULL), 0);
    assert_null(kx_item_element(NULL, 0));
}

static void add(const char *name, const char *value, void *context)
{
    g_string_append_printf(context, "%s=%s;", name, value);
}

static void single_values_are_walked_in_order(void **state)
{
    (void)state;
    g_autoptr(kx_answer) record = parsed("{\"z\":1,\"o\":{},\"a\":\"x\",\"n\":null,\"l\":[]}");
    g_autoptr(GString) seen = g_string_new(NULL);
    kx_item_each(kx_answer_root(record), add, seen);
    assert_string_equal(seen->str, "z=1;a=x;");
    kx_item_each(NULL, add, seen);
    assert_string_equal(seen->str, "z=1;a=x;");
    g_autofree char *json = kx_item_json(kx_item_at(kx_answer_root(record), "a"));
    assert_string_equal(json, "\"x\"\n");
}

static void what_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "", "{", "{}x", "<html>", "[1,]", "\"\xff\"", "nothing", "[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]"};
    for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++) {
        g_autoptr(GBytes) body = g_bytes_new(BAD[i], strlen(BAD[i]));
        struct kx_answer *record = NULL;
        if (kx_answer_parse(body, &record, NULL) != -EPROTO) fail_msg("%s was taken", BAD[i]);
    }
    g_autoptr(kx_answer) nothing = parsed("null");
    assert_null(kx_answer_root(nothing));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_found_by_path),
        cmocka_unit_test(one_object_is_an_array_of_one),
        cmocka_unit_test(single_values_are_walked_in_order),
        cmocka_unit_test(what_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
