/* The tree /.oozie: jobs as directories. What it asks of the server is in oozie/oozie.h.
 * Threads: constant data; handlers as in tree_table.h. */
#pragma once
#include "fs/tree/tree_table.h"

struct kx_tree_rows kx_oozie_rows(void);        /* the server, workflows */
struct kx_tree_rows kx_oozie_submit_rows(void); /* below it, too */
struct kx_tree_rows kx_oozie_timed_rows(void);  /* coordinators and bundles, below it */
