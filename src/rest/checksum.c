#include "rest/checksum.h"

#include <stdio.h>
#include <string.h>

#define MD5_BYTES   ((size_t)16)
#define QUEUE_BYTES ((size_t)4096)
#define NONE_BYTES  ((int64_t)32) /* the server's buffer of block sums begins with so many bytes */

struct kx_sum {
    struct kx_sum_form form;
    struct kx_crc crc;
    uint32_t present; /* the CRC of the part that is being filled, or of all (composite) */
    int64_t in_crc;   /* bytes of that part */
    int64_t in_block; /* bytes of the block */
    int64_t blocks;   /* that are complete */
    GChecksum *block; /* of the CRCs of the present block */
    GChecksum *file;  /* of the MD5s of the complete blocks */
    size_t queued;    /* bytes of CRCs that `block` has not got yet */
    int64_t total;
    bool ended;
    guint8 result[MD5_BYTES];
    guint8 queue[QUEUE_BYTES];
};

struct kx_sum *kx_sum_new(const struct kx_sum_form *form)
{
    struct kx_sum *sum = g_new0(struct kx_sum, 1);
    sum->form = *form;
    kx_crc_init(&sum->crc, form->kind);
    sum->block = g_checksum_new(G_CHECKSUM_MD5);
    sum->file = g_checksum_new(G_CHECKSUM_MD5);
    return sum;
}

void kx_sum_free(struct kx_sum *sum)
{
    if (!sum) return;
    g_checksum_free(sum->block);
    g_checksum_free(sum->file);
    g_free(sum);
}

static void flush_queue(struct kx_sum *sum)
{
    g_checksum_update(sum->block, sum->queue, (gssize)sum->queued);
    sum->queued = 0;
}

static void end_crc(struct kx_sum *sum)
{
    const uint32_t big = GUINT32_TO_BE(sum->present);
    if (sum->in_crc == 0) return;
    memcpy(sum->queue + sum->queued, &big, sizeof big);
    sum->queued += sizeof big;
    if (sum->queued == QUEUE_BYTES) flush_queue(sum);
    sum->present = 0;
    sum->in_crc = 0;
}

static void end_block(struct kx_sum *sum)
{
    guint8 digest[MD5_BYTES];
    gsize length = sizeof digest;
    if (sum->in_block == 0) return;
    end_crc(sum);
    flush_queue(sum);
    g_checksum_get_digest(sum->block, digest, &length);
    g_checksum_reset(sum->block);
    g_checksum_update(sum->file, digest, (gssize)length);
    sum->blocks++;
    sum->in_block = 0;
}

static void feed_blocks(struct kx_sum *sum, const guint8 *at, size_t length)
{
    while (length > 0) {
        size_t n = MIN(length, (size_t)(sum->form.crc_bytes - sum->in_crc));
        sum->present = kx_crc_add(&sum->crc, sum->present, at, n);
        sum->in_crc += (int64_t)n;
        sum->in_block += (int64_t)n;
        if (sum->in_crc == sum->form.crc_bytes) end_crc(sum);
        if (sum->in_block == sum->form.block_bytes) end_block(sum);
        at += n;
        length -= n;
    }
}

void kx_sum_feed(struct kx_sum *sum, const void *data, size_t length)
{
    sum->total += (int64_t)length;
    if (sum->form.composite)
        sum->present = kx_crc_add(&sum->crc, sum->present, data, length);
    else
        feed_blocks(sum, data, length);
}

/* The server sums its whole buffer of block sums, which has doubled its size until they fitted
 * (measured, Hadoop 3.4.2; its source calls it a bug that cannot be mended any more). */
static void end_file(struct kx_sum *sum)
{
    static const guint8 zeros[MD5_BYTES];
    gsize length = sizeof sum->result;
    if (sum->ended) return;
    sum->ended = true;
    end_block(sum);
    int64_t used = sum->blocks * (int64_t)MD5_BYTES, size = NONE_BYTES;
    while (size < used)
        size *= 2;
    for (; used < size; used += (int64_t)MD5_BYTES)
        g_checksum_update(sum->file, zeros, sizeof zeros);
    g_checksum_get_digest(sum->file, sum->result, &length);
}

