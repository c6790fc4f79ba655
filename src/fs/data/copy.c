/* Bytes from one open file to another without a way through the kernel. */
#include <errno.h>

#include "fs/data/handle.h"

#define STEP_BYTES ((size_t)1024 * 1024)
/* A call ends after so many: it can only be interrupted, and seen to go on, in between. */
#define CALL_BYTES ((int64_t)64 * 1024 * 1024)

static int write_slices(struct kx_handle *out, int64_t offset, const struct kx_slices *slices,
                        const struct kx_call *call, struct kx_error *err)
{
    int result = 0;
    for (guint i = 0; result == 0 && i < slices->pieces->len; i++) {
        const struct iovec *piece = &g_array_index(slices->pieces, struct iovec, i);
        result = kx_handle_write(out, offset, piece->iov_base, piece->iov_len, call, err);
        offset += (int64_t)piece->iov_len;
    }
    return result;
}

int64_t kx_handle_copy(struct kx_handle *in, int64_t from, struct kx_handle *out, int64_t to,
                       int64_t length, const struct kx_call *call, struct kx_error *err)
{
    int64_t done = 0, wanted = MIN(length, CALL_BYTES);
    int result = 0;
    while (done < wanted) {
        struct kx_slices slices;
        kx_slices_init(&slices);
        size_t step = (size_t)MIN(wanted - done, (int64_t)STEP_BYTES);
        result = kx_handle_read(in, from + done, step, call, &slices, err);
        if (result == 0) result = write_slices(out, to + done, &slices, call, err);
        int64_t got = (int64_t)slices.length;
        kx_slices_clear(&slices);
        if (result < 0 || got == 0) break;
        done += got;
    }
    return result < 0 && done == 0 ? result : done;
}
