/* /.oozie/submit: what is written here is submitted when it is closed. */
#include <errno.h>
#include <string.h>

#include "fs/mount.h"
#include "fs/submissions.h"
#include "fs/tree/oozie_private.h"
#include "fs/tree/oozie_rows.h"

#define SUBMIT "/.oozie/submit"
#define STAGED SUBMIT "/{name}"

/* The name of a submission: the first one below `submit`. */
static const char *name_of(const struct kx_tree_at *at)
{
    return kx_tree_bound(at, "name");
}

/* The name of a file or folder within `submit`: "nightly/lib/a.jar"; "": that itself. */
static const char *place_of(const struct kx_tree_at *at)
{
    const char *rest = at->path + strlen(SUBMIT);
    return *rest ? rest + 1 : rest;
}

static int names(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err)
{
    (void)err;
    kx_submissions_names(at->mount->submissions, place_of(at), false, out);
    return 0;
}

static int folder_names(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err)
{
    (void)err;
    kx_submissions_names(at->mount->submissions, place_of(at), true, out);
    return 0;
}

/* What a row shows of a submission; NULL: it has none. */
static const char *shown_of(const struct kx_submission *known, const char *what)
{
    return strcmp(what, "error") == 0     ? known->error
           : strcmp(what, "ids") == 0     ? known->ids
           : strcmp(what, "preview") == 0 ? known->preview
                                          : known->id;
}

/* The names of those that have what the row shows. */
static int names_with(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);
    const char *what = at->row->data;
    (void)err;
    kx_submissions_names(at->mount->submissions, "", false, all);
    kx_submissions_names(at->mount->submissions, "", true, all);
    for (guint i = 0; i < all->len; i++) {
        const char *name = g_ptr_array_index(all, i);
        struct kx_submission known = {0};
        if (strcmp(name, KX_DEFAULTS_NAME) == 0 ||
            kx_submissions_find(at->mount->submissions, name, &known, NULL) < 0)
            continue;
        if (shown_of(&known, what)) g_ptr_array_add(out, g_strdup(name));
        kx_submission_clear(&known);
    }
    return 0;
}

static int look_for(const struct kx_tree_at *at, bool folder, struct kx_tree_look *out,
                    struct kx_error *err)
{
    struct kx_submission known;
    const char *place = place_of(at);
    int result = kx_submissions_find(at->mount->submissions, place, &known, err);
    if (result < 0) return result;
    if (known.folder != folder) result = kx_error_set(err, ENOENT, "%s: there is none", place);
    out->mtime_ms = known.changed_ms;
    kx_submission_clear(&known);
    return result;
}

static int look(const struct kx_tree_at *at, struct kx_tree_look *out, struct kx_error *err)
{
    return look_for(at, false, out, err);
}

static int folder_look(const struct kx_tree_at *at, struct kx_tree_look *out, struct kx_error *err)
{
    return look_for(at, true, out, err);
}

static int text(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    struct kx_submission known;
    int result = kx_submissions_find(at->mount->submissions, place_of(at), &known, err);
    if (result < 0) return result;
    gsize length = 0;
    const char *bytes = g_bytes_get_data(known.text, &length);
    g_string_append_len(out, bytes, (gssize)length);
    kx_submission_clear(&known);
    return 0;
}

/* `data`: what of it is shown. */
static int outcome(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    struct kx_submission known;
    const char *what = at->row->data;
    int result = kx_submissions_find(at->mount->submissions, name_of(at), &known, err);
    if (result < 0) return result;
    const char *shown = shown_of(&known, what);
    if (!shown) result = kx_error_set(err, ENOENT, "%s: there is none", name_of(at));
    if (shown && strcmp(what, "job") == 0) {
        char kind = shown[strlen(shown) - 1];
        bool inside = strchr(place_of(at), '/') != NULL;
        g_string_append_printf(out, "%s../%s/", inside ? "../" : "",
                               kind == 'C'   ? "coordinators"
                               : kind == 'B' ? "bundles"
                                             : "jobs");
    }
    g_string_append(out, shown ? shown : "");
    kx_submission_clear(&known);
    return result;
}

static int outcome_look(const struct kx_tree_at *at, struct kx_tree_look *out, struct kx_error *err)
{
    g_autoptr(GString) ignored = g_string_new(NULL);
    (void)out;
    return outcome(at, ignored, err);
}

static int make(const struct kx_tree_at *at, struct kx_error *err)
{
    return kx_submissions_make(at->mount->submissions, place_of(at), err);
}

static int put(const struct kx_tree_at *at, GBytes *content, bool last, struct kx_error *err)
{
    return kx_submissions_put(at->mount->submissions, place_of(at), content, last, at->call, err);
}

static int forget(const struct kx_tree_at *at, struct kx_error *err)
{
    return kx_submissions_remove(at->mount->submissions, place_of(at), err);
}

static int give_name(const struct kx_tree_at *at, const struct kx_tree_at *to, struct kx_error *err)
{
    return kx_submissions_rename(at->mount->submissions, place_of(at), place_of(to), at->call, err);
}

static int make_folder(const struct kx_tree_at *at, struct kx_error *err)
{
    return kx_submissions_make_folder(at->mount->submissions, place_of(at), err);
}

