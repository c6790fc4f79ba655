/* The cluster, its queues and its nodes. */
#include "fs/tree/yarn_rows.h"

#include "fs/tree/yarn_members.h"

#define CLUSTER "/.cluster"
#define METRICS CLUSTER "/metrics"
#define QUEUES  CLUSTER "/queues"
#define QUEUE   QUEUES "/{queue}"
#define USER    QUEUE "/users/{user}"
#define NODES   CLUSTER "/nodes"
#define NODE    NODES "/{node}"

/* A file that is there where YARN is. */
#define SHOWN(path, what, whose, member, how, words)                                               \
    {                                                                                              \
        .pattern = path, .kind = KX_TREE_##what, .help = words, .text = kx_yarn_text,              \
        .look = kx_yarn_there, .data = &(const struct kx_yarn_file)                                \
        {                                                                                          \
            kx_yarn_find_##whose, member, KX_YARN_##how                                            \
        }                                                                                          \
    }

static const struct kx_tree_row ROWS[] = {
    {.pattern = CLUSTER "/health",
     .kind = KX_TREE_DOCUMENT,
     .flags = KX_TREE_DEAR,
     .help = "which services work at this moment, 1 or 0, for Prometheus; each is asked",
     .text = kx_cluster_health},
    SHOWN(CLUSTER "/id", VALUE, info, "id", PLAIN, "of the cluster"),
    SHOWN(CLUSTER "/state", VALUE, info, "state", PLAIN, "of the ResourceManager: STARTED ..."),
    SHOWN(CLUSTER "/ha-state", VALUE, info, "haState", PLAIN, "ACTIVE or STANDBY"),
    SHOWN(CLUSTER "/version", VALUE, info, "hadoopVersion", PLAIN, "of Hadoop"),
    SHOWN(CLUSTER "/started", VALUE, info, "startedOn", TIME, "when the ResourceManager began"),
    SHOWN(CLUSTER "/info", DOCUMENT, info, NULL, TABLE, "all that it says of itself, as a table"),
    SHOWN(CLUSTER "/info.json", DOCUMENT, info, NULL, JSON, "the same as JSON"),
    {.pattern = METRICS,
     .kind = KX_TREE_DIRECTORY,
     .help = "What the ResourceManager counts: a file a number",
     .look = kx_yarn_there},
    {.pattern = METRICS "/{metric}",
     .kind = KX_TREE_VALUE,
     .help = "appsRunning, appsPending, allocatedMB, totalMB, activeNodes ...",
     .text = kx_yarn_metric,
     .names = kx_yarn_metric_names,
     .look = kx_yarn_metric_look},
    SHOWN(CLUSTER "/metrics.json", DOCUMENT, metrics, NULL, JSON, "metrics as JSON"),
    {.pattern = CLUSTER "/metrics.prom",
     .kind = KX_TREE_DOCUMENT,
     .help = "metrics, and how full the queues are, for Prometheus",
     .text = kx_yarn_prometheus,
     .look = kx_yarn_there},
    {.pattern = CLUSTER "/cost",
     .kind = KX_TREE_DOCUMENT,
     .flags = KX_TREE_DEAR,
     .help = "what applications have used, by user and queue, for Prometheus",
     .text = kx_yarn_cost,
     .look = kx_yarn_there},
    {.pattern = CLUSTER "/scheduler",
     .kind = KX_TREE_DOCUMENT,
     .help = "a line a queue: path, state, capacity, used, max (%), active, pending applications",
     .text = kx_yarn_scheduler_table,
     .look = kx_yarn_there},
    SHOWN(CLUSTER "/scheduler.json", DOCUMENT, scheduler, NULL, JSON,
          "all that the scheduler says, as JSON"),
    {.pattern = QUEUES,
     .kind = KX_TREE_DIRECTORY,
     .help = "The queues by their full paths: root.default",
     .look = kx_yarn_there},
    {.pattern = QUEUE,
     .kind = KX_TREE_DIRECTORY,
     .help = "one of them",
     .names = kx_yarn_queue_names,
     .look = kx_yarn_look,
     .data = &(const struct kx_yarn_file){kx_yarn_find_queue, NULL, KX_YARN_PLAIN}},
    VALUE(QUEUE "/state", queue, "state", "RUNNING or STOPPED"),
    VALUE(QUEUE "/capacity", queue, "capacity", "its share of the queue above it, in percent"),
    VALUE(QUEUE "/used", queue, "usedCapacity", "how much of its share is used, in percent"),
    VALUE(QUEUE "/max", queue, "maxCapacity", "what it may grow to, in percent"),
    VALUE(QUEUE "/absolute-capacity", queue, "absoluteCapacity", "the same of the whole cluster"),
    VALUE(QUEUE "/absolute-used", queue, "absoluteUsedCapacity", "the same of the whole cluster"),
    VALUE(QUEUE "/absolute-max", queue, "absoluteMaxCapacity", "the same of the whole cluster"),
    VALUE(QUEUE "/apps-active", queue, "numActiveApplications|numActiveApps",
          "applications that run"),
    VALUE(QUEUE "/apps-pending", queue, "numPendingApplications|numPendingApps",
          "applications that wait"),
    VALUE(QUEUE "/memory-used", queue, "resourcesUsed/memory|usedResources/memory", "in MiB"),
    VALUE(QUEUE "/vcores-used", queue, "resourcesUsed/vCores|usedResources/vCores", "processors"),
    JSON(QUEUE, queue),
    {.pattern = QUEUE "/users",
     .kind = KX_TREE_DIRECTORY,
     .help = "Who has applications in the queue"},
    {.pattern = USER,
     .kind = KX_TREE_DIRECTORY,
     .help = "one of them",
     .names = kx_yarn_user_names,
     .look = kx_yarn_look,
     .data = &(const struct kx_yarn_file){kx_yarn_find_queue_user, NULL, KX_YARN_PLAIN}},
    VALUE(USER "/apps-active", queue_user, "numActiveApplications", "applications that run"),
    VALUE(USER "/apps-pending", queue_user, "numPendingApplications", "applications that wait"),
    VALUE(USER "/memory-used", queue_user, "resourcesUsed/memory", "in MiB"),
    VALUE(USER "/vcores-used", queue_user, "resourcesUsed/vCores", "processors"),
    JSON(USER, queue_user),
    {.pattern = NODES,
     .kind = KX_TREE_DIRECTORY,
     .help = "The NodeManagers, HOST:PORT",
     .look = kx_yarn_there},
    {.pattern = NODE,
     .kind = KX_TREE_DIRECTORY,
     .help = "one of them",
     .names = kx_yarn_node_names,
     .look = kx_yarn_look,
     .data = &(const struct kx_yarn_file){kx_yarn_find_node, NULL, KX_YARN_PLAIN}},
    VALUE(NODE "/state", node, "state", "RUNNING, UNHEALTHY, LOST ..."),
    VALUE(NODE "/rack", node, "rack", "where it is"),
    VALUE(NODE "/containers", node, "numContainers", "how many run on it"),
    VALUE(NODE "/memory-used", node, "usedMemoryMB", "in MiB"),
    VALUE(NODE "/memory-free", node, "availMemoryMB", "in MiB"),
    VALUE(NODE "/vcores-used", node, "usedVirtualCores", "processors that are taken"),
    VALUE(NODE "/vcores-free", node, "availableVirtualCores", "processors that are free"),
    VALUE(NODE "/version", node, "version", "of Hadoop on it"),
    VALUE(NODE "/health", node, "healthReport", "what is wrong with it; empty when nothing is"),
    VALUE(NODE "/http-address", node, "nodeHTTPAddress", "HOST:PORT of its pages"),
    JSON(NODE, node),
};

struct kx_tree_rows kx_yarn_rows(void)
{
    return (struct kx_tree_rows){ROWS, G_N_ELEMENTS(ROWS)};
}
