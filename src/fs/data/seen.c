#include "fs/data/seen.h"

#include <string.h>

#include "fs/data/reads_private.h"

/* Is it what was seen, but for what another client has done to it? */
static bool is_file(const struct kx_seen *seen, const struct kx_read_target *target)
{
    return seen->begin < seen->end && seen->generation == target->generation &&
           seen->version.file_id == target->version.file_id;
}

static bool is_version(const struct kx_seen *seen, const struct kx_read_target *target)
{
    return is_file(seen, target) && seen->version.mtime_ms == target->version.mtime_ms;
}

/* The last bytes of all. */
static void copy_end(const struct kx_slices *slices, char *room, size_t bytes)
{
    for (guint i = slices->pieces->len; bytes > 0; i--) {
        const struct iovec *piece = &g_array_index(slices->pieces, struct iovec, i - 1);
        size_t n = MIN(piece->iov_len, bytes);
        bytes -= n;
        memcpy(room + bytes, (const char *)piece->iov_base + piece->iov_len - n, n);
    }
}

/* What came goes on where the last bytes end, or begins anew. */
static void take(struct kx_seen *seen, int64_t from, const struct kx_slices *got)
{
    size_t fresh = MIN(got->length, KX_SEEN_BYTES), kept = 0;
    int64_t to = from + (int64_t)got->length;
    if (fresh < KX_SEEN_BYTES && from >= seen->begin && from <= seen->end)
        kept = MIN((size_t)(from - seen->begin), KX_SEEN_BYTES - fresh);
    if (kept) memmove(seen->bytes, seen->bytes + (from - seen->begin) - (int64_t)kept, kept);
    copy_end(got, seen->bytes + kept, fresh);
    seen->end = to;
    seen->begin = to - (int64_t)(kept + fresh);
}

void kx_seen_note(struct kx_reader *reader, const struct kx_read_target *target, int64_t from,
                  const struct kx_slices *got)
{
    struct kx_seen *seen = &reader->seen;
    if (got->length == 0 || !target->version.file_id) return;
    g_mutex_lock(&reader->reads->mutex);
    if (!is_file(seen, target))
        *seen = (struct kx_seen){.version = target->version, .generation = target->generation};
    bool further = from + (int64_t)got->length > seen->end;
    if (further && (seen->end == 0 || is_version(seen, target))) take(seen, from, got);
    g_mutex_unlock(&reader->reads->mutex);
}

/* Read [from, to) and compare.  @return 0: they are the same; 1; -errno. */
static int compare(struct kx_reader *reader, const struct kx_read_target *target,
                   const struct kx_seen *seen, int64_t to, const struct kx_call *call,
                   struct kx_error *err)
{
    struct kx_read_target quiet = *target;
    struct kx_slices slices;
    char now[KX_SEEN_BYTES];
    size_t bytes = (size_t)(to - seen->begin);
    quiet.ahead = true;
    kx_slices_init(&slices);
    int result = kx_reader_read(reader, &quiet, seen->begin, bytes, call, &slices, err);
    if (result == 0 && slices.length < bytes) result = 1; /* it is shorter by now */
    if (result == 0) {
        copy_end(&slices, now, bytes);
        result = memcmp(now, seen->bytes, bytes) != 0;
    }
    kx_slices_clear(&slices);
    return result;
}

int kx_seen_check(struct kx_reader *reader, const struct kx_read_target *target,
                  const struct kx_call *call, struct kx_error *err)
{
    struct kx_seen before, *seen = &reader->seen;
    g_mutex_lock(&reader->reads->mutex);
    bool changed = is_file(seen, target) && !is_version(seen, target);
    if (changed) before = *seen;
    g_mutex_unlock(&reader->reads->mutex);
    if (!changed) return 0;
    /* what was seen of a block that is being written may lie behind the length */
    int64_t to = MIN(before.end, target->length);
    int result = to > before.begin ? compare(reader, target, &before, to, call, err) : 0;
    if (result != 0) return result;
    g_mutex_lock(&reader->reads->mutex);
    if (is_file(seen, target) && seen->version.mtime_ms == before.version.mtime_ms) {
        seen->version = target->version;
        if (seen->end > target->length) seen->begin = seen->end = 0;
    }
    g_mutex_unlock(&reader->reads->mutex);
    return 0;
}
