/* From the bytes of an answer to structs: the one parser of what a server says.
 *
 * Most answers are one object with known members: a struct kx_json_shape says which members, of
 * what kind, within which limits, and where they go; kx_json_read does the rest. The shapes of all
 * WebHDFS answers are data in json_shapes.c. Strict: UTF-8 is checked, nesting is at most 32 deep,
 * numbers are whole and within their limits, a string with a NUL in it is refused, an unknown
 * member is ignored. The caller caps the bytes; a document takes at most some fifty times as much
 * memory while it is read (a listing: one entry at a time).
 *
 * Errors: -EPROTO with what is missing or wrong. Threads: pure functions. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "rest/webhdfs.h"

enum kx_json_kind {
    KX_JSON_INT64,  /* int64_t */
    KX_JSON_INT,    /* int (or unsigned when `lowest` is not below 0) */
    KX_JSON_BOOL,   /* bool */
    KX_JSON_OCTAL,  /* uint32_t from "755"; at most 07777 */
    KX_JSON_STRING, /* char *, owned */
    KX_JSON_SHARED, /* char *, owned: a reference (g_ref_string_new); "" when absent */
    KX_JSON_STRV    /* char **, owned; an empty one when absent or null */
};

struct kx_json_field {
    const char *name; /* of the member; NULL ends the table */
    enum kx_json_kind kind;
    size_t offset;           /* in the C struct */
    bool required;           /* absent or null is -EPROTO; else the value is `otherwise` */
    int64_t lowest, highest; /* of the integers; for strings, `highest` bytes (0: no own limit) */
    int64_t otherwise;
};

struct kx_json_shape {
    const char *wrap[3]; /* the members to step into first, e.g. "BlockLocations" "BlockLocation" */
    const struct kx_json_field *fields;
    size_t size; /* of the C struct */
};

/** Fill *out (zeroed first) from one object.  @return 0; -EPROTO, then *out is zeroed; -ENODATA
 * when the server says null in the place of the object. */
int kx_json_read(GBytes *body, const struct kx_json_shape *shape, void *out, struct kx_error *err);

/** Fill *out, an empty array of the shape's structs (made with clear_ TRUE, its clear function
 * set), from an array of objects. null is an empty array. */
int kx_json_read_array(GBytes *body, const struct kx_json_shape *shape, GArray *out,
                       struct kx_error *err);

/* The shapes of answers, by what they fill. */
extern const struct kx_json_shape kx_json_boolean;         /* bool: {"boolean":true} */
extern const struct kx_json_shape kx_json_long;            /* int64_t: {"long":1} */
extern const struct kx_json_shape kx_json_path;            /* char *: {"Path":"/user/bob"} */
extern const struct kx_json_shape kx_json_token;           /* char *: {"Token":{"urlString":""}} */
extern const struct kx_json_shape kx_json_content_summary; /* struct kx_content_summary */
extern const struct kx_json_shape kx_json_quota_usage;     /* struct kx_quota_usage */
extern const struct kx_json_shape kx_json_checksum;        /* struct kx_checksum */
extern const struct kx_json_shape kx_json_space;           /* struct kx_space */
extern const struct kx_json_shape kx_json_server_defaults; /* struct kx_server_defaults */
extern const struct kx_json_shape kx_json_acl;             /* struct kx_acl */
extern const struct kx_json_shape kx_json_storage_policy;  /* struct kx_storage_policy */
extern const struct kx_json_shape kx_json_storage_policies;
extern const struct kx_json_shape kx_json_block_locations;  /* array of struct kx_block_location */
extern const struct kx_json_shape kx_json_snapshot_changes; /* array of struct kx_snapshot_change */
extern const struct kx_json_shape kx_json_ec_policy; /* char *: {"name":"RS-6-3-1024k",...} */

/* What a JWT says of itself. */
struct kx_claims {
    char *subject;     /* owned; NULL: it does not say who */
    int64_t expires_s; /* since the epoch; 0: it does not say when */
};
extern const struct kx_json_shape kx_json_claims;

/* What Knox's knoxtoken service answers. */
struct kx_token_answer {
    char *token;        /* owned */
    int64_t expires_ms; /* since the epoch (not a duration, whatever its name "expires_in" says:
                           recorded, Knox 2.0.0); 0: not told */
};
extern const struct kx_json_shape kx_json_token_answer;

/** {"FileStatus":{...}}. The caller clears *out. */
int kx_json_status(GBytes *body, struct kx_status *out, struct kx_error *err);

struct kx_json_listing {
    struct kx_page page;
    unsigned dropped; /* entries whose name could not be one */
    bool of_file;     /* one file with an empty name: what was listed is no directory */
};

/** A listing in either form, {"FileStatuses":...} or {"DirectoryListing":...}. Memory: the entries,
 * and one of them as JSON. The caller clears out->page. */
int kx_json_read_listing(GBytes *body, struct kx_json_listing *out, struct kx_error *err);

/* A DataNode as GET_BLOCK_LOCATIONS names it. */
struct kx_datanode {
    char *name;                /* owned: "10.0.0.7:9866", the address and port of data transfer */
    char *host, *address;      /* owned: "dn7.example.org", "10.0.0.7"; NULL when not told */
    int http_port, https_port; /* of its WebHDFS; 0: none */
};
void kx_datanode_clear(struct kx_datanode *datanode);

/** Those that have a block of {"LocatedBlocks":...}, its last block included; some more than once.
 *  @out appended to: an array of struct kx_datanode whose clear function is set; also before an
 *  error. */
int kx_json_read_datanodes(GBytes *body, GArray *out, struct kx_error *err);

/** A bool: is the file being written? Of the same answer. */
extern const struct kx_json_shape kx_json_construction;

/** The value of one attribute out of {"XAttrs":[...]} with encoding=hex.  @return -ENODATA: none of
 * that name.  @out owned. */
int kx_json_read_xattr(GBytes *body, const char *name, GBytes **out, struct kx_error *err);

/** {"XAttrNames":"[\"user.a\"]"}: an array inside a string.  @out owned, NULL-terminated; so below.
 */
int kx_json_read_xattr_names(GBytes *body, char ***out, struct kx_error *err);

/** The full paths out of GETSNAPSHOTTABLEDIRECTORYLIST, the names out of GETSNAPSHOTLIST and
 * GETECPOLICIES. */
int kx_json_read_snapshottable(GBytes *body, char ***out, struct kx_error *err);
int kx_json_read_snapshots(GBytes *body, char ***out, struct kx_error *err);
int kx_json_read_ec_policies(GBytes *body, char ***out, struct kx_error *err);

/* {"RemoteException":{...}}; all owned, NULL when it has none. */
struct kx_remote_exception {
    char *exception, *message;
};
void kx_remote_exception_clear(struct kx_remote_exception *exception);

/** @return false when the bytes are something else. */
bool kx_json_read_exception(const char *body, size_t length, struct kx_remote_exception *out);
