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
    connection_answer(connection, status, "", body);
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

#define LOCATION                                                                                   \
    "{\"name\":\"%s\",\"hostName\":\"%s\",\"ipAddr\":\"127.0.0.1\",\"infoPort\":%d,"               \
    "\"infoSecurePort\":%d}"

/* The block has the DataNode alone, the last one also the dead one. */
static void answer_locations(struct connection *connection, struct fake *fake, const char *target)
{
    g_mutex_lock(&fake->mutex);
    g_string_append_printf(fake->located, "%" G_GINT64_FORMAT " ", number(target, "offset"));
    g_mutex_unlock(&fake->mutex);
    if (fake->no_locations) {
        answer_text(connection, "400 Bad Request",
                    "{\"RemoteException\":{\"exception\":\"IllegalArgumentException\",\"message\":"
                    "\"Invalid value for webhdfs parameter \\\"op\\\": No enum constant\"}}");
        return;
    }
    g_autofree char *datanode =
        g_strdup_printf(LOCATION, FAKE_DATANODE, "127.0.0.1", server_port(fake->datanode), 0);
    g_autofree char *dead = g_strdup_printf(LOCATION, FAKE_DEAD, "dead", 1, fake->empty_port);
    g_autofree char *body =
        g_strdup_printf("{\"LocatedBlocks\":{\"locatedBlocks\":[{\"locations\":[%s]}],"
                        "\"lastLocatedBlock\":{\"locations\":[%s,%s]}}}",
                        datanode, datanode, dead);
    answer_text(connection, "200 OK", body);
}

static const struct fake_answer *answer_of(const struct fake *fake, unsigned step)
{
    return &fake->answers[MIN(step, fake->count - 1)];
}

/* What a NameNode says then (recorded by hand, Hadoop 3.4.2). */
static const char *nobody_words(const char *target)
{
    return strstr(target, "op=CREATE")
               ? "{\"RemoteException\":{\"exception\":\"IOException\",\"message\":\"Failed to "
                 "find datanode, suggest to check cluster health. excludeDatanodes=x\"}}"
               : "{\"RemoteException\":{\"exception\":\"IOException\",\"message\":\"No active "
                 "nodes contain this block\"}}";
}

/* As a NameNode: 307 to the DataNode, with the step of the script in the URL. */
static void redirect(struct connection *connection, struct fake *fake, const char *target)
{
    g_autofree char *excluded = parameter(target, "excludedatanodes");
    g_mutex_lock(&fake->mutex);
    unsigned step = fake->redirects++;
    g_string_append_printf(fake->excluded, "%s ", excluded ? excluded : "-");
    g_mutex_unlock(&fake->mutex);
    enum fake_fault fault = answer_of(fake, step)->fault;
    int port = fault == FAKE_NOWHERE ? fake->empty_port : server_port(fake->datanode);
    if (fault == FAKE_GATEWAY)
        answer_text(connection, "502 Bad Gateway", "");
    else if (fault == FAKE_NOBODY && excluded)
        answer_text(connection, "403 Forbidden", nobody_words(target));
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
    gint64 sent =
        answer->fault == FAKE_WHOLE || answer->fault == FAKE_NOBODY ? length : answer->bytes;
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
    else if (answer->fault == FAKE_MUTE)
        connection_wait_closed(connection, 20000);
    else if (answer->fault == FAKE_DEAD_RPC)
        answer_text(connection, "403 Forbidden",
                    "{\"RemoteException\":{\"exception\":\"EOFException\",\"message\":\"End of "
                    "File Exception between local host is: \\\"a\\\"\"}}");
    else if (answer->fault == FAKE_CIRCLE)
        connection_print(connection,
                         "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:%d%s\r\n"
                         "Content-Length: 0\r\n\r\n",
                         server_port(fake->datanode), target);
    else
        send_range(connection, answer, offset, number(target, "length"));
}

/* As a DataNode that gets a file. */
static void take_body(struct connection *connection, struct request *request)
{
    connection_read_body(connection, request);
    answer_text(connection, "201 Created", "");
}

/* @return whether the connection stays open */
static bool serve_one(struct connection *connection, struct fake *fake, struct request *request)
{
    const char *target = request->target;
    g_autofree char *op = parameter(target, "op"), *step = parameter(target, "step");
    if (g_strcmp0(op, "GETFILESTATUS") == 0)
        answer_status(connection, fake);
    else if (g_strcmp0(op, "GET_BLOCK_LOCATIONS") == 0)
        answer_locations(connection, fake, target);
    else if (!step)
        redirect(connection, fake, target);
    else if (g_str_equal(request->method, "GET"))
        serve_range(connection, fake, target);
    else
        take_body(connection, request);
    return !step;
}

static void serve(struct connection *connection, void *context)
{
    struct request request;
    for (bool open = true; open && connection_read_head(connection, &request);) {
        open = serve_one(connection, context, &request);
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
    fake->located = g_string_new(NULL);
    fake->server = server_new(serve, fake);
    fake->datanode = server_new(serve, fake);
    fake->world = world_new(server_port(fake->server), options);
    fake->client = fake->world->client;
    return fake;
}

void fake_free(struct fake *fake)
{
    world_free(fake->world);
    server_free(fake->server);
    server_free(fake->datanode);
    kx_error_clear(&fake->err);
    g_string_free(fake->offsets, TRUE);
    g_string_free(fake->excluded, TRUE);
    g_string_free(fake->located, TRUE);
    g_mutex_clear(&fake->mutex);
    g_free(fake);
}

void fake_expect(const struct fake *fake, int rc, int expected)
{
    if (rc == expected) return;
    g_autofree char *line = kx_error_format(&fake->err);
    fail_msg("%d instead of %d: %s", rc, expected, line);
}
