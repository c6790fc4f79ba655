/* The server, and workflows. */
#include "fs/tree/oozie_rows.h"

#include "fs/tree/oozie_members.h"

#define OOZIE  "/.oozie"
#define JOBS   OOZIE "/jobs"
#define JOB    JOBS "/{id}"
#define ACTION JOB "/actions/{action}"

/* The links of a view, and the file that says how many there are. */
#define LINKS(folder, words)                                                                       \
    {.pattern = folder "/{id}",                                                                    \
     .kind = KX_TREE_LINK,                                                                         \
     .help = "a job",                                                                              \
     .text = kx_shared_view_target,                                                                \
     .names = kx_oozie_view_names,                                                                 \
     .look = kx_oozie_view_look,                                                                   \
     .data = &(const struct kx_oozie_view){KX_JOB_WORKFLOW, words, NULL, false}},                  \
    {                                                                                              \
        .pattern = folder "/MORE", .kind = KX_TREE_DOCUMENT,                                       \
        .help = "there when not all are listed: how many there are, and what shows them",          \
        .text = kx_oozie_more, .look = kx_oozie_more_look, .data = &(const struct kx_oozie_view)   \
        {                                                                                          \
            KX_JOB_WORKFLOW, words, NULL, false                                                    \
        }                                                                                          \
    }
#define VIEW(name, words, filter)                                                                  \
    {.pattern = JOBS "/" name,                                                                     \
     .kind = KX_TREE_DIRECTORY,                                                                    \
     .help = words,                                                                                \
     .look = kx_oozie_folder_look,                                                                 \
     .data = &(const struct kx_oozie_view){KX_JOB_WORKFLOW, filter, NULL, false}},                 \
        LINKS(JOBS "/" name, filter)
/* The same of the mount's user only; not listed beside the jobs themselves. */
#define MINE(name, state)                                                                          \
    {.pattern = JOBS "/mine/" name,                                                                \
     .kind = KX_TREE_DIRECTORY,                                                                    \
     .flags = KX_TREE_UNLISTED,                                                                    \
     .help = "those of them that are " state,                                                      \
     .look = kx_oozie_folder_look,                                                                 \
     .data =                                                                                       \
         &(const struct kx_oozie_view){KX_JOB_WORKFLOW, "user=%s;status=" state, NULL, false}},    \
        LINKS(JOBS "/mine/" name, "user=%s;status=" state)
/* All of them, however many. */
#define NAMED_VIEW(name, bound, words, filter)                                                     \
    {.pattern = JOBS "/" name,                                                                     \
     .kind = KX_TREE_DIRECTORY,                                                                    \
     .flags = KX_TREE_UNLISTED,                                                                    \
     .help = words},                                                                               \
        {.pattern = JOBS "/" name "/{" bound "}",                                                  \
         .kind = KX_TREE_DIRECTORY,                                                                \
         .flags = KX_TREE_UNLISTED,                                                                \
         .help = words,                                                                            \
         .look = kx_oozie_named_look,                                                              \
         .data = &(const struct kx_oozie_view){KX_JOB_WORKFLOW, filter, bound, false}},            \
    {                                                                                              \
        .pattern = JOBS "/" name "/{" bound "}/{id}", .kind = KX_TREE_LINK, .help = "a job",       \
        .text = kx_shared_view_target, .pages = &kx_oozie_pages, .look = kx_oozie_pages_look,      \
        .data = &(const struct kx_oozie_view)                                                      \
        {                                                                                          \
            KX_JOB_WORKFLOW, filter, bound, false                                                  \
        }                                                                                          \
    }

#define GRAPH(form, words)                                                                         \
    {                                                                                              \
        .pattern = JOB "/graph." form, .kind = KX_TREE_DOCUMENT, .flags = KX_TREE_DEAR,            \
        .help = words, .text = kx_oozie_job_graph, .data = form                                    \
    }

