/* What is open in the kernel: files and directories whose release may never come.
 *
 * At the end of a mount the kernel drops the connection, and releases that were still queued with
 * it: what is left here is closed by hand then. Threads: any. */
#pragma once
#include "base/cleanup.h"

struct kx_opens;

typedef void (*kx_open_close)(void *open);

struct kx_opens *kx_opens_new(void);
void kx_opens_free(struct kx_opens *opens); /* must be empty */

/** Remember an open thing (borrowed) and how it is closed. */
void kx_opens_add(struct kx_opens *opens, void *open, kx_open_close close);

/** Its release has come: close it. */
void kx_opens_release(struct kx_opens *opens, void *open);

/** Close all that is left. No request may be running. */
void kx_opens_release_all(struct kx_opens *opens);
