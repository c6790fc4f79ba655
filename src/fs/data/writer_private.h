/* What writer.c (bytes), publish.c (the way to the name) and writers.c (all of a mount) share.
 * Nobody else includes it.
 *
 * Threads: any; each member says what guards it. Locks, outermost first: a writer's gate,
 * kx_writers.mutex, the table of inodes, a writer's mutex. */
#pragma once
#include "base/gate.h"
#include "fs/data/stage.h"
#include "fs/data/writer.h"
#include "rest/upload.h"

struct kx_writer {
    gatomicrefcount refs;
    struct kx_mount *mount;
    struct kx_inode *inode; /* a reference */
    unsigned opens;         /* guarded by kx_writers.mutex */

    struct kx_gate gate; /* who talks to the server for this file; guards the next six */
    struct kx_upload *upload;
    struct kx_stage *stage; /* NULL: nothing but bytes in order so far */
    char *hidden; /* path of the hidden sibling; NULL: the stream appends to the name, or there is
                     none */
    struct kx_error failure; /* code 0: none */
    bool exclusive;
    uint32_t create_mode;

    GMutex mutex; /* guards the rest, which may be read without the gate and is written with both */
    enum kx_write_base base;
    bool dirty, abandoned;
    int64_t length, changed_ms;
    uint32_t later_mode;        /* 0: none; to be set after the rename */
    int64_t mtime_ms, atime_ms; /* -1: none; likewise */
};

struct kx_writers {
    GMutex mutex;    /* guards the list and every writer's `opens` */
    GPtrArray *list; /* borrowed: a writer leaves it before it is freed */
};

/** Enter the gate, with words for the error. */
int kx_writer_enter(struct kx_writer *writer, const struct kx_call *call, struct kx_error *err);

/** Gate held: keep the failure (but an interruption) under the file's own path, cut the stream,
 * remove the hidden file.
 * @return -err->code. */
int kx_writer_fail(struct kx_writer *writer, struct kx_error *err);

/** Gate held, no stream open: delete the hidden file, if there is one; an error is logged. */
void kx_writer_drop_hidden(struct kx_writer *writer);

/** Gate held: open a fresh hidden sibling of `path` for the whole content; writer->hidden names it.
 */
int kx_writer_open_hidden(struct kx_writer *writer, const char *path, const struct kx_call *call,
                          struct kx_upload **out, struct kx_error *err);

/** Gate held: from now on the content is in a local file (staged.c). What is on its way is finished
 * first. */
int kx_writer_to_stage(struct kx_writer *writer, const struct kx_call *call, struct kx_error *err);

/** Gate held: a write into the staged content. */
int kx_writer_stage_write(struct kx_writer *writer, int64_t offset, GBytes *data,
                          struct kx_error *err);

/** Gate held: bring the staged content to its name; it stays staged. A failure loses nothing: it
 * may be called again. */
int kx_writer_publish_stage(struct kx_writer *writer, const char *path, const struct kx_call *call,
                            struct kx_error *err);

/** Gate held: note that the content has changed, and its length. */
void kx_writer_note_change(struct kx_writer *writer, int64_t length);