static const struct kx_tree_row ROWS[] = {
    {.pattern = OOZIE,
     .kind = KX_TREE_DIRECTORY,
     .help = "Jobs of Oozie as files",
     .look = kx_oozie_there},
    {.pattern = OOZIE "/version",
     .kind = KX_TREE_VALUE,
     .help = "of the server",
     .text = kx_oozie_version_text},
    {.pattern = OOZIE "/status",
     .kind = KX_TREE_VALUE,
     .help = "NORMAL, NOWEBSERVICE or SAFEMODE",
     .text = kx_oozie_status_text},
    {.pattern = OOZIE "/mode",
     .kind = KX_TREE_VALUE,
     .help = "the same",
     .text = kx_oozie_status_text},
    {.pattern = OOZIE "/time",
     .kind = KX_TREE_VALUE,
     .flags = KX_TREE_DEAR,
     .help = "of the server's clock",
     .text = kx_oozie_time_text},
    {.pattern = OOZIE "/endpoint",
     .kind = KX_TREE_VALUE,
     .help = "the URL of the server",
     .text = kx_oozie_endpoint_text},
    {.pattern = OOZIE "/servers",
     .kind = KX_TREE_DOCUMENT,
     .help = "a line a server that works on the same jobs: name, URL",
     .text = kx_oozie_servers_text},
    {.pattern = OOZIE "/ctl",
     .kind = KX_TREE_CTL,
     .help = "write a verb to it; reading lists the verbs",
     .verbs = kx_oozie_server_verbs},
    {.pattern = OOZIE "/errors",
     .kind = KX_TREE_DOCUMENT,
     .mode = 0400,
     .help = "the last failures in this tree, with their reasons",
     .text = kx_oozie_errors_text},
    {.pattern = OOZIE "/sharelib",
     .kind = KX_TREE_DIRECTORY,
     .help = "The libraries that the server gives to actions"},
    {.pattern = OOZIE "/sharelib/{library}",
     .kind = KX_TREE_DIRECTORY,
     .help = "one of them",
     .names = kx_oozie_libraries},
    {.pattern = OOZIE "/sharelib/{library}/{file}",
     .kind = KX_TREE_VALUE,
     .help = "where it is in HDFS",
     .text = kx_oozie_library_file,
     .names = kx_oozie_library_files},
    {.pattern = OOZIE "/events",
     .kind = KX_TREE_STREAM,
     .help = "a line a change: time, job, status before and now, of the newest 200 of each kind",
     .stream = &kx_oozie_events_stream},
    {.pattern = JOBS,
     .kind = KX_TREE_DIRECTORY,
     .help = "Workflows: ID is a job, the others are views of the newest 200"},
    VIEW("running", "those that are RUNNING", "status=RUNNING"),
    VIEW("suspended", "those that are SUSPENDED", "status=SUSPENDED"),
    VIEW("prep", "those that are PREP", "status=PREP"),
    VIEW("failed", "those that are FAILED", "status=FAILED"),
    VIEW("killed", "those that are KILLED", "status=KILLED"),
    VIEW("succeeded", "those that are SUCCEEDED", "status=SUCCEEDED"),
    VIEW("recent", "of any status", NULL),
    VIEW("mine", "those of the user that the mount is on the cluster", "user=%s"),
    MINE("running", "RUNNING"),
    MINE("suspended", "SUSPENDED"),
    MINE("prep", "PREP"),
    MINE("failed", "FAILED"),
    MINE("killed", "KILLED"),
    MINE("succeeded", "SUCCEEDED"),
    NAMED_VIEW("by-user", "user", "jobs of one user", "user=%s"),
    NAMED_VIEW("by-name", "name", "jobs of one name", "name=%s"),
    NAMED_VIEW("by-day", "day", "jobs that were submitted on a day (UTC): 2026-11-22",
               "startcreatedtime=%sT00:00Z;endcreatedtime=%sT23:59Z"),
    NAMED_VIEW("q", "filter", "jobs that Oozie's filter fits: status=FAILED;name=etl", "%s"),
    {.pattern = JOBS "/all",
     .kind = KX_TREE_DIRECTORY,
     .flags = KX_TREE_UNLISTED,
     .help = "Every workflow that the server knows, however many"},
    {.pattern = JOBS "/all/{id}",
     .kind = KX_TREE_DIRECTORY,
     .help = "a job",
     .same_as = JOB,
     .pages = &kx_oozie_pages,
     .look = kx_oozie_job_look,
     .data = &(const struct kx_oozie_view){KX_JOB_WORKFLOW, NULL, NULL, true}},
    {.pattern = JOB,
     .kind = KX_TREE_DIRECTORY,
     .help = "A workflow; any job can be named",
     .look = kx_oozie_job_look},
    MEMBER(JOB "/id", job, "id", "its id"),
    MEMBER(JOB "/name", job, "appName", "its name"),
    MEMBER(JOB "/status", job, "status", "PREP, RUNNING, SUSPENDED, SUCCEEDED, KILLED or FAILED"),
    MEMBER(JOB "/user", job, "user", "whose it is"),
    MEMBER(JOB "/group", job, "group", "of the job"),
    MEMBER(JOB "/app-path", job, "appPath", "where its application is in HDFS"),
    TIME(JOB "/created", job, "createdTime", "when it was submitted"),
    TIME(JOB "/started", job, "startTime", "when it was started"),
    TIME(JOB "/ended", job, "endTime", "when it ended"),
    TIME(JOB "/modified", job, "lastModTime", "when it changed last"),
    MEMBER(JOB "/parent", job, "parentId", "the job or coordinator run that made it"),
    MEMBER(JOB "/external-id", job, "externalId", "what who submitted it calls it"),
    MEMBER(JOB "/run", job, "run", "how often it was run again"),
    MEMBER(JOB "/console-url", job, "consoleUrl", "its page"),
    JOB_FILES(JOB, kx_oozie_verbs),
    PREVIEW(JOB),
    SHOW(JOB "/errorlog", "errorlog", "the errors in it"),
    {.pattern = JOB "/log.d", .kind = KX_TREE_DIRECTORY, .help = "Parts of its log"},
    SHOW(JOB "/log.d/recent-1h", "log &logfilter=recent%3D1h", "the last hour before its end"),
    SHOW(JOB "/log.d/ERROR", "log &logfilter=loglevel%3DERROR", "errors"),
    SHOW(JOB "/log.d/WARN", "log &logfilter=loglevel%3DWARN", "warnings"),
    SHOW(JOB "/auditlog", "auditlog", "who did what to it"),
    GRAPH("txt", "its nodes from the start on: name, type, state, where they lead to"),
    GRAPH("dot", "the same for dot(1)"),
    GRAPH("svg", "the same as a picture"),
    SHOW(JOB "/graph.png", "graph &format=png", "the same as Oozie draws it"),
    {.pattern = JOB "/why",
     .kind = KX_TREE_DOCUMENT,
     .flags = KX_TREE_DEAR,
     .help = "the first action that failed: its reason, what YARN says, the end of its stderr",
     .text = kx_oozie_job_why},
    {.pattern = JOB "/.running",
     .kind = KX_TREE_VALUE,
     .help = "there as long as it has not ended",
     .text = kx_oozie_running_text,
     .look = kx_oozie_running_look},
    {.pattern = JOB "/children", .kind = KX_TREE_DIRECTORY, .help = "Its sub-workflows"},
    {.pattern = JOB "/children/{child}",
     .kind = KX_TREE_LINK,
     .help = "a job",
     .text = kx_oozie_child_target,
     .names = kx_oozie_children},
    {.pattern = JOB "/actions", .kind = KX_TREE_DIRECTORY, .help = "Its nodes that have begun"},
    {.pattern = ACTION,
     .kind = KX_TREE_DIRECTORY,
     .help = "one of them",
     .names = kx_oozie_action_names,
     .look = kx_oozie_action_look},
    MEMBER(ACTION "/status", action, "status", "OK, RUNNING, ERROR, KILLED ..."),
    MEMBER(ACTION "/type", action, "type", "shell, fs, map-reduce, :START: ..."),
    MEMBER(ACTION "/transition", action, "transition", "the node that came after it"),
    MEMBER(ACTION "/retries", action, "retries", "how often it was tried again"),
    MEMBER(ACTION "/error-code", action, "errorCode", "why it failed"),
    MEMBER(ACTION "/error-message", action, "errorMessage", "why it failed"),
    MEMBER(ACTION "/external-id", action, "externalId",
           "the application of YARN, or the job, that it is"),
    MEMBER(ACTION "/external-status", action, "externalStatus", "what that one says of itself"),
    TIME(ACTION "/started", action, "startTime", "when it began"),
    TIME(ACTION "/ended", action, "endTime", "when it ended"),
    MEMBER(ACTION "/console-url", action, "consoleUrl", "its page"),
    MEMBER(ACTION "/conf.xml", action, "conf", "what it was started with"),
    MEMBER(ACTION "/data", action, "data", "what it wrote for others (capture-output)"),
    MEMBER(ACTION "/stats", action, "stats", "its counters"),
    {.pattern = ACTION "/app",
     .kind = KX_TREE_LINK,
     .help = "the application of YARN that it is",
     .text = kx_oozie_app_target,
     .look = kx_oozie_app_look,
     .data = ""},
    {.pattern = ACTION "/logs",
     .kind = KX_TREE_LINK,
     .help = "what its containers wrote: CONTAINER/stdout and so on",
     .text = kx_oozie_app_target,
     .look = kx_oozie_app_look,
     .data = "/logs"},
    {.pattern = ACTION "/children",
     .kind = KX_TREE_DIRECTORY,
     .help = "What it has started besides"},
    {.pattern = ACTION "/children/{child}",
     .kind = KX_TREE_LINK,
     .help = "an application, or a sub-workflow",
     .text = kx_oozie_action_child_target,
     .names = kx_oozie_action_children},
    {.pattern = ACTION "/info.json",
     .kind = KX_TREE_DOCUMENT,
     .help = "all that Oozie says of it, as JSON",
     .text = kx_oozie_action_json},
};

struct kx_tree_rows kx_oozie_rows(void)
{
    return (struct kx_tree_rows){ROWS, G_N_ELEMENTS(ROWS)};
}
