/* The inodes that the kernel (or an open handle) knows: where each is named, and what the server
 * last said of it.
 *
 * An inode has a node number (the kernel's handle for it, never used twice) and an ino (st_ino: the
 * fileId where it is known when the inode is made, else a number of our own; it never changes while
 * the inode lives). A name leads to one inode; when the server shows another fileId behind the
 * name, the old inode is detached and a new one takes the name, so that the kernel never mixes the
 * pages of two files.
 *
 * Threads: any; one mutex inside guards everything, held only for memory work.
 * Ownership: a `struct kx_inode *` returned is a reference, given back by kx_inode_unref; the
 * kernel's lookups are counted apart. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "rest/download.h"
#include "rest/status.h"

#define KX_ROOT_NODE 1

struct kx_inodes;
struct kx_inode_crowd;
struct kx_writer;
struct kx_crowd;
struct kx_gate;

struct kx_inode {
    uint64_t node, ino; /* constant */
    bool directory;     /* constant */
    /* the table's own */
    struct kx_inodes *inodes;
    struct kx_inode *parent; /* a reference; NULL for the root and when detached */
    char *name;
    bool detached; /* no name leads here any more */
    uint64_t lookups;
    unsigned refs;
    struct kx_status status;
    uint64_t
        touched; /* the table's epoch when this mount last changed it (a directory: a name in it) */
    int64_t ctime_ms;        /* when this mount last changed its attributes or content; 0: never */
    int64_t checked_ms;      /* when `status` came; 0: it must be asked again */
    struct kx_version pages; /* what the kernel's page cache was filled from; file_id 0: nothing */
    int64_t pages_length;
    unsigned readers;    /* open handles that may read */
    int64_t visible;     /* how far it can be read while another client writes it; 0: not known */
    bool ended;          /* a reader has met its end ... */
    int64_t watched_ms;  /* ... and somebody has asked for its length since, then; 0: nobody */
    unsigned generation; /* grows with every change of the content that this mount made */
    struct kx_writer *writer; /* a reference; NULL when nobody writes */
    char *absent;             /* a directory: a name that was not there ... */
    int64_t absent_ms;        /* ... at that time */
    char *walked;             /* a directory: the last name that was asked for by itself ... */
    int64_t walked_ms;        /* ... when, and ... */
    uint64_t walk_epoch;      /* a walk ends when names of the directory are changed here */
    unsigned walk_steps;      /* ... how many before it came in ascending order */
    int64_t writable_ms;      /* a directory: when the server last said that we may write into it */
    struct kx_inode_crowd *crowd; /* a directory: names of it that were asked for; NULL: none was */
};

/** @root status of the mount's root; @path its HDFS path. */
struct kx_inodes *kx_inodes_new(const char *path, const struct kx_status *root, int64_t now_ms);
/** All references of handles must have been given back; the kernel's lookups are forgotten with it.
 */
void kx_inodes_free(struct kx_inodes *inodes);

/** A count of this mount's own changes. What the server says in answer to a request that was sent
 * at an epoch does not renew an inode that was changed after it: the answer may be older than the
 * change. */
uint64_t kx_inodes_epoch(struct kx_inodes *inodes);
bool kx_inode_touched_since(struct kx_inode *inode, uint64_t epoch);
uint64_t kx_inode_touched(struct kx_inode *inode); /* the epoch of that change; 0: none */

/** NULL for a number nobody has. */
struct kx_inode *kx_inodes_find(struct kx_inodes *inodes, uint64_t node);
struct kx_inode *kx_inodes_child(struct kx_inodes *inodes, struct kx_inode *parent,
                                 const char *name);
struct kx_inode *kx_inode_ref(struct kx_inode *inode);
void kx_inode_unref(struct kx_inode *inode); /* NULL is fine */

/** The kernel was told of it once more / forgets it n times. */
void kx_inode_looked_up(struct kx_inode *inode);
void kx_inodes_forget(struct kx_inodes *inodes, uint64_t node, uint64_t n);

/** The HDFS path that leads to it now.  @return owned; NULL when it is detached. */
char *kx_inode_path(struct kx_inode *inode);

/** The inode behind parent/name, which the server says is `status`: the one that is known, with its
 * status renewed (unless it was changed here since `epoch`), or a new one. */
struct kx_inode *kx_inodes_adopt(struct kx_inodes *inodes, struct kx_inode *parent,
                                 const char *name, const struct kx_status *status, uint64_t epoch,
                                 int64_t now_ms);

/** Renew what is known.  @return false when the server shows another file (then nothing is
 * changed). */
bool kx_inode_renew(struct kx_inode *inode, const struct kx_status *status, uint64_t epoch,
                    int64_t now_ms);

/** A copy of what is known.  @return its age in ms, or -1 when it must be asked again. */
int64_t kx_inode_status(struct kx_inode *inode, struct kx_status *out, int64_t now_ms);

/** When this mount last changed it, in ms since the epoch (HDFS keeps no ctime); 0: never. */
int64_t kx_inode_ctime_ms(struct kx_inode *inode);
void kx_inode_note_ctime(struct kx_inode *inode, int64_t wall_ms);

/** A handle that reads is opened or closed. */
void kx_inode_note_reader(struct kx_inode *inode, bool opened);

/** A reader has got the last byte that there is.  @return true: it is the first time since the file
 * is open. */
bool kx_inode_met_end(struct kx_inode *inode);

