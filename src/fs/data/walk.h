/* Which file of a folder will be opened next: a guess from those that were opened so far.
 *
 * Programs go through a folder in the order of its names (cat *, grep -r, tar) or of its files'
 * numbers (cp -r sorts by them). Three files in a row that are neighbours in one of these orders
 * are a walk. Then two more are worth fetching ahead, and one more for each guess that came true,
 * up to KX_WALK_AHEAD; not more than are opened within KX_WALK_HORIZON_MS at the present pace. An
 * open elsewhere ends the walk; what was fetched in vain is counted, and beyond KX_WALK_LOST and an
 * eighth of what was of use nothing more is fetched.
 *
 * Threads: none of its own; whoever has the struct. Memory work only. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"

#define KX_WALK_STEPS      2  /* from neighbour to neighbour, and it is a walk */
#define KX_WALK_AHEAD      16 /* files that are fetched and not yet opened, at most */
#define KX_WALK_LOST       16
#define KX_WALK_HORIZON_MS 4000
#define KX_WALK_PAUSE_MS   5000 /* without an open, and only what was fetched is left of it */

struct kx_walk;

/* A file of the folder. */
struct kx_walk_file {
    uint64_t number; /* its fileId */
    bool worth;      /* being fetched ahead */
};

/* What was known before the folder's first file is opened. */
enum kx_walk_start {
    KX_WALK_FRESH, /* nothing */
    KX_WALK_NEXT,  /* another folder was walked through just now: its first file begins a walk */
    KX_WALK_GOES   /* this one was, with another list of its files: any file goes it on */
};

/** @files in the order of their names, copied.  @return owned. */
struct kx_walk *kx_walk_new(const struct kx_walk_file *files, unsigned count,
                            enum kx_walk_start start);
void kx_walk_free(struct kx_walk *walk); /* NULL is fine */

/** File `index` is opened.  @return false: that ends a walk, and what was fetched is not wanted any
 * more. */
bool kx_walk_opened(struct kx_walk *walk, unsigned index, int64_t now_ms);

/** Which file is to be fetched now; it counts as fetched.  @return -1: none. */
int kx_walk_next(struct kx_walk *walk);

/** A file that was to be fetched is not: there was no need to, or it could not be. */
void kx_walk_skip(struct kx_walk *walk, unsigned index);

/** Is the folder being walked through? */
bool kx_walk_goes(const struct kx_walk *walk);

KX_DEFINE_AUTOPTR(kx_walk, kx_walk_free)
