#include "rest/json.h"

#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "rest/json_value.h"

#define DEPTH_MAX 32 /* queues in queues: each costs three */

static void tokener_free(struct json_tokener **tokener)
{
    if (*tokener) json_tokener_free(*tokener);
}

void kx_json_free(struct json_object *document)
{
    json_object_put(document);
}

static int parse(const char *text, size_t length, int flags, struct json_object **out, size_t *used,
                 struct kx_error *err)
{
    if (length > G_MAXINT) return kx_error_set(err, EPROTO, "the answer is too long");
    __attribute__((cleanup(tokener_free))) struct json_tokener *tokener =
        json_tokener_new_ex(DEPTH_MAX);
    if (!tokener) return kx_error_set(err, ENOMEM, "no memory for the answer");
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8 | flags);
    g_autoptr(json_object) value = json_tokener_parse_ex(tokener, text, (int)length);
    /* A literal such as null is known to be over only when something follows it. */
    if (json_tokener_get_error(tokener) == json_tokener_continue)
        value = json_tokener_parse_ex(tokener, "", 1);
    enum json_tokener_error rc = json_tokener_get_error(tokener);
    if (rc != json_tokener_success)
        return kx_error_set(err, EPROTO, "the answer is not JSON: %s at byte %zu",
                            json_tokener_error_desc(rc), json_tokener_get_parse_end(tokener));
    if (used) *used = json_tokener_get_parse_end(tokener);
    *out = g_steal_pointer(&value);
    return 0;
}

int kx_json_parse(const char *text, size_t length, struct json_object **out, struct kx_error *err)
{
    return parse(text, length, 0, out, NULL, err);
}

int kx_json_parse_bytes(GBytes *body, struct json_object **out, struct kx_error *err)
{
    gsize length;
    const char *text = g_bytes_get_data(body, &length);
    if (length == 0) return kx_error_set(err, EPROTO, "the answer is empty");
    return kx_json_parse(text, length, out, err);
}

int kx_json_parse_front(const char *text, size_t length, struct json_object **out, size_t *used,
                        struct kx_error *err)
{
    return parse(text, length, JSON_TOKENER_ALLOW_TRAILING_CHARS, out, used, err);
}

int kx_json_member(struct json_object *object, const char *name, struct json_object **out,
                   struct kx_error *err)
{
    if (!json_object_is_type(object, json_type_object))
        return kx_error_set(err, EPROTO, "the answer has something else where \"%s\" belongs",
                            name);
    if (!json_object_object_get_ex(object, name, out))
        return kx_error_set(err, EPROTO, "the answer has no \"%s\"", name);
    return 0;
}

int kx_json_array_member(struct json_object *object, const char *name, struct kx_json_array *out,
                         struct kx_error *err)
{
    struct json_object *array = NULL;
    int rc = kx_json_member(object, name, &array, err);
    *out = (struct kx_json_array){0};
    if (rc < 0 || !array) return rc;
    if (!json_object_is_type(array, json_type_array))
        return kx_error_set(err, EPROTO, "\"%s\" is no array", name);
    *out = (struct kx_json_array){array, json_object_array_length(array)};
    return 0;
}

struct json_object *kx_json_array_at(const struct kx_json_array *array, size_t i)
{
    return json_object_array_get_idx(array->array, i);
}

const char *kx_json_text(struct json_object *value)
{
    if (!json_object_is_type(value, json_type_string)) return NULL;
    const char *text = json_object_get_string(value);
    return strlen(text) == (size_t)json_object_get_string_len(value) ? text : NULL;
}

const char *kx_json_text_member(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;
    if (!json_object_is_type(object, json_type_object)) return NULL;
    return json_object_object_get_ex(object, name, &value) ? kx_json_text(value) : NULL;
}

bool kx_json_name_usable(struct json_object *value)
{
    const char *name = kx_json_text(value);
    return name && *name && !strchr(name, '/') && !g_str_equal(name, ".") &&
           !g_str_equal(name, "..") && strlen(name) <= KX_NAME_MAX;
}
