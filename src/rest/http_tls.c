#include "rest/http_tls.h"

#include <errno.h>

#include <glib.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

/* libcurl hands out a pointer to what its own OpenSSL has made. */
static bool is_of_this_library(void)
{
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    g_autofree char *mine = g_strdup_printf("OpenSSL/%s", OpenSSL_version(OPENSSL_VERSION_STRING));
    return g_strcmp0(info->ssl_version, mine) == 0;
}

void *kx_tls_session(CURL *easy)
{
    struct curl_tlssessioninfo *info = NULL;
    if (!is_of_this_library() || curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &info) != CURLE_OK ||
        !info || info->backend != CURLSSLBACKEND_OPENSSL)
        return NULL;
    return info->internals;
}

void *kx_tls_take(CURL *easy, int fd)
{
    SSL *session = kx_tls_session(easy);
    BIO *socket = session ? BIO_new_socket(fd, BIO_NOCLOSE) : NULL;
    if (!socket) return NULL;
    /* libcurl's own one (7.87 and later) works within calls of libcurl only. */
    SSL_set_bio(session, socket, socket);
    SSL_set_quiet_shutdown(session, 1); /* a farewell to who is gone would be SIGPIPE */
    SSL_set_read_ahead(session, 1);     /* a record's head and body by one call of the system */
    return session;
}

/* Why nothing came. */
static ssize_t nothing(SSL *session, int result)
{
    switch (SSL_get_error(session, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        errno = EAGAIN;
        return -1;
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    case SSL_ERROR_SSL:
        if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) return 0;
        break;
    default:
        break;
    }
    errno = EIO;
    return -1;
}

ssize_t kx_tls_receive(void *session, const struct iovec *room, int count)
{
    size_t all = 0;
    for (int i = 0; i < count; i++) {
        for (size_t used = 0, got = 0; used < room[i].iov_len; used += got, all += got) {
            ERR_clear_error(); /* SSL_get_error looks at the thread's queue */
            int result =
                SSL_read_ex(session, (char *)room[i].iov_base + used, room[i].iov_len - used, &got);
            if (result != 1) return all > 0 ? (ssize_t)all : nothing(session, result);
        }
    }
    return (ssize_t)all;
}
