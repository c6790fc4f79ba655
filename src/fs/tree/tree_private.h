/* What the files tree*.c share. Nobody else includes it.
 * Threads: as said at each member. */
#pragma once
#include "fs/tree/tree.h"

struct kx_tree {
    struct kx_tree_config config; /* constant, as is all up to the mutex */
    char *vroot;
    struct kx_tree_index *index;
    GPtrArray *root_places; /* borrowed: what the mount's root shows where it is present */
    gint streams;           /* atomic: open ones */
    GMutex mutex;           /* guards what follows, and the nodes */
    GHashTable *by_number;  /* &node->number -> node */
    GHashTable *by_path;    /* node->path -> node; detached ones are not in it */
    uint64_t next_number;
    GHashTable *owed; /* threads that got ESTALE and have not come back yet; a set */
};

struct kx_tree_node {
    struct kx_tree *tree; /* constant, as is all up to `bound` */
    const struct kx_tree_place *place;
    uint64_t number;
    char *path; /* within the trees; "" is their directory */
    GStrv bound;
    /* guarded by the tree's mutex */
    uint64_t lookups;
    unsigned refs;
    bool detached;  /* another node has the path now: it lives on for who has it open */
    bool pinned;    /* it took another's place, and nobody has opened it yet: a reference */
    unsigned opens; /* files that read `text` through the kernel's pages */
    GBytes *text;   /* of those; NULL: nobody has it open */
    /* what was seen last of the text */
    int64_t size, changed_ms;
    uint64_t digest;
};

/** `at` for a node; borrows all of it. */
struct kx_tree_at kx_tree_at_node(const struct kx_tree_node *node, const struct kx_call *call);

/** The text of a file now: one try of the handler, with the line's end of a value. */
int kx_tree_make_text(const struct kx_tree_node *node, const struct kx_call *call, GString *out,
                      struct kx_error *err);

/** Note what was seen of the text. Mutex held. */
void kx_tree_note_text(struct kx_tree_node *node, const char *text, size_t length);

/** A reference that was only just counted off may free it. Mutex held. */
void kx_tree_collect(struct kx_tree_node *node);

/** A node that is not in the tables yet, without a number. */
struct kx_tree_node *kx_tree_node_new(struct kx_tree *tree, const struct kx_tree_node *directory,
                                      const struct kx_tree_place *place, const char *name,
                                      const char *value);
void kx_tree_node_free(struct kx_tree_node *node);

/** The node that has the path, or this new one (consumed).  @return a reference. */
struct kx_tree_node *kx_tree_settle(struct kx_tree_node *fresh);

/** Give a node that is not in the tables a number and the path. Mutex held. */
void kx_tree_insert(struct kx_tree_node *node);

/** Is it there?  @look filled.  @return 0, -ENOENT, the row's errors. */
int kx_tree_look_at(const struct kx_tree_node *node, const struct kx_call *call,
                    struct kx_tree_look *look, struct kx_error *err);

/** A plain name that is not there at present is not listed. */
bool kx_tree_is_present(struct kx_tree *tree, const struct kx_tree_node *directory,
                        const struct kx_tree_place *place, const struct kx_call *call);

/** All attributes, but those that a handler would have to be asked for and does not answer. */
void kx_tree_fill(struct kx_tree_node *node, const struct kx_tree_look *look,
                  const struct kx_call *call, struct stat *st);
uint64_t kx_tree_ino(const char *path);
mode_t kx_tree_type(const struct kx_tree_row *row);

/* tree_drop.c: what an open document was written; NULL: nothing can be */
struct kx_tree_draft;
struct kx_tree_draft *kx_tree_draft_new(const struct kx_tree_node *node, GBytes *text);
void kx_tree_draft_free(struct kx_tree_draft *draft);
int kx_tree_draft_write(struct kx_tree_draft *draft, const char *data, size_t length,
                        int64_t offset, struct kx_error *err);
int kx_tree_draft_cut(struct kx_tree_draft *draft, int64_t size, struct kx_error *err);
GBytes *kx_tree_draft_read(struct kx_tree_draft *draft, int64_t offset, size_t size);
int kx_tree_draft_flush(struct kx_tree_draft *draft, const struct kx_tree_node *node, bool last,
                        const struct kx_call *call, struct kx_error *err);
bool kx_tree_draft_taken(struct kx_tree_draft *draft);

/* tree_ctl.c, tree_readme.c */
void kx_tree_ctl_text(const struct kx_tree_at *at, GString *out);
int kx_tree_ctl_write(const struct kx_tree_at *at, const char *data, size_t length,
                      struct kx_error *err);
/** The one line that was written, without what surrounds it.  @line owned.  @return 0; -EMSGSIZE,
 * -EINVAL. */
int kx_tree_ctl_line(const char *data, size_t length, char **line, struct kx_error *err);
int kx_tree_readme_text(const struct kx_tree_at *at, GString *out, struct kx_error *err);
