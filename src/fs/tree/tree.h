/* The virtual files of a mount as a file system of its own: nodes, listings, open files. The rows
 * of tree_table.h say what there is; src/fs/fuse/fuse_tree*.c brings it to the kernel.
 *
 * Node numbers have the bit KX_TREE_NODE, so that one look tells whose a number is; they are never
 * used twice, and a path keeps its number while the kernel knows it. Inode numbers follow from the
 * path.
 *
 * A file is made at open and read from that snapshot: its size is true from then on. Files that
 * cost nothing tell it before, too. While it is open with one content and another one is opened,
 * the kernel must not mix the two in its pages: the second open gets ESTALE, at which the kernel
 * looks the name up again and finds a node of its own behind it. Who comes back and is too late
 * once more reads past the pages (`direct`), so that no program sees ESTALE.
 *
 * Threads: any. The mutex inside is held for memory work only, never while a handler runs.
 * Ownership: a node returned is a reference; the kernel's lookups are counted apart. */
#pragma once
#include <fcntl.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "fs/tree/tree_table.h"
#include "rest/client.h"

#define KX_TREE_NODE        ((uint64_t)1 << 63)
#define KX_TREE_LINE_MAX    4096                        /* of what is written to a ctl file */
#define KX_TREE_DROP_MAX    ((int64_t)16 * 1024 * 1024) /* bytes of a document that is written */
#define KX_TREE_STREAMS_MAX 16 /* open at once: each reader that waits holds a thread */

struct kx_tree;
struct kx_tree_node;
struct kx_tree_file;
struct kx_tree_listing;

struct kx_tree_config {
    struct kx_mount *mount;       /* for the handlers; borrowed, as is the clock */
    const struct kx_clock *clock; /* for the times of files */
    uid_t owner;                  /* of all files */
    gid_t group;
    const char *vroot; /* the directory that has the trees; NULL: the mount's root itself; copied */
    bool hidden;       /* not in the listing of the mount's root */
};

int kx_tree_new(const struct kx_tree_config *config, const struct kx_tree_rows *trees, size_t count,
                struct kx_tree **out, struct kx_error *err);
void kx_tree_free(struct kx_tree *tree); /* all files and listings must be closed; NULL is fine */

static inline bool kx_tree_owns(uint64_t number)
{
    return (number & KX_TREE_NODE) != 0;
}

/** Is this name of the mount's root the tree's?  @tree may be NULL: no. */
bool kx_tree_has_name(struct kx_tree *tree, const char *name);

/** The name number `index` that the mount's root shows.  @return borrowed; NULL: no more. */
const char *kx_tree_root_name(struct kx_tree *tree, unsigned index);

/** The node behind a name in a directory (NULL: the mount's root).  @return 0; -ENOENT; the row's
 * own errors. */
int kx_tree_lookup(struct kx_tree *tree, struct kx_tree_node *directory, const char *name,
                   const struct kx_call *call, struct kx_tree_node **out, struct stat *st,
                   struct kx_error *err);

struct kx_tree_node *kx_tree_find(struct kx_tree *tree, uint64_t number); /* NULL: nobody has it */
struct kx_tree_node *kx_tree_node_ref(struct kx_tree_node *node);
void kx_tree_node_unref(struct kx_tree_node *node); /* NULL is fine */
uint64_t kx_tree_node_number(const struct kx_tree_node *node);

/** The kernel was told of it once more / forgets it n times. */
void kx_tree_looked_up(struct kx_tree_node *node);
void kx_tree_forget(struct kx_tree *tree, uint64_t number, uint64_t n);
unsigned kx_tree_count(struct kx_tree *tree); /* of nodes */

/** Does the kernel know a name in the directory of this path within the trees? The numbers are what
 * it knows the two by. */
bool kx_tree_known(struct kx_tree *tree, const char *directory, const char *name,
                   uint64_t *directory_number, uint64_t *number);

int kx_tree_stat(struct kx_tree_node *node, const struct kx_call *call, struct stat *st,
                 struct kx_error *err);
int kx_tree_readlink(struct kx_tree_node *node, const struct kx_call *call, char **target,
                     struct kx_error *err);
bool kx_tree_is_ctl(const struct kx_tree_node *node);
/** Is what is written to it of this mount only, so that nothing of the cluster is changed? */
bool kx_tree_is_local(const struct kx_tree_node *node);

/** The path as a user of the mount sees it: "/.cluster/mount/ctl".  @return owned. */
char *kx_tree_shown_path(const struct kx_tree_node *node);

/** May a user do what access(2)'s mask says?  @return 0 or -EACCES. Root may all but execute, and
 * write only what somebody may write. */
int kx_tree_access(const struct kx_tree_node *node, uid_t uid, int mask, struct kx_error *err);

/* Who asks: a user, and a thread of a program. */
struct kx_tree_who {
    uid_t uid;
    pid_t thread;
};

