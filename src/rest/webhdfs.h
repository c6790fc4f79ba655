/* Every WebHDFS operation as a function. One call is one operation after redirects, retries and
 * deadlines.
 *
 * Paths: absolute HDFS paths, decoded (rest/url.h). Times in milliseconds since the epoch, lengths
 * in bytes, modes as 07777. Threads: any thread, one client.  Blocking: all of them, at most the
 * call's time; -EINTR when its cancel is fired. Errors: 0 or -errno, the cause in *err when given:
 * -ENOENT -EEXIST -EISDIR -ENOTDIR -ENOTEMPTY -EACCES -EPERM (not the owner, not the superuser)
 * -EDQUOT -EBUSY -EROFS -ENOSPC -ENAMETOOLONG -EINVAL -ERANGE (OPEN at or behind the end) -ENODATA
 * -E2BIG -EMSGSIZE (an answer above its cap) -ENOTSUP -ETIMEDOUT -EHOSTUNREACH -EHOSTDOWN -EPROTO
 * -EIO (the table: errno_map.c). A 200 is not
 * a success: the {"boolean":false} of RENAME, DELETE, MKDIRS, SETREPLICATION, TRUNCATE is looked
 * into here (Hadoop 3.4.2, recorded). `call` may be NULL everywhere. Out parameters are filled on 0
 * only. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "rest/client.h"
#include "rest/status.h"

/* --- attributes and names (webhdfs_names.c) --- */
int kx_webhdfs_stat(struct kx_client *c, const char *path, const struct kx_call *call,
                    struct kx_status *out, struct kx_error *err);

/** Make a directory and its missing parents. An existing directory is success too (the server does
 * not tell). */
int kx_webhdfs_mkdirs(struct kx_client *c, const char *path, uint32_t mode,
                      const struct kx_call *call, struct kx_error *err);

/** Delete. A directory with entries needs `recursive`, else -ENOTEMPTY. -ENOENT when there was
 * nothing. After an unknown result "nothing there" is success: we may have been the one. */
int kx_webhdfs_delete(struct kx_client *c, const char *path, bool recursive,
                      const struct kx_call *call, struct kx_error *err);

/** Rename without replacing, in one request on a NameNode (the first one of a client costs another,
 * to find out what the server obeys; on HttpFS the destination is looked at first, with a short
 * race): -EEXIST when `to` exists (also as a directory: never moves into it), -ENOENT, -ENOTDIR,
 * -EINVAL (under itself). */
int kx_webhdfs_rename(struct kx_client *c, const char *from, const char *to,
                      const struct kx_call *call, struct kx_error *err);

/** Rename and replace a file or an empty directory atomically (renameoptions=OVERWRITE; a
 * NameNode's, not HttpFS's: there -EEXIST when `to` exists). -ENOTEMPTY, -EISDIR, -ENOTDIR. */
int kx_webhdfs_rename_replace(struct kx_client *c, const char *from, const char *to,
                              const struct kx_call *call, struct kx_error *err);

/** -EINVAL above 01777: HDFS keeps no set-user-ID and no set-group-ID (so also mkdirs). */
int kx_webhdfs_set_permission(struct kx_client *c, const char *path, uint32_t mode,
                              const struct kx_call *call, struct kx_error *err);
/** NULL leaves the owner or the group as it is. */
int kx_webhdfs_set_owner(struct kx_client *c, const char *path, const char *owner,
                         const char *group, const struct kx_call *call, struct kx_error *err);
/** -1 leaves a time as it is. */
int kx_webhdfs_set_times(struct kx_client *c, const char *path, int64_t mtime_ms, int64_t atime_ms,
                         const struct kx_call *call, struct kx_error *err);
/** -EINVAL for a directory. */
int kx_webhdfs_set_replication(struct kx_client *c, const char *path, unsigned replication,
                               const struct kx_call *call, struct kx_error *err);

/** Cut a file to `length`, at most its own. @done false: the server goes on with block recovery and
 * the file is not writable until then. */
int kx_webhdfs_truncate(struct kx_client *c, const char *path, int64_t length,
                        const struct kx_call *call, bool *done, struct kx_error *err);

/** Append the sources (NULL-terminated) to `path` without moving a byte; they are gone afterwards.
 */
int kx_webhdfs_concat(struct kx_client *c, const char *path, const char *const *sources,
                      const struct kx_call *call, struct kx_error *err);

/** May the user do this? @mask of R_OK W_OK X_OK.  @return 0, -EACCES, ... */
int kx_webhdfs_check_access(struct kx_client *c, const char *path, int mask,
                            const struct kx_call *call, struct kx_error *err);

/* --- listing (webhdfs_list.c) --- */

/** One page of a directory, behind the name `after` (NULL: from the start), in the server's order:
 * of the names' bytes as signed numbers, so that what is not ASCII comes first (recorded). Entries
 * whose name could not be one ("", ".", "..", with '/' or NUL, over 255 bytes) are dropped and
 * logged. -ENOTDIR for a file. No entry up to `after` is given again, though HttpFS ignores it and
 * sends all (recorded; remaining is then 0). A server without LISTSTATUS_BATCH is asked by
 * LISTSTATUS: all in one page. */
