/* A range of a file as one long stream that survives cut connections.
 *
 * One redirect and one DataNode stream, whatever the size. When the connection breaks or the server
 * lies about the length, the stream is opened again at the exact byte, without the DataNode that
 * failed, until nothing moves for the client's stall time. A body that ends early is never taken
 * for the end of the file.
 *
 * Where the version names a fileId the file is opened by it (inodes.h), if the server can do that:
 * then a range is of that file, wherever it was renamed to, or -ESTALE. Elsewhere (HttpFS, Knox, a
 * login) it is opened by its name, and a range that does not begin with the file's first byte costs
 * one look at what has the name, after the OPEN: another file is -ESTALE.
 *
 * Threads: one download is used by one thread at a time. */
#pragma once
#include "rest/client.h"

struct kx_download;

/* Which version of a file its reader has begun with. When a cut stream is opened again the file
 * must still be it. */
struct kx_version {
    uint64_t file_id; /* 0: unknown */
    int64_t mtime_ms;
};

/* What to open. All members are borrowed during the call. */
struct kx_download_range {
    const char *path;
    int64_t offset, length; /* in bytes, length > 0; within the file as the caller knows it */
    const struct kx_version *version; /* may be NULL: not looked at */
    size_t window_bytes; /* how many bytes may wait here for the reader, from the first one on: a
                            server that answers with the file itself (HttpFS) has filled it before
                            kx_download_open returns. 0: the client's */
};

/** Sends the request and returns when the head has come.
 *  @return 0; -ESTALE: the file was replaced, removed or made shorter; another -errno. */
int kx_download_open(struct kx_client *client, const struct kx_download_range *range,
                     const struct kx_call *call, struct kx_download **out, struct kx_error *err);

/** The next bytes, in order: waits until `want` of them, the rest of the range or a full window
 * have come.
 *  @out owned block of at least 1 byte; when it is less than `want`, the next calls have the others
 * without waiting.
 *  @return 1: a block; 0: the range is complete; -ESTALE: the file was replaced or removed in the
 *  middle; another -errno after everything was tried. */
int kx_download_pull(struct kx_download *download, size_t want, const struct kx_call *call,
                     struct kx_block **out, struct kx_error *err);

/** How many bytes may wait here for the reader, from now on, also after a cut. Does not block. */
void kx_download_set_window(struct kx_download *download, size_t bytes);

/** Where the next byte lies in the file. */
int64_t kx_download_position(const struct kx_download *download);

/** NULL is fine. */
void kx_download_close(struct kx_download *download);

KX_DEFINE_AUTOPTR(kx_download, kx_download_close)
