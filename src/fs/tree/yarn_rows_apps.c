/* Applications. */
#include "fs/tree/yarn_members.h"
#include "fs/tree/yarn_rows.h"

#define APPS      "/.cluster/apps"
#define APP       APPS "/{app}"
#define ATTEMPT   APP "/attempts/{attempt}"
#define CONTAINER APP "/containers/{container}"

/* Whatever it is called: the server says what is in it. */
static int any(const struct kx_tree_at *at, struct kx_tree_look *out, struct kx_error *err)
{
    (void)at, (void)out, (void)err;
    return 0;
}

/* The links of a view, and the file that says how many there are. */
#define LINKS(folder, parameter, fixed, bound, whole)                                              \
    {                                                                                              \
        .pattern = folder "/{app}", .kind = KX_TREE_LINK, .help = "an application",                \
        .text = kx_shared_view_target, .names = kx_yarn_view_names, .look = kx_yarn_view_look,     \
        .data = &(const struct kx_yarn_view)                                                       \
        {                                                                                          \
            parameter, fixed, bound, whole                                                         \
        }                                                                                          \
    }
#define MORE(folder, parameter, fixed, bound)                                                      \
    {                                                                                              \
        .pattern = folder "/MORE", .kind = KX_TREE_DOCUMENT,                                       \
        .help = "there when not all are listed: how many there are, and what shows them",          \
        .text = kx_yarn_more, .look = kx_yarn_more_look, .data = &(const struct kx_yarn_view)      \
        {                                                                                          \
            parameter, fixed, bound, false                                                         \
        }                                                                                          \
    }
#define VIEW(name, words, parameter, fixed)                                                        \
    {.pattern = APPS "/" name, .kind = KX_TREE_DIRECTORY, .help = words},                          \
        LINKS(APPS "/" name, parameter, fixed, NULL, false),                                       \
        MORE(APPS "/" name, parameter, fixed, NULL)
#define NAMED_VIEW(name, bound, words, parameter)                                                  \
    {.pattern = APPS "/" name,                                                                     \
     .kind = KX_TREE_DIRECTORY,                                                                    \
     .flags = KX_TREE_UNLISTED,                                                                    \
     .help = words},                                                                               \
        {.pattern = APPS "/" name "/{" bound "}",                                                  \
         .kind = KX_TREE_DIRECTORY,                                                                \
         .flags = KX_TREE_UNLISTED,                                                                \
         .help = words,                                                                            \
         .look = any},                                                                             \
        LINKS(APPS "/" name "/{" bound "}", parameter, NULL, bound, false),                        \
        MORE(APPS "/" name "/{" bound "}", parameter, NULL, bound)

