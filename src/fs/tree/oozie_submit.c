/* /.oozie/submit: what is written here is submitted when it is closed. */
#include <errno.h>
#include <string.h>

#include "fs/mount.h"
#include "fs/submissions.h"
#include "fs/tree/oozie_rows.h"

#define SUBMIT "/.oozie/submit"

static const char *name_of(const struct kx_tree_at *at)
{
    return kx_tree_bound(at, "name");
}

static int names(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err)
{
    (void)err;
    kx_submissions_names(at->mount->submissions, out);
    return 0;
}

/* The names of those that have what the row shows. */
static int names_with(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);
    const char *what = at->row->data;
    (void)err;
    kx_submissions_names(at->mount->submissions, all);
    for (guint i = 0; i < all->len; i++) {
        const char *name = g_ptr_array_index(all, i);
        struct kx_submission known = {0};
        if (strcmp(name, KX_DEFAULTS_NAME) == 0 ||
            kx_submissions_find(at->mount->submissions, name, &known, NULL) < 0)
            continue;
        bool has = strcmp(what, "error") == 0 ? known.error != NULL
                   : strcmp(what, "ids") == 0 ? known.ids != NULL
                                              : known.id != NULL;
        if (has) g_ptr_array_add(out, g_strdup(name));
        kx_submission_clear(&known);
    }
    return 0;
}

static int look(const struct kx_tree_at *at, struct kx_tree_look *out, struct kx_error *err)
{
    struct kx_submission known;
    int result = kx_submissions_find(at->mount->submissions, name_of(at), &known, err);
    if (result < 0) return result;
    out->mtime_ms = known.changed_ms;
    kx_submission_clear(&known);
    return 0;
}

static int text(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    struct kx_submission known;
    int result = kx_submissions_find(at->mount->submissions, name_of(at), &known, err);
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
    const char *shown = strcmp(what, "error") == 0 ? known.error
                        : strcmp(what, "ids") == 0 ? known.ids
                                                   : known.id;
    if (!shown) result = kx_error_set(err, ENOENT, "%s: there is none", name_of(at));
    if (shown && strcmp(what, "job") == 0) {
        char kind = shown[strlen(shown) - 1];
        g_string_append_printf(out, "../%s/",
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
    return kx_submissions_make(at->mount->submissions, name_of(at), err);
}

static int put(const struct kx_tree_at *at, GBytes *content, bool last, struct kx_error *err)
{
    return kx_submissions_put(at->mount->submissions, name_of(at), content, last, at->call, err);
}

static int forget(const struct kx_tree_at *at, struct kx_error *err)
{
    return kx_submissions_remove(at->mount->submissions, name_of(at), err);
}

static int give_name(const struct kx_tree_at *at, const struct kx_tree_at *to, struct kx_error *err)
{
    return kx_submissions_rename(at->mount->submissions, name_of(at), name_of(to), at->call, err);
}

static const struct kx_tree_drop DROP = {
    .make = make, .put = put, .remove = forget, .rename = give_name};

/* Nobody else submits as who mounted. */
#define FOLDER_MODE 0700
#define FILE_MODE   0600
#define SHOWN_MODE  0400

static const struct kx_tree_row ROWS[] = {
    {.pattern = SUBMIT,
     .kind = KX_TREE_DIRECTORY,
     .mode = FOLDER_MODE,
     .help = "cp a workflow, coordinator or bundle here as NAME.xml: it is submitted, and cp fails "
             "when Oozie refuses it"},
    {.pattern = SUBMIT "/{name}",
     .kind = KX_TREE_DROP,
     .mode = FILE_MODE,
     .help = "NAME.xml and NAME.properties are submitted when they are closed; "
             "defaults.properties has the values for all; other names are only kept",
     .text = text,
     .names = names,
     .look = look,
     .drop = &DROP},
    {.pattern = SUBMIT "/{name}.id",
     .kind = KX_TREE_VALUE,
     .mode = SHOWN_MODE,
     .help = "the job that it has become",
     .text = outcome,
     .names = names_with,
     .look = outcome_look,
     .data = "id"},
    {.pattern = SUBMIT "/{name}.ids",
     .kind = KX_TREE_DOCUMENT,
     .mode = SHOWN_MODE,
     .help = "all jobs that it has become, the newest last",
     .text = outcome,
     .names = names_with,
     .look = outcome_look,
     .data = "ids"},
    {.pattern = SUBMIT "/{name}.error",
     .kind = KX_TREE_DOCUMENT,
     .mode = SHOWN_MODE,
     .help = "why it was refused",
     .text = outcome,
     .names = names_with,
     .look = outcome_look,
     .data = "error"},
    {.pattern = SUBMIT "/{name}.job",
     .kind = KX_TREE_LINK,
     .help = "the job's directory",
     .text = outcome,
     .names = names_with,
     .look = outcome_look,
     .data = "job"},
};

struct kx_tree_rows kx_oozie_submit_rows(void)
{
    return (struct kx_tree_rows){ROWS, G_N_ELEMENTS(ROWS)};
}
