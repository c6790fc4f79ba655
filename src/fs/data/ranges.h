/* A set of byte ranges of one file: which bytes are here, which were changed.
 * Threads: a value; its owner locks.  Memory: one entry a range that does not touch another. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct kx_range {
    int64_t from, to; /* [from, to), from < to */
};

struct kx_ranges {
    GArray *list;  /* of struct kx_range, ascending, with gaps between them */
    int64_t bytes; /* in all of them */
};

void kx_ranges_init(struct kx_ranges *ranges);
void kx_ranges_clear(struct kx_ranges *ranges);

/** Add [from, to); nothing when it is empty. */
void kx_ranges_add(struct kx_ranges *ranges, int64_t from, int64_t to);

/** Take away everything at and behind `length`. */
void kx_ranges_cut(struct kx_ranges *ranges, int64_t length);
void kx_ranges_forget(struct kx_ranges *ranges); /* all of it */

bool kx_ranges_empty(const struct kx_ranges *ranges);

/** Is all of [from, to) in the set? */
bool kx_ranges_cover(const struct kx_ranges *ranges, int64_t from, int64_t to);

/** The first piece of [from, to) that is not in the set.  @return false: there is none. */
bool kx_ranges_gap(const struct kx_ranges *ranges, int64_t from, int64_t to, struct kx_range *gap);

/** The first byte in the set, -1 when it is empty. */
int64_t kx_ranges_first(const struct kx_ranges *ranges);

/** As text, "0-4096,8192-9000", and back.  @return owned; false for a text that is none (then
 * nothing is added). */
char *kx_ranges_format(const struct kx_ranges *ranges);
bool kx_ranges_parse(struct kx_ranges *ranges, const char *text);
