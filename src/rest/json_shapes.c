/* The members of every answer that is one object or an array of them, as Hadoop 3.4.2 writes them
 * (tests/fixtures/webhdfs). What an older server or HttpFS may leave out is not required. */
#include "rest/json.h"

#define NEEDED true
#define MAYBE  false

#define NUMBER(type, json, member, need, low, other)                                               \
    {                                                                                              \
        .name = (json), .kind = KX_JSON_INT64, .offset = offsetof(type, member),                   \
        .required = (need), .lowest = (low), .highest = INT64_MAX, .otherwise = (other)            \
    }
#define SMALL(type, json, member, need, low, other)                                                \
    {                                                                                              \
        .name = (json), .kind = KX_JSON_INT, .offset = offsetof(type, member), .required = (need), \
        .lowest = (low), .highest = INT32_MAX, .otherwise = (other)                                \
    }
#define VALUE(type, json, what, member, need)                                                      \
    {                                                                                              \
        .name = (json), .kind = (what), .offset = offsetof(type, member), .required = (need)       \
    }
/* The whole "struct" is one value. */
#define ALONE(json, what)                                                                          \
    {                                                                                              \
        .name = (json), .kind = (what), .required = true, .lowest = INT64_MIN + 1,                 \
        .highest = INT64_MAX                                                                       \
    }
#define END                                                                                        \
    {                                                                                              \
        .name = NULL                                                                               \
    }

static const struct kx_json_field BOOLEAN[] = {ALONE("boolean", KX_JSON_BOOL), END};
static const struct kx_json_field LONG[] = {ALONE("long", KX_JSON_INT64), END};
static const struct kx_json_field PATH[] = {ALONE("Path", KX_JSON_STRING), END};
static const struct kx_json_field TOKEN[] = {ALONE("urlString", KX_JSON_STRING), END};
static const struct kx_json_field EC_POLICY[] = {ALONE("name", KX_JSON_STRING), END};

static const struct kx_json_field CLAIMS[] = {
    VALUE(struct kx_claims, "sub", KX_JSON_STRING, subject, MAYBE),
    NUMBER(struct kx_claims, "exp", expires_s, MAYBE, 0, 0),
    END,
};

static const struct kx_json_field TOKEN_ANSWER[] = {
    VALUE(struct kx_token_answer, "access_token", KX_JSON_STRING, token, NEEDED),
    NUMBER(struct kx_token_answer, "expires_in", expires_ms, MAYBE, 0, 0),
    END,
};

static const struct kx_json_field CONTENT_SUMMARY[] = {
    NUMBER(struct kx_content_summary, "length", length, NEEDED, 0, 0),
    NUMBER(struct kx_content_summary, "fileCount", file_count, NEEDED, 0, 0),
    NUMBER(struct kx_content_summary, "directoryCount", directory_count, NEEDED, 0, 0),
    NUMBER(struct kx_content_summary, "spaceConsumed", space_consumed, NEEDED, 0, 0),
    NUMBER(struct kx_content_summary, "quota", quota, MAYBE, INT64_MIN, -1),
    NUMBER(struct kx_content_summary, "spaceQuota", space_quota, MAYBE, INT64_MIN, -1),
    END,
};

static const struct kx_json_field QUOTA_USAGE[] = {
    NUMBER(struct kx_quota_usage, "fileAndDirectoryCount", file_and_directory_count, NEEDED, 0, 0),
    NUMBER(struct kx_quota_usage, "spaceConsumed", space_consumed, NEEDED, 0, 0),
    NUMBER(struct kx_quota_usage, "quota", quota, MAYBE, INT64_MIN, -1),
    NUMBER(struct kx_quota_usage, "spaceQuota", space_quota, MAYBE, INT64_MIN, -1),
    END,
};

static const struct kx_json_field CHECKSUM[] = {
    VALUE(struct kx_checksum, "algorithm", KX_JSON_STRING, algorithm, NEEDED),
    VALUE(struct kx_checksum, "bytes", KX_JSON_STRING, bytes, NEEDED),
    NUMBER(struct kx_checksum, "length", length, NEEDED, 0, 0),
    END,
};

static const struct kx_json_field SPACE[] = {
    NUMBER(struct kx_space, "capacity", capacity, NEEDED, 0, 0),
    NUMBER(struct kx_space, "used", used, NEEDED, 0, 0),
    NUMBER(struct kx_space, "remaining", remaining, NEEDED, 0, 0),
    END,
};

