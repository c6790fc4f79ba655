/* Rows that show members of JSON objects, for oozie_rows*.c only.
 * Threads: constant data. */
#pragma once
#include "fs/tree/oozie_private.h"

/* A row that shows one member of the job (or of the action). */
#define SHOWN(path, whose, member, is_time, words)                                                 \
    {                                                                                              \
        .pattern = path, .kind = KX_TREE_VALUE, .help = words, .text = kx_oozie_##whose##_member,  \
        .data = &(const struct kx_oozie_member)                                                    \
        {                                                                                          \
            .name = member, .time = is_time                                                        \
        }                                                                                          \
    }
#define MEMBER(path, whose, member, words) SHOWN(path, whose, member, false, words)
#define TIME(path, whose, member, words)   SHOWN(path, whose, member, true, words)
