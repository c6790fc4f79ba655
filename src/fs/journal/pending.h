/* Uploads that are not done, as a person sees them (/.cluster/mount/pending).
 * Threads: any. */
#pragma once
#include <glib.h>

#include "rest/client.h"

struct kx_mount;

struct kx_pending_item {
    int64_t id;
    char *path;        /* owned */
    const char *state; /* "queued" "cutting" "failed" */
    int64_t bytes, since_ms;
    char *reason; /* owned; of the last failure; may be NULL */
};

/** @return owned array of owned items, by id. No request. */
GPtrArray *kx_pending_list(struct kx_mount *mount);

/** Upload it now, also over what is at its name meanwhile.  @return 0: it is at its name; -ENOENT:
 * there is no such id; what the server says: then it is kept as before. Blocking: an upload. */
int kx_pending_retry(struct kx_mount *mount, int64_t id, const struct kx_call *call,
                     struct kx_error *err);

/** Give its bytes up. @return 0; -ENOENT. */
int kx_pending_drop(struct kx_mount *mount, int64_t id, struct kx_error *err);