int kx_webhdfs_list(struct kx_client *c, const char *path, const char *after,
                    const struct kx_call *call, struct kx_page *out, struct kx_error *err);

/* --- sums and places (webhdfs_info.c) --- */
struct kx_content_summary {
    int64_t length, file_count, directory_count, space_consumed;
    int64_t quota, space_quota; /* -1: none */
};
int kx_webhdfs_content_summary(struct kx_client *c, const char *path, const struct kx_call *call,
                               struct kx_content_summary *out, struct kx_error *err);

struct kx_quota_usage {
    int64_t file_and_directory_count, space_consumed;
    int64_t quota, space_quota; /* -1: none */
};
int kx_webhdfs_quota_usage(struct kx_client *c, const char *path, const struct kx_call *call,
                           struct kx_quota_usage *out, struct kx_error *err);
/** -1 leaves a quota; INT64_MAX clears it. */
int kx_webhdfs_set_quota(struct kx_client *c, const char *path, int64_t names, int64_t space,
                         const struct kx_call *call, struct kx_error *err);
/** Per storage type ("SSD"). */
int kx_webhdfs_set_type_quota(struct kx_client *c, const char *path, const char *type,
                              int64_t space, const struct kx_call *call, struct kx_error *err);

struct kx_checksum {
    char *algorithm; /* owned: "MD5-of-0MD5-of-512CRC32C" */
    char *bytes;     /* owned: hexadecimal */
    int64_t length;  /* of the checksum's bytes that count */
};
void kx_checksum_clear(struct kx_checksum *sum);
int kx_webhdfs_checksum(struct kx_client *c, const char *path, const struct kx_call *call,
                        struct kx_checksum *out, struct kx_error *err);

struct kx_block_location {
    int64_t offset, length;
    char **hosts; /* owned, NULL-terminated */
    char **names; /* owned, NULL-terminated: "ip:port" of the data transfer */
    bool corrupt;
};
/** @out owned array of struct kx_block_location, cleared with the array. */
int kx_webhdfs_block_locations(struct kx_client *c, const char *path, int64_t offset,
                               int64_t length, const struct kx_call *call, GArray **out,
                               struct kx_error *err);

struct kx_space {
    int64_t capacity, used, remaining;
};
/** GETSTATUS: of the whole file system. -ENOTSUP before Hadoop 3.4. */
int kx_webhdfs_space(struct kx_client *c, const struct kx_call *call, struct kx_space *out,
                     struct kx_error *err);

struct kx_server_defaults {
    int64_t block_bytes, write_packet_bytes;
    int replication, bytes_per_checksum, trash_interval_min;
    bool encrypt_transfer;
};
int kx_webhdfs_server_defaults(struct kx_client *c, const struct kx_call *call,
                               struct kx_server_defaults *out, struct kx_error *err);
/** @out owned. */
int kx_webhdfs_home(struct kx_client *c, const struct kx_call *call, char **out,
                    struct kx_error *err);
int kx_webhdfs_trash_root(struct kx_client *c, const char *path, const struct kx_call *call,
                          char **out, struct kx_error *err);

/* --- extended attributes and ACLs (webhdfs_xattr.c, webhdfs_acl.c) --- */

/** @names owned, NULL-terminated, with their namespace ("user.note"). */
int kx_webhdfs_list_xattrs(struct kx_client *c, const char *path, const struct kx_call *call,
                           char ***names, struct kx_error *err);
/** @value owned bytes (empty for one without a value). -ENODATA when there is none of that name. */
int kx_webhdfs_get_xattr(struct kx_client *c, const char *path, const char *name,
                         const struct kx_call *call, GBytes **value, struct kx_error *err);
enum kx_xattr_how { KX_XATTR_ANY, KX_XATTR_CREATE, KX_XATTR_REPLACE };
/** KX_XATTR_CREATE: -EEXIST when it is there; KX_XATTR_REPLACE: -ENODATA when not. */
int kx_webhdfs_set_xattr(struct kx_client *c, const char *path, const char *name, const void *value,
                         size_t length, enum kx_xattr_how how, const struct kx_call *call,
                         struct kx_error *err);
int kx_webhdfs_remove_xattr(struct kx_client *c, const char *path, const char *name,
                            const struct kx_call *call, struct kx_error *err);

struct kx_acl {
    char *owner, *group; /* owned */
    uint32_t mode;
    bool sticky;
    char **entries; /* owned, NULL-terminated: "user:bob:rw-", "default:group::r-x" */
};
void kx_acl_clear(struct kx_acl *acl);
int kx_webhdfs_get_acl(struct kx_client *c, const char *path, const struct kx_call *call,
                       struct kx_acl *out, struct kx_error *err);
/** `spec`: comma-separated entries. */
int kx_webhdfs_set_acl(struct kx_client *c, const char *path, const char *spec,
                       const struct kx_call *call, struct kx_error *err);
