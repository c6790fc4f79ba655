/* The tree /.cluster/mount: what this mount is, does and did. Nothing of it asks a server, but the
 * verbs that say so.
 * Threads: constant data; handlers as in tree_table.h. */
#pragma once
#include "fs/tree/tree_table.h"

struct kx_tree_rows kx_cluster_mount_rows(void);
