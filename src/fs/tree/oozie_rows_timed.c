/* Coordinators and bundles. */
#include "fs/tree/oozie_members.h"
#include "fs/tree/oozie_rows.h"

#define COORDS  "/.oozie/coordinators"
#define COORD   COORDS "/{id}"
#define RUN     COORD "/actions/{action}"
#define BUNDLES "/.oozie/bundles"
#define BUNDLE  BUNDLES "/{id}"

#define GRAPH(at, form, words)                                                                     \
    {                                                                                              \
        .pattern = at "/graph." form, .kind = KX_TREE_DOCUMENT, .flags = KX_TREE_DEAR,             \
        .help = words, .text = kx_oozie_pipeline_graph, .data = form                               \
    }
#define GRAPHS(at)                                                                                 \
    GRAPH(at, "txt", "datasets, coordinators, workflows: name, type, state, what they lead to"),   \
        GRAPH(at, "dot", "the same for dot(1)"), GRAPH(at, "svg", "the same as a picture")

static const struct kx_tree_row ROWS[] = {
    {.pattern = COORDS,
     .kind = KX_TREE_DIRECTORY,
     .help = "Coordinators: the newest 200; any can be named",
     .look = kx_oozie_folder_look,
     .data = &(const struct kx_oozie_view){KX_JOB_COORDINATOR, NULL, NULL, true}},
    {.pattern = COORD,
     .kind = KX_TREE_DIRECTORY,
     .help = "one of them",
     .names = kx_oozie_view_names,
     .look = kx_oozie_job_look,
     .data = &(const struct kx_oozie_view){KX_JOB_COORDINATOR, NULL, NULL, true}},
    MEMBER(COORD "/name", job, "coordJobName", "its name"),
    MEMBER(COORD "/status", job, "status", "RUNNING, SUSPENDED, SUCCEEDED, DONEWITHERROR ..."),
    MEMBER(COORD "/user", job, "user", "whose it is"),
    MEMBER(COORD "/app-path", job, "coordJobPath", "where its application is in HDFS"),
    MEMBER(COORD "/frequency", job, "frequency", "how often it runs"),
    MEMBER(COORD "/timezone", job, "timeZone", "of its times"),
    TIME(COORD "/start", job, "startTime", "its first time"),
    TIME(COORD "/end", job, "endTime", "its end"),
    {.pattern = COORD "/next",
     .kind = KX_TREE_DOCUMENT,
     .flags = KX_TREE_DEAR,
     .help = "the next ten times for which no run is made yet, a line each",
     .text = kx_oozie_next},
    MEMBER(COORD "/concurrency", job, "concurrency", "how many run at once"),
    TIME(COORD "/pause-time", job, "pauseTime", "when it pauses"),
    JOB_FILES(COORD, kx_oozie_coordinator_verbs),
    GRAPHS(COORD),
    PREVIEW(COORD),
    {.pattern = COORD "/grid",
     .kind = KX_TREE_DOCUMENT,
     .help = "a line a run: number, time, status, workflow",
     .text = kx_oozie_grid},
    {.pattern = COORD "/actions", .kind = KX_TREE_DIRECTORY, .help = "Its runs, by number"},
    {.pattern = RUN,
     .kind = KX_TREE_DIRECTORY,
     .help = "one of them",
     .names = kx_oozie_action_names,
     .look = kx_oozie_action_look},
    MEMBER(RUN "/status", action, "status", "WAITING, READY, RUNNING, SUCCEEDED, FAILED ..."),
    TIME(RUN "/nominal", action, "nominalTime", "the time that it is for"),
    TIME(RUN "/created", action, "createdTime", "when it was made"),
    MEMBER(RUN "/missing-deps", action, "missingDependencies", "what it waits for"),
    MEMBER(RUN "/error-code", action, "errorCode", "why it failed"),
    MEMBER(RUN "/error-message", action, "errorMessage", "why it failed"),
    {.pattern = RUN "/error",
     .kind = KX_TREE_VALUE,
     .help = "why the last verb failed",
     .text = kx_shared_error},
    {.pattern = RUN "/ctl",
     .kind = KX_TREE_CTL,
     .help = "write a verb to it; reading lists the verbs",
     .verbs = kx_oozie_run_verbs},
    PREVIEW(RUN),
    {.pattern = RUN "/run",
     .kind = KX_TREE_LINK,
     .help = "its workflow",
     .text = kx_oozie_run_target,
     .look = kx_oozie_run_look},
    {.pattern = BUNDLES,
     .kind = KX_TREE_DIRECTORY,
     .help = "Bundles: the newest 200; any can be named",
     .look = kx_oozie_folder_look,
     .data = &(const struct kx_oozie_view){KX_JOB_BUNDLE, NULL, NULL, true}},
    {.pattern = BUNDLE,
     .kind = KX_TREE_DIRECTORY,
     .help = "one of them",
     .names = kx_oozie_view_names,
     .look = kx_oozie_job_look,
     .data = &(const struct kx_oozie_view){KX_JOB_BUNDLE, NULL, NULL, true}},
    MEMBER(BUNDLE "/name", job, "bundleJobName", "its name"),
    MEMBER(BUNDLE "/status", job, "status", "RUNNING, SUSPENDED, SUCCEEDED ..."),
    MEMBER(BUNDLE "/user", job, "user", "whose it is"),
    MEMBER(BUNDLE "/app-path", job, "bundleJobPath", "where its application is in HDFS"),
    TIME(BUNDLE "/created", job, "createdTime", "when it was submitted"),
    TIME(BUNDLE "/kickoff-time", job, "kickoffTime", "when its coordinators are to begin"),
    TIME(BUNDLE "/end", job, "endTime", "its end"),
    TIME(BUNDLE "/pause-time", job, "pauseTime", "when it pauses"),
    JOB_FILES(BUNDLE, kx_oozie_bundle_verbs),
    GRAPHS(BUNDLE),
    {.pattern = BUNDLE "/coordinators", .kind = KX_TREE_DIRECTORY, .help = "Its coordinators"},
    {.pattern = BUNDLE "/coordinators/{name}",
     .kind = KX_TREE_LINK,
     .help = "one of them",
     .text = kx_oozie_member_target,
     .names = kx_oozie_members},
};

struct kx_tree_rows kx_oozie_timed_rows(void)
{
    return (struct kx_tree_rows){ROWS, G_N_ELEMENTS(ROWS)};
}
