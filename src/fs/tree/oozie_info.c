/* A job as `oozie job -info` prints it, byte by byte (Oozie 5.2.1: OozieCLI), so that what reads
 * that reads this. Times are GMT, as they are there without -timezone. */
#include <string.h>

#include "fs/tree/oozie_private.h"

#define RULER_WIDTH 132

enum look {
    WORD, /* "-" when there is none */
    RAW,  /* "null": where the client prints what it has */
    TIME,
    DATE /* as Java prints one */
};

struct line {
    const char *label, *member;
    enum look look;
};

struct column {
    const char *label, *member;
    enum look look;
    int width; /* letters, at the least */
};

/* What is printed of one kind. Arrays end with a row without a label. */
struct sheet {
    const struct line *lines;
    const struct column *columns;
    const char *title;     /* above the table; "": none */
    bool empty, ruled;     /* without rows the table's head is printed, too; a line is below it */
    const char *last_line; /* behind all */
};

static const struct sheet SHEETS[] = {
    [KX_JOB_WORKFLOW] = {.lines = (const struct line[]){{"Workflow Name : ", "appName", WORD},
                                                        {"App Path      : ", "appPath", WORD},
                                                        {"Status        : ", "status", RAW},
                                                        {"Run           : ", "run", RAW},
                                                        {"User          : ", "user", WORD},
                                                        {"Group         : ", "group", WORD},
                                                        {"Created       : ", "createdTime", TIME},
                                                        {"Started       : ", "startTime", TIME},
                                                        {"Last Modified : ", "lastModTime", TIME},
                                                        {"Ended         : ", "endTime", TIME},
                                                        {"CoordAction ID: ", "parentId", WORD},
                                                        {NULL, NULL, RAW}},
                         .columns = (const struct column[]){{"ID", "id", WORD, 78},
                                                            {"Status", "status", RAW, 10},
                                                            {"Ext ID", "externalId", WORD, 23},
                                                            {"Ext Status", "externalStatus", WORD,
                                                             11},
                                                            {"Err Code", "errorCode", WORD, 10},
                                                            {NULL, NULL, RAW, 0}},
                         .title = "\nActions\n",
                         .ruled = true,
                         .last_line = "\n"},
    [KX_JOB_COORDINATOR] = {.lines = (const struct line[]){{"Job Name    : ", "coordJobName", WORD},
                                                           {"App Path    : ", "coordJobPath", WORD},
                                                           {"Status      : ", "status", RAW},
                                                           {"Start Time  : ", "startTime", TIME},
                                                           {"End Time    : ", "endTime", TIME},
                                                           {"Pause Time  : ", "pauseTime", TIME},
                                                           {"Concurrency : ", "concurrency", RAW},
                                                           {NULL, NULL, RAW}},
                            .columns = (const struct column[]){{"ID", "id", WORD, 43},
                                                               {"Status", "status", RAW, 10},
                                                               {"Ext ID", "externalId", WORD, 37},
                                                               {"Err Code", "errorCode", WORD, 10},
                                                               {"Created", "createdTime", TIME, 21},
                                                               {"Nominal Time", "nominalTime", TIME,
                                                                21},
                                                               {NULL, NULL, RAW, 0}},
                            .title = "",
                            .empty = true,
                            .last_line = ""},
    [KX_JOB_BUNDLE] = {.lines = (const struct line[]){{"Job Name : ", "bundleJobName", WORD},
                                                      {"App Path : ", "bundleJobPath", WORD},
                                                      {"Status   : ", "status", RAW},
                                                      {"Kickoff time   : ", "kickoffTime", DATE},
                                                      {NULL, NULL, RAW}},
                       .columns = (const struct column[]){{"Job ID", "coordJobId", WORD, 41},
                                                          {"Status", "status", RAW, 15},
                                                          {"Freq", "frequency", RAW, 5},
                                                          {"Unit", "timeUnit", RAW, 13},
                                                          {"Started", "startTime", TIME, 24},
                                                          {"Next Materialized",
                                                           "nextMaterializedTime", TIME, 24},
                                                          {NULL, NULL, RAW, 0}},
                       .title = "",
                       .empty = true,
                       .ruled = true,
                       .last_line = ""},
};

/* @return owned. */
static char *shown(const struct kx_item *item, const char *member, enum look look)
{
    g_autofree char *text = kx_item_text(item, member);
    if (look == WORD || look == RAW)
        return g_strdup(text && (*text || look == RAW) ? text : look == RAW ? "null" : "-");
    int64_t ms = kx_oozie_time(text);
    g_autoptr(GDateTime) at = ms ? g_date_time_new_from_unix_utc(ms / 1000) : NULL;
    if (!at) return g_strdup(look == DATE ? "null" : "-");
    if (look == TIME) return g_date_time_format(at, "%Y-%m-%d %H:%M GMT");
    /* "Sun, 22 Nov 2026 05:01:37 GMT" as "Sun Nov 22 05:01:37 GMT 2026", in whatever language */
    g_auto(GStrv) words = g_strsplit_set(text, ", ", -1);
    return g_strv_length(words) == 7
               ? g_strjoin(" ", words[0], words[3], words[2], words[5], words[6], words[4], NULL)
               : g_strdup("null");
}

static void add_ruler(GString *out)
{
    for (int i = 0; i < RULER_WIDTH; i++)
        g_string_append_c(out, '-');
    g_string_append_c(out, '\n');
}

static void add_cell(GString *out, const char *text, int width)
{
    g_string_append(out, text);
    for (glong letters = g_utf8_strlen(text, -1); letters < width; letters++)
        g_string_append_c(out, ' ');
}

/* @item NULL: the head. */
static void add_row(GString *out, const struct column *columns, const struct kx_item *item)
{
    for (const struct column *c = columns; c->label; c++) {
        g_autofree char *text = item ? shown(item, c->member, c->look) : g_strdup(c->label);
        add_cell(out, text, c->width);
    }
    g_string_append_c(out, '\n');
}

static void add_table(GString *out, const struct sheet *sheet, const struct kx_item *rows)
{
    const size_t count = kx_item_count(rows);
    if (count) g_string_append(out, sheet->title);
    add_ruler(out);
    if (!count && !sheet->empty) return;
    add_row(out, sheet->columns, NULL);
    if (sheet->ruled) add_ruler(out);
    for (size_t i = 0; i < count; i++) {
        add_row(out, sheet->columns, kx_item_element(rows, i));
        add_ruler(out);
    }
}

int kx_oozie_job_info(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    __attribute__((cleanup(kx_job_id_clear))) struct kx_job_id id = {0};
    g_autoptr(kx_answer) record = NULL;
    int result = kx_oozie_job_at(at, &id, &record, err);
    if (result < 0) return result;
    const struct kx_item *job = kx_answer_root(record);
    const struct sheet *sheet = &SHEETS[id.kind];
    const char *member = id.kind == KX_JOB_BUNDLE ? "bundleCoordJobs" : "actions";
    g_string_append_printf(out, "Job ID : %s\n", id.job);
    add_ruler(out);
    for (const struct line *line = sheet->lines; line->label; line++) {
        g_autofree char *text = shown(job, line->member, line->look);
        g_string_append_printf(out, "%s%s\n", line->label, text);
    }
    add_table(out, sheet, kx_item_at(job, member));
    g_string_append(out, sheet->last_line);
    return 0;
}
