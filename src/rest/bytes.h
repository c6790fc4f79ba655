/* Reading numbers and texts out of bytes that a server gave: every step is checked, and what would
 * lie behind the end is 0, NULL and remembered.
 *
 * Threads: a reader is one caller's.  Ownership: the bytes are borrowed. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct kx_bytes {
    const uint8_t *at;
    size_t left;
    bool cut; /* something was wanted that is not there, or is not what it must be */
};

/** @return NULL: there are fewer; then nothing is left. */
const uint8_t *kx_bytes_take(struct kx_bytes *bytes, size_t count);

/** A number of 1 to 8 bytes, the highest first. */
uint64_t kx_bytes_number(struct kx_bytes *bytes, unsigned count);

/** A number as org.apache.hadoop.io.file.tfile.Utils writes it: of 1 to 9 bytes. */
int64_t kx_bytes_vint(struct kx_bytes *bytes);

/** UTF-8 without NUL.  @return owned; NULL: it is none, which counts as cut. */
char *kx_bytes_text(struct kx_bytes *bytes, size_t count);
