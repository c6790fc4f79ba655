/* Uploads in the background: what close() has left to be done (write=back).
 *
 * It holds each writer open until its content is at its name. What fails is tried again after
 * pauses that grow to a minute, as long as the mount lives; a failure that trying again cannot mend
 * (another client has taken the name) makes the record one that a person decides about.
 *
 * Threads: any; it has its own, started by the first upload. One file is uploaded by one of them at
 * a time. */
#pragma once
#include "base/cleanup.h"
#include "fs/data/writer.h"

#define KX_UPLOADS_AT_ONCE 8 /* a stock server answers the close of a small file after 0.4 s */

struct kx_uploader;

struct kx_uploader *kx_uploader_new(struct kx_mount *mount);

/** Upload the writer's content, which has a record. Its gate may be held. */
void kx_uploader_add(struct kx_uploader *uploader, struct kx_writer *writer);

/** Wait until nothing is left, at most until the cancel (may be NULL) fires; then its threads have
 * ended. What is left keeps its record, and no writer is held any more.  @return how many are left,
 * or were given up meanwhile. They are logged. */
unsigned kx_uploader_finish(struct kx_uploader *uploader, struct kx_cancel *cancel);

/** Without kx_uploader_finish: what is left keeps its record. NULL is fine. */
void kx_uploader_free(struct kx_uploader *uploader);

KX_DEFINE_AUTOPTR(kx_uploader, kx_uploader_free)
