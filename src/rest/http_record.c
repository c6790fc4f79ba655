/* Exchanges as text, for who reports a fault: in the form of the recordings in tests/fixtures. */
#include <string.h>

#include "base/log.h"
#include "rest/http_private.h"

#define BODY_BYTES_MAX ((guint)1024 * 1024) /* of an answer; more of it is left out */

struct kx_record_note {
    char *method;
    int64_t began_ms; /* wall clock */
    int64_t began_us; /* monotonic */
    bool upload;
    GByteArray *body; /* of the answer, as far as it was collected */
};

void kx_http_record(struct kx_http *http, kx_exchange_sink sink, void *context)
{
    g_mutex_lock(&http->record_mutex);
    http->record = sink;
    http->record_context = context;
    g_mutex_unlock(&http->record_mutex);
}

void kx_record_begin(struct kx_transfer *transfer, const struct kx_http_request *request)
{
    struct kx_http *http = transfer->http;
    g_mutex_lock(&http->record_mutex);
    bool wanted = http->record != NULL;
    g_mutex_unlock(&http->record_mutex);
    if (!wanted) return;
    struct kx_record_note *note = g_new0(struct kx_record_note, 1);
    note->method = g_strdup(request->method);
    note->began_ms = http->config.clock->wall_ms(http->config.clock);
    note->began_us = g_get_monotonic_time();
    note->upload = request->upload;
    note->body = g_byte_array_new();
    transfer->record = note;
}

void kx_record_body(struct kx_transfer *transfer, const char *data, size_t length)
{
    struct kx_record_note *note = transfer->record;
    if (note && length <= BODY_BYTES_MAX - note->body->len)
        g_byte_array_append(note->body, (const guint8 *)data, (guint)length);
}

/* Its answer is a login: by what was asked, or, as a token may be got anywhere, by what came. */
static bool gives_secrets(const char *url, const char *text)
{
    return strstr(url, "DELEGATIONTOKEN") || strstr(url, "/knoxtoken") ||
           strstr(text, "\"access_token\"") || strstr(text, "\"urlString\"");
}

static void add_request(GString *out, const struct kx_transfer *transfer)
{
    const struct kx_record_note *note = transfer->record;
    g_autoptr(GDateTime) at = g_date_time_new_from_unix_utc(note->began_ms / 1000);
    g_autofree char *stamp = g_date_time_format(at, "%Y-%m-%dT%H:%M:%S");
    g_autofree char *url = kx_redact(transfer->url);
    const char *host = strstr(url, "://");
    host = host ? host + 3 : url;
    const size_t length = strcspn(host, "/?");
    g_string_append_printf(out, "## %s.%03dZ, %" G_GINT64_FORMAT " ms\n", stamp,
                           (int)(note->began_ms % 1000),
                           (g_get_monotonic_time() - note->began_us) / 1000);
    g_string_append_printf(out, "> %s %s HTTP/1.1\n> Host: %.*s\n>\n", note->method,
                           host[length] == '/' ? host + length : "/", (int)length, host);
    if (note->upload) g_string_append(out, "## the body of the request is left out\n");
}

/* A header whose value is no secret, or what is left of it. */
static void add_header(GString *out, const struct kx_header *header)
{
    g_autofree char *line = g_strdup_printf("%s: %s", header->name, header->value);
    g_autofree char *redacted = kx_redact(line);
    bool login = g_ascii_strcasecmp(header->name, "WWW-Authenticate") == 0 &&
                 g_ascii_strncasecmp(header->value, "Negotiate ", strlen("Negotiate ")) == 0;
    g_string_append_printf(out, "< %s\n", login ? "WWW-Authenticate: Negotiate ***" : redacted);
}

/* Texts only, and all of it: a piece of an answer says less than that it is left out. */
static char *body_text(const struct kx_transfer *transfer)
{
    const GByteArray *body = transfer->record->body;
    bool whole = (int64_t)body->len == transfer->body_bytes;
    const char *bytes = (const char *)body->data;
    if (!body->len || !whole) return NULL;
    if (!g_utf8_validate(bytes, (gssize)body->len, NULL) || g_strstr_len(bytes, body->len, "\n## "))
        return NULL;
    g_autofree char *text = g_strndup(bytes, body->len);
    return gives_secrets(transfer->url, text) ? NULL : kx_redact(text);
}

static void add_answer(GString *out, const struct kx_transfer *transfer)
{
    const char *framing = kx_transfer_header(transfer, "Transfer-Encoding");
    const char *connection = kx_transfer_header(transfer, "Connection");
    bool closes = connection && g_ascii_strcasecmp(connection, "close") == 0;
    g_autofree char *body = body_text(transfer);
    g_string_append_printf(out, "< HTTP/1.1 %ld\n", transfer->status);
    for (guint i = 0; i < transfer->headers_in->len; i++)
        add_header(out, &g_array_index(transfer->headers_in, struct kx_header, i));
    g_string_append_printf(out, "<\n%s%s", body ? body : "", body ? "\n" : "");
    g_string_append_printf(out, "## body: %s, %zu bytes; connection: %s\n",
                           framing ? "chunked" : "content-length", body ? strlen(body) : 0,
                           closes ? "closed by the server" : "open");
    if (!body && transfer->body_bytes)
        g_string_append_printf(out, "## %" G_GINT64_FORMAT " bytes of a body are left out\n",
                               transfer->body_bytes);
}

static void add_failure(GString *out, const struct kx_transfer *transfer)
{
    KX_ERROR_AUTO(err);
    if (transfer->ended) (void)kx_transfer_failure(transfer, &err);
    g_autofree char *words = kx_redact(err.message ? err.message : "it was not waited for");
    g_string_append_printf(out, "## no answer: %s\n", words);
}

void kx_record_end(struct kx_transfer *transfer)
{
    struct kx_http *http = transfer->http;
    struct kx_record_note *note = transfer->record;
    if (!note) return;
    g_autoptr(GString) out = g_string_new(NULL);
    add_request(out, transfer);
    if (transfer->head_complete)
        add_answer(out, transfer);
    else
        add_failure(out, transfer);
    g_string_append_c(out, '\n');
    g_mutex_lock(&http->record_mutex);
    if (http->record) http->record(http->record_context, out->str, out->len);
    g_mutex_unlock(&http->record_mutex);
    g_byte_array_unref(note->body);
    g_free(note->method);
    g_free(note);
    transfer->record = NULL;
}
