/* The last lines of something (the log, events), and readers who wait for the next ones.
 *
 * Lines are kept up to a number and a sum of bytes; a reader who is slower than that is told how
 * many it has missed.
 * Threads: all functions from any thread, one reader is one thread's at a time. A waker runs under
 * no lock but the caller's of kx_lines_add. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cancel.h"
#include "base/cleanup.h"

struct kx_lines;
struct kx_lines_reader;

struct kx_lines *kx_lines_new(unsigned lines_max, size_t bytes_max);
void kx_lines_free(struct kx_lines *lines); /* all readers must be gone */

/** Add one line, without its end. */
void kx_lines_add(struct kx_lines *lines, const char *line);

/** Append all that are kept, oldest first, each with its end. */
void kx_lines_text(struct kx_lines *lines, GString *out);

/** A reader of what comes from now on.  @return owned. */
struct kx_lines_reader *kx_lines_follow(struct kx_lines *lines);
void kx_lines_unfollow(struct kx_lines_reader *reader); /* NULL is fine */

/** Read bytes of lines in order; a line may be cut over two reads.
 *  @return bytes; -EAGAIN: nothing came for wait_ms (0: it does not wait); -EINTR: cancelled. */
ssize_t kx_lines_read(struct kx_lines_reader *reader, char *buffer, size_t size,
                      struct kx_cancel *cancel, int64_t wait_ms);
bool kx_lines_ready(struct kx_lines_reader *reader);

/* Something to be called once when there is more to read, from any thread; it must not block. */
struct kx_waker {
    void (*wake)(void *context);
    void (*drop)(void *context); /* frees the context; called once, after wake or instead of it */
    void *context;
};

/** Wake when the reader has something: at once when it has already. Consumes the waker; it replaces
 * the one that was given before. */
void kx_lines_watch(struct kx_lines_reader *reader, struct kx_waker waker);

KX_DEFINE_AUTOPTR(kx_lines, kx_lines_free)
