/* From curl's result of an exchange to an errno and a sentence. */
#include <errno.h>

#include "rest/http_private.h"

static const struct {
    CURLcode code;
    int errno_code;
    const char *words;
} FAILURES[] = {
    {CURLE_COULDNT_RESOLVE_HOST, EHOSTUNREACH, "no such host"},
    {CURLE_COULDNT_RESOLVE_PROXY, EHOSTUNREACH, "no such proxy host"},
    {CURLE_COULDNT_CONNECT, EHOSTDOWN, "cannot connect"},
    {CURLE_OPERATION_TIMEDOUT, EHOSTDOWN, "no answer to connect"},
    {CURLE_SSL_CONNECT_ERROR, EPROTO, "TLS failed"},
    {CURLE_PEER_FAILED_VERIFICATION, EPROTO, "the server's certificate is not trusted"},
    {CURLE_SSL_CACERT_BADFILE, EPROTO, "the CA file cannot be read"},
    {CURLE_UNSUPPORTED_PROTOCOL, EPROTO, "not http or https"},
    {CURLE_WEIRD_SERVER_REPLY, EPROTO, "the answer is not HTTP"},
    {CURLE_HTTP2, EPROTO, "the answer is not HTTP/1.1"},
    {CURLE_WRITE_ERROR, EPROTO, "the answer's header is too large or malformed"},
    {CURLE_ABORTED_BY_CALLBACK, EIO, "the server closed the connection without an answer"},
    {CURLE_GOT_NOTHING, EIO, "the server closed the connection without an answer"},
    {CURLE_PARTIAL_FILE, EIO, "the connection was closed before the whole body had come"},
    {CURLE_SEND_ERROR, EIO, "the connection broke while sending"},
    {CURLE_RECV_ERROR, EIO, "the connection broke while receiving"},
    {CURLE_OUT_OF_MEMORY, ENOMEM, "out of memory"},
};

int kx_transfer_failure(const struct kx_transfer *transfer, struct kx_error *err)
{
    int code = EIO;
    const char *words = "the exchange failed";
    for (size_t i = 0; i < G_N_ELEMENTS(FAILURES); i++)
        if (FAILURES[i].code == transfer->result) {
            code = FAILURES[i].errno_code;
            words = FAILURES[i].words;
        }
    if (transfer->result == CURLE_OK) words = "the answer has no head";
    const char *detail =
        transfer->curl_words[0] ? transfer->curl_words : curl_easy_strerror(transfer->result);
    if (transfer->result == CURLE_ABORTED_BY_CALLBACK)
        kx_error_set(err, code, "%s", words);
    else
        kx_error_set(err, code, "%s: %s", words, detail);
    if (err) err->unsent = !transfer->sent;
    return -code;
}
