/* The checksum of a file as GETFILECHECKSUM tells it, from the file's bytes as they pass.
 *
 * HDFS keeps a CRC for each `crc_bytes` of a block. The sum of a file is the MD5 of the MD5s of its
 * blocks' CRCs ("MD5-of-262144MD5-of-512CRC32C"), or, where a cluster combines them, one CRC of all
 * its bytes ("COMPOSITE-CRC32C", by HttpFS only; measured, Hadoop 3.4.2). Threads: a sum is used by
 * one thread at a time; nothing blocks. */
#pragma once
#include "base/cleanup.h"
#include "base/crc.h"
#include "rest/webhdfs.h"

/* What must be known before the first byte. */
struct kx_sum_form {
    enum kx_crc_kind kind;
    bool composite;
    int64_t block_bytes; /* > 0; a multiple of crc_bytes */
    int64_t crc_bytes;   /* > 0 */
};

struct kx_sum;

/** @return owned, of no bytes. */
struct kx_sum *kx_sum_new(const struct kx_sum_form *form);
void kx_sum_free(struct kx_sum *sum); /* NULL is fine */

/** The next bytes, in order. */
void kx_sum_feed(struct kx_sum *sum, const void *data, size_t length);

enum kx_sum_verdict {
    KX_SUM_SAME,
    KX_SUM_DIFFERS,
    KX_SUM_OTHER_FORM /* the server sums otherwise than was expected: nothing can be said */
};

/** Compare with what the server says. Nothing can be fed afterwards.
 *  @learned the form that the server uses, as far as it says (else as given to kx_sum_new); may be
 * NULL. */
enum kx_sum_verdict kx_sum_compare(struct kx_sum *sum, const struct kx_checksum *server,
                                   struct kx_sum_form *learned);

/** As the server would tell it: "MD5-of-0MD5-of-512CRC32C:0000...". Nothing can be fed afterwards.
 *  @return owned. */
char *kx_sum_text(struct kx_sum *sum);

/** The same of the server's.  @return owned. */
char *kx_checksum_text(const struct kx_checksum *server);

KX_DEFINE_AUTOPTR(kx_sum, kx_sum_free)
