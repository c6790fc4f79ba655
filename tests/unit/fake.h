/* A NameNode and a DataNode in one scripted server, for faults in the middle of streams: the file
 * is pattern_byte, its length is 1 TiB, and the script says how each answer goes wrong.
 *
 * Threads: the script is set before the requests; what was seen is read after them. */
#pragma once
#include <glib.h>
#include <stdbool.h>

#include "server.h"
#include "support.h"

enum fake_fault {
    FAKE_WHOLE,   /* the whole range, as asked */
    FAKE_CUT,     /* the announced length, but the connection is cut after `bytes` */
    FAKE_SHORT,   /* announces only `bytes`, and sends them */
    FAKE_LONG,    /* sends `bytes` more than asked */
    FAKE_SILENT,  /* sends `bytes` and then nothing */
    FAKE_REFUSE,  /* answers 404 */
    FAKE_NOWHERE, /* the NameNode redirects to a port where nobody listens */
    FAKE_CIRCLE,  /* the DataNode redirects again */
    FAKE_GATEWAY  /* the NameNode answers 502 */
};

struct fake_answer {
    enum fake_fault fault;
    gint64 bytes;
};

struct fake {
    struct server *server;
    struct world *world;
    struct kx_client *client;
    struct kx_error err;
    const struct fake_answer *answers; /* one for each redirect that is asked for, in order ... */
    unsigned count;                    /* ... the last one for ever */
    guint64 file_id;                   /* of GETFILESTATUS; 0: 404 */
    int empty_port;
    /* what was seen; guarded by mutex */
    GMutex mutex;
    GString *offsets;  /* of the OPENs that reached the DataNode: "0 500 " */
    GString *excluded; /* values of excludedatanodes= */
    unsigned redirects, opens;
};

struct fake *fake_new(const struct fake_answer *answers, unsigned count,
                      const struct world_options *options);
void fake_free(struct fake *fake);
void fake_expect(const struct fake *fake, int rc, int expected);