static const char *kind_name(enum kx_crc_kind kind)
{
    return kind == KX_CRC32C ? "CRC32C" : "CRC32";
}

static char *composite_text(const struct kx_sum *sum)
{
    return g_strdup_printf("COMPOSITE-%s:%08x", kind_name(sum->form.kind), sum->present);
}

/* CRCs of a block are told only where there is more than one block. */
static char *blocks_text(struct kx_sum *sum)
{
    end_file(sum);
    bool none = sum->total == 0;
    int64_t crc_bytes = none ? 0 : sum->form.crc_bytes;
    int64_t crcs = sum->blocks > 1 ? sum->form.block_bytes / crc_bytes : 0;
    GString *text = g_string_new(NULL);
    g_string_printf(text, "MD5-of-%" G_GINT64_FORMAT "MD5-of-%" G_GINT64_FORMAT "%s:", crcs,
                    crc_bytes, kind_name(none ? KX_CRC32 : sum->form.kind));
    g_string_append_printf(text, "%08" G_GINT64_MODIFIER "x%016" G_GINT64_MODIFIER "x",
                           (guint64)crc_bytes, (guint64)crcs);
    for (size_t i = 0; i < sizeof sum->result; i++)
        g_string_append_printf(text, "%02x", sum->result[i]);
    return g_string_free(text, FALSE);
}

char *kx_sum_text(struct kx_sum *sum)
{
    return sum->form.composite ? composite_text(sum) : blocks_text(sum);
}

char *kx_checksum_text(const struct kx_checksum *server)
{
    /* What stands behind `length` bytes is padding. */
    size_t digits = MIN(strlen(server->bytes), 2 * (size_t)server->length);
    g_autofree char *bytes = g_ascii_strdown(server->bytes, (gssize)digits);
    return g_strconcat(server->algorithm, ":", bytes, NULL);
}

/* @return false: it is a form of which nothing is known here. */
static bool learn(const struct kx_sum *sum, const char *algorithm, struct kx_sum_form *out)
{
    long long crcs = 0, crc_bytes = 0;
    char rest[8] = "";
    bool composite = g_str_has_prefix(algorithm, "COMPOSITE-");
    *out = sum->form;
    if (composite)
        g_strlcpy(rest, algorithm + strlen("COMPOSITE-"), sizeof rest);
    else if (sscanf(algorithm, "MD5-of-%lldMD5-of-%lld%7s", &crcs, &crc_bytes, rest) != 3)
        return false;
    if (!g_str_equal(rest, "CRC32C") && !g_str_equal(rest, "CRC32")) return false;
    if (crcs < 0 || crc_bytes < 0 || (crcs > 0 && crc_bytes > INT64_MAX / crcs)) return false;
    if (sum->total == 0) return true; /* an empty file's says nothing */
    out->composite = composite;
    out->kind = g_str_equal(rest, "CRC32C") ? KX_CRC32C : KX_CRC32;
    if (crc_bytes > 0) out->crc_bytes = crc_bytes;
    if (crcs > 0) out->block_bytes = crcs * crc_bytes;
    return true;
}

enum kx_sum_verdict kx_sum_compare(struct kx_sum *sum, const struct kx_checksum *server,
                                   struct kx_sum_form *learned)
{
    struct kx_sum_form form;
    g_autofree char *ours = kx_sum_text(sum), *theirs = kx_checksum_text(server);
    bool known = learn(sum, server->algorithm, &form);
    if (learned) *learned = form;
    if (g_str_equal(ours, theirs)) return KX_SUM_SAME;
    size_t name = (size_t)(strchr(ours, ':') - ours);
    bool same_form = known && strncmp(ours, theirs, name + 1) == 0;
    return same_form ? KX_SUM_DIFFERS : KX_SUM_OTHER_FORM;
}
