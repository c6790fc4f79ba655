/* How full the file system is, asked for at most every KX_SPACE_AGE_MS.
 * Threads: any; one asks, the others take what is known. */
#pragma once
#include <sys/statvfs.h>

#include "rest/client.h"

#define KX_SPACE_AGE_MS 30000

struct kx_mount;
struct kx_space_cache;

struct kx_space_cache *kx_space_new(void);
void kx_space_free(struct kx_space_cache *space);

/** Fill what df shows. Never fails and never waits longer than KX_SPACE_TIMEOUT_MS: with a dead
 * server it is what was known last, at first nothing. */
void kx_space_get(struct kx_mount *mount, const struct kx_call *call, struct statvfs *out);
#define KX_SPACE_TIMEOUT_MS 5000
