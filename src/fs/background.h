/* Going into the background, so that the command returns when the mount is there or has failed, and
 * not before. Threads: before any thread starts. */
#pragma once
#include <stdbool.h>

#include "base/error.h"

struct kx_background {
    bool parent; /* this process is the one that was called: it only has to exit, with `status` */
    int status;
    int pipe; /* the child's: tells the parent; -1: in the foreground */
};

/** Fork (when `background`).  The parent comes back when the child called kx_background_ready or
 * has ended. */
int kx_background_enter(struct kx_background *out, bool background, struct kx_error *err);

/** The mount is there: let the parent go, leave the terminal. Nothing happens in the foreground. */
void kx_background_ready(struct kx_background *background);
