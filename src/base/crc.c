#include "base/crc.h"

#include <string.h>

#if defined(__x86_64__)
#    include <nmmintrin.h>
#    define HARDWARE 1
#endif

static uint32_t polynomial(enum kx_crc_kind kind)
{
    return kind == KX_CRC32C ? UINT32_C(0x82f63b78) : UINT32_C(0xedb88320);
}

void kx_crc_init(struct kx_crc *crc, enum kx_crc_kind kind)
{
    crc->kind = kind;
    crc->hardware = false;
#ifdef HARDWARE
    crc->hardware = kind == KX_CRC32C && __builtin_cpu_supports("sse4.2");
#endif
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t value = byte;
        for (int bit = 0; bit < 8; bit++)
            value = (value >> 1) ^ (value & 1 ? polynomial(kind) : 0);
        crc->tables[0][byte] = value;
    }
    for (int zeros = 1; zeros < 8; zeros++)
        for (int byte = 0; byte < 256; byte++) {
            uint32_t value = crc->tables[zeros - 1][byte];
            crc->tables[zeros][byte] = (value >> 8) ^ crc->tables[0][value & 0xff];
        }
}

#ifdef HARDWARE
__attribute__((target("sse4.2"))) static uint32_t add_hardware(uint32_t value, const uint8_t *at,
                                                               size_t length)
{
    uint64_t wide = value;
    for (; length >= 8; at += 8, length -= 8) {
        uint64_t eight;
        memcpy(&eight, at, sizeof eight);
        wide = _mm_crc32_u64(wide, eight);
    }
    value = (uint32_t)wide;
    for (; length > 0; at++, length--)
        value = _mm_crc32_u8(value, *at);
    return value;
}
#endif

static uint32_t add_tables(const struct kx_crc *crc, uint32_t value, const uint8_t *at,
                           size_t length)
{
    for (; length >= 8; at += 8, length -= 8) {
        uint32_t next = 0;
        for (int i = 0; i < 4; i++)
            next ^= crc->tables[7 - i][((value >> (8 * i)) ^ at[i]) & 0xff];
        for (int i = 4; i < 8; i++)
            next ^= crc->tables[7 - i][at[i]];
        value = next;
    }
    for (; length > 0; at++, length--)
        value = (value >> 8) ^ crc->tables[0][(value ^ *at) & 0xff];
    return value;
}

uint32_t kx_crc_add(const struct kx_crc *crc, uint32_t sum, const void *data, size_t length)
{
#ifdef HARDWARE
    if (crc->hardware) return ~add_hardware(~sum, data, length);
#endif
    return ~add_tables(crc, ~sum, data, length);
}
