/* Rows that jobs of all kinds have, and rows that show members of JSON objects, for oozie_rows*.c
 * only.
 * Threads: constant data. */
#pragma once
#include "fs/tree/oozie_private.h"
#include "fs/tree/shared.h"

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

/* What a verb with -n would do: beside each ctl whose verbs take it. */
#define PREVIEW(at)                                                                                \
    {                                                                                              \
        .pattern = at "/preview", .kind = KX_TREE_DOCUMENT,                                        \
        .help = "what the last verb with -n would do", .text = kx_oozie_preview_text,              \
        .look = kx_oozie_preview_look                                                              \
    }

/* A row of what Oozie has of a job beside its JSON, a request each: `what` as its show= wants it.
 */
#define SHOW(path, what, words)                                                                    \
    {                                                                                              \
        .pattern = path, .kind = KX_TREE_DOCUMENT, .flags = KX_TREE_DEAR, .help = words,           \
        .text = kx_oozie_job_show, .data = what                                                    \
    }

/* The files that a workflow, a coordinator and a bundle have alike. */
#define JOB_FILES(at, its_verbs)                                                                   \
    {.pattern = at "/info.json",                                                                   \
     .kind = KX_TREE_DOCUMENT,                                                                     \
     .help = "all that Oozie says of it, as JSON",                                                 \
     .text = kx_oozie_job_json},                                                                   \
        {.pattern = at "/info",                                                                    \
         .kind = KX_TREE_DOCUMENT,                                                                 \
         .help = "the same as the oozie program prints it",                                        \
         .text = kx_oozie_job_info},                                                               \
        {.pattern = at "/properties",                                                              \
         .kind = KX_TREE_DOCUMENT,                                                                 \
         .help = "what it was submitted with: NAME=VALUE",                                         \
         .text = kx_oozie_job_properties},                                                         \
        MEMBER(at "/config.xml", job, "conf", "the same as it was sent"),                          \
        SHOW(at "/definition.xml", "definition", "what it runs"),                                  \
        SHOW(at "/log", "log", "the server's log of it"),                                          \
        {.pattern = at "/wait",                                                                    \
         .kind = KX_TREE_STREAM,                                                                   \
         .help = "its status at its end",                                                          \
         .stream = &kx_oozie_wait_stream},                                                         \
        {.pattern = at "/error",                                                                   \
         .kind = KX_TREE_VALUE,                                                                    \
         .help = "why the last verb failed",                                                       \
         .text = kx_shared_error},                                                                 \
    {                                                                                              \
        .pattern = at "/ctl", .kind = KX_TREE_CTL,                                                 \
        .help = "write a verb to it; reading lists the verbs", .verbs = its_verbs,                 \
        .look = kx_oozie_ctl_look                                                                  \
    }
