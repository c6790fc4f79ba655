/* Recorded exchanges: tests/fixtures/webhdfs/NAME.http, lines "> " of the request, "< " of the
 * answer, "## " remarks; bodies are raw. Threads: plain values. */
#pragma once
#include <glib.h>
#include <stdbool.h>

struct exchange {
    char *name; /* of the recording */
    char *method, *target;
    int status;
    GPtrArray *headers; /* of char *: "Name: value", as recorded */
    GByteArray *body;   /* of the answer, decoded */
    bool chunked;       /* the answer's framing; else Content-Length */
    bool closes;        /* the server closed the connection after it */
    bool continues;     /* it sent 100 Continue first, unasked */
};
void exchange_free(struct exchange *exchange);

/** @return owned array of struct exchange *, in their order.  The test program ends when the
 * recording is not there or makes no sense. */
GPtrArray *recording_read(const char *name);

/** The names of all recordings, sorted.  @return owned, NULL-terminated. */
char **recording_names(void);

/** The last exchange of a recording, and its body.  @return owned. */
struct exchange *recording_last(const char *name);
GBytes *recording_body(const char *name);
