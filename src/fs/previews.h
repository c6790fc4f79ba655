/* What verbs that were only tried (-n) said they would do, by the directory of their ctl file.
 *
 * Threads: any; its own mutex guards it.  Bounded: the newest KX_PREVIEWS_MAX texts, of
 * KX_PREVIEW_BYTES each at most. */
#pragma once
#include <glib.h>

#include "base/cleanup.h"

#define KX_PREVIEWS_MAX  64
#define KX_PREVIEW_BYTES ((gsize)256 * 1024)

struct kx_previews;

struct kx_previews *kx_previews_new(void);      /* owned */
void kx_previews_free(struct kx_previews *all); /* NULL is fine */

/** @path "/.oozie/coordinators/ID"; @text copied, what is too long is cut at a line. */
void kx_previews_keep(struct kx_previews *all, const char *path, const char *text);

/** @return owned; NULL: there is none. */
char *kx_previews_find(struct kx_previews *all, const char *path);

KX_DEFINE_AUTOPTR(kx_previews, kx_previews_free)
