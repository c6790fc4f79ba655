/* One file of collected logs, of either format: its records, each a container's, and the logs in
 * them. What was read of it stays; only what is asked for is read.
 *
 * Threads: one at a time.  Blocking: whatever reads the network does.  Ownership: records and logs
 * belong to the file. */
#pragma once
#include "rest/stream.h"

struct kx_collected_file;

struct kx_collected_log {
    char *name;
    struct kx_stream *stream; /* its bytes are there ... */
    int64_t offset, length;   /* ... at this place */
    int64_t mtime_ms;
};

struct kx_collected_record;
const char *kx_collected_container(const struct kx_collected_record *record); /* "": of none */

/** @stream borrowed.  @end the file's length, or where it ends as far as it is whole.  @awake as
 * of kx_stream_inflated.  Reads nothing.  @return owned. */
struct kx_collected_file *kx_collected_file_new(struct kx_stream *stream, int64_t end,
                                                int64_t mtime_ms, struct kx_stream **awake);
void kx_collected_file_free(struct kx_collected_file *file); /* NULL is fine */

/** The record of a number, from 0.  @return 1; 0: there are no more; -EPROTO, -ENOTSUP (the
 * format's version, the compression), or what reading says. */
int kx_collected_file_record(struct kx_collected_file *file, guint number,
                             const struct kx_call *call, struct kx_collected_record **out,
                             struct kx_error *err);
/** The log of a number in a record; the same. */
int kx_collected_file_log(struct kx_collected_file *file, struct kx_collected_record *record,
                          guint number, const struct kx_call *call,
                          const struct kx_collected_log **out, struct kx_error *err);

/** Does a record of it have each log once? After a record was given. */
bool kx_collected_file_is_plain(const struct kx_collected_file *file);

KX_DEFINE_AUTOPTR(kx_collected_file, kx_collected_file_free)
