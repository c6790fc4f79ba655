/* The inode table's inside, for inode.c (which inodes there are, and where) and inode_*.c (what is
 * known of one). Threads: the table's mutex guards everything. */
#pragma once
#include "fs/names/inode.h"

struct kx_inodes {
    GMutex mutex; /* guards the table and all of every inode that is not constant */
    char *root_path;
    struct kx_inode *root;
    GHashTable *by_node;  /* &inode->node -> inode */
    GHashTable *by_place; /* inode (its parent and name) -> inode */
    uint64_t next_node, next_ino;
    uint64_t epoch; /* grows with every change of ours */
};

/** inode_crowd.c; NULL is fine. */
void kx_inode_crowd_free(struct kx_inode_crowd *crowd);

/** Mutex held: this mount has changed it just now. */
static inline void kx_inode_touch_locked(struct kx_inode *inode)
{
    inode->touched = ++inode->inodes->epoch;
}
