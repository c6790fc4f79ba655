/* What the targets share. A target is one file with LLVMFuzzerTestOneInput: bytes of a server go
 * through a parser; what must hold of the result is checked, and a violation ends the program.
 * Threads: one. */
#pragma once
#include <glib.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** It must hold. */
#define FUZZ_CHECK(what)                                                                           \
    do {                                                                                           \
        if (!(what)) __builtin_trap();                                                             \
    } while (0)

/** The bytes up to the first NUL, which an exact allocation ends: reading behind it is seen.
 *  @return owned. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
    return g_strndup((const char *)data, size);
}
