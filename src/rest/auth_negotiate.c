#include "rest/auth_negotiate.h"

#include <errno.h>
#include <string.h>

#include "rest/auth_session.h"
#include "rest/errno_map.h"
#include "rest/json.h"
#include "rest/url.h"

#define ANSWER_BYTES_MAX ((size_t)64 * 1024)

/* One request and its answer. */
struct asked {
    struct kx_transfer *transfer;
    GByteArray *body;
};

static void asked_clear(struct asked *asked)
{
    kx_transfer_free(asked->transfer);
    if (asked->body) {
        kx_wipe(asked->body->data, asked->body->len);
        g_byte_array_free(asked->body, TRUE);
    }
    *asked = (struct asked){0};
}

/* @return 0: a 2xx answer; -errno. */
static int ask_url(const struct kx_negotiate *n, const char *method, const char *url,
                   const char *header, struct asked *out, struct kx_error *err)
{
    const char *headers[] = {header, NULL};
    const struct kx_http_request request = {.method = method, .url = url, .headers = headers};
    out->body = g_byte_array_new();
    int rc = kx_transfer_start(n->http, &request, &out->transfer, err);
    if (rc == 0) rc = kx_transfer_wait_head(out->transfer, n->limits, err);
    if (rc == 0)
        rc = kx_transfer_collect(out->transfer, ANSWER_BYTES_MAX, n->limits, out->body, err);
    if (rc < 0) return rc;
    long status = kx_transfer_status(out->transfer);
    if (status >= 200 && status <= 299) return 0;
    return kx_error_from_answer(err, status, (const char *)out->body->data, out->body->len);
}

/* @query "op=...&...". */
static int ask(const struct kx_negotiate *n, const char *method, const char *query,
               const char *header, struct asked *out, struct kx_error *err)
{
    g_autofree char *url = g_strconcat(n->base, "/?", query, NULL);
    int rc = ask_url(n, method, url, header, out, err);
    kx_wipe(url, strlen(url));
    return rc;
}

/* The cookies of an answer, as the header of the next requests. */
static int take_session(const struct kx_negotiate *n, const struct kx_transfer *transfer,
                        const char *principal, struct kx_pass **out, struct kx_error *err)
{
    __attribute__((cleanup(kx_session_clear))) struct kx_session session = {0};
    const char *line;
    for (unsigned i = 0; (line = kx_transfer_header_at(transfer, "Set-Cookie", i)); i++)
        kx_session_take(&session, line);
    if (!session.cookies || !session.cookies->len)
        return kx_error_set(err, EACCES, "it gives no session (cookie) for the Kerberos ticket");
    g_autoptr(kx_secret) secret = kx_secret_new(session.cookies->str, session.cookies->len);
    g_autofree char *user =
        session.user ? g_strdup(session.user) : g_strndup(principal, strcspn(principal, "/@"));
    int rc = kx_pass_new(KX_LOGIN_NEGOTIATE, secret, user, out, err);
    if (rc < 0) return rc;
    (*out)->principal = g_strdup(principal);
    /* A server whose clock is that far behind says nothing with it. */
    bool ahead = session.ends_ms > n->clock->wall_ms(n->clock);
    (*out)->session_ms = (*out)->expires_ms = ahead ? session.ends_ms : 0;
    return 0;
}

/* "WWW-Authenticate: Negotiate BASE64" of an answer; NULL: it has none.  Borrowed. */
static const char *proof_of(const struct kx_transfer *transfer)
{
    static const char NAME[] = "Negotiate ";
    const char *value;
    for (unsigned i = 0; (value = kx_transfer_header_at(transfer, "WWW-Authenticate", i)); i++)
        if (g_ascii_strncasecmp(value, NAME, strlen(NAME)) == 0)
            return value + strlen(NAME) + strspn(value + strlen(NAME), " ");
    return NULL;
}

/* GET @url with the ticket.  @return 0: it is let in, and the server is who it should be; the
 * answer may be an error of HDFS's all the same, which stays in @err. */
static int show_ticket(const struct kx_negotiate *n, struct kx_kerberos *exchange, const char *url,
                       struct asked *asked, struct kx_error *err)
{
    const char *principal = kx_kerberos_principal(exchange);
    char *header =
        g_strconcat("Authorization: Negotiate ", kx_secret_text(kx_kerberos_token(exchange)), NULL);
    int rc = ask_url(n, "GET", url, header, asked, err);
    kx_wipe(header, strlen(header));
    g_free(header);
    /* Who is let in may still be refused what was asked, by a standby for one. */
    bool answered = asked->transfer && kx_transfer_answered(asked->transfer);
    long status = answered ? kx_transfer_status(asked->transfer) : 0;
    if (status == 401 || (status == 403 && !err->exception)) {
        g_autofree char *why = g_strdup(err->message);
        bool skew = why && strstr(why, "Clock skew too great"); /* the words of Java's Kerberos */
        kx_error_set(err, EACCES, "it refuses the Kerberos ticket of %s: %s%s", principal,
                     why ? why : "401",
                     skew ? " (set the clocks of this machine and of the server, then kinit)" : "");
        return -EACCES;
    }
    if (rc < 0 && !(status && err->exception)) return rc;
    const char *proof = proof_of(asked->transfer);
    return proof ? kx_kerberos_check(exchange, proof, n->limits->cancel, err) : 0;
}

