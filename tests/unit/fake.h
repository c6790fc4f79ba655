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
    FAKE_GATEWAY, /* the NameNode answers 502 */
    FAKE_NOBODY,  /* the NameNode knows only DataNodes that it was told to avoid; else as WHOLE */
    FAKE_MUTE,    /* the DataNode takes the request and says nothing */
    FAKE_DEAD_RPC /* the DataNode answers 403 EOFException: its own connection was dead */
};

struct fake_answer {
    enum fake_fault fault;
    gint64 bytes;
};

struct fake {
    struct server *server;   /* the NameNode */
    struct server *datanode; /* what it redirects to */
    struct world *world;
    struct kx_client *client;
    struct kx_error err;
    const struct fake_answer *answers; /* one for each redirect that is asked for, in order ... */
    unsigned count;                    /* ... the last one for ever */
    guint64 file_id;                   /* of GETFILESTATUS; 0: 404 */
    int empty_port;
    bool no_locations; /* GET_BLOCK_LOCATIONS is answered as an operation that is not known */
    /* what was seen; guarded by mutex */
    GMutex mutex;
    GString *offsets;  /* of the OPENs that reached the DataNode: "0 500 " */
    GString *excluded; /* values of excludedatanodes=, "-" for none: "- 10.0.0.2:9866 " */
    GString *located;  /* the offsets that GET_BLOCK_LOCATIONS was asked for */
    unsigned redirects, opens;
};

/* The names of the DataNode and of the one that is dead (FAKE_NOWHERE). */
#define FAKE_DATANODE "10.0.0.1:9866"
#define FAKE_DEAD     "10.0.0.2:9866"

struct fake *fake_new(const struct fake_answer *answers, unsigned count,
                      const struct world_options *options);
void fake_free(struct fake *fake);
void fake_expect(const struct fake *fake, int rc, int expected);
