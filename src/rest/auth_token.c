#include "rest/auth_token.h"

#include <errno.h>
#include <string.h>

#include "rest/auth_negotiate.h"
#include "rest/errno_map.h"
#include "rest/json.h"

#define EPOCH_MS_MIN     INT64_C(100000000000)
#define ANSWER_BYTES_MAX ((size_t)256 * 1024)

static int token_read(const GByteArray *body, struct kx_pass **out, struct kx_error *err)
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

/* With the header of a pass.  @err has the status of an answer that is no token. */
static int get_with(const struct kx_token_ask *ask, const struct kx_pass *with,
                    struct kx_pass **out, struct kx_error *err)
{
    const char *headers[] = {kx_secret_text(with->header), "Accept: application/json", NULL};
    const struct kx_http_request request = {.method = "GET", .url = ask->url, .headers = headers};
    g_autoptr(GByteArray) body = g_byte_array_new();
    g_autoptr(kx_transfer) transfer = NULL;
    int rc = kx_transfer_start(ask->http, &request, &transfer, err);
    if (rc == 0) rc = kx_transfer_wait_head(transfer, ask->limits, err);
    if (rc == 0) rc = kx_transfer_collect(transfer, ANSWER_BYTES_MAX, ask->limits, body, err);
    long status = rc == 0 ? kx_transfer_status(transfer) : 0;
    if (status == 401) {
        rc = kx_error_set(err, EACCES, "it refuses the password of %s", with->user);
        err->http_status = status;
    } else if (status && status != 200) {
        rc = kx_error_from_answer(err, status, (const char *)body->data, body->len);
    }
    if (rc == 0) rc = token_read(body, out, err);
    if (body->len) kx_wipe(body->data, body->len);
    return rc;
}

/* A server that does not take its own session any more says 401, or 403. */
static bool session_serves(const struct kx_token_ask *ask, const struct kx_pass *session)
{
    return session &&
           (!session->session_ms || session->session_ms > ask->clock->wall_ms(ask->clock));
}

static int get_with_ticket(const struct kx_token_ask *ask, const struct kx_pass *with,
                           struct kx_pass **out, struct kx_pass **session, struct kx_error *err)
{
    if (session_serves(ask, with)) {
        int rc = get_with(ask, with, out, err);
        if (rc == 0 || (err->http_status != 401 && err->http_status != 403)) return rc;
        kx_error_clear(err);
    }
    const struct kx_negotiate n = {.http = ask->http,
                                   .clock = ask->clock,
                                   .kerberos = ask->kerberos,
                                   .base = ask->url,
                                   .limits = ask->limits};
    GByteArray *body = NULL;
    int rc = kx_negotiate_get(&n, &body, session, err);
    if (rc < 0) return rc;
    rc = token_read(body, out, err);
    kx_wipe(body->data, body->len);
    g_byte_array_free(body, TRUE);
    return rc;
}

static int check_user(const struct kx_token_ask *ask, struct kx_pass **pass, struct kx_error *err)
{
    if (!ask->user || g_strcmp0((*pass)->user, ask->user) == 0) return 0;
    int rc = kx_error_set(err, EACCES, "-o user=%s, but the token for the Kerberos ticket is %s's",
                          ask->user, (*pass)->user ? (*pass)->user : "nobody");
    kx_pass_unref(g_steal_pointer(pass));
    return rc;
}

int kx_token_get(const struct kx_token_ask *ask, const struct kx_pass *with, struct kx_pass **out,
                 struct kx_pass **session, struct kx_error *err)
{
    KX_ERROR_AUTO(own);
    struct kx_error *to = err ? err : &own;
    int rc =
        ask->kerberos ? get_with_ticket(ask, with, out, session, to) : get_with(ask, with, out, to);
    if (rc == 0 && ask->kerberos) rc = check_user(ask, out, to);
    if (rc < 0) kx_error_prefix(to, "no token from %s", ask->url);
    return rc;
}
