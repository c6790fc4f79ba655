/* The published check values, and that both ways give the same. */
#include "base/crc.h"

#include <string.h>

#include "support.h"

static const struct {
    const char *text;
    uint32_t crc32c, crc32;
} CASES[] = {
    {"", 0, 0},
    {"a", 0xc1d04330, 0xe8b7be43},
    {"123456789", 0xe3069283, 0xcbf43926},
    {"The quick brown fox jumps over the lazy dog", 0x22620404, 0x414fa339},
};

static void known_values(void **state)
{
    (void)state;
    struct kx_crc castagnoli, ieee;
    kx_crc_init(&castagnoli, KX_CRC32C);
    kx_crc_init(&ieee, KX_CRC32);
    assert_false(ieee.hardware);
    for (int hardware = 0; hardware <= castagnoli.hardware; hardware++) {
        struct kx_crc crc = castagnoli;
        crc.hardware = hardware;
        for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
            size_t length = strlen(CASES[i].text);
            assert_int_equal(kx_crc_add(&crc, 0, CASES[i].text, length), CASES[i].crc32c);
            assert_int_equal(kx_crc_add(&ieee, 0, CASES[i].text, length), CASES[i].crc32);
        }
    }
}

/* RFC 3720, B.4: 32 bytes of zeros, of ones, and counted up. */
static void values_of_iscsi(void **state)
{
    (void)state;
    struct kx_crc crc;
    uint8_t bytes[32] = {0};
    kx_crc_init(&crc, KX_CRC32C);
    assert_int_equal(kx_crc_add(&crc, 0, bytes, sizeof bytes), 0x8a9136aa);
    memset(bytes, 0xff, sizeof bytes);
    assert_int_equal(kx_crc_add(&crc, 0, bytes, sizeof bytes), 0x62a8ab43);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    assert_int_equal(kx_crc_add(&crc, 0, bytes, sizeof bytes), 0x46dd794e);
}

/* Any place, any length, in one piece or two, by the instruction or by tables. */
static void pieces_and_ways_agree(void **state)
{
    (void)state;
    struct kx_crc crc, tables;
    uint8_t bytes[256];
    kx_crc_init(&crc, KX_CRC32C);
    tables = crc;
    tables.hardware = false;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7 + 3);
    for (size_t from = 0; from < 9; from++)
        for (size_t length = 0; length < 70; length++) {
            uint32_t all = kx_crc_add(&crc, 0, bytes + from, length);
            size_t part = length / 3;
            uint32_t pieces = kx_crc_add(&crc, 0, bytes + from, part);
            pieces = kx_crc_add(&tables, pieces, bytes + from + part, length - part);
            assert_int_equal(pieces, all);
            assert_int_equal(kx_crc_add(&tables, 0, bytes + from, length), all);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_values),
        cmocka_unit_test(values_of_iscsi),
        cmocka_unit_test(pieces_and_ways_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
