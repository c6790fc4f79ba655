/* Rows that show members of what YARN tells, for yarn_rows*.c only.
 * Threads: constant data. */
#pragma once
#include "fs/tree/shared.h"
#include "fs/tree/yarn_private.h"

#define YARN_FILE(path, what, whose, member, how, words)                                           \
    {                                                                                              \
        .pattern = path, .kind = KX_TREE_##what, .help = words, .text = kx_yarn_text,              \
        .data = &(const struct kx_yarn_file)                                                       \
        {                                                                                          \
            kx_yarn_find_##whose, member, KX_YARN_##how                                            \
        }                                                                                          \
    }
#define VALUE(path, whose, member, words) YARN_FILE(path, VALUE, whose, member, PLAIN, words)
#define TIME(path, whose, member, words)  YARN_FILE(path, VALUE, whose, member, TIME, words)
#define JSON(path, whose)                                                                          \
    YARN_FILE(path "/info.json", DOCUMENT, whose, NULL, JSON, "all that YARN says of it, as JSON")
