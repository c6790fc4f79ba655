#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "rest/json.h"
#include "rest/json_value.h"

static int wrong(const struct kx_json_field *field, const char *how, struct kx_error *err)
{
    return kx_error_set(err, EPROTO, "the answer's \"%s\" %s", field->name, how);
}

/* json-c gives the nearest end of the range for a number that does not fit. */
static bool int64_exact(struct json_object *value, int64_t *out)
{
    if (!json_object_is_type(value, json_type_int)) return false;
    *out = json_object_get_int64(value);
    if (*out == INT64_MAX) return json_object_get_uint64(value) == (uint64_t)INT64_MAX;
    return *out != INT64_MIN;
}

static int read_integer(const struct kx_json_field *field, struct json_object *value, char *at,
                        struct kx_error *err)
{
    int64_t number = field->otherwise;
    if (value && !int64_exact(value, &number)) return wrong(field, "is no whole number", err);
    if (value && (number < field->lowest || number > field->highest))
        return wrong(field, "is out of its range", err);
    if (field->kind == KX_JSON_INT64)
        memcpy(at, &number, sizeof number);
    else
        memcpy(at, &(int){(int)number}, sizeof(int));
    return 0;
}

static int read_bool(const struct kx_json_field *field, struct json_object *value, char *at,
                     struct kx_error *err)
{
    if (value && !json_object_is_type(value, json_type_boolean))
        return wrong(field, "is neither true nor false", err);
    bool yes = value ? json_object_get_boolean(value) : field->otherwise != 0;
    memcpy(at, &yes, sizeof yes);
    return 0;
}

static int read_octal(const struct kx_json_field *field, struct json_object *value, char *at,
                      struct kx_error *err)
{
    uint32_t mode = (uint32_t)field->otherwise;
    if (value) {
        const char *text = kx_json_text(value);
        size_t length = text ? strlen(text) : 0;
        if (length == 0 || length > 7 || strspn(text, "01234567") != length)
            return wrong(field, "is no octal number", err);
        guint64 number = g_ascii_strtoull(text, NULL, 8);
        if (number > 07777) return wrong(field, "has more than permission bits", err);
        mode = (uint32_t)number;
    }
    memcpy(at, &mode, sizeof mode);
    return 0;
}

static int read_string(const struct kx_json_field *field, struct json_object *value, char *at,
                       struct kx_error *err)
{
    const char *text = value ? kx_json_text(value) : NULL;
    if (value && !text) return wrong(field, "is no string", err);
    if (text && field->highest > 0 && strlen(text) > (size_t)field->highest)
        return wrong(field, "is too long", err);
    char *own = field->kind == KX_JSON_SHARED ? g_ref_string_new(text ? text : "") : g_strdup(text);
    memcpy(at, &own, sizeof own);
    return 0;
}

static int read_strv(const struct kx_json_field *field, struct json_object *value, char *at,
                     struct kx_error *err)
{
    if (value && !json_object_is_type(value, json_type_array))
        return wrong(field, "is no array", err);
    size_t length = value ? json_object_array_length(value) : 0;
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    for (size_t i = 0; i < length; i++) {
        const char *text = kx_json_text(json_object_array_get_idx(value, i));
        if (!text) return wrong(field, "has an element that is no string", err);
        g_strv_builder_add(builder, text);
    }
    char **own = g_strv_builder_end(builder);
    memcpy(at, &own, sizeof own);
    return 0;
}

static int read_field(const struct kx_json_field *field, struct json_object *value, char *at,
                      struct kx_error *err)
{
    static int (*const READ[])(const struct kx_json_field *, struct json_object *, char *,
                               struct kx_error *) = {
        [KX_JSON_INT64] = read_integer, [KX_JSON_INT] = read_integer,
        [KX_JSON_BOOL] = read_bool,     [KX_JSON_OCTAL] = read_octal,
        [KX_JSON_STRING] = read_string, [KX_JSON_SHARED] = read_string,
        [KX_JSON_STRV] = read_strv,
    };
    if (!value && field->required) return wrong(field, "is missing", err);
    return READ[field->kind](field, value, at, err);
}

static void clear_field(const struct kx_json_field *field, char *at)
{
    if (field->kind < KX_JSON_STRING) return;
    void *own;
    memcpy(&own, at, sizeof own);
    if (field->kind == KX_JSON_STRV)
        g_strfreev(own);
    else if (field->kind == KX_JSON_STRING)
        g_free(own);
    else if (own)
        g_ref_string_release(own);
}

static void clear_fields(const struct kx_json_shape *shape, void *out)
{
    for (const struct kx_json_field *field = shape->fields; field->name; field++)
        clear_field(field, (char *)out + field->offset);
    memset(out, 0, shape->size);
}

int kx_json_fill(struct json_object *object, const struct kx_json_shape *shape, void *out,
                 struct kx_error *err)
{
    memset(out, 0, shape->size);
    if (!json_object_is_type(object, json_type_object))
        return kx_error_set(err, EPROTO, "the answer has something else where an object belongs");
    int rc = 0;
    for (const struct kx_json_field *field = shape->fields; field->name && rc == 0; field++) {
        struct json_object *value = NULL;
        json_object_object_get_ex(object, field->name, &value);
        rc = read_field(field, value, (char *)out + field->offset, err);
    }
    if (rc < 0) clear_fields(shape, out);
    return rc;
}

/* Step into the members that wrap what is wanted; NULL when the server says null on the way. */
static int unwrap(struct json_object *document, const struct kx_json_shape *shape, size_t steps,
                  struct json_object **out, struct kx_error *err)
{
    *out = document;
    for (size_t i = 0; i < steps && *out; i++) {
        int rc = kx_json_member(*out, shape->wrap[i], out, err);
        if (rc < 0) return rc;
    }
    return 0;
}

static size_t wrap_depth(const struct kx_json_shape *shape)
{
    size_t depth = 0;
    while (depth < G_N_ELEMENTS(shape->wrap) && shape->wrap[depth])
        depth++;
    return depth;
}

int kx_json_read(GBytes *body, const struct kx_json_shape *shape, void *out, struct kx_error *err)
{
    g_autoptr(json_object) document = NULL;
    struct json_object *object = NULL;
    memset(out, 0, shape->size);
    int rc = kx_json_parse_bytes(body, &document, err);
    if (rc == 0) rc = unwrap(document, shape, wrap_depth(shape), &object, err);
    if (rc < 0) return rc;
    if (!object) return kx_error_set(err, ENODATA, "the server says null");
    return kx_json_fill(object, shape, out, err);
}

int kx_json_read_array(GBytes *body, const struct kx_json_shape *shape, GArray *out,
                       struct kx_error *err)
{
    g_autoptr(json_object) document = NULL;
    struct json_object *object = NULL;
    struct kx_json_array array = {0};
    size_t steps = wrap_depth(shape) - 1;
    int rc = kx_json_parse_bytes(body, &document, err);
    if (rc == 0) rc = unwrap(document, shape, steps, &object, err);
    if (rc == 0 && object) rc = kx_json_array_member(object, shape->wrap[steps], &array, err);
    for (size_t i = 0; rc == 0 && i < array.length; i++) {
        g_array_set_size(out, out->len + 1);
        char *at = out->data + (size_t)(out->len - 1) * shape->size;
        rc = kx_json_fill(kx_json_array_at(&array, i), shape, at, err);
    }
    return rc;
}
