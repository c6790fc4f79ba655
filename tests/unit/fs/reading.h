/* What the tests of the reader share: a reader of one file of a fake client, and reads whose every
 * byte is looked at.
 * Threads: reading_read from any; the rest is the test's. */
#pragma once
#include "expect.h"
#include "fake_reads.h"
#include "fs/data/reads.h"

#define KIB ((int64_t)1024)
#define MIB (1024 * KIB)

struct reading {
    struct kx_client *client;
    struct kx_budget *budget; /* 256 MiB */
    struct kx_stats stats;
    struct kx_reads *reads;
    struct kx_reader *reader;
    struct kx_read_target target; /* /f, 64 MiB and 100 bytes */
    unsigned seed;                /* of the content that is expected */
};

int reading_setup(void **state);
int reading_teardown(void **state);
#define reading_test(function)                                                                     \
    cmocka_unit_test_setup_teardown(function, reading_setup, reading_teardown)

/** Read and compare.  @return how many bytes came, -EBADMSG when one of them is wrong, -errno. */
int64_t reading_read(struct reading *reading, int64_t offset, size_t size,
                     const struct kx_call *call, struct kx_error *err);

/** The test fails when it does not give all that is in the file there. */
void reading_check(struct reading *reading, int64_t offset, size_t size);

/** The test fails unless the stream was opened so; closed or not. */
void reading_check_stream(struct reading *reading, unsigned number, int64_t offset, int64_t length);