static const struct kx_tree_row ROWS[] = {
    {.pattern = APPS,
     .kind = KX_TREE_DIRECTORY,
     .help = "Applications: ID is one, the others are views of the newest 200",
     .look = kx_yarn_there},
    VIEW("running", "those that are RUNNING", "states", "RUNNING"),
    VIEW("accepted", "those that wait for their first container", "states",
         "NEW,NEW_SAVING,SUBMITTED,ACCEPTED"),
    VIEW("finished", "those that are FINISHED, well or not", "states", "FINISHED"),
    VIEW("failed", "those that are FAILED", "states", "FAILED"),
    VIEW("killed", "those that are KILLED", "states", "KILLED"),
    VIEW("mine", "those of the user that the mount is on the cluster", "user", NULL),
    NAMED_VIEW("by-user", "user", "applications of one user", "user"),
    NAMED_VIEW("by-queue", "queue", "applications of one queue", "queue"),
    NAMED_VIEW("q", "filter", "by YARN's filter: states=FAILED;user=bob", NULL),
    {.pattern = APPS "/all",
     .kind = KX_TREE_DIRECTORY,
     .flags = KX_TREE_UNLISTED,
     .help = "all that the ResourceManager remembers"},
    LINKS(APPS "/all", NULL, NULL, NULL, true),
    {.pattern = APP,
     .kind = KX_TREE_DIRECTORY,
     .help = "An application; any that the ResourceManager remembers can be named",
     .look = kx_yarn_look,
     .data = &(const struct kx_yarn_file){kx_yarn_find_app, "finishedTime", KX_YARN_PLAIN}},
    VALUE(APP "/id", app, "id", "its id"),
    VALUE(APP "/name", app, "name", "its name"),
    VALUE(APP "/user", app, "user", "whose it is"),
    VALUE(APP "/queue", app, "queue", "where it runs"),
    VALUE(APP "/type", app, "applicationType", "MAPREDUCE, Oozie Launcher ..."),
    VALUE(APP "/state", app, "state", "ACCEPTED, RUNNING, FINISHED, FAILED, KILLED ..."),
    VALUE(APP "/final-status", app, "finalStatus",
          "what it says of itself: SUCCEEDED, FAILED, KILLED; UNDEFINED before"),
    VALUE(APP "/progress", app, "progress", "in percent"),
    TIME(APP "/started", app, "startedTime", "when it was submitted"),
    TIME(APP "/ended", app, "finishedTime", "when it ended"),
    VALUE(APP "/diagnostics", app, "diagnostics", "why it failed"),
    VALUE(APP "/tracking-url", app, "trackingUrl", "its page"),
    VALUE(APP "/priority", app, "priority", "among the applications of its queue"),
    VALUE(APP "/memory-seconds", app, "memorySeconds", "MiB that it has used, times seconds"),
    VALUE(APP "/vcore-seconds", app, "vcoreSeconds", "processors that it has used, times seconds"),
    VALUE(APP "/log-status", app, "logAggregationStatus",
          "of collecting its logs: NOT_START, RUNNING, SUCCEEDED, FAILED ..."),
    YARN_FILE(APP "/info", DOCUMENT, app, NULL, TABLE, "all of it as a table"),
    JSON(APP, app),
    {.pattern = APP "/error",
     .kind = KX_TREE_VALUE,
     .help = "why the last verb failed",
     .text = kx_shared_error},
    {.pattern = APP "/ctl",
     .kind = KX_TREE_CTL,
     .help = "write a verb to it; reading lists the verbs",
     .verbs = kx_yarn_verbs},
    {.pattern = APP "/wait",
     .kind = KX_TREE_STREAM,
     .help = "its final status at its end",
     .stream = &kx_yarn_wait_stream},
    {.pattern = APP "/attempts",
     .kind = KX_TREE_DIRECTORY,
     .help = "How often its master was started, by number"},
    {.pattern = ATTEMPT,
     .kind = KX_TREE_DIRECTORY,
     .help = "one of them",
     .names = kx_yarn_attempt_names,
     .look = kx_yarn_look,
     .data = &(const struct kx_yarn_file){kx_yarn_find_attempt, "finishedTime", KX_YARN_PLAIN}},
    VALUE(ATTEMPT "/state", attempt, "appAttemptState", "RUNNING, FINISHED, FAILED ..."),
    VALUE(ATTEMPT "/container", attempt, "containerId", "the master's"),
    VALUE(ATTEMPT "/node", attempt, "nodeId", "where the master runs"),
    TIME(ATTEMPT "/started", attempt, "startTime", "when it began"),
    TIME(ATTEMPT "/ended", attempt, "finishedTime", "when it ended"),
    JSON(ATTEMPT, attempt),
    {.pattern = APP "/containers",
     .kind = KX_TREE_DIRECTORY,
     .help = "Those that run now; YARN forgets them at their end"},
    {.pattern = CONTAINER,
     .kind = KX_TREE_DIRECTORY,
     .help = "one of them",
     .names = kx_yarn_container_names,
     .look = kx_yarn_look,
     .data = &(const struct kx_yarn_file){kx_yarn_find_container, NULL, KX_YARN_PLAIN}},
    VALUE(CONTAINER "/state", container, "containerState", "RUNNING ..."),
    VALUE(CONTAINER "/node", container, "nodeId|assignedNodeId", "where it runs"),
    VALUE(CONTAINER "/memory", container, "allocatedMB", "in MiB"),
    VALUE(CONTAINER "/vcores", container, "allocatedVCores", "processors"),
    TIME(CONTAINER "/started", container, "startedTime", "when it began"),
    JSON(CONTAINER, container),
    {.pattern = APP "/logs",
     .kind = KX_TREE_DIRECTORY,
     .help = "What its containers wrote, while they run and afterwards"},
    {.pattern = APP "/logs/{container}",
     .kind = KX_TREE_DIRECTORY,
     .help = "of one of them",
     .names = kx_yarn_log_containers,
     .look = kx_yarn_log_folder_look},
    {.pattern = APP "/logs/{container}/{file}",
     .kind = KX_TREE_RANGED,
     .help = "stdout, stderr, syslog ...; it grows while the container runs",
     .names = kx_yarn_log_files,
     .look = kx_yarn_log_look,
     .ranged = &kx_yarn_log_ranged},
};

struct kx_tree_rows kx_yarn_app_rows(void)
{
    return (struct kx_tree_rows){ROWS, G_N_ELEMENTS(ROWS)};
}