int kx_webhdfs_modify_acl(struct kx_client *c, const char *path, const char *spec,
                          const struct kx_call *call, struct kx_error *err);
int kx_webhdfs_remove_acl_entries(struct kx_client *c, const char *path, const char *spec,
                                  const struct kx_call *call, struct kx_error *err);
int kx_webhdfs_remove_default_acl(struct kx_client *c, const char *path, const struct kx_call *call,
                                  struct kx_error *err);
int kx_webhdfs_remove_acl(struct kx_client *c, const char *path, const struct kx_call *call,
                          struct kx_error *err);

/* --- snapshots (webhdfs_snapshot.c) --- */
/* -ENOTSUP for a directory that allows none; -EBUSY for one that has some. */
int kx_webhdfs_allow_snapshot(struct kx_client *c, const char *path, const struct kx_call *call,
                              struct kx_error *err);
int kx_webhdfs_disallow_snapshot(struct kx_client *c, const char *path, const struct kx_call *call,
                                 struct kx_error *err);
/** @name NULL: the server makes one.  @created owned: its path; may be NULL when nobody asks. */
int kx_webhdfs_create_snapshot(struct kx_client *c, const char *path, const char *name,
                               const struct kx_call *call, char **created, struct kx_error *err);
int kx_webhdfs_delete_snapshot(struct kx_client *c, const char *path, const char *name,
                               const struct kx_call *call, struct kx_error *err);
int kx_webhdfs_rename_snapshot(struct kx_client *c, const char *path, const char *from,
                               const char *to, const struct kx_call *call, struct kx_error *err);
struct kx_snapshot_change {
    char *type;          /* owned: "CREATE" "MODIFY" "DELETE" "RENAME" */
    char *path, *target; /* owned; relative to the snapshot's root; target NULL but for RENAME */
};
/** @to "" or NULL: the present.  @out owned array of struct kx_snapshot_change, cleared with the
 * array. */
int kx_webhdfs_snapshot_diff(struct kx_client *c, const char *path, const char *from,
                             const char *to, const struct kx_call *call, GArray **out,
                             struct kx_error *err);
/** @paths owned, NULL-terminated: the directories that allow snapshots. */
int kx_webhdfs_snapshottable(struct kx_client *c, const struct kx_call *call, char ***paths,
                             struct kx_error *err);
/** @names owned, NULL-terminated: the snapshots of one directory. */
int kx_webhdfs_snapshots(struct kx_client *c, const char *path, const struct kx_call *call,
                         char ***names, struct kx_error *err);

/* --- storage and erasure-coding policy (webhdfs_policy.c) --- */
struct kx_storage_policy {
    int id;
    char *name;           /* owned: "HOT" */
    char **storage_types; /* owned, NULL-terminated */
};
void kx_storage_policy_clear(struct kx_storage_policy *policy);
/** @out owned array of struct kx_storage_policy, cleared with the array. */
int kx_webhdfs_storage_policies(struct kx_client *c, const struct kx_call *call, GArray **out,
                                struct kx_error *err);
int kx_webhdfs_get_storage_policy(struct kx_client *c, const char *path, const struct kx_call *call,
                                  struct kx_storage_policy *out, struct kx_error *err);
int kx_webhdfs_set_storage_policy(struct kx_client *c, const char *path, const char *name,
                                  const struct kx_call *call, struct kx_error *err);
int kx_webhdfs_unset_storage_policy(struct kx_client *c, const char *path,
                                    const struct kx_call *call, struct kx_error *err);
int kx_webhdfs_satisfy_storage_policy(struct kx_client *c, const char *path,
                                      const struct kx_call *call, struct kx_error *err);
/** @name owned; NULL when the path has none (the server's body is then `null`). */
int kx_webhdfs_get_ec_policy(struct kx_client *c, const char *path, const struct kx_call *call,
                             char **name, struct kx_error *err);
/** @names owned, NULL-terminated. */
int kx_webhdfs_ec_policies(struct kx_client *c, const struct kx_call *call, char ***names,
                           struct kx_error *err);
int kx_webhdfs_set_ec_policy(struct kx_client *c, const char *path, const char *name,
                             const struct kx_call *call, struct kx_error *err);
int kx_webhdfs_unset_ec_policy(struct kx_client *c, const char *path, const struct kx_call *call,
                               struct kx_error *err);

/* --- delegation tokens (webhdfs_token.c) --- */
/** @token owned; a secret: wipe before freeing. */
int kx_webhdfs_get_token(struct kx_client *c, const char *renewer, const struct kx_call *call,
                         char **token, struct kx_error *err);
/** @expires_ms the new end of its life. */
int kx_webhdfs_renew_token(struct kx_client *c, const char *token, const struct kx_call *call,
                           int64_t *expires_ms, struct kx_error *err);
int kx_webhdfs_cancel_token(struct kx_client *c, const char *token, const struct kx_call *call,
                            struct kx_error *err);
