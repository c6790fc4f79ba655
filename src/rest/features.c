#include "rest/features.h"

enum kx_known kx_feature_get(struct kx_features *features, enum kx_feature feature)
{
    return (enum kx_known)g_atomic_int_get(&features->known[feature]);
}

void kx_feature_set(struct kx_features *features, enum kx_feature feature, enum kx_known known)
{
    g_atomic_int_set(&features->known[feature], (gint)known);
}

const char *kx_feature_name(enum kx_feature feature)
{
    static const char *const NAMES[KX_FEATURE_COUNT] = {
        [KX_FEATURE_RENAME_OPTIONS] = "rename-options",
        [KX_FEATURE_LIST_BATCH] = "list-batch",
        [KX_FEATURE_LIST_AFTER] = "list-start-after",
        [KX_FEATURE_OPEN_REDIRECTS] = "open-redirects",
        [KX_FEATURE_CREATE_PARENT] = "create-parent",
        [KX_FEATURE_SPACE] = "space",
        [KX_FEATURE_LOCATED_BLOCKS] = "located-blocks",
        [KX_FEATURE_INODE_PATHS] = "inode-paths",
    };
    return NAMES[feature];
}

const char *kx_known_name(enum kx_known known)
{
    static const char *const NAMES[] = {[KX_UNKNOWN] = "unknown", [KX_NO] = "no", [KX_YES] = "yes"};
    return NAMES[known];
}
