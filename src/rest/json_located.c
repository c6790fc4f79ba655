/* Where blocks are, with all that a NameNode knows of each DataNode: the answer of
 * GET_BLOCK_LOCATIONS (tests/fixtures/webhdfs/get-block-locations-legacy.http). */
#include <errno.h>

#include "rest/json.h"
#include "rest/json_value.h"

#define TEXT(json, member, need)                                                                   \
    {                                                                                              \
        .name = (json), .kind = KX_JSON_STRING, .offset = offsetof(struct kx_datanode, member),    \
        .required = (need)                                                                         \
    }
#define PORT(json, member)                                                                         \
    {                                                                                              \
        .name = (json), .kind = KX_JSON_INT, .offset = offsetof(struct kx_datanode, member),       \
        .lowest = 0, .highest = 65535                                                              \
    }

static const struct kx_json_field FIELDS[] = {
    TEXT("name", name, true),    TEXT("hostName", host, false),      TEXT("ipAddr", address, false),
    PORT("infoPort", http_port), PORT("infoSecurePort", https_port), {.name = NULL},
};
static const struct kx_json_shape DATANODE = {{NULL}, FIELDS, sizeof(struct kx_datanode)};

static const struct kx_json_field CONSTRUCTION_FIELDS[] = {
    {.name = "isUnderConstruction", .kind = KX_JSON_BOOL, .required = true},
    {.name = NULL},
};
const struct kx_json_shape kx_json_construction = {
    {"LocatedBlocks"}, CONSTRUCTION_FIELDS, sizeof(bool)};

void kx_datanode_clear(struct kx_datanode *datanode)
{
    g_free(datanode->name);
    g_free(datanode->host);
    g_free(datanode->address);
    *datanode = (struct kx_datanode){0};
}

/* @block NULL: null, which has none. */
static int append_block(struct json_object *block, GArray *out, struct kx_error *err)
{
    struct kx_json_array locations = {0};
    int rc = block ? kx_json_array_member(block, "locations", &locations, err) : 0;
    for (size_t i = 0; rc == 0 && i < locations.length; i++) {
        struct kx_datanode datanode;
        rc = kx_json_fill(kx_json_array_at(&locations, i), &DATANODE, &datanode, err);
        if (rc == 0) g_array_append_val(out, datanode);
    }
    return rc;
}

int kx_json_read_datanodes(GBytes *body, GArray *out, struct kx_error *err)
{
    g_autoptr(json_object) document = NULL;
    struct json_object *located = NULL, *last = NULL;
    struct kx_json_array blocks = {0};
    int rc = kx_json_parse_bytes(body, &document, err);
    if (rc == 0) rc = kx_json_member(document, "LocatedBlocks", &located, err);
    if (rc < 0 || !located) return rc;
    rc = kx_json_array_member(located, "locatedBlocks", &blocks, err);
    for (size_t i = 0; rc == 0 && i < blocks.length; i++)
        rc = append_block(kx_json_array_at(&blocks, i), out, err);
    if (rc == 0)
        kx_json_member(located, "lastLocatedBlock", &last, NULL); /* older ones have none */
    return rc < 0 ? rc : append_block(last, out, err);
}
