/* YARN's "indexed" format of collected logs: the bytes of each log on their own, and an index at
 * the file's end.
 *
 * As it is written (Hadoop 3.4.2, LogAggregationIndexedFileController): the index is an object of
 * Java's serialization (no protocol buffers), then come its length in four bytes and the mark that
 * the file begins with: 32 bytes (SHA-256 of the application's id) since Hadoop 3.0, 36 (a UUID)
 * before. While logs are added to a file there is another one, NAME-checksum, with eight bytes:
 * where the file ended before. Each log is compressed on its own; one that was collected in
 * several rounds is in the index once a round.
 *
 * The parser takes bytes of any kind. Threads: any, on data of one's own. */
#pragma once
#include "rest/tfile.h"

#define KX_IFILE_TAIL      40 /* bytes that say where the index is */
#define KX_IFILE_INDEX_MAX ((size_t)32 * 1024 * 1024)
#define KX_IFILE_MARKS     2 /* kinds of marks */

/** Where the index is if the mark is of this kind (0 or 1).  @tail the last KX_IFILE_TAIL bytes
 * before `end`.  @return whether it can be. */
bool kx_ifile_tail(const uint8_t *tail, int64_t end, int kind, int64_t *offset, int64_t *length);

struct kx_ifile_log {
    char *container, *name; /* owned */
    struct kx_region region;
    int64_t length; /* of the log */
    int64_t mtime_ms;
};

/** @out owned array of struct kx_ifile_log in the index's order, cleared with the array.
 *  @return 0; -EPROTO: it is no such index; -ENOTSUP: an unknown compression. */
int kx_ifile_index(const uint8_t *text, size_t length, int64_t file_length, GArray **out,
                   struct kx_error *err);
