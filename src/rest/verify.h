/* Is what the server has what was sent to it, or what came from it? The checksum of the bytes
 * against GETFILECHECKSUM.
 *
 * How a server sums (block size, bytes a CRC) must be known before the first byte: it is asked once
 * (GETSERVERDEFAULTS) and learned from its first sum. What cannot be compared (a server without
 * GETFILECHECKSUM, one that sums in another way, a file that is kept encrypted or erasure-coded) is
 * no error, but a warning, once a client.
 *
 * Threads: any; the functions talk to the server and end as the call says. */
#pragma once
#include "rest/checksum.h"
#include "rest/client.h"

/* What a client knows of it. */
struct kx_sums;
struct kx_sums *kx_sums_new(void);
void kx_sums_free(struct kx_sums *sums); /* NULL is fine */

/** Before the first byte of a new file.  @block_bytes as the file will be created with, in bytes; 0
 * (the server's default) is replaced by the number to create it with, where the server tells it.
 * @out owned.  @return 0; -errno: the server could not be asked. */
int kx_verify_begin(struct kx_client *client, int64_t *block_bytes, const struct kx_call *call,
                    struct kx_sum **out, struct kx_error *err);

/** After the last byte, when the server has the file.  @sum of all its bytes; borrowed.
 *  @return 0: the same, or not comparable; -EIO: not the same, with both sums in the reason;
 * another -errno: the server could not be asked. May be called again after -EINTR. */
int kx_verify_end(struct kx_client *client, const char *path, struct kx_sum *sum,
                  const struct kx_call *call, struct kx_error *err);

/** The same for bytes that came from the server: all of a file, which is not being written. Begun
 * by kx_verify_begin with the block size of that file. */
int kx_verify_read(struct kx_client *client, const char *path, struct kx_sum *sum,
                   const struct kx_call *call, struct kx_error *err);
