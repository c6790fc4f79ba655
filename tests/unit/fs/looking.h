/* What the tests of lookups share: files of /d that are looked up in no order.
 * Threads: the test's, but for looking_up. */
#pragma once
#include "fs/names/lookup.h"
#include "writing.h"

#define FILES 40
#define WORTH 4    /* names that are asked for before a page of so few */
#define OLD   1001 /* ms: more than attr_timeout */

void looking_name(int number, char name[8]);

/** Another client replaces a file. */
void looking_put(struct writing *w, int number, const char *content);

/** /d has FILES files; the server says that it has `told` (-1: it does not). */
void looking_fill(struct writing *w, int64_t told);

/** @return a reference; it must be there. */
struct kx_inode *looking_up(struct writing *w, int number);

/** Which file is the i-th that is asked for. */
int looking_order(int i);

/** Look `count` files up.  @out by their numbers, to be given to looking_end; NULL: nobody keeps
 * them. */
void looking_at(struct writing *w, int count, struct kx_inode **out);
void looking_end(struct kx_inode **inodes); /* FILES of them, or NULL */

/** What is known of the first `count` is made sure of. */
void looking_refresh(struct writing *w, int count, struct kx_inode **inodes);

/** How many names, and how many whole directories, were asked for since the last call. */
void looking_check(struct writing *w, unsigned names, unsigned pages);

/** How long a file is, as far as known. */
int64_t looking_length(struct writing *w, struct kx_inode *inode);
