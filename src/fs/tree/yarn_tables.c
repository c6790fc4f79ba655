/* What is made of several objects: the queues as a table, numbers for Prometheus, health. */
#include <string.h>

#include "fs/mount.h"
#include "fs/services.h"
#include "fs/tree/shared.h"
#include "fs/tree/yarn_private.h"
#include "rest/webhdfs.h"

#define HEALTH_MS 5000 /* for each service */

static void add_queue(const char *path, const struct kx_item *queue, void *context)
{
    static const char *const COLUMNS[] = {"state",
                                          "capacity",
                                          "usedCapacity",
                                          "maxCapacity",
                                          "numActiveApplications",
                                          "numPendingApplications"};
    g_string_append(context, path);
    for (size_t i = 0; i < G_N_ELEMENTS(COLUMNS); i++) {
        g_autofree char *text = kx_item_text(queue, COLUMNS[i]);
        g_string_append_printf(context, "\t%s", text ? text : "");
    }
    g_string_append_c(context, '\n');
}

int kx_yarn_scheduler_table(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    g_autoptr(kx_answer) answer = NULL;
    const struct kx_item *item = NULL;
    int result = kx_yarn_find_scheduler(at, &answer, &item, err);
    if (result < 0) return result;
    g_string_append(out, "queue\tstate\tcapacity\tused\tmax\tactive\tpending\n");
    kx_yarn_queues(answer, add_queue, out);
    return 0;
}

/* "appsRunning" is yarn_apps_running, "allocatedMB" yarn_allocated_mb. */
static void add_metric(const char *name, const char *value, void *context)
{
    GString *out = context;
    char *end = NULL;
    (void)g_ascii_strtod(value, &end);
    if (end == value || *end) return;
    g_autoptr(GString) snake = g_string_new("yarn_");
    for (const char *c = name; *c; c++) {
        if (g_ascii_isupper(*c) && c > name && !g_ascii_isupper(c[-1]))
            g_string_append_c(snake, '_');
        if (g_ascii_isalnum(*c)) g_string_append_c(snake, g_ascii_tolower(*c));
    }
    g_string_append_printf(out, "# TYPE %s gauge\n%s %s\n", snake->str, snake->str, value);
}

static void add_queue_metric(const char *path, const struct kx_item *queue, void *context)
{
    GString *out = context;
    g_autofree char *used = kx_item_text(queue, "usedCapacity");
    if (!used) return;
    g_string_append(out, "yarn_queue_used_percent{queue=\"");
    kx_shared_add_label(path, out);
    g_string_append_printf(out, "\"} %s\n", used);
}

int kx_yarn_prometheus(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    g_autoptr(kx_answer) metrics = NULL, scheduler = NULL;
    const struct kx_item *item = NULL;
    int result = kx_yarn_find_metrics(at, &metrics, &item, err);
    if (result == 0) kx_item_each(item, add_metric, out);
    if (result == 0) result = kx_yarn_find_scheduler(at, &scheduler, &item, err);
    if (result < 0) return result;
    g_string_append(out, "# TYPE yarn_queue_used_percent gauge\n");
    kx_yarn_queues(scheduler, add_queue_metric, out);
    return 0;
}

/* Does it answer, and does it say that it works? */
static bool is_well(const struct kx_tree_at *at, enum kx_service_kind kind)
{
    static const struct {
        const char *path, *member, *wanted;
    } LOOKS[] = {
        [KX_SERVICE_OOZIE] = {"/v1/admin/status", "systemMode", "NORMAL"},
        [KX_SERVICE_YARN] = {"/v1/cluster/info", "clusterInfo/state", "STARTED"},
        [KX_SERVICE_HISTORY] = {"/v1/history/info", "historyInfo/hadoopVersion", NULL},
    };
    const struct kx_call call = {
        .cancel = at->call->cancel, .timeout_ms = HEALTH_MS, .attempts = 1};
    g_autoptr(kx_answer) answer = NULL;
    struct kx_service *service = kx_services_get(at->mount->services, kind);
    if (kx_service_get(service, LOOKS[kind].path, NULL, &call, &answer, NULL) < 0) return false;
    g_autofree char *said = kx_item_text(kx_answer_root(answer), LOOKS[kind].member);
    return said && (!LOOKS[kind].wanted || strcmp(said, LOOKS[kind].wanted) == 0);
}

static void add_health(GString *out, const char *name, bool well)
{
    g_string_append_printf(out, "knoxfs_service_up{service=\"%s\"} %d\n", name, well);
}

int kx_cluster_health(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    (void)err;
    const struct kx_call call = {
        .cancel = at->call->cancel, .timeout_ms = HEALTH_MS, .attempts = 1};
    struct kx_client *client = at->mount->client;
    struct kx_status root = {0};
    g_string_append(out, "# TYPE knoxfs_service_up gauge\n");
    bool well = kx_webhdfs_stat(client, kx_client_endpoint(client)->root, &call, &root, NULL) == 0;
    kx_status_clear(&root);
    add_health(out, "hdfs", well);
    for (int i = 0; i < KX_SERVICE_KINDS; i++)
        if (kx_services_shown(at->mount->services, (enum kx_service_kind)i))
            add_health(out, kx_services_name((enum kx_service_kind)i),
                       is_well(at, (enum kx_service_kind)i));
    return 0;
}