static int give_folder_name(const struct kx_tree_at *at, const struct kx_tree_at *to,
                            struct kx_error *err)
{
    return kx_submissions_rename_folder(at->mount->submissions, place_of(at), place_of(to), err);
}

static const struct kx_tree_drop DROP = {
    .make = make, .put = put, .remove = forget, .rename = give_name};
static const struct kx_tree_drop FOLDER = {
    .make = make_folder, .remove = forget, .rename = give_folder_name};

/* Nobody else submits as who mounted. */
#define FOLDER_MODE 0700
#define FILE_MODE   0600
#define SHOWN_MODE  0400

/* Files and folders of any name below a path. */
#define STAGED_FILES(above, variable)                                                              \
    {                                                                                              \
        .pattern = above "/{" variable "}", .kind = KX_TREE_DROP, .mode = FILE_MODE,               \
        .help = "a file of the application; it is only kept", .text = text, .names = names,        \
        .look = look, .drop = &DROP                                                                \
    }
#define STAGED_FOLDERS(above, variable, words)                                                     \
    {                                                                                              \
        .pattern = above "/{" variable "}", .kind = KX_TREE_DIRECTORY, .mode = FOLDER_MODE,        \
        .help = words, .names = folder_names, .look = folder_look, .drop = &FOLDER                 \
    }
/* What a submission has become: beside it, or in its folder. */
#define OUTCOME_ROW(at, what, of_kind, words)                                                      \
    {                                                                                              \
        .pattern = at what, .kind = of_kind, .mode = (of_kind) == KX_TREE_LINK ? 0 : SHOWN_MODE,   \
        .help = words, .text = outcome, .names = names_with, .look = outcome_look, .data = what    \
    }
#define OUTCOMES(at)                                                                               \
    OUTCOME_ROW(at, "id", KX_TREE_VALUE, "the job that it has become"),                            \
        OUTCOME_ROW(at, "ids", KX_TREE_DOCUMENT, "all jobs that it has become, the newest last"),  \
        OUTCOME_ROW(at, "error", KX_TREE_DOCUMENT, "why it was refused"),                          \
        OUTCOME_ROW(at, "job", KX_TREE_LINK, "the job's directory")
#define STAGED_GRAPH(form)                                                                         \
    {                                                                                              \
        .pattern = STAGED "/graph." form, .kind = KX_TREE_DOCUMENT, .mode = SHOWN_MODE,            \
        .help = "its nodes, drawn by knoxfs", .text = kx_oozie_staged_graph,                       \
        .look = kx_oozie_staged_graph_look, .data = form                                           \
    }

static const struct kx_tree_row ROWS[] = {
    {.pattern = SUBMIT,
     .kind = KX_TREE_DIRECTORY,
     .mode = FOLDER_MODE,
     .help = "cp a workflow, coordinator or bundle here as NAME.xml: it is submitted, and cp fails "
             "when Oozie refuses it; or make a folder for one of several files"},
    {.pattern = SUBMIT "/{name}",
     .kind = KX_TREE_DROP,
     .mode = FILE_MODE,
     .help = "NAME.xml and NAME.properties are submitted when they are closed; "
             "defaults.properties has the values for all; other names are only kept",
     .text = text,
     .names = names,
     .look = look,
     .drop = &DROP},
    OUTCOMES(SUBMIT "/{name}."),
    STAGED_FOLDERS(SUBMIT, "name",
                   "An application of several files: workflow.xml (coordinator.xml, bundle.xml), "
                   "job.properties, lib/...; submitted by its ctl"),
    {.pattern = STAGED "/params",
     .kind = KX_TREE_DOCUMENT,
     .mode = SHOWN_MODE,
     .help = "the values that it wants: ${NAME}, value or MISSING, where from",
     .text = kx_oozie_staged_params},
    {.pattern = STAGED "/check",
     .kind = KX_TREE_DOCUMENT,
     .flags = KX_TREE_DEAR,
     .mode = SHOWN_MODE,
     .help = "what is wrong with it: FILE:LINE: error: ...; Oozie is asked, too",
     .text = kx_oozie_staged_check},
    {.pattern = STAGED "/ctl",
     .kind = KX_TREE_CTL,
     .mode = FILE_MODE,
     .help = "write a verb to it; reading lists the verbs",
     .verbs = kx_oozie_staged_verbs},
    {.pattern = STAGED "/preview",
     .kind = KX_TREE_DOCUMENT,
     .mode = SHOWN_MODE,
     .help = "what Oozie said of the last dryrun",
     .text = outcome,
     .look = outcome_look,
     .data = "preview"},
    STAGED_GRAPH("txt"),
    STAGED_GRAPH("dot"),
    STAGED_GRAPH("svg"),
    OUTCOMES(STAGED "/"),
    STAGED_FILES(STAGED, "file"),
    STAGED_FOLDERS(STAGED, "folder", "Files of the application"),
    STAGED_FILES(STAGED "/{folder}", "file"),
    STAGED_FOLDERS(STAGED "/{folder}", "below", "Files of the application"),
    STAGED_FILES(STAGED "/{folder}/{below}", "file"),
};

struct kx_tree_rows kx_oozie_submit_rows(void)
{
    return (struct kx_tree_rows){ROWS, G_N_ELEMENTS(ROWS)};
}
