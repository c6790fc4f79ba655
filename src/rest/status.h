/* What HDFS says of a file or directory (FileStatus), and a page of a listing.
 * Threads: plain values.  Ownership: names are owned by the struct; owner and group are references
 * (g_ref_string), shared within a listing and by copies. They are not GLib's interned ones: of
 * those, one whose last reference another thread has just given back can be found again, and is
 * freed twice (2.74, with four threads at once). */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum kx_file_type { KX_TYPE_FILE, KX_TYPE_DIRECTORY, KX_TYPE_SYMLINK };

struct kx_status {
    enum kx_file_type type;
    uint64_t file_id;    /* the inode's number; 0 when the server tells none (-1 for /.snapshot) */
    int64_t length;      /* bytes; 0 for a directory */
    int64_t block_bytes; /* block size; 0 for a directory */
    int64_t mtime_ms;    /* since the epoch */
    int64_t atime_ms;
    uint32_t mode; /* permission bits, 07777 */
    uint32_t replication;
    int64_t children; /* of a directory; -1 when the server does not say */
    int storage_policy;
    bool has_acl;        /* aclBit: "permission" carries the mask, GETACLSTATUS has the rest */
    bool encrypted;      /* encBit */
    bool erasure_coded;  /* ecBit */
    bool snapshottable;  /* snapshotEnabled */
    char *name;          /* pathSuffix; "" for the path itself; owned */
    char *owner, *group; /* "" when the server tells none */
    char *target;        /* of a symlink, else NULL; owned */
};

/** Free what it holds and zero it. */
void kx_status_clear(struct kx_status *status);
void kx_status_copy(struct kx_status *to, const struct kx_status *from);

struct kx_page {
    GArray *entries;   /* of struct kx_status, cleared with the array */
    int64_t remaining; /* entries behind this page, as the server says */
};
void kx_page_clear(struct kx_page *page);