/** Open a file as open(2)'s flags say; O_TRUNC and O_APPEND mean nothing.
 *  @return 0; -EACCES; -EISDIR; -EBUSY: too many streams; -ESTALE: see above; the row's errors. */
int kx_tree_open(struct kx_tree_node *node, int flags, const struct kx_tree_who *who,
                 const struct kx_call *call, struct kx_tree_file **out, struct kx_error *err);
void kx_tree_close(struct kx_tree_file *file);
struct kx_tree_node *kx_tree_file_node(struct kx_tree_file *file); /* borrowed */
bool kx_tree_file_is_stream(const struct kx_tree_file *file);
bool kx_tree_file_is_direct(const struct kx_tree_file *file); /* past the kernel's pages */

/** A piece of the snapshot, or of what is read by ranges.  @out owned, also after close; empty
 * behind the end.  @return 0; the row's errors. */
int kx_tree_read(const struct kx_tree_file *file, int64_t offset, size_t size,
                 const struct kx_call *call, GBytes **out, struct kx_error *err);

/** As `read` of struct kx_tree_stream. */
ssize_t kx_tree_stream_read(struct kx_tree_file *file, char *buffer, size_t size,
                            struct kx_cancel *cancel, int64_t wait_ms);
/** Can it be read without waiting? Always, when it is no stream. */
bool kx_tree_ready(struct kx_tree_file *file);
void kx_tree_watch(struct kx_tree_file *file, struct kx_waker waker); /* consumes the waker */

/** Into a ctl file: one verb, run before it returns. Into a document that takes effect at close:
 * bytes at their place. Anything else is -EACCES. */
int kx_tree_write(struct kx_tree_file *file, const char *data, size_t length, int64_t offset,
                  const struct kx_call *call, struct kx_error *err);

/** ftruncate(2) of such a document.  @return -EFBIG; -EACCES. */
int kx_tree_cut(struct kx_tree_file *file, int64_t size, struct kx_error *err);

/** A descriptor of it was closed: what was written takes effect, once.  @last as `put` of struct
 * kx_tree_drop. */
int kx_tree_flush(struct kx_tree_file *file, bool last, const struct kx_call *call,
                  struct kx_error *err);

/** Did the last flush hand something over, taken or refused? */
bool kx_tree_has_taken(const struct kx_tree_file *file);

/** Make a name in a directory (a file: or cut it to nothing).  @folder a directory of its own.
 *  @return 0, then it can be looked up; -EPERM: this tree takes no such name. */
int kx_tree_make(struct kx_tree_node *directory, const char *name, bool folder,
                 const struct kx_call *call, struct kx_error *err);
/** In a directory that a program has made, removing what it has not made is 0 and does nothing. */
int kx_tree_remove(struct kx_tree_node *directory, const char *name, bool folder,
                   const struct kx_call *call, struct kx_error *err);
int kx_tree_rename(struct kx_tree_node *directory, const char *name, const char *to,
                   const struct kx_call *call, struct kx_error *err);
bool kx_tree_is_drop(const struct kx_tree_node *node);
/** The text of the file that has this node's name with `suffix` (".error") behind it, without the
 * line's end.  @return owned; NULL: there is no such file. */
char *kx_tree_text_beside(struct kx_tree_node *node, const char *suffix,
                          const struct kx_call *call);
bool kx_tree_is_made_folder(const struct kx_tree_node *node); /* a directory that programs make */
/** Has the directory of this number a row for them? */
bool kx_tree_takes_documents(struct kx_tree *tree, uint64_t number);

/** The names of a directory as they are now. */
int kx_tree_list(struct kx_tree_node *directory, const struct kx_call *call,
                 struct kx_tree_listing **out, struct kx_error *err);
void kx_tree_listing_free(struct kx_tree_listing *listing);
struct kx_tree_node *kx_tree_listing_node(struct kx_tree_listing *listing); /* borrowed */

/** The name number `index`, from 0; what comes by pages is asked for as it is read. One thread at a
 * time. @name borrowed until the next call; NULL behind the last. @st: st_ino and the type bits
 * only.  @return 0; the row's errors. */
int kx_tree_listing_name(struct kx_tree_listing *listing, size_t index, const struct kx_call *call,
                         const char **name, struct stat *st, struct kx_error *err);

/* A node with all that the kernel is told of it. */
struct kx_tree_entry {
    struct kx_tree_node *node; /* a reference */
    struct stat st;
    int64_t keep_ms; /* how long this holds */
};

/** Its node, and all of its attributes; as kx_tree_lookup. */
int kx_tree_listing_entry(struct kx_tree_listing *listing, size_t index, const struct kx_call *call,
                          struct kx_tree_entry *out, struct kx_error *err);

typedef struct kx_tree_node kx_tree_node;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(kx_tree_node, kx_tree_node_unref)
