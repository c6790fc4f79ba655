#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "rest/json.h"
#include "rest/json_value.h"

#define OWNER_MAX 1024 /* bytes of an owner or a group */

#define NUMBER(json, member, need, low, other)                                                     \
    {                                                                                              \
        .name = (json), .kind = KX_JSON_INT64, .offset = offsetof(struct kx_status, member),       \
        .required = (need), .lowest = (low), .highest = INT64_MAX, .otherwise = (other)            \
    }
#define SMALL(json, member)                                                                        \
    {                                                                                              \
        .name = (json), .kind = KX_JSON_INT, .offset = offsetof(struct kx_status, member),         \
        .lowest = 0, .highest = INT32_MAX                                                          \
    }
#define VALUE(json, what, member, need, cap)                                                       \
    {                                                                                              \
        .name = (json), .kind = (what), .offset = offsetof(struct kx_status, member),              \
        .required = (need), .highest = (cap)                                                       \
    }

/* Required: what every server has sent since Hadoop 1. The kind of the file, "type", is apart. */
static const struct kx_json_field FIELDS[] = {
    NUMBER("length", length, true, 0, 0),
    NUMBER("modificationTime", mtime_ms, true, INT64_MIN, 0),
    NUMBER("accessTime", atime_ms, false, INT64_MIN, 0),
    NUMBER("blockSize", block_bytes, false, 0, 0),
    NUMBER("fileId", file_id, false, INT64_MIN, 0),
    NUMBER("childrenNum", children, false, -1, -1),
    SMALL("replication", replication),
    SMALL("storagePolicy", storage_policy),
    VALUE("permission", KX_JSON_OCTAL, mode, true, 0),
    VALUE("aclBit", KX_JSON_BOOL, has_acl, false, 0),
    VALUE("encBit", KX_JSON_BOOL, encrypted, false, 0),
    VALUE("ecBit", KX_JSON_BOOL, erasure_coded, false, 0),
    VALUE("snapshotEnabled", KX_JSON_BOOL, snapshottable, false, 0),
    VALUE("pathSuffix", KX_JSON_STRING, name, true, KX_URL_PATH_MAX),
    VALUE("owner", KX_JSON_SHARED, owner, false, OWNER_MAX),
    VALUE("group", KX_JSON_SHARED, group, false, OWNER_MAX),
    VALUE("symlink", KX_JSON_STRING, target, false, KX_URL_PATH_MAX),
    {.name = NULL},
};

static const struct kx_json_shape STATUS = {{"FileStatus"}, FIELDS, sizeof(struct kx_status)};

static int type_read(struct json_object *object, enum kx_file_type *out, struct kx_error *err)
{
    static const char *const NAMES[] = {
        [KX_TYPE_FILE] = "FILE", [KX_TYPE_DIRECTORY] = "DIRECTORY", [KX_TYPE_SYMLINK] = "SYMLINK"};
    const char *name = kx_json_text_member(object, "type");
    for (size_t i = 0; name && i < G_N_ELEMENTS(NAMES); i++) {
        if (!g_str_equal(name, NAMES[i])) continue;
        *out = (enum kx_file_type)i;
        return 0;
    }
    return kx_error_set(err, EPROTO, "the answer's \"type\" is missing or unknown");
}

int kx_json_status_fill(struct json_object *object, struct kx_status *out, struct kx_error *err)
{
    int rc = kx_json_fill(object, &STATUS, out, err);
    if (rc < 0) return rc;
    if ((int64_t)out->file_id < 0) out->file_id = 0;
    rc = type_read(object, &out->type, err);
    if (rc < 0) kx_status_clear(out);
    return rc;
}

int kx_json_status(GBytes *body, struct kx_status *out, struct kx_error *err)
{
    g_autoptr(json_object) document = NULL;
    struct json_object *object = NULL;
    *out = (struct kx_status){0};
    int rc = kx_json_parse_bytes(body, &document, err);
    if (rc == 0) rc = kx_json_member(document, STATUS.wrap[0], &object, err);
    return rc < 0 ? rc : kx_json_status_fill(object, out, err);
}
