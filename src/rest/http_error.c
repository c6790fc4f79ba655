/* From curl's result of an exchange to an errno and a sentence that names the thing and, where
 * there is something to do, says what. */
#include <errno.h>
#include <string.h>

#include "rest/errno_map.h"
#include "rest/http_private.h"
#include "rest/url.h"

/* OpenSSL's numbers for what is wrong with a certificate (X509_V_ERR_...; its header is not needed
 * for these alone). */
#define NOT_YET_VALID   9
#define EXPIRED         10
#define SELF_SIGNED     18
#define SELF_SIGNED_TOP 19
#define UNKNOWN_ISSUER  20
#define UNVERIFIABLE    21

#define ANY   -1
#define WHOSE "@"

/* The first row that fits. */
static const struct {
    CURLcode code;
    long verify;        /* what is wrong with the certificate; ANY: does not matter */
    const char *detail; /* a part of curl's own words; NULL: does not matter */
    int errno_code;
    const char *words; /* WHOSE: of the server, or the proxy */
} FAILURES[] = {
    {CURLE_COULDNT_RESOLVE_HOST, ANY, NULL, EHOSTUNREACH, "no such host"},
    {CURLE_COULDNT_RESOLVE_PROXY, ANY, NULL, EHOSTUNREACH, "no such proxy host"},
    {CURLE_PROXY, ANY, NULL, EHOSTUNREACH, "the proxy does not go there"},
    {CURLE_RECV_ERROR, ANY, "CONNECT tunnel failed, response 407", EACCES, KX_PROXY_LOGIN},
    {CURLE_RECV_ERROR, ANY, "CONNECT tunnel failed", EHOSTUNREACH, "the proxy does not go there"},
    {CURLE_COULDNT_CONNECT, ANY, NULL, EHOSTDOWN, "cannot connect"},
    {CURLE_OPERATION_TIMEDOUT, ANY, NULL, EHOSTDOWN, "no answer to connect"},
    {CURLE_PEER_FAILED_VERIFICATION, EXPIRED, NULL, EPROTO,
     "the @'s certificate has expired (or the clock here is wrong)"},
    {CURLE_PEER_FAILED_VERIFICATION, NOT_YET_VALID, NULL, EPROTO,
     "the @'s certificate is not valid yet (or the clock here is wrong)"},
    {CURLE_PEER_FAILED_VERIFICATION, SELF_SIGNED, NULL, EPROTO,
     "the @'s certificate is self-signed; if it is the right one, save it and say "
     "-o cacert=FILE"},
    {CURLE_PEER_FAILED_VERIFICATION, SELF_SIGNED_TOP, NULL, EPROTO,
     "the @'s certificate is of an authority that is not known here: -o cacert=FILE with it"},
    {CURLE_PEER_FAILED_VERIFICATION, UNKNOWN_ISSUER, NULL, EPROTO,
     "the @'s certificate is of an authority that is not known here: -o cacert=FILE with it"},
    {CURLE_PEER_FAILED_VERIFICATION, UNVERIFIABLE, NULL, EPROTO,
     "the @'s certificate is of an authority that is not known here: -o cacert=FILE with it"},
    {CURLE_PEER_FAILED_VERIFICATION, ANY, "subject name", EPROTO,
     "the @'s certificate is for another host: use the name that is in it"},
    {CURLE_PEER_FAILED_VERIFICATION, ANY, NULL, EPROTO, "the @'s certificate is not trusted"},
    {CURLE_SSL_PINNEDPUBKEYNOTMATCH, ANY, NULL, EPROTO, "the @'s key is not the one of -o pin="},
    {CURLE_SSL_CONNECT_ERROR, ANY, "wrong version number", EPROTO,
     "the server speaks no TLS at this port: is it http:// instead of https://?"},
    {CURLE_SSL_CONNECT_ERROR, ANY, "unsupported protocol", EPROTO,
     "the server knows no TLS 1.2 or newer"},
    {CURLE_SSL_CONNECT_ERROR, ANY, "protocol version", EPROTO,
     "the server knows no TLS 1.2 or newer"},
    {CURLE_SSL_CONNECT_ERROR, ANY, NULL, EPROTO, "TLS failed"},
    {CURLE_SSL_CERTPROBLEM, ANY, NULL, EPROTO,
     "the certificate of -o cert= or the key of -o key= cannot be used"},
    {CURLE_SSL_CACERT_BADFILE, ANY, NULL, EPROTO, "the file of -o cacert= cannot be read"},
    {CURLE_UNSUPPORTED_PROTOCOL, ANY, "HTTP/0.9", EPROTO,
     "the answer is not HTTP (a port of TLS? then it is https://)"},
    {CURLE_UNSUPPORTED_PROTOCOL, ANY, NULL, EPROTO, "not http or https"},
    {CURLE_WEIRD_SERVER_REPLY, ANY, NULL, EPROTO, "the answer is not HTTP"},
    {CURLE_HTTP2, ANY, NULL, EPROTO, "the answer is not HTTP/1.1"},
    {CURLE_WRITE_ERROR, ANY, NULL, EPROTO, "the answer's header is too large or malformed"},
    {CURLE_ABORTED_BY_CALLBACK, ANY, NULL, EIO,
     "the server closed the connection without an answer"},
    {CURLE_GOT_NOTHING, ANY, NULL, EIO, "the server closed the connection without an answer"},
    {CURLE_PARTIAL_FILE, ANY, NULL, EIO,
     "the connection was closed before the whole body had come"},
    {CURLE_BAD_CONTENT_ENCODING, ANY, NULL, EIO, "the body is malformed"},
    {CURLE_SEND_ERROR, ANY, NULL, EIO, "the connection broke while sending"},
    {CURLE_RECV_ERROR, ANY, NULL, EIO, "the connection broke while receiving"},
    {CURLE_OUT_OF_MEMORY, ANY, NULL, ENOMEM, "out of memory"},
};

