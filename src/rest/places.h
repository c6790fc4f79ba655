/* Which DataNode a redirect has named for which part of which file: a plain memory of numbers.
 *
 * The size of a file's blocks is not known here, so a part is KX_PLACE_BYTES; a block has several
 * parts, and a part with two blocks names the DataNode of one of them, which serves the other one
 * as well, by way of its owner.
 *
 * Threads: none of its own; the caller's lock guards it (datanodes.c). Memory work only. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"

#define KX_PLACES_FILES                                                                            \
    1024                                            /* one more, and the one that was not used for \
                                                       the longest time is forgotten */
#define KX_PLACES_PARTS 64                          /* of one file; one more, and the oldest goes */
#define KX_PLACE_BYTES  ((int64_t)16 * 1024 * 1024) /* of a part */

struct kx_places;

/** @return owned, empty. */
struct kx_places *kx_places_new(void);
void kx_places_free(struct kx_places *places); /* NULL is fine */

/** The part of `path` with the byte at `offset` is at `who` (not 0). */
void kx_places_put(struct kx_places *places, const char *path, int64_t offset, unsigned who);

/** Who has the part with the byte at `offset`.  @near: or the part nearest to it.  @return 0:
 * nobody is known. */
unsigned kx_places_get(struct kx_places *places, const char *path, int64_t offset, bool near);

/** `who` is not there any more, as far as this file goes. */
void kx_places_forget(struct kx_places *places, const char *path, unsigned who);

KX_DEFINE_AUTOPTR(kx_places, kx_places_free)
