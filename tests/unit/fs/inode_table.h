/* A table of inodes whose root is /base, for the tests of inodes. */
#pragma once
#include "fs/names/inode.h"

#include "support.h"

#define NOW    ((int64_t)1000000)
#define LATEST UINT64_MAX /* an epoch: the server was asked after all our changes */

static inline struct kx_status file(uint64_t id, int64_t length, int64_t mtime_ms)
{
    return (struct kx_status){
        .type = KX_TYPE_FILE, .file_id = id, .length = length, .mtime_ms = mtime_ms};
}

static inline struct kx_status folder(uint64_t id)
{
    return (struct kx_status){.type = KX_TYPE_DIRECTORY, .file_id = id};
}

/* *state is the table. */
static inline int setup(void **state)
{
    const struct kx_status root = folder(1);
    *state = kx_inodes_new("/base", &root, NOW);
    return 0;
}

static inline int teardown(void **state)
{
    kx_inodes_free(*state);
    return 0;
}

static inline struct kx_inode *root_of(struct kx_inodes *inodes)
{
    struct kx_inode *root = kx_inodes_find(inodes, KX_ROOT_NODE);
    assert_non_null(root);
    return root;
}

static inline struct kx_inode *adopt(struct kx_inode *parent, const char *name,
                                     struct kx_status status)
{
    return kx_inodes_adopt(parent->inodes, parent, name, &status, LATEST, NOW);
}
