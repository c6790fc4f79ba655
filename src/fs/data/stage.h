/* A local copy of a file for programs that write where they like: sparse, filled from the server
 * only where it is read.
 *
 * Bytes that are neither here nor in the base's valid part are zero, as in any sparse file. The
 * local file has no name (O_TMPFILE): it goes with the process. Threads: one caller at a time (the
 * writer's gate).  Blocking: reading and uploading talk to the server. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "rest/client.h"
#include "rest/upload.h"

struct kx_stage;

/** @folder where the local file lives.  @base_path the server's file behind it (NULL: none), whose
 * first base_length bytes count.
 *  @return 0; -ENOSPC, -EACCES ... of the folder, with its name. */
int kx_stage_new(const char *folder, const char *base_path, int64_t base_length,
                 struct kx_stage **out, struct kx_error *err);
void kx_stage_free(struct kx_stage *stage);

int64_t kx_stage_length(const struct kx_stage *stage);

/** Does it differ from its base? */
bool kx_stage_changed(const struct kx_stage *stage);

/** All of it or, on an error (-ENOSPC: the folder is full), nothing that counts. */
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

/** Send [from, length) into an upload; what is not here streams through from the server. */
int kx_stage_send(struct kx_stage *stage, struct kx_client *client, int64_t from,
                  struct kx_upload *upload, const struct kx_call *call, struct kx_error *err);

/** The base's path now, by another name or in another directory than it had.  NULL: it has none,
 * what is not here cannot be read (-ESTALE). */
void kx_stage_follow(struct kx_stage *stage, const char *path);

/** An append to the base may have arrived in part: its end cannot be trusted any more. */
void kx_stage_base_unsure(struct kx_stage *stage);

/** The server has exactly this at `path` now: it is the base, and nothing is changed. */
void kx_stage_published(struct kx_stage *stage, const char *path);

KX_DEFINE_AUTOPTR(kx_stage, kx_stage_free)
