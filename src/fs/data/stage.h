/* A local copy of a file for programs that write where they like: sparse, filled from the server
 * only where it is read.
 *
 * Bytes that are neither here nor in the base's valid part are zero, as in any sparse file. The
 * local file has no name and goes with the process, unless it is kept for a record of the journal.
 * Threads: one caller at a time (the writer's gate).  Blocking: reading and uploading talk to the
 * server. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "fs/data/ranges.h"
#include "fs/data/room.h"
#include "fs/journal/record.h"
#include "rest/client.h"
#include "rest/upload.h"

struct kx_stage;
struct kx_version;

/* Where the local file lives. All is borrowed: the room for the stage's life, the rest for the
 * call. */
struct kx_stage_place {
    const char *folder, *name; /* the name is used when it is kept */
    struct kx_room *room;      /* may be NULL */
};

/** @base_path the server's file behind it (NULL: none), whose first base_length bytes count.
 *  @return 0; -ENOSPC, -EACCES ... of the folder, with its name. */
int kx_stage_new(const struct kx_stage_place *place, const char *base_path, int64_t base_length,
                 struct kx_stage **out, struct kx_error *err);

/** What kx_stage_describe has written down, from the local file of that name.  @return 0; -ENOENT,
 * ...; -EINVAL for a record that makes no sense. Its name is left as by kx_stage_leave. */
int kx_stage_restore(const struct kx_stage_place *place, const struct kx_record *record,
                     struct kx_stage **out, struct kx_error *err);
void kx_stage_free(struct kx_stage *stage);

int64_t kx_stage_length(const struct kx_stage *stage);

/** Does it differ from its base? */
bool kx_stage_changed(const struct kx_stage *stage);

/** All of it or, on an error (-ENOSPC: the folder, or what we may use of it, is full), nothing that
 * counts. */
int kx_stage_write(struct kx_stage *stage, int64_t offset, const void *data, size_t length,
                   struct kx_error *err);

/** Shorter: what is behind is gone; longer: zeros. */
int kx_stage_resize(struct kx_stage *stage, int64_t length, struct kx_error *err);

/** Fill `room` with [offset, offset + size), which must lie within the length; loads what is
 * missing. */
int kx_stage_read(struct kx_stage *stage, struct kx_client *client, int64_t offset, size_t size,
                  const struct kx_call *call, void *room, struct kx_error *err);

/** The one change that the server can take in place: bytes at the end. @from where they begin. */
bool kx_stage_only_grown(const struct kx_stage *stage, int64_t *from);

/** A change of the end only, in a file of blocks of that size, where it pays to cut the server's
 * file at *cut and append what is behind: at least half of it then stays. When nothing is behind,
 * the file has only become shorter. */
bool kx_stage_only_tail(const struct kx_stage *stage, int64_t block_bytes, int64_t *cut);

/** Have [from, length) here. */
int kx_stage_load(struct kx_stage *stage, struct kx_client *client, int64_t from,
                  const struct kx_call *call, struct kx_error *err);

/** Are all bytes of [from, to), as far as there are any, here? */
bool kx_stage_has(const struct kx_stage *stage, int64_t from, int64_t to);

/** Is every byte here, so that the base is not needed? */
bool kx_stage_is_whole(const struct kx_stage *stage);

/** Send [part.from, part.to), within the length, into an upload; what is not here streams through
 * from the server. Any number of threads may send parts at once, while nothing else happens. */
int kx_stage_send(struct kx_stage *stage, struct kx_client *client, struct kx_range part,
                  struct kx_upload *upload, const struct kx_call *call, struct kx_error *err);

/** Has the server's file at `path` these very bytes, as far as they are here? Reads all of it.
 *  @version which file that is, as for kx_stage_follow.  @return 0; -ESTALE: another one has taken
 * the path; -errno. */
int kx_stage_compare(struct kx_stage *stage, struct kx_client *client, const char *path,
                     const struct kx_version *version, const struct kx_call *call, bool *equal,
                     struct kx_error *err);

/** The base's path now, by another name or in another directory than it had.  NULL: it has none,
 * what is not here cannot be read (-ESTALE).
 *  @version which file that is: another one that has the path by then is not read (-ESTALE); NULL,
 * or without a fileId: whatever is there. */
void kx_stage_follow(struct kx_stage *stage, const char *path, const struct kx_version *version);

/** An append to the base may have arrived in part: its end cannot be trusted any more. */
void kx_stage_base_unsure(struct kx_stage *stage);

/** The server has exactly this at `path` now: it is the base, and nothing is changed. */
void kx_stage_published(struct kx_stage *stage, const char *path);

/** The server's file has been cut to `length`, or may have been. */
void kx_stage_base_cut(struct kx_stage *stage, int64_t length);

/** Have the local bytes on the disk, under the file's name. */
int kx_stage_keep(struct kx_stage *stage, struct kx_error *err);

/** The name outlives the stage, or does not. */
void kx_stage_leave(struct kx_stage *stage, bool leave);
bool kx_stage_is_file(const struct kx_stage *stage, const char *name);

/** Go on with a copy of the local file, under another name: the one there was stays as it is.
 *  @return 0; -ENOSPC, ...: then it is as it was. */
int kx_stage_fork(struct kx_stage *stage, const char *name, struct kx_error *err);

/** Write into a record where the bytes are: its file, length, here, base and base_length. */
void kx_stage_describe(const struct kx_stage *stage, struct kx_record *record);

KX_DEFINE_AUTOPTR(kx_stage, kx_stage_free)
