/* The sums that a real HDFS (3.4.2) gave for these bytes, and what counts as another form. */
#include "rest/checksum.h"

#include <string.h>

#include "support.h"

static char *pattern(size_t length)
{
    char *bytes = g_malloc(length + 1);
    for (size_t i = 0; i < length; i++)
        bytes[i] = (char)(i * 7 + (i >> 8) * 13);
    return bytes;
}

/* As a server tells it: padded. */
static const struct {
    size_t length;
    int64_t block_bytes;
    const char *algorithm, *bytes;
} CASES[] = {
    {0, 4096, "MD5-of-0MD5-of-0CRC32",
     "00000000000000000000000070bc8f4b72a86921468bf8e8441dce5100000000"},
    {1, 4096, "MD5-of-0MD5-of-512CRC32C",
     "000002000000000000000000dc236201841049096ad31b6213203a9000000000"},
    {511, 4096, "MD5-of-0MD5-of-512CRC32C",
     "0000020000000000000000008bcfb78bfda599229ab4d62bd586343f00000000"},
    {512, 4096, "MD5-of-0MD5-of-512CRC32C",
     "0000020000000000000000004429d9e0741f19fcda80260e0093d70c00000000"},
    {513, 4096, "MD5-of-0MD5-of-512CRC32C",
     "000002000000000000000000ffee04bd2785ba6929dd2de5b0c187e000000000"},
    {4096, 4096, "MD5-of-0MD5-of-512CRC32C",
     "0000020000000000000000003301838f44ab547da3e4d4eee872abed00000000"},
    {4097, 4096, "MD5-of-8MD5-of-512CRC32C",
     "000002000000000000000008e3d1ef559ccff7a1fb8816868077414300000000"},
    {8193, 4096, "MD5-of-8MD5-of-512CRC32C",
     "00000200000000000000000837174604b616b016c4f0d205b3a0641600000000"},
    {12288, 4096, "MD5-of-8MD5-of-512CRC32C",
     "00000200000000000000000868e206268c82359fcc9ce0ab6a4ee1de00000000"},
    {70000, 4096, "MD5-of-8MD5-of-512CRC32C",
     "0000020000000000000000085c0266c8f4bbe35fff7a747c159f57f300000000"},
    {300000, 1048576, "MD5-of-0MD5-of-512CRC32C",
     "000002000000000000000000ac0c22dfd59e043985f2e02d25716f4f00000000"},
};

static struct kx_sum *sum_of(size_t length, size_t piece, int64_t block_bytes, int64_t crc_bytes)
{
    const struct kx_sum_form form = {
        .kind = KX_CRC32C, .block_bytes = block_bytes, .crc_bytes = crc_bytes};
    struct kx_sum *sum = kx_sum_new(&form);
    g_autofree char *bytes = pattern(length);
    for (size_t at = 0; at < length; at += piece)
        kx_sum_feed(sum, bytes + at, MIN(piece, length - at));
    return sum;
}

static void check_vector(size_t i, size_t piece)
{
    g_autoptr(kx_sum) sum = sum_of(CASES[i].length, piece, CASES[i].block_bytes, 512);
    const struct kx_checksum server = {(char *)(uintptr_t)CASES[i].algorithm,
                                       (char *)(uintptr_t)CASES[i].bytes, 28};
    g_autofree char *ours = kx_sum_text(sum), *theirs = kx_checksum_text(&server);
    struct kx_sum_form form;
    assert_string_equal(ours, theirs);
    assert_int_equal(kx_sum_compare(sum, &server, &form), KX_SUM_SAME);
    assert_int_equal(form.block_bytes, CASES[i].block_bytes);
    assert_int_equal(form.crc_bytes, 512);
    assert_int_equal(form.kind, KX_CRC32C);
}

static void as_a_server_says(void **state)
{
    static const size_t PIECES[] = {1000000, 4096, 513, 7};
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++)
        for (size_t p = 0; p < G_N_ELEMENTS(PIECES); p++)
            check_vector(i, PIECES[p]);
}

