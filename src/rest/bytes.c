#include "rest/bytes.h"

#include <string.h>

const uint8_t *kx_bytes_take(struct kx_bytes *bytes, size_t count)
{
    const uint8_t *here = bytes->at;
    if (count > bytes->left) {
        bytes->cut = true;
        bytes->left = 0;
        return NULL;
    }
    bytes->at += count;
    bytes->left -= count;
    return here;
}

uint64_t kx_bytes_number(struct kx_bytes *bytes, unsigned count)
{
    const uint8_t *here = kx_bytes_take(bytes, count);
    uint64_t value = 0;
    for (unsigned i = 0; here && i < count; i++)
        value = value << 8 | here[i];
    return value;
}

/* The first byte says how many follow, and has the highest bits. */
int64_t kx_bytes_vint(struct kx_bytes *bytes)
{
    int first = (int8_t)kx_bytes_number(bytes, 1);
    if (first >= -32) return first;
    if (first >= -72) return (int64_t)(first + 52) * 256 + (int64_t)kx_bytes_number(bytes, 1);
    if (first >= -104) return (int64_t)(first + 88) * 65536 + (int64_t)kx_bytes_number(bytes, 2);
    if (first >= -120)
        return (int64_t)(first + 112) * 16777216 + (int64_t)kx_bytes_number(bytes, 3);
    unsigned count = (unsigned)(first + 129);
    if (count < 4) bytes->cut = true;
    if (bytes->cut) return 0;
    uint64_t value = kx_bytes_number(bytes, count);
    unsigned unused = 64 - count * 8;
    return (int64_t)(value << unused) >> unused;
}

char *kx_bytes_text(struct kx_bytes *bytes, size_t count)
{
    const uint8_t *here = kx_bytes_take(bytes, count);
    if (here && !memchr(here, 0, count) && g_utf8_validate((const char *)here, (gssize)count, NULL))
        return g_strndup((const char *)here, count);
    bytes->cut = true;
    return NULL;
}
