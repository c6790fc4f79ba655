/* A loopback TCP server for tests: one thread accepts, and one thread for each connection runs the
 * handler of the test, which decides every byte.
 *
 * Threads: the handler runs on its own threads; everything else on the test's. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

struct server;

/* One connection, seen by the handler. */
struct connection {
    int fd;
    unsigned number;     /* the first connection of a server is 1 */
    GByteArray *pending; /* read, but not used yet */
};

typedef void (*server_handler)(struct connection *connection, void *context);

/** Listen on a free port of 127.0.0.1.  @return owned. */
struct server *server_new(server_handler handler, void *context);

int server_port(const struct server *server);

/** How many connections were accepted. */
unsigned server_connections(struct server *server);

/** Cut all connections and wait for the handlers to come back. */
void server_free(struct server *server);

/* A request as it was read. */
struct request {
    char *method, *target;
    char *head;       /* the header lines, "\r\n" between them */
    GByteArray *body; /* decoded */
    bool whole;       /* the body came to its end */
};
void request_clear(struct request *request);

/** Read the head of the next request.  @return false: the client has closed. */
bool connection_read_head(struct connection *connection, struct request *out);

/** Read the body that the head announces, chunked or by length, or none. */
void connection_read_body(struct connection *connection, struct request *request);

/** The value of a header of the request, in any case of letters.  @return owned; NULL: absent. */
char *request_header(const struct request *request, const char *name);

/** @return false: the client has closed. */
bool connection_write(struct connection *connection, const void *data, size_t length);
bool connection_print(struct connection *connection, const char *fmt, ...) G_GNUC_PRINTF(2, 3);

/** An answer with its length.  @status "200 OK"; @headers whole lines with their "\r\n". */
void connection_answer(struct connection *connection, const char *status, const char *headers,
                       const char *body);

/* The body of an answer to GETFILESTATUS of a directory. */
#define STATUS_OF_DIRECTORY                                                                        \
    "{\"FileStatus\":{\"accessTime\":0,\"blockSize\":0,\"childrenNum\":0,\"fileId\":1,\"group\":"  \
    "\"g\",\"length\":0,\"modificationTime\":0,\"owner\":\"o\",\"pathSuffix\":\"\","               \
    "\"permission\":\"755\",\"replication\":0,\"type\":\"DIRECTORY\"}}"

/** Send so many bytes whose value depends on where they are: pattern_byte. */
bool connection_write_pattern(struct connection *connection, gint64 offset, gint64 length);
unsigned char pattern_byte(gint64 offset);

/** Wait until the client closes, at most so long.  @return whether it did. */
bool connection_wait_closed(struct connection *connection, int timeout_ms);

/** Close with a reset instead of an end. */
void connection_reset(struct connection *connection);
