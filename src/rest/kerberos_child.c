/* The child: finds a ticket, has a token made of it, looks at what the server answers. It says one
 * of "token BASE64" (after "principal NAME" and "until SECONDS") and "error WORDS", then, when a
 * line with the server's answer has come, "ok" or "error WORDS". It ends with its parent. */
#include <errno.h>
#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <krb5.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "rest/kerberos.h"

#define PARENT     0   /* a socket, for both ways */
#define LIFE_S     120 /* whatever its parent and the libraries do */
#define OWN_CACHE  "MEMORY:knoxfs"
#define WHAT_TO_DO "kinit, or -o keytab=FILE"

struct ticket {
    const char *host, *keytab, *principal; /* of the command line; "": not given */
    krb5_context context;
    krb5_principal client, server;
    krb5_ccache cache;
    char *name, *cache_name; /* "alice@REALM", "FILE:/tmp/krb5cc_1000" */
    guint32 until;           /* seconds since the epoch */
    gss_cred_id_t credential;
    gss_name_t target;
    gss_ctx_id_t security;
    char *wrong; /* why it cannot go on */
};

static bool fail(struct ticket *t, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool fail(struct ticket *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_free(t->wrong);
    t->wrong = g_strdup_vprintf(format, args);
    va_end(args);
    return false;
}

/* In the library's words, for what has none of ours. */
static bool fail_code(struct ticket *t, krb5_error_code code, const char *what)
{
    const char *words = krb5_get_error_message(t->context, code);
    fail(t, "Kerberos: %s: %s", what, words);
    krb5_free_error_message(t->context, words);
    return false;
}

/* What a KDC or the way to it says. */
static bool fail_asking(struct ticket *t, krb5_error_code code, const char *what)
{
    const char *name = t->name ? t->name : "the principal";
    switch (code) {
    case KRB5KRB_AP_ERR_SKEW:
    case KRB5_KDCREP_SKEW:
        return fail(t, "Kerberos: the clocks of this machine and of the KDC differ too much: set "
                       "this one's, then kinit");
    case KRB5KRB_AP_ERR_TKT_NYV:
        return fail(t, "the Kerberos ticket of %s is not valid yet: is this machine's clock right?",
                    name);
    case KRB5_KDC_UNREACH:
        return fail(t, "Kerberos: no KDC of the realm of %s can be reached (%s)", name, what);
    case KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN:
        return fail(t, "Kerberos: the KDC does not know %s", name);
    case KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN:
        return fail(t,
                    "Kerberos: the KDC knows no service HTTP/%s: name the server as its "
                    "principal does",
                    t->host);
    case KRB5KDC_ERR_PREAUTH_FAILED:
    case KRB5KRB_AP_ERR_BAD_INTEGRITY:
        return fail(t, "Kerberos: the KDC refuses the key of %s in %s (is it an old one?)", name,
                    t->keytab);
    case KRB5KRB_AP_ERR_TKT_EXPIRED:
    case KRB5KDC_ERR_NAME_EXP:
        return fail(t, "the Kerberos ticket of %s has expired: " WHAT_TO_DO, name);
    default:
        return fail_code(t, code, what);
    }
}

static bool name_client(struct ticket *t)
{
    krb5_error_code code = krb5_unparse_name(t->context, t->client, &t->name);
    return code == 0 || fail_code(t, code, "the principal's name");
}

static bool parse_principal(struct ticket *t)
{
    krb5_error_code code = krb5_parse_name(t->context, t->principal, &t->client);
    return code == 0 || fail_code(t, code, t->principal);
}

/* The cache that the environment names, or the one of a principal in a collection of them. */
static bool find_cache(struct ticket *t)
{
    krb5_error_code code;
    if (*t->principal) {
        if (!parse_principal(t) || !name_client(t)) return false;
        code = krb5_cc_cache_match(t->context, t->client, &t->cache);
        if (code)
            return fail(t, "there is no Kerberos ticket of %s: kinit %s, or -o keytab=FILE",
                        t->name, t->name);
    } else {
        code = krb5_cc_default(t->context, &t->cache);
        if (code) return fail_code(t, code, "the ticket cache");
    }
    char *full = NULL;
    code = krb5_cc_get_full_name(t->context, t->cache, &full);
    if (code) return fail_code(t, code, "the ticket cache");
    t->cache_name = g_strdup(full);
    krb5_free_string(t->context, full);
    if (t->client) return true;
    if (krb5_cc_get_principal(t->context, t->cache, &t->client) != 0)
        return fail(t, "there is no Kerberos ticket (%s): " WHAT_TO_DO, t->cache_name);
    return name_client(t);
}

static bool is_granting(struct ticket *t, const krb5_creds *creds)
{
    const krb5_data *first =
        creds->server->length == 2 ? &creds->server->data[0] : NULL; /* krbtgt/REALM */
    if (krb5_is_config_principal(t->context, creds->server)) return false;
    return first && first->length == strlen(KRB5_TGS_NAME) &&
           memcmp(first->data, KRB5_TGS_NAME, first->length) == 0;
}

/* Until when the cache is good for anything. */
static bool look_into_cache(struct ticket *t)
{
    krb5_cc_cursor cursor;
    krb5_creds creds;
    if (krb5_cc_start_seq_get(t->context, t->cache, &cursor) != 0)
        return fail(t, "there is no Kerberos ticket (%s): " WHAT_TO_DO, t->cache_name);
    while (krb5_cc_next_cred(t->context, t->cache, &cursor, &creds) == 0) {
        if (is_granting(t, &creds)) t->until = MAX(t->until, (guint32)creds.times.endtime);
        krb5_free_cred_contents(t->context, &creds);
    }
    krb5_cc_end_seq_get(t->context, t->cache, &cursor);
    if (!t->until)
        return fail(t, "there is no Kerberos ticket of %s (%s): " WHAT_TO_DO, t->name,
                    t->cache_name);
    if (t->until <= (guint32)time(NULL))
        return fail(t, "the Kerberos ticket of %s (%s) has expired: " WHAT_TO_DO, t->name,
                    t->cache_name);
    return true;
}

/* Whose key a keytab has first. */
static bool first_of_keytab(struct ticket *t, krb5_keytab keytab)
{
    krb5_kt_cursor cursor;
    krb5_keytab_entry entry;
    krb5_error_code code = krb5_kt_start_seq_get(t->context, keytab, &cursor);
    if (code) return fail_code(t, code, t->keytab);
    code = krb5_kt_next_entry(t->context, keytab, &entry, &cursor);
    if (code == 0) {
        code = krb5_copy_principal(t->context, entry.principal, &t->client);
        krb5_free_keytab_entry_contents(t->context, &entry);
    }
    krb5_kt_end_seq_get(t->context, keytab, &cursor);
    return code == 0 || fail(t, "%s has no keys", t->keytab);
}

/* A ticket of a keytab, in memory. */
static bool get_ticket(struct ticket *t, krb5_keytab keytab)
{
    krb5_creds creds;
    bool known = *t->principal ? parse_principal(t) : first_of_keytab(t, keytab);
    if (!known || !name_client(t)) return false;
    krb5_error_code code =
        krb5_get_init_creds_keytab(t->context, &creds, t->client, keytab, 0, NULL, NULL);
    if (code == KRB5_KT_NOTFOUND)
        return fail(t, "%s has no key of %s (klist -k FILE shows whose it has)", t->keytab,
                    t->name);
    if (code) return fail_asking(t, code, "a ticket");
    t->until = (guint32)creds.times.endtime;
    t->cache_name = g_strdup(OWN_CACHE);
    code = krb5_cc_resolve(t->context, OWN_CACHE, &t->cache);
    if (code == 0) code = krb5_cc_initialize(t->context, t->cache, t->client);
    if (code == 0) code = krb5_cc_store_cred(t->context, t->cache, &creds);
    krb5_free_cred_contents(t->context, &creds);
    return code == 0 || fail_code(t, code, "a cache in memory");
}

static bool use_keytab(struct ticket *t)
{
    KX_ERROR_AUTO(err);
    int fd = kx_secret_open(t->keytab, NULL, &err);
    if (fd < 0) return fail(t, "%s", err.message);
    g_autofree char *name = g_strdup_printf("FILE:/proc/self/fd/%d", fd);
    krb5_keytab keytab = NULL;
    krb5_error_code code = krb5_kt_resolve(t->context, name, &keytab);
    bool good = code == 0 ? get_ticket(t, keytab) : fail_code(t, code, t->keytab);
    if (keytab) krb5_kt_close(t->context, keytab);
    close(fd);
    return good;
}

/* The ticket of the service, so that what the KDC says is known in its own code. */
static bool get_service(struct ticket *t)
{
    krb5_creds wanted = {0}, *got = NULL;
    krb5_error_code code =
        krb5_sname_to_principal(t->context, t->host, "HTTP", KRB5_NT_SRV_HST, &t->server);
    if (code) return fail_code(t, code, t->host);
    wanted.client = t->client;
    wanted.server = t->server;
    code = krb5_get_credentials(t->context, 0, t->cache, &wanted, &got);
    if (code) return fail_asking(t, code, "a ticket for the server");
    krb5_free_creds(t->context, got);
    return true;
}

static bool fail_gss(struct ticket *t, OM_uint32 major, OM_uint32 minor, const char *what)
{
    gss_buffer_desc text = {0};
    OM_uint32 ignored, more = 0;
    bool by_mechanism = minor != 0;
    gss_display_status(&ignored, by_mechanism ? minor : major,
                       by_mechanism ? GSS_C_MECH_CODE : GSS_C_GSS_CODE, GSS_C_NO_OID, &more, &text);
    fail(t, "Kerberos: %s: %.*s", what, (int)text.length, (const char *)text.value);
    gss_release_buffer(&ignored, &text);
    return false;
}

/* 1.3.6.1.5.5.2; what is pointed at is only read. */
static gss_OID_desc spnego_id(void)
{
    return (gss_OID_desc){6, (void *)(guintptr) "\x2b\x06\x01\x05\x05\x02"};
}

static bool take_credential(struct ticket *t)
{
    gss_OID_desc spnego = spnego_id();
    gss_OID_set_desc only = {1, &spnego};
    gss_key_value_element_desc cache = {"ccache", t->cache_name};
    const gss_key_value_set_desc store = {1, &cache};
    g_autofree char *service = g_strconcat("HTTP@", t->host, NULL);
    gss_buffer_desc name = {strlen(service), service};
    OM_uint32 minor,
        major = gss_acquire_cred_from(&minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, &only,
                                      GSS_C_INITIATE, &store, &t->credential, NULL, NULL);
    if (GSS_ERROR(major)) return fail_gss(t, major, minor, "the ticket");
    major = gss_import_name(&minor, &name, GSS_C_NT_HOSTBASED_SERVICE, &t->target);
    return !GSS_ERROR(major) || fail_gss(t, major, minor, "the server's name");
}

/* One step.  @answer of the server, base64; NULL: the first one.  @out owned, base64. */
static bool step(struct ticket *t, const char *answer, char **out)
{
    gss_OID_desc spnego = spnego_id();
    gsize length = 0;
    g_autofree guchar *bytes = answer ? g_base64_decode(answer, &length) : NULL;
    gss_buffer_desc in = {length, bytes}, made = {0};
    OM_uint32 minor, ignored;
    OM_uint32 major = gss_init_sec_context(&minor, t->credential, &t->security, t->target, &spnego,
                                           GSS_C_MUTUAL_FLAG, 0, GSS_C_NO_CHANNEL_BINDINGS,
                                           answer ? &in : GSS_C_NO_BUFFER, NULL, &made, NULL, NULL);
    if (!GSS_ERROR(major)) *out = g_base64_encode(made.value, made.length);
    gss_release_buffer(&ignored, &made);
    if (GSS_ERROR(major))
        return fail_gss(t, major, minor, answer ? "the server is not who it should be" : "a token");
    return !answer || major == GSS_S_COMPLETE ||
           fail(t, "Kerberos: the server has not proven who it is");
}

static bool begin(struct ticket *t, char **token)
{
    krb5_error_code code = krb5_init_context(&t->context);
    if (code) return fail(t, "Kerberos cannot read its configuration (krb5.conf)");
    bool good = *t->keytab ? use_keytab(t) : find_cache(t) && look_into_cache(t);
    return good && get_service(t) && take_credential(t) && step(t, NULL, token);
}

static int say(const char *text)
{
    size_t length = strlen(text), done = 0;
    while (done < length) {
        ssize_t put = write(PARENT, text + done, length - done);
        if (put < 0 && errno != EINTR) return 1;
        if (put > 0) done += (size_t)put;
    }
    return 0;
}

static int say_wrong(struct ticket *t)
{
    g_autofree char *line = g_strdelimit(g_strdup(t->wrong), "\r\n", ' ');
    g_autofree char *text = g_strconcat("error ", line, "\n", NULL);
    say(text);
    return 1;
}

/* @return 0: a line, without its end. */
static int read_line(char *line, size_t size)
{
    size_t length = 0;
    while (length < size) {
        ssize_t got = read(PARENT, line + length, size - length);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return 1;
        length += (size_t)got;
        if (line[length - 1] != '\n') continue;
        line[length - 1] = '\0';
        return 0;
    }
    return 1;
}

static void clear(struct ticket *t)
{
    OM_uint32 ignored;
    gss_delete_sec_context(&ignored, &t->security, GSS_C_NO_BUFFER);
    gss_release_cred(&ignored, &t->credential);
    gss_release_name(&ignored, &t->target);
    if (t->cache) krb5_cc_close(t->context, t->cache);
    if (t->name) krb5_free_unparsed_name(t->context, t->name);
    krb5_free_principal(t->context, t->client);
    krb5_free_principal(t->context, t->server);
    if (t->context) krb5_free_context(t->context);
    g_free(t->cache_name);
    g_free(t->wrong);
}

bool kx_kerberos_is_child(int argc, char **argv)
{
    return argc == 4 && strcmp(argv[0], KX_KERBEROS_NAME) == 0;
}

/* A token, and a look at what the server says to it.  @return the exit status. */
static int serve(struct ticket *t)
{
    char answer[16 * 1024];
    g_autofree char *token = NULL, *last = NULL;
    if (!begin(t, &token)) return say_wrong(t);
    g_autofree char *text = g_strdup_printf("principal %s\nuntil %" G_GINT64_FORMAT "\ntoken %s\n",
                                            t->name, (gint64)t->until, token);
    if (say(text) || read_line(answer, sizeof answer)) return 1;
    return step(t, answer, &last) ? say("ok\n") : say_wrong(t);
}

int kx_kerberos_main(char **argv)
{
    struct ticket t = {.host = argv[1], .keytab = argv[2], .principal = argv[3]};
    alarm(LIFE_S);
    kx_secret_guard_process();
    int status = serve(&t);
    clear(&t);
    return status;
}
