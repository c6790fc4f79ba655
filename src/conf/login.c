#include "conf/login.h"

#include <errno.h>
#include <string.h>

#include "rest/near.h"

/* Where a password or token may be from: the options that say so. */
struct origin {
    const char *option, *where;
    bool given;
    enum kx_source_kind source;
    enum kx_login login;
};

#define ORIGINS 8

static void list_origins(const struct kx_options *o, struct origin out[ORIGINS])
{
    const struct origin rows[ORIGINS] = {
        {"auth_file", o->auth_file, o->auth_file, KX_SOURCE_FILE, KX_LOGIN_BASIC},
        {"auth_command", o->auth_command, o->auth_command, KX_SOURCE_COMMAND, KX_LOGIN_BASIC},
        {"netrc", o->netrc, o->netrc, KX_SOURCE_NETRC, KX_LOGIN_BASIC},
        {"credential", o->credential, o->credential, KX_SOURCE_CREDENTIAL, KX_LOGIN_BASIC},
        {"ask_password", NULL, o->ask_password, KX_SOURCE_TYPED, KX_LOGIN_BASIC},
        {"token_file", o->token_file, o->token_file, KX_SOURCE_FILE, KX_LOGIN_BEARER},
        {"delegation_file", o->delegation_file, o->delegation_file, KX_SOURCE_FILE,
         KX_LOGIN_DELEGATION},
        {o->keytab ? "keytab" : "principal", NULL, o->keytab || o->principal, KX_SOURCE_NONE,
         KX_LOGIN_NEGOTIATE},
    };
    memcpy(out, rows, sizeof rows);
}

/* The one that was given.  @out its option is NULL when none was. */
static int find_origin(const struct kx_options *options, struct origin *out, struct kx_error *err)
{
    struct origin rows[ORIGINS];
    list_origins(options, rows);
    *out = (struct origin){.login = KX_LOGIN_SIMPLE};
    for (size_t i = 0; i < ORIGINS; i++) {
        if (!rows[i].given) continue;
        if (out->option)
            return kx_error_set(err, EINVAL, "-o %s and -o %s: one login is enough", out->option,
                                rows[i].option);
        *out = rows[i];
    }
    bool ticket = out->login == KX_LOGIN_SIMPLE || out->login == KX_LOGIN_NEGOTIATE;
    if (options->token_url && !ticket && out->login != KX_LOGIN_BASIC)
        return kx_error_set(err, EINVAL,
                            "-o token_url and -o %s: a token is got with a password (auth_file, "
                            "...) or a Kerberos ticket",
                            out->option);
    return 0;
}

static int check_user(const struct kx_options *options, struct kx_auth *auth, struct kx_error *err)
{
    g_autofree char *user = kx_auth_user(auth);
    if (!options->user || g_strcmp0(user, options->user) == 0) return 0;
    return kx_error_set(err, EINVAL, "-o user=%s, but the login is %s's", options->user,
                        user ? user : "somebody else");
}

int kx_login_new(const struct kx_login_config *config, struct kx_auth **out, struct kx_error *err)
{
    const struct kx_options *options = config->options;
    struct origin origin;
    int rc = find_origin(options, &origin, err);
    if (rc < 0) return rc;
    bool simple = origin.login == KX_LOGIN_SIMPLE;
    const struct kx_auth_config login = {
        .clock = config->clock,
        .log = config->log,
        .user = options->user || !simple ? options->user : config->runner,
        .login = options->token_url ? KX_LOGIN_BEARER : origin.login,
        .source = origin.source,
        .where = origin.where,
        .typed = config->typed,
        .tickets = simple,
        .keytab = options->keytab,
        .principal = options->principal,
        .ticket_user = options->user,
        .token_url = options->token_url};
    g_autoptr(kx_auth) auth = NULL;
    rc = kx_auth_new(&login, config->endpoint->host, &auth, err);
    if (rc == 0 && origin.login == KX_LOGIN_BASIC) rc = check_user(options, auth, err);
    if (rc == 0) *out = g_steal_pointer(&auth);
    return rc;
}

struct kx_http_settings kx_login_settings(const struct kx_options *options)
{
    return (struct kx_http_settings){.cacert = options->cacert,
                                     .pin = options->pin,
                                     .cert = options->cert,
                                     .key = options->key,
                                     .proxy = options->proxy,
                                     .no_proxy = options->no_proxy,
                                     .insecure_tls = options->insecure_tls};
}

static bool url_is_clear(const char *url)
{
    struct kx_url_parts parts = {.port = -1};
    if (!kx_url_split(url, true, &parts)) return false;
    bool clear = g_strcmp0(parts.scheme, "http") == 0 && parts.host &&
                 kx_near_of(parts.host) != KX_NEAR_MACHINE;
    kx_url_parts_clear(&parts);
    return clear;
}

/* To servers. */
static bool shows_secret(const struct kx_options *options)
{
    struct origin rows[ORIGINS];
    list_origins(options, rows);
    for (size_t i = 0; i < ORIGINS; i++)
        if (rows[i].given) return true;
    return options->token_url || options->key || options->cert;
}

char *kx_login_warning(const struct kx_options *options, const struct kx_endpoint *endpoint)
{
    bool clear = false;
    for (const struct kx_endpoint *at = endpoint; at; at = at->next)
        clear |= strcmp(at->scheme, "http") == 0 && kx_near_of(at->host) != KX_NEAR_MACHINE;
    bool token_clear = options->token_url && url_is_clear(options->token_url);
    if (options->insecure_tls)
        return g_strdup("-o insecure_tls: the server's certificate is not looked at; anybody on "
                        "the way can read and change everything, the login included");
    bool hadoops = options->delegation_file || options->keytab || options->principal;
    if (token_clear)
        return g_strdup_printf("the login goes to %s in clear: use https://", options->token_url);
    if (shows_secret(options) && clear && !hadoops)
        return g_strdup_printf("the login goes to %s in clear: use https://", endpoint->origin);
    return NULL;
}

/* "http://USER:PASSWORD@proxy:3128", given or in the environment. */
static bool proxy_is_secret(const struct kx_options *options)
{
    static const char *const VARIABLES[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                            "ALL_PROXY"};
    if (options->proxy) return strchr(options->proxy, '@') != NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(VARIABLES); i++) {
        const char *value = g_getenv(VARIABLES[i]);
        if (value && strchr(value, '@')) return true;
    }
    return false;
}

bool kx_login_is_secret(const struct kx_options *options)
{
    return shows_secret(options) || proxy_is_secret(options);
}