/** Does somebody who has met the end of the file ask whether it has grown? Called for each question
 * for its length.  @return true: more than `period_ms` after the last time that it was true, or
 * after the first question since the end was met. */
bool kx_inode_is_followed(struct kx_inode *inode, int64_t now_ms, int64_t period_ms);
bool kx_inode_is_watched(struct kx_inode *inode); /* as its name, without counting */

/** Another client writes the file, and so much of it can be read; unless the file is another one
 * than `of` by now.  @return true: that is news. */
bool kx_inode_note_visible(struct kx_inode *inode, const struct kx_status *of, int64_t length);

/** How far the file can be read: its length, or more while another client writes it. */
int64_t kx_inode_visible(struct kx_inode *inode);

/** Ask again next time. */
void kx_inode_expire(struct kx_inode *inode);

/** This mount has changed the content: it has `length` bytes now; `replaced`: by another file,
 * whose fileId is not known yet. */
void kx_inode_changed(struct kx_inode *inode, bool replaced, int64_t length, int64_t mtime_ms);
unsigned kx_inode_generation(struct kx_inode *inode);

/** Change what is known, after a change that this mount made itself (chmod, utimens ...). The age
 * stays. */
void kx_inode_amend(struct kx_inode *inode,
                    void (*amend)(struct kx_status *status, const void *with), const void *with);

/** A name is gone / moved / taken over. What was at the new name is detached. */
void kx_inodes_remove(struct kx_inodes *inodes, struct kx_inode *parent, const char *name);
void kx_inodes_move(struct kx_inodes *inodes, struct kx_inode *parent, const char *name,
                    struct kx_inode *to_parent, const char *to_name);
bool kx_inode_detached(struct kx_inode *inode);

/** What has its name is another file's content by now, as far as who has it open is concerned: the
 * name is looked up anew.  @generation as it was when that was found out.  @return false: it is
 * being written here, or was changed here since; nothing is done. */
bool kx_inode_lose_name(struct kx_inode *inode, unsigned generation);

/** What its parent and name are.  @return false when detached or the root; else *parent a
 * reference, *name owned. */
bool kx_inode_place(struct kx_inode *inode, struct kx_inode **parent, char **name);

/** May the kernel keep the pages it has? True when the status is that of the pages; otherwise they
 * are noted as the pages from now on. */
bool kx_inode_keep_pages(struct kx_inode *inode);

/** Is it so? Nothing is noted. */
bool kx_inode_has_pages(struct kx_inode *inode);

/** They are not to be kept. */
void kx_inode_forget_pages(struct kx_inode *inode);

/** The server said that we may write into this directory; was that within `within_ms`? */
void kx_inode_note_writable(struct kx_inode *directory, int64_t now_ms);
bool kx_inode_is_writable(struct kx_inode *directory, int64_t now_ms, int64_t within_ms);

/** The writer of the file, if any.  @return a reference or NULL.  kx_inode_set_writer consumes a
 * reference and drops the old one. */
struct kx_writer *kx_inode_writer(struct kx_inode *inode);
void kx_inode_set_writer(struct kx_inode *inode, struct kx_writer *writer);

/** A directory: "name was not there at now_ms" and whether that was said within `within_ms`. */
void kx_inode_note_absent(struct kx_inode *directory, const char *name, int64_t now_ms);
bool kx_inode_is_absent(struct kx_inode *directory, const char *name, int64_t now_ms,
                        int64_t within_ms);

/** Note that a name of a directory is asked for by itself.  @before owned: the name asked for
 * before it; NULL: none.
 *  @return how many names in a row came one after the other, quickly and in ascending order: a
 * program walks through the directory. */
unsigned kx_inode_walk(struct kx_inode *directory, const char *name, int64_t now_ms, char **before);

/** A name of a directory is about to be asked for (crowd.h).  @limit entries that a page has;
 * @window_ms how long what it says counts.  @return true: a page is to be asked for instead, by who
 * gets through the gate (which lives as long as the directory) and finds that it is so still. */
bool kx_inode_crowd_asks(struct kx_inode *directory, int64_t limit, int64_t now_ms,
                         int64_t window_ms);
struct kx_gate *kx_inode_crowd_gate(struct kx_inode *directory);
void kx_inode_crowd_listed(struct kx_inode *directory, int64_t asked_ms, bool came);
/** @note kx_crowd_absent or kx_crowd_answered. */
void kx_inode_crowd_note(struct kx_inode *directory, void (*note)(struct kx_crowd *crowd));

/** A listing that was asked for at that time has told how many entries a directory has. */
void kx_inode_note_entries(struct kx_inode *directory, int64_t entries, int64_t asked_ms);

/** Is what is known of it newer than an answer to a question of that epoch and time? */
bool kx_inode_is_newer(struct kx_inode *inode, uint64_t epoch, int64_t asked_ms);

/** Is it `top`, or somewhere below it? One without a name is below nothing. */
bool kx_inode_is_below(struct kx_inode *inode, const struct kx_inode *top);

/** All that there are of these.  @return owned array of references, in no order. */
GPtrArray *kx_inodes_below(struct kx_inodes *inodes, const struct kx_inode *top);

/** How many inodes there are. */
unsigned kx_inodes_count(struct kx_inodes *inodes);

KX_DEFINE_AUTOPTR(kx_inodes, kx_inodes_free)
KX_DEFINE_AUTOPTR(kx_inode, kx_inode_unref)
