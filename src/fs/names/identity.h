/* Owners and groups: HDFS has names, a local file has numbers.
 *
 * A name that this machine knows gets its number; one it does not know gets a stable number above
 * KX_FOREIGN_ID_MIN, the same on every machine and never root's; a number that came from a name
 * goes back to that name. Threads: any. Lookups in the name service may block (NSS); results are
 * kept for the mount's life. */
#pragma once
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"

#define KX_FOREIGN_ID_MIN ((uint32_t)1 << 20)

struct kx_identity;

/** @uid, @gid: the number of everything, or -1. */
struct kx_identity *kx_identity_new(int64_t uid, int64_t gid);
void kx_identity_free(struct kx_identity *identity);

uid_t kx_identity_uid(struct kx_identity *identity, const char *owner);
gid_t kx_identity_gid(struct kx_identity *identity, const char *group);

/** @return owned; NULL when the number has no name. */
char *kx_identity_owner(struct kx_identity *identity, uid_t uid);
char *kx_identity_group(struct kx_identity *identity, gid_t gid);

KX_DEFINE_AUTOPTR(kx_identity, kx_identity_free)
