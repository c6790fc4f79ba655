#include "rest/tfile.h"

#include <errno.h>
#include <string.h>

#include "rest/bytes.h"

#define NAME_MAX_BYTES 4096 /* of a key or an algorithm */
#define BLOCKS_MAX     1000000

static const uint8_t MAGIC[16] = {0xd1, 0x11, 0xd3, 0x68, 0x91, 0xb5, 0xd7, 0xb6,
                                  0x39, 0xdf, 0x41, 0x40, 0x92, 0xba, 0xe1, 0x50};

static int damaged(struct kx_error *err)
{
    return kx_error_set(err, EPROTO, "the collected log's index is damaged");
}

int kx_packing_read(const char *name, enum kx_packing *out, struct kx_error *err)
{
    *out = strcmp(name, "gz") == 0 ? KX_PACKED_GZ : KX_PACKED_NOT;
    if (*out == KX_PACKED_GZ || strcmp(name, "none") == 0) return 0;
    g_autofree char *printable = g_strescape(name, NULL);
    return kx_error_set(err, ENOTSUP, "the collected log is compressed with %.40s", printable);
}

int64_t kx_tfile_tail(const uint8_t *tail, int64_t file_length, struct kx_error *err)
{
    struct kx_bytes bytes = {tail, KX_TFILE_TAIL, false};
    int64_t at = (int64_t)kx_bytes_number(&bytes, 8);
    uint64_t major = kx_bytes_number(&bytes, 2);
    kx_bytes_number(&bytes, 2); /* what is newer in the same version can be read */
    if (memcmp(bytes.at, MAGIC, sizeof MAGIC) != 0)
        return kx_error_set(err, EPROTO, "it is no TFile");
    if (major != 1) return kx_error_set(err, ENOTSUP, "a TFile of version %d", (int)major);
    if (at < (int64_t)sizeof MAGIC || at > file_length - KX_TFILE_TAIL) return damaged(err);
    return at;
}

static bool read_region(struct kx_bytes *bytes, int64_t file_length, struct kx_region *out)
{
    out->offset = kx_bytes_vint(bytes);
    out->length = kx_bytes_vint(bytes);
    kx_bytes_vint(bytes); /* what it becomes: see above */
    return !bytes->cut && out->offset >= 0 && out->length >= 0 && out->offset <= file_length &&
           out->length <= file_length - out->offset;
}

/* A length and a text. */
static char *read_string(struct kx_bytes *bytes)
{
    int64_t length = kx_bytes_vint(bytes);
    if (length >= 0 && length <= NAME_MAX_BYTES) return kx_bytes_text(bytes, (size_t)length);
    bytes->cut = true;
    return NULL;
}

int kx_tfile_meta(const uint8_t *text, size_t length, int64_t file_length,
                  struct kx_tfile_meta *out, struct kx_error *err)
{
    struct kx_bytes bytes = {text, length, false};
    int64_t count = kx_bytes_vint(&bytes);
    unsigned found = 0;
    for (int64_t i = 0; i < count; i++) {
        g_autofree char *name = read_string(&bytes), *packing = read_string(&bytes);
        struct kx_region region;
        if (!read_region(&bytes, file_length, &region)) return damaged(err);
        bool blocks = strcmp(name, "data:BCFile.index") == 0;
        if (!blocks && strcmp(name, "data:TFile.index") != 0) continue;
        int result = kx_packing_read(packing, &region.packing, err);
        if (result < 0) return result;
        *(blocks ? &out->blocks : &out->records) = region;
        found |= blocks ? 1 : 2;
    }
    return found == 3 ? 0 : damaged(err);
}

static void clear_block(gpointer data)
{
    struct kx_tfile_block *block = data;
    g_free(block->last);
}

int kx_tfile_blocks(const uint8_t *text, size_t length, int64_t file_length, GArray **out,
                    struct kx_error *err)
{
    struct kx_bytes bytes = {text, length, false};
    g_autofree char *name = read_string(&bytes);
    int64_t count = kx_bytes_vint(&bytes);
    struct kx_tfile_block block = {0};
    if (bytes.cut || count < 0 || count > BLOCKS_MAX) return damaged(err);
    int result = kx_packing_read(name, &block.region.packing, err);
    if (result < 0) return result;
    GArray *blocks = g_array_new(FALSE, TRUE, sizeof block);
    g_array_set_clear_func(blocks, clear_block);
    for (int64_t i = 0; i < count && result == 0; i++) {
        if (!read_region(&bytes, file_length, &block.region)) result = damaged(err);
        if (result == 0) g_array_append_val(blocks, block);
    }
    if (result == 0)
        *out = blocks;
    else
        g_array_free(blocks, TRUE);
    return result;
}

/* A key as a container's logs have it: java.io.DataOutput's form of a text. */
static char *key_name(const uint8_t *key, size_t length)
{
    struct kx_bytes bytes = {key, length, false};
    size_t said = (size_t)kx_bytes_number(&bytes, 2);
    char *name = said == bytes.left ? kx_bytes_text(&bytes, said) : NULL;
    return name ? name : g_strdup("");
}

/* Each entry is a length, then a key with its own length, and how many records the block has. */
int kx_tfile_records(const uint8_t *text, size_t length, GArray *blocks, struct kx_error *err)
{
    struct kx_bytes bytes = {text, length, false};
    int64_t first = kx_bytes_vint(&bytes);
    if (first < 0 || (first && !kx_bytes_take(&bytes, (size_t)first))) return damaged(err);
    for (guint i = 0; i < blocks->len; i++) {
        struct kx_tfile_block *block = &g_array_index(blocks, struct kx_tfile_block, i);
        int64_t size = kx_bytes_vint(&bytes);
        const uint8_t *entry = size > 0 ? kx_bytes_take(&bytes, (size_t)size) : NULL;
        if (!entry) return damaged(err);
        struct kx_bytes inner = {entry, (size_t)size, false};
        int64_t key_length = kx_bytes_vint(&inner);
        const uint8_t *key = key_length >= 0 ? kx_bytes_take(&inner, (size_t)key_length) : NULL;
        block->records = kx_bytes_vint(&inner);
        if (!key || inner.cut || block->records < 0) return damaged(err);
        g_free(block->last);
        block->last = key_name(key, (size_t)key_length);
    }
    return 0;
}

int kx_tfile_key(struct kx_stream *block, int64_t offset, const struct kx_call *call, char **name,
                 int64_t *value, struct kx_error *err)
{
    uint8_t head[9 + NAME_MAX_BYTES];
    size_t got = 0;
    int result = block->read(block, offset, head, 128, &got, call, err);
    if (result < 0 || !got) return result;
    struct kx_bytes bytes = {head, got, false};
    int64_t length = kx_bytes_vint(&bytes);
    size_t before = got - bytes.left;
    if (bytes.cut || length < 0 || length > NAME_MAX_BYTES) return damaged(err);
    if ((size_t)length > bytes.left) {
        result = kx_stream_read_all(block, offset, head, before + (size_t)length, call, err);
        if (result < 0) return result;
    }
    *name = key_name(head + before, (size_t)length);
    *value = offset + (int64_t)before + length;
    return 1;
}
