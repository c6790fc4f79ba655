#include "fake.h"

#include <string.h>

#define FILE_LENGTH ((gint64)1 << 40)

/* The value of a parameter of a target.  @return owned; NULL: absent. */
static char *parameter(const char *target, const char *name)
{
    g_autofree char *start = g_strdup_printf("%s=", name);
    const char *query = strchr(target, '?');
    g_auto(GStrv) pairs = g_strsplit(query ? query + 1 : "", "&", -1);
    for (char **pair = pairs; *pair; pair++)
        if (g_str_has_prefix(*pair, start))
            return g_uri_unescape_string(*pair + strlen(start), NULL);
    return NULL;
}

static gint64 number(const char *target, const char *name)
{
    g_autofree char *value = parameter(target, name);
    return value ? g_ascii_strtoll(value, NULL, 10) : 0;
}

static void answer_text(struct connection *connection, const char *status, const char *body)
{
    connection_print(connection, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s", status,
                     strlen(body), body);
}

static void answer_missing(struct connection *connection)
{
    answer_text(connection, "404 Not Found",
                "{\"RemoteException\":{\"exception\":\"FileNotFoundException\",\"message\":\"File "
                "does not exist\"}}");
}

static void answer_status(struct connection *connection, const struct fake *fake)
{
    g_autofree char *body = g_strdup_printf(
        "{\"FileStatus\":{\"pathSuffix\":\"\",\"type\":\"FILE\",\"length\":%" G_GINT64_FORMAT
        ",\"permission\":\"644\",\"modificationTime\":5,\"fileId\":%" G_GUINT64_FORMAT "}}",
        FILE_LENGTH, fake->file_id);
    if (fake->file_id)
        answer_text(connection, "200 OK", body);
    else
        answer_missing(connection);
}

static const struct fake_answer *answer_of(const struct fake *fake, unsigned step)
{
    return &fake->answers[MIN(step, fake->count - 1)];
}

/* As a NameNode: 307 to this server, with the step of the script in the URL. */
static void redirect(struct connection *connection, struct fake *fake, const char *target)
{
    g_autofree char *excluded = parameter(target, "excludedatanodes");
    g_mutex_lock(&fake->mutex);
    unsigned step = fake->redirects++;
    if (excluded) g_string_append_printf(fake->excluded, "%s ", excluded);
    g_mutex_unlock(&fake->mutex);
    enum fake_fault fault = answer_of(fake, step)->fault;
    int port = fault == FAKE_NOWHERE ? fake->empty_port : server_port(fake->server);
    if (fault == FAKE_GATEWAY)
        answer_text(connection, "502 Bad Gateway", "");
    else
        connection_print(connection,
                         "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:%d%s&"
                         "step=%u\r\nContent-Length: 0\r\n\r\n",
                         port, target, step);
}

static void send_range(struct connection *connection, const struct fake_answer *answer,
                       gint64 offset, gint64 length)
{
    gint64 announced = answer->fault == FAKE_SHORT ? answer->bytes : length;
    gint64 sent = answer->fault == FAKE_WHOLE ? length : answer->bytes;
    if (answer->fault == FAKE_LONG) announced = sent = length + answer->bytes;
    connection_print(connection,
                     "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %" G_GINT64_FORMAT
                     "\r\n\r\n",
                     announced);
    connection_write_pattern(connection, offset, sent);
    if (answer->fault == FAKE_SILENT) connection_wait_closed(connection, 20000);
}

/* As a DataNode. */
static void serve_range(struct connection *connection, struct fake *fake, const char *target)
{
    const struct fake_answer *answer = answer_of(fake, (unsigned)number(target, "step"));
    gint64 offset = number(target, "offset");
    g_mutex_lock(&fake->mutex);
    fake->opens++;
    g_string_append_printf(fake->offsets, "%" G_GINT64_FORMAT " ", offset);
    g_mutex_unlock(&fake->mutex);
    if (answer->fault == FAKE_REFUSE)
        answer_missing(connection);
    else if (answer->fault == FAKE_CIRCLE)
        connection_print(connection,
                         "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:%d%s\r\n"
                         "Content-Length: 0\r\n\r\n",
                         server_port(fake->server), target);
    else
        send_range(connection, answer, offset, number(target, "length"));
}

/* @return whether the connection stays open */
static bool serve_one(struct connection *connection, struct fake *fake, const char *target)
{
    g_autofree char *op = parameter(target, "op"), *step = parameter(target, "step");
    if (g_strcmp0(op, "GETFILESTATUS") == 0)
        answer_status(connection, fake);
    else if (!step)
        redirect(connection, fake, target);
    else
        serve_range(connection, fake, target);
    return !step;
}

static void serve(struct connection *connection, void *context)
{
    struct request request;
    for (bool open = true; open && connection_read_head(connection, &request);) {
        open = serve_one(connection, context, request.target);
        request_clear(&request);
    }
}

struct fake *fake_new(const struct fake_answer *answers, unsigned count,
                      const struct world_options *options)
{
    struct fake *fake = g_new0(struct fake, 1);
    fake->answers = answers;
    fake->count = count;
    fake->file_id = 7;
    fake->empty_port = port_unused();
    fake->offsets = g_string_new(NULL);
    fake->excluded = g_string_new(NULL);
    g_mutex_init(&fake->mutex);
    fake->server = server_new(serve, fake);
    fake->world = world_new(server_port(fake->server), options);
    fake->client = fake->world->client;
    return fake;
}

void fake_free(struct fake *fake)
{
    world_free(fake->world);
    server_free(fake->server);
    kx_error_clear(&fake->err);
    g_string_free(fake->offsets, TRUE);
    g_string_free(fake->excluded, TRUE);
    g_mutex_clear(&fake->mutex);
    g_free(fake);
}

void fake_expect(const struct fake *fake, int rc, int expected)
{
    if (rc == expected) return;
    g_autofree char *line = kx_error_format(&fake->err);
    fail_msg("%d instead of %d: %s", rc, expected, line);
}
