/* Rename onto a name that may be taken, as rename(2) does.
 * Threads: any. Blocking: one request on a NameNode; on HttpFS, which cannot replace, up to five.
 */
#pragma once
#include "rest/client.h"

struct kx_mount;

/** On a NameNode atomic. On HttpFS the old file is put aside under a hidden name, and back when the
 * rename fails; for a moment there is no file of that name.  @return 0; -ENOTEMPTY, -EISDIR,
 * -ENOTDIR, -ENOENT, ... */
int kx_replace(struct kx_mount *mount, const char *from, const char *to, const struct kx_call *call,
               struct kx_error *err);

/** "NAME" -> ".NAME.knoxfs-ID-N": a name of this mount's own, another one each time, at most
 * KX_NAME_MAX bytes long and valid UTF-8.
 *  @return owned. */
char *kx_hidden_name(struct kx_mount *mount, const char *name);

/** What the names of this mount's hidden files contain: ".knoxfs-ID-".  @return owned. */
char *kx_hidden_mark(const struct kx_mount *mount);
