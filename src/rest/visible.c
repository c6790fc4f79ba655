#include "rest/visible.h"

#include <errno.h>

#include "rest/features.h"
#include "rest/json.h"
#include "rest/webhdfs_call.h"

#define ALL_BYTES ((int64_t)1 << 60) /* no file is as long */

/* So many bytes that were read before are worth the question whether a DataNode is known. */
#define FAR_BYTES ((int64_t)1024 * 1024)

/* Looked at for the end, where the server does not announce how long its answer is; the next time
 * goes on from there. */
#define COUNT_BYTES_MAX ((int64_t)4 * 1024 * 1024)

int kx_visible_is_written(struct kx_client *client, const char *path, const struct kx_call *call,
                          bool *out, struct kx_error *err)
{
    struct kx_features *features = kx_client_features(client);
    const struct kx_ask ask = {client, KX_GET_BLOCK_LOCATIONS, path, "&offset=0&length=1",
                               call,   KX_ANSWER_BYTES_MAX};
    if (kx_feature_get(features, KX_FEATURE_LOCATED_BLOCKS) == KX_NO)
        return kx_ask_about(
            &ask, kx_error_set(err, EOPNOTSUPP, "the server has no GET_BLOCK_LOCATIONS"), err);
    int result = kx_ask_read(&ask, &kx_json_construction, out, err);
    if (result == 0) kx_feature_set(features, KX_FEATURE_LOCATED_BLOCKS, KX_YES);
    if (result == -EOPNOTSUPP) kx_feature_set(features, KX_FEATURE_LOCATED_BLOCKS, KX_NO);
    return result;
}

/* The last byte that the NameNode knows, or the first one of nothing. */
static int64_t last_known(int64_t known)
{
    return MAX(known - 1, 0);
}

/* @return how many bytes there are, looking at COUNT_BYTES_MAX at least; -errno. */
static int64_t count(struct kx_client *client, struct kx_transfer *transfer,
                     const struct kx_call *call, struct kx_error *err)
{
    int64_t done = 0;
    while (done < COUNT_BYTES_MAX) {
        g_autoptr(kx_block) block = NULL;
        struct kx_limits limits = kx_client_body_limits(client, call);
        int result = kx_transfer_pull(transfer, KX_BLOCK_BYTES, &limits, &block, err);
        if (result < 0) return result;
        if (result == 0) break;
        done += (int64_t)block->length;
    }
    return done;
}

int kx_visible_length(struct kx_client *client, const char *path, int64_t known,
                      const struct kx_call *call, int64_t *out, struct kx_error *err)
{
    g_autoptr(kx_transfer) transfer = NULL;
    int64_t from = last_known(known);
    const struct kx_open what = {.path = path, .offset = from, .length = ALL_BYTES};
    int result = kx_client_open(client, &what, call, &transfer, err);
    if (result < 0) return result;
    const char *announced = kx_transfer_header(transfer, "Content-Length");
    int64_t bytes =
        announced ? g_ascii_strtoll(announced, NULL, 10) : count(client, transfer, call, err);
    if (bytes < 0) return (int)bytes;
    *out = MAX(known, from + MIN(bytes, ALL_BYTES));
    return 0;
}

int kx_visible_open(struct kx_client *client, const char *path, int64_t known,
                    const struct kx_extent *part, const struct kx_call *call,
                    struct kx_transfer **out, int64_t *at, struct kx_error *err)
{
    int64_t first = last_known(known), to = part->offset + part->length;
    struct kx_open what = {
        .path = path, .offset = part->offset, .length = part->length, .direct = true};
    int result = -ERANGE;
    if (part->offset - first >= FAR_BYTES) result = kx_client_open(client, &what, call, out, err);
    *at = what.offset;
    if (result != -ERANGE) return result;
    kx_error_clear(err); /* no DataNode was known, and the NameNode does not go so far */
    what = (struct kx_open){.path = path, .offset = first, .length = to - first};
    *at = first;
    return kx_client_open(client, &what, call, out, err);
}
