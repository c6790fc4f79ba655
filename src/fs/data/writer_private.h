/* What the files of the writer share: writer.c (bytes), hidden.c (the hidden sibling), publish.c
 * (the way to the name), theirs.c (what others did to the name), staged.c (the local copy), tail.c
 * (its end exchanged in place), kept.c and restored.c (its record in the journal), writer_view.c
 * (what others see), turns.c (who may go first), writers.c (all of a mount). Nobody else includes
 * it. Threads: see the locks in the struct; the gate is taken before the mutex. */
#pragma once
#include "base/gate.h"
#include "fs/data/stage.h"
#include "fs/data/writer.h"
#include "fs/journal/record.h"
#include "rest/status.h"
#include "rest/upload.h"

/* A file under a name of ours, in a directory that may be renamed meanwhile. name NULL: none. */
struct kx_hidden {
    struct kx_inode *directory; /* a reference */
    char *name;
};

struct kx_writer {
    gatomicrefcount refs;
    struct kx_mount *mount;
    struct kx_inode *inode; /* a reference */
    unsigned opens,
        holds; /* guarded by kx_writers.mutex; so many of the former are the uploader's */

    struct kx_gate
        gate; /* who talks to the server for this file; guards what follows, up to the mutex */
    struct kx_upload
        *upload; /* into `hidden` or, when there is none, to the end of the name's file */
    struct kx_stage *stage;  /* NULL: nothing but bytes in order so far. Its base is `hidden`, else
                                the name's file */
    struct kx_hidden hidden; /* holds, or is getting, content that is not at its name yet */
    GArray *litter;          /* of struct kx_hidden: to be deleted when nobody waits for it */
    struct kx_error failure; /* code 0: none */
    bool exclusive;
    struct kx_version seen;   /* what the server had at the name when we last knew; file_id 0:
                                 nothing, or we do not know */
    int64_t seen_ms;          /* when that was known to be so, on the clock; 0: too long ago */
    char *known_path;         /* the last path that led to it */
    struct kx_record *record; /* where the content is safe in the journal; NULL: nowhere */
    bool queued;              /* the uploader holds the writer open */
    bool placeholder;         /* the name holds an empty file until the content comes */
    bool kept;                /* the record says what the content is now */
    bool cutting;             /* the server's file has been cut, or may have been */
    bool unsure; /* the last step to the name was not answered: it may have been done */

    gint told; /* atomic: `failure` was some caller's answer: the last close has nothing to add */

    GMutex mutex; /* guards the rest; `base`, `dirty`, `abandoned` and `length` are changed with the
                     gate held too */
    enum kx_write_base base;
    bool dirty, abandoned;
    int64_t length, changed_ms;
    int64_t record_id;         /* of `record`; 0: none */
    struct kx_cancel *sending; /* the stage is being sent and changes nowhere: others may read what
                                  is here. Fired: at once an end. NULL: it is not */
    unsigned readers;          /* ... and are at it */
    GCond read;                /* the last of them has ended */
    uint32_t create_mode;      /* of the file on the server, or of the one that will be made; 0: the
                                  server's default */
    uint32_t later_mode;       /* 0: none; to be set when the content is at its name */
    int64_t mtime_ms, atime_ms; /* -1: none; likewise */
    bool safe;                  /* its record says what the content is, and the uploader has it */
    bool background;            /* the uploader has the gate */
    unsigned changers; /* how many wait for the gate to change the content: the uploader sends
                          nothing */
    unsigned takers;   /* ... and to take the name away, or have it: nobody does */
};

struct kx_writers {
    GMutex mutex;    /* guards the list and every writer's `opens` */
    GPtrArray *list; /* borrowed: a writer leaves it before it is freed */
};

/** Enter the gate, with words for the error. An upload in the background is waited for as long as
 * it takes. */
int kx_writer_enter(struct kx_writer *writer, const struct kx_call *call, struct kx_error *err);

/** The same for who changes the content: what the uploader is sending is cut. */
int kx_writer_enter_first(struct kx_writer *writer, const struct kx_call *call,
                          struct kx_error *err);

/* All below: the gate is held. */

/** How many programs have it open: the uploader is none. */
unsigned kx_writer_users(struct kx_writer *writer);

/** Keep the failure (but an interruption) under the file's own path and cut the stream.  @return
 * -err->code. */
