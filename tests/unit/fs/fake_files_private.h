/* The inside of fake_files.h, for fake_files.c (the server's content and the test's orders) and
 * fake_names.c and fake_streams.c (what the driver calls). Nobody else includes it.
 * Threads: any; the mutex guards what it says. */
#pragma once
#include "fake_files.h"
#include "rest/features.h"

struct content {
    gint refs;
    GString *bytes;
    uint32_t mode;
    uint64_t file_id;
    int64_t mtime_ms;
};

struct kx_client {
    int64_t stall_ms;
    struct kx_features features;
    struct kx_pool *pool;
    GMutex mutex; /* guards all below */
    GCond changed;
    GHashTable *files;   /* owned path -> struct content, a reference */
    GHashTable *folders; /* owned path -> file_id, an owned uint64_t */
    GString *requests;
    char *fail_word, *hold_word;
    int fail_code;
    bool fail_done, late;
    unsigned held, uploads, page_entries;
    uint64_t next_id;
    int64_t block_bytes, mtime_ms; /* the latter: of the last change of any file */
};

void fake_content_unref(struct content *content);

/** Mutex held: borrowed; NULL: there is no such file. */
struct content *fake_find(struct kx_client *client, const char *path);

/** Mutex held: a fresh empty file at a path, borrowed. */
struct content *fake_make(struct kx_client *client, const char *path, uint32_t mode);

/** Mutex held: its bytes have changed. */
void fake_touch(struct kx_client *client, struct content *content);

/** Mutex held: another name for a file that is there. */
void fake_move(struct kx_client *client, const char *from, const char *to);

/* One request of the driver. */
struct request {
    struct kx_client *client;
    struct kx_cancel *cancel;
    int code; /* it fails so; 0: it does not */
    bool done;
};

/** Begin a request, written down as "WORD detail"; the mutex is held until request_end.  @return
 * whether it is done. */
bool request_begin(struct request *r, struct kx_client *client, const struct kx_call *call,
                   const char *word, const char *detail);

/** @code of the server's own answer (positive); a failure that was ordered goes first.  @return
 * -errno. */
int request_end(struct request *r, int code, struct kx_error *err);
