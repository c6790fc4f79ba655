/* The virtual files as a table: one row a node, written as a pattern of its path.
 *
 * A component of a pattern is a plain name, or has one variable, with text around it: "{id}",
 * "{name}.error". A plain name wins over a variable, and of two variables the one with more text.
 * Where programs make files and directories of any name, a DROP row and a DIRECTORY row may have
 * the same pattern: `look` tells which of the two a name is.
 * What a row's handlers get is a `struct kx_tree_at`: the mount, the path, the variables' values.
 * Handlers answer 0 or -errno with the reason in err; they know nothing of FUSE, and no lock is
 * held while they run. Several may run at once, also for one path.
 *
 * Threads: rows are constant data; an index is constant after it was made. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/lines.h"

struct kx_mount;
struct kx_call;
struct kx_cancel;
struct kx_tree_row;
struct kx_tree_place;

enum kx_tree_kind {
    KX_TREE_DIRECTORY,
    KX_TREE_VALUE,    /* one value; the line's end is added */
    KX_TREE_DOCUMENT, /* any text */
    KX_TREE_CTL,      /* takes one verb a write; its text is the list of verbs valid now */
    KX_TREE_STREAM,   /* text without an end: reading waits for more */
    KX_TREE_LINK,     /* its text is the target */
    KX_TREE_RANGED,   /* bytes that are asked for as they are read; may grow while it is open */
    KX_TREE_DROP      /* text that programs write, which takes effect when it is closed */
};

/* Where a handler is asked. All is borrowed for the call. */
struct kx_tree_at {
    struct kx_mount *mount;
    const struct kx_tree_place *place;
    const struct kx_tree_row *row;
    const char *path;         /* within the trees: "/.cluster/mount/pending/7" */
    const char *const *bound; /* the variables' values in the order of the path, NULL at the end */
    const struct kx_call *call; /* for everything that blocks; never NULL */
};

/* What can be said of a node besides its text. */
struct kx_tree_look {
    int64_t mtime_ms; /* since the epoch; 0: when its text was last seen to change */
    int64_t ctime_ms; /* 0: as mtime */
    mode_t mode;      /* the row's; another one is only shown, what may be done is the row's */
    bool owned;       /* by `owner`; else by who mounted */
    uid_t owner;
    int64_t size;    /* RANGED: how many bytes there are at this moment */
    int64_t keep_ms; /* how long the kernel need not ask again; 0: it asks each time */
};

/* One verb of a ctl file. A table of them ends with a zeroed one. */
struct kx_tree_verb {
    const char *name;
    /* What stands for it in the list of verbs; NULL: takes none; "[...]": may be left out. */
    const char *argument;
    const char *help;
    /** Do it. @argument never empty; NULL where the verb takes none, or it was left out. */
    int (*run)(const struct kx_tree_at *at, const char *argument, struct kx_error *err);
    /** Is it valid now? NULL: always. One that is not gives EBUSY. */
    bool (*valid)(const struct kx_tree_at *at);
    bool listed_only; /* `valid` may be some seconds old, so it only decides what is listed */
};

/* A stream; `state` is one reader's. */
struct kx_tree_stream {
    int (*open)(const struct kx_tree_at *at, void **state, struct kx_error *err);
    void (*close)(void *state);
    /** @return bytes put into the buffer; 0: it has ended; -EAGAIN: nothing came for wait_ms;
     * -EINTR: cancelled. */
    ssize_t (*read)(void *state, char *buffer, size_t size, struct kx_cancel *cancel,
                    int64_t wait_ms);
    bool (*ready)(void *state);
    /** Call it when the reader has something to read: at once when it has already. The stream
     * consumes it; it replaces the one that was given before. */
    void (*watch)(void *state, struct kx_waker waker);
};

/* A file that is read by ranges; `state` is one open file's, and several threads may read it. */
struct kx_tree_ranged {
    int (*open)(const struct kx_tree_at *at, void **state, struct kx_error *err);
    void (*close)(void *state);
    /** @out owned: at most `size` bytes from `offset` on; empty at what is the end at this moment.
     */
    int (*read)(void *state, int64_t offset, size_t size, const struct kx_call *call, GBytes **out,
                struct kx_error *err);
};

/* The names of a directory that may have any number of them: they come by pages, as they are read.
 * `state` is one open directory's; one thread at a time uses it. */
struct kx_tree_pages {
    int (*open)(const struct kx_tree_at *at, void **state, struct kx_error *err);
    void (*close)(void *state);
    /** Append the next values (owned strings), at least one, and as many struct kx_tree_look to
     * `looks`; a mode of 0 is the row's.  @return 0; 1: these, or none, are the
     * last; -errno. */
    int (*next)(void *state, const struct kx_call *call, GPtrArray *values, GArray *looks,
                struct kx_error *err);
};

