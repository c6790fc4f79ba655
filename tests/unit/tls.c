#include "tls.h"

#include <string.h>
#include <unistd.h>

#include <openssl/x509v3.h>

#include "server.h"

#define DAY_S  86400L
#define PIECE  50000 /* some records, the last one shorter */
#define SERIAL 1

struct tls {
    SSL_CTX *context;
    char *certificate;
};

static X509 *sign(EVP_PKEY *key)
{
    X509 *own = X509_new();
    X509_NAME *name = X509_get_subject_name(own);
    X509_EXTENSION *address = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");
    X509_set_version(own, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(own), SERIAL);
    X509_gmtime_adj(X509_getm_notBefore(own), -DAY_S);
    X509_gmtime_adj(X509_getm_notAfter(own), DAY_S);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"unit", -1, -1, 0);
    X509_set_issuer_name(own, name);
    X509_set_pubkey(own, key);
    X509_add_ext(own, address, -1);
    X509_EXTENSION_free(address);
    if (X509_sign(own, key, EVP_sha256()) == 0) g_error("no certificate could be signed");
    return own;
}

struct tls *tls_new(void)
{
    struct tls *tls = g_new0(struct tls, 1);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = sign(key);
    tls->context = SSL_CTX_new(TLS_server_method());
    int fd = g_file_open_tmp("knoxfs-unit-XXXXXX.pem", &tls->certificate, NULL);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (!file || PEM_write_X509(file, certificate) != 1 || fclose(file) != 0 ||
        SSL_CTX_use_certificate(tls->context, certificate) != 1 ||
        SSL_CTX_use_PrivateKey(tls->context, key) != 1)
        g_error("no certificate could be stored");
    X509_free(certificate);
    EVP_PKEY_free(key);
    return tls;
}

void tls_free(struct tls *tls)
{
    unlink(tls->certificate);
    SSL_CTX_free(tls->context);
    g_free(tls->certificate);
    g_free(tls);
}

const char *tls_certificate(const struct tls *tls)
{
    return tls->certificate;
}

SSL_CTX *tls_context(const struct tls *tls)
{
    return tls->context;
}

SSL *tls_accept(SSL_CTX *context, int fd)
{
    SSL *session = SSL_new(context);
    SSL_set_fd(session, fd);
    if (SSL_accept(session) == 1) return session;
    SSL_free(session);
    return NULL;
}

bool tls_read_head(SSL *session)
{
    g_autoptr(GString) head = g_string_new(NULL);
    char piece[1000];
    while (!strstr(head->str, "\r\n\r\n")) {
        int got = SSL_read(session, piece, sizeof piece);
        if (got <= 0) return false;
        g_string_append_len(head, piece, got);
    }
    return true;
}

bool tls_print(SSL *session, const char *fmt, ...)
{
    va_list arguments;
    va_start(arguments, fmt);
    g_autofree char *text = g_strdup_vprintf(fmt, arguments);
    va_end(arguments);
    return SSL_write(session, text, (int)strlen(text)) > 0;
}

bool tls_write_pattern(SSL *session, gint64 offset, gint64 length)
{
    unsigned char piece[PIECE];
    for (gint64 at = 0; at < length; at += PIECE) {
        int count = (int)MIN((gint64)PIECE, length - at);
        for (int i = 0; i < count; i++)
            piece[i] = pattern_byte(offset + at + i);
        if (SSL_write(session, piece, count) <= 0) return false;
    }
    return true;
}
