/* Lists of names, each in a form of its own. */
#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "rest/json.h"
#include "rest/json_value.h"

/* The name out of one element of an array.  @return owned; NULL: it has none. */
typedef char *(*element_name)(struct json_object *element);

static int collect(const struct kx_json_array *array, element_name name_of, char ***out,
                   struct kx_error *err)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    for (size_t i = 0; i < array->length; i++) {
        g_autofree char *name = name_of(kx_json_array_at(array, i));
        if (!name) return kx_error_set(err, EPROTO, "an element of the answer has no name");
        g_strv_builder_add(builder, name);
    }
    *out = g_strv_builder_end(builder);
    return 0;
}

static int read_names(GBytes *body, const char *const *wrap, element_name name_of, char ***out,
                      struct kx_error *err)
{
    g_autoptr(json_object) document = NULL;
    struct kx_json_array array = {0};
    int rc = kx_json_parse_bytes(body, &document, err);
    struct json_object *at = document;
    for (; rc == 0 && at && wrap[1]; wrap++)
        rc = kx_json_member(at, *wrap, &at, err);
    if (rc == 0 && at) rc = kx_json_array_member(at, *wrap, &array, err);
    return rc < 0 ? rc : collect(&array, name_of, out, err);
}

static struct json_object *inner(struct json_object *element, const char *member)
{
    struct json_object *value = NULL;
    kx_json_member(element, member, &value, NULL);
    return value;
}

/* {"parentFullPath":"/a","dirStatus":{"pathSuffix":"b"}}: "/a/b"; the root has neither. */
static char *snapshottable_path(struct json_object *element)
{
    const char *parent = kx_json_text_member(element, "parentFullPath");
    const char *name = kx_json_text_member(inner(element, "dirStatus"), "pathSuffix");
    if (!parent || !name) return NULL;
    g_autofree char *path = kx_path_join(parent, name);
    return kx_path_check(path, NULL) == 0 ? g_steal_pointer(&path) : NULL;
}

static char *snapshot_name(struct json_object *element)
{
    struct json_object *name = inner(inner(element, "dirStatus"), "pathSuffix");
    return kx_json_name_usable(name) ? g_strdup(kx_json_text(name)) : NULL;
}

static char *ec_policy_name(struct json_object *element)
{
    return g_strdup(kx_json_text_member(inner(element, "policy"), "name"));
}

static char *text_itself(struct json_object *element)
{
    return g_strdup(kx_json_text(element));
}

int kx_json_read_snapshottable(GBytes *body, char ***out, struct kx_error *err)
{
    static const char *const WRAP[] = {"SnapshottableDirectoryList", NULL};
    return read_names(body, WRAP, snapshottable_path, out, err);
}

int kx_json_read_snapshots(GBytes *body, char ***out, struct kx_error *err)
{
    static const char *const WRAP[] = {"SnapshotList", NULL};
    return read_names(body, WRAP, snapshot_name, out, err);
}

int kx_json_read_ec_policies(GBytes *body, char ***out, struct kx_error *err)
{
    static const char *const WRAP[] = {"ErasureCodingPolicies", "ErasureCodingPolicyInfo", NULL};
    return read_names(body, WRAP, ec_policy_name, out, err);
}

int kx_json_read_xattr_names(GBytes *body, char ***out, struct kx_error *err)
{
    g_autoptr(json_object) document = NULL, inside = NULL;
    int rc = kx_json_parse_bytes(body, &document, err);
    const char *text = rc == 0 ? kx_json_text_member(document, "XAttrNames") : NULL;
    if (rc < 0) return rc;
    if (!text) return kx_error_set(err, EPROTO, "the answer has no \"XAttrNames\"");
    rc = kx_json_parse(text, strlen(text), &inside, err);
    if (rc < 0) return rc;
    if (!json_object_is_type(inside, json_type_array))
        return kx_error_set(err, EPROTO, "\"XAttrNames\" is no array");
    const struct kx_json_array array = {inside, json_object_array_length(inside)};
    return collect(&array, text_itself, out, err);
}

/* "0x48656c" -> bytes; "0x" and null -> none. */
static int hex_decode(const char *text, GBytes **out, struct kx_error *err)
{
    size_t length = strlen(text);
    if (length < 2 || text[0] != '0' || text[1] != 'x' || length % 2 != 0)
        return kx_error_set(err, EPROTO, "the attribute's value is not hexadecimal");
    g_autoptr(GByteArray) bytes = g_byte_array_sized_new((guint)(length / 2));
    for (const char *at = text + 2; *at; at += 2) {
        int high = g_ascii_xdigit_value(at[0]), low = g_ascii_xdigit_value(at[1]);
        if (high < 0 || low < 0)
            return kx_error_set(err, EPROTO, "the attribute's value is not hexadecimal");
        g_byte_array_append(bytes, &(guint8){(guint8)(high << 4 | low)}, 1);
    }
    *out = g_byte_array_free_to_bytes(g_steal_pointer(&bytes));
    return 0;
}

int kx_json_read_xattr(GBytes *body, const char *name, GBytes **out, struct kx_error *err)
{
    g_autoptr(json_object) document = NULL;
    struct kx_json_array array = {0};
    int rc = kx_json_parse_bytes(body, &document, err);
    if (rc == 0) rc = kx_json_array_member(document, "XAttrs", &array, err);
    if (rc < 0) return rc;
    for (size_t i = 0; i < array.length; i++) {
        struct json_object *value, *element = kx_json_array_at(&array, i);
        const char *found = kx_json_text_member(element, "name");
        if (!found || !g_str_equal(found, name)) continue;
        rc = kx_json_member(element, "value", &value, err);
        if (rc < 0) return rc;
        const char *text = value ? kx_json_text(value) : "0x";
        if (!text) return kx_error_set(err, EPROTO, "the attribute's value is no string");
        return hex_decode(text, out, err);
    }
    return kx_error_set(err, ENODATA, "there is no attribute %s", name);
}
