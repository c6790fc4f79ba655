/* A client whose files can only be read: kx_download_* over content that is a function of the
 * offset, so that every byte can be checked without storing a file. It defines struct kx_client.
 *
 * Threads: any; it notices when one download is used by two at once. */
#pragma once
#include "fake_clock.h"
#include "rest/download.h"

/** @return owned; its stall time is a minute. */
struct kx_client *fake_reads_new(void);

/** The test fails when a block or a stream was not given back, or a stream was shared. */
void fake_reads_free(struct kx_client *client);

void fake_reads_set_stall(struct kx_client *client, int64_t ms);
struct fake_clock *fake_reads_clock(struct kx_client *client); /* borrowed */

/** What stands in the file is changed by another seed; the first one is 0. */
void fake_reads_set_seed(struct kx_client *client, unsigned seed);
char fake_reads_byte(unsigned seed, int64_t offset);

/** The next open, or the next pull of bytes at or behind `offset`, fails with this errno. */
void fake_reads_fail_open(struct kx_client *client, int code);
void fake_reads_fail_pull(struct kx_client *client, int64_t offset, int code);

/** Pulls of bytes at or behind `offset` wait for the release, or until they are interrupted. */
void fake_reads_hold(struct kx_client *client, int64_t offset);
void fake_reads_release(struct kx_client *client);

/** Wait until a pull waits for the release. */
void fake_reads_wait_held(struct kx_client *client);

/** Let pulls take so long, and give up to a block more than was wanted. */
void fake_reads_set_pace(struct kx_client *client, unsigned us, bool generous);

/** What the way to the servers is like; before: short, to a gateway. */
void fake_reads_set_distance(struct kx_client *client, int64_t answer_us, bool datanodes);

/** Let all streams together be no faster than one is. */
void fake_reads_share_pace(struct kx_client *client);

/* A stream that was opened. */
struct fake_stream {
    int64_t offset, length;
    int64_t given; /* bytes that were pulled */
    size_t window; /* 0: never set */
    struct kx_version version;
    bool closed;
};
unsigned fake_reads_count(struct kx_client *client);
struct fake_stream fake_reads_stream(struct kx_client *client, unsigned number); /* from 0 */

/** How many blocks are taken now, and at most so far. */
unsigned fake_reads_blocks(struct kx_client *client);
unsigned fake_reads_blocks_max(struct kx_client *client);