/* A document that programs write, under names that they choose. What is written is kept by the open
 * file; it is handed over when it is closed, whole. */
struct kx_tree_drop {
    /** The name is made, or cut to nothing: it is there from now on, and empty.
     *  @return -EPERM: not this name. */
    int (*make)(const struct kx_tree_at *at, struct kx_error *err);
    /** The text was closed. @last: nobody else has it open, as far as is known, so what is not
     * complete now never will be.
     *  @return 0; -EAGAIN: it is not complete, ask again at the next close; -errno: what close(2)
     * says. */
    int (*put)(const struct kx_tree_at *at, GBytes *text, bool last, struct kx_error *err);
    int (*remove)(const struct kx_tree_at *at, struct kx_error *err);
    /** It gets the name of `to`, another one of the same row, whatever was there. */
    int (*rename)(const struct kx_tree_at *at, const struct kx_tree_at *to, struct kx_error *err);
};

enum {
    KX_TREE_UNLISTED = 1, /* reachable by its name only: it blocks, or it has no bound */
    KX_TREE_DEAR = 2,     /* its text costs a request: made at open, not to tell its size */
    KX_TREE_LOCAL = 4 /* what is written to it is of this mount only: read-only mounts take it */
};

struct kx_tree_row {
    const char *pattern; /* "/.cluster/mount/pending/{id}" */
    enum kx_tree_kind kind;
    unsigned flags;
    mode_t mode; /* permission bits; 0: 0555 a directory, 0644 what can be written, else 0444 */
    const char *help; /* one line, for the README of its directory */

    /** VALUE, DOCUMENT, LINK: append the content. -ENODATA: there is none at present. */
    int (*text)(const struct kx_tree_at *at, GString *out, struct kx_error *err);
    /** A row whose name has a variable: append its values (owned strings) that a listing shows, a
     * bounded number. NULL: none is listed. `at` is the directory. */
    int (*names)(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err);
    /** Instead of `names`, with a `look` besides: any number of them. One such row a directory. */
    const struct kx_tree_pages *pages;
    /** DIRECTORY: it has what the directory of this pattern has, which has the same variables. */
    const char *same_as;
    /** Is it there, and what is to be said of it? NULL: a plain name always is, a variable when
     * `names` has it. */
    int (*look)(const struct kx_tree_at *at, struct kx_tree_look *out, struct kx_error *err);
    const struct kx_tree_verb *verbs;    /* CTL */
    const struct kx_tree_stream *stream; /* STREAM */
    const struct kx_tree_ranged *ranged; /* RANGED; `look` tells its size */
    /* DROP; `text` gives what was written, for reading. Of a DIRECTORY: programs make and remove
     * such ones, with `make`, `remove` and `rename`. */
    const struct kx_tree_drop *drop;
    const void *data; /* the handlers' own */
};

/* The rows of one tree. */
struct kx_tree_rows {
    const struct kx_tree_row *rows;
    size_t count;
};

/* A row in its place among the others. */
struct kx_tree_place {
    const struct kx_tree_row *row;
    struct kx_tree_place *parent;     /* NULL: the directory of all trees */
    GPtrArray *children;              /* of places, in the table's order; NULL: no directory */
    char *prefix, *variable, *suffix; /* its name; variable NULL: the name is `prefix` */
};

struct kx_tree_index;

/** @return 0; -EINVAL: a row without a directory above it, without its handlers, or there twice. */
int kx_tree_index_new(const struct kx_tree_rows *trees, size_t count, struct kx_tree_index **out,
                      struct kx_error *err);
void kx_tree_index_free(struct kx_tree_index *index);

/** The directory of all trees: its path is "". */
const struct kx_tree_place *kx_tree_index_root(const struct kx_tree_index *index);

/** What a name in a directory is.  @value owned: the variable's, or NULL.  @return NULL: nothing.
 */
const struct kx_tree_place *kx_tree_place_child(const struct kx_tree_place *directory,
                                                const char *name, char **value);

/** The other row of the same pattern.  @return NULL: there is none. */
const struct kx_tree_place *kx_tree_place_twin(const struct kx_tree_place *place);

/** The value of a variable.  @return borrowed; never NULL for one of the pattern's. */
const char *kx_tree_bound(const struct kx_tree_at *at, const char *variable);

mode_t kx_tree_row_mode(const struct kx_tree_row *row);

/** "README", which every directory has: the text is made from the table. */
bool kx_tree_place_is_readme(const struct kx_tree_place *place);
void kx_tree_readme(const struct kx_tree_place *directory, GString *out);

KX_DEFINE_AUTOPTR(kx_tree_index, kx_tree_index_free)
