/* Folders of /.oozie/submit: applications of several files. */
#include <errno.h>
#include <string.h>

#include "fs/mount.h"
#include "fs/submissions.h"
#include "fs/tree/oozie_private.h"
#include "oozie/workflow.h"

static const char *name_of(const struct kx_tree_at *at)
{
    return kx_tree_bound(at, "name");
}

int kx_oozie_staged_params(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    return kx_staged_params(at->mount->submissions, name_of(at), out, err);
}

int kx_oozie_staged_check(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    return kx_staged_check(at->mount->submissions, name_of(at), at->call, out, err);
}

static int hand_in(const struct kx_tree_at *at, enum kx_staged_verb verb, struct kx_error *err)
{
    return kx_staged_hand_in(at->mount->submissions, name_of(at), verb, at->call, err);
}

static int start(const struct kx_tree_at *at, const char *argument, struct kx_error *err)
{
    (void)argument;
    return hand_in(at, KX_STAGED_START, err);
}

static int submit(const struct kx_tree_at *at, const char *argument, struct kx_error *err)
{
    (void)argument;
    return hand_in(at, KX_STAGED_SUBMIT, err);
}

static int dryrun(const struct kx_tree_at *at, const char *argument, struct kx_error *err)
{
    (void)argument;
    return hand_in(at, KX_STAGED_DRYRUN, err);
}

static int discard(const struct kx_tree_at *at, const char *argument, struct kx_error *err)
{
    (void)argument;
    return kx_staged_discard(at->mount->submissions, name_of(at), err);
}

const struct kx_tree_verb kx_oozie_staged_verbs[] = {
    {.name = "start", .help = "submit it and run it", .run = start},
    {.name = "submit", .help = "submit it, and leave it in PREP", .run = submit},
    {.name = "dryrun",
     .help = "let Oozie try it, and run nothing: preview says what",
     .run = dryrun},
    {.name = "discard", .help = "forget this folder with all files; ends no job", .run = discard},
    {.name = NULL},
};

static int workflow_of(const struct kx_tree_at *at, struct kx_workflow **out, struct kx_error *err)
{
    g_autoptr(GBytes) text = NULL;
    const char *file = NULL;
    int result = kx_staged_main(at->mount->submissions, name_of(at), &text, &file, err);
    if (result < 0) return result;
    gsize length = 0;
    const char *bytes = g_bytes_get_data(text, &length);
    return kx_workflow_read(bytes, length, NULL, out, err);
}

/* There when there is a workflow that can be read. */
int kx_oozie_staged_graph_look(const struct kx_tree_at *at, struct kx_tree_look *out,
                               struct kx_error *err)
{
    g_autoptr(kx_workflow) workflow = NULL;
    (void)out;
    return workflow_of(at, &workflow, NULL) < 0 ? kx_error_set(err, ENOENT, "there is no workflow")
                                                : 0;
}

int kx_oozie_staged_graph(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    g_autoptr(kx_workflow) workflow = NULL;
    int result = workflow_of(at, &workflow, err);
    if (result == 0) kx_oozie_draw(at->row->data, workflow, NULL, out);
    return result;
}