static const struct kx_json_field SERVER_DEFAULTS[] = {
    NUMBER(struct kx_server_defaults, "blockSize", block_bytes, NEEDED, 1, 0),
    NUMBER(struct kx_server_defaults, "writePacketSize", write_packet_bytes, MAYBE, 0, 0),
    SMALL(struct kx_server_defaults, "replication", replication, NEEDED, 0, 0),
    SMALL(struct kx_server_defaults, "bytesPerChecksum", bytes_per_checksum, MAYBE, 0, 0),
    SMALL(struct kx_server_defaults, "trashInterval", trash_interval_min, MAYBE, 0, 0),
    VALUE(struct kx_server_defaults, "encryptDataTransfer", KX_JSON_BOOL, encrypt_transfer, MAYBE),
    END,
};

static const struct kx_json_field ACL[] = {
    VALUE(struct kx_acl, "owner", KX_JSON_STRING, owner, NEEDED),
    VALUE(struct kx_acl, "group", KX_JSON_STRING, group, NEEDED),
    VALUE(struct kx_acl, "permission", KX_JSON_OCTAL, mode, MAYBE),
    VALUE(struct kx_acl, "stickyBit", KX_JSON_BOOL, sticky, MAYBE),
    VALUE(struct kx_acl, "entries", KX_JSON_STRV, entries, NEEDED),
    END,
};

static const struct kx_json_field STORAGE_POLICY[] = {
    SMALL(struct kx_storage_policy, "id", id, NEEDED, 0, 0),
    VALUE(struct kx_storage_policy, "name", KX_JSON_STRING, name, NEEDED),
    VALUE(struct kx_storage_policy, "storageTypes", KX_JSON_STRV, storage_types, MAYBE),
    END,
};

static const struct kx_json_field BLOCK_LOCATION[] = {
    NUMBER(struct kx_block_location, "offset", offset, NEEDED, 0, 0),
    NUMBER(struct kx_block_location, "length", length, NEEDED, 0, 0),
    VALUE(struct kx_block_location, "hosts", KX_JSON_STRV, hosts, MAYBE),
    VALUE(struct kx_block_location, "names", KX_JSON_STRV, names, MAYBE),
    VALUE(struct kx_block_location, "corrupt", KX_JSON_BOOL, corrupt, MAYBE),
    END,
};

static const struct kx_json_field SNAPSHOT_CHANGE[] = {
    VALUE(struct kx_snapshot_change, "type", KX_JSON_STRING, type, NEEDED),
    VALUE(struct kx_snapshot_change, "sourcePath", KX_JSON_STRING, path, NEEDED),
    VALUE(struct kx_snapshot_change, "targetPath", KX_JSON_STRING, target, MAYBE),
    END,
};

const struct kx_json_shape kx_json_boolean = {{NULL}, BOOLEAN, sizeof(bool)};
const struct kx_json_shape kx_json_long = {{NULL}, LONG, sizeof(int64_t)};
const struct kx_json_shape kx_json_path = {{NULL}, PATH, sizeof(char *)};
const struct kx_json_shape kx_json_token = {{"Token"}, TOKEN, sizeof(char *)};
const struct kx_json_shape kx_json_claims = {{NULL}, CLAIMS, sizeof(struct kx_claims)};
const struct kx_json_shape kx_json_token_answer = {
    {NULL}, TOKEN_ANSWER, sizeof(struct kx_token_answer)};
const struct kx_json_shape kx_json_ec_policy = {{NULL}, EC_POLICY, sizeof(char *)};
const struct kx_json_shape kx_json_content_summary = {
    {"ContentSummary"}, CONTENT_SUMMARY, sizeof(struct kx_content_summary)};
const struct kx_json_shape kx_json_quota_usage = {
    {"QuotaUsage"}, QUOTA_USAGE, sizeof(struct kx_quota_usage)};
const struct kx_json_shape kx_json_checksum = {
    {"FileChecksum"}, CHECKSUM, sizeof(struct kx_checksum)};
const struct kx_json_shape kx_json_space = {{"FsStatus"}, SPACE, sizeof(struct kx_space)};
const struct kx_json_shape kx_json_server_defaults = {
    {"FsServerDefaults"}, SERVER_DEFAULTS, sizeof(struct kx_server_defaults)};
const struct kx_json_shape kx_json_acl = {{"AclStatus"}, ACL, sizeof(struct kx_acl)};
const struct kx_json_shape kx_json_storage_policy = {
    {"BlockStoragePolicy"}, STORAGE_POLICY, sizeof(struct kx_storage_policy)};
const struct kx_json_shape kx_json_storage_policies = {
    {"BlockStoragePolicies", "BlockStoragePolicy"},
    STORAGE_POLICY,
    sizeof(struct kx_storage_policy)};
const struct kx_json_shape kx_json_block_locations = {
    {"BlockLocations", "BlockLocation"}, BLOCK_LOCATION, sizeof(struct kx_block_location)};
const struct kx_json_shape kx_json_snapshot_changes = {
    {"SnapshotDiffReport", "diffList"}, SNAPSHOT_CHANGE, sizeof(struct kx_snapshot_change)};
