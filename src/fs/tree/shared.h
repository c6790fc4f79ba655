/* What the rows of several trees have in common.
 * Threads: any; handlers as in tree_table.h. */
#pragma once
#include "fs/tree/tree_table.h"

/** May this text of a server be a name in a directory? */
bool kx_shared_is_name(const char *text);

/** Append milliseconds since the epoch as "2026-11-22T05:01:37Z"; nothing for 0 and less. */
void kx_shared_add_time(int64_t ms, GString *out);

/** Append "NAME<tab>VALUE", line ends in the value as blanks.  @context a GString. */
void kx_shared_add_line(const char *name, const char *value, void *context);

/** Append the value of a label of Prometheus, without its quotes. */
void kx_shared_add_label(const char *text, GString *out);

/** `text` of an `error` file: why the last verb of the `ctl` beside it failed. */
int kx_shared_error(const struct kx_tree_at *at, GString *out, struct kx_error *err);

/** `text` of a link in a view: from "/.oozie/jobs/by-user/bob/ID" up to "/.oozie/jobs/ID". The last
 * component is the name, the first two are the tree and what it is a view of. */
int kx_shared_view_target(const struct kx_tree_at *at, GString *out, struct kx_error *err);