static const struct {
    const char *algorithm, *bytes;
    enum kx_sum_verdict verdict;
    struct kx_sum_form learned;
} VERDICTS[] = {
    /* one digit differs */
    {"MD5-of-8MD5-of-512CRC32C",
     "000002000000000000000008e3d1ef559ccff7a1fb88168680774144",
     KX_SUM_DIFFERS,
     {KX_CRC32C, false, 4096, 512}},
    {"MD5-of-8MD5-of-512CRC32C",
     "000002000000000000000008E3D1EF559CCFF7A1FB88168680774143",
     KX_SUM_SAME,
     {KX_CRC32C, false, 4096, 512}},
    {"MD5-of-8MD5-of-512CRC32C", "", KX_SUM_DIFFERS, {KX_CRC32C, false, 4096, 512}},
    {"MD5-of-0MD5-of-512CRC32C", "00", KX_SUM_OTHER_FORM, {KX_CRC32C, false, 4096, 512}},
    {"MD5-of-8MD5-of-512CRC32", "00", KX_SUM_OTHER_FORM, {KX_CRC32, false, 4096, 512}},
    {"MD5-of-2MD5-of-1024CRC32C", "00", KX_SUM_OTHER_FORM, {KX_CRC32C, false, 2048, 1024}},
    {"COMPOSITE-CRC32C", "00000000", KX_SUM_OTHER_FORM, {KX_CRC32C, true, 4096, 512}},
    {"SHA-256", "00", KX_SUM_OTHER_FORM, {KX_CRC32C, false, 4096, 512}},
    {"MD5-of-8MD5-of-512NULL", "00", KX_SUM_OTHER_FORM, {KX_CRC32C, false, 4096, 512}},
    {"MD5-of-9223372036854775807MD5-of-512CRC32C",
     "00",
     KX_SUM_OTHER_FORM,
     {KX_CRC32C, false, 4096, 512}},
    {"MD5-of--8MD5-of-512CRC32C", "00", KX_SUM_OTHER_FORM, {KX_CRC32C, false, 4096, 512}},
};

static void the_form_is_told_apart_from_the_sum(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(VERDICTS); i++) {
        g_autoptr(kx_sum) sum = sum_of(4097, 4097, 4096, 512);
        const struct kx_checksum server = {(char *)(uintptr_t)VERDICTS[i].algorithm,
                                           (char *)(uintptr_t)VERDICTS[i].bytes, 28};
        struct kx_sum_form form;
        assert_int_equal(kx_sum_compare(sum, &server, &form), VERDICTS[i].verdict);
        assert_int_equal(form.kind, VERDICTS[i].learned.kind);
        assert_int_equal(form.composite, VERDICTS[i].learned.composite);
        assert_int_equal(form.block_bytes, VERDICTS[i].learned.block_bytes);
        assert_int_equal(form.crc_bytes, VERDICTS[i].learned.crc_bytes);
    }
}

static void composite_is_one_crc(void **state)
{
    (void)state;
    const struct kx_sum_form form = {KX_CRC32C, true, 4096, 512};
    g_autoptr(kx_sum) sum = kx_sum_new(&form);
    kx_sum_feed(sum, "1234", 4);
    kx_sum_feed(sum, "56789", 5);
    const struct kx_checksum server = {(char *)(uintptr_t) "COMPOSITE-CRC32C",
                                       (char *)(uintptr_t) "e3069283", 4};
    assert_int_equal(kx_sum_compare(sum, &server, NULL), KX_SUM_SAME);
    const struct kx_checksum other = {(char *)(uintptr_t) "COMPOSITE-CRC32C",
                                      (char *)(uintptr_t) "e3069284", 4};
    assert_int_equal(kx_sum_compare(sum, &other, NULL), KX_SUM_DIFFERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_a_server_says),
        cmocka_unit_test(the_form_is_told_apart_from_the_sum),
        cmocka_unit_test(composite_is_one_crc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
