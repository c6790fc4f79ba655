#include "rest/json_answer.h"

#include <json-c/json.h>
#include <string.h>

#include "rest/json_value.h"

#define MEMBER_MAX 64 /* bytes of one name of a path */

struct kx_answer {
    gint refs; /* atomic */
    struct json_object *root;
};

/* json-c's getters do not write, but for the text of a value that is no string: that one is made
 * here. */
static struct json_object *json_of(const struct kx_item *item)
{
    return (struct json_object *)(uintptr_t)item;
}

static const struct kx_item *item_of(struct json_object *json)
{
    return (const struct kx_item *)json;
}

int kx_answer_parse(GBytes *body, struct kx_answer **out, struct kx_error *err)
{
    struct json_object *root = NULL;
    int result = kx_json_parse_bytes(body, &root, err);
    if (result < 0) return result;
    struct kx_answer *record = g_new0(struct kx_answer, 1);
    record->refs = 1;
    record->root = root;
    *out = record;
    return 0;
}

struct kx_answer *kx_answer_ref(struct kx_answer *record)
{
    g_atomic_int_inc(&record->refs);
    return record;
}

void kx_answer_unref(struct kx_answer *record)
{
    if (!record || !g_atomic_int_dec_and_test(&record->refs)) return;
    kx_json_free(record->root);
    g_free(record);
}

const struct kx_item *kx_answer_root(const struct kx_answer *record)
{
    return item_of(record->root);
}

const struct kx_item *kx_item_at(const struct kx_item *item, const char *path)
{
    struct json_object *at = json_of(item);
    while (at && *path) {
        char name[MEMBER_MAX];
        size_t length = strcspn(path, "/");
        if (length >= sizeof name || !json_object_is_type(at, json_type_object)) return NULL;
        memcpy(name, path, length);
        name[length] = '\0';
        if (!json_object_object_get_ex(at, name, &at)) return NULL;
        path += length + (path[length] == '/');
    }
    return item_of(at);
}

size_t kx_item_count(const struct kx_item *item)
{
    struct json_object *json = json_of(item);
    if (json_object_is_type(json, json_type_array)) return json_object_array_length(json);
    return json_object_is_type(json, json_type_object) ? 1 : 0;
}

const struct kx_item *kx_item_element(const struct kx_item *item, size_t index)
{
    struct json_object *json = json_of(item);
    if (index >= kx_item_count(item)) return NULL;
    return json_object_is_type(json, json_type_array)
               ? item_of(json_object_array_get_idx(json, index))
               : item;
}

char *kx_item_value(const struct kx_item *item)
{
    struct json_object *json = json_of(item);
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    switch (json_object_get_type(json)) {
    case json_type_string:
        return g_strdup(kx_json_text(json));
    case json_type_int:
        return g_strdup_printf("%" G_GINT64_FORMAT, json_object_get_int64(json));
    case json_type_double:
        return g_strdup(
            g_ascii_formatd(number, sizeof number, "%.12g", json_object_get_double(json)));
    case json_type_boolean:
        return g_strdup(json_object_get_boolean(json) ? "true" : "false");
    default:
        return NULL;
    }
}

char *kx_item_text(const struct kx_item *item, const char *path)
{
    return kx_item_value(kx_item_at(item, path));
}

int64_t kx_item_number(const struct kx_item *item, const char *path, int64_t otherwise)
{
    g_autofree char *text = kx_item_text(item, path);
    gint64 number = 0;
    return text && g_ascii_string_to_signed(text, 10, G_MININT64, G_MAXINT64, &number, NULL)
               ? number
               : otherwise;
}

void kx_item_each(const struct kx_item *item,
                  void (*take)(const char *name, const char *value, void *context), void *context)
{
    if (!json_object_is_type(json_of(item), json_type_object)) return;
    struct json_object_iterator at = json_object_iter_begin(json_of(item)),
                                end = json_object_iter_end(json_of(item));
    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
        g_autofree char *value = kx_item_value(item_of(json_object_iter_peek_value(&at)));
        if (value) take(json_object_iter_peek_name(&at), value, context);
    }
}

/* json-c keeps the text that it makes in the object: of a copy, since the record is shared. */
char *kx_item_json(const struct kx_item *item)
{
    struct json_object *copy = NULL;
    if (!item || json_object_deep_copy(json_of(item), &copy, NULL) != 0) return g_strdup("null\n");
    const int flags = JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE;
    char *text = g_strconcat(json_object_to_json_string_ext(copy, flags), "\n", NULL);
    kx_json_free(copy);
    return text;
}
