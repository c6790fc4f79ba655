/* Bytes in order to one file: CREATE or APPEND as one chunked stream through a bounded buffer, no
 * local copy, any size.
 *
 * A CREATE begins when KX_UPLOAD_SMALL_BYTES are exceeded. A file that ends before is one request
 * with its length, without a redirect where a DataNode is known (datanodes.h). As long as
 * KX_UPLOAD_KEPT_BYTES are not exceeded the bytes are still here, and a CREATE is tried again when
 * the DataNode could not reach the NameNode, an APPEND when the NameNode did not let it begin yet
 * (kx_append_is_early).
 *
 * A DataNode whose client goes away closes the file as if it were complete
 * (HdfsWriter.channelInactive, Hadoop 3.4.2; measured): so callers CREATE under a hidden name and
 * rename after kx_upload_finish gave 0. Nothing else is repeated: the bytes are gone once sent.
 *
 * Threads: one upload is used by one thread at a time. */
#pragma once
#include "rest/client.h"

struct kx_upload;

#define KX_UPLOAD_SMALL_BYTES ((int64_t)256 * 1024)
#define KX_UPLOAD_KEPT_BYTES  ((size_t)1024 * 1024) /* a transfer's window takes so many at once */

struct kx_create {
    bool overwrite;
    bool create_parent;   /* make missing parent directories; else -ENOENT */
    uint32_t mode;        /* 0: the server's default */
    unsigned replication; /* 0: the server's default */
    int64_t block_bytes;  /* 0: the server's default */
    bool sync_block;      /* each DataNode writes a block to its disk when the block is complete */
    bool verify;          /* finish compares the server's checksum with that of what was sent */
};

/** Start a CREATE (@how not NULL) or an APPEND (@how NULL). The server's refusal comes with a later
 * write or with finish. */
int kx_upload_open(struct kx_client *client, const char *path, const struct kx_create *how,
                   const struct kx_call *call, struct kx_upload **out, struct kx_error *err);

/** Queue bytes; blocks while the window is full.  @return 0 or -errno: the server's refusal when it
 * has refused. */
int kx_upload_write(struct kx_upload *upload, const void *data, size_t length,
                    const struct kx_call *call, struct kx_error *err);

/** How many bytes were queued. */
int64_t kx_upload_length(const struct kx_upload *upload);

/** End the body and wait for the server's word that it has the file (201 or 200).
 * With `verify` (kx_create) ask for its checksum too; what it cannot compare it only warns of.
 *  @return 0: all replicas of the pipeline have it; -EIO with both sums in the reason: they have
 * something else; -errno: what is there now is unknown. */
int kx_upload_finish(struct kx_upload *upload, const struct kx_call *call, struct kx_error *err);

/** Was kx_upload_finish called? After -EINTR it may be called again; no byte can be written any
 * more. */
bool kx_upload_ending(const struct kx_upload *upload);

/** Was anything sent to a server that may have made, or changed, the file? */
bool kx_upload_touched(const struct kx_upload *upload);

/** Which file it is. @return borrowed until kx_upload_follow or close. */
const char *kx_upload_path(const struct kx_upload *upload);

/** The directory of a file that is not touched yet was renamed: it will be made at `path`. */
void kx_upload_follow(struct kx_upload *upload, const char *path);

/** Free; an unfinished one is cut, and the server keeps what it got under that name. NULL is fine.
 */
void kx_upload_close(struct kx_upload *upload);

/** A whole small file in one call: CREATE (or APPEND), bytes, finish. */
int kx_upload_small(struct kx_client *client, const char *path, const struct kx_create *how,
                    const void *data, size_t length, const struct kx_call *call,
                    struct kx_error *err);

KX_DEFINE_AUTOPTR(kx_upload, kx_upload_close)
