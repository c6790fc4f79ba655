/* What the server tells of one name, by the question that costs least: a page of a listing that is
 * young enough has it; or many names of the directory are asked for, and a page is asked for
 * instead of each (crowd.h: in whatever order, of a directory of one page; kx_inode_walk: in order,
 * from the name before on); or GETFILESTATUS.
 *
 * Several threads that are of one crowd cause one request, and wait for it.  Threads: any. */
#pragma once
#include "fs/names/inode.h"
#include "rest/client.h"

struct kx_mount;

/* Who asks, and so which pages may be asked for. */
enum kx_told_to {
    KX_TOLD_LOOKUP,   /* a name is looked up: of a walk, and of a crowd */
    KX_TOLD_REFRESH,  /* what is known of a file has become too old: of a crowd */
    KX_TOLD_FOLLOWER, /* of this one file he asks again and again: none */
};

struct kx_told {
    struct kx_status status;
    uint64_t epoch; /* of the inode table when it was asked for */
    int64_t at_ms;  /* it counts as known since then */
};

/** @within_ms how old a page may be.
 *  @return 0, @out to be cleared by kx_status_clear; -errno as of kx_path_in and kx_webhdfs_stat.
 */
int kx_told_ask(struct kx_mount *mount, struct kx_inode *parent, const char *name,
                enum kx_told_to to, int64_t within_ms, const struct kx_call *call,
                struct kx_told *out, struct kx_error *err);
