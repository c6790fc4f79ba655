#include "fs/data/window.h"

#include <glib.h>

static bool is_fresh(const struct kx_pattern *pattern)
{
    return pattern->jumps == 0;
}

/* Read as a whole. */
static bool is_small(const struct kx_pattern *pattern, int64_t file_length)
{
    return file_length <= KX_READ_AHEAD_BYTES && pattern->ended < KX_MISSES;
}

/* Reads of a size may begin so far before those that they overtake. */
static int64_t disorder(int64_t size)
{
    return MAX(KX_READ_AHEAD_BYTES, 3 * size);
}

int64_t kx_run_begin(const struct kx_pattern *pattern, int64_t from, int64_t size,
                     int64_t file_length)
{
    if (is_fresh(pattern) && from <= disorder(size)) return 0;
    return is_small(pattern, file_length) ? 0 : from;
}

/* The shortest and the longest of the last runs; false when there were too few of them. */
static bool learned(const struct kx_pattern *pattern, int64_t *shortest, int64_t *longest)
{
    if (pattern->ended < KX_MISSES) return false;
    *shortest = *longest = pattern->runs[0];
    for (int i = 1; i < KX_MISSES; i++) {
        *shortest = MIN(*shortest, pattern->runs[i]);
        *longest = MAX(*longest, pattern->runs[i]);
    }
    return true;
}

/* How much more than is needed a run of `length` may ask for. */
static int64_t surplus(const struct kx_pattern *pattern, int64_t length)
{
    int64_t shortest, longest;
    if (!learned(pattern, &shortest, &longest))
        return length < KX_READ_STREAM_BYTES / 4 ? length / 4 : length;
    if (length <= 2 * longest && longest < KX_READ_STREAM_BYTES) return length / 8;
    return length;
}

static int64_t ask_at_first(const struct kx_pattern *pattern, int64_t needed)
{
    int64_t shortest, longest;
    if (!learned(pattern, &shortest, &longest)) return MAX(needed, KX_READ_JUMP_BYTES);
    return MAX(needed, MIN(shortest, KX_READ_STREAM_BYTES));
}

int64_t kx_run_ask(const struct kx_pattern *pattern, const struct kx_run *run, int64_t file_length)
{
    int64_t rest = file_length - run->from, needed = run->to - run->from;
    int64_t length = run->from - run->begin;
    bool whole = run->begin == 0 && pattern->jumps <= 1;
    if (whole || is_small(pattern, file_length) || length >= KX_READ_STREAM_BYTES) return rest;
    int64_t ask = length == 0 ? ask_at_first(pattern, needed) : needed;
    if (length > 0) ask = MAX(ask, surplus(pattern, length));
    return MIN(ask, rest);
}

int64_t kx_run_reach(const struct kx_pattern *pattern, enum kx_run_state state, int64_t size)
{
    int64_t shortest, longest;
    if (state == KX_RUN_COMES) return disorder(size);
    bool scattered = learned(pattern, &shortest, &longest) && longest < KX_READ_AHEAD_BYTES;
    if (state == KX_RUN_RESTS || scattered) return KX_READ_GAP_BYTES;
    return MAX(KX_READ_AHEAD_BYTES / 2, 3 * size);
}

int64_t kx_run_behind(int64_t size)
{
    return MAX(KX_READ_BEHIND_BYTES, 4 * size);
}

void kx_pattern_begun(struct kx_pattern *pattern)
{
    pattern->jumps++;
}

void kx_pattern_ended(struct kx_pattern *pattern, int64_t length)
{
    pattern->runs[pattern->ended++ % KX_MISSES] = length;
}

int64_t kx_window_next(int64_t window, int64_t taken, bool waited)
{
    return waited && taken >= window ? MIN(2 * window, KX_WINDOW_MOST) : window;
}
