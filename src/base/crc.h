/* Cyclic redundancy checks of 32 bits as HDFS keeps them: CRC32C (Castagnoli) and CRC32 (IEEE
 * 802.3).
 *
 * CRC32C uses the processor's instruction where there is one (SSE 4.2, asked for when it runs); all
 * else goes by tables, eight bytes a step. Threads: pure functions of a struct that is constant
 * after kx_crc_init. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kx_crc_kind { KX_CRC32C, KX_CRC32 };

struct kx_crc {
    enum kx_crc_kind kind;
    bool hardware;           /* the processor has an instruction for it */
    uint32_t tables[8][256]; /* [n][b]: the byte b with n zero bytes behind it */
};

/** Takes some microseconds. */
void kx_crc_init(struct kx_crc *crc, enum kx_crc_kind kind);

/** The sum of what `sum` is the sum of (0: of nothing) with the bytes behind it. */
uint32_t kx_crc_add(const struct kx_crc *crc, uint32_t sum, const void *data, size_t length);
