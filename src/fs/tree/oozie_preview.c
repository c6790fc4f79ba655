/* Verbs that are only tried: echo "rerun 1-3 -n" > ctl, and what they would do is in `preview`. */
#include <errno.h>
#include <string.h>

#include "fs/mount.h"
#include "fs/previews.h"
#include "fs/tree/oozie_private.h"
#include "oozie/workflow.h"

bool kx_oozie_only_tried(const char *argument, char **rest)
{
    g_auto(GStrv) words = g_strsplit_set(argument ? argument : "", " \t", -1);
    g_autoptr(GString) others = g_string_new(NULL);
    bool tried = false;
    for (char **word = words; *word; word++) {
        bool it = strcmp(*word, "-n") == 0;
        tried |= it;
        if (!it && **word) g_string_append_printf(others, "%s%s", others->len ? " " : "", *word);
    }
    *rest = others->len ? g_strdup(others->str) : NULL;
    return tried;
}

void kx_oozie_keep_preview(const struct kx_tree_at *at, const char *text)
{
    g_autofree char *directory = g_path_get_dirname(at->path);
    kx_previews_keep(at->mount->previews, directory, text);
}

int kx_oozie_preview_text(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    g_autofree char *directory = g_path_get_dirname(at->path);
    g_autofree char *text = kx_previews_find(at->mount->previews, directory);
    if (!text) return kx_error_set(err, ENOENT, "no verb was tried here (-n)");
    g_string_append(out, text);
    return 0;
}

int kx_oozie_preview_look(const struct kx_tree_at *at, struct kx_tree_look *out,
                          struct kx_error *err)
{
    g_autoptr(GString) ignored = g_string_new(NULL);
    (void)out;
    return kx_oozie_preview_text(at, ignored, err);
}

int kx_oozie_try_rerun(const struct kx_tree_at *at, const char *skip, struct kx_error *err)
{
    g_autoptr(kx_workflow) workflow = NULL;
    g_autoptr(GString) out = g_string_new(NULL);
    struct kx_progress progress = {0};
    int result = kx_oozie_job_workflow(at, &workflow, &progress, err);
    if (result == 0) {
        result = kx_oozie_preview_rerun(workflow, &progress, skip, out, err);
        kx_oozie_keep_preview(at, out->str);
    }
    kx_oozie_clear_progress(&progress);
    return result;
}
