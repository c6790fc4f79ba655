/* The tree /.cluster/hdfs: the file system as its NameNode sees it (rest/jmx.h).
 * Threads: constant data; handlers as in tree_table.h. */
#pragma once
#include "fs/tree/tree_table.h"

struct kx_tree_rows kx_hdfs_rows(void);
