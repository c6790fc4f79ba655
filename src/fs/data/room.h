/* How many bytes of local disk the copies of a mount may take together (-o stage_max).
 * Threads: any. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct kx_room {
    int64_t max_bytes; /* 0: as many as the disk has */
    _Atomic int64_t used_bytes;
};

/** Take so many bytes.  @return false: they are not there, nothing is taken. */
static inline bool kx_room_take(struct kx_room *room, int64_t bytes)
{
    int64_t used = room->used_bytes += bytes;
    if (room->max_bytes == 0 || used <= room->max_bytes || bytes <= 0) return true;
    room->used_bytes -= bytes;
    return false;
}

static inline void kx_room_give(struct kx_room *room, int64_t bytes)
{
    room->used_bytes -= bytes;
}
