#include "rest/auth_pass.h"

#include <errno.h>
#include <string.h>

#include "rest/json.h"

const char *kx_login_name(enum kx_login login)
{
    static const char *const NAMES[] = {[KX_LOGIN_SIMPLE] = "simple",
                                        [KX_LOGIN_BASIC] = "basic",
                                        [KX_LOGIN_BEARER] = "bearer",
                                        [KX_LOGIN_DELEGATION] = "delegation",
                                        [KX_LOGIN_NEGOTIATE] = "negotiate"};
    return NAMES[login];
}

const char *kx_login_advice(const char *offered)
{
    if (!offered) return "a login: -o auth_file=FILE or token_file=FILE";
    if (g_ascii_strncasecmp(offered, "basic", 5) == 0)
        return "a name and password: -o auth_file=FILE with USER:PASSWORD in it";
    if (g_ascii_strncasecmp(offered, "bearer", 6) == 0)
        return "a token: -o token_file=FILE, or token_url=URL with auth_file=FILE";
    if (g_ascii_strncasecmp(offered, "negotiate", 9) == 0)
        return "a Kerberos ticket (kinit, or -o keytab=FILE), or -o delegation_file=FILE with a "
               "delegation token";
    return "a login of a kind that is not known here";
}

/* @prefix + text, or its base64, in a secret. */
static struct kx_secret *header_new(const char *prefix, const char *text, size_t length,
                                    bool encode)
{
    char *encoded =
        encode ? g_base64_encode((const guchar *)text, length) : g_strndup(text, length);
    char *line = g_strconcat(prefix, encoded, NULL);
    struct kx_secret *header = kx_secret_new(line, strlen(line));
    kx_wipe(encoded, strlen(encoded));
    kx_wipe(line, strlen(line));
    g_free(encoded);
    g_free(line);
    return header;
}

static int fill_basic(struct kx_pass *pass, const struct kx_secret *line, struct kx_error *err)
{
    const char *text = kx_secret_text(line), *colon = strchr(text, ':');
    if (!colon || colon == text)
        return kx_error_set(err, EINVAL,
                            "no USER:PASSWORD: a name, a colon and the password in "
                            "one line are expected");
    pass->user = g_strndup(text, (gsize)(colon - text));
    pass->header = header_new("Authorization: Basic ", text, kx_secret_length(line), true);
    return 0;
}

/* What a JWT says in its middle part, without checking who has signed it: that is the server's
 * work, and a token that is none says nothing. */
static void read_claims(struct kx_pass *pass, const char *token)
{
    const char *middle = strchr(token, '.'), *end = middle ? strchr(middle + 1, '.') : NULL;
    if (!end) return;
    g_autoptr(GString) text = g_string_new_len(middle + 1, end - middle - 1);
    g_strdelimit(text->str, "-", '+');
    g_strdelimit(text->str, "_", '/');
    while (text->len % 4)
        g_string_append_c(text, '=');
    gsize length = 0;
    g_autofree guchar *json = g_base64_decode(text->str, &length);
    g_autoptr(GBytes) bytes = g_bytes_new(json, length);
    struct kx_claims claims = {0};
    if (kx_json_read(bytes, &kx_json_claims, &claims, NULL) < 0) return;
    if (claims.subject && *claims.subject) {
        g_free(pass->user);
        pass->user = g_strdup(claims.subject);
    }
    if (claims.expires_s > 0 && claims.expires_s < INT64_MAX / 1000)
        pass->expires_ms = claims.expires_s * 1000;
    g_free(claims.subject);
}

static int fill_bearer(struct kx_pass *pass, const struct kx_secret *line, struct kx_error *err)
{
    const char *text = kx_secret_text(line);
    if (strpbrk(text, " ,;\"")) return kx_error_set(err, EINVAL, "no token: one word is expected");
    /* "bearer" in lower case is refused by Knox 2.0.0 (measured). */
    pass->header = header_new("Authorization: Bearer ", text, kx_secret_length(line), false);
    read_claims(pass, text);
    return 0;
}

int kx_pass_new(enum kx_login login, const struct kx_secret *line, const char *user,
                struct kx_pass **out, struct kx_error *err)
{
    g_autoptr(kx_pass) pass = g_new0(struct kx_pass, 1);
    pass->references = 1;
    pass->login = login;
    int rc = 0;
    if (login == KX_LOGIN_BEARER) rc = fill_bearer(pass, line, err);
    if (login == KX_LOGIN_BASIC) rc = fill_basic(pass, line, err);
    if (login == KX_LOGIN_NEGOTIATE)
        pass->header = header_new("Cookie: ", kx_secret_text(line), kx_secret_length(line), false);
    if (login == KX_LOGIN_DELEGATION)
        pass->value = kx_secret_new(kx_secret_text(line), kx_secret_length(line));
    if (!pass->user) pass->user = g_strdup(user);
    if (rc == 0) *out = g_steal_pointer(&pass);
    return rc;
}

static struct kx_secret *secret_copy(const struct kx_secret *secret)
{
    return secret ? kx_secret_new(kx_secret_text(secret), kx_secret_length(secret)) : NULL;
}

struct kx_pass *kx_pass_with(const struct kx_pass *pass, struct kx_secret *value,
                             int64_t expires_ms)
{
    struct kx_pass *copy = g_new0(struct kx_pass, 1);
    copy->references = 1;
    copy->login = pass->login;
    copy->user = g_strdup(pass->user);
    copy->principal = g_strdup(pass->principal);
    copy->session_ms = pass->session_ms;
    copy->header = secret_copy(pass->header);
    copy->value = value;
    copy->expires_ms = expires_ms;
    return copy;
}

struct kx_pass *kx_pass_lent(const struct kx_pass *pass, const struct kx_pass *session)
{
    struct kx_pass *copy = kx_pass_with(pass, secret_copy(pass->value), pass->expires_ms);
    kx_secret_free(copy->header);
    copy->header = session ? secret_copy(session->header) : NULL;
    copy->session_ms = session ? session->session_ms : 0;
    copy->lent = true;
    return copy;
}

struct kx_pass *kx_pass_ref(struct kx_pass *pass)
{
    g_atomic_int_inc(&pass->references);
    return pass;
}

void kx_pass_unref(struct kx_pass *pass)
{
    if (!pass || !g_atomic_int_dec_and_test(&pass->references)) return;
    kx_secret_free(pass->header);
    kx_secret_free(pass->value);
    g_free(pass->user);
    g_free(pass->principal);
    g_free(pass);
}

int64_t kx_pass_due_ms(const struct kx_pass *pass, int64_t now_ms)
{
    if (!pass->expires_ms) return INT64_MAX;
    return pass->expires_ms <= now_ms ? now_ms : now_ms + (pass->expires_ms - now_ms) / 4 * 3;
}

void kx_pass_tell(const struct kx_pass *pass, struct kx_log *log)
{
    g_autoptr(GDateTime) until =
        pass->expires_ms ? g_date_time_new_from_unix_utc(pass->expires_ms / 1000) : NULL;
    g_autofree char *stamp = until ? g_date_time_format(until, "%Y-%m-%dT%H:%M:%SZ") : NULL;
    kx_log_event(log, KX_LOG_DEBUG, "login", "%s %s%s%s%s%s",
                 pass->number > 1 ? "a new" : "the first",
                 pass->value || pass->login == KX_LOGIN_BEARER ? "token" : "session",
                 pass->user ? " of " : "", pass->user ? pass->user : "",
                 stamp ? ", good until " : "", stamp ? stamp : "");
}
