/* The writing side of one file: bytes in order, streamed to the server, whole at their name when
 * publish returns.
 *
 * A new or emptied file is streamed to a hidden sibling (".NAME.knoxfs-ID-N") and renamed to its
 * name by publish, because a DataNode whose client goes away closes the file as if it were
 * complete. A file with content takes more at its end by APPEND. Publish may be called at any time
 * (close of one of several descriptors, fsync, a reader that wants to see what was written): what
 * comes after it is appended.
 *
 * The first write that is not at the end, and the first growth without bytes, moves the content
 * into a local sparse file (data/stage), from which publish makes the server's file; everything in
 * order before costs no local copy.
 *
 * There is one writer an inode, shared by all handles that are open for writing.
 * Threads: any; calls that talk to the server wait for each other (interruptibly).
 * Ownership: reference counted; it holds a reference of its inode. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "rest/client.h"
#include "rest/download.h"

struct kx_mount;
struct kx_inode;
struct kx_writer;
struct kx_writers;
struct kx_record;

/* What the writer's file begins as. */
enum kx_write_base {
    KX_WRITE_NEW,     /* there is no file of that name on the server */
    KX_WRITE_EMPTIED, /* the server's file counts as empty from now on; others see its old content
                         until publish */
    KX_WRITE_SERVER   /* the server's content stays: only more at its end */
};

struct kx_write_opts {
    enum kx_write_base base;
    bool exclusive;   /* KX_WRITE_NEW: publish fails with -EEXIST when somebody else made the name
                         first */
    bool placeholder; /* KX_WRITE_EMPTIED: the server's file is one of kx_placeholder_make */
    uint32_t mode;    /* of the file that is made; 0: the server's default */
    int64_t length;   /* KX_WRITE_SERVER: the content's */
    struct kx_version seen; /* of the server's file; file_id 0: there is none, or it is not known */
    int64_t seen_ms;        /* when the server said so, on the clock; 0: not known */
};

/** Open the inode's writer once more, or make it. With KX_WRITE_EMPTIED an existing writer's
 * content is emptied.
 *  @return 0, @out a reference; -EINTR, -ETIMEDOUT. */
int kx_writer_open(struct kx_mount *mount, struct kx_inode *inode, const struct kx_write_opts *opts,
                   const struct kx_call *call, struct kx_writer **out, struct kx_error *err);

/** The content that a record describes becomes the inode's unpublished content again, as if it were
 * being written.  @record borrowed.  @return 0, @out a reference as of kx_writer_open; -EBUSY: the
 * file is being written; -ENOENT: the local copy has gone. */
int kx_writer_restore(struct kx_mount *mount, struct kx_inode *inode,
                      const struct kx_record *record, struct kx_writer **out, struct kx_error *err);

/** The counterpart of kx_writer_open; consumes the reference. The last one lets go of the inode.
 * What was not acknowledged is acknowledged now; an error of that is only logged: programs learn it
 * from kx_writer_acknowledge. */
void kx_writer_close(struct kx_writer *writer);

struct kx_writer *kx_writer_ref(struct kx_writer *writer);
void kx_writer_unref(struct kx_writer *writer);

/** @append the handle was opened with O_APPEND: the offset is not looked at.
 *  @return 0: all of it is on its way; -EOPNOTSUPP with a reason: not at the end of the file; what
 * the server said of the bytes before. */
int kx_writer_write(struct kx_writer *writer, int64_t offset, bool append, const void *data,
                    size_t length, const struct kx_call *call, struct kx_error *err);

/** Have all that was written at its name on the server. Nothing to do: no request.  @return 0 or
 * the first error, again at every call until the writer is closed: those bytes are lost, and the
 * name has its old content or none. -EINTR: not done yet, may be called again. */
int kx_writer_publish(struct kx_writer *writer, const struct kx_call *call, struct kx_error *err);

/** What close(2) waits for: with write=back that the content is safe on the local disk (a record of
 * the journal; the uploader goes on), else kx_writer_publish. */
int kx_writer_acknowledge(struct kx_writer *writer, const struct kx_call *call,
                          struct kx_error *err);

/** Have it open while something is changed by the file's path.  @return false: its last close has
 * come already, nobody writes it any more. Given back by kx_writer_close_path. */
bool kx_writer_open_path(struct kx_writer *writer);

/** Give that back. When nobody else has it open, who would close it later, it is as a close(2):
 * @return what kx_writer_acknowledge says. A close that comes at the same time acknowledges what
 * was changed here. */
