/* Hadoop's TFile, as far as collected logs are one: records of a container's name and its logs, in
 * blocks, with everything that is needed to find a block at the file's end.
 *
 * As it is written (Hadoop 3.4.2): the file's last 28 bytes are the place of an index, a version
 * and a magic number. That index names two blocks that have been compressed as the data are:
 * "BCFile.index" has the place of each data block, "TFile.index" how many records each has and the
 * name of its last. A record is its name and, in chunks of about a MiB, its value; a block ends
 * with the record that fills 256 KiB, so one with a long log has a single one, of any length. A
 * block's uncompressed length is wrong above 2 GiB (an int in the writer) and is not used.
 * A value is name, length and bytes of one log after the other.
 *
 * The parsers take bytes of any kind. Threads: any, on data of one's own. */
#pragma once
#include "base/error.h"
#include "rest/stream.h"

#define KX_TFILE_TAIL      28
#define KX_TFILE_INDEX_MAX ((size_t)16 * 1024 * 1024) /* bytes of one index, inflated */

enum kx_packing { KX_PACKED_NOT, KX_PACKED_GZ };

/** "none", "gz".  @return -ENOTSUP: "lzo" and the like. */
int kx_packing_read(const char *name, enum kx_packing *out, struct kx_error *err);

struct kx_region {
    int64_t offset, length; /* as it lies in the file */
    enum kx_packing packing;
};

/** What the last KX_TFILE_TAIL bytes of a file say.  @return the place of the index; -EPROTO: it is
 * no TFile; -ENOTSUP: one of another version. */
int64_t kx_tfile_tail(const uint8_t *tail, int64_t file_length, struct kx_error *err);

/** The index between that place and the tail: where two blocks are. */
struct kx_tfile_meta {
    struct kx_region blocks, records;
};
int kx_tfile_meta(const uint8_t *text, size_t length, int64_t file_length,
                  struct kx_tfile_meta *out, struct kx_error *err);

struct kx_tfile_block {
    struct kx_region region;
    int64_t records;
    char *last; /* owned: the last record's name */
};
/** "BCFile.index".  @out owned array of struct kx_tfile_block, cleared with the array. */
int kx_tfile_blocks(const uint8_t *text, size_t length, int64_t file_length, GArray **out,
                    struct kx_error *err);
/** "TFile.index": fills in what the blocks have. */
int kx_tfile_records(const uint8_t *text, size_t length, GArray *blocks, struct kx_error *err);

/** The name of the record that begins at an offset of a block's inflated bytes.
 *  @name owned; "" for a record that has another key than a name.
 *  @value where its value begins.  @return 1; 0: the block ends here; -EPROTO, or what reading
 * says. */
int kx_tfile_key(struct kx_stream *block, int64_t offset, const struct kx_call *call, char **name,
                 int64_t *value, struct kx_error *err);

/** The value that begins at an offset of a block, without its chunks' heads. To come to a far place
 * it looks for a chunk's head where it would be if all were like the last, takes two such heads in
 * a row for a proof, and so reads a few bytes for each doubling of the way.  @block borrowed.
 *  @return owned. */
struct kx_stream *kx_tfile_value(struct kx_stream *block, int64_t offset);
/** Where its record ends in the block; goes there. */
int kx_tfile_value_end(struct kx_stream *value, const struct kx_call *call, int64_t *out,
                       struct kx_error *err);

/* One log in a value. */
struct kx_tfile_log {
    char *name;             /* owned */
    int64_t offset, length; /* of its bytes in the value; the next one begins behind them */
};
/** @return 1; 0: the value ends here; -EPROTO, or what reading says. */
int kx_tfile_log(struct kx_stream *value, int64_t offset, const struct kx_call *call,
                 struct kx_tfile_log *out, struct kx_error *err);
