/* The tree /.cluster beside mount/: what YARN knows. What is asked of it is in rest/yarn.h.
 * Threads: constant data; handlers as in tree_table.h. */
#pragma once
#include "fs/tree/tree_table.h"

struct kx_tree_rows kx_yarn_rows(void);     /* the cluster, its queues and nodes */
struct kx_tree_rows kx_yarn_app_rows(void); /* applications, below it */