int kx_writer_fail(struct kx_writer *writer, struct kx_error *err);

/** The path of the inode.  @return 0, @path owned; -ESTALE. */
int kx_writer_path(struct kx_writer *writer, char **path, struct kx_error *err);

/** The path of the hidden file.  @return owned; NULL: there is none, or its directory has gone. */
char *kx_hidden_where(const struct kx_hidden *hidden);
void kx_hidden_clear(struct kx_hidden *hidden);

/** CREATE a new hidden sibling of the file.  @hidden filled on 0, @upload owned. */
int kx_writer_create_hidden(struct kx_writer *writer, struct kx_hidden *hidden,
                            const struct kx_call *call, struct kx_upload **upload,
                            struct kx_error *err);

/** The hidden file that the writer's upload has not made yet will be made where its directory is
 * now. */
void kx_writer_follow_hidden(struct kx_writer *writer);

/** There is no such file: *hidden becomes none. */
void kx_writer_forget_hidden(struct kx_writer *writer, struct kx_hidden *hidden);

/** Cut an upload that is not wanted any more (*upload may be NULL), and discard the hidden file
 * that it was making. */
void kx_writer_cut_upload(struct kx_writer *writer, struct kx_upload **upload,
                          struct kx_hidden *hidden);

/** Nobody needs it any more: *hidden becomes none, the file is deleted by kx_writer_clean. */
void kx_writer_discard(struct kx_writer *writer, struct kx_hidden *hidden);

/** Delete a hidden file, and take it out of the journal. What fails is tried again by recovery.c.
 */
void kx_hidden_drop(struct kx_mount *mount, const char *path);

/** Delete what was discarded. Failures are logged. */
void kx_writer_clean(struct kx_writer *writer);

/** Bring what was written to its name. */
int kx_writer_publish_gated(struct kx_writer *writer, const struct kx_call *call,
                            struct kx_error *err);

/** After a rename of the hidden file whose answer did not come: was it done? Asks the server only
 * then, and notes what is so.  @return 0; -errno: it does not say. */
int kx_writer_find_out(struct kx_writer *writer, const char *path, const struct kx_call *call,
                       struct kx_error *err);

/** Rename the hidden file, whole now, to `path`. May be called again after an interruption. */
int kx_writer_rename_hidden(struct kx_writer *writer, const char *path, const struct kx_call *call,
                            struct kx_error *err);

/** From now on the content is in a local file (staged.c). What is on its way is finished first. */
int kx_writer_to_stage(struct kx_writer *writer, const struct kx_call *call, struct kx_error *err);

/** The base may have another path than it had: it was renamed, or a directory above. */
void kx_writer_follow_base(struct kx_writer *writer);

/* The stage on its way to the server. */
struct kx_sending {
    struct kx_call call; /* to send with */
    struct kx_cancel *callers;
    struct kx_cancel_watch watch;
};

/** Between these two the stage is not changed, and may be read without the gate (staged_read.c). It
 * is cut for who wants the gate first (turns.c); steps that are short and have an effect at the
 * name stay outside.
 *  @return the result, or -ECANCELED: cut so, and to be sent again. */
void kx_writer_begin_sending(struct kx_writer *writer, const struct kx_call *call,
                             struct kx_sending *sending);
int kx_writer_end_sending(struct kx_writer *writer, struct kx_sending *sending, int result,
                          struct kx_error *err);
bool kx_writer_is_shared(struct kx_writer *writer); /* without the gate */

/** The uploader has the gate, or has it no more. */
void kx_writer_set_background(struct kx_writer *writer, bool background);

/** As kx_writer_publish, with the gate held afterwards (on 0). */
int kx_writer_publish_and_stay(struct kx_writer *writer, const struct kx_call *call,
                               struct kx_error *err);

/** A write into the staged content. */
int kx_writer_stage_write(struct kx_writer *writer, int64_t offset, GBytes *data,
                          const struct kx_call *call, struct kx_error *err);

/** Bring the staged content to its name; it stays staged. A failure loses nothing: it may be called
 * again. */
int kx_writer_publish_stage(struct kx_writer *writer, const char *path, const struct kx_call *call,
                            struct kx_error *err);

/** Note that the content has changed, and its length. */
void kx_writer_note_change(struct kx_writer *writer, int64_t length);

