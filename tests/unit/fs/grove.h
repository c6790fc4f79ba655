/* A tree for tests, whose files say what the test puts into them.
 * Threads: one. */
#pragma once
#include "fake_clock.h"
#include "fs/tree/tree.h"

#define GROVE_PAGE 10 /* names of /t/many at once */

struct grove {
    struct fake_clock clock;
    struct kx_tree *tree;
    GString *content;                 /* of /t/file */
    GString *calls;                   /* what the verbs were asked */
    const char *things;               /* the names in /t/things, with blanks between */
    bool idle;                        /* the verb "start" is valid */
    int fails;                        /* /t/file fails with this errno; 0: it does not */
    unsigned many, pages, open_pages; /* names in /t/many; how many pages were made, are open */
    unsigned made, listed;            /* how often /t/file was made, /t/things listed */
};

int grove_setup(void **state);
int grove_teardown(void **state); /* no node and no file may be left but those the kernel knows */

/** The rows themselves, for other trees. */
struct kx_tree_rows grove_rows(void);
/** Another tree in the place of the one that is there. */
void grove_plant(struct grove *g, const char *vroot, bool hidden);

/** The node of a path; it must be there. @return a reference. */
struct kx_tree_node *grove_find(struct grove *g, const char *path);
int grove_look(struct grove *g, const char *path); /* 0 or -errno of looking its last name up */
/** A piece of an open file.  @return owned. */
GBytes *grove_read(struct kx_tree_file *file, int64_t offset, size_t size);
struct kx_tree_file *grove_open(struct grove *g, const char *path, int flags);
