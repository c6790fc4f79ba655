/* The numbers: gathered once, written in three forms. */
#include <string.h>

#include "fs/data/reads.h"
#include "fs/data/writer.h"
#include "fs/mount.h"
#include "fs/names/inode.h"
#include "fs/opens.h"
#include "fs/tree/cluster_private.h"
#include "fs/tree/tree.h"

/* One number. */
struct number {
    char *name;       /* "read-bytes"; of the requests: "requests" */
    const char *help; /* constant */
    const char *op;   /* of the requests: "OPEN"; else NULL */
    uint64_t value;
    bool gauge; /* it can go down */
};

static void number_clear(gpointer data)
{
    g_free(((struct number *)data)->name);
}

static void add(GArray *numbers, const char *name, const char *help, uint64_t value, bool gauge)
{
    const struct number number = {
        .name = g_strdup(name), .help = help, .value = value, .gauge = gauge};
    g_array_append_val(numbers, number);
}

static void add_requests(GArray *numbers, struct kx_client *client)
{
    for (int i = 0; i < KX_OP_COUNT; i++) {
        const enum kx_op op = (enum kx_op)i;
        const struct number number = {.name = g_strdup("requests"),
                                      .help = "HTTP requests sent, by operation",
                                      .op = kx_op_info(op)->name,
                                      .value = kx_client_sent(client, op)};
        if (number.value)
            g_array_append_val(numbers, number);
        else
            g_free(number.name);
    }
}

/* More than 100: jumps, reads that were given up, files that nobody opened. */
static void add_amplification(GArray *numbers, struct kx_mount *mount)
{
    uint64_t read = kx_stats_get(&mount->stats, KX_STAT_READ);
    uint64_t wire = kx_stats_get(&mount->stats, KX_STAT_WIRE_READ);
    add(numbers, "amplification-percent",
        "bytes of answers from the network, for 100 bytes of files that programs got",
        read ? wire * 100 / read : 0, true);
}

static GArray *gather(struct kx_mount *mount)
{
    const struct kx_clock *clock = mount->clock;
    GArray *numbers = g_array_new(FALSE, FALSE, sizeof(struct number));
    g_array_set_clear_func(numbers, number_clear);
    add(numbers, "uptime-seconds", "seconds since it was mounted",
        (uint64_t)(clock->now_ms(clock) - mount->started_ms) / 1000, true);
    for (int i = 0; i < KX_STAT_COUNT; i++) {
        const struct kx_stat_row *row = kx_stat_row((enum kx_stat)i);
        add(numbers, row->name, row->help, kx_stats_get(&mount->stats, (enum kx_stat)i), false);
    }
    add_amplification(numbers, mount);
    g_autoptr(GPtrArray) open = kx_opens_list(mount->opens);
    add(numbers, "open", "files and directories that are open", open->len, true);
    add(numbers, "inodes", "files and directories that the kernel knows",
        kx_inodes_count(mount->inodes), true);
    add(numbers, "tree-nodes", "virtual files that the kernel knows", kx_tree_count(mount->tree),
        true);
    add(numbers, "blocks", "blocks of 128 KiB in use for bytes on their way",
        kx_pool_in_use(mount->pool), true);
    add(numbers, "read-streams", "streams that files are read from now",
        kx_reads_streams(mount->reads), true);
    add(numbers, "memory-bytes", "memory taken for bytes of files that are read and written",
        (uint64_t)kx_budget_used(mount->budget), true);
    add(numbers, "memory-limit-bytes", "how much it may be (mem=)",
        (uint64_t)kx_budget_limit(mount->budget), true);
    add_requests(numbers, mount->client);
    return numbers;
}

int kx_cluster_stats(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    (void)err;
    g_autoptr(GArray) numbers = gather(at->mount);
    for (guint i = 0; i < numbers->len; i++) {
        const struct number *number = &g_array_index(numbers, struct number, i);
        g_string_append_printf(out, "%s%s%s\t%" G_GUINT64_FORMAT "\n", number->name,
                               number->op ? "-" : "", number->op ? number->op : "", number->value);
    }
    return 0;
}

/* {"name": n, ..., "requests": {"OPEN": n, ...}}; names need no escaping, the requests come last.
 */
int kx_cluster_stats_json(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    (void)err;
    g_autoptr(GArray) numbers = gather(at->mount);
    g_string_append_c(out, '{');
    const char *between = "";
    bool inside = false;
    for (guint i = 0; i < numbers->len; i++) {
        const struct number *number = &g_array_index(numbers, struct number, i);
        if (number->op && !inside) {
            g_string_append_printf(out, "%s\"requests\":{", between);
            between = "";
            inside = true;
        }
        g_string_append_printf(out, "%s\"%s\":%" G_GUINT64_FORMAT, between,
                               number->op ? number->op : number->name, number->value);
        between = ",";
    }
    g_string_append(out, inside ? "}}\n" : ",\"requests\":{}}\n");
    return 0;
}

/* "knoxfs_read_bytes_total": a counter's name ends so by Prometheus' rules. */
static char *metric_name(const struct number *number)
{
    g_autofree char *name = g_strdelimit(g_strdup(number->name), "-", '_');
    return g_strconcat("knoxfs_", name, number->gauge ? NULL : "_total", NULL);
}

int kx_cluster_metrics(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    (void)err;
    g_autoptr(GArray) numbers = gather(at->mount);
    const char *before = "";
    for (guint i = 0; i < numbers->len; i++) {
        const struct number *number = &g_array_index(numbers, struct number, i);
        g_autofree char *name = metric_name(number);
        if (strcmp(before, number->name) != 0)
            g_string_append_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, number->help, name,
                                   number->gauge ? "gauge" : "counter");
        before = number->name;
        g_string_append(out, name);
        if (number->op) g_string_append_printf(out, "{op=\"%s\"}", number->op);
        g_string_append_printf(out, " %" G_GUINT64_FORMAT "\n", number->value);
    }
    kx_cluster_latency_metrics(at->mount->client, out);
    return 0;
}
