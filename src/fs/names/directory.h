/* An open directory: its entries in the server's order, a page at a time, then the files that are
 * only here.
 *
 * A page that has waited too long for its reader, or whose directory was changed here meanwhile, is
 * asked for again from the next name on, so that what is handed out counts as fresh: otherwise a
 * slow reader would ask for every entry by itself.
 *
 * One request a page of (usually) 1000 entries, asked for when the reader gets there; only one page
 * is in memory. A position is an entry's number; going back asks for its page again. Threads: any;
 * they take turns (interruptibly). */
#pragma once
#include "fs/names/inode.h"
#include "rest/client.h"

struct kx_mount;
struct kx_directory;

/** @return owned; no request yet. */
struct kx_directory *kx_directory_open(struct kx_mount *mount, struct kx_inode *inode);
void kx_directory_close(struct kx_directory *directory);

/** Forget all pages: the next entry is asked for afresh (rewinddir). */
void kx_directory_rewind(struct kx_directory *directory);

struct kx_directory_entry {
    struct kx_status status; /* status.name is its name; cleared by the caller */
    uint64_t epoch;          /* of the inode table when the server was asked */
    struct kx_inode *local;  /* a reference: the file is only here; else NULL */
    bool hidden;             /* an upload of this mount on its way: not to be shown */
};
void kx_directory_entry_clear(struct kx_directory_entry *entry);

/** The entry number `index` (from 0).  @return 1, 0: behind the last one, -errno. */
int kx_directory_entry(struct kx_directory *directory, int64_t index, const struct kx_call *call,
                       struct kx_directory_entry *out, struct kx_error *err);

struct kx_inode *kx_directory_inode(struct kx_directory *directory); /* borrowed */
