/* The last bytes that were read of a file: are they still there when it has changed?
 *
 * HDFS tells of a file that was cut and appended to in place by its modification time alone, as of
 * any append. What tells them apart are bytes behind the cut, which are others afterwards. So the
 * last KX_SEEN_BYTES of what came of a file are kept by its reader, and when the file has another
 * modification time they are read once more before anything else is: who was given none from behind
 * the cut has a part of the new content. Who follows a growing file reads on from there, so this
 * costs no request, as the stream only begins a little earlier.
 *
 * Not told: a cut behind which the same bytes were appended; bytes that come between the change and
 * the next look at the file's attributes.
 *
 * Threads: any. */
#pragma once
#include "fs/data/reader.h"

#define KX_SEEN_BYTES ((size_t)1024)

/** A read of a target has given these bytes, from `from` on. */
void kx_seen_note(struct kx_reader *reader, const struct kx_read_target *target, int64_t from,
                  const struct kx_slices *got);

/** Before a target is read: has it the bytes that were seen of the version before it? A question
 * only when its modification time is another one; changes of our own are none. Blocks as
 * kx_reader_read then.
 *  @return 0: it has, or none were seen; 1: there are others now; -errno of reading them. */
int kx_seen_check(struct kx_reader *reader, const struct kx_read_target *target,
                  const struct kx_call *call, struct kx_error *err);
