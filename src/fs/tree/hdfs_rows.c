#include "fs/tree/hdfs_rows.h"

#include <errno.h>
#include <string.h>

#include "fs/mount.h"
#include "fs/services.h"
#include "rest/jmx.h"
#include "rest/webhdfs.h"

#define HDFS "/.cluster/hdfs"

/* `data` of a row: a bean's member, and what GETSTATUS says where there are no beans. */
struct fact {
    const char *member;
    const char *space; /* NULL: nothing */
};

static int ask(const struct kx_tree_at *at, struct kx_answer **out, struct kx_error *err)
{
    struct kx_jmx *jmx = kx_services_jmx(at->mount->services);
    return kx_jmx_get(jmx, at->call, out, err);
}

/* HttpFS has no beans, but passes GETSTATUS on, and so do gateways. */
static int from_space(const struct kx_tree_at *at, const char *name, GString *out)
{
    struct kx_space space;
    int result = kx_webhdfs_space(at->mount->client, at->call, &space, NULL);
    if (result < 0) return result;
    int64_t value = strcmp(name, "capacity") == 0 ? space.capacity
                    : strcmp(name, "used") == 0   ? space.used
                                                  : space.remaining;
    g_string_append_printf(out, "%" G_GINT64_FORMAT, value);
    return 0;
}

static int tell(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    const struct fact *fact = at->row->data;
    g_autoptr(kx_answer) answer = NULL;
    int result = ask(at, &answer, err);
    if (result == -ENODATA && fact->space && from_space(at, fact->space, out) == 0) {
        kx_error_clear(err);
        return 0;
    }
    if (result < 0) return result;
    g_autofree char *text = kx_jmx_member(answer, fact->member);
    if (!text) return kx_error_set(err, ENODATA, "the NameNode does not tell %s", fact->member);
    g_string_append(out, text);
    return 0;
}

/* "Operational" or "safeMode". */
static int tell_safemode(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    g_autoptr(GString) state = g_string_new(NULL);
    int result = tell(at, state, err);
    if (result == 0) g_string_append(out, strcmp(state->str, "safeMode") == 0 ? "on" : "off");
    return result;
}

static int tell_all(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    g_autoptr(kx_answer) answer = NULL;
    int result = ask(at, &answer, err);
    g_autofree char *text = result == 0 ? kx_item_json(kx_answer_root(answer)) : NULL;
    if (text) g_string_append(out, text);
    return result;
}

#define FACT(name, words, handler, bean, other)                                                    \
    {                                                                                              \
        .pattern = HDFS "/" name, .kind = KX_TREE_VALUE, .flags = KX_TREE_DEAR, .help = words,     \
        .text = handler, .data = &(const struct fact)                                              \
        {                                                                                          \
            bean, other                                                                            \
        }                                                                                          \
    }

static const struct kx_tree_row ROWS[] = {
    {.pattern = HDFS,
     .kind = KX_TREE_DIRECTORY,
     .help = "The file system as its NameNode sees it: one request for all"},
    FACT("state", "active or standby", tell, "tag.HAState", NULL),
    FACT("safemode", "on or off", tell_safemode, "FSState", NULL),
    FACT("capacity", "in bytes", tell, "CapacityTotal", "capacity"),
    FACT("used", "in bytes", tell, "CapacityUsed", "used"),
    FACT("remaining", "in bytes", tell, "CapacityRemaining", "remaining"),
    FACT("files", "files and directories", tell, "FilesTotal", NULL),
    FACT("blocks", "of all files", tell, "BlocksTotal", NULL),
    FACT("missing", "blocks that no DataNode has", tell, "MissingBlocks", NULL),
    FACT("live", "DataNodes that answer", tell, "NumLiveDataNodes", NULL),
    FACT("dead", "DataNodes that do not", tell, "NumDeadDataNodes", NULL),
    {.pattern = HDFS "/info.json",
     .kind = KX_TREE_DOCUMENT,
     .flags = KX_TREE_DEAR,
     .help = "all that it says of it, as JSON",
     .text = tell_all},
};

struct kx_tree_rows kx_hdfs_rows(void)
{
    return (struct kx_tree_rows){ROWS, G_N_ELEMENTS(ROWS)};
}
