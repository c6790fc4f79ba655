/* What the files collected_*.c share. Nobody else includes it.
 * Threads: an application's things belong to who is in its gate. */
#pragma once
#include "base/gate.h"
#include "rest/collected_file.h"
#include "rest/collected_logs.h"
#include "rest/stream_file.h"

/* A file of an application's folder. */
struct kx_collected_node {
    char *node; /* "host_port", and nothing behind it */
    char *name;
    struct kx_stream *stream;
    struct kx_collected_file *file;
};

struct kx_collected_app {
    gatomicrefcount refs;
    struct kx_gate gate;
    GPtrArray *nodes; /* of struct kx_collected_node, in order; NULL: not looked for */
    struct kx_file_window window;
    struct kx_stream *awake;
    bool settled;     /* everything was collected */
    int64_t until_ms; /* guarded by the table's mutex */
};

/** The files of an application. Blocks.  @out owned array of struct kx_collected_node, none of them
 * opened, all for this app.  @return -ENOENT: there are none. */
int kx_collected_find(struct kx_client *client, struct kx_yarn *yarn, const char *id,
                      struct kx_collected_app *app, const struct kx_call *call, GPtrArray **out,
                      struct kx_error *err);
