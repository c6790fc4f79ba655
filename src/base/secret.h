/* A password or a token in memory that is in no core dump and no swap, and is wiped when it is
 * freed; and the file that it is read from.
 *
 * The login (rest/auth*) and main use it. Threads: a secret is constant; one owner frees it. */
#pragma once
#include <glib.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/error.h"

#define KX_SECRET_BYTES_MAX ((size_t)64 * 1024)

struct kx_secret;

/** @return owned: a copy of the bytes, with a NUL behind them. */
struct kx_secret *kx_secret_new(const char *text, size_t length);
void kx_secret_free(struct kx_secret *secret); /* NULL is fine */

const char *kx_secret_text(const struct kx_secret *secret); /* borrowed */
size_t kx_secret_length(const struct kx_secret *secret);

/** The one line of a file, without its line end.
 * The file must be regular, no symbolic link, of the user (or root), closed to all others (0600),
 * and have one line without control characters; that is looked at on the descriptor that is read.
 *  @st filled when not NULL.  @return 0; -errno with the reason and what to do. */
int kx_secret_read_file(const char *path, struct kx_secret **out, struct stat *st,
                        struct kx_error *err);

/** Open a file that only its owner can have written and read, looked at as above.
 *  @return a descriptor, owned; -errno with the reason. */
int kx_secret_open(const char *path, struct stat *st, struct kx_error *err);

/** As that, of any lines (a netrc). */
int kx_secret_read_lines(const char *path, struct kx_secret **out, struct stat *st,
                         struct kx_error *err);

/** One line out of bytes: cut the line end, refuse control characters and nothing at all.
 *  @where for the reason. */
int kx_secret_take_line(const char *bytes, size_t length, const char *where, struct kx_secret **out,
                        struct kx_error *err);

/** Overwrite, in a way that no compiler leaves out. */
void kx_wipe(void *bytes, size_t length);

/** From now on this process leaves no core dump, and its memory and descriptors are closed to other
 * processes of the same user. */
void kx_secret_guard_process(void);

KX_DEFINE_AUTOPTR(kx_secret, kx_secret_free)