/** Ask what the server has at the name, for kx_writer_check_theirs. Failures: it is not known. */
void kx_writer_see(struct kx_writer *writer, const char *path, const struct kx_call *call);

/** Is the server's file the one that we have last seen?  @status (may be NULL) what it is now; free
 * it by kx_status_clear.  @return 0, also when we had not seen it; -ESTALE; -errno of the question.
 */
int kx_writer_check_theirs(struct kx_writer *writer, const char *path, const struct kx_call *call,
                           struct kx_status *status, struct kx_error *err);

/** The name's own file is about to get bytes at its end: is it still the one that we have seen, and
 * as long?  @anywhere its end may be elsewhere by now (O_APPEND); the writer's length follows.
 * @return 0, also when it was seen a moment ago; -ESTALE. */
int kx_writer_check_end(struct kx_writer *writer, const char *path, bool anywhere,
                        const struct kx_call *call, struct kx_error *err);

/** Bytes of the staged content are about to be read: what of [from, to) is not here comes from the
 * file that we have seen?  @return 0; -ESTALE. */
int kx_writer_check_source(struct kx_writer *writer, int64_t from, int64_t to,
                           const struct kx_call *call, struct kx_error *err);

/** The name's own file has been changed in place by us, and is still that file.  @file_id 0: not
 * known. */
void kx_writer_note_in_place(struct kx_writer *writer, uint64_t file_id);

/** The name's own file is about to be changed in place: if that is cut short, by a kill too, its
 * time says nothing about other clients any more. */
void kx_writer_begin_in_place(struct kx_writer *writer);

/** With write=exclusive: the same, and that nobody has made a new name. Else 0 without asking. */
int kx_writer_check_exclusive(struct kx_writer *writer, const char *path,
                              const struct kx_call *call, struct kx_error *err);

/** Have what an exchange from `cut` on needs on the local disk, with a record in the journal:
 * others see the file short meanwhile.  @return 0; -errno: all of the file must be sent. */
int kx_writer_prepare_exchange(struct kx_writer *writer, int64_t cut, const struct kx_call *call,
                               struct kx_error *err);

/** Exchange the end of the server's file for the staged one, from `cut` on: TRUNCATE, APPEND. */
int kx_writer_exchange_tail(struct kx_writer *writer, const char *path, int64_t cut,
                            const struct kx_call *call, struct kx_error *err);

/** Have the staged content on the local disk, with a record that says so.  @reason NULL: no failure
 * yet. */
int kx_writer_keep(struct kx_writer *writer, enum kx_record_state state, const char *reason,
                   struct kx_error *err);

/** Before the staged content is changed: what a record says is safe stays as it is, in a file of
 * its own.  @return 0; -ENOSPC, ... */
int kx_writer_spare_record(struct kx_writer *writer, struct kx_error *err);

/** The record, if any, is not needed any more. @durable: it must not come back after a power cut.
 */
void kx_writer_unkeep(struct kx_writer *writer, bool durable);

/** Where the writer's next local file goes.  @name owned. */
void kx_writer_stage_place(struct kx_writer *writer, struct kx_stage_place *place, char **name);

/** Open it once more, for the uploader: a reference. The gate may be held. */
struct kx_writer *kx_writer_hold(struct kx_writer *writer);

/** Give that back, as kx_writer_end_retry. */
void kx_writer_release(struct kx_writer *writer, const struct kx_error *why);

/** Close it without publishing: the record stays. Consumes the reference. */
void kx_writer_let_go(struct kx_writer *writer);

/** Have the uploader upload it, which has a record. The gate is not held. */
void kx_writer_queue(struct kx_writer *writer);

/** The same when the server's file may be short, after a failed exchange of its end: it is not left
 * so. The gate is not held.  @return whether it was. */
bool kx_writer_mend(struct kx_writer *writer);

/** A queued content was changed while nobody has it open: its record says so at once. The gate is
 * held. */
void kx_writer_keep_again(struct kx_writer *writer);

/** @record owned; NULL: none. */
void kx_writer_set_record(struct kx_writer *writer, struct kx_record *record);

/** Bring a content that has a record to its name.  @return 0: it is there, or given up; -EAGAIN:
 * not now, err says why; another -errno: never, a person decides. The gate is not held. */
int kx_writer_upload(struct kx_writer *writer, const struct kx_call *call, struct kx_error *err);
