/* What an answer means that has come: success, or the reason why not. */
#include <errno.h>
#include <string.h>

#include "rest/client_private.h"
#include "rest/errno_map.h"

#define ERROR_BODY_BYTES_MAX                                                                       \
    ((size_t)65536) /* a DataNode's stack trace is some 2 KiB (recorded)                           \
                     */

/* Read what the server says instead of a success. */
static int answer_error(struct kx_transfer *transfer, const struct kx_limits *limits,
                        struct kx_error *err)
{
    g_autoptr(GByteArray) body = g_byte_array_new();
    long status = kx_transfer_status(transfer);
    KX_ERROR_AUTO(
        ignored); /* a cut or oversized error body is still an error: what came is enough */
    int result = kx_transfer_collect(transfer, ERROR_BODY_BYTES_MAX, limits, body, &ignored);
    if (result == -EINTR) {
        kx_error_copy(err, &ignored);
        return result;
    }
    return kx_error_from_answer(err, status, (const char *)body->data, body->len);
}

/* Of several, the one that a ticket is for. */
static const char *offer_of(const struct kx_transfer *transfer)
{
    const char *value;
    for (unsigned i = 0; (value = kx_transfer_header_at(transfer, "WWW-Authenticate", i)); i++)
        if (g_ascii_strncasecmp(value, "negotiate", 9) == 0) return value;
    return kx_transfer_header(transfer, "WWW-Authenticate");
}

int kx_client_judge(struct kx_client *client, struct kx_transfer *transfer, enum kx_op op,
                    const char *path, const struct kx_limits *limits, struct kx_error *err)
{
    long status = kx_transfer_status(transfer);
    if (status >= 200 && status <= 299) return 0;
    KX_ERROR_AUTO(own);
    struct kx_error *to = err ? err : &own;
    int result = answer_error(transfer, limits, to);
    if (status == 401 && to->message && strstr(to->message, "Invalid signature"))
        kx_error_prefix(to, "it does not take the session that it has given (Knox: "
                            "hadoop.auth.config.signature.secret.file must be set)");
    if (status == 401 && !to->exception) kx_auth_explain(client->auth, offer_of(transfer), to);
    kx_error_about(to, kx_op_info(op)->name, path);
    return result;
}
