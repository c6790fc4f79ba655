/* A file that another client writes while it is open here: how far it can be read, and its bytes
 * behind the length that the NameNode knows (rest/visible.h).
 *
 * It is looked for when a file that looks empty is opened, when the end of a file is read that ends
 * with a whole block, and, at most every KX_GROWTH_PERIOD_MS, when who has met the end asks for the
 * length again (tail -f). Threads: any. Blocking: up to two requests, as the call says. */
#pragma once
#include "fs/data/ranges.h"
#include "fs/data/reader.h"
#include "fs/names/inode.h"

struct kx_mount;

/* Less than the second that programs wait between two looks. */
#define KX_GROWTH_PERIOD_MS 800

/** A file is opened for reading. */
void kx_growth_opened(struct kx_mount *mount, struct kx_inode *inode, const struct kx_call *call);

/** Its end is being read.  @status what is known of it. */
void kx_growth_met_end(struct kx_mount *mount, struct kx_inode *inode,
                       const struct kx_status *status, const struct kx_call *call);

/** Its length is asked for: what is known of it is renewed when somebody follows it.  @return 0, or
 * as kx_refresh. */
int kx_growth_asked(struct kx_mount *mount, struct kx_inode *inode, const struct kx_call *call,
                    struct kx_error *err);

/** Read a part, which lies behind the length of `status`, what the NameNode knows.  @out appended
 * to, fewer bytes when there are fewer.  @return 0; -errno. */
int kx_growth_read(struct kx_mount *mount, const char *path, const struct kx_status *status,
                   struct kx_range part, const struct kx_call *call, struct kx_slices *out,
                   struct kx_error *err);
