/* An operation whose answer is a body that is read at once. */
#include "rest/client_private.h"

struct wanted_body {
    size_t cap;
    GByteArray *bytes;
};

static int take_body(struct kx_operation *o, struct kx_transfer *transfer, void *context,
                     struct kx_error *err)
{
    struct wanted_body *body = context;
    g_byte_array_set_size(body->bytes, 0);
    int result = kx_transfer_collect(transfer, body->cap, &o->limits, body->bytes, err);
    if (result < 0) kx_error_about(err, kx_op_info(o->op)->name, o->path);
    return result;
}

int kx_client_run(const struct kx_ask *ask, GBytes **body, bool *maybe, struct kx_error *err)
{
    struct kx_operation o = {
        .client = ask->client, .op = ask->op, .path = ask->path, .params = ask->params};
    struct wanted_body wanted = {.cap = ask->cap ? ask->cap : KX_ANSWER_BYTES_MAX,
                                 .bytes = g_byte_array_new()};
    if (maybe) *maybe = false;
    int result = kx_operation_run(&o, ask->call, take_body, &wanted, NULL, maybe, err);
    GBytes *bytes = g_byte_array_free_to_bytes(wanted.bytes);
    if (result == 0 && body)
        *body = bytes;
    else
        g_bytes_unref(bytes);
    return result;
}