static bool fits(size_t row, CURLcode result, long verified, const char *words)
{
    if (FAILURES[row].code != result) return false;
    if (FAILURES[row].verify != ANY && FAILURES[row].verify != verified) return false;
    return !FAILURES[row].detail || strstr(words, FAILURES[row].detail);
}

struct kx_verified kx_verified_of(CURL *easy)
{
    struct kx_verified found = {0};
    curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &found.why);
    if (found.why) return found;
    curl_easy_getinfo(easy, CURLINFO_PROXY_SSL_VERIFYRESULT, &found.why);
    found.proxy = found.why != 0;
    return found;
}

int kx_curl_failure(CURLcode result, struct kx_verified verified, const char *curl_words,
                    struct kx_error *err)
{
    int code = EIO;
    const char *words = "the exchange failed";
    for (size_t i = 0; i < G_N_ELEMENTS(FAILURES); i++) {
        if (!fits(i, result, verified.why, curl_words)) continue;
        code = FAILURES[i].errno_code;
        words = FAILURES[i].words;
        break;
    }
    if (result == CURLE_OK) words = "the answer has no head";
    const char *detail = curl_words[0] ? curl_words : curl_easy_strerror(result);
    if (result == CURLE_ABORTED_BY_CALLBACK) return kx_error_set(err, code, "%s", words);
    const char *whose = strstr(words, WHOSE);
    if (!whose) return kx_error_set(err, code, "%s: %s", words, detail);
    return kx_error_set(err, code, "%.*s%s%s: %s", (int)(whose - words), words,
                        verified.proxy ? "proxy" : "server", whose + strlen(WHOSE), detail);
}

/* Many servers take part in one operation: a bad certificate may be one DataNode's. curl names who
 * did not let it connect. */
static void name_server(const struct kx_transfer *transfer, struct kx_error *err)
{
    struct kx_url_parts url;
    if (!err || !kx_url_split(transfer->url, true, &url)) return;
    g_autofree char *port = g_strdup_printf("port %d", url.port);
    bool v6 = strchr(url.host, ':');
    if (!strstr(err->message, port))
        kx_error_prefix(err, "%s%s%s:%d", v6 ? "[" : "", url.host, v6 ? "]" : "", url.port);
    kx_url_parts_clear(&url);
}

int kx_transfer_failure(const struct kx_transfer *transfer, struct kx_error *err)
{
    int result = kx_curl_failure(transfer->result, transfer->verified, transfer->curl_words, err);
    name_server(transfer, err);
    if (err) err->unsent = !transfer->sent;
    return result;
}