int kx_writer_close_path(struct kx_writer *writer, const struct kx_call *call,
                         struct kx_error *err);

/** Cut to nothing (ftruncate(fd, 0)). */
int kx_writer_empty(struct kx_writer *writer, const struct kx_call *call, struct kx_error *err);

struct kx_slices;

/** Read the content when it is local. @return 1: done; 0: it is not local, the server has it after
 * kx_writer_publish; -errno. */
int kx_writer_read(struct kx_writer *writer, int64_t offset, size_t size,
                   const struct kx_call *call, struct kx_slices *out, struct kx_error *err);

/** Set the length of the local content, which is made local first when `length` is more than there
 * is.
 *  @return 1: done; 0: it is not local and `length` is less: the server can do it; -errno. */
int kx_writer_resize(struct kx_writer *writer, int64_t length, const struct kx_call *call,
                     struct kx_error *err);

/** The server has cut the published file to `length`: the next byte goes there. */
void kx_writer_cut(struct kx_writer *writer, int64_t length);

/** Nothing is brought to the name until kx_writer_resume, which ends it: for who removes the name
 * or takes it over. An upload of local content that is on its way is cut, and begun again
 * afterwards.
 * @return 0; -EINTR, -ETIMEDOUT: then it is not paused. */
int kx_writer_pause(struct kx_writer *writer, const struct kx_call *call, struct kx_error *err);

/** The same for who gives the file another name: what was written is brought to its name first.
 * @return 0; what kx_writer_publish says: then it is not paused. */
int kx_writer_settle(struct kx_writer *writer, const struct kx_call *call, struct kx_error *err);

/** @gone: the name was unlinked or taken over: nothing is published any more. Who has the file open
 * goes on with what was not published, out of sight, until the last close. */
void kx_writer_resume(struct kx_writer *writer, bool gone);

/** Pause and resume: the name is gone. */
void kx_writer_abandon(struct kx_writer *writer);

/** Give up what is not published: the name is the server's again. Who has the file open goes on as
 * after an unlink. */
void kx_writer_drop(struct kx_writer *writer);

/** The counterpart of kx_writer_restore after kx_writer_publish: as kx_writer_close, without
 * another try.  @why it failed; NULL: it did not. */
void kx_writer_end_retry(struct kx_writer *writer, const struct kx_error *why);

/* What is true here but not yet on the server. */
struct kx_overlay {
    bool dirty;  /* something is */
    bool fresh;  /* there is no such name on the server at all ... */
    bool unsure; /* ... unless a step whose answer nobody waited for has made it */
    int64_t length, mtime_ms;
    uint32_t mode; /* 0: as the server says */
};
void kx_writer_overlay(struct kx_writer *writer, struct kx_overlay *out);

/** The server has this mode for the file now: a new file in its place gets it too. */
void kx_writer_note_mode(struct kx_writer *writer, uint32_t mode);

/** ... and this modification time. */
void kx_writer_note_mtime(struct kx_writer *writer, int64_t mtime_ms);

/** Remember a mode or times (-1: leave) for publish.  @return false when nothing is unpublished:
 * ask the server at once. */
bool kx_writer_defer_mode(struct kx_writer *writer, uint32_t mode);
bool kx_writer_defer_times(struct kx_writer *writer, int64_t mtime_ms, int64_t atime_ms);

/* --- all writers of a mount --- */
struct kx_writers *kx_writers_new(void);
void kx_writers_free(struct kx_writers *writers);

/** The files that are in a directory here but not yet on the server. @return owned array of
 * references. */
GPtrArray *kx_writers_fresh_in(struct kx_writers *writers, struct kx_inode *directory);

/** The writer whose content has this record.  @return a reference or NULL. */
struct kx_writer *kx_writers_of_record(struct kx_writers *writers, int64_t id);

/** Publish everything, before an end. What cannot be is kept as a record of the journal, if it is
 * in a local file.  @return how many could not be, without those whose program knows it: a close
 * whose RELEASE the kernel did not send any more is no news. */
unsigned kx_writers_publish_last(struct kx_writers *writers, const struct kx_call *call);
/** The same in between, of the files at or below `top`, NULL: of all.  @return how many could not
 * be. */
unsigned kx_writers_publish_below(struct kx_writers *writers, const struct kx_inode *top,
                                  const struct kx_call *call);

KX_DEFINE_AUTOPTR(kx_writer, kx_writer_unref)
