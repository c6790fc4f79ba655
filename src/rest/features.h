/* What the server is found to do or not to do, learned from its answers: servers differ, and none
 * says what it can.
 *
 * A feature is unknown until an answer tells; what was learned once is kept (another server behind
 * the same address is not expected). Threads: all functions from any thread. */
#pragma once
#include <glib.h>

enum kx_feature {
    KX_FEATURE_RENAME_OPTIONS, /* renameoptions= of RENAME is obeyed: a NameNode; HttpFS ignores it
                                */
    KX_FEATURE_LIST_BATCH,     /* LISTSTATUS_BATCH: Hadoop 3 */
    KX_FEATURE_LIST_AFTER, /* its startAfter is obeyed: a NameNode; HttpFS sends all again. Known
                            * when a second page was asked for, which HttpFS leaves no reason for
                            */
    KX_FEATURE_OPEN_REDIRECTS, /* OPEN redirects to where the bytes are: a NameNode to a DataNode,
                                * Knox to itself; HttpFS sends them at once */
    KX_FEATURE_CREATE_PARENT,  /* createparent=false of CREATE is heeded: a NameNode; HttpFS makes
                                * missing folders (client_create.c) */
    KX_FEATURE_SPACE,          /* GETSTATUS: Hadoop 3.4 */
    KX_FEATURE_LOCATED_BLOCKS, /* GET_BLOCK_LOCATIONS: not an older HttpFS (3.4.2 has it) */
    KX_FEATURE_INODE_PATHS,    /* "/.reserved/.inodes/NUMBER" (inodes.h): a NameNode */
    KX_FEATURE_COUNT
};

enum kx_known { KX_UNKNOWN, KX_NO, KX_YES };

/* Zeroed: nothing is known. */
struct kx_features {
    gint known[KX_FEATURE_COUNT]; /* of enum kx_known; atomic */
};

enum kx_known kx_feature_get(struct kx_features *features, enum kx_feature feature);
void kx_feature_set(struct kx_features *features, enum kx_feature feature, enum kx_known known);

/** "rename-options"; "yes", "no", "unknown". Never NULL. */
const char *kx_feature_name(enum kx_feature feature);
const char *kx_known_name(enum kx_known known);
