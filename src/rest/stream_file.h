/* A file in HDFS as a stream: read by ranges, each of which is one OPEN.
 *
 * Small reads go through one window that several files share: 4 KiB where reading jumps to, and
 * twice as much each time it goes on from there, up to some MiB.
 *
 * Threads: one at a time for all streams of a window.  Blocking: yes; errors as
 * kx_download_open. */
#pragma once
#include "rest/download.h"
#include "rest/stream.h"

struct kx_file_window {
    const struct kx_stream *of; /* whose bytes they are */
    int64_t start;
    GByteArray *bytes; /* NULL: none yet */
};
void kx_file_window_clear(struct kx_file_window *window);

struct kx_stream_file {
    struct kx_client *client;      /* borrowed */
    struct kx_file_window *window; /* borrowed */
    const char *path;              /* copied */
    int64_t length;
    struct kx_version version;
};
/** @return owned. */
struct kx_stream *kx_stream_file(const struct kx_stream_file *file);