/* A ticket for the server that is asked. */
static int begin(const struct kx_negotiate *n, struct kx_kerberos **out, struct kx_error *err)
{
    struct kx_url_parts parts = {.port = -1};
    if (!kx_url_split(n->base, true, &parts) || !parts.host)
        return kx_error_set(err, EINVAL, "no host in %s", n->base);
    int rc = kx_kerberos_begin(n->kerberos, parts.host, n->limits->cancel, out, err);
    kx_url_parts_clear(&parts);
    return rc;
}

int kx_negotiate_session(const struct kx_negotiate *n, struct kx_pass **out, int64_t *until_ms,
                         struct kx_error *err)
{
    __attribute__((cleanup(asked_clear))) struct asked asked = {0};
    g_autoptr(kx_kerberos) exchange = NULL;
    int rc = begin(n, &exchange, err);
    if (rc < 0) return rc;
    *until_ms = kx_kerberos_until_ms(exchange);
    g_autofree char *url = g_strconcat(n->base, "/?op=GETHOMEDIRECTORY", NULL);
    rc = show_ticket(n, exchange, url, &asked, err);
    if (rc == 0) {
        kx_error_clear(err);
        rc = take_session(n, asked.transfer, kx_kerberos_principal(exchange), out, err);
    }
    if (rc < 0) kx_error_prefix(err, "%s", n->base);
    return rc;
}

int kx_negotiate_get(const struct kx_negotiate *n, GByteArray **body, struct kx_pass **session,
                     struct kx_error *err)
{
    __attribute__((cleanup(asked_clear))) struct asked asked = {0};
    g_autoptr(kx_kerberos) exchange = NULL;
    KX_ERROR_AUTO(none);
    int rc = begin(n, &exchange, err);
    if (rc == 0) rc = show_ticket(n, exchange, n->base, &asked, err);
    if (rc == 0 && err->code) rc = -err->code;
    if (rc < 0) return rc;
    take_session(n, asked.transfer, kx_kerberos_principal(exchange), session, &none);
    *body = g_steal_pointer(&asked.body);
    return 0;
}

static int name_failure(int rc, const char *what, struct kx_error *err)
{
    if (rc < 0) kx_error_prefix(err, "%s", what);
    return rc;
}

static int prolong(const struct kx_negotiate *n, const struct kx_pass *session, const char *token,
                   struct kx_pass **out, struct kx_error *err)
{
    __attribute__((cleanup(asked_clear))) struct asked asked = {0};
    GString *query = g_string_new("&op=RENEWDELEGATIONTOKEN");
    int64_t expires_ms = 0;
    kx_url_append_query(query, "token", token);
    int rc = ask(n, "PUT", query->str + 1, kx_secret_text(session->header), &asked, err);
    kx_wipe(query->str, query->len);
    g_string_free(query, TRUE);
    if (rc == 0) {
        g_autoptr(GBytes) bytes = g_bytes_new_static(asked.body->data, asked.body->len);
        rc = kx_json_read(bytes, &kx_json_long, &expires_ms, err);
    }
    if (rc < 0) return name_failure(rc, "the delegation token is not renewed", err);
    *out = kx_pass_with(session, kx_secret_new(token, strlen(token)), expires_ms);
    return 0;
}

int kx_negotiate_token(const struct kx_negotiate *n, const struct kx_pass *session,
                       struct kx_pass **out, struct kx_error *err)
{
    __attribute__((cleanup(asked_clear))) struct asked asked = {0};
    g_autofree char *token = NULL;
    GString *query = g_string_new("&op=GETDELEGATIONTOKEN");
    kx_url_append_query(query, "renewer", session->user); /* others may not renew it */
    int rc = ask(n, "GET", query->str + 1, kx_secret_text(session->header), &asked, err);
    g_string_free(query, TRUE);
    if (rc == 0) {
        g_autoptr(GBytes) bytes = g_bytes_new_static(asked.body->data, asked.body->len);
        rc = kx_json_read(bytes, &kx_json_token, &token, err);
    }
    if (rc < 0) return name_failure(rc, "there is no delegation token", err);
    rc = prolong(n, session, token, out, err); /* only that tells when it ends */
    kx_wipe(token, strlen(token));
    return rc;
}

int kx_negotiate_renew(const struct kx_negotiate *n, const struct kx_pass *session,
                       const struct kx_pass *old, struct kx_pass **out, struct kx_error *err)
{
    return prolong(n, session, kx_secret_text(old->value), out, err);
}

int kx_negotiate_cancel(const struct kx_negotiate *n, const struct kx_pass *pass,
                        struct kx_error *err)
{
    __attribute__((cleanup(asked_clear))) struct asked asked = {0};
    GString *query = g_string_new("&op=CANCELDELEGATIONTOKEN");
    kx_url_append_query(query, "token", kx_secret_text(pass->value));
    kx_url_append_query(query, "delegation", kx_secret_text(pass->value));
    const char *header = pass->header ? kx_secret_text(pass->header) : NULL;
    int rc = ask(n, "PUT", query->str + 1, header, &asked, err);
    kx_wipe(query->str, query->len);
    g_string_free(query, TRUE);
    return name_failure(rc, "the delegation token is not cancelled", err);
}
