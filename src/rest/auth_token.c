#include "rest/auth_token.h"

#include <errno.h>
#include <string.h>

#include "rest/errno_map.h"
#include "rest/json.h"

#define EPOCH_MS_MIN     INT64_C(100000000000)
#define ANSWER_BYTES_MAX ((size_t)256 * 1024)

static int token_read(GByteArray *body, struct kx_pass **out, struct kx_error *err)
{
    struct kx_token_answer answer = {0};
    g_autoptr(GBytes) bytes = g_bytes_new_static(body->data, body->len);
    int rc = kx_json_read(bytes, &kx_json_token_answer, &answer, err);
    if (rc < 0) return rc;
    g_autoptr(kx_secret) token = kx_secret_new(answer.token, strlen(answer.token));
    kx_wipe(answer.token, strlen(answer.token));
    g_free(answer.token);
    rc = kx_pass_new(KX_LOGIN_BEARER, token, NULL, out, err);
    /* As the token itself says it, but in milliseconds. Others mean seconds from now. */
    if (rc == 0 && answer.expires_ms > EPOCH_MS_MIN) (*out)->expires_ms = answer.expires_ms;
    return rc;
}

int kx_token_get(struct kx_http *http, const char *url, const struct kx_pass *with,
                 const struct kx_limits *limits, struct kx_pass **out, struct kx_error *err)
{
    const char *headers[] = {kx_secret_text(with->header), "Accept: application/json", NULL};
    const struct kx_http_request request = {.method = "GET", .url = url, .headers = headers};
    g_autoptr(GByteArray) body = g_byte_array_new();
    g_autoptr(kx_transfer) transfer = NULL;
    int rc = kx_transfer_start(http, &request, &transfer, err);
    if (rc == 0) rc = kx_transfer_wait_head(transfer, limits, err);
    if (rc == 0) rc = kx_transfer_collect(transfer, ANSWER_BYTES_MAX, limits, body, err);
    long status = rc == 0 ? kx_transfer_status(transfer) : 0;
    if (status == 401)
        rc = kx_error_set(err, EACCES, "it refuses the password of %s", with->user);
    else if (status && status != 200)
        rc = kx_error_from_answer(err, status, (const char *)body->data, body->len);
    if (rc == 0) rc = token_read(body, out, err);
    if (body->len) kx_wipe(body->data, body->len);
    if (rc < 0) kx_error_prefix(err, "no token from %s", url);
    return rc;
}
